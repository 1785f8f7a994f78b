# scenarios.bash: for each verb, calls that together use everything that its row keeps.
#
# scenario_<verb>_<n> PROGRAM...: sets up, runs `PROGRAM... VERB OPERANDS`, and fails unless it ended as it
# must.  tests/cage.bats runs them with one line less in the row and wants one of them to fail.

load lib/jail
load lib/launch
load lib/routing

fresh_network() {
	ip link delete banger-a 2> /dev/null || :
	ip link delete banger0 2> /dev/null || :
	banger-priv ensure-bridge
}

scenario_ensure_bridge_1() { ip link delete banger0 2> /dev/null || :; ends 0 "$@" ensure-bridge; }

scenario_create_tap_1() { fresh_network; ends 0 "$@" create-tap banger-a; }
scenario_create_tap_2() { fresh_network; ends 5 $(failing ioctl) "$@" create-tap banger-a; }

scenario_delete_tap_1() { fresh_network; banger-priv create-tap banger-a; ends 0 "$@" delete-tap banger-a; }

fresh_nat() {
	nft delete table ip banger-priv 2> /dev/null || :
	nft delete table bridge banger-priv 2> /dev/null || :
	echo 0 > /proc/sys/net/ipv4/ip_forward
	fresh_network
	banger-priv create-tap banger-a
}
scenario_ensure_nat_1() { fresh_nat; ends 0 "$@" ensure-nat 172.30.0.2 banger-a; }
scenario_remove_nat_1() {
	fresh_nat
	banger-priv ensure-nat 172.30.0.2 banger-a
	ends 0 "$@" remove-nat 172.30.0.2 banger-a
}

fresh_routing() {
	resolved ctl dns > /dev/null 2>&1 || resolved start
	fresh_network
	until_known
}
# An answer that takes more memory than there is.
with_long_answer() { # CODE PROGRAM... VERB OPERAND...
	local code=$1
	shift
	fresh_network
	rm -rf "$BATS_TEST_TMPDIR"/false.*
	false_bus error org.example.Whatever
	ends "$code" nsenter --mount --target "$(cat "$false_world/pid")" "$@"
}
scenario_sync_resolver_routing_1() { fresh_routing; ends 0 "$@" sync-resolver-routing banger0 172.30.0.1; }
scenario_sync_resolver_routing_2() { with_long_answer 5 "$@" sync-resolver-routing banger0 172.30.0.1; }
whichever_answer_fails() { # PROGRAM... VERB OPERAND...: it ends as it says
	local n status
	fresh_routing
	for n in $(seq 40); do
		status=0
		"$BANGER_BUILD/tests/inject" fail:ENOMEM recvmsg "$n" "$@" > /dev/null 2>&1 || status=$?
		[ "$status" -lt 126 ] || return 1
	done
}
scenario_sync_resolver_routing_3() { whichever_answer_fails "$@" sync-resolver-routing banger0 172.30.0.1; }
scenario_clear_resolver_routing_1() { fresh_routing; ends 0 "$@" clear-resolver-routing banger0; }
scenario_clear_resolver_routing_2() { with_long_answer 5 "$@" clear-resolver-routing banger0; }

# Firecrackers that say something on the console, and end by themselves after 2 s, so that who traces one comes to
# an end; a liar answers, but not as one.
variant() { # mortal|liar
	local status=200
	[ "$1" != liar ] || status=500
	[ -x "$BATS_FILE_TMPDIR/$1" ] ||
		sed "s|\"200 \"|\"$status \"|; s|^	parse(argv);|	alarm(2);\n	dprintf(1, \"said\");\n&|" tests/standin/firecracker.c |
		cc -std=gnu17 -static -o "$BATS_FILE_TMPDIR/$1" -x c -
	install -m 0755 "$BATS_FILE_TMPDIR/$1" /usr/local/bin/firecracker
}

fresh_launch() { # mortal|liar|lasting
	! mountpoint -q /var/lib/banger || launch_teardown
	launch_setup
	[ "$1" = lasting ] || variant "$1"
	prepare_vm s 1900 1900
}

scenario_launch_firecracker_1() {
	fresh_launch mortal
	ends 0 "$@" launch-firecracker s console="$images/console" &&
		until_true grep -q said "$images/console" > /dev/null
}
scenario_launch_firecracker_2() { # a limit: not everywhere
	local code=4
	fresh_launch mortal
	! grep -qw memory /sys/fs/cgroup/cgroup.controllers || code=0
	ends $code "$@" launch-firecracker s cgroup=memory.max:1G
}
scenario_launch_firecracker_3() { # the VM's uid, which only CAP_KILL reaches
	fresh_launch liar
	ends 5 "$@" launch-firecracker s && [ -z "$(pgrep -x firecracker)" ] && [ ! -d /sys/fs/cgroup/banger/s ]
}
scenario_launch_firecracker_4() { # as on a kernel before 6.6
	fresh_launch mortal
	ends 0 "$BANGER_BUILD/tests/inject" fail:ENOSYS fchmodat2 1 "$@" launch-firecracker s
}
scenario_launch_firecracker_6() { # the same, in the last stage
	fresh_launch mortal
	ends 0 "$BANGER_BUILD/tests/inject" fail:ENOSYS fchmodat2 3 "$@" launch-firecracker s
}
scenario_launch_firecracker_5() { # where fchmodat2 is there, only the jailer asks chmod, four times
	fresh_launch mortal
	ends 125 "$BANGER_BUILD/tests/inject" fail:EIO chmod 5 "$@" launch-firecracker s
}

scenario_launch_firecracker_7() { # a VM whose uid is not by chance the number of the owner's group
	fresh_launch mortal
	with_ids_of_its_own
	banger-priv cleanup-jailer-chroot s
	prepare_vm s 5000 6000
	ends 0 "$@" launch-firecracker s
}

scenario_launch_firecracker_8() { # a VMM whose socket is still to come when it is looked for
	local status=0 waiting=$BATS_FILE_TMPDIR/waiting
	fresh_launch mortal
	launch_slowly
	(until_true test -e "$waiting" && sleep .3 && rm "$waiting") 3>&- &
	ends 0 "$@" launch-firecracker s || status=$?
	end $!
	rm -f "$waiting"
	return "$status"
}

fresh_jail() {
	! mountpoint -q /var/lib/banger || launch_teardown
	launch_setup
}
with_ids_of_its_own() { printf 'vm_uid = 5000-5009\nvm_gid = 6000-6009\n' > /etc/banger/priv.conf; }
works_in() { [ "$(readlink "/proc/$1/cwd")" = "$2" ]; } # PID DIRECTORY
is_clean() { [ ! -e "$jails/vm1" ] && ! grep -q "$jails/" /proc/self/mountinfo; }

scenario_prepare_jailer_chroot_1() {
	fresh_jail
	ends 0 "$@" prepare-jailer-chroot vm1 "$images/vmlinux" initrd="$images/initrd" drive=d:"$images/root.ext4" scratch=yes &&
		[ "$(stat -c '%u %a' "$jails/vm1/root" "$jails/vm1/sockets" | tr '\n' ' ')" = "1900 700 0 3777 " ]
}
scenario_prepare_jailer_chroot_2() { # ids of its own, beside another VM
	fresh_jail
	with_ids_of_its_own
	banger-priv prepare-jailer-chroot vm2 "$images/vmlinux" > /dev/null
	ends 3 "$@" prepare-jailer-chroot vm1 "$images/vmlinux" &&
		ends 0 "$@" prepare-jailer-chroot vm1 "$images/vmlinux" uid=5001 gid=6001 drive=d:"$images/root.ext4" &&
		[ "$(stat -c '%u %g' "$jails/vm1/root/d")" = "5001 6001" ]
}
scenario_prepare_jailer_chroot_3() { # what a dynamically linked firecracker needs, and a node
	fresh_jail
	install -m 0755 "$BANGER_BUILD/tests/standin/dynamic/firecracker" /usr/local/bin/firecracker
	[ -e /dev/vhost-vsock ] || mknod /dev/vhost-vsock c 10 241
	ends 0 "$@" prepare-jailer-chroot vm1 "$images/vmlinux" vsock=yes &&
		[ "$(stat -c '%u %t' "$jails/vm1/root/dev/vhost-vsock")" = "1900 a" ]
}
scenario_prepare_jailer_chroot_4() { # undone
	fresh_jail
	ends 5 "$BANGER_BUILD/tests/inject" fail:EIO fsopen 2 "$@" prepare-jailer-chroot vm1 "$images/vmlinux" && is_clean
}
scenario_prepare_jailer_chroot_5() { # as on a kernel before 6.6
	fresh_jail
	ends 0 "$BANGER_BUILD/tests/inject" fail:ENOSYS fchmodat2 1 "$@" prepare-jailer-chroot vm1 "$images/vmlinux"
}
scenario_prepare_jailer_chroot_6() { # where fchmodat2 is there, chmod is never asked
	fresh_jail
	ends 125 $(failing chmod) "$@" prepare-jailer-chroot vm1 "$images/vmlinux"
}
scenario_prepare_jailer_chroot_7() { # a VM that runs
	local status=0
	fresh_jail
	mkdir -p /sys/fs/cgroup/banger/vm1
	sleep 60 3>&- &
	echo $! > /sys/fs/cgroup/banger/vm1/cgroup.procs
	ends 6 "$@" prepare-jailer-chroot vm1 "$images/vmlinux" || status=$?
	end $!
	return "$status"
}
scenario_prepare_jailer_chroot_8() { # a device
	local code=5
	fresh_jail
	! : 2> /dev/null < /dev/mapper/control || code=3
	ends $code "$@" prepare-jailer-chroot vm1 "$images/vmlinux" drive=d:/dev/mapper/fc-rootfs-none
}

prepared() { # OPERAND...
	fresh_jail
	banger-priv prepare-jailer-chroot vm1 "$images/vmlinux" "$@" > /dev/null
}
scenario_cleanup_jailer_chroot_1() {
	prepared drive=d:"$images/root.ext4" scratch=yes
	inside 1900 1900 "os.mkdir('closed', 0); put('sockets/s', b''); put('firecracker', b'')"
	ends 0 "$@" cleanup-jailer-chroot vm1 && is_clean
}
scenario_cleanup_jailer_chroot_2() { # of another making, on disk; under a shared root
	fresh_jail
	mkdir -p "$jails/vm1/root/usr" "$jails/vm1/root/deep/er" "$jails/vm1/root/closed"
	touch "$jails/vm1/root/deep/er/file"
	chown -R banger "$jails/vm1"
	chmod 0 "$jails/vm1/root/closed"
	mount --bind "$jails/vm1/root" "$jails/vm1/root"
	mount --bind /usr "$jails/vm1/root/usr"
	ends 0 "$@" cleanup-jailer-chroot vm1 && is_clean
}
scenario_cleanup_jailer_chroot_3() { # in use: as it was
	local status=0 mounts
	prepared initrd="$images/initrd"
	mounts=$(grep -c "$jails/" /proc/self/mountinfo)
	(cd "$jails/vm1/root" && exec sleep 60 3>&-) &
	until_true works_in "$!" "$jails/vm1/root"
	ends 6 "$@" cleanup-jailer-chroot vm1 && [ "$(grep -c "$jails/" /proc/self/mountinfo)" = "$mounts" ] || status=$?
	end $!
	return "$status"
}
scenario_cleanup_jailer_chroot_4() { # a VM that runs, and its cgroup when it has ended
	local status=0
	prepared
	mkdir -p /sys/fs/cgroup/banger/vm1
	sleep 60 3>&- &
	echo $! > /sys/fs/cgroup/banger/vm1/cgroup.procs
	ends 6 "$@" cleanup-jailer-chroot vm1 || status=$?
	end $!
	[ $status = 0 ] && ends 0 "$@" cleanup-jailer-chroot vm1 && [ ! -d /sys/fs/cgroup/banger/vm1 ]
}
foreign_jail() {
	fresh_jail
	mkdir -p "$jails/vm1/root"
	chown banger "$jails/vm1/root"
}
scenario_cleanup_jailer_chroot_5() { # as on a kernel before 6.6
	foreign_jail
	ends 0 "$BANGER_BUILD/tests/inject" fail:ENOSYS fchmodat2 1 "$@" cleanup-jailer-chroot vm1 && is_clean
}

scenario_cleanup_jailer_chroot_6() { # where fchmodat2 is there, chmod is never asked
	foreign_jail
	ends 125 $(failing chmod) "$@" cleanup-jailer-chroot vm1 && is_clean
}

scenario_ensure_socket_dir_1() { rm -rf /run/banger; ends 0 "$@" ensure-socket-dir; }
scenario_ensure_socket_dir_2() {
	rm -rf /run/banger
	ends 5 $(failing fchownat) "$@" ensure-socket-dir && [ ! -e /run/banger ]
}
scenario_ensure_socket_dir_3() { # as on a kernel before 6.6
	rm -rf /run/banger
	ends 0 "$BANGER_BUILD/tests/inject" fail:ENOSYS fchmodat2 1 "$@" ensure-socket-dir &&
		[ "$(stat -c %a /run/banger)" = 711 ]
}
scenario_ensure_socket_dir_4() { # the mode of one that is the owner's already
	rm -rf /run/banger
	install -d -o banger -g banger -m 0700 /run/banger
	ends 0 "$@" ensure-socket-dir
}

scenario_ensure_socket_dir_5() { # where fchmodat2 is there, chmod is never asked
	rm -rf /run/banger
	ends 125 $(failing chmod) "$@" ensure-socket-dir
}

scenario_ensure_socket_dir_6() { # what an interrupted call left
	rm -rf /run/banger
	mkdir -m 0700 /run/banger
	ends 0 "$@" ensure-socket-dir
}

# A VMM of the owner's at /run/banger/a.sock and one in jail vm1, each for the calls of one scenario.
with_vmm() { # COMMAND...: with $pid
	local vmm status=0
	banger-priv ensure-socket-dir
	vmm_start banger vm0 /run/banger/a.sock
	vmm=$pid
	"$@" || status=$?
	end "$vmm"
	return "$status"
}
with_jail() { # UID COMMAND...: with $pid
	local vmm status=0
	jail_start vm1 "$1"
	vmm=$pid
	shift
	"$@" || status=$?
	end "$vmm"
	umount /var/lib/banger/jail/firecracker/vm1/root
	rm -r /var/lib/banger/jail/firecracker/vm1
	return "$status"
}
# In a user id of a range, and so in directories where neither nobody nor the owner may look.
with_range() { # COMMAND...
	local status=0
	echo "vm_uid = 1900000000-1900000009" > /etc/banger/priv.conf
	with_jail 1900000003 "$@" || status=$?
	install_configuration
	return "$status"
}
jail_socket=/var/lib/banger/jail/firecracker/vm1/root/run/api.sock

access() { # CODE PROGRAM...
	local code=$1
	shift
	banger-priv ensure-socket-dir
	rm -f /run/banger/s
	make_socket root /run/banger/s
	ends "$code" "$@" ensure-socket-access /run/banger/s
}
scenario_ensure_socket_access_1() { access 0 "$@"; }
scenario_ensure_socket_access_2() { # as on a kernel before 6.6
	access 5 $(failing fchownat) "$@" && access 0 "$BANGER_BUILD/tests/inject" fail:ENOSYS fchmodat2 1 "$@"
}
scenario_ensure_socket_access_3() { # it comes once the verb watches
	banger-priv ensure-socket-dir
	rm -f /run/banger/late
	ends 0 "$BANGER_BUILD/tests/inject" "do:$BANGER_BUILD/tests/make-socket /run/banger/late" ppoll 1 \
		"$@" ensure-socket-access /run/banger/late
}
scenario_ensure_socket_access_4() { with_range ends 0 "$@" ensure-socket-access "$jail_socket"; }
scenario_ensure_socket_access_5() { # where fchmodat2 is there, chmod is never asked
	access 125 $(failing chmod) "$@"
}

scenario_find_pid_1() { with_vmm ends 0 "$@" find-pid /run/banger/a.sock; }
scenario_find_pid_2() { # a jail of the owner's: its executable is a copy
	with_jail 1900 ends 0 "$@" find-pid "$jail_socket"
}
in_cgroup() { # COMMAND...
	local status=0
	cgroup_put vm1 "$pid"
	"$@" || status=$?
	echo "$pid" > /sys/fs/cgroup/cgroup.procs
	cgroup_end
	return "$status"
}
scenario_find_pid_3() { with_vmm in_cgroup ends 0 "$@" find-pid vm=vm1; }
scenario_find_pid_4() { # root's
	banger-priv ensure-socket-dir
	vmm_start root vm0 /run/banger/a.sock
	chown banger /run/banger/a.sock
	local status=0
	ends 0 "$@" find-pid /run/banger/a.sock || status=$?
	end "$pid"
	return "$status"
}
given() { banger-priv ensure-socket-access "$jail_socket" && "$@"; }
scenario_find_pid_5() { with_range given ends 0 "$@" find-pid "$jail_socket"; }

verb_of_pid() { # CODE PROGRAM... VERB OPERAND...: the VMM's number where an operand is PID
	ends "${@/#PID/$pid}"
}
scenario_process_running_1() { with_vmm verb_of_pid 0 "$@" process-running PID /run/banger/a.sock; }
scenario_process_running_2() { with_range verb_of_pid 0 "$@" process-running PID "$jail_socket"; }

scenario_wait_for_exit_1() { with_vmm verb_of_pid 6 "$@" wait-for-exit PID /run/banger/a.sock timeout=10; }
scenario_wait_for_exit_2() { with_range verb_of_pid 6 "$@" wait-for-exit PID "$jail_socket" timeout=10; }

scenario_signal_process_1() { with_vmm verb_of_pid 0 "$@" signal-process PID TERM; }
scenario_signal_process_2() { with_range verb_of_pid 0 "$@" signal-process PID TERM vm=vm1; }
scenario_kill_process_1() { with_vmm verb_of_pid 0 "$@" kill-process PID; }
scenario_kill_process_2() { with_range verb_of_pid 0 "$@" kill-process PID vm=vm1; }

scenario_send_ctrl_alt_del_1() { with_vmm ends 0 "$@" send-ctrl-alt-del /run/banger/a.sock; }
scenario_send_ctrl_alt_del_2() { with_jail 1900 ends 0 "$@" send-ctrl-alt-del "$jail_socket"; }

scenario_resolve_binary_1() { ends 0 "$@" resolve-binary firecracker; }
scenario_resolve_binary_2() { # in a directory that only root may look into
	local status=0
	install -D -m 0755 /usr/local/bin/firecracker /run/place/firecracker
	chmod 0700 /run/place
	echo "firecracker = /run/place/firecracker" > /etc/banger/priv.conf
	ends 0 "$@" resolve-binary firecracker || status=$?
	install_configuration
	rm -r /run/place
	return "$status"
}

scenario_batch_1() {
	local status=0
	echo "batch = ensure-socket-dir" > /etc/banger/priv.conf
	ends 0 "$@" batch ensure-socket-dir -- ensure-socket-dir || status=$?
	install_configuration
	return "$status"
}

# All is as it must be, and all of it is seen.
fresh_check() { # [C]: a jailer that does so; else the stand-in
	[ -d /var/lib/banger/jail/firecracker ] || install -d -m 0711 /var/lib/banger/jail{,/firecracker}
	restore_binaries
	resolved ctl dns > /dev/null 2>&1 || resolved start
	[ $# = 0 ] || printf '#define _GNU_SOURCE\n#include <errno.h>\n#include <stdio.h>\n#include <sys/socket.h>\n%s' \
		"#include <sys/syscall.h>
		#include <unistd.h>
		int main(void) { $1 }" | cc -w -o /usr/local/bin/jailer -x c -
}
sees_all() { # PROGRAM... VERB
	local said
	said=$("$@" 2> /dev/null) && ! grep -E '^(unseen|wrong)|sync-resolver-routing will fail' <<< "$said"
}
scenario_check_1() { fresh_check; sees_all "$@" check; }
scenario_check_2() { # nobody may look where the jailer is
	local status=0
	fresh_check
	install -D -m 0755 /usr/local/bin/jailer /run/place/jailer
	chmod 0700 /run/place
	echo "jailer = /run/place/jailer" > /etc/banger/priv.conf
	sees_all "$@" check || status=$?
	install_configuration
	rm -r /run/place
	return "$status"
}
scenario_check_3() { # one that tries what it must not
	fresh_check 'if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0 || errno != EPERM) return 1;
		long child = syscall(SYS_fork);
		if (!child) _exit(0);
		if (child > 0 || errno != EPERM) return 2;
		child = syscall(SYS_clone, 17, 0, 0, 0, 0);
		if (!child) _exit(0);
		if (child > 0 || errno != EPERM) return 3;
		child = vfork();
		if (!child) _exit(0);
		if (child > 0 || errno != EPERM) return 4;
		puts("Jailer v1.15.1");'
	sees_all "$@" check
}
scenario_check_4() { # and one that does not end
	fresh_check 'for (;;) pause();'
	ends 4 "$@" check
}
scenario_check_5() { # a long answer
	fresh_check
	with_long_answer 0 "$@" check
}

scenario_help_1() { ends 0 "$@" help; }
scenario_help_2() { # stopped while nobody reads, and goes on
	local pid status=0 nr= fifo=$BATS_TEST_TMPDIR/full
	rm -f "$fifo"
	mkfifo "$fifo"
	exec 8<> "$fifo"
	head -c 65536 /dev/zero >&8
	"$@" help > "$fifo" 3>&- 8>&- &
	pid=$!
	for _ in $(seq 100); do
		read -r nr _ < "/proc/$pid/syscall" 2> /dev/null || :
		[ "$nr" != 7 ] || break         # poll
		sleep .01
	done
	kill -STOP "$pid" && sleep .05 && kill -CONT "$pid" || :
	sleep .05
	cat <&8 > /dev/null 3>&- &
	wait "$pid" || status=$?
	# No lesser signal: one that comes before cat is there is lost with the traps of this shell.
	kill -KILL $! && wait $! 2> /dev/null || :
	exec 8>&-
	return "$status"
}
scenario_version_1() { ends 0 "$@" version; }
scenario_verbs_1() { ends 0 "$@" verbs; }
scenario_explain_1() { ends 0 "$@" explain create-tap; }
scenario_explain_2() { ends 2 "$@" explain nosuch; }
scenario_sudoers_1() { ends 0 "$@" sudoers; }

# Running, with a tap and NAT.
fresh_vm() { # mortal|lasting
	fresh_launch "$1"
	fresh_network
	banger-priv launch-firecracker s > /dev/null
	banger-priv create-tap banger-a vm=s
	banger-priv ensure-nat 172.30.0.2 banger-a vm=s
}
cleans_all() { # PROGRAM...
	fresh_vm mortal
	ends 0 "$@" cleanup-vm s && [ ! -e "$jails/s" ] && [ ! -d /sys/fs/cgroup/banger/s ] &&
		! ip link show banger-a > /dev/null 2>&1 && ! nft list tables | grep -q banger-priv &&
		[ "$(cat /proc/sys/net/ipv4/conf/banger0/forwarding)" = 0 ]
}
scenario_cleanup_vm_1() { cleans_all "$@"; }
scenario_cleanup_vm_7() { # where the audit has no descriptor, /dev/net/tun gets its number
	local status=0
	mv /dev/log /dev/log.away
	cleans_all "$@" || status=$?
	mv /dev/log.away /dev/log
	return "$status"
}
without_cgroups() { # COMMAND...
	local status=0
	mount -t tmpfs none /sys/fs/cgroup
	"$@" || status=$?
	umount /sys/fs/cgroup
	return "$status"
}
ended_by() { ends 0 "$@" && until_true eval "! alive $pid"; }
scenario_cleanup_vm_2() { vmm_install; with_range without_cgroups ended_by "$@" cleanup-vm vm1; }
# What the chroot wants, as for the verb that removes nothing else.
scenario_cleanup_vm_3() { scenario_cleanup_jailer_chroot_2 as_cleanup_vm "$@"; }
scenario_cleanup_vm_4() { scenario_cleanup_jailer_chroot_3 as_cleanup_vm "$@"; }
scenario_cleanup_vm_5() {
	foreign_jail
	ends 0 "$BANGER_BUILD/tests/inject" fail:ENOSYS fchmodat2 1 "$@" cleanup-vm vm1 && is_clean
}
scenario_cleanup_vm_6() { # where fchmodat2 is there, chmod is never asked
	foreign_jail
	ends 125 $(failing chmod) "$@" cleanup-vm vm1 && is_clean
}
as_cleanup_vm() { # PROGRAM... cleanup-jailer-chroot VM_ID
	"${@:1:$#-2}" cleanup-vm "${@: -1}"
}

scenario_status_1() {
	fresh_vm lasting
	ends 0 "$@" status
}
is_running() { "$@" | grep -q '^VM vm1: running$'; }
scenario_status_2() { vmm_install; with_range without_cgroups is_running "$@" status; }

# tests/vm/cage.bats has the others.
is_unmeasured() { # VERB
	[[ " ${measured_in_vm[*]} " == *" $1 "* ]]
}

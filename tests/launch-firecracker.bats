#!/usr/bin/env bats
# A VM is running when its API answers, and only then; what was started for one that does not is ended.

load lib/common
load lib/vmm
load lib/jail
load lib/launch

setup() {
	launch_setup
	canaries_plant
}
teardown() {
	launch_teardown
	canaries_end
}

launched() { # VM [OPERAND...]: $pid, $api, $dir
	expect 0 - own launch-firecracker "$@"
	pid=$(gojq .pid <<< "$out")
	api=$(gojq -r .api_socket <<< "$out")
	dir=$(gojq -r .socket_dir <<< "$out")
}

# Puts a shell script's worth of C in the jailer's place.
jailer_is() { # CODE...
	printf '#define _GNU_SOURCE\n#include <errno.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n#include <sys/syscall.h>\n#include <sys/prctl.h>\nint main(int c, char **v) { (void)c; (void)v; %s }\n' "$*" \
		> "$BATS_TEST_TMPDIR/jailer.c"
	cc -o "$BATS_TEST_TMPDIR/jailer" "$BATS_TEST_TMPDIR/jailer.c"
	install -m 0755 "$BATS_TEST_TMPDIR/jailer" /usr/local/bin/jailer
}
ended_with() { # CODE PID
	local status=0
	wait "$2" || status=$?
	[ "$status" = "$1" ]
}

# Without a zombie, which nobody has waited for yet.  One name at a time: a pattern longer than a name is told off.
running() { # NAME...
	local name
	for name; do pgrep -x -r R,S,D,t,T "$name" || :; done
}

nothing_runs() { [ -z "$(running firecracker jailer)" ] && [ ! -d "/sys/fs/cgroup/banger/$1" ]; }

@test "does: tells pid, uid and sockets of a VM whose API answers, and leaves it running" {
	prepare_vm a 1900 1900
	launched a
	[ "$(gojq -c . <<< "$out")" = "{\"api_socket\":\"$jails/a/sockets/api.sock\",\"pid\":$pid,\"socket_dir\":\"$jails/a/sockets\",\"socket_dir_inside\":\"/sockets\",\"uid\":1900}" ]
	alive "$pid"
	[ "$(cat /sys/fs/cgroup/banger/a/cgroup.procs)" = "$pid" ]
	as banger curl -s --max-time 2 --unix-socket "$api" http://localhost/ | grep -q '"Not started"'
	run ! as stranger curl -s --max-time 2 --unix-socket "$api" http://localhost/
	expect 0 - own find-pid vm=a
	[ "$(gojq .pid <<< "$out")" = "$pid" ]
	expect 0 - own find-pid "$api"
	[ "$(gojq .pid <<< "$out")" = "$pid" ]
	expect 0 - own kill-process "$pid" vm=a
	until_true gone_from /sys/fs/cgroup/banger/a
	canaries_same
}

@test "does: what is launched has no capability, descriptor, signal, session or limit of ours" {
	prepare_vm a 1900 1900
	launched a
	local name
	for name in CapInh CapPrm CapEff CapAmb SigBlk SigIgn SigPnd; do
		[ "$(status_of "$pid" $name)" = 0000000000000000 ]
	done
	[ "$(status_of "$pid" CapBnd)" = 00000000082000c3 ]
	[ "$(status_of "$pid" NoNewPrivs)" = 1 ]
	[ "$(status_of "$pid" Seccomp)" = 2 ]
	[ -z "$(status_of "$pid" Groups | tr -d ' ')" ]
	[ "$(cat "/proc/$pid/oom_score_adj")" = 0 ]
	[ "$(ps -o sid= -p "$pid" | tr -d ' ')" = "$pid" ]
	[ "$(ps -o tty= -p "$pid")" = "?" ]
	[ "$(ps -o ni= -p "$pid" | tr -d ' ')" = 0 ]
	[ "$(readlink "/proc/$pid/fd/0" "/proc/$pid/fd/1" "/proc/$pid/fd/2" | tr '\n' ' ')" = "/dev/null /dev/null /memfd:jailer (deleted) " ]
	# Of the rest, each is its own: no file, directory or pipe of the host's.
	run ! sh -c "readlink /proc/$pid/fd/* | grep -vE '^(/dev/null|/memfd:jailer|socket:|anon_inode:)'"
	grep -q '^Max core file size  *0  *0 ' "/proc/$pid/limits"
	grep -q '^Max open files  *2048  *2048 ' "/proc/$pid/limits"
	grep -q '^Max file size  *unlimited' "/proc/$pid/limits"
	[ -z "$(tr -d '\0' < "/proc/$pid/environ")" ]
	[ -z "$(lslocks -p "$pid" -n)" ]
}

@test "does: it waits on the owner's account of inotify instances, not on root's" {
	prepare_vm a 1900 1900
	# Up to where the jailer becomes firecracker, which goes on.
	trace "$BATS_TEST_TMPDIR/trace" -b execve -e trace=setresuid,inotify_init1 banger-priv launch-firecracker a
	[ "$(grep -oE 'setresuid\(1900|inotify_init1' "$BATS_TEST_TMPDIR/trace" | grep -B 1 inotify | xargs)" = "setresuid(1900 inotify_init1" ]
}

@test "does: a hostile start changes none of that" {
	prepare_vm a 1900 1900
	(
		ulimit -S -n 64; ulimit -S -f 100; ulimit -S -s 512; umask 0777
		trap '' TERM INT HUP CHLD USR1
		exec 7< /etc/hostname 9> "$BATS_TEST_TMPDIR/file"
		nice -n 10 banger-priv launch-firecracker a > "$BATS_TEST_TMPDIR/said"
	)
	pid=$(gojq .pid "$BATS_TEST_TMPDIR/said")
	[ "$(status_of "$pid" SigIgn)" = 0000000000000000 ]
	[ "$(ps -o ni= -p "$pid" | tr -d ' ')" = 0 ]
	grep -q '^Max file size  *unlimited' "/proc/$pid/limits"
	[ "$(stat -c %a "$jails/a/sockets/api.sock")" = 770 ]
	run ! sh -c "readlink /proc/$pid/fd/* | grep -E 'hostname|file'"
}

@test "does: with a range, owner and VM share the sockets, and nothing else" {
	printf 'vm_uid = 2000-2009\nvm_gid = 2000-2009\n' >> /etc/banger/priv.conf
	prepare_vm a 2000 2000
	prepare_vm b 2001 2001
	launched a
	[ "$(gojq .uid <<< "$out")" = 2000 ]
	local a=$pid a_dir=$dir
	launched b
	[ "$(status_of "$a" Uid)" = "2000 2000 2000 2000" ] || [ "$(status_of "$a" Uid | tr '\t' ' ')" = "2000 2000 2000 2000" ]
	as banger curl -s --max-time 2 --unix-socket "$a_dir/api.sock" http://localhost/ | grep -q '"Not started"'
	# A socket beside it, made by either side, as vsock's are.
	as banger python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('$a_dir/vsock_1')"
	in_chroot "$jails/a/root" 2000 2000 "bind('/sockets/vsock')"
	[ "$(stat -c '%u %g' "$a_dir/vsock")" = "2000 1900" ]
	[ "$(stat -c '%u %G %a' "$jails/a" "$a_dir")" = $'0 banger 710\n0 banger 3777' ]
	run ! as banger ls "$jails/a/root"
	# Neither can take away what the other made, nor put something in its place.
	for way in "os.unlink('vsock_1')" "os.rename('vsock_1', 'x')" "os.rename('mine', 'vsock_1')"; do
		in_chroot "$jails/a/root" 2000 2000 "os.chdir('/sockets'); bind('mine')
try: $way
except PermissionError: os.unlink('mine')
else: sys.exit('it can')"
	done
	as banger touch "$a_dir/mine"
	run ! as banger rm -f "$a_dir/vsock"
	run ! as banger mv -f "$a_dir/vsock" "$a_dir/x"
	run ! as banger mv -f "$a_dir/mine" "$a_dir/vsock"
	# The VM connects to a socket of the owner's that has the mode for it.
	as banger python3 -c "import os, socket; os.umask(0); s = socket.socket(socket.AF_UNIX); s.bind('$a_dir/vsock_2'); s.listen(); s.accept()" 3>&- &
	until_true is_listening "$a_dir/vsock_2"
	in_chroot "$jails/a/root" 2000 2000 "socket.socket(socket.AF_UNIX).connect('/sockets/vsock_2')"
	wait $!
	[ -S "$a_dir/vsock" ]
	[ -S "$a_dir/vsock_1" ]
	run ! as stranger ls "$a_dir"
	run ! setpriv --reuid 2000 --regid 2000 --clear-groups ls "$jails/b/root"
	run ! setpriv --reuid 2000 --regid 2000 --clear-groups curl -s --max-time 2 --unix-socket "$dir/api.sock" http://localhost/
	run ! setpriv --reuid 2000 --regid 2000 --clear-groups ls "$dir"
	run ! as banger kill -0 "$a"
}

@test "does: on a host without cgroup v2, a VM that the other verbs find, end and clean up" {
	prepare_vm a 1900 1900
	unshare --mount --propagation private bash -c "
		set -e
		mount -t tmpfs none /sys/fs/cgroup
		banger-priv launch-firecracker a cgroup=pids.max:9 2> /dev/null && exit 1
		pid=\$(banger-priv launch-firecracker a console=$images/console | gojq .pid)
		[ \"\$(banger-priv find-pid vm=a | gojq .pid)\" = \$pid ]
		banger-priv find-pid vm=b 2> /dev/null && exit 1
		[ \"\$(banger-priv status format=json | gojq -r '.objects[] | select(.kind == \"process\").vm')\" = a ]
		banger-priv cleanup-jailer-chroot a 2> /dev/null && exit 1
		[ -S $jails/a/sockets/api.sock ]
		banger-priv kill-process \$pid vm=a
		banger-priv wait-for-exit \$pid $jails/a/sockets/api.sock timeout=5000
		until banger-priv cleanup-jailer-chroot a; do
			[ \$SECONDS -lt 20 ]
			sleep .05
		done" 2> "$BATS_TEST_TMPDIR/busy"
	[ ! -d "$jails/a" ]
	until_true sh -c '! pgrep -x banger-priv'
}

# The process that appends the console of VM a to its file.
console_process() { cat /sys/fs/cgroup/banger/_consoles/cgroup.procs; }

launched_with_console() {
	console=/var/lib/banger/vms/a/console
	install -d -o banger -g banger /var/lib/banger/vms /var/lib/banger/vms/a
	echo first > "$console"
	chown banger:banger "$console"
	prepare_vm a 1900 1900
	launched a console="$console"
}

@test "does: the guest's console goes to the end of the owner's file, until that has 16 MiB, and again when it is shorter" {
	launched_with_console
	[[ $(readlink "/proc/$pid/fd/1") == pipe:* ]]
	echo second > "/proc/$pid/fd/1"
	until_true grep -q second "$console"
	[ "$(cat "$console")" = $'first\nsecond' ]
	head -c 20M /dev/zero | tr '\0' x > "/proc/$pid/fd/1"
	[ "$(stat -c %s "$console")" = $((16 << 20)) ]
	[ "$(head -c 13 "$console")" = $'first\nsecond' ]
	as banger curl -s --max-time 2 --unix-socket "$api" http://localhost/ | grep -q '"Not started"'
	as banger truncate -s 0 "$console"
	echo third > "/proc/$pid/fd/1"
	until_true grep -q third "$console"
	[ "$(own explain launch-firecracker | grep -c '16 MiB')" = 1 ]
}

@test "does: what appends the console has its file and its pipe alone, and ends with the VM" {
	launched_with_console
	local keeper
	keeper=$(console_process)
	[ "$(cat /sys/fs/cgroup/banger/a/cgroup.procs)" = "$pid" ]
	[ "$(readlink "/proc/$keeper"/fd/* | sed 's/^anon_inode:.pidfd.$/pidfd/; s/:.*//')" = $'pidfd\n'"$console"$'\npipe' ]
	[ "$(status_of "$keeper" Uid | tr '\t' ' ')" = "65534 65534 65534 65534" ]
	[ "$(status_of "$keeper" CapPrm)" = 0000000000000000 ]
	[ "$(status_of "$keeper" Seccomp)" = 2 ]
	[ "$(ps -o sid= -p "$keeper" | tr -d ' ')" = "$keeper" ]
	[ $((0$(awk '$1 == "flags:" { print $2 }' "/proc/$keeper/fdinfo/30") & 02003)) = $((02001)) ]
	run ! as banger kill -KILL "$keeper"
	expect 3 foreign own signal-process "$keeper" STOP
	expect 3 foreign own kill-process "$keeper"
	alive "$keeper"
	expect 0 - own kill-process "$pid" vm=a
	until_true sh -c "[ ! -d /proc/$keeper ]"
	expect 0 - own cleanup-jailer-chroot a
}

@test "does: what appends the console ends with the VM, also where the VM gave its end of the pipe away" {
	launched_with_console
	local keeper vm=$pid
	keeper=$(console_process)
	# As the VM can, over a socket.
	start bash -c "exec 9> /proc/$vm/fd/1 && echo > ${console%/*}/held && while :; do echo late >&9; done"
	until_true test -e "${console%/*}/held"
	echo "the last words" > "/proc/$vm/fd/1"
	expect 0 - own cleanup-vm a
	until_true sh -c "[ ! -d /proc/$keeper ]"
	grep -q "the last words" "$console"
	end "$pid"
}

@test "does: a read that fails ends no console" {
	: > "$BATS_TEST_TMPDIR/console"
	"$BANGER_BUILD/tests/drain" "$BATS_TEST_TMPDIR/console"
	[ "$(cat "$BATS_TEST_TMPDIR/console")" = said ]
}

@test "does: a full disk loses the console's bytes, and nothing else; so does the end of what appends them" {
	launched_with_console
	local keeper
	keeper=$(console_process)
	mount -o remount,size=8M /var/lib/banger
	head -c 12M /dev/zero | tr '\0' x > "/proc/$pid/fd/1"
	[ "$(stat -c %s "$console")" -lt 8388608 ]
	alive "$keeper"
	mount -o remount,size=0 /var/lib/banger
	echo again > "/proc/$pid/fd/1"
	until_true sh -c "tail -c 6 $console | grep -q again"
	# firecracker's own descriptor never blocks.
	[ $((0$(awk '$1 == "flags:" { print $2 }' "/proc/$pid/fdinfo/1") & 04000)) = $((04000)) ]
	kill -KILL "$keeper"
	until_true sh -c "[ ! -d /proc/$keeper ]"
	run ! sh -c "echo lost > /proc/$pid/fd/1"
	as banger curl -s --max-time 2 --unix-socket "$api" http://localhost/ | grep -q '"Not started"'
}

@test "refuses: a console that is a symlink, behind one, absent, a FIFO, a directory, or not the owner's" {
	local vms=/var/lib/banger/vms name
	install -d -o banger -g banger "$vms"
	echo untouched > "$vms/roots"
	chmod 666 "$vms/roots"
	ln -s /run/canary/file "$vms/link"; ln -s /run/canary "$vms/way"
	mkfifo "$vms/fifo"; mkdir "$vms/directory"; chown banger "$vms/fifo" "$vms/directory"
	prepare_vm a 1900 1900
	for name in link way/file fifo directory roots; do
		expect 3 foreign own launch-firecracker a console="$vms/$name"
	done
	expect 3 absent own launch-firecracker a console="$vms/absent"
	expect 3 not-allowed banger-priv launch-firecracker a console=/var/lib/banger/jail/x
	expect 3 malformed banger-priv launch-firecracker a console=/etc/passwd
	[ "$(cat "$vms/roots")" = untouched ]
	launched a
	canaries_same
}

@test "busy: a console that somebody has a lease on" {
	local vms=/var/lib/banger/vms
	install -d -o banger -g banger "$vms"
	as banger touch "$vms/log"
	prepare_vm a 1900 1900
	start setpriv --reuid banger --regid banger --clear-groups python3 -c "import fcntl, signal
signal.signal(signal.SIGIO, signal.SIG_IGN)
file = open('$vms/log', 'r+')
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
open('$vms/leased', 'w')
signal.pause()"
	until_true test -e "$vms/leased"
	expect 6 in-use own launch-firecracker a console="$vms/log"
	end "$pid"
	launched a console="$vms/log"
}

@test "whichever stage of its uid the owner kills at its end: a VM that runs is done, one that does not is not" {
	local n status
	for n in $(seq 12); do
		status=0
		prepare_vm a 1900 1900
		timeout 60 "$BANGER_BUILD/tests/inject" "do:setpriv --reuid banger --regid banger --clear-groups pkill -KILL -x banger-priv || :" exit_group "$n" \
			banger-priv launch-firecracker a > "$BATS_TEST_TMPDIR/out" 2> /dev/null || status=$?
		# What was launched ends with its tracer.
		[ "$status" = 0 ] || { nothing_runs a && [ ! -s "$BATS_TEST_TMPDIR/out" ]; } || [ "$status" = 125 ] ||
			{ echo "exit $status at $n"; false; }
		clean_up a
		[ "$status" != 125 ] || break
	done
	[ "$n" -gt 5 ]
	canaries_same
}

@test "refuses: a VM that is not prepared, and limits that are none" {
	local word
	expect 3 absent own launch-firecracker nosuch
	prepare_vm a 1900 1900
	for word in memory.max memory.max: memory.swap.max:1 cgroup.kill:1 cgroup.procs:0 ../x:1 cpu.weight:0 \
		cpu.weight:10001 cpu.max:999 pids.max:4194305 \
		'pids.max:1 2' memory.max:1/ memory.max:-1 pids.max:00; do
		expect 3 malformed banger-priv launch-firecracker a cgroup="$word"
	done
	expect 2 usage banger-priv launch-firecracker a cgroup=pids.max:9 console=/var/lib/banger/x
	expect 3 malformed own launch-firecracker a cgroup=pids.max:9 cgroup=cpu.weight:5 cgroup=pids.max:8
	expect 2 usage banger-priv launch-firecracker
	nothing_runs a
	launched a
}

@test "refuses: before a chroot or a cgroup is touched, whatever the reason" {
	local console=console=$images/console before
	prepare_vm a 1900 1900
	prepare_vm used 1900 1900
	chmod 0500 "$jails/used"
	before=$(host_state; jail_state)
	expect 3 absent own launch-firecracker nosuch "$console"
	expect 3 exists own launch-firecracker used "$console"
	expect 3 malformed own launch-firecracker a "$console" cgroup=pids.max:9 cgroup=pids.max:8
	chmod 0775 /usr/local/bin/firecracker
	expect 4 host own launch-firecracker a "$console"
	restore_binaries
	# Under a kernel with all controllers: tests/vm.
	grep -qw memory /sys/fs/cgroup/cgroup.controllers || {
		expect 4 host own launch-firecracker a "$console" cgroup=memory.max:1G
		[[ $err == *"no cgroup controller for memory.max" ]]
	}
	[ "$(host_state; jail_state)" = "$before" ]
	start sleep 60
	cgroup_put a "$pid"
	before=$(host_state; jail_state)
	expect 6 in-use own launch-firecracker a "$console"
	[ "$(host_state; jail_state)" = "$before" ]
	end "$pid"
	launched a "$console"
}

# Which root might do; then there is no VM without its limits.
@test "fails: where the cgroup of all VMs goes away meanwhile" {
	prepare_vm a 1900 1900
	mkdir /sys/fs/cgroup/banger
	# The children: who goes ahead, look, take.
	expect 5 failed inject "do:rmdir /sys/fs/cgroup/banger" clone 3 banger-priv launch-firecracker a
	[[ $err == *"cannot make the VM's cgroup: No such file or directory (ENOENT)" ]]
	nothing_runs a
}

@test "refuses: a second launch, after success, a crash, or a failure; cleanup and prepare are the way" {
	prepare_vm a 1900 1900
	launched a
	expect 3 exists own launch-firecracker a
	[[ $err == *cleanup-jailer-chroot*prepare-jailer-chroot* ]]
	alive "$pid"
	# The VM empties its own chroot, which is its own: that makes no new one of it.
	setpriv --reuid 1900 --regid 1900 --clear-groups sh -c "rm -rf $jails/a/root/dev $jails/a/root/run; rm -f $jails/a/root/fire*"
	kill -KILL "$pid"; until_true gone_from /sys/fs/cgroup/banger/a
	expect 3 exists own launch-firecracker a
	clean_up a
	jailer_is 'fprintf(stderr, "no\n"); return 1;'
	prepare_vm a 1900 1900
	expect 5 failed own launch-firecracker a
	expect 3 exists own launch-firecracker a
	restore_binaries
	expect 3 exists own launch-firecracker a
	clean_up a
	prepare_vm a 1900 1900
	launched a
	canaries_same
}

@test "refuses: nobody but root can reach chroot or sockets before the VM runs, nor the chroot after" {
	local file
	prepare_vm a 1900 1900
	for file in root/old_root sockets/api.sock; do run ! as banger touch "$jails/a/$file"; done
	launch_slowly
	banger-priv launch-firecracker a > "$BATS_TEST_TMPDIR/said" 3>&- &
	until_true test -e "$BATS_FILE_TMPDIR/waiting"
	for file in root/old_root sockets/api.sock; do run ! as banger touch "$jails/a/$file"; done
	rm "$BATS_FILE_TMPDIR/waiting"
	ended_with 0 $!
	[ "$(stat -c '%u %a' "$jails/a")" = "0 710" ]
	canaries_same
}

@test "refuses: nobody else can pin chroot or sockets, which takes no right to them, and keep cleanup busy" {
	local name
	prepare_vm a 1900 1900
	launched a
	for name in root sockets; do
		run ! as stranger python3 -c "import os; os.open('$jails/a/$name', os.O_PATH)"
		as banger python3 -c "import os; os.open('$jails/a/$name', os.O_PATH)"
	done
}

# A VM with the owner's uid leaves to the owner what is its own.
over_root() { # PLACE MANNER COMMAND...
	mount_fuse "$jails/a/$1" "$2" 1900 "${@:3}"
}

bounded="timeout -s KILL 10"

# shellcheck disable=SC2086
@test "in time: file systems of the owner's over the VM's root or a directory in it, and the other verbs" {
	local place manner
	prepare_vm a 1900 1900
	launched a
	as banger mkdir "$jails/a/root/run/deep"
	for place in root root/run; do
		for manner in private all hangs; do
			expect 3 foreign over_root "$place" "$manner" $bounded banger-priv find-pid "$jails/a/root/run/api.sock"
			expect 3 foreign over_root "$place" "$manner" $bounded banger-priv ensure-socket-access "$jails/a/root/run/api.sock" timeout=100
			expect 3 foreign over_root "$place" "$manner" $bounded banger-priv send-ctrl-alt-del "$jails/a/root/run/api.sock"
			expect 0 - over_root "$place" "$manner" $bounded banger-priv find-pid "$jails/a/sockets/api.sock"
			expect 0 - over_root "$place" "$manner" $bounded banger-priv status
			expect 0 - over_root "$place" "$manner" $bounded banger-priv prepare-jailer-chroot b "$images/vmlinux" uid=1900 gid=1900
			expect 6 in-use over_root "$place" "$manner" $bounded banger-priv cleanup-jailer-chroot a
			expect 0 - own cleanup-jailer-chroot b
		done
	done
	expect 0 - own find-pid "$api"
}

@test "in time: file systems of the owner's in one another, over what is mounted, and cleaning up, from either table" {
	local from verb
	for from in "" "$BANGER_BUILD/tests/inject fail:ENOSYS 458 1"; do
		for verb in cleanup-jailer-chroot cleanup-vm; do
			prepare_vm a 1900 1900
			launched a
			as banger mkdir "$jails/a/root/run/deep"
			if [ "$verb" = cleanup-jailer-chroot ]; then
				own kill-process "$pid" vm=a
				until_true gone_from /sys/fs/cgroup/banger/a
			fi
			# shellcheck disable=SC2086
			expect 0 - over_root root/run all "$BANGER_BUILD/tests/mount-fuse" "$jails/a/root/run/deep" hangs 1900 \
				"$BANGER_BUILD/tests/mount-fuse" "$jails/a/root" hangs 1900 $bounded $from banger-priv "$verb" a
			[ ! -e "$jails/a" ]
		done
	done
	canaries_same
}

# shellcheck disable=SC2086
@test "in time: a file system of the owner's deep among the sockets, status and cleaning up" {
	local deep
	deep=sockets/$(printf 'd%.0s' {1..200})/$(printf 'e%.0s' {1..200})/$(printf 'f%.0s' {1..200})
	prepare_vm a 1900 1900
	launched a
	as banger mkdir -p "$jails/a/$deep"
	expect 0 - over_root "$deep" hangs $bounded banger-priv status
	own kill-process "$pid" vm=a
	until_true gone_from /sys/fs/cgroup/banger/a
	expect 0 - over_root "$deep" hangs $bounded banger-priv cleanup-jailer-chroot a
	[ ! -e "$jails/a" ]
}

@test "in time: a file system of the owner's, moved deeper than any path reaches, and cleaning up, from either table" {
	local from
	for from in "" "$BANGER_BUILD/tests/inject fail:ENOSYS 458 1"; do
		prepare_vm a 1900 1900
		launched a
		own kill-process "$pid" vm=a
		until_true gone_from /sys/fs/cgroup/banger/a
		as banger mkdir -p "$jails/a/root/from/there"
		# shellcheck disable=SC2086
		expect 0 - over_root root/from/there hangs bash -c "
			set -e
			setpriv --reuid banger --regid banger --clear-groups python3 -c '
import os
os.chdir(\"$jails/a/root\")
top = os.open(\".\", os.O_RDONLY)
for n in range(100):
    os.mkdir(\"d\" * 250)
    os.chdir(\"d\" * 250)
os.rename(\"from\", \"from\", src_dir_fd=top, dst_dir_fd=os.open(\".\", os.O_RDONLY))'
			grep -q '/$(printf 'd%.0s' {1..250})/from/there ' /proc/self/mountinfo
			exec $bounded $from banger-priv cleanup-jailer-chroot a"
		[ ! -e "$jails/a" ]
	done
}

# shellcheck disable=SC2086
@test "refuses: a file system of the owner's over the root of a chroot in use goes, and nothing else, from either table" {
	local from
	prepare_vm a 1900 1900
	launched a
	own kill-process "$pid" vm=a
	until_true gone_from /sys/fs/cgroup/banger/a
	start env --chdir="$jails/a/root" sleep 1000
	for from in "" "$BANGER_BUILD/tests/inject fail:ENOSYS 458 1"; do
		expect 6 in-use over_root root hangs $bounded $from banger-priv cleanup-vm a
		[ "$(stat -f -c %T "$jails/a/root")" = tmpfs ]
		run ! grep -q of-the-owner /proc/self/mountinfo
	done
	end "$pid"
	expect 0 - own cleanup-vm a
}

@test "in time: where no cgroup tells, a file system of the owner's over the root hides no VM from cleanup-vm" {
	prepare_vm a 1900 1900
	unshare --mount --propagation private bash -c "
		set -e
		mount -t tmpfs none /sys/fs/cgroup
		pid=\$(banger-priv launch-firecracker a | gojq .pid)
		$BANGER_BUILD/tests/mount-fuse $jails/a/root hangs 1900 $bounded banger-priv cleanup-vm a && exit 1
		$bounded banger-priv cleanup-vm a
		! grep -qs '^State:.[^ZX]' /proc/\$pid/status"
	[ ! -d "$jails/a" ]
}

without_cgroups() { # COMMAND...
	unshare --mount --propagation private bash -c 'mount -t tmpfs none /sys/fs/cgroup && exec "$@"' - "$@"
}

# shellcheck disable=SC2086
@test "refuses: where no cgroup tells, a process whose firecracker is hidden by a mount, and says what takes that away" {
	local place fuse=$BANGER_BUILD/tests/mount-fuse remedy="cleanup-jailer-chroot takes that away, though the VM runs" verb
	prepare_vm a 1900 1900
	pid=$(without_cgroups banger-priv launch-firecracker a | gojq .pid)
	api=$jails/a/sockets/api.sock
	for place in root root/firecracker; do
		for verb in "find-pid vm=a" "find-pid $api" "process-running $pid $api" "wait-for-exit $pid $api" \
			"kill-process $pid" "kill-process $pid vm=a" "signal-process $pid TERM vm=a"; do
			expect 3 foreign without_cgroups "$fuse" "$jails/a/$place" hangs 1900 $bounded banger-priv $verb
			[[ $err == *"a mount lies over the firecracker of the VM"*"$remedy" ]]
		done
		expect 3 foreign without_cgroups "$fuse" "$jails/a/$place" hangs 1900 $bounded banger-priv cleanup-vm a
		[[ $err == *"left: chroot and snapshots (a mount lies over the firecracker of the VM"*"$remedy)" ]]
		alive "$pid"
		# And so it does.
		without_cgroups "$fuse" "$jails/a/$place" hangs 1900 bash -c "
			$bounded banger-priv cleanup-jailer-chroot a 2> /dev/null || [ \$? = 6 ]
			$bounded banger-priv process-running $pid $api"
	done
	without_cgroups banger-priv cleanup-vm a
	until_true eval "! alive $pid"
}

@test "refuses: a VM cannot change the socket directory, not even before it answers" {
	# A default access list of rwx for all would undo the owner's umask.
	firecracker_first 'static const char all[] = "\2\0\0\0\1\0\7\0\377\377\377\377\4\0\7\0\377\377\377\377\40\0\7\0\377\377\377\377";
		if (!chmod("/sockets", 0777) || !chmod("/sockets", 03000) || !chown("/sockets", -1, getgid()) ||
		    !setxattr("/sockets", "system.posix_acl_default", all, sizeof all - 1, 0) || !rename("/sockets", "/x"))
			return 1;'
	printf 'vm_uid = 2000-2009\nvm_gid = 2000-2009\n' >> /etc/banger/priv.conf
	prepare_vm a 2000 2000
	launched a
	[ "$(stat -c '%u %G %a' "$jails/a/sockets")" = "0 banger 3777" ]
	[ -z "$(getfacl -cs "$jails/a/sockets")" ]
}

@test "refuses: a jailer or firecracker that is not root's alone, a symlink, or absent" {
	prepare_vm a 1900 1900
	local name
	for name in jailer firecracker; do
		chmod 0775 /usr/local/bin/$name
		expect 4 host own launch-firecracker a
		restore_binaries
		chown banger /usr/local/bin/$name
		expect 4 host own launch-firecracker a
		restore_binaries
		mv /usr/local/bin/$name /usr/local/bin/other
		ln -s other /usr/local/bin/$name
		expect 4 host own launch-firecracker a
		rm /usr/local/bin/$name /usr/local/bin/other
		expect 4 host own launch-firecracker a
		restore_binaries
	done
	launched a
}

@test "fails: a jailer or firecracker that cannot be looked at is none that should be installed" {
	local n=0 errors=$BATS_TEST_TMPDIR/errors
	prepare_vm a 1900 1900
	# The configuration and locks are opened likewise.
	until grep -qs "failed: cannot look at /usr/local/bin/firecracker: .*(EIO)$" "$errors"; do
		[ "$((++n))" -lt 20 ]
		if inject fail:EIO openat2 "$n" banger-priv launch-firecracker a 2>> "$errors"; then return 1; fi
	done
	grep -q "failed: cannot look at /usr/local/bin/jailer: .*(EIO)$" "$errors"
	run ! grep "install" "$errors"
	own launch-firecracker a
}

@test "fails: a controller that cannot be looked for is none that is missing" {
	local n=0 errors=$BATS_TEST_TMPDIR/errors
	prepare_vm a 1900 1900
	# The configuration is read likewise.
	until grep -qs "failed: cannot look for the cgroup controller of memory.max: .*(EIO)$" "$errors"; do
		[ "$((++n))" -lt 30 ]
		if inject fail:EIO read "$n" banger-priv launch-firecracker a cgroup=memory.max:1G 2>> "$errors"; then return 1; fi
	done
	[ ! -d /sys/fs/cgroup/banger ]
}

@test "fails: says the jailer's last words, escaped and bounded, and ends what it started" {
	prepare_vm a 1900 1900
	jailer_is 'for (int i = 0; i < 100000; i++) if (fputs("\033]0;x\007 %%n%%s\r\n", stderr) < 0) return 3; return 1;'
	expect 5 failed own launch-firecracker a
	[[ $err == *'\x1b]0;x\x07 %%n%%s\x0d'* ]]
	nothing_runs a
	clean_up a
	prepare_vm a 1900 1900
	jailer_is 'return 0;'
	expect 5 failed own launch-firecracker a
	[[ $err == *"said: nothing" ]]
	nothing_runs a
	canaries_same
}

@test "fails: a jailer that never comes to listen is killed at the deadline" {
	prepare_vm a 1900 1900
	jailer_is 'for (;;) pause();'
	expect 6 timeout own launch-firecracker a
	nothing_runs a
	clean_up a
	prepare_vm a 1900 1900
	# No wait finds nothing.
	expect 6 timeout inject "do:rm -f $jails/a/sockets/x; touch $jails/a/sockets/x" ppoll 1+ \
		timeout --signal KILL 30 banger-priv launch-firecracker a
	nothing_runs a
}

@test "refuses: what listens, or stands, in the place of the VM" {
	prepare_vm a 1900 1900
	launch_slowly
	banger-priv launch-firecracker a 2> "$BATS_TEST_TMPDIR/err" 3>&- &
	local launching=$! liar
	until_true test -e "$BATS_FILE_TMPDIR/waiting"
	# The owner cannot; as the VM itself might.
	(cd "$jails/a/sockets" && exec setpriv --reuid 1900 --regid 1900 --clear-groups python3 -c "
import socket
s = socket.socket(socket.AF_UNIX); s.bind('api.sock'); s.listen()
c = s.accept()[0]; c.send(b'HTTP/1.1 200 \\r\\nContent-Length: 2\\r\\n\\r\\n{}'); c.recv(100)") 3>&- &
	liar=$!
	ended_with 5 "$launching"
	grep -q "somebody else listens" "$BATS_TEST_TMPDIR/err"
	wait "$liar" || :
	rm "$BATS_FILE_TMPDIR/waiting"
	nothing_runs a
	clean_up a
	restore_binaries
	prepare_vm a 1900 1900
	ln -s /run/canary/socket "$jails/a/sockets/api.sock"
	expect 5 failed own launch-firecracker a
	canaries_same
	nothing_runs a
}

@test "cage: the jailer has six capabilities, and with one fewer it fails" {
	local name
	prepare_vm a 1900 1900
	jailer_is 'FILE *f = fopen("/proc/self/status", "r"); char l[200]; while (fgets(l, 200, f)) if (!strncmp(l, "Cap", 3)) fputs(l, stderr); return 1;'
	expect 5 failed own launch-firecracker a
	[[ $err == *'CapInh:\x090000000000000000'*'CapPrm:\x0900000000082000c3'*'CapEff:\x0900000000082000c3'*'CapBnd:\x0900000000082000c3'*'CapAmb:\x090000000000000000'* ]]
	clean_up a
	restore_binaries
	local index
	for index in 2 3 4 5 6 7; do
		prepare_vm a 1900 1900
		expect 5 failed "$BANGER_BUILD/tests/narrow" cap "$index" launch-firecracker a
		nothing_runs a
		clean_up a
	done
	prepare_vm a 1900 1900
	launched a
}

@test "cage: what neither jailer nor firecracker needs is answered with EPERM, on both sides of the exec" {
	local call numbers=(ptrace bpf keyctl add_key init_module finit_module kexec_load perf_event_open \
		open_by_handle_at process_vm_readv reboot swapon)
	for call in "${numbers[@]}"; do
		prepare_vm a 1900 1900
		jailer_is "errno = 0; long r = syscall(SYS_$call, -1, 0, 0, 0, 0); fprintf(stderr, \"%ld %s\", r, strerrorname_np(errno)); return 1;"
		expect 5 failed own launch-firecracker a
		[[ $err == *"-1 EPERM" ]] || { echo "$call: $err"; false; }
		clean_up a
	done
	# A new user namespace; and io_uring, which firecracker does need.
	prepare_vm a 1900 1900
	jailer_is 'long u = syscall(SYS_unshare, 0x10000000); int a = errno; long i = syscall(SYS_io_uring_setup, 0, 0); fprintf(stderr, "%ld %d %ld %d", u, a, i, errno == 1); return 1;'
	expect 5 failed own launch-firecracker a
	[[ $err == *"-1 1 -1 0" ]]
}

@test "leaves nothing behind: killed while the jailer works, the VM comes up, is found, and can be removed" {
	prepare_vm a 1900 1900
	launch_slowly
	banger-priv launch-firecracker a > "$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	local launching=$!
	until_true test -e "$BATS_FILE_TMPDIR/waiting"
	kill -KILL "$launching" && wait "$launching" || :
	rm "$BATS_FILE_TMPDIR/waiting"
	[ ! -s "$BATS_TEST_TMPDIR/said" ]
	until_true test -S "$jails/a/sockets/api.sock"
	until_true own find-pid vm=a > "$BATS_TEST_TMPDIR/found"
	expect 3 exists own launch-firecracker a
	expect 0 - own kill-process "$(gojq .pid "$BATS_TEST_TMPDIR/found")" vm=a
	until_true gone_from /sys/fs/cgroup/banger/a
	clean_up a
	canaries_same
}

# Cleans up by the verbs alone, as the owner would.
end_by_verbs() {
	local one
	while read -r one; do own kill-process "$one" vm=a || :; done < /sys/fs/cgroup/banger/a/cgroup.procs
	own cleanup-jailer-chroot a && [ -z "$(running firecracker jailer banger-priv)" ]
}

@test "leaves nothing behind: killed alone at any call, while what it started goes on, the verbs remove that" {
	local n status step=${BANGER_SWEEP_STEP:-29}
	for n in $(seq 1 "$step" 4000); do
		prepare_vm a 1900 1900
		status=0
		inject abandon any "$n" banger-priv launch-firecracker a console="$images/console" > /dev/null 2>&1 || status=$?
		until_true end_by_verbs 2> /dev/null
		run ! grep "$jails/" /proc/self/mountinfo
		[ ! -d /sys/fs/cgroup/banger/a ]
		[ ! -e "$jails/a" ]
		[ "$status" != 125 ] || break
	done
	[ "$n" -gt 500 ]
	canaries_same
}

@test "leaves nothing behind: killed at any call, what is there can be removed, and launched anew" {
	local n status step=${BANGER_SWEEP_STEP:-23}
	for n in $(seq 1 "$step" 4000); do
		prepare_vm a 1900 1900
		status=0
		inject kill any "$n" banger-priv launch-firecracker a > /dev/null 2>&1 || status=$?
		[ "$status" != 125 ] || break
		clean_up a
		until_true sh -c '! pgrep -x firecracker'
		run ! grep "$jails/" /proc/self/mountinfo
		[ ! -d /sys/fs/cgroup/banger/a ]
		[ ! -e "$jails/a" ]
	done
	[ "$n" -gt 500 ]
	clean_up a
	prepare_vm a 1900 1900
	launched a
	canaries_same
}

@test "leaves nothing behind: whichever call fails, no process is left without an answer" {
	local call when status
	for call in dup3 clone fchownat fchmodat2 close_range execveat epoll_ctl inotify_add_watch connect setsid mkdirat; do
		for when in 1 2 3 4; do
			prepare_vm a 1900 1900
			status=0
			inject fail:EIO "$call" "$when" banger-priv launch-firecracker a console="$images/console" > "$BATS_TEST_TMPDIR/out" \
				2> "$BATS_TEST_TMPDIR/err" || status=$?
			[ "$status" = 125 ] || [ "$status" = 0 ] || { [[ $status =~ ^[3-6]$ ]] && one_clean_line && nothing_runs a; } ||
				{ echo "$call $when: $status $(cat "$BATS_TEST_TMPDIR/err")"; false; }
			clean_up a
			[ "$status" != 125 ] || break
		done
	done
}

# Unsafe is unsafe before anything was touched, and later a failure that is undone, but for the mark on the chroot.
@test "fails: whichever stage's cage cannot close, the code is true, the line is one, and nothing goes on" {
	local n status before codes=
	# The real firecracker has filters of its own, which would be counted.
	BANGER_TEST_FIRECRACKER='' BANGER_TEST_JAILER='' restore_binaries
	for n in $(seq 20); do
		cgroup_end
		prepare_vm a 1900 1900
		before=$(host_state; jail_state)
		status=0
		inject fail:EPERM seccomp "$n" banger-priv launch-firecracker a console="$images/console" \
			> "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" || status=$?
		[ "$status" != 125 ] || break
		echo "$n: $status $(cat "$BATS_TEST_TMPDIR/err")"
		codes=$codes$status
		one_clean_line
		[ ! -s "$BATS_TEST_TMPDIR/out" ]
		nothing_runs a
		until_true consoles_are_left
		[ "$status" != 4 ] || [ "$(host_state; jail_state)" = "$before" ]
		[ "$n" -le 5 ] || [ "$(stat -c '%a %g' "$jails/a")" = "500 1900" ]
		clean_up a
	done
	# conclude, open_console, look, make_parent; take; become_jailer, drain_console, wait_for_socket, talk
	[ "$codes" = 444455555 ]
}

consoles_are_left() {
	[ ! -d /sys/fs/cgroup/banger/_consoles ] || grep -q 'populated 0' /sys/fs/cgroup/banger/_consoles/cgroup.events
}

# What appends the console asks for a session of its own after what becomes the jailer.
@test "fails: what appends the console that cannot begin, or ends before the VM answers, ends the VM" {
	local action n
	for action in fail:EPERM kill; do
		prepare_vm a 1900 1900
		expect 5 failed inject "$action" setsid 2 banger-priv launch-firecracker a console="$images/console"
		[[ $err == *"cannot begin to keep the console: "* || $err == *"what appends the console to its file has ended; it said: nothing" ]]
		nothing_runs a
		clean_up a
	done
	# It has begun when the last of what it closes is closed, and not before: no other process closes so many ranges.
	for n in 2 3; do
		prepare_vm a 1900 1900
		expect 5 failed timeout 20 strace -f -qq -o /dev/null -e trace=close_range \
			-e inject=close_range:error=EIO:delay_enter=500000:when=$n \
			banger-priv launch-firecracker a console="$images/console" 3>&-
		nothing_runs a
		clean_up a
	done
	prepare_vm a 1900 1900
	launch_slowly
	banger-priv launch-firecracker a console="$images/console" > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" 3>&- &
	local launching=$!
	until_true test -e "$BATS_FILE_TMPDIR/waiting"
	kill -KILL "$(console_process)"
	rm "$BATS_FILE_TMPDIR/waiting"
	ended_with 5 "$launching"
	one_clean_line
	grep -q 'what appends the console to its file has ended' "$BATS_TEST_TMPDIR/err"
	[ ! -s "$BATS_TEST_TMPDIR/out" ]
	nothing_runs a
}

@test "does: of a cgroup that a launch which was killed has left, no limit stays" {
	prepare_vm a 1900 1900
	mkdir -p /sys/fs/cgroup/banger/a
	echo 7 > /sys/fs/cgroup/banger/a/cgroup.max.depth
	expect 0 - own launch-firecracker a
	[ "$(cat /sys/fs/cgroup/banger/a/cgroup.max.depth)" = max ]
	own cleanup-vm a
}

@test "fails: a VM that ends between its answer and ours has not been launched" {
	prepare_vm a 1900 1900
	mkdir -p /sys/fs/cgroup/banger
	# The ends of look, take, wait_for_socket and talk.
	expect 5 failed inject "do:pkill -KILL -x firecracker; while pgrep -x -r R,S,D,t,T firecracker; do :; done > /dev/null" \
		exit_group 4 banger-priv launch-firecracker a
	[[ $err == *"the jailer or firecracker gave up; it said: nothing" ]]
	nothing_runs a
}

# As what hangs in the kernel, for which SIGKILL has to wait: it gets signal 0.
@test "busy: a process that does not end though it was killed is waited for a while, and said" {
	prepare_vm a 1900 1900
	jailer_is 'for (;;) pause();'
	ln -s /run/canary/socket "$jails/a/sockets/api.sock"
	expect 6 in-use timeout 60 "$BANGER_BUILD/tests/inject" alter:1:0 pidfd_send_signal 1 banger-priv launch-firecracker a
	[[ $err == *": somebody else listens at the API socket; process "*" has not ended since it was killed; cleanup-vm, once it has" ]]
	own cleanup-vm a
	canaries_same
}

# What joins a frozen cgroup stays in that call, until it is killed.
freeze() { # 1|0
	mkdir -p /sys/fs/cgroup/banger
	echo "$1" > /sys/fs/cgroup/banger/cgroup.freeze
}

@test "busy: what shall become the jailer and hangs is ended, by one or the other, or said not to be" {
	prepare_vm a 1900 1900
	freeze 1
	expect 6 timeout inject fail:EIO pidfd_send_signal 1 banger-priv launch-firecracker a
	[[ $err == *": a child cannot begin: Connection timed out (ETIMEDOUT); cannot end process "[1-9]*": Input/output error (EIO); it said: nothing" ]]
	nothing_runs a
	until_true sh -c '! pgrep -x banger-priv' > /dev/null
	clean_up a
	prepare_vm a 1900 1900
	# SIGKILL has to wait for the kernel, as above.
	expect 6 timeout timeout 60 "$BANGER_BUILD/tests/inject" alter:1:0 pidfd_send_signal 1 banger-priv launch-firecracker a
	[[ $err == *": a child cannot begin: Connection timed out (ETIMEDOUT); process "[1-9]*" has not ended since it was killed; its cgroup still has a process; cleanup-vm ends it" ]]
	own cleanup-vm a
	until_true sh -c '! pgrep -x banger-priv' > /dev/null
	freeze 0
}

# As which of its calls of dup3 something gets its number.
dup3_to() { # NUMBER COMMAND...
	trace "$BATS_TEST_TMPDIR/dup3" -e trace=dup3 "${@:2}" > /dev/null 2>&1 || :
	grep -oE 'dup3\([0-9]+, [0-9]+' "$BATS_TEST_TMPDIR/dup3" | grep -n ", $1$" | cut -d: -f1
}

@test "fails: a child that cannot be held does not go on" {
	local number n
	jailer_is 'return 1;'
	for number in 24 38; do
		prepare_vm a 1900 1900
		n=$(dup3_to "$number" banger-priv launch-firecracker a console="$images/console")
		clean_up a
		prepare_vm a 1900 1900
		expect 5 no-space inject fail:EMFILE dup3 "$n" banger-priv launch-firecracker a console="$images/console"
		[[ $err == *": a child cannot begin: Too many open files (EMFILE)"* ]]
		nothing_runs a
		until_true consoles_are_left
		clean_up a
	done
}

@test "fails: what shall become the jailer is held from its first moment, whatever happens to who started it" {
	prepare_vm a 1900 1900
	freeze 1
	banger-priv launch-firecracker a > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" 3>&- &
	local launching=$! held
	until_true grep -q . /sys/fs/cgroup/banger/a/cgroup.procs
	held=$(cat /sys/fs/cgroup/banger/a/cgroup.procs)
	kill -KILL "$(pgrep -P "$launching" | grep -vx "$held")"
	ended_with 5 "$launching"
	one_clean_line
	grep -q 'the child that goes ahead did not come to its end; it said: nothing$' "$BATS_TEST_TMPDIR/err"
	nothing_runs a
	[ ! -e "/proc/$held" ]
	freeze 0
}

@test "fails: what nobody holds yet does nothing, and ends with who started it" {
	local n
	# So that the way is the same each time.
	mkdir -p /sys/fs/cgroup/banger
	prepare_vm a 1900 1900
	jailer_is 'return 1;'
	n=$(dup3_to 24 banger-priv launch-firecracker a)
	restore_binaries
	clean_up a
	# Else it might be as far as its cgroup, or not, when the last stage looks there.
	for _ in 1 2 3 4 5 6 7 8; do
		prepare_vm a 1900 1900
		expect 5 failed inject kill dup3 "$n" banger-priv launch-firecracker a
		[ "${err#*: failed: }" = "the child that goes ahead did not come to its end" ]
		nothing_runs a
		clean_up a
	done
}

@test "refuses: another VM cannot get the ids of one that the jailer is working on" {
	printf 'vm_uid = 2000-2009\nvm_gid = 1900\n' >> /etc/banger/priv.conf
	prepare_vm a 2000 1900
	launch_slowly
	banger-priv launch-firecracker a > "$BATS_TEST_TMPDIR/said" 3>&- &
	until_true test -e "$BATS_FILE_TMPDIR/waiting"
	expect 3 exists own prepare-jailer-chroot b "$images/vmlinux" uid=2000
	rm "$BATS_FILE_TMPDIR/waiting"
	ended_with 0 $!
	expect 3 exists own prepare-jailer-chroot b "$images/vmlinux" uid=2000
	prepare_vm b 2001 1900
}

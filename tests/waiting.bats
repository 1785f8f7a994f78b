#!/usr/bin/env bats
# Waits: who looks at a terminal is told once a second what a verb waits for, and nobody else is.

load lib/common
load lib/vmm
load lib/jail
load lib/launch
load lib/ext4
load lib/waiting

setup() {
	canaries_plant
	banger-priv ensure-bridge
	banger-priv ensure-socket-dir
}
teardown() {
	vmm_clean
	! mountpoint -q /var/lib/banger || launch_teardown
	ip link delete banger0
	canaries_end
}

@test "a lock that another verb has" {
	lock_network_for 4
	on_terminal 9 banger-priv create-tap banger-a
	told "another verb that works on the same objects"
	ip link show banger-a
	banger-priv delete-tap banger-a
	lock_network_for 2
	expect 0 - own create-tap banger-a
	banger-priv delete-tap banger-a
}

@test "a VM's lock: verbs on that VM wait, on others they do not, and no VM has a file of its own" {
	local n status=0
	launch_setup
	prepare_vm vm1 1900 1900
	launch_slowly
	start banger-priv launch-firecracker vm1
	until_true test -e "$BATS_FILE_TMPDIR/waiting"
	start banger-priv cleanup-jailer-chroot vm1
	for n in $(seq 5); do expect 0 - own cleanup-jailer-chroot "other-$n"; done
	alive "$pid"
	rm "$BATS_FILE_TMPDIR/waiting"
	wait "$pid" || status=$?
	[ "$status" = 6 ]
	[ "$(ls /run/banger-priv | xargs)" = "directories.lock network.lock vm.lock" ]
	# The owner can neither see nor hold them.
	run ! as banger ls /run/banger-priv
	run ! as banger stat /run/banger-priv/vm.lock
	run ! as banger flock -n /run/banger-priv/vm.lock true
	run ! as banger mv /run/banger-priv /run/away
}

@test "the jail, while another verb prepares" {
	launch_setup
	start flock -F /var/lib/banger/jail sleep 4
	until_true eval '! flock -n /var/lib/banger/jail true'
	on_terminal 9 banger-priv prepare-jailer-chroot vm1 "$images/vmlinux"
	told "another verb that prepares a jail"
	[ -d "$jails/vm1" ]
}

@test "sockets that do not come" {
	on_terminal 9 banger-priv ensure-socket-access /run/banger/never timeout=2500
	told /run/banger/never
}

@test "a peer that says nothing, and one that takes no connection" {
	local mode
	for mode in silent deaf; do
		peer banger /run/banger/a.sock "$mode"
		on_terminal 9 banger-priv send-ctrl-alt-del /run/banger/a.sock
		told_once "an answer from the API socket"
		expect 6 timeout own send-ctrl-alt-del /run/banger/a.sock
		end "$pid"
		rm /run/banger/a.sock
	done
}

@test "a launch" {
	launch_setup
	prepare_vm vm1 1900 1900
	touch "$BATS_FILE_TMPDIR/waiting"
	launch_slowly
	(sleep 3; rm "$BATS_FILE_TMPDIR/waiting") 3>&- &
	on_terminal 15 banger-priv launch-firecracker vm1
	wait $!
	told "firecracker's API socket"
	grep -q '"api_socket"' "$screen"
}

@test "what a launch that went wrong has begun" {
	launch_setup
	prepare_vm vm1 1900 1900
	echo '#include <unistd.h>
		int main(void) { if (fork() == 0) for (;;) pause(); return 1; }' | cc -o /usr/local/bin/jailer -x c -
	on_terminal 15 banger-priv launch-firecracker vm1
	told "the VM's cgroup to be left"
	grep -q "in-use: the jailer or firecracker gave up; its cgroup still has a process; cleanup-vm ends it" "$screen"
	own cleanup-vm vm1
	prepare_vm vm1 1900 1900
	echo 'int pause(void); int main(void) { for (;;) pause(); }' | cc -o /usr/local/bin/jailer -x c -
	ln -s /run/canary/socket "$jails/vm1/sockets/api.sock"
	# SIGKILL that has to wait.
	on_terminal 15 "$BANGER_BUILD/tests/inject" alter:1:0 pidfd_send_signal 1 banger-priv launch-firecracker vm1
	told "firecracker to end"
	own cleanup-vm vm1
	prepare_vm vm1 1900 1900
	# What joins a frozen cgroup stays in that call, until it is killed.
	echo 1 > /sys/fs/cgroup/banger/cgroup.freeze
	on_terminal 30 "$BANGER_BUILD/tests/inject" alter:1:0 pidfd_send_signal 1 banger-priv launch-firecracker vm1
	told "a child to end"
	own cleanup-vm vm1
	echo 0 > /sys/fs/cgroup/banger/cgroup.freeze
}

@test "contents on stdin" {
	launch_setup
	mke2fs -q -t ext4 -F "$images/root.ext4" 1M 2> /dev/null
	# The terminal is stdin as well, and nobody types.
	screen=$BATS_TEST_TMPDIR/screen
	sleep 3 | script -qec "stty -icanon min 1; banger-priv write-ext4-files $images/root.ext4 /a=644:0:0:5" /dev/null > "$screen" || :
	cat -v "$screen"
	told "the contents on stdin"
}

@test "a reader of the result, and an image" {
	launch_setup
	images_make
	on_terminal 15 "banger-priv read-ext4-file $images/plain.ext4 /large | (sleep 3; wc -c)"
	told_once "a reader of what is on stdout"
	grep -q "failed: cannot write the result to stdout" "$screen"
	# One read, or one write, that takes long is told of after it.
	on_terminal 15 "$BANGER_BUILD/tests/inject" "'do:sleep 2.1'" pread64 6 banger-priv read-ext4-file "$images/plain.ext4" /etc/hostname
	grep -q "waiting for the image, 2 s so far" "$screen"
	grep -qx $'guest\r' "$screen"
	on_terminal 15 "$BANGER_BUILD/tests/inject" "'do:sleep 2.1'" pwrite64 5 banger-priv write-ext4-files "$images/plain.ext4" /x/=755:0:0
	grep -q "waiting for the image, 2 s so far" "$screen"
	clean "$images/plain.ext4"
	umount "${images%/*}"
}

@test "an image that somebody else writes to" {
	launch_setup
	start flock "$images/root.ext4" sleep 60
	until_true eval "! flock -n $images/root.ext4 true"
	on_terminal 9 banger-priv read-ext4-file "$images/root.ext4" /x
	told "the image to be let go"
}

@test "systemd-resolved: one that takes no connection, one that gives no answer; and the jailer" {
	local mode
	mkdir -p /run/dbus
	for mode in silent deaf; do
		peer root /run/dbus/system_bus_socket "$mode"
		on_terminal 15 banger-priv clear-resolver-routing banger0
		told systemd-resolved
		grep -q "timeout: .*(ETIMEDOUT)" "$screen"
		end "$pid"
		rm /run/dbus/system_bus_socket
	done
	echo 'int pause(void); int main(void) { return pause(); }' | cc -o /usr/local/bin/jailer -x c -
	on_terminal 15 banger-priv check
	told "the jailer's version"
}

# Holds the processes of VM vm1 beyond their end for 3 seconds; as the file shows.
hold_vm() {
	start python3 tests/lib/hold-exit.py "$(own find-pid vm=vm1 | gojq .pid)" 3.5
	until_true [ "$(ps -o stat= -p "$pid")" ]
	until_true eval "grep -q '^TracerPid:.*[1-9]' /proc/$(own find-pid vm=vm1 | gojq .pid)/status"
}

@test "a VM's processes, and a chroot that somebody is in" {
	launch_setup
	prepare_vm vm1 1900 1900
	own launch-firecracker vm1 > /dev/null
	hold_vm
	on_terminal 15 banger-priv cleanup-vm vm1
	told "the VM's processes to end"
	[ ! -e "$jails/vm1" ]
	prepare_vm vm1 1900 1900
	start bash -c "cd $jails/vm1/root && exec sleep 60"
	until_true eval "[ \"\$(readlink /proc/$pid/cwd)\" = $jails/vm1/root ]"
	on_terminal 15 banger-priv cleanup-vm vm1
	told "the chroot to be left"
	end "$pid"
}

@test "a VM's process where there are no cgroups" {
	launch_setup
	prepare_vm vm1 1900 1900
	own launch-firecracker vm1 > /dev/null
	hold_vm
	umount /sys/fs/cgroup
	on_terminal 15 banger-priv cleanup-vm vm1
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	told "the VM's process to end"
	[ ! -e "$jails/vm1" ]
}

@test "every wait of the program is one of those that a test looks for" {
	local what
	# Of sockets, their own names.
	grep -rhoE '(waiting_begin|patience_of|waiting_for|confined_wait|pidfd_end)\(.*"[^"]+"\)|char what\[\] = "[^"]+"' src --include='*.c' |
		sed -E 's/.*"([^"]+)".*/\1/' | sort -u > "$BATS_TEST_TMPDIR/waits"
	grep -rhoE 'told(_once)? "?[a-z][^"]*"?$|waiting for [^,]+,' tests --include='*.bats' > "$BATS_TEST_TMPDIR/told"
	[ "$(wc -l < "$BATS_TEST_TMPDIR/waits")" -ge 15 ]
	while IFS= read -r what; do
		grep -qF "$what" "$BATS_TEST_TMPDIR/told" || { echo "no test waits for $what"; return 1; }
	done < "$BATS_TEST_TMPDIR/waits"
	[ "$(grep -rE 'waiting_begin\(' src --include='*.c' | grep -v '"' | wc -l)" = 5 ]
}

#!/usr/bin/env bats
# Waits: who looks at a terminal is told once a second what a verb waits for, and nobody else is.

load lib/common
load lib/vmm
load lib/jail
load lib/launch

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

on_terminal() { # SECONDS COMMAND...: with stderr a terminal, whose words are in $screen, cut off after a while
	screen=$BATS_TEST_TMPDIR/screen
	timeout "$1" script -qec "${*:2}" /dev/null < /dev/null > "$screen" || :
	cat -v "$screen"
}

told() { # WHAT: in the first second, and in the one after that
	grep -q "^banger-priv [a-z0-9-]*: waiting for $1, 1 s so far" "$screen" &&
		grep -q "waiting for $1, 2 s so far" "$screen"
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
	for n in $(seq 20); do expect 0 - own cleanup-jailer-chroot "other-$n"; done
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
		grep -q "waiting for an answer from the API socket, 1 s so far" "$screen"
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

@test "contents on stdin" {
	launch_setup
	mke2fs -q -t ext4 -F "$images/root.ext4" 1M 2> /dev/null
	# The terminal is stdin as well, and nobody types.
	screen=$BATS_TEST_TMPDIR/screen
	sleep 3 | script -qec "stty -icanon min 1; banger-priv write-ext4-files $images/root.ext4 /a=644:0:0:5" /dev/null > "$screen" || :
	cat -v "$screen"
	told "the contents on stdin"
}

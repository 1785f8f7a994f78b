#!/usr/bin/env bats
# signal-process: a signal to a firecracker of ours.

load lib/common
load lib/vmm

setup_file() { vmm_install; }
setup() {
	canaries_plant
	banger-priv ensure-socket-dir
}
teardown() {
	vmm_clean
	canaries_end
}

state_of() { awk '/^State/ { print $2 }' "/proc/$1/status"; }
is_in_state() { [ "$(state_of "$1")" = "$2" ]; }

untouched() { # PID: every signal is refused, and it is there, running, afterwards
	local signal
	for signal in STOP TERM KILL; do
		expect 3 foreign own signal-process "$1" "$signal"
	done
	expect 3 foreign own kill-process "$1"
	expect 7 no own process-running "$1" /run/banger/a.sock
	expect 0 - own wait-for-exit "$1" /run/banger/a.sock
	alive "$1"
	[[ $(state_of "$1") != [TZ] ]]
}

@test "does: STOP, CONT and TERM to a VMM of the owner's, of root's, of a VM's uid" {
	local user
	for user in banger root; do
		vmm_start "$user" vm1 /run/banger/a.sock
		expect 0 - own signal-process "$pid" STOP
		until_true is_in_state "$pid" T
		expect 0 - own signal-process "$pid" CONT vm=vm1
		until_true is_in_state "$pid" S
		expect 0 - own signal-process "$pid" TERM
		until_true eval '! alive "$pid"'
	done
	canaries_same
}

@test "does: each signal arrives as itself" {
	local signal status
	for signal in TERM KILL INT QUIT; do
		vmm_start banger vm1 /run/banger/a.sock
		# Not by expect: bash may say on stderr what became of it.
		own signal-process "$pid" "$signal"
		status=0
		wait "$pid" || status=$?
		[ "$status" = "$((128 + $(kill -l "$signal")))" ]
	done
	vmm_start banger vm1 /run/banger/a.sock
	expect 0 - own signal-process "$pid" HUP
	wait "$pid" || status=$?
	[ "$status" = 156 ]
}

@test "does: by the jailer's copy, in a jail that is the VM's uid's alone" {
	jail_start vm1 1900
	expect 0 - own signal-process "$pid" STOP
	expect 0 - own signal-process "$pid" CONT vm=vm1
	expect 3 foreign own signal-process "$pid" TERM vm=vm2
	expect 0 - own signal-process "$pid" TERM vm=vm1
	until_true eval '! alive "$pid"'
}

@test "does: a uid of a range" {
	echo "vm_uid = 1900000000-1900000009" > /etc/banger/priv.conf
	jail_start vm1 1900000003
	expect 0 - own signal-process "$pid" TERM vm=vm1
	until_true eval '! alive "$pid"'
}

@test "does: by the cgroup, whatever the process calls itself" {
	start_as banger bash -c 'exec -a innocent sleep 60'
	cgroup_put vm1 "$pid"
	expect 3 foreign own signal-process "$pid" TERM vm=vm2
	alive "$pid"
	expect 0 - own signal-process "$pid" TERM vm=vm1
	until_true eval '! alive "$pid"'
}

@test "refuses: what only looks like a firecracker" {
	start bash -c 'exec -a "firecracker --id vm1 --api-sock /run/banger/a.sock" sleep 60'
	untouched "$pid"
	cp /usr/bin/sleep /tmp/firecracker
	start /tmp/firecracker 60
	untouched "$pid"
	start setpriv --reuid banger --regid banger --clear-groups /tmp/firecracker 60
	untouched "$pid"
	echo 60 > /tmp/firecracker.json
	start tail -f /tmp/firecracker.json
	untouched "$pid"
	start sudo -u stranger tail -f /tmp/firecracker.json
	untouched "$pid"
	rm /tmp/firecracker /tmp/firecracker.json
	canaries_same
}

@test "refuses: another user's VMM, though it runs the configured firecracker" {
	install -d -m 0777 /run/banger/open
	vmm_start stranger vm1 /run/banger/open/x.sock
	untouched "$pid"
	rm -r /run/banger/open
}

@test "refuses: the configured firecracker under a name that does not say so" {
	start bash -c 'exec -a innocent /usr/local/bin/firecracker --api-sock /run/banger/a.sock'
	until_true is_listening /run/banger/a.sock
	untouched "$pid"
}

@test "refuses: a copy that is not the one in the jail it names" {
	install -d -o banger /var/lib/banger/own
	install -o banger -m 0755 /usr/local/bin/firecracker /var/lib/banger/own/firecracker
	jail_start vm1 1900
	local jailed=$pid
	start as banger /var/lib/banger/own/firecracker --id vm1 --api-sock /run/banger/a.sock
	until_true is_listening /run/banger/a.sock
	untouched "$pid"
	# A root process is not ours because of what lies in a jail.
	rm /run/banger/a.sock
	start /var/lib/banger/jail/firecracker/vm1/root/firecracker --id vm1 --api-sock /run/banger/a.sock
	until_true is_listening /run/banger/a.sock
	untouched "$pid"
	alive "$jailed"
	rm -r /var/lib/banger/own
}

@test "refuses: a cgroup that the owner made elsewhere, or that only has the name's beginning" {
	start sleep 60
	local one
	for one in bangerx/vm1 mine/banger/vm1; do
		mkdir -p "/sys/fs/cgroup/$one"
		echo "$pid" > "/sys/fs/cgroup/$one/cgroup.procs"
		untouched "$pid"
	done
	# Directly in banger, in no VM's.
	mkdir -p /sys/fs/cgroup/banger
	echo "$pid" > /sys/fs/cgroup/banger/cgroup.procs
	untouched "$pid"
	end "$pid"
	rmdir /sys/fs/cgroup/{bangerx/vm1,bangerx,mine/banger/vm1,mine/banger,mine,banger}
}

@test "refuses: what is root's in the cgroup of a VM, as the jailer is" {
	start sleep 60
	cgroup_put vm1 "$pid"
	untouched "$pid"
	expect 3 foreign own signal-process "$pid" STOP vm=vm1
	expect 3 foreign own kill-process "$pid" vm=vm1
	expect 7 no own process-running "$pid" /var/lib/banger/jail/firecracker/vm1/sockets/api.sock
	alive "$pid"
}

@test "refuses: the owner cannot move a process into the cgroup of a VM" {
	mkdir -p /sys/fs/cgroup/banger/vm1
	start as banger sleep 60
	run ! as banger sh -c "echo $pid > /sys/fs/cgroup/banger/vm1/cgroup.procs"
	expect 3 foreign own signal-process "$pid" TERM vm=vm1
	alive "$pid"
}

@test "refuses: pid 1, 0, -1, numbers that wrap around, and every other spelling" {
	local number
	for number in 1 0 -1 4294967297 4294967298 18446744073709551618 4194305 02 +2 ' 2' 2.0 0x2 '' 2a $'2\n' ١٢; do
		expect 3 malformed banger-priv signal-process "$number" KILL
		expect 3 malformed banger-priv kill-process "$number"
	done
	canaries_same
}

@test "refuses: a thread's number, a kernel thread, the calling shell, sudo" {
	start python3 -c 'import threading, time
t = threading.Thread(target=time.sleep, args=(60,)); t.start(); time.sleep(60)'
	until_true eval '[ "$(ls /proc/$pid/task | wc -l)" = 2 ]'
	untouched "$(ls "/proc/$pid/task" | grep -vx "$pid")"
	untouched "$$"
	canaries_same
}

@test "refuses: signals that are not in the list" {
	local signal
	for signal in term SIGTERM 9 0 USR1 ABRT SEGV -9 ''; do
		expect 3 malformed banger-priv signal-process "$$" "$signal"
	done
	expect 2 usage banger-priv signal-process
	expect 2 usage banger-priv signal-process "$$"
	expect 2 usage banger-priv signal-process "$$" TERM xm=a
}

@test "no: a number that nobody has, a process that has ended, a zombie" {
	expect 7 no own signal-process 4194304 TERM
	vmm_start banger vm1 /run/banger/a.sock
	end "$pid"
	expect 7 no own signal-process "$pid" TERM
	# A parent that does not wait for it.
	start bash -c '/usr/local/bin/firecracker --id z --api-sock /run/banger/z.sock & echo $! > /run/banger/z; exec sleep 60'
	until_true is_listening /run/banger/z.sock
	kill -KILL "$(cat /run/banger/z)"
	until_true is_in_state "$(cat /run/banger/z)" Z
	expect 7 no own signal-process "$(cat /run/banger/z)" TERM
	expect 7 no own process-running "$(cat /run/banger/z)" /run/banger/z.sock
	expect 0 - own wait-for-exit "$(cat /run/banger/z)" /run/banger/z.sock
}

# A process of root's with number $1, which the VMM has had.
reuse() {
	local n
	for n in $(seq 50); do
		echo $(($1 - 1)) > /proc/sys/kernel/ns_last_pid
		start sleep 60
		[ "$pid" != "$1" ] || return 0
		end "$pid"
	done
	return 1
}

@test "refuses: a number that somebody else has by now" {
	vmm_start banger vm1 /run/banger/a.sock
	local was=$pid
	end "$was"
	reuse "$was"
	untouched "$was"
	expect 3 foreign own signal-process "$was" KILL vm=vm1
	alive "$was"
}

@test "no harm: it ends, whichever call the verb is at" {
	local call n was status
	for call in pidfd_open dup3 openat read newfstatat close pidfd_send_signal; do
		for n in $(seq 40); do
			vmm_start banger vm1 /run/banger/a.sock
			was=$pid
			cat > "$BATS_TEST_TMPDIR/swap" <<- SWAP
				#!/bin/bash
				kill -KILL $was
				while [ -d /proc/$was ] && ! grep -q "^State:.Z" /proc/$was/status; do :; done
			SWAP
			chmod +x "$BATS_TEST_TMPDIR/swap"
			status=0
			inject "do:$BATS_TEST_TMPDIR/swap" "$call" "$n" banger-priv signal-process "$was" STOP \
				2> "$BATS_TEST_TMPDIR/err" || status=$?
			end "$was"
			[ "$status" != 125 ] || break
			[ "$status" = 7 ] || [ "$status" = 0 ] || { echo "$call $n: $status"; false; }
		done
	done
}

@test "the signal goes through the pidfd: no kill, no number" {
	vmm_start banger vm1 /run/banger/a.sock
	trace "$BATS_TEST_TMPDIR/trace" banger-priv signal-process "$pid" TERM
	grep -q 'pidfd_send_signal(9, SIGTERM, NULL, 0) = 0' "$BATS_TEST_TMPDIR/trace"
	run ! grep -E '\b(kill|tkill|tgkill|ptrace|process_vm_readv)\(' "$BATS_TEST_TMPDIR/trace"
}

#!/usr/bin/env bats
# kill-process: SIGKILL to a firecracker of ours.  What is ours and what is not: signal-process.bats.

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

@test "does: one that is stopped, and only that one" {
	vmm_start banger vm1 /run/banger/a.sock
	local first=$pid
	vmm_start banger vm2 /run/banger/b.sock
	kill -STOP "$first"
	own kill-process "$first"
	until_true eval '! alive "$first"'
	alive "$pid"
	canaries_same
}

@test "does: by the cgroup, by the jailer's copy, and only for that VM" {
	jail_start vm1 1900
	expect 3 foreign own kill-process "$pid" vm=vm2
	alive "$pid"
	own kill-process "$pid" vm=vm1
	until_true eval '! alive "$pid"'
	start_as banger sleep 60
	cgroup_put vm3 "$pid"
	expect 3 foreign own kill-process "$pid" vm=vm1
	alive "$pid"
	own kill-process "$pid" vm=vm3
	until_true eval '! alive "$pid"'
}

@test "does: a process in a cgroup below the VM's" {
	start_as banger sleep 60
	mkdir -p /sys/fs/cgroup/banger/vm1/inner
	echo "$pid" > /sys/fs/cgroup/banger/vm1/inner/cgroup.procs
	own kill-process "$pid" vm=vm1
	until_true eval '! alive "$pid"'
}

@test "no: what is not there" {
	expect 7 no own kill-process 4194304
	expect 7 no own kill-process 4194304 vm=vm1
}

@test "refuses: root's processes and the caller's own, alive" {
	local one
	for one in "$canary_pid" "$$" "$PPID"; do
		expect 3 foreign own kill-process "$one"
		alive "$one"
	done
	canaries_same
}

@test "refuses: when /proc is not procfs, nothing is believed" {
	start sleep 60
	run -5 unshare -m --propagation private bash -c '
		mount -t tmpfs fake /proc
		mkdir -p "/proc/$1" /proc/self/fd
		echo "0::/banger/vm1" > "/proc/$1/cgroup"
		printf "firecracker\0--id\0vm1\0" > "/proc/$1/cmdline"
		printf "Name:\tx\nUid:\t0\t0\t0\t0\n" > "/proc/$1/status"
		ln -s /usr/local/bin/firecracker "/proc/$1/exe"
		exec banger-priv kill-process "$1"' - "$pid"
	alive "$pid"
}

@test "an interrupted or failing call kills nothing, or the whole VMM" {
	local call n status
	for call in pidfd_open dup3 openat read openat2 newfstatat fstatfs; do
		for n in $(seq 20); do
			vmm_start banger vm1 /run/banger/a.sock
			status=0
			inject fail:EIO "$call" "$n" banger-priv kill-process "$pid" 2> "$BATS_TEST_TMPDIR/err" || status=$?
			[ "$status" != 125 ] || { end "$pid"; break; }
			[ "$status" = 0 ] || alive "$pid"
			end "$pid"
		done
	done
}

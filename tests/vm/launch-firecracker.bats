#!/usr/bin/env bats
# What needs cgroup controllers.

load ../lib/common
load ../lib/vmm
load ../lib/jail
load ../lib/launch

setup() { launch_setup; }
teardown() { launch_teardown; }

value() { cat "/sys/fs/cgroup/banger/a/$1"; }

@test "does: limits are in force before the VM is in its cgroup" {
	prepare_vm a 1900 1900
	expect 0 - own launch-firecracker a cgroup=memory.max:512M cgroup=memory.high:400M cgroup=cpu.max:50000 \
		cgroup=cpu.weight:50 cgroup=pids.max:64
	[ "$(value memory.max)" = 536870912 ]
	[ "$(value memory.high)" = 419430400 ]
	[ "$(value cpu.max)" = "50000 100000" ]
	[ "$(value cpu.weight)" = 50 ]
	[ "$(value pids.max)" = 64 ]
	[ "$(value cgroup.procs)" = "$(gojq .pid <<< "$out")" ]
}

@test "does: the kernel takes the most that the gate lets through" {
	prepare_vm a 1900 1900
	expect 3 malformed banger-priv launch-firecracker a cgroup=cpu.weight:10001
	[ ! -d /sys/fs/cgroup/banger/a ]
	expect 0 - own launch-firecracker a cgroup=cpu.weight:10000 cgroup=cpu.max:999999999999 cgroup=pids.max:4194304 \
		cgroup=memory.max:999999999999999G cgroup=memory.high:max
}

@test "fails: limits too small for the jailer end in an error, and in no process" {
	prepare_vm a 1900 1900
	expect 5 failed own launch-firecracker a cgroup=memory.max:0
	[ -z "$(pgrep -x firecracker; pgrep -x jailer)" ]
	[ ! -d /sys/fs/cgroup/banger/a ]
}

@test "cage: what takes the chroot over writes limits, and nothing else" {
	local index
	index=$(banger-priv explain launch-firecracker format=json | gojq '[.stages[].calls[].why] | index("the VM'"'"'s limits")')
	prepare_vm a 1900 1900
	expect 5 failed "$BANGER_BUILD/tests/narrow" call "$index" launch-firecracker a cgroup=pids.max:64
	[[ $err == *"a child was killed by signal 31" ]]
	clean_up a
	prepare_vm a 1900 1900
	expect 0 - "$BANGER_BUILD/tests/narrow" call "$index" launch-firecracker a
}

@test "busy: a process in the cgroup of all VMs, which keeps that from handing controllers on" {
	prepare_vm a 1900 1900
	mkdir -p /sys/fs/cgroup/banger
	start sleep 60
	echo "$pid" > /sys/fs/cgroup/banger/cgroup.procs
	expect 6 in-use own launch-firecracker a cgroup=memory.max:1G
	[[ $err == *": cannot set memory.max: "* ]]
	[ ! -d /sys/fs/cgroup/banger/a ]
	end "$pid"
}

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
	[ "$(value cgroup.procs)" = "$(jq .pid <<< "$out")" ]
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

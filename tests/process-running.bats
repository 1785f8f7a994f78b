#!/usr/bin/env bats
# process-running: is that process the firecracker of that socket, and alive?

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

jail=/var/lib/banger/jail/firecracker

@test "yes: by what it was told, below runtime_dir" {
	vmm_start banger vm1 /run/banger/a.sock
	expect 0 - own process-running "$pid" /run/banger/a.sock
	# Also when it does not answer, or its socket has gone.
	kill -STOP "$pid"
	expect 0 - own process-running "$pid" /run/banger/a.sock
	rm /run/banger/a.sock
	expect 0 - own process-running "$pid" /run/banger/a.sock
	[ -z "$out" ]
	canaries_same
}

@test "yes: by the jail, and by the cgroup, whatever the process says of itself" {
	jail_start vm1 1900
	expect 0 - own process-running "$pid" $jail/vm1/root/run/api.sock
	expect 0 - own process-running "$pid" $jail/vm1/sockets/api.sock
	start_as banger bash -c 'exec -a innocent sleep 60'
	cgroup_put vm2 "$pid"
	expect 0 - own process-running "$pid" $jail/vm2/sockets/api.sock
}

@test "no: another VM's socket" {
	vmm_start banger vm1 /run/banger/a.sock
	expect 7 no own process-running "$pid" /run/banger/b.sock
	expect 7 no own process-running "$pid" /run/banger/a.soc
	expect 7 no own process-running "$pid" /run/banger/a.sock2
	expect 7 no own process-running "$pid" $jail/vm2/sockets/api.sock
	jail_start vm1 1900
	expect 7 no own process-running "$pid" $jail/vm2/root/run/api.sock
	expect 7 no own process-running "$pid" /run/banger/a.sock
	start_as banger sleep 60
	cgroup_put vm3 "$pid"
	expect 7 no own process-running "$pid" $jail/vm1/sockets/api.sock
	expect 7 no own process-running "$pid" /run/banger/a.sock
}

@test "no: what is not there, what has ended, what is not ours: with the same words" {
	local words
	expect 7 no own process-running 4194304 /run/banger/a.sock
	words=$err
	expect 7 no own process-running "$canary_pid" /run/banger/a.sock
	[ "$err" = "$words" ]
	vmm_start banger vm1 /run/banger/a.sock
	end "$pid"
	expect 7 no own process-running "$pid" /run/banger/a.sock
	[ "$err" = "$words" ]
}

@test "refuses: operands that are not of the shape" {
	local path
	for path in /run/docker.sock /run/banger /run/banger/ /run/banger/../docker.sock /run/banger//a run/banger/a \
		$jail/vm1 $jail/vm1/ $jail/vm1/other/x $jail/VM/root/x $jail/vm1/root $jail/../x \
		"/run/banger/$(printf 'a%.0s' {1..100})" ''; do
		expect 3 malformed banger-priv process-running 2 "$path"
	done
	expect 3 malformed banger-priv process-running 1 /run/banger/a.sock
	expect 2 usage banger-priv process-running 2
	expect 2 usage banger-priv process-running 2 /run/banger/a.sock x
	# 107 bytes fit into sun_path, 108 do not.
	expect 7 no banger-priv process-running 4194304 "/run/banger/$(printf 'a%.0s' {1..95})"
	expect 3 malformed banger-priv process-running 4194304 "/run/banger/$(printf 'a%.0s' {1..96})"
}

@test "the socket is not touched" {
	vmm_start banger vm1 /run/banger/a.sock
	trace "$BATS_TEST_TMPDIR/trace" banger-priv process-running "$pid" /run/banger/a.sock
	run ! grep -E 'connect\(.*(banger|self/fd)' "$BATS_TEST_TMPDIR/trace"
	run ! grep a.sock\", "$BATS_TEST_TMPDIR/trace"
}

#!/usr/bin/env bats
# check on Debian's own kernel, which has what the machines of other tests lack, and lacks what is new.

load ../lib/common
load ../lib/vmm
load ../lib/jail
load ../lib/check

@test "does: on Linux 6.1 nothing is wrong: newer calls are nobody's lack, and a device has its driver or not" {
	local device
	[[ $(uname -r) == 6.1.* ]]
	is_ready
	grep -qx "ok: kernel: Linux $(uname -r), with the calls that every check rests on" "$BATS_TEST_TMPDIR/ready"
	for device in net/tun loop-control mapper/control vhost-vsock; do
		grep -qx "ok: devices: /dev/$device" "$BATS_TEST_TMPDIR/ready" || { cat "$BATS_TEST_TMPDIR/ready"; return 1; }
	done
	# A node without a driver: the guest has no module for it.
	grep -q "^note: devices: /dev/kvm is there; its driver is not loaded yet: modprobe kvm_intel || " \
		"$BATS_TEST_TMPDIR/ready"
	grep -qx "ok: cgroups: cgroup v2, with cpu, memory and pids" "$BATS_TEST_TMPDIR/ready"
	# It is told apart from one that lacks what the checks rest on.
	inject fail:ENOSYS mount_setattr 1 banger-priv check > "$BATS_TEST_TMPDIR/check" && false
	grep -qx "wrong: kernel: Linux $(uname -r) does not let this process call mount_setattr" "$BATS_TEST_TMPDIR/check"
}

@test "does: a serial line for stdin stays what it is" {
	strace -f -o "$BATS_TEST_TMPDIR/trace" banger-priv version < /dev/ttyS0 > "$BATS_TEST_TMPDIR/out"
	[ -s "$BATS_TEST_TMPDIR/out" ]
	run ! grep -q 'open.*"/dev/null"' "$BATS_TEST_TMPDIR/trace"
}

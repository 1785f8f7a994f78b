#!/usr/bin/env bats
# One VM's life through the verbs: prepared, launched, found, asked to end, cleaned up.

load lib/common
load lib/jail

setup() {
	jail_setup
	before=$(jail_state)
}
teardown() { jail_teardown; }

# The real firecracker, in which no guest was booted, takes no keys: 400.
ask_to_end() {
	[ -n "${BANGER_TEST_FIRECRACKER:-}" ] || { expect 0 - own send-ctrl-alt-del "$jails/vm1/sockets/api.sock"; return; }
	expect 5 failed own send-ctrl-alt-del "$jails/vm1/sockets/api.sock"
	expect 0 - own kill-process "$pid" vm=vm1
}

@test "does: prepare, launch, find, talk, wait, cleanup; and in between only the owner and its VM get in" {
	local pid
	expect 0 - prepare drive=rootfs:"$images/root.ext4"
	run ! as banger ls "$jails/vm1/sockets"
	expect 0 - own launch-firecracker vm1
	pid=$(gojq .pid <<< "$out")
	[ "$(gojq -r .socket_dir <<< "$out")" = "$jails/vm1/sockets" ]
	[ "$(stat -c %a "$jails/vm1")" = 710 ]
	[ "$(own find-pid vm=vm1 | gojq .pid)" = "$pid" ]
	[ "$(own find-pid "$jails/vm1/sockets/api.sock" | gojq .pid)" = "$pid" ]
	own process-running "$pid" "$jails/vm1/sockets/api.sock"
	run ! as stranger ls "$jails/vm1/sockets"
	expect 6 in-use own cleanup-jailer-chroot vm1
	expect 3 exists own launch-firecracker vm1
	grep -E '^Cap(Prm|Eff|Amb|Inh)' "/proc/$pid/status" | awk '{ print $2 }' | sort -u | grep -qx 0000000000000000
	ask_to_end
	expect 0 - own wait-for-exit "$pid" "$jails/vm1/sockets/api.sock" timeout=5000
	expect 0 - own cleanup-jailer-chroot vm1
	[ "$(jail_state | grep -v cgroup)" = "$(grep -v cgroup <<< "$before")" ]
}

@test "does: with ids of its own, the owner reaches the sockets, and the VM's uid is its own" {
	printf 'vm_uid = 5000-5009\nvm_gid = 6000-6009\n' > /etc/banger/priv.conf
	expect 0 - banger-priv prepare-jailer-chroot vm1 "$images/vmlinux" drive=rootfs:"$images/root.ext4"
	expect 0 - banger-priv launch-firecracker vm1
	local pid
	pid=$(gojq .pid <<< "$out")
	[ "$(gojq .uid <<< "$out")" = 5000 ]
	[ "$(awk '/^Uid/ { print $2 }' "/proc/$pid/status")" = 5000 ]
	ask_to_end
	expect 0 - own wait-for-exit "$pid" "$jails/vm1/sockets/api.sock" timeout=5000
	expect 0 - own cleanup-jailer-chroot vm1
}

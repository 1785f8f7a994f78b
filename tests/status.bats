#!/usr/bin/env bats
# status: what of ours is on this host, and what of it is an orphan.  Snapshots: tests/vm/cleanup-vm.bats.

load lib/common
load lib/vmm
load lib/jail
load lib/launch

setup() {
	launch_setup
	canaries_plant
	banger-priv ensure-bridge
}
teardown() {
	canaries_same
	canaries_end
	end "${started[@]}"
	launch_teardown
	vmm_clean
	for tap in $(ip -j link show | gojq -r '.[].ifname | select(startswith("banger-"))'); do ip link delete "$tap"; done
	ip link delete banger0
	nft list tables | grep banger-priv | while read -r table; do nft delete $table; done
}

status() { # what there is, as JSON that fits; $out is the same
	expect 0 - own status format=json
	tests/lib/fits docs/schema/status.json <<< "$out"
}

# kind, name, VM, what it is of, state, orphan
objects() { gojq -r '.objects[] | [.kind, .name, .vm // "-", .of // "-", .state, .orphan // "-"] | join(" | ")' <<< "$out"; }
vms() { gojq -r '.vms[] | "\(.vm) \(.state)"' <<< "$out"; }

@test "does: nothing, and says so" {
	status
	[ "$out" = '{"vms":[],"objects":[],"orphans":0}' ]
	expect 0 - own status
	[ "$out" = "nothing that verbs made for VMs is on this host" ]
}

@test "does: a running VM with all that it has, a prepared one, and what is of none" {
	prepare_vm vm1 1900 1900
	own launch-firecracker vm1 > /dev/null
	own create-tap banger-a vm=vm1
	own ensure-nat 172.30.0.2 banger-a vm=vm1
	prepare_vm vm2 1900 1900
	own create-tap banger-none
	status
	diff <(vms) - << 'WANT'
vm1 running
vm2 prepared
WANT
	diff <(objects) - << 'WANT'
process | firecracker | vm1 | - | running | -
chroot | vm1 | vm1 | - | launched | -
cgroup | vm1 | vm1 | - | populated | -
socket | api.sock | vm1 | - | there | -
tap | banger-a | vm1 | - | up | -
nat | 172.30.0.2 | vm1 | banger-a | there | -
chroot | vm2 | vm2 | - | prepared | -
tap | banger-none | - | - | up | -
WANT
	[ "$(gojq '.vms[0].pid' <<< "$out")" = "$(own find-pid vm=vm1 | gojq .pid)" ]
	[ "$(gojq .orphans <<< "$out")" = 0 ]
	expect 0 - own status
	grep -qE '^VM vm1: running$' <<< "$out"
	grep -qE '^    process   firecracker      running, pid [0-9]+$' <<< "$out"
	grep -qE '^    nat       172.30.0.2       there, of banger-a$' <<< "$out"
	grep -qE '^of no VM:$' <<< "$out"
	run ! grep -q ORPHAN <<< "$out"
}

@test "does: orphans of every kind, and why" {
	own create-tap banger-a vm=gone
	own create-tap banger-b vm=gone
	own ensure-nat 172.30.0.2 banger-b vm=gone
	own create-tap banger-c
	own ensure-nat 172.30.0.3 banger-c
	ip link delete banger-c
	mkdir -p /sys/fs/cgroup/banger/empty
	start sleep 60
	cgroup_put other "$pid"
	prepare_vm half 1900 1900
	umount -R "$jails/half/root"
	prepare_vm ended 1900 1900
	own launch-firecracker ended > /dev/null
	own kill-process "$(own find-pid vm=ended | gojq .pid)"
	until_true gone_from /sys/fs/cgroup/banger/ended
	status
	diff <(objects | grep -v ' | -$') - << 'WANT'
cgroup | empty | empty | - | empty | empty, and no chroot
chroot | ended | ended | - | launched | its process has ended
tap | banger-a | gone | - | up | its VM has neither process nor chroot
tap | banger-b | gone | - | up | its VM has neither process nor chroot
nat | 172.30.0.2 | gone | banger-b | there | its VM has neither process nor chroot
chroot | half | half | - | not whole | it never was whole, or is no more
cgroup | other | other | - | populated | its processes are no firecracker
nat | 172.30.0.3 | - | banger-c | there | its tap is gone
WANT
	[ "$(gojq .orphans <<< "$out")" = 8 ]
	[ "$(vms | xargs)" = "empty absent ended ended gone absent half ended other populated" ]
	expect 0 - own status
	[ "$(grep -c 'ORPHAN: ' <<< "$out")" = 8 ]
	grep -q '^8 orphans; banger-priv cleanup-vm VM_ID' <<< "$out"
}

@test "does: a VM that root took out of its cgroup runs, and nothing of it is an orphan" {
	prepare_vm vm1 1900 1900
	own launch-firecracker vm1 > /dev/null
	local one status=0
	one=$(own find-pid vm=vm1 | gojq .pid)
	echo "$one" > /sys/fs/cgroup/cgroup.procs
	status
	[ "$(vms)" = "vm1 running" ]
	[ "$(gojq -c '[.vms[0].pid, .orphans]' <<< "$out")" = "[$one,0]" ]
	# Hidden, it may be missing.
	mount_fuse "$jails/vm1/root" hangs 1900 timeout -s KILL 10 banger-priv status \
		> "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" || status=$?
	[ "$status" = 5 ]
	one_clean_line
	grep -q ": cannot look at processes, and some of it is not in the list: " "$BATS_TEST_TMPDIR/err"
	own cleanup-vm vm1
	until_true eval "! alive $one"
}

@test "does: changes nothing, takes no lock, and opens nothing for writing" {
	own create-tap banger-a vm=vm1
	own ensure-nat 172.30.0.2 banger-a vm=vm1
	prepare_vm vm1 1900 1900
	local before
	before=$(host_state; jail_state)
	lock_network_for 60
	trace "$BATS_TEST_TMPDIR/trace" -e trace='/open' banger-priv status > /dev/null
	expect 0 - own status
	run ! grep -E 'O_(RDWR|WRONLY|CREAT)' <(sed '1,/execve\|seccomp/d' "$BATS_TEST_TMPDIR/trace" | grep -vE '"/proc/self/oom_score_adj"|"/dev/null"|"/dev/mapper/control"')
	[ "$(host_state; jail_state)" = "$before" ]
	end "$pid"
}

@test "does: names that others chose come escaped, and few of them" {
	prepare_vm vm1 1900 1900
	own launch-firecracker vm1 > /dev/null
	as banger python3 -c "
import os, socket
os.chdir('$jails/vm1/sockets')
for name in (b'a\x1b[2Jb', b'\xff\xfe', b'new\nline', b'quote\"\\\\', b'x' * 100):
    socket.socket(socket.AF_UNIX).bind(name)
"
	ip tuntap add banger-x mode tap
	ip link set banger-x alias $'banger:\e[31m'
	status
	objects | grep -q '^tap | banger-x | - | - | down | its tag names what is no VM$'
	expect 0 - own status
	ip link delete banger-x
	run ! grep -q '[^ -~]' <<< "$out"
	grep -qF 'a\x1b[2Jb' <<< "$out"
	grep -qF 'new\x0aline' <<< "$out"
	as banger python3 -c "
import os, socket
os.chdir('$jails/vm1/sockets')
for n in range(100):
    socket.socket(socket.AF_UNIX).bind('many%d' % n)
"
	status
	[ "$(objects | grep -c '^socket')" = 16 ]
}

@test "does: what only looks like ours is not in the list" {
	ip link add banger-bridge type bridge
	ip link set banger-bridge alias banger:vm1
	ip tuntap add banger-tun mode tun
	ip link set banger-tun alias banger:vm1
	ip tuntap add banger-x mode tap
	ip link set banger-x alias 'Banger:vm1'
	start setpriv --reuid banger --regid banger --clear-groups bash -c 'exec -a "firecracker --id vm1" sleep 60'
	local sleeper=$pid
	until_true grep -aq '^firecracker --id vm1' "/proc/$sleeper/cmdline"
	status
	[ "$out" = '{"vms":[],"objects":[],"orphans":0}' ]
	end "$sleeper"
	ip link delete banger-bridge
	ip link delete banger-tun
}

# In a network of its own, whose end takes all of them at once.
@test "does: a thousand taps in bounded time" {
	local n took
	ip netns add many
	for n in $(seq 1000); do
		echo "tuntap add banger-$n mode tap"
		echo "link set banger-$n alias banger:vm-$((n % 300))"
	done | ip -n many -batch -
	took=$(date +%s%N)
	expect 0 - ip netns exec many banger-priv status format=json
	took=$((($(date +%s%N) - took) / 1000000))
	ip netns delete many
	echo "$took ms"
	tests/lib/fits docs/schema/status.json <<< "$out"
	[ "$(objects | grep -c '^tap')" = 1000 ]
	[ "$(vms | wc -l)" = 300 ]
	[ "$took" -lt 5000 ]
}

@test "does: what stands among the chroots and is none" {
	mkdir "$jails/Not_One" "$jails/bare"
	status
	[ "$(objects)" = "chroot | bare | bare | - | not whole | it never was whole, or is no more
chroot | Not_One | - | - | not whole | no VM is called that" ]
	rmdir "$jails/Not_One" "$jails/bare"
}

# Not by `expect`, which takes seconds over what is as long as that.
@test "failed: more objects than it lists, and names longer than its page, are said to be" {
	local status=0
	mount -t tmpfs -o mode=0711 many "$jails"
	(cd "$jails" && seq -f 'vm%g' 16400 | xargs mkdir)
	own status > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" || status=$?
	[ "$status" = 5 ]
	grep -q '^banger-priv status: no-space: there is more than the 16384 objects of this list$' "$BATS_TEST_TMPDIR/err"
	[ "$(grep -c '^    chroot ' "$BATS_TEST_TMPDIR/out")" = 16384 ]
	umount "$jails"
	mount -t tmpfs -o mode=0711 many "$jails"
	python3 -c 'import os, sys
os.chdir(sys.argv[1])
for n in range(16000): os.mkdir(b"\x01" * 100 + b"%d" % n)' "$jails"
	status=0
	own status format=json > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" || status=$?
	umount "$jails"
	[ "$status" = 5 ]
	grep -q '^banger-priv status: failed: cannot write the result to stdout$' "$BATS_TEST_TMPDIR/err"
	[ ! -s "$BATS_TEST_TMPDIR/out" ]
}

@test "failed or unsafe: what can be seen is printed all the same" {
	own create-tap banger-a
	chmod 0777 "$jails"
	local status=0
	own status format=json > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" || status=$?
	[ "$status" = 4 ]
	[ "$(wc -l < "$BATS_TEST_TMPDIR/err")" = 1 ]
	tests/lib/fits docs/schema/status.json < "$BATS_TEST_TMPDIR/out"
	gojq -e '.objects[0].name == "banger-a"' "$BATS_TEST_TMPDIR/out"
	chmod 0711 "$jails"
}

@test "failed or unsafe: two parts that cannot be seen are one line" {
	chmod 0777 "$jails"
	# look_at_jails, look_at_processes, look_at_storage or look_at_network
	local status=0
	inject fail:EPERM seccomp 3 banger-priv status format=json > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" || status=$?
	chmod 0711 "$jails"
	cat "$BATS_TEST_TMPDIR/err"
	[ "$status" = 4 ]
	one_clean_line
	grep -q '^banger-priv status: host: .* must be .*; cannot install the system call filter$' "$BATS_TEST_TMPDIR/err"
	gojq -e '.objects == []' "$BATS_TEST_TMPDIR/out"
}

@test "refuses: other formats, and other callers" {
	expect 3 malformed banger-priv status format=xml
	expect 2 usage banger-priv status vm1
	expect 3 caller as stranger banger-priv status
	expect 1 - as stranger sudo -n banger-priv status 2> /dev/null || [ -n "$err" ]
}

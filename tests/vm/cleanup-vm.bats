#!/usr/bin/env bats
# cleanup-vm and status where there are snapshots, under a kernel that has device-mapper:
# tests/vm/run -- tests/world build bats tests/vm/cleanup-vm.bats
load ../lib/common
load ../lib/vmm
load ../lib/jail
load ../lib/launch

setup_file() {
	grep -q device-mapper /proc/devices || { echo "no device-mapper here" >&2; return 1; }
}

setup() {
	launch_setup
	canaries_plant
	banger-priv ensure-bridge
	as banger truncate -s 8M "$images/base"
	dmsetup create fc-rootfs-evil --table '0 8 zero'
}

teardown() {
	canaries_same
	canaries_end
	umount /mnt 2> /dev/null || :
	end "${started[@]}"
	dmsetup remove fc-rootfs-evil
	local name
	for name in $(dmsetup ls | cut -f1 | grep -v 'No devices'); do dmsetup remove --retry "$name"; done
	launch_teardown
	vmm_clean
	for tap in $(ip -j link show | gojq -r '.[].ifname | select(startswith("banger-"))'); do ip link delete "$tap"; done
	ip link delete banger0
	nft list tables | grep banger-priv | while read -r table; do nft delete $table; done
}

snapshot() { # NAME [VM]
	as banger truncate -s 4M "$images/cow-$1"
	own create-dm-snapshot "fc-rootfs-$1" "$images/base" "$images/cow-$1" ${2:+vm="$2"} > /dev/null
}

snapshots() { dmsetup ls | cut -f1 | grep -v -e 'No devices' -e '^fc-rootfs-evil$' | sort | xargs; }

# udev may hold a loop device a moment longer.
loops() { losetup --list --noheadings --output BACK-FILE | sort | xargs; }
no_loops() { [ -z "$(loops)" ]; }

objects() { gojq -r '.objects[] | [.kind, .name, .vm // "-", .of // "-", .state, .orphan // "-"] | join(" | ")' <<< "$out"; }

@test "does: a running VM with a snapshot for a drive; others' snapshots stay" {
	snapshot one vm1
	snapshot two vm1
	snapshot ten vm10
	snapshot dash vm1-a
	snapshot none
	own prepare-jailer-chroot vm1 "$images/vmlinux" uid=1900 gid=1900 drive=rootfs:/dev/mapper/fc-rootfs-one > /dev/null
	own launch-firecracker vm1 > /dev/null
	own create-tap banger-a vm=vm1
	own ensure-nat 172.30.0.2 banger-a vm=vm1
	expect 0 - own status format=json
	tests/lib/fits docs/schema/status.json <<< "$out"
	diff <(objects | grep -E '^(snapshot|loop)' | sed 's/^loop | loop[0-9]*/loop | N/' | sort) - << 'WANT'
loop | N | - | fc-rootfs-none | read-only | -
loop | N | - | fc-rootfs-none | writable | -
loop | N | vm1 | fc-rootfs-one | read-only | -
loop | N | vm1 | fc-rootfs-one | writable | -
loop | N | vm1 | fc-rootfs-two | read-only | -
loop | N | vm1 | fc-rootfs-two | writable | -
loop | N | vm1-a | fc-rootfs-dash | read-only | -
loop | N | vm1-a | fc-rootfs-dash | writable | -
loop | N | vm10 | fc-rootfs-ten | read-only | -
loop | N | vm10 | fc-rootfs-ten | writable | -
snapshot | fc-rootfs-dash | vm1-a | - | idle | its VM has neither process nor chroot
snapshot | fc-rootfs-none | - | - | idle | -
snapshot | fc-rootfs-one | vm1 | - | idle | -
snapshot | fc-rootfs-ten | vm10 | - | idle | its VM has neither process nor chroot
snapshot | fc-rootfs-two | vm1 | - | idle | -
WANT
	expect 0 - own cleanup-vm vm1
	[ "$(snapshots)" = "fc-rootfs-dash fc-rootfs-none fc-rootfs-ten" ]
	[ ! -e "$jails/vm1" ]
	[ ! -e /dev/mapper/fc-rootfs-one ]
	run ! ip link show banger-a
	[ -e "$images/cow-one" ]
	expect 0 - own cleanup-vm vm1
	expect 0 - own cleanup-vm vm10
	expect 0 - own cleanup-vm vm1-a
	[ "$(snapshots)" = fc-rootfs-none ]
	own cleanup-dm-snapshot fc-rootfs-none
	until_true no_loops
}

@test "does: a half-made mapping; one that only looks like the VM's stays" {
	dmsetup create fc-rootfs-half --notable --uuid BANGER-fc-rootfs-half:vm1
	dmsetup create fc-rootfs-other --notable --uuid BANGER-fc-rootfs-renamed:vm1
	dmsetup create fc-rootfs-case --notable --uuid banger-fc-rootfs-case:vm1
	dmsetup create fc-rootfs-more --notable --uuid BANGER-fc-rootfs-more:vm1x
	dmsetup create "fc-rootfs-$(printf 'a%.0s' {1..100})" --notable --uuid BANGER-long:vm1
	expect 0 - own cleanup-vm vm1
	[ "$(snapshots | wc -w)" = 4 ]
	[[ $(snapshots) != *half* ]]
}

@test "busy: a snapshot that is mounted stays, all else goes, and status knows" {
	mke2fs -q -t ext4 -F "$images/base"
	snapshot one vm1
	snapshot two vm1
	mount -o ro,noload /dev/mapper/fc-rootfs-one /mnt
	prepare_vm vm1 1900 1900
	own launch-firecracker vm1 > /dev/null
	expect 6 in-use own cleanup-vm vm1
	[[ $err == *"left: the snapshot fc-rootfs-one (in use)" ]]
	[ "$(snapshots)" = fc-rootfs-one ]
	[ ! -e "$jails/vm1" ]
	expect 0 - own status format=json
	objects | grep -q '^snapshot | fc-rootfs-one | vm1 | - | in use | its VM has neither process nor chroot$'
	umount /mnt
	expect 0 - own cleanup-vm vm1
	until_true no_loops
}

@test "busy: while the chroot is in use, its snapshots stay" {
	snapshot one vm1
	own prepare-jailer-chroot vm1 "$images/vmlinux" uid=1900 gid=1900 drive=rootfs:/dev/mapper/fc-rootfs-one > /dev/null
	start bash -c "cd $jails/vm1/root && exec sleep 60"
	until_true eval '[ "$(readlink "/proc/$pid/cwd")" = "$jails/vm1/root" ]'
	expect 6 in-use own cleanup-vm vm1
	[[ $err == *"left: the chroot (in use)" ]]
	[ "$(snapshots)" = fc-rootfs-one ]
	end "$pid"
	expect 0 - own cleanup-vm vm1
	until_true no_loops
}

@test "does: a loop device that somebody keeps open is an orphan while it is there" {
	snapshot one vm1
	local loop
	loop=$(losetup --list --noheadings --output NAME | head -1)
	start sh -c "exec sleep 60 < $loop"
	until_true eval '[ "$(readlink "/proc/$pid/fd/0")" = "$loop" ]'
	expect 6 in-use own cleanup-vm vm1
	expect 0 - own status format=json
	objects | grep -qE '^loop \| loop[0-9]+ \| - \| fc-rootfs-one \| (writable|read-only) \| its snapshot is gone$'
	end "$pid"
	until_true no_loops
	expect 0 - own cleanup-vm vm1
}

@test "killed at calls all over it, it is done by the next" {
	local n calls
	snapshot one vm1
	calls=$(inject count caged 0 banger-priv cleanup-vm vm1 2>&1 | tail -1)
	for n in $(seq 20 17 "$calls"); do
		[ -n "$(snapshots)" ] || snapshot one vm1
		inject kill caged "$n" banger-priv cleanup-vm vm1 2> /dev/null || :
		until_true banger-priv cleanup-vm vm1
		[ -z "$(snapshots)" ]
		until_true no_loops
	done
}

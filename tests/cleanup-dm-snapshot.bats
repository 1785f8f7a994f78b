#!/usr/bin/env bats
# cleanup-dm-snapshot: what needs no device-mapper.  The rest is tests/vm/dm.bats.
load lib/common

setup() { canaries_plant; }
teardown() { canaries_end; }

@test "refuses what is no name, no device or no loop device" {
	for name in evil fc-rootfs- /dev/mapper/fc-rootfs-a - "fc-rootfs-$(printf 'x%.0s' {1..55})"; do
		expect 3 malformed banger-priv cleanup-dm-snapshot "$name"
	done
	for device in fc-rootfs-a /dev/mapper/evil /dev/mapper/../fc-rootfs-a /dev/dm-0 -- ''; do
		expect 3 malformed banger-priv cleanup-dm-snapshot fc-rootfs-a "$device" - -
	done
	for loop in loop0 /dev/loop /dev/loop-control /dev/loop01 /dev/loop0p1 /dev/loop+1 /dev/loop1048576 \
		/dev/loop99999999999999999999 /dev/sda /dev/loop0/../sda --; do
		expect 3 malformed banger-priv cleanup-dm-snapshot fc-rootfs-a - "$loop" -
		expect 3 malformed banger-priv cleanup-dm-snapshot fc-rootfs-a - - "$loop"
	done
	canaries_same
}

@test "takes all three handles or none" {
	expect 2 usage banger-priv cleanup-dm-snapshot
	expect 2 usage banger-priv cleanup-dm-snapshot fc-rootfs-a -
	expect 2 usage banger-priv cleanup-dm-snapshot fc-rootfs-a - -
	expect 2 usage banger-priv cleanup-dm-snapshot fc-rootfs-a - - - -
	run -0 banger-priv help cleanup-dm-snapshot
	[[ "$output" == *"cleanup-dm-snapshot NAME [DEVICE BASE_LOOP COW_LOOP]"* ]]
}

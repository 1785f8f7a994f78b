#!/usr/bin/env bats
# remove-dm-snapshot: what needs no device-mapper.  The rest is tests/vm/dm.bats.
load lib/common

setup() { canaries_plant; }
teardown() { canaries_end; }

@test "refuses what is no snapshot's name" {
	for target in evil fc-rootfs- /dev/mapper/evil /dev/fc-rootfs-a /dev/mapper//fc-rootfs-a \
		/dev/mapper/fc-rootfs-x/../y /dev/mapper/fc-rootfs-a/ fc-rootfs-%41 'fc-rootfs-\x2f' .. - \
		"fc-rootfs-$(printf 'x%.0s' {1..200})"; do
		expect 3 malformed banger-priv remove-dm-snapshot "$target"
	done
	expect 2 usage banger-priv remove-dm-snapshot
	expect 2 usage banger-priv remove-dm-snapshot fc-rootfs-a fc-rootfs-b
	canaries_same
}

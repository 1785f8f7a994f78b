#!/usr/bin/env bats
# create-dm-snapshot: what needs no device-mapper.  The rest is tests/vm/dm.bats.
load lib/common

images=/var/lib/banger/images

setup() { canaries_plant; }
teardown() { canaries_end; }

# As root directly: sudo's pattern would refuse first.
@test "refuses what is no name, no path of ours, or out of place" {
	for name in evil fc-rootfs- fc-rootfs-A fc-rootfs-a_b fc-rootfs-%2f fc-rootfs-a/b 'fc-rootfs-a b' \
		fc-rootfs-.. '\x2f' "fc-rootfs-$(printf 'x%.0s' {1..55})"; do
		expect 3 malformed banger-priv create-dm-snapshot "$name" "$images/base" "$images/cow"
	done
	for path in /etc/shadow relative "$images/../x" "$images//x" "$images/x/" /var/lib/bangerx/y "$images/./x"; do
		expect 3 malformed banger-priv create-dm-snapshot fc-rootfs-a "$path" "$images/cow"
		expect 3 malformed banger-priv create-dm-snapshot fc-rootfs-a "$images/base" "$path"
	done
	expect 3 not-allowed banger-priv create-dm-snapshot fc-rootfs-a /var/lib/banger/jail/x "$images/cow"
	expect 3 not-allowed banger-priv create-dm-snapshot fc-rootfs-a "$images/base" /var/lib/banger/jail/x
	expect 3 malformed banger-priv create-dm-snapshot fc-rootfs-a "$images/base" "$images/cow" vm=-x
	expect 2 usage banger-priv create-dm-snapshot fc-rootfs-a "$images/base"
	expect 2 usage banger-priv create-dm-snapshot fc-rootfs-a "$images/base" "$images/cow" vm=a vm=b
	expect 2 usage banger-priv create-dm-snapshot fc-rootfs-a "$images/base" "$images/cow" "$images/cow"
	canaries_same
}

@test "refuses a stranger" {
	expect 3 caller env SUDO_UID=1902 banger-priv create-dm-snapshot fc-rootfs-a "$images/base" "$images/cow"
}

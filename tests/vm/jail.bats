#!/usr/bin/env bats
# The jail with what only this kernel has: drives that are device-mapper's, vhost-vsock, and no listmount, so that
# cleanup goes by libmount's table.

load ../lib/common
load ../lib/vmm
load ../lib/jail
load ../lib/launch

mapper=/dev/mapper/fc-rootfs-j

setup() {
	launch_setup
	as banger sh -c "truncate -s 4M $images/base $images/cow && echo disk | dd of=$images/base conv=notrunc status=none"
	banger-priv create-dm-snapshot fc-rootfs-j "$images/base" "$images/cow" > /dev/null
	canaries_plant
}

teardown() {
	canaries_same
	canaries_end
	[ ! -d "$jails/vm1" ] || clean_up vm1
	banger-priv cleanup-dm-snapshot fc-rootfs-j
	launch_teardown
}

numbers() { stat -c '%t:%T' "$1"; }

# But for the times of the COW, which a VM writes to.
all_state() {
	jail_state | grep -v "$images/cow"
	stat -c '%n %a %u %g %t:%T' "$mapper" /dev/vhost-vsock
	dmsetup table fc-rootfs-j
}

@test "does: a VM with a dm drive and vsock, from prepare through launch to cleanup" {
	local before
	before=$(all_state)
	expect 0 - prepare drive=rootfs:"$mapper" vsock=yes
	[ "$(stat -c '%F %a %u %g' "$jails/vm1/root/rootfs")" = "block special file 600 1900 1900" ]
	[ "$(numbers "$jails/vm1/root/rootfs")" = "$(numbers "$mapper")" ]
	[ "$(stat -c '%F %u %g' "$jails/vm1/root/dev/vhost-vsock")" = "character special file 1900 1900" ]
	[ "$(numbers "$jails/vm1/root/dev/vhost-vsock")" = "$(numbers /dev/vhost-vsock)" ]
	expect 0 - own launch-firecracker vm1
	pid=$(gojq .pid <<< "$out")
	inside 1900 1900 'assert get("/rootfs")[:5] == b"disk\n"; put("/rootfs", b"DISK"); open("/dev/vhost-vsock", "r+b", 0)'
	[ "$(head -c 4 "$mapper")" = DISK ]
	expect 6 in-use own cleanup-jailer-chroot vm1
	# Also where no cgroup tells, by a lease that this kernel does not give.
	echo "$pid" > /sys/fs/cgroup/cgroup.procs
	expect 6 in-use own cleanup-jailer-chroot vm1
	expect 0 - own kill-process "$pid" vm=vm1
	until_true own cleanup-jailer-chroot vm1 2> /dev/null
	diff <(echo "$before") <(all_state)
	[ "$(head -c 4 "$mapper")" = DISK ]
}

@test "does: a prepared chroot without a VM, unmounted by libmount's table" {
	mkdir /run/aside
	mount -t tmpfs aside /run/aside
	expect 0 - prepare drive=rootfs:"$mapper" drive=more:"$images/root.ext4"
	trace "$BATS_TEST_TMPDIR/trace" banger-priv cleanup-jailer-chroot vm1
	grep -q 'ENOSYS' <(grep -E 'statmount|listmount|syscall_0x1c[9a]' "$BATS_TEST_TMPDIR/trace")
	grep -q '/mountinfo"' "$BATS_TEST_TMPDIR/trace"
	[ ! -e "$jails/vm1" ]
	mountpoint -q /run/aside
	umount /run/aside && rmdir /run/aside
}

@test "does: a mapping as a read-only drive, which the VM may read and no more" {
	expect 0 - prepare drive-ro=rootfs:"$mapper"
	[ "$(stat -c '%F %a %u %g' "$jails/vm1/root/rootfs")" = "block special file 440 0 1900" ]
	inside 1900 1900 '
assert get("/rootfs")[:5] == b"disk\n"
for attempt in (lambda: put("/rootfs", b"DISK"), lambda: os.chmod("/rootfs", 0o660), lambda: os.chown("/rootfs", 1900, -1)):
    try:
        attempt()
        sys.exit("the VM wrote to it, or may from now on")
    except PermissionError:
        pass'
	[ "$(head -c 4 "$mapper")" = disk ]
	expect 0 - own cleanup-jailer-chroot vm1
}

@test "refuses: a drive that is not a mapping of ours, and leaves nothing" {
	dmsetup create fc-rootfs-evil --table '0 8 zero'
	expect 3 foreign prepare drive=rootfs:/dev/mapper/fc-rootfs-evil
	expect 3 foreign prepare drive=rootfs:/dev/mapper/fc-rootfs-none
	dmsetup remove fc-rootfs-evil
	[ -z "$(ls "$jails")" ]
}

@test "does: the node of a VM that is through leads to no other disk" {
	expect 0 - prepare drive=rootfs:"$mapper"
	expect 0 - own remove-dm-snapshot fc-rootfs-j
	expect 0 - own create-dm-snapshot fc-rootfs-j "$images/base" "$images/cow"
	inside 1900 1900 '
try:
    get("/rootfs")
    sys.exit("it leads somewhere")
except OSError as error:
    assert error.errno == 6, error'
	expect 0 - own cleanup-jailer-chroot vm1
}

#!/usr/bin/env bats
# fsck-snapshot, and the two ext4 verbs on devices: real mappings, so under a kernel that has device-mapper.

bats_require_minimum_version 1.5.0
load ../lib/common
load ../lib/ext4
load ../lib/waiting

name=fc-rootfs-fsck
device=/dev/mapper/$name

setup_file() {
	export DM_DISABLE_UDEV=1
	BATS_TEST_DIRNAME=$BATS_TEST_DIRNAME/.. images_make
	for n in 5 6; do [ -e "/dev/loop$n" ] || mknod "/dev/loop$n" b 7 $n; done
}

setup() { canaries_plant; }

teardown() {
	dmsetup remove "$name" 2> /dev/null || :
	losetup -d /dev/loop5 2> /dev/null || :
	losetup -d /dev/loop6 2> /dev/null || :
	canaries_same && canaries_end
}

map() { # IMAGE [UUID]
	image=$images/mapped
	cp --sparse=always "$images/$1.ext4" "$image"
	losetup /dev/loop5 "$image"
	dmsetup create "$name" --uuid "${2:-BANGER-$name}" \
		--table "0 $(blockdev --getsz /dev/loop5) linear /dev/loop5 0"
}

@test "does: a clean one is done, a damaged one is corrected, and says so" {
	map plain
	expect 0 - own fsck-snapshot "$device"
	[ -z "$out" ]
	debugfs -w -R "clri /etc/hostname" "$device" 2> /dev/null
	expect 0 - own fsck-snapshot "$device"
	[ "$out" = '{"corrected":true}' ]
	tests/lib/fits docs/schema/fsck-snapshot.json <<< "$out"
	expect 0 - own fsck-snapshot "$device"
	[ -z "$out" ]
}

@test "does: an image that waits for its journal is replayed, then written to" {
	map notclean
	expect 3 unfit own write-ext4-files "$device" /x=644:0:0:0
	[[ $err = *fsck-snapshot* ]]
	own fsck-snapshot "$device"
	expect 0 - own write-ext4-files "$device" /x=644:0:0:0
	expect 0 - own read-ext4-file "$device" /x
	e2fsck -fn "$device"
}

@test "fails: a control device that cannot be looked at says nothing of the image" {
	local n
	map plain
	for n in {1..16}; do
		run inject fail:ENOMEM caged "$n" banger-priv read-ext4-file "$device" /etc/hostname
		[[ $status = [045] ]] || { echo "$n: $status $output"; false; }
	done
}

@test "an external journal is refused, and the decoy keeps every byte" {
	truncate -s 16M "$images/decoy"
	mke2fs -q -F -b 4096 -O journal_dev -U deadbeef-dead-beef-dead-beefdeadbeef "$images/decoy"
	losetup /dev/loop6 "$images/decoy"
	local before
	before=$(sha256sum < /dev/loop6)
	for each in external journal9 journaldev unknown mmp luks none; do
		map "$each"
		expect 3 unfit own fsck-snapshot "$device"
		dmsetup remove "$name"
		losetup -d /dev/loop5
	done
	map external
	strace -f -o "$BATS_TEST_TMPDIR/trace" banger-priv fsck-snapshot "$device" || [ $? = 3 ]
	run ! grep -q 'execve("/usr/sbin/e2fsck' "$BATS_TEST_TMPDIR/trace"
	only_the_target
	[ "$(sha256sum < /dev/loop6)" = "$before" ]
}

# Of block devices, none but the target has been opened.
only_the_target() {
	local number
	number=$(dmsetup info -c --noheadings -o minor "$name")
	devices_opened "$BATS_TEST_TMPDIR/trace" > "$BATS_TEST_TMPDIR/opened"
	grep -qE "^(dm-$number|mapper/$name)$" "$BATS_TEST_TMPDIR/opened"
	! grep -vxE "dm-$number|mapper/$name|/dev/$name|/dev/null|/dev/mapper/control|/dev/log" \
		"$BATS_TEST_TMPDIR/opened"
}

# Opened, and not answered with an error: what of /dev the trace shows.
devices_opened() { # TRACE
	grep -E '^[0-9]+ +open(at|at2)?\(' "$1" | grep -E ' = [0-9]+$' |
		grep -oE '"(/dev/[^"]*|control|dm-[0-9]+|mapper/[^"]*|(loop|sd|vd)[a-z0-9]+)"' | tr -d '"' | sort -u
}

@test "refuses: a second superblock that e2fsck might go by and that is another" {
	local group
	# The second group's, where it is by the size of a block, and where it is by the first one's own count.
	for group in 32768 16384; do
		rm -f "$images/backup.ext4"
		size=200M image_from_tree backup -t ext4 -g "$group"
		# s_feature_incompat: a journal's device.
		printf '\x08' | dd of="$images/backup.ext4" bs=1 seek=$((group * 4096 + 0x60)) conv=notrunc status=none
		map backup
		expect 3 unfit own fsck-snapshot "$device"
		[[ $err == *"is an external journal"* ]]
		dmsetup remove "$name"
		losetup -d /dev/loop5
	done
}

@test "one that is not ours is refused, one that is not there too" {
	map plain "CRYPT-$name"
	expect 3 foreign own fsck-snapshot "$device"
	expect 3 foreign own read-ext4-file "$device" /etc/hostname
	expect 3 foreign own write-ext4-files "$device" /x=644:0:0:0
	expect 3 absent own fsck-snapshot /dev/mapper/fc-rootfs-none
	expect 3 malformed banger-priv fsck-snapshot /dev/loop5
}

@test "one that is open or mounted is busy" {
	map plain
	exec 9< "$device"
	expect 6 in-use own fsck-snapshot "$device"
	expect 6 in-use own write-ext4-files "$device" /x=644:0:0:0
	exec 9<&-
	mkdir -p /run/there
	mount "$device" /run/there
	expect 6 in-use own fsck-snapshot "$device"
	umount /run/there
}

@test "e2fsck is uid 0 without a capability, sees one block device, and can write nothing else" {
	map plain
	# What succeeded, each in one piece: it would have /dev/null for its standard descriptors, and is refused it.
	strace -z -f -qq -o "$BATS_TEST_TMPDIR/trace" banger-priv fsck-snapshot "$device"
	local pid
	pid=$(grep 'execve("/usr/sbin/e2fsck"' "$BATS_TEST_TMPDIR/trace" | cut -d' ' -f1)
	[ -n "$pid" ]
	sed -n "/execve(\"\/usr\/sbin\/e2fsck\"/,\$p" "$BATS_TEST_TMPDIR/trace" | grep "^$pid " > "$BATS_TEST_TMPDIR/e2fsck"
	! grep -E 'open(at)?\(' "$BATS_TEST_TMPDIR/e2fsck" | grep '/dev/' | grep -v "/dev/$name" || false
	! grep -E 'open(at)?\(.*(O_WRONLY|O_RDWR)' "$BATS_TEST_TMPDIR/e2fsck" | grep -v "/dev/$name" || false
	run ! grep -E '\b(socket|kill|fork)\(' "$BATS_TEST_TMPDIR/e2fsck"
	only_the_target
	grep -q 'landlock_restrict_self.* = 0' "$BATS_TEST_TMPDIR/trace"
}

@test "a volume label full of escapes reaches nobody's terminal" {
	map plain
	printf '\033]0;own\007\n' | dd of="$device" bs=1 seek=$((1024 + 120)) conv=notrunc 2> /dev/null
	dd if=/dev/zero of="$device" bs=4096 seek=1 count=1 conv=notrunc 2> /dev/null
	local status=0
	own fsck-snapshot "$device" > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" || status=$?
	case $status in 0 | 3 | 5) ;; *) return 1 ;; esac
	! LC_ALL=C grep -q '[^ -~]' "$BATS_TEST_TMPDIR/err" "$BATS_TEST_TMPDIR/out"
}

@test "e2fsck that takes too long is killed, and is busy" {
	cp /usr/sbin/e2fsck "$BATS_TEST_TMPDIR/e2fsck"
	cp "$BANGER_BUILD/tests/e2fsck" /usr/sbin/e2fsck
	name=fc-rootfs-slow device=/dev/mapper/fc-rootfs-slow
	map plain
	# Ten minutes, in a hurry: the fourth, after those of the last stage and of the child that goes ahead (src/stages.c).
	expect 6 timeout inject alter:2:200 poll 4 banger-priv fsck-snapshot "$device"
	run ! pgrep -x e2fsck
	# Who looks at a terminal knows meanwhile.
	(sleep 4; kill -KILL "$(pgrep -x e2fsck)") 3>&- &
	on_terminal 30 banger-priv fsck-snapshot "$device"
	told e2fsck
	exec 9< "$device"
	on_terminal 30 banger-priv fsck-snapshot "$device"
	told "the snapshot to be closed"
	exec 9<&-
	cp "$BATS_TEST_TMPDIR/e2fsck" /usr/sbin/e2fsck
}

@test "does: damaged images end in documented ways, and in time" {
	local image status
	for image in "$images"/*.ext4; do
		losetup /dev/loop5 "$image"
		dmsetup create "$name" --uuid "BANGER-$name" --table "0 $(blockdev --getsz /dev/loop5) linear /dev/loop5 0"
		status=0
		timeout 60 banger-priv fsck-snapshot "$device" > /dev/null 2> "$BATS_TEST_TMPDIR/err" || status=$?
		case $status in 0 | 3 | 5) ;; *) echo "$image: $status"; cat "$BATS_TEST_TMPDIR/err"; return 1 ;; esac
		[ ! -s "$BATS_TEST_TMPDIR/err" ] || { err=$(cat "$BATS_TEST_TMPDIR/err"); one_clean_line; }
		dmsetup remove "$name"
		losetup -d /dev/loop5
	done
}

@test "leaves nothing behind: no mount, no process, no namespace" {
	map plain
	local before
	before=$(host_state; ls /dev)
	own fsck-snapshot "$device"
	diff <(echo "$before") <(host_state; ls /dev)
	run ! pgrep -x e2fsck
}

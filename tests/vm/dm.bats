#!/usr/bin/env bats
# device-mapper snapshots, under a kernel that has device-mapper:
# tests/vm/run -- tests/world build bats tests/vm/dm.bats, with udev and with BANGER_VM_NO_UDEV=1.
load ../lib/common
load ../lib/loop
load ../lib/waiting

images=/var/lib/banger/images

setup_file() {
	grep -q device-mapper /proc/devices || { echo "no device-mapper here" >&2; return 1; }
	install -d -o banger -g banger -m 0755 "$images"
	truncate -s 8M "$images/base"
	mke2fs -q -t ext4 "$images/base"
	chown banger:banger "$images/base"
	# Not ours: a mapping and a loop device that must stay as they are.
	truncate -s 1M /run/foreign
	foreign=$(losetup --find --show /run/foreign)
	export foreign
	dmsetup create fc-rootfs-evil --table '0 8 zero'
	foreign_state > "$BATS_FILE_TMPDIR/foreign"
}

teardown_file() {
	dmsetup remove fc-rootfs-evil
	losetup --detach "$foreign"
	rm -r "$images" /run/foreign
}

setup() {
	cow=$images/cow
	rm -f "$cow"*
	new_cow "$cow"
}

teardown() {
	nothing_left
}

new_cow() { # FILE...
	truncate -s 4M "$@" && chown banger:banger "$@" && chmod 0600 "$@"
}

foreign_state() {
	dmsetup table fc-rootfs-evil
	dmsetup info -c --noheadings -o name,uuid,major,minor,open fc-rootfs-evil
	losetup --list --noheadings "$foreign"
	cat "/sys/block/${foreign#/dev/}/diskseq"
}

# udev may take a moment to let go of what is gone already.
nothing_left() {
	local i
	for ((i = 0; i < 50; i++)); do
		left=$(dmsetup ls | grep -v -e fc-rootfs-evil -e 'No devices' || :
			ls /dev/mapper | grep -v -e '^control$' -e fc-rootfs-evil || :
			losetup --list --noheadings --output NAME,BACK-FILE | grep -v "^$foreign " || :)
		[ -n "$left" ] || break
		sleep .1
	done
	[ -z "$left" ] || { echo "left behind: $left"; tidy_up; return 1; }
	foreign_state | diff "$BATS_FILE_TMPDIR/foreign" -
}

# After a test that failed, so that the next ones do not fail with it.
tidy_up() {
	local name
	umount /mnt 2> /dev/null || :
	for name in $(dmsetup ls | cut -f1 | grep -v -e fc-rootfs-evil -e 'No devices'); do
		dmsetup remove --retry "$name"
	done
	for name in $(losetup --list --noheadings --output NAME | grep -v "^$foreign$"); do
		losetup --detach "$name"
	done
}

# How many-eth ioctl of a create each of the requests that match PATTERN is.  The first create makes
# loop devices, which later ones look at.
ioctls_of_create() { # PATTERN
	banger-priv create-dm-snapshot fc-rootfs-a "$images/base" "$cow" > /dev/null
	banger-priv cleanup-dm-snapshot fc-rootfs-a
	trace "$BATS_TEST_TMPDIR/log" banger-priv create-dm-snapshot fc-rootfs-a "$images/base" "$cow" > /dev/null
	banger-priv cleanup-dm-snapshot fc-rootfs-a
	grep -o 'ioctl([0-9]*, [A-Z_0-9]*' "$BATS_TEST_TMPDIR/log" | grep -nE "$1" | cut -d: -f1
}

create() { # SUFFIX [COW] [OPTION...]
	own create-dm-snapshot "fc-rootfs-$1" "$images/base" "${2:-$cow}" "${@:3}"
}

@test "made, mounted, written, checked, removed; on its old COW its data are there" {
	expect 0 - create a "$cow" vm=v1
	[ "$(wc -l <<< "$out")" = 1 ]
	[ "$(gojq -r '.name, .device' <<< "$out" | xargs)" = "fc-rootfs-a /dev/mapper/fc-rootfs-a" ]
	base_loop=$(gojq -r .base_loop <<< "$out") cow_loop=$(gojq -r .cow_loop <<< "$out")
	tests/lib/fits docs/schema/create-dm-snapshot.json <<< "$out"
	[ "$(dmsetup table fc-rootfs-a)" = \
		"0 16384 snapshot 7:${base_loop#/dev/loop} 7:${cow_loop#/dev/loop} P 8" ]
	[ "$(dmsetup info -c --noheadings -o uuid fc-rootfs-a)" = BANGER-fc-rootfs-a:v1 ]
	[ "$(stat -L -c '%F %a %U' /dev/mapper/fc-rootfs-a)" = "block special file 600 root" ]
	[ "$(losetup -n -O AUTOCLEAR,RO,BACK-FILE "$base_loop" | xargs)" = "1 1 $images/base" ]
	[ "$(losetup -n -O AUTOCLEAR,RO,BACK-FILE "$cow_loop" | xargs)" = "1 0 $cow" ]
	[ "$(tag_of "$base_loop") $(tag_of "$cow_loop")" = "BANGER:fc-rootfs-a BANGER:fc-rootfs-a" ]
	before=$(sha256sum < "$images/base")
	mount /dev/mapper/fc-rootfs-a /mnt
	echo hello > /mnt/file
	umount /mnt
	e2fsck -fn /dev/mapper/fc-rootfs-a
	expect 0 - own remove-dm-snapshot fc-rootfs-a
	nothing_left
	expect 0 - create a "$cow" vm=v1
	mount -o ro /dev/mapper/fc-rootfs-a /mnt
	[ "$(cat /mnt/file)" = hello ]
	umount /mnt
	expect 0 - own remove-dm-snapshot /dev/mapper/fc-rootfs-a
	expect 0 - own remove-dm-snapshot fc-rootfs-a
	[ "$(sha256sum < "$images/base")" = "$before" ]
}

@test "two VMs at once on one base, and a name of 64 bytes" {
	long=$(printf 'x%.0s' {1..54})
	new_cow "$cow-2"
	expect 0 - create a
	expect 0 - create "$long" "$cow-2"
	loop=$(gojq -r .cow_loop <<< "$out")
	[ "$(tag_of "$loop")" = "BANGER:*$long" ]
	echo one | dd of=/dev/mapper/fc-rootfs-a conv=notrunc status=none
	echo two | dd of="/dev/mapper/fc-rootfs-$long" conv=notrunc status=none
	[ "$(head -c 3 /dev/mapper/fc-rootfs-a) $(head -c 3 "/dev/mapper/fc-rootfs-$long")" = "one two" ]
	expect 0 - own cleanup-dm-snapshot fc-rootfs-a
	[ "$(head -c 3 "/dev/mapper/fc-rootfs-$long")" = two ]
	expect 0 - own cleanup-dm-snapshot "fc-rootfs-$long" - - "$loop"
}

@test "one name at once: one is made, the others are refused" {
	for i in {1..4}; do new_cow "$cow-$i"; done
	for i in {1..4}; do
		( status=0
		banger-priv create-dm-snapshot fc-rootfs-a "$images/base" "$cow-$i" > /dev/null 2>&1 || status=$?
		echo $status > "$BATS_TEST_TMPDIR/$i" ) 3>&- &
	done
	wait
	[ "$(sort "$BATS_TEST_TMPDIR"/[1-4] | xargs)" = "0 3 3 3" ]
	expect 0 - own cleanup-dm-snapshot fc-rootfs-a
}

@test "a loop device that somebody else takes first: the next one" {
	nth=$(ioctls_of_create LOOP_CONFIGURE | head -n 1)
	expect 0 - inject "do:losetup --find --show /run/foreign > $BATS_TEST_TMPDIR/taken" ioctl "$nth" \
		banger-priv create-dm-snapshot fc-rootfs-a "$images/base" "$cow"
	taken=$(cat "$BATS_TEST_TMPDIR/taken")
	[ -n "$taken" ]
	[ "$(gojq -r .base_loop <<< "$out")" != "$taken" ]
	losetup --list "$taken" | grep -q /run/foreign
	losetup --detach "$taken"
	expect 0 - own cleanup-dm-snapshot fc-rootfs-a
}

@test "a mapping that is not ours is refused and stays" {
	expect 3 exists create evil
	expect 3 foreign own remove-dm-snapshot fc-rootfs-evil
	expect 3 foreign own remove-dm-snapshot /dev/mapper/fc-rootfs-evil
	expect 3 foreign own cleanup-dm-snapshot fc-rootfs-evil
	for uuid in BANGER-fc-rootfs-other BANGER-fc-rootfs-foot LVM-BANGER-fc-rootfs-foo; do
		dmsetup create fc-rootfs-foo --uuid "$uuid" --table '0 8 zero'
		expect 3 foreign own remove-dm-snapshot fc-rootfs-foo
		expect 3 foreign own cleanup-dm-snapshot fc-rootfs-foo
		dmsetup remove fc-rootfs-foo
	done
}

@test "a loop device without our tag, with another's, or attached anew: refused, nothing is touched" {
	expect 0 - create a
	base_loop=$(gojq -r .base_loop <<< "$out") cow_loop=$(gojq -r .cow_loop <<< "$out")
	new_cow "$cow-2"
	expect 0 - create b "$cow-2"
	other=$(gojq -r .cow_loop <<< "$out")
	table=$(dmsetup table; losetup --list)
	expect 3 foreign own cleanup-dm-snapshot fc-rootfs-a - "$foreign" -
	expect 3 foreign own cleanup-dm-snapshot fc-rootfs-a /dev/mapper/fc-rootfs-a "$base_loop" "$foreign"
	expect 3 foreign own cleanup-dm-snapshot fc-rootfs-a /dev/mapper/fc-rootfs-a "$base_loop" "$other"
	expect 3 not-allowed own cleanup-dm-snapshot fc-rootfs-a /dev/mapper/fc-rootfs-b - -
	[ "$(dmsetup table; losetup --list)" = "$table" ]
	dmsetup remove fc-rootfs-a
	losetup "$base_loop" /run/foreign
	expect 3 foreign own cleanup-dm-snapshot fc-rootfs-a /dev/mapper/fc-rootfs-a "$base_loop" "$cow_loop"
	losetup --list "$base_loop" | grep -q /run/foreign
	losetup --detach "$base_loop"
	expect 0 - own cleanup-dm-snapshot fc-rootfs-a /dev/mapper/fc-rootfs-a "$base_loop" "$cow_loop"
	expect 0 - own cleanup-dm-snapshot fc-rootfs-b /dev/mapper/fc-rootfs-b - "$other"
}

@test "loop devices that carry the tag and no mapping has: cleanup with NAME alone" {
	one=$(attach_as "$cow" BANGER:fc-rootfs-a)
	[ "$(tag_of "$one")" = BANGER:fc-rootfs-a ]
	other=$(attach_as "$cow" BANGER:fc-rootfs-ab)
	expect 0 - own cleanup-dm-snapshot fc-rootfs-a
	[ ! -e "/sys/block/${one#/dev/}/loop" ]
	[ -e "/sys/block/${other#/dev/}/loop" ]
	losetup --detach "$other"
}

@test "killed after each step of create: cleanup removes what is left" {
	ioctls_of_create LOOP > /dev/null
	# The call after each one that changes something.
	points=$(sed -e '1,/^[0-9]* *seccomp(SECCOMP_SET_MODE_FILTER/d' -e 's/^[0-9]* *//' "$BATS_TEST_TMPDIR/log" |
		grep -v '^[-+]' |
		grep -nE 'LOOP_CTL_GET_FREE|LOOP_CONFIGURE|DM_DEV_CREATE|DM_TABLE_LOAD|DM_DEV_SUSPEND|^mknodat' |
		cut -d: -f1)
	[ "$(wc -w <<< "$points")" = 8 ]
	seen=0
	for point in $points; do
		expect 137 - inject kill caged $((point + 1)) \
			banger-priv create-dm-snapshot fc-rootfs-a "$images/base" "$cow"
		! dmsetup info fc-rootfs-a > /dev/null 2>&1 || seen=$((seen + 1))
		expect 0 - banger-priv cleanup-dm-snapshot fc-rootfs-a
		nothing_left
	done
	# After DM_DEV_CREATE, DM_TABLE_LOAD, DM_DEV_SUSPEND and mknodat there is a mapping to remove.
	[ "$seen" = 4 ]
}

@test "a step of create that fails is undone" {
	for nth in $(ioctls_of_create 'LOOP_CTL_GET_FREE|LOOP_CONFIGURE|DM_DEV_CREATE|DM_TABLE_LOAD|DM_DEV_SUSPEND'); do
		expect 5 failed inject fail:EIO ioctl "$nth" \
			banger-priv create-dm-snapshot fc-rootfs-a "$images/base" "$cow"
		nothing_left
	done
	expect 5 no-space inject fail:ENOSPC mknodat 1 \
		banger-priv create-dm-snapshot fc-rootfs-a "$images/base" "$cow"
}

@test "killed at each step of cleanup: another one ends it" {
	ioctls_of_create LOOP > /dev/null
	expect 0 - banger-priv create-dm-snapshot fc-rootfs-a "$images/base" "$cow"
	trace "$BATS_TEST_TMPDIR/log" banger-priv cleanup-dm-snapshot fc-rootfs-a
	points=$(sed -e '1,/^[0-9]* *seccomp(SECCOMP_SET_MODE_FILTER/d' -e 's/^[0-9]* *//' "$BATS_TEST_TMPDIR/log" |
		grep -v '^[-+]' | grep -nE 'DM_|^unlinkat' | cut -d: -f1)
	[ "$(wc -w <<< "$points")" = 4 ]
	for point in $points; do
		expect 0 - banger-priv create-dm-snapshot fc-rootfs-a "$images/base" "$cow"
		expect 137 - inject kill caged $((point + 1)) banger-priv cleanup-dm-snapshot fc-rootfs-a
		expect 0 - banger-priv cleanup-dm-snapshot fc-rootfs-a
		nothing_left
	done
}

@test "the backing files are deleted, or cut short: cleanup with NAME alone" {
	cp "$images/base" "$images/base-2"
	chown banger: "$images/base-2"
	expect 0 - own create-dm-snapshot fc-rootfs-a "$images/base-2" "$cow"
	rm "$cow" "$images/base-2"
	expect 0 - own cleanup-dm-snapshot fc-rootfs-a
	nothing_left
	new_cow "$cow"
	expect 0 - create a
	truncate -s 0 "$cow"
	dd if=/dev/zero of=/dev/mapper/fc-rootfs-a bs=1M count=1 conv=fsync status=none || :
	expect 0 - own cleanup-dm-snapshot fc-rootfs-a
}

@test "a mapping that is open or mounted is busy, and stays whole" {
	expect 0 - create a
	mount /dev/mapper/fc-rootfs-a /mnt
	expect 6 in-use own remove-dm-snapshot fc-rootfs-a
	expect 6 in-use own cleanup-dm-snapshot fc-rootfs-a
	[ -b /dev/mapper/fc-rootfs-a ]
	touch /mnt/still
	umount /mnt
	# One that is let go of while we wait.
	sleep 1 < /dev/mapper/fc-rootfs-a 3>&- &
	expect 0 - own remove-dm-snapshot fc-rootfs-a
}

@test "who looks at a terminal is told what it waits for" {
	local loop
	expect 0 - create a
	exec 9< /dev/mapper/fc-rootfs-a
	on_terminal 9 banger-priv remove-dm-snapshot fc-rootfs-a
	told "the mapping to be closed"
	loop=$(losetup --list --noheadings --output NAME --associated "$cow")
	exec 9< "$loop"
	expect 0 - own remove-dm-snapshot fc-rootfs-a
	on_terminal 9 banger-priv cleanup-dm-snapshot fc-rootfs-a
	told "the loop device to be closed"
	exec 9<&-
	expect 0 - own cleanup-dm-snapshot fc-rootfs-a
}

@test "a COW that holds anything else is refused, and not a byte of it changes" {
	refuses() { # CODE REASON
		local sum
		sum=$(sha256sum < "$cow")
		expect "$1" "$2" create a
		[ "$(sha256sum < "$cow")" = "$sum" ]
		[ -z "$(losetup --list --noheadings --associated "$cow")" ]
	}
	cp "$images/base" "$cow"
	refuses 3 foreign
	truncate -s 0 "$cow"
	truncate -s 4M "$cow"
	printf 'x' | dd of="$cow" conv=notrunc bs=1 seek=8191 status=none
	refuses 3 foreign
	printf 'SnAp\0\0\0\0\1\0\0\0\10\0\0\0' | dd of="$cow" conv=notrunc status=none
	refuses 3 unfit
	printf 'SnAp\1\0\0\0\1\0\0\0\20\0\0\0' | dd of="$cow" conv=notrunc status=none
	refuses 3 foreign
	printf 'SnAp\1\0\0\0\2\0\0\0\10\0\0\0' | dd of="$cow" conv=notrunc status=none
	refuses 3 foreign
	truncate -s 0 "$cow"
	refuses 3 unfit
	truncate -s 8192 "$cow"
	refuses 3 unfit
	truncate -s 1000001 "$cow" && refuses 3 unfit
}

@test "a COW whose owner gives it another size of chunks once it was looked at: undone, and no memory is kept for them" {
	local load size
	load=$(ioctls_of_create DM_TABLE_LOAD)
	truncate -s 1G "$cow"
	for size in '\000\000\004\000' '\001\000\000\000'; do
		printf '\010\000\000\000' | dd of="$cow" bs=1 seek=12 conv=notrunc status=none
		expect 5 failed inject "do:printf '$size' | dd of=$cow bs=1 seek=12 conv=notrunc status=none" ioctl "$load" \
			banger-priv create-dm-snapshot fc-rootfs-a "$images/base" "$cow"
		[[ $err == *"another size of chunks"* ]]
		nothing_left
	done
}

@test "a file that is not the owner's to give is refused, and nothing is attached" {
	hostile() { # REASON BASE COW
		expect 3 "$1" own create-dm-snapshot fc-rootfs-a "$images/$2" "$images/$3"
	}
	cd "$images"
	hostile absent none cow
	hostile absent base none
	ln -s cow cow-link; hostile absent base cow-link; hostile absent cow-link cow
	ln cow cow-hard; hostile foreign base cow-hard; hostile foreign base cow; rm cow-hard
	mkfifo -m 0600 cow-fifo; chown banger: cow-fifo; hostile foreign base cow-fifo
	mkdir cow-dir; chown banger: cow-dir; hostile absent base cow-dir; hostile foreign cow-dir cow
	rmdir cow-dir
	install -m 0600 cow cow-root; hostile absent base cow-root; hostile absent cow-root cow
	chmod 0666 cow-root; hostile foreign base cow-root; hostile foreign cow-root cow
	install -o stranger -m 0644 cow cow-stranger; hostile foreign cow-stranger cow
	mknod -m 0666 cow-node b "$((0x$(stat -c %t "$foreign")))" "$((0x$(stat -c %T "$foreign")))"
	hostile foreign base cow-node
	hostile unfit cow cow
	mkdir -m 0700 cow-closed; cp base cow-closed/base; hostile absent cow-closed/base cow; rm -r cow-closed
	mkdir cow-mount; mount --bind /etc cow-mount; hostile absent cow-mount/passwd cow; umount cow-mount
	rmdir cow-mount
	chown banger: /var/lib/banger
	expect 4 host own create-dm-snapshot fc-rootfs-a "$images/base" "$cow"
	[[ $err == *"state_dir must be root's, writable by nobody else and no symlink" ]]
	chown root: /var/lib/banger
	# Root's, and nobody else's to write: that is what a base may well be.
	install -m 0644 base cow-root
	expect 0 - own create-dm-snapshot fc-rootfs-a "$images/cow-root" "$cow"
	expect 0 - own cleanup-dm-snapshot fc-rootfs-a
}

@test "a COW is part of one snapshot only, and nobody's base" {
	expect 0 - create a
	expect 6 in-use create b
	new_cow "$cow-2" "$cow-3"
	expect 6 in-use own create-dm-snapshot fc-rootfs-b "$cow" "$cow-2"
	expect 0 - own create-dm-snapshot fc-rootfs-b "$cow-2" "$cow-3"
	expect 6 in-use create c "$cow-2"
	expect 0 - own cleanup-dm-snapshot fc-rootfs-b
	expect 0 - own cleanup-dm-snapshot fc-rootfs-a
}

@test "what is stale in /dev/mapper gives way, what is foreign does not" {
	mknod -m 0600 /dev/mapper/fc-rootfs-a b "$(dmsetup info -c --noheadings -o major fc-rootfs-evil)" 77
	expect 0 - create a
	[ "$(stat -c %T /dev/mapper/fc-rootfs-a)" = "$(printf %x "$(dmsetup info -c --noheadings -o minor fc-rootfs-a)")" ]
	expect 0 - own cleanup-dm-snapshot fc-rootfs-a
	mknod -m 0600 /dev/mapper/fc-rootfs-a b "$(dmsetup info -c --noheadings -o major fc-rootfs-evil)" 77
	expect 0 - own remove-dm-snapshot fc-rootfs-a
	[ ! -e /dev/mapper/fc-rootfs-a ]
	ln -s "$foreign" /dev/mapper/fc-rootfs-a
	expect 3 exists create a
	expect 0 - own cleanup-dm-snapshot fc-rootfs-a
	[ "$(readlink /dev/mapper/fc-rootfs-a)" = "$foreign" ]
	rm /dev/mapper/fc-rootfs-a
	mknod -m 0600 /dev/mapper/fc-rootfs-a b "$((0x$(stat -c %t "$foreign")))" "$((0x$(stat -c %T "$foreign")))"
	expect 3 exists create a
	expect 0 - own cleanup-dm-snapshot fc-rootfs-a
	[ -b /dev/mapper/fc-rootfs-a ]
	rm /dev/mapper/fc-rootfs-a
	: > /dev/mapper/fc-rootfs-a
	expect 3 exists create a
	expect 0 - own remove-dm-snapshot fc-rootfs-a
	rm /dev/mapper/fc-rootfs-a
}

@test "a node of which it cannot be told whose it is does not stay behind what is done" {
	local n status
	for n in {1..9}; do
		expect 0 - create a
		status=0
		inject fail:EIO caged "$n" banger-priv cleanup-dm-snapshot fc-rootfs-a || status=$?
		[[ $status = [45] ]] || { [ "$status" = 0 ] && [ ! -e /dev/mapper/fc-rootfs-a ] && [ ! -L /dev/mapper/fc-rootfs-a ]; }
		expect 0 - own cleanup-dm-snapshot fc-rootfs-a
		[ ! -e /dev/mapper/fc-rootfs-a ]
	done
}

@test "a node that outlives its mapping leads nowhere: not to the next snapshot, not to another's mapping" {
	expect 0 - create a
	mknod /run/kept b $(dmsetup info -c --noheadings --separator ' ' -o major,minor fc-rootfs-a)
	head -c 1 /run/kept > /dev/null
	expect 0 - own remove-dm-snapshot fc-rootfs-a
	expect 0 - create a
	dmsetup create fc-rootfs-foo --table '0 8 zero'
	run head -c 1 /run/kept
	rm /run/kept
	[[ "$output" == *"No such device or address" ]]
	dmsetup remove fc-rootfs-foo
	expect 0 - own remove-dm-snapshot fc-rootfs-a
}

@test "20 creates at once, each with loop devices of its own" {
	for i in {1..20}; do new_cow "$cow-$i"; done
	# Busy is an answer where twenty of them take more than the lock's ten seconds.
	for i in {1..20}; do
		( until banger-priv create-dm-snapshot "fc-rootfs-$i" "$images/base" "$cow-$i"; do
			[ $? = 6 ] || break
		done > "$BATS_TEST_TMPDIR/$i" ) 3>&- &
	done
	wait
	cat "$BATS_TEST_TMPDIR"/*
	[ "$(gojq -r '.base_loop, .cow_loop' "$BATS_TEST_TMPDIR"/* | sort -u | wc -l)" = 40 ]
	for i in {1..20}; do
		loop=$(gojq -r .cow_loop "$BATS_TEST_TMPDIR/$i")
		[ "$(cat "/sys/block/${loop#/dev/}/loop/backing_file")" = "$cow-$i" ]
		banger-priv cleanup-dm-snapshot "fc-rootfs-$i"
	done
}

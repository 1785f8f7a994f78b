#!/usr/bin/env bats
# read-ext4-file: what comes out of an image, what does not, and how a hostile image is met.

load lib/common
load lib/ext4

setup_file() { images_make; }
setup() { canaries_plant; }
teardown() { canaries_same && canaries_end; }

@test "does: gives a file's bytes, small, empty, large and sparse" {
	expect 0 - own read-ext4-file "$images/plain.ext4" /etc/hostname
	[ "$out" = guest ]
	expect 0 - own read-ext4-file "$images/plain.ext4" /etc/empty
	[ ! -s "$BATS_TEST_TMPDIR/out" ]
	expect 0 - own read-ext4-file "$images/plain.ext4" /large
	cmp "$BATS_TEST_TMPDIR/out" "$images/tree/large"
	expect 0 - own read-ext4-file "$images/plain.ext4" /sparse
	cmp "$BATS_TEST_TMPDIR/out" "$images/tree/sparse"
}

@test "does: follows symlinks inside the image, and never out of it" {
	local name
	for name in absolute relative up through; do
		expect 0 - own read-ext4-file "$images/plain.ext4" "/links/$name"
		[ "$out" = guest ]
	done
	expect 3 unfit own read-ext4-file "$images/plain.ext4" /links/loop
	expect 7 no own read-ext4-file "$images/plain.ext4" /links/host
	expect 0 - own read-ext4-file "$images/plain.ext4" "/links/long"
}

@test "fails: an image, or a configuration, that cannot be read is not called another thing" {
	local call n status said=$BATS_TEST_TMPDIR/said
	for call in read pread64; do
		# The loader has two of each; of the first kind are those of the configuration, of the other those of the image.
		for n in $(seq 3 200); do
			status=0
			inject fail:EIO "$call" "$n" banger-priv read-ext4-file "$images/plain.ext4" /etc/hostname > /dev/null 2> "$said" ||
				status=$?
			[ "$status" != 125 ] || break
			[[ $status =~ ^[45]$ ]] || { echo "$call $n: $status: $(cat "$said")"; false; }
			grep -q 'I.* error\|cannot be read' "$said" || { echo "$call $n: $(cat "$said")"; false; }
		done
		[ "$n" -gt 5 ] || { echo "$n times $call"; false; }
	done
}

@test "refuses: symlinks that are damaged, encrypted, too long or too deep; directories that are too deep" {
	expect 3 unfit own read-ext4-file "$images/encrypted.ext4" /etc/hostname
	[[ $err == *"PATH is encrypted" ]]
	expect 3 unfit own read-ext4-file "$images/encrypted.ext4" /links/relative
	[[ $err == *"PATH is encrypted" ]]
	# Nothing in it; a NUL in it; more than an inode holds; more than a path.
	expect 5 failed own read-ext4-file "$images/bad-symlinks.ext4" /links/through
	[[ $err == *"EUCLEAN"* ]]
	expect 5 failed own read-ext4-file "$images/bad-symlinks.ext4" /links/through/etc/hostname
	[[ $err == *"EUCLEAN"* ]]
	expect 5 failed own read-ext4-file "$images/bad-symlinks.ext4" /links/relative
	[[ $err == *"EUCLEAN"* ]]
	expect 5 failed own read-ext4-file "$images/bad-symlinks.ext4" /links/up
	[[ $err == *"EUCLEAN"* ]]
	expect 3 unfit own read-ext4-file "$images/bad-symlinks.ext4" /links/absolute
	[[ $err == *"PATH leads through symlinks that are too long or too deep" ]]
	# A name for the journal.
	expect 5 failed own read-ext4-file "$images/bad-reserved.ext4" /d/journal
	[[ $err == *"EUCLEAN"* ]]
	expect 3 unfit own read-ext4-file "$images/plain.ext4" "/links/longer$(printf '/deep%.0s' {1..100})"
	[[ $err == *"PATH leads through symlinks that are too long or too deep" ]]
	expect 3 unfit own read-ext4-file "$images/plain.ext4" "$(printf '/deep%.0s' {1..255})"
	[[ $err == *"is there and is not a regular file" ]]
	expect 3 unfit own read-ext4-file "$images/plain.ext4" "$(printf '/deep%.0s' {1..256})"
	[[ $err == *"PATH leads through symlinks that are too long or too deep" ]]
}

@test "does: what lies in an inode, and by its attribute is larger than any: no byte more than the file has" {
	expect 0 - own read-ext4-file "$images/bad-inline.ext4" /inline
	[ "$out" = hi ]
	debugfs -w -R "set_inode_field /inline size 70000" "$images/bad-inline.ext4" 2> /dev/null
	expect 5 failed own read-ext4-file "$images/bad-inline.ext4" /inline
	[[ $err == *"EUCLEAN"* ]]
}

@test "does: no such file is 7; what is no regular file is refused" {
	expect 7 no own read-ext4-file "$images/plain.ext4" /nope
	expect 7 no own read-ext4-file "$images/plain.ext4" /etc/hostname/x
	expect 7 no own read-ext4-file "$images/plain.ext4" /no/such/directory
	expect 3 unfit own read-ext4-file "$images/plain.ext4" /etc
	expect 3 unfit own read-ext4-file "$images/plain.ext4" /fifo
	expect 3 unfit own read-ext4-file "$images/plain.ext4" /device
}

@test "does: max= bounds it before the first byte" {
	expect 0 - own read-ext4-file "$images/plain.ext4" /etc/hostname max=6
	expect 3 unfit own read-ext4-file "$images/plain.ext4" /etc/hostname max=5
	expect 3 unfit own read-ext4-file "$images/huge.ext4" /f
	expect 3 not-allowed banger-priv read-ext4-file "$images/plain.ext4" /etc/hostname max=1073741825
}

@test "refuses: the gates, as root calls it" {
	local path
	for path in / etc /a/../b /a/ //a "/$(printf 'a%.0s' {1..256})"; do
		expect 3 malformed banger-priv read-ext4-file "$images/plain.ext4" "$path"
	done
	expect 2 usage banger-priv read-ext4-file "$images/plain.ext4"
	expect 3 malformed banger-priv read-ext4-file /etc/shadow /x
}

@test "refuses: an image that is not the owner's to open is refused, whatever it is" {
	local at=$images/odd
	mkdir -p "$at"
	chown banger: "$at"
	cp --sparse=always "$images/plain.ext4" "$at/stranger"
	chown stranger: "$at/stranger"
	chmod 0666 "$at/stranger"
	expect 3 foreign own read-ext4-file "$at/stranger" /etc/hostname
	cp --sparse=always "$images/plain.ext4" "$at/secret"
	chmod 0600 "$at/secret"
	expect 3 absent own read-ext4-file "$at/secret" /etc/hostname
	expect 3 absent own read-ext4-file "$at/none" /etc/hostname
	ln -s "$images/plain.ext4" "$at/link"
	expect 3 absent own read-ext4-file "$at/link" /etc/hostname
	as banger mkfifo "$at/fifo"
	expect 3 foreign timeout 10 setpriv --reuid banger --regid banger --clear-groups sudo -n banger-priv read-ext4-file "$at/fifo" /x
	expect 3 foreign own read-ext4-file "$at" /x
	cp --sparse=always "$images/plain.ext4" "$at/two"
	chown banger: "$at/two"
	ln "$at/two" "$at/names"
	expect 3 foreign own read-ext4-file "$at/two" /etc/hostname
	touch "$at/mount"
	mount --bind /etc/shadow "$at/mount"
	expect 3 absent own read-ext4-file "$at/mount" /x
	umount "$at/mount"
	# The last is that of the image, which root has made immutable.
	expect 3 absent inject fail:EPERM openat2 "$(inject count openat2 0 banger-priv read-ext4-file "$images/plain.ext4" /x 2>&1 | tail -n 1)" \
		banger-priv read-ext4-file "$images/plain.ext4" /x
}

@test "refuses: what is not ext4, or not ext4 alone, or journals elsewhere, is refused" {
	local name
	for name in none ext2 short external journal9 journaldev unknown revision luks; do
		echo "$name"
		expect 3 unfit own read-ext4-file "$images/$name.ext4" /etc/hostname
	done
}

@test "refuses: a UDF and an exFAT, to which libblkid would listen for as long as they talk" {
	local from=$images/endless image=$images/talking word
	expect 3 unfit timeout 20 banger-priv read-ext4-file "$from" /etc/hostname
	# It is not looked for, even where it comes into being after the first look.
	cp --sparse=always "$from" "$image"
	chown banger: "$image"
	printf '     ' | dd of="$image" bs=1 seek=32769 conv=notrunc status=none
	expect 0 - inject do:"printf NSR02 | dd of=$image bs=1 seek=32769 conv=notrunc status=none" fadvise64 1 \
		timeout 20 banger-priv read-ext4-file "$image" /etc/hostname
	expect 3 unfit banger-priv read-ext4-file "$image" /etc/hostname
	for word in BEA01 BOOT2 CD001 CDW02 NSR03 TEA01; do
		printf '%s' "$word" | dd of="$image" bs=1 seek=32769 conv=notrunc status=none
		expect 3 unfit banger-priv read-ext4-file "$image" /etc/hostname
	done
	printf '     ' | dd of="$image" bs=1 seek=32769 conv=notrunc status=none
	expect 0 - banger-priv read-ext4-file "$image" /etc/hostname
	printf 'EXFAT   ' | dd of="$image" bs=1 seek=3 conv=notrunc status=none
	expect 3 unfit banger-priv read-ext4-file "$image" /etc/hostname
}

@test "does: damaged images end in documented ways, and in time" {
	local image path status
	[ "$(ls "$images"/*.ext4 | wc -l)" -ge 40 ]
	for image in "$images"/*.ext4; do
		for path in /etc/hostname /large /links/up /d/x; do
			status=0
			timeout 40 banger-priv read-ext4-file "$image" "$path" > /dev/null 2> "$BATS_TEST_TMPDIR/err" || status=$?
			case $status in 0 | 3 | 5 | 6 | 7) ;; *) echo "$image $path: $status"; return 1 ;; esac
			[ ! -s "$BATS_TEST_TMPDIR/err" ] || { err=$(cat "$BATS_TEST_TMPDIR/err"); one_clean_line; }
		done
	done
}

@test "what an image says it holds costs no memory: 64 MiB, whatever the image" {
	python3 - "$images"/*.ext4 <<- 'END'
		import resource, subprocess, sys
		for image in sys.argv[1:]:
		    for path in "/etc/hostname", "/f", "/sparse", "/d/x":
		        subprocess.run(["banger-priv", "read-ext4-file", image, path, "max=1048576"], stdout=-3, stderr=-3)
		peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
		sys.exit(0 if peak <= 65536 else f"{peak} KiB")
	END
}

@test "does: a reader that takes nothing, or a full disk, is no success" {
	local status=0
	own read-ext4-file "$images/plain.ext4" /large > /dev/full 2> /dev/null || status=$?
	[ "$status" = 5 ]
	own read-ext4-file "$images/plain.ext4" /large 2> "$BATS_TEST_TMPDIR/err" | head -c 10 > /dev/null
}

@test "failed: no descriptor or no disk to be had is no image that is not there" {
	local error n status
	for error in ENFILE EIO; do
		for n in {1..12}; do
			status=0
			inject "fail:$error" openat2 "$n" banger-priv read-ext4-file "$images/plain.ext4" /etc/hostname \
				> /dev/null 2> "$BATS_TEST_TMPDIR/said" || status=$?
			[ "$status" != 125 ] || break
			[[ $status = [45] ]]
		done
		[ "$n" -gt 3 ]
		[ "$status" = 125 ]
	done
}

@test "waits for a writer's lock, and is busy when that stays; a lease is busy" {
	expect 6 in-use flock "$images/plain.ext4" setpriv --reuid banger --regid banger --clear-groups \
		sudo -n banger-priv read-ext4-file "$images/plain.ext4" /etc/hostname
	python3 - "$images/plain.ext4" << 'LEASE' &
import fcntl, os, sys, time, signal
signal.signal(signal.SIGIO, signal.SIG_IGN)
os.setegid(1900); os.seteuid(1900)
fd = os.open(sys.argv[1], os.O_RDWR)
fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
open("/tmp/leased", "w").close()
time.sleep(20)
LEASE
	local leasing=$!
	while [ ! -e /tmp/leased ]; do sleep .1; done
	rm /tmp/leased
	expect 6 in-use timeout 5 banger-priv read-ext4-file "$images/plain.ext4" /etc/hostname
	kill "$leasing" && wait "$leasing" || :
}

@test "does: the owner changes the image all the while: only documented ends" {
	cp --sparse=always "$images/plain.ext4" "$images/moving.ext4"
	chown banger: "$images/moving.ext4"
	python3 "$BATS_TEST_DIRNAME/lib/mutate.py" "$images/moving.ext4" &
	local changing=$!
	local end=$((SECONDS + ${BANGER_MUTATE_SECONDS:-5})) status
	while [ "$SECONDS" -lt "$end" ]; do
		status=0
		banger-priv read-ext4-file "$images/moving.ext4" /large > /dev/null 2>&1 || status=$?
		case $status in 0 | 3 | 5 | 6 | 7) ;; *) echo "$status"; kill "$changing"; return 1 ;; esac
	done
	kill "$changing" && wait "$changing" || :
}

@test "the parser is nobody, without capabilities, and opens nothing; no debugfs" {
	local parser opener
	trace "$BATS_TEST_TMPDIR/trace" banger-priv read-ext4-file "$images/plain.ext4" /etc/hostname
	[ "$(grep -c 'execve(' "$BATS_TEST_TMPDIR/trace")" = 1 ]
	! grep -E 'open(at|at2)?\(' "$BATS_TEST_TMPDIR/trace" | grep -E 'plain.ext4' | grep -v RESOLVE_ || false
	parser=$(sed -n 's/ .*setresuid(65534, 65534, 65534.*//p' "$BATS_TEST_TMPDIR/trace")
	opener=$(sed -n 's/ .*setresuid(1900, 1900, 1900.*//p' "$BATS_TEST_TMPDIR/trace")
	# One after the other: the first byte is read when the image has been opened and who did has ended.
	[ "$(grep -nE "^$opener .*exit_group" "$BATS_TEST_TMPDIR/trace" | cut -d: -f1)" -lt \
		"$(grep -nE "^$parser .*lseek\(20" "$BATS_TEST_TMPDIR/trace" | head -1 | cut -d: -f1)" ]
	run ! grep -E 'open|execve' <(grep "^$parser " "$BATS_TEST_TMPDIR/trace" | sed '1,/clone3/d')
}

@test "fails: either cage that does not close, or a death of who opens the image, is one line, and nobody is left" {
	local call n read=(banger-priv read-ext4-file "$images/plain.ext4" /etc/hostname)
	# Both close at once: which of the two it is makes no difference.
	for call in setgroups setresuid capset seccomp; do
		for n in 1 2; do
			expect 4 confinement inject fail:EPERM "$call" "$n" "${read[@]}"
		done
	done
	expect 5 failed inject kill flock 1 "${read[@]}"
	[[ $err == *": a child did not come to its end" ]]
	expect 5 failed inject fail:EIO clone 1 "${read[@]}"
	expect 5 failed inject fail:EIO dup3 1 "${read[@]}"
	run ! pgrep -x banger-priv
}

@test "fails: a snapshot where the kernel has no device-mapper, and says what is missing" {
	# Some hosts have it; tests/vm/fsck-snapshot.bats is for them.
	! grep -q device-mapper /proc/misc || return 0
	expect 5 failed own read-ext4-file /dev/mapper/fc-rootfs-a /x
	[[ $err == *"needs device-mapper, which this kernel has not, or not yet: modprobe dm_mod" ]]
}

#!/usr/bin/env bats
# write-ext4-files: what is put into an image, what is refused, and what an error or a kill leaves.

load lib/common
load lib/ext4

setup_file() { images_make; }

setup() {
	canaries_plant
	image=$images/work
	cp --sparse=always "$images/plain.ext4" "$image"
	chown banger: "$image"
}

teardown() { canaries_same && canaries_end; }

# put OPERAND...: stdin is the contents.  As root, without sudo between.
put() { banger-priv write-ext4-files "$image" "$@"; }

refuses() { # CODE REASON CONTENTS OPERAND...: and the image is what it was
	local code=$1 reason=$2 contents=$3
	shift 3
	cp --sparse=always "$image" "$images/before"
	expect_stdin "$code" "$reason" "$contents" banger-priv write-ext4-files "$image" "$@"
	cmp "$image" "$images/before"
}

from_contents() { "$@" < "$BATS_TEST_TMPDIR/contents"; }

# As expect, with contents on stdin.
expect_stdin() {
	local code=$1 reason=$2 contents=$3
	shift 3
	printf %s "$contents" > "$BATS_TEST_TMPDIR/contents"
	expect "$code" "$reason" from_contents "$@"
}

@test "does: six small files into a 1 GiB image: bytes, owner, mode; e2fsck and debugfs agree" {
	size=1G image_from_tree large -t ext4
	image=$images/large.ext4
	local i operands=()
	for i in 1 2 3 4 5 6; do
		head -c $((i * 1111)) /dev/urandom > "$BATS_TEST_TMPDIR/f$i"
		operands+=("/etc/f$i=0640:$((i * 20000)):$i:$((i * 1111))")
	done
	cat "$BATS_TEST_TMPDIR"/f? | own write-ext4-files "$image" "${operands[@]}"
	clean "$image"
	for i in 1 2 3 4 5 6; do
		own read-ext4-file "$image" "/etc/f$i" | cmp - "$BATS_TEST_TMPDIR/f$i"
		debugfs -R "stat /etc/f$i" "$image" > "$BATS_TEST_TMPDIR/stat" 2> /dev/null
		grep -q "Mode:  0640" "$BATS_TEST_TMPDIR/stat"
		grep -Eq "User: +$((i * 20000)) +Group: +$i " "$BATS_TEST_TMPDIR/stat"
	done
	rm "$image"
}

@test "does: replaces a file, makes directories, leaves those that are there" {
	expect_stdin 0 - newer put /new/=0700:1:2 /new/deep/=755:0:0 /new/deep/f=644:0:0:3 /etc/hostname=600:5:6:2 /d/=700:9:9
	clean "$image"
	[ "$(own read-ext4-file "$image" /new/deep/f)" = new ]
	[ "$(own read-ext4-file "$image" /etc/hostname)" = er ]
	debugfs -R "stat /d" "$image" 2> /dev/null | grep -Eq 'Mode:  0755'
	debugfs -R "stat /new" "$image" 2> /dev/null | grep -Eq 'Mode:  0700'
}

@test "does: many blocks at once: as large a file as may be comes back byte for byte" {
	size=200M image_from_tree wide -t ext4
	image=$images/wide.ext4
	head -c 67108864 /dev/urandom > "$BATS_TEST_TMPDIR/much"
	put /much=644:0:0:67108864 < "$BATS_TEST_TMPDIR/much"
	clean "$image"
	own read-ext4-file "$image" /much | cmp - "$BATS_TEST_TMPDIR/much"
	rm "$image"
}

@test "does: a directory that is full grows, one with an index stays whole" {
	local i
	mkdir -p "$images/tree/many"
	for i in {1..1500}; do : > "$images/tree/many/a-rather-long-name-$i"; done
	image_from_tree many -t ext4
	rm -r "$images/tree/many"
	image=$images/many.ext4
	e2fsck -fyD "$image" > /dev/null || [ $? = 1 ]
	expect_stdin 0 - x put /many/new=644:0:0:1 /many/d/=755:0:0
	clean "$image"
	expect_stdin 0 - y put /many/a-rather-long-name-700=644:0:0:1
	clean "$image"
	expect 0 - own read-ext4-file "$image" /many/a-rather-long-name-1400
	[ "$(own read-ext4-file "$image" /many/a-rather-long-name-700)" = y ]
	# The index is gone, and e2fsck makes it again.
	debugfs -R "stat /many" "$image" 2> /dev/null | grep -q 'Flags: 0x80000$'
	e2fsck -fyD "$image" > /dev/null || [ $? = 1 ]
	debugfs -R "stat /many" "$image" 2> /dev/null | grep -q 'Flags: 0x81000$'
}

@test "does: an index that does not say where a block of names ends: in time, and with no name lost" {
	local each
	for each in bad-index bad-index-unused; do
		image=$images/$each.ext4
		expect_stdin 0 - x timeout 40 banger-priv write-ext4-files "$image" "/many/$(printf 'n%.0s' {1..250})=644:0:0:1"
		e2fsck -fy "$image" > /dev/null || [ $? = 1 ]
		[ "$(debugfs -R "ls -p /many" "$image" 2> /dev/null | grep -c /a-rather-long-name-)" = 400 ]
	done
}

@test "refuses: a directory that says it lies in its inode, where that feature is not: nothing has changed" {
	local long
	long=$(printf 'n%.0s' {1..250})
	image=$images/bad-flag.ext4
	refuses 5 failed x "/d/$long=644:0:0:1"
	[[ $err == *"cannot make PATH 1: "*"EUCLEAN"* ]]
	refuses 5 failed '' "/d/$long/=755:0:0"
	debugfs -w -R "set_inode_field / flags 0x10000000" "$image" 2> /dev/null
	refuses 5 failed '' /x=644:0:0:0
}

@test "does: a directory without room for one more name grows by a block" {
	local long i
	long=$(printf 'a%.0s' {1..252})
	mkdir -p "$images/tree"/{full,filled}
	for i in {101..130}; do touch "$images/tree"/{full,filled}/"$long$i"; done
	image_from_tree full -t ext4
	for i in full filled; do debugfs -R "stat /$i" "$images/full.ext4" 2> /dev/null | grep -q 'Size: 8192$'; done
	rm -r "$images/tree"/{full,filled}
	image=$images/full.ext4
	expect_stdin 0 - x put "/full/${long}new=644:0:0:1" "/filled/${long}new/=755:0:0"
	clean "$image"
	[ "$(own read-ext4-file "$image" "/full/${long}new")" = x ]
	for i in full filled; do debugfs -R "stat /$i" "$image" 2> /dev/null | grep -q 'Size: 12288$'; done
}

@test "refuses: stdin must be as long as the sizes say" {
	refuses 3 malformed ab /x=644:0:0:3
	refuses 3 malformed abcd /x=644:0:0:3
	refuses 3 malformed '' /x=644:0:0:1
	refuses 3 malformed x /x/=755:0:0
	refuses 3 not-allowed '' /x=644:0:0:67108865
	refuses 3 not-allowed '' /x=644:0:0:60000000 /y=644:0:0:60000000
}

@test "refuses: no symlink on the way or at the end, and nothing else in a file's place" {
	refuses 3 unfit x /links/deep/er/etc/hostname=644:0:0:1
	refuses 3 unfit x /links/absolute=644:0:0:1
	refuses 3 unfit x /links/loop=644:0:0:1
	refuses 3 unfit x /links/host=644:0:0:1
	refuses 3 unfit x /etc=644:0:0:1
	refuses 3 unfit x /fifo=644:0:0:1
	refuses 3 unfit x /device=644:0:0:1
	refuses 3 unfit '' /etc/hostname/=755:0:0
	refuses 3 unfit x /etc/hostname/x=644:0:0:1
	refuses 3 unfit x /no/such/x=644:0:0:1
	refuses 3 unfit x /d/twice=644:0:0:1
	# The first would do.
	refuses 3 unfit xy /etc/good=644:0:0:1 /links/absolute=644:0:0:1
	refuses 3 malformed xy /etc/good=644:0:0:1 /etc/good=644:0:0:1
}

@test "refuses: the gates" {
	local operand
	for operand in /x /x=644:0:0 /x=2755:0:0:0 /x=644:0:-1:0 /x=644:4294967295:0:0 /x/=755:0:0:0 /=755:0:0 \
		/../x=644:0:0:0 x=644:0:0:0 /x=9:0:0:0 /x=644:00:0:0 /x//y=644:0:0:0; do
		refuses 3 malformed '' "$operand"
	done
	refuses 3 not-allowed '' /x=644:0:0:111111111111111111111
	refuses 3 malformed '' /x=644:0:111111111111111111111:0
	expect_stdin 0 - '' put '/a=644:0:0:1/=755:0:0' /x=y=644:0:0:0
	clean "$image"
	expect 2 usage banger-priv write-ext4-files "$image"
}

@test "refuses: no room in the image, or on the host: nothing has changed" {
	head -c 60000000 /dev/zero | tr '\0' x > "$BATS_TEST_TMPDIR/much"
	local before status=0
	before=$(sha256sum < "$image")
	put /much=644:0:0:60000000 < "$BATS_TEST_TMPDIR/much" 2> "$BATS_TEST_TMPDIR/err" || status=$?
	[ "$status" = 5 ]
	grep -q no-space "$BATS_TEST_TMPDIR/err"
	[ "$(sha256sum < "$image")" = "$before" ]
}

@test "refuses: no inode left, a directory with all the names it may have, one inode for two names: nothing has changed" {
	local n operands=()
	truncate -s 0 "$image"
	truncate -s 4M "$image"
	mke2fs -q -F -t ext4 -N 16 "$image"
	for n in 1 2 3 4 5 6; do operands+=("/$n=644:0:0:0"); done
	refuses 5 no-space '' "${operands[@]}"
	[[ $err == *"cannot make PATH 6"* ]]
	refuses 5 no-space '' "${operands[@]/%=*/\/=755:0:0}"
	[[ $err == *"cannot make PATH 6"* ]]
	image=$images/bad-twice.ext4
	refuses 3 unfit '' /links/new/=755:0:0
	[[ $err == *"PATH 1: the file has other names, or its directory too many entries" ]]
	refuses 5 failed xy /d/zz=644:0:0:1 /d/twice=644:0:0:1
	[[ $err == *"cannot make PATH 2: "*"EUCLEAN"* ]]
}

@test "refuses: images that are not clean, need recovery or would be broken are refused, naming the remedy" {
	local name
	for name in recover notclean errors orphans; do
		image=$images/$name.ext4
		refuses 3 unfit x /x=644:0:0:1
		grep -q 'e2fsck -fy' "$BATS_TEST_TMPDIR/err"
	done
	image_from_tree blocks -t ext4 -b 65536 2> /dev/null
	while read -r name why; do
		image=$images/$name.ext4
		refuses 3 unfit x /x=644:0:0:1
		[[ $err == *"the image $why" ]]
	done <<- 'IMAGES'
		external names an external journal
		journaldev names an external journal
		journal9 has its journal elsewhere than in inode 8
		unknown has a feature that is not known here
		mmp has multiple mount protection (mmp)
		revision is of a revision that is not known here
		short is shorter than its superblock says
		luks must be an ext4 file system and nothing else besides
		ext2 must be an ext4 file system and nothing else besides
		first has its first block elsewhere than where the size of its blocks puts it
		blocks has blocks of more than 4096 bytes
	IMAGES
	for name in encrypt casefold verity inline_data bigalloc quota ea_inode; do
		image_from_tree "feature" -t ext4 -O "$name"
		image=$images/feature.ext4
		refuses 3 unfit x /x=644:0:0:1
		[[ $err == *"the image has a feature that a write would not keep up" ]]
	done
}

@test "does: damaged images end in documented ways, and in time" {
	local each status
	for each in "$images"/*.ext4; do
		cp --sparse=always "$each" "$image"
		status=0
		timeout 40 banger-priv write-ext4-files "$image" /etc/hostname=644:0:0:1 /d/n/=755:0:0 /d/n/x=644:0:0:1 <<< a \
			> /dev/null 2> "$BATS_TEST_TMPDIR/err" || status=$?
		case $status in 0 | 3 | 5 | 6) ;; *) echo "$each: $status"; return 1 ;; esac
		[ ! -s "$BATS_TEST_TMPDIR/err" ] || { err=$(cat "$BATS_TEST_TMPDIR/err"); one_clean_line; }
	done
}

# Whether /etc/hostname and /etc/new are each the old or the new one, once e2fsck has been there.
repairs() {
	e2fsck -fy "$image" > "$BATS_TEST_TMPDIR/fsck" 2>&1 || [ $? = 1 ]
	clean "$image"
	local old new
	old=$(debugfs -R "cat /etc/hostname" "$image" 2> /dev/null)
	new=$(debugfs -R "cat /etc/new" "$image" 2>&1)
	case $old in guest | NEWER) ;; *) echo "hostname: $old"; return 1 ;; esac
	case $new in *fresh | *"File not found"*) ;; *) echo "new: $new"; return 1 ;; esac
	[ "$(debugfs -R "cat /d/x" "$image" 2> /dev/null)" = x ]
}

@test "killed or failed at every system call: repaired, each file the old or the new one; failed: unchanged" {
	local n count status operands=(/etc/hostname=600:0:0:5 /etc/new=600:0:0:5 /etc/dir/=755:0:0) changed=0
	write() { # INJECTION...
		cp --sparse=always "$images/plain.ext4" "$image"
		chown banger: "$image"
		status=0
		"$BANGER_BUILD/tests/inject" "$@" banger-priv write-ext4-files "$image" "${operands[@]}" \
			< <(printf NEWERfresh) > "$BATS_TEST_TMPDIR/said" 2>&1 || status=$?
	}
	is_written() { clean "$image" && [ "$(debugfs -R "cat /etc/hostname" "$image" 2> /dev/null)" = NEWER ]; }
	write count caged 0
	count=$(tail -n 1 "$BATS_TEST_TMPDIR/said")
	[ "$count" -ge 40 ]
	for n in $(seq "$count"); do
		write kill caged "$n"
		# How often stdin is looked at before all of it is there, and whose filter is the first, is not always the same.
		[ "$status" != 125 ] || [ "$n" -lt $((count - 8)) ] || break
		# Who opened the image may have done so when it is killed: then the other goes on.
		case $status in
		137 | 5) ;;
		0) is_written ;;
		*) false ;;
		esac || { echo "kill $n: $status"; return 1; }
		cmp -s "$image" "$images/plain.ext4" || { changed=$((changed + 1)); repairs || { echo "kill $n"; return 1; }; }
		write fail:ENOSPC caged "$n"
		case $status in
		0) is_written ;;
		125) [ "$n" -ge $((count - 8)) ] ;;
		3 | 4 | 5 | 6) cmp "$image" "$images/plain.ext4" ;;
		*) false ;;
		esac || { echo "fail $n: $status"; cat "$BATS_TEST_TMPDIR/said"; return 1; }
	done
	[ "$changed" -ge 6 ]
}

@test "killed at every write of a name into a directory that has an index and no room: every name is there" {
	local n m status long commands=()
	long=$(printf 'a%.0s' {1..200})
	truncate -s 4M "$images/index.ext4"
	mke2fs -q -F -t ext4 -b 1024 -J size=1 -E hash_seed=00000000-0000-4000-8000-000000000001 "$images/index.ext4"
	# Between two of its blocks each time another's, so that what says where they are is a block, too, behind some of them.
	commands=("write $images/tree/d/x x" "mkdir many")
	for n in {1..12}; do
		commands+=("write $images/tree/d/x x$n" "expand_dir many")
		for m in {1..4}; do commands+=("ln x many/$long$n-$m"); done
	done
	printf '%s\n' "${commands[@]}" | debugfs -w -f - "$images/index.ext4" > "$BATS_TEST_TMPDIR/made" 2>&1
	e2fsck -fyD "$images/index.ext4" > "$BATS_TEST_TMPDIR/made" || [ $? = 1 ]
	debugfs -R "stat /many" "$images/index.ext4" 2> /dev/null > "$BATS_TEST_TMPDIR/stat"
	grep -q 'Flags: 0x81000' "$BATS_TEST_TMPDIR/stat"
	grep -q 'ETB0' "$BATS_TEST_TMPDIR/stat"
	for n in {1..100}; do
		cp --sparse=always "$images/index.ext4" "$image"
		status=0
		inject kill pwrite64 "$n" banger-priv write-ext4-files "$image" "/many/${long}x=644:0:0:0" "/many/${long}y=644:0:0:0" \
			"/many/${long}z/=755:0:0" < /dev/null > /dev/null 2> "$BATS_TEST_TMPDIR/said" || status=$?
		[ "$status" != 125 ] || break
		[ "$status" = 137 ]
		e2fsck -fy "$image" > "$BATS_TEST_TMPDIR/fsck" 2>&1 || [ $? = 1 ]
		[ "$(debugfs -R "ls -p /many" "$image" 2> /dev/null | grep -c "/${long}[0-9]")" = 48 ] || { echo "kill $n"; false; }
		clean "$image"
	done
	[ "$n" -ge 10 ]
	clean "$image"
	debugfs -R "ls -p /many" "$image" 2> /dev/null > "$BATS_TEST_TMPDIR/names"
	[ "$(grep -c "/${long}" "$BATS_TEST_TMPDIR/names")" = 51 ]
}

@test "does: the owner changes the image all the while: only documented ends" {
	python3 "$BATS_TEST_DIRNAME/lib/mutate.py" "$image" &
	local changing=$! end=$((SECONDS + ${BANGER_MUTATE_SECONDS:-5})) status
	while [ "$SECONDS" -lt "$end" ]; do
		status=0
		put /etc/hostname=600:0:0:1 /etc/z/=700:0:0 <<< "" > /dev/null 2>&1 || status=$?
		case $status in 0 | 3 | 5 | 6) ;; *) echo "$status"; kill "$changing"; return 1 ;; esac
	done
	kill "$changing" && wait "$changing" || :
}

@test "does: a directory that has an index by the time its name comes, and had none: what was read of it counts" {
	local n block offset at long status operands=()
	long=$(printf 'n%.0s' {1..250})
	read -r block offset < <(debugfs -R "imap /many" "$images/bad-index.ext4" 2> /dev/null |
		sed -n 's/.*located at block \([0-9]*\), offset \(0x[0-9a-f]*\)$/\1 \2/p')
	at=$((block * 1024 + offset + 32))
	flag() { echo "printf '\\$1' | dd of='$image' bs=1 seek=$((at + 1)) conv=notrunc status=none"; }
	# More than libext2fs keeps of inodes.
	for n in {1..6}; do operands+=("/$n=644:0:0:0"); done
	for n in {1..200}; do
		cp --sparse=always "$images/bad-index.ext4" "$image"
		sh -c "$(flag 0)"
		status=0
		inject do:"$(flag 20)" pread64 "$n" timeout 40 banger-priv write-ext4-files "$image" "/many/$long=644:0:0:0" "${operands[@]}" \
			< /dev/null > /dev/null 2> "$BATS_TEST_TMPDIR/said" || status=$?
		[ "$status" != 125 ] || break
		[[ $status =~ ^[0356]$ ]] || { echo "pread64 $n: $status"; cat "$BATS_TEST_TMPDIR/said"; false; }
	done
	[ "$n" -gt 30 ]
}

@test "does: two writers at once: both files are there" {
	local n writers=()
	for n in 1 2 3 4; do
		put "/etc/p$n=600:0:0:1" < <(printf %s "$n") &
		writers+=($!)
	done
	wait "${writers[@]}"
	clean "$image"
	for n in 1 2 3 4; do [ "$(own read-ext4-file "$image" "/etc/p$n")" = "$n" ]; done
}

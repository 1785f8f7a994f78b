#!/bin/bash
# tests/fuzz/ext4.bash BUILD_DIR SECONDS: builds the harness with clang, makes small images, with and without
# checksums, and runs it.  What it finds stays in BUILD_DIR/fuzz.
set -euo pipefail
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$build/fuzz
mkdir -p "$work"/{images,corpus,tree/etc,tree/links,tree/d,tree/many,tree/full}
cd "$work"
echo guest > tree/etc/hostname
echo x > tree/d/x
head -c 30000 /dev/urandom > tree/large
ln -sf ../../etc/hostname tree/links/up
ln -sf "$(printf './%.0s' {1..60})../etc/hostname" tree/links/long
# Directories without room for one more name, where e2fsck gives them an index and where not.
name=$(printf 'a%.0s' {1..200})
touch "tree/many/$name"{01..30} "tree/full/$name"{1..4}
number=0
for features in metadata_csum ^metadata_csum,^64bit ^metadata_csum,inline_data,ea_inode ^has_journal,^metadata_csum ^extents,^64bit,^metadata_csum; do
	number=$((number + 1))
	rm -f "images/$number"
	truncate -s 2M "images/$number"
	mke2fs -q -F -t ext4 -b 1024 -N 96 -J size=1 -O "$features" -d tree "images/$number" 2> /dev/null ||
		mke2fs -q -F -t ext4 -b 1024 -N 96 -O "$features" -d tree "images/$number"
	e2fsck -fyD "images/$number" > /dev/null 2>&1 || [ $? = 1 ]
done
clang -std=gnu17 -D_GNU_SOURCE -DBANGER_INSTRUMENTED -g -O1 -fsanitize=fuzzer,address,undefined \
	-fno-sanitize-recover=undefined -I"$root/src" -o ext4 "$root/tests/fuzz/ext4.c" \
	"$root"/src/sys/ext4{,-check,-io,-manager,-names,-read,-transaction,-write}.c "$root"/src/say/*.c -l:libext2fs.a -l:libcom_err.a -l:libblkid.a
ASAN_OPTIONS=detect_leaks=0 BANGER_FUZZ_IMAGES=$work/images ./ext4 -max_total_time="$2" -timeout=60 \
	-rss_limit_mb=4096 -max_len=512 -print_final_stats=1 -artifact_prefix="$work/" corpus > ext4.log 2>&1 ||
	{ tail -40 ext4.log; echo "not ok fuzz-ext4"; exit 1; }
echo "ok fuzz-ext4: $(sed -n 's/^stat::number_of_executed_units: *//p' ext4.log) images in $2 s"

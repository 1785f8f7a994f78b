# ext4.bash: ext4 images of the owner's, good and crafted, below $images.

images=/var/lib/banger/images

images_make() {
	local tree=$images/tree
	# In memory: a sync costs nothing there.
	mount -t tmpfs -o mode=711 images "${images%/*}"
	install -d -o banger -g banger "$images"
	mkdir -p "$tree"/{etc,links/deep/er,d,root}
	echo guest > "$tree/etc/hostname"
	: > "$tree/etc/empty"
	echo x > "$tree/d/x"
	echo z > "$tree/d/zz"
	head -c 3000000 /dev/urandom > "$tree/large"
	truncate -s 300000 "$tree/sparse"
	echo end >> "$tree/sparse"
	mkfifo "$tree/fifo"
	mknod "$tree/device" b 7 0
	ln -s /etc/hostname "$tree/links/absolute"
	ln -s ../etc/hostname "$tree/links/relative"
	ln -s ../../../../../../../../etc/hostname "$tree/links/up"
	ln -s deep/er/back "$tree/links/through"
	ln -s ../../../etc "$tree/links/deep/er/etc"
	ln -s etc/hostname "$tree/links/deep/er/back"
	ln -s loop "$tree/links/loop"
	ln -s /run/canary/file "$tree/links/host"
	ln -s "$(printf './%.0s' {1..200})../etc/hostname" "$tree/links/long"
	ln -s "$(printf './%.0s' {1..1800})long" "$tree/links/longer"
	mkdir -p "$tree$(printf '/deep%.0s' {1..256})"
	ln "$tree/d/zz" "$tree/d/twice"
	image_from_tree plain -t ext4
	image_from_tree ext2 -t ext2
	image_from_tree inline -t ext4 -O inline_data
	image_from_tree bigalloc -t ext4 -O bigalloc
	truncate -s 1M "$images/none.ext4"
	chown banger: "$images/none.ext4"
	python3 "$BATS_TEST_DIRNAME/lib/images.py" "$images"
}

image_from_tree() { # NAME MKE2FS_OPTION...
	local into=$images/$1.ext4
	shift
	truncate -s "${size:-40M}" "$into"
	mke2fs -q -F -b 4096 "$@" -d "$images/tree" "$into"
	chown banger: "$into"
}

# Exit status 0, every block of it.
clean() { e2fsck -fn "$1" > "$BATS_TEST_TMPDIR/fsck" 2>&1 || { cat "$BATS_TEST_TMPDIR/fsck"; return 1; }; }

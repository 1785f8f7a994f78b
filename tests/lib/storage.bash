# storage.bash: the scenarios of the storage verbs, as scenarios.bash has those of the others; for a kernel that has
# device-mapper.

images=/var/lib/banger/images
snapshot=fc-rootfs-s
mapper=/dev/mapper/$snapshot

scenarios_setup() {
	install -d -o banger -g banger "$images"
	mkdir -p "$BATS_FILE_TMPDIR/tree/d"
	head -c 600000 /dev/urandom > "$BATS_FILE_TMPDIR/tree/d/file"
	truncate -s 8M "$images/base" "$images/image"
	mke2fs -q -t ext4 -d "$BATS_FILE_TMPDIR/tree" "$images/base"
	cp "$images/base" "$images/image"
	head -c 300000 /dev/urandom > "$BATS_FILE_TMPDIR/contents"
	cp /usr/sbin/e2fsck "$BATS_FILE_TMPDIR/e2fsck"
	chown banger: "$images"/*
}

scenarios_teardown() {
	banger-priv cleanup-dm-snapshot "$snapshot"
	banger-priv cleanup-dm-snapshot fc-rootfs-slow
	rm -r "$images"
}

# Of $snapshot, in a COW of its own.
fresh_cow() {
	cow=$images/cow-$snapshot
	banger-priv cleanup-dm-snapshot "$snapshot"
	rm -f "$cow"
	truncate -s 1M "$cow"
	chown banger: "$cow"
}

fresh_mapping() {
	fresh_cow
	banger-priv create-dm-snapshot "$snapshot" "$images/base" "$cow" > /dev/null
}

tagged_loops() { losetup --list --noheadings --output BACK-FILE | grep "^$images/" || :; }

scenario_create_dm_snapshot_1() { # in the place of what is stale there
	fresh_cow
	ln -s ../dm-77 "$mapper"
	ends 0 "$@" create-dm-snapshot "$snapshot" "$images/base" "$cow" && [ -b "$mapper" ]
}
scenario_create_dm_snapshot_2() { # undone
	fresh_cow
	# shellcheck disable=SC2046  # a command
	ends 5 $(failing mknodat) "$@" create-dm-snapshot "$snapshot" "$images/base" "$cow" &&
		[ -z "$(tagged_loops)" ] && ! dmsetup info "$snapshot" > /dev/null 2>&1
}

linked() { # as udev does it
	ln -sfn "../dm-$(dmsetup info -c --noheadings -o minor "$snapshot")" "$mapper"
}

# The mapping that VERB is to remove is opened when it is on the point of doing so, and stays open.
held_open() { # PROGRAM... VERB
	local minor status=0 holder=$BATS_TEST_TMPDIR/holder
	fresh_mapping
	minor=$(dmsetup info -c --noheadings -o minor "$snapshot")
	rm -f "$holder"
	ends 6 "$BANGER_BUILD/tests/inject" \
		"do:sleep 60 < /dev/dm-$minor > /dev/null 2>&1 3>&- & echo \$! > $holder; sleep .1" unlinkat 1 \
		"$@" "$snapshot" || status=$?
	[ -b "$mapper" ] || status=1
	# One line less, and it may not have come so far.
	[ ! -e "$holder" ] || kill "$(cat "$holder")"
	until banger-priv cleanup-dm-snapshot "$snapshot" 2> /dev/null; do :; done
	return "$status"
}

scenario_cleanup_dm_snapshot_1() {
	fresh_mapping
	linked
	ends 0 "$@" cleanup-dm-snapshot "$snapshot" && [ ! -L "$mapper" ]
}
scenario_cleanup_dm_snapshot_2() { # a loop device alone
	fresh_cow
	attach_as "$cow" "BANGER:$snapshot" > /dev/null
	ends 0 "$@" cleanup-dm-snapshot "$snapshot" && [ -z "$(tagged_loops)" ]
}
scenario_cleanup_dm_snapshot_3() { held_open "$@" cleanup-dm-snapshot; }

scenario_remove_dm_snapshot_1() {
	fresh_mapping
	linked
	ends 0 "$@" remove-dm-snapshot "$snapshot" && [ ! -L "$mapper" ]
}
scenario_remove_dm_snapshot_2() { held_open "$@" remove-dm-snapshot; }

# PROGRAM... VERB OPERAND...: the kernel does not tell how large the device is, after device-mapper has told of it twice.
of_unknown_size() {
	[ -b "$mapper" ] || fresh_mapping
	ends 0 "$BANGER_BUILD/tests/inject" fail:ENOTTY ioctl 3 "$@"
}

stand_in() { # COMMAND...: with e2fsck's stand-in
	local status=0
	cp "$BANGER_BUILD/tests/e2fsck" /usr/sbin/e2fsck
	"$@" || status=$?
	cp "$BATS_FILE_TMPDIR/e2fsck" /usr/sbin/e2fsck
	return "$status"
}
scenario_fsck_snapshot_1() { # a program that is let do nothing of what the row denies
	[ -b "$mapper" ] || fresh_mapping
	stand_in ends 0 "$@" fsck-snapshot "$mapper"
}
scenario_fsck_snapshot_2() { # one that takes too long
	local snapshot=fc-rootfs-slow
	local mapper=/dev/mapper/$snapshot
	[ -b "$mapper" ] || fresh_mapping
	stand_in ends 6 "$BANGER_BUILD/tests/inject" alter:2:200 poll 4 "$@" fsck-snapshot "$mapper" &&
		! pgrep -x e2fsck
}
scenario_fsck_snapshot_3() { stand_in of_unknown_size "$@" fsck-snapshot "$mapper"; }

scenario_read_ext4_file_1() { ends 0 "$@" read-ext4-file "$images/image" /d/file; }
scenario_read_ext4_file_2() {
	[ -b "$mapper" ] || fresh_mapping
	ends 0 "$@" read-ext4-file "$mapper" /d/file
}
scenario_read_ext4_file_3() { of_unknown_size "$@" read-ext4-file "$mapper" /d/file; }

scenario_write_ext4_files_1() {
	ends 0 "$@" write-ext4-files "$images/image" /d/new=644:0:0:300000 < "$BATS_FILE_TMPDIR/contents"
}
scenario_write_ext4_files_2() {
	[ -b "$mapper" ] || fresh_mapping
	ends 0 "$@" write-ext4-files "$mapper" /d/new=644:0:0:300000 < "$BATS_FILE_TMPDIR/contents"
}
scenario_write_ext4_files_3() {
	of_unknown_size "$@" write-ext4-files "$mapper" /d/new=644:0:0:300000 < "$BATS_FILE_TMPDIR/contents"
}

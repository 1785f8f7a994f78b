# check.bash: a host on which nothing is wrong, for tests of what check says once something is.

setup_file() {
	restore_binaries
	mkdir "$BATS_FILE_TMPDIR/good"
	cp /usr/local/bin/{firecracker,jailer} "$BATS_FILE_TMPDIR/good"
	banger-priv ensure-socket-dir
}
setup() {
	printf '%s\n' 'vm_uid = 1900000000-1900000999' 'vm_gid = 1900000000-1900000999' > /etc/banger/priv.conf
}
teardown_file() { install_configuration; }

# What it says in that state of that subject, as JSON, one object a line.
said() { # SUBJECT STATE
	banger-priv check format=json |
		gojq -c --arg subject "$1" --arg state "$2" '.checks[] | select(.check == $subject and .state == $state)'
}

is_ready() {
	banger-priv check > "$BATS_TEST_TMPDIR/ready" || { cat "$BATS_TEST_TMPDIR/ready"; return 1; }
}

# mends SUBJECT TEXT: the one thing that is wrong is of that subject and says TEXT, and once its command has
# run nothing is.  In a directory with the binaries, as the administrator who has just unpacked them.
mends() {
	local subject=$1 text=$2 status=0 line
	banger-priv check > "$BATS_TEST_TMPDIR/check" 2> "$BATS_TEST_TMPDIR/err" || status=$?
	[ "$status" = 4 ] || { echo "exit $status: $(cat "$BATS_TEST_TMPDIR/check")"; return 1; }
	line=$(grep '^wrong: ' "$BATS_TEST_TMPDIR/check")
	[ "$(wc -l <<< "$line")" = 1 ] || { echo "more than one is wrong: $line"; return 1; }
	[[ $line == "wrong: $subject: "*"$text"* ]] || { echo "another is wrong: $line"; return 1; }
	line=$(said "$subject" wrong)
	command=$(gojq -r .command <<< "$line")
	# The line for people ends with the same command.
	[[ $(grep '^wrong: ' "$BATS_TEST_TMPDIR/check") == *": $command" ]]
	(cd "$BATS_FILE_TMPDIR/good" && umask 022 && bash -c "$command") || { echo "does not run: $command"; return 1; }
	is_ready
}

# waiting.bash: what somebody who sits at a terminal is told.

on_terminal() { # SECONDS COMMAND...: with stderr a terminal, whose words are in $screen, cut off after a while
	screen=$BATS_TEST_TMPDIR/screen
	timeout "$1" script -qec "${*:2}" /dev/null < /dev/null > "$screen" || :
	cat -v "$screen"
}

told() { # WHAT: in the first second, and in the one after that
	told_once "$1" && grep -q "waiting for $1, 2 s so far" "$screen"
}

told_once() { grep -q "^banger-priv [a-z0-9-]*: waiting for $1, 1 s so far" "$screen"; }

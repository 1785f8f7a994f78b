#!/usr/bin/env bats
# doas: the example in data/doas.conf, with the real program.

load lib/common
load lib/vmm

example=$BATS_TEST_DIRNAME/../data/doas.conf

setup_file() {
	"$BATS_TEST_DIRNAME/lib/doas" install
	banger-priv ensure-bridge
}
setup() {
	install -m 0400 "$example" /etc/doas.conf
	"$BATS_TEST_DIRNAME/lib/logger.py" /dev/log "$BATS_TEST_TMPDIR/log" 3>&- &
	started+=($!)
	until_true test -S /dev/log
}
teardown() {
	end "${started[@]}"
	rm -f /dev/log
	ip link delete banger-a 2> /dev/null || :
}

by_doas() { as "$1" doas -n /usr/sbin/banger-priv "${@:2}"; }

@test "does: the owner calls by it, and the audit names the owner" {
	doas -C /etc/doas.conf
	expect 0 - by_doas banger create-tap banger-a
	until_true grep -q 'end uid=1900 verb=create-tap code=0' "$BATS_TEST_TMPDIR/log"
	expect 3 malformed by_doas banger create-tap eth0
}

@test "refuses: everybody else, and every other command" {
	run ! by_doas stranger create-tap banger-a
	run ! by_doas admin create-tap banger-a
	run ! as banger doas -n /usr/bin/id
	run ! as banger doas -n -u admin /usr/sbin/banger-priv create-tap banger-a
	run ! ip link show banger-a
}

@test "refuses: a rule for a user that is neither owner nor admin; no SUDO_UID of the caller's own gets in" {
	echo 'permit nopass setenv { SUDO_UID=1902 } stranger as root cmd /usr/sbin/banger-priv' > /etc/doas.conf
	expect 3 caller by_doas stranger create-tap banger-a
	expect 3 caller by_doas stranger ensure-bridge
	SUDO_UID=1900 expect 3 caller by_doas stranger create-tap banger-a
}

@test "does: without setenv in the rule the program takes whoever doas admits for root by hand" {
	echo 'permit nopass stranger as root cmd /usr/sbin/banger-priv' > /etc/doas.conf
	SUDO_UID=1902 expect 0 - by_doas stranger create-tap banger-a
	until_true grep -q 'end uid=0 verb=create-tap code=0' "$BATS_TEST_TMPDIR/log"
}

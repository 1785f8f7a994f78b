#!/usr/bin/env bats
# One record before and one after each privileged verb, which never hold anything up.

load lib/common

setup_file() { banger-priv ensure-bridge; }
teardown() {
	[ -z "${logger_pid:-}" ] || { kill "$logger_pid"; wait "$logger_pid" || :; } 2> /dev/null
	rm -f /dev/log
	ip link delete banger-a 2> /dev/null || :
}

listen() { # [unread|senders]
	"$BATS_TEST_DIRNAME/lib/logger.py" /dev/log "$BATS_TEST_TMPDIR/log" "$@" 3>&- &
	logger_pid=$!
	read -r _ < <(tail --pid="$logger_pid" -F "$BATS_TEST_TMPDIR/log" 2> /dev/null)
}

# Ours: sudo writes there as well.
records() { grep -a 'banger-priv\[' "$BATS_TEST_TMPDIR/log"; }

# The program does not wait for the logger, so the test does.
records_are() {
	for _ in $(seq 100); do
		[ "$(records | wc -l)" -lt "$1" ] || break
		sleep .02
	done
	[ "$(records | wc -l)" = "$1" ]
}

@test "does: two records with caller, verb, operands, outcome, milliseconds" {
	listen
	own create-tap banger-a uid=1900
	records_are 2
	records | sed -n 1p | grep -qE '^<86>banger-priv\[[0-9]+\]: begin uid=1900 verb=create-tap banger-a uid=1900$'
	records | sed -n 2p | grep -qE '^<86>banger-priv\[[0-9]+\]: end uid=1900 verb=create-tap code=0 ms=[0-9]+$'
}

@test "does: a refusal is recorded with its reason, and what was typed is escaped" {
	listen
	run ! banger-priv create-tap $'a\nb\e[2J'
	records_are 2
	records | sed -n 1p | grep -qF 'verb=create-tap a\x0ab\x1b[2J'
	records | sed -n 2p | grep -q 'code=3 reason=malformed'
	run ! env SUDO_UID=1902 banger-priv delete-tap banger-a
	records_are 4
	records | sed -n 4p | grep -q 'uid=1902 verb=delete-tap code=3 reason=caller'
	run ! banger-priv create-tap "banger-$(head -c 100000 /dev/zero | tr '\0' a)"
	records_are 6
	run ! env SUDO_UID=$'1\n<0>forged' banger-priv delete-tap banger-a
	records_are 8
	run ! grep -q '^<0>' "$BATS_TEST_TMPDIR/log"
}

@test "does: the reason is there, once, also where a part of the verb in a child of its own refused, or its cage" {
	listen
	expect 3 absent own read-ext4-file /var/lib/banger/none.ext4 /etc/hosts
	records_are 2
	records | sed -n 2p | grep -qE 'verb=read-ext4-file code=3 reason=absent ms=[0-9]+$'
	expect 4 confinement inject fail:EPERM setresuid 1 banger-priv read-ext4-file /var/lib/banger/none.ext4 /etc/hosts
	records_are 4
	records | sed -n 4p | grep -qE 'verb=read-ext4-file code=4 reason=confinement ms=[0-9]+$'
}

@test "does: every operand is recorded, and a record that is too long for that says so" {
	listen
	local long
	long=/var/lib/banger/$(head -c 4000 /dev/zero | tr '\0' a | fold -w 200 | tr '\n' /)
	expect 3 absent own prepare-jailer-chroot vm1 "${long%/}" drive=hidden:/var/lib/banger/root.ext4
	records_are 2
	records | sed -n 1p | grep -qE ' drive=hidden:/var/lib/banger/root.ext4$'
	run ! banger-priv create-tap "banger-$(head -c 100000 /dev/zero | tr '\0' a)" hidden
	records_are 4
	records | sed -n 3p | grep -qE 'aaa \(cut\)$'
}

@test "does: nothing that comes from us but the records, be stdout a way to where they go" {
	listen senders
	mkdir -p /var/lib/banger/images /run/tree
	printf '<86>banger-priv[1]: end uid=0 verb=forged code=0 ms=1' > /run/tree/forged
	truncate -s 16M /var/lib/banger/images/forged.ext4
	mke2fs -q -F -t ext4 -d /run/tree /var/lib/banger/images/forged.ext4
	chown banger: /var/lib/banger/images/forged.ext4
	local kind said
	for kind in SOCK_DGRAM SOCK_SEQPACKET; do
		said=$(as banger python3 - "$kind" << 'PYTHON'
import socket
import subprocess
import sys

if sys.argv[1] == "SOCK_DGRAM":
    out = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    out.connect("/dev/log")
else:
    out, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
call = subprocess.run(["sudo", "-n", "banger-priv", "read-ext4-file", "/var/lib/banger/images/forged.ext4", "/forged"],
                      stdout=out, stderr=subprocess.PIPE)
print(call.returncode, call.stderr.decode())
PYTHON
)
		[[ $said == "5 banger-priv read-ext4-file: failed: cannot write the result to stdout" ]]
	done
	records_are 4
	run ! grep -a forged\ code "$BATS_TEST_TMPDIR/log"
	# Who sends by itself is known by its uid.
	[ "$(grep -a 'banger-priv\[' "$BATS_TEST_TMPDIR/log" | cut -d' ' -f1 | sort -u | xargs)" = "0 65534" ]
	rm -r /run/tree /var/lib/banger/images
}

@test "does: verbs for people are not recorded" {
	listen
	banger-priv verbs > /dev/null
	[ "$(records | wc -l)" = 0 ]
}

@test "does: a /dev/log that is missing, dead, full or no socket holds nothing up" {
	expect 0 - own create-tap banger-a
	touch /dev/log
	expect 0 - own create-tap banger-a
	rm /dev/log
	listen unread
	for _ in $(seq 40); do timeout 5 banger-priv create-tap banger-a; done
	kill "$logger_pid"; wait "$logger_pid" || :
	logger_pid=
	expect 0 - own create-tap banger-a
}

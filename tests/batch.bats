#!/usr/bin/env bats
# batch: several verbs in one call.

load lib/common
load lib/vmm

setup_file() { vmm_install; }
setup() {
	configure ensure-bridge create-tap delete-tap ensure-socket-dir ensure-socket-access resolve-binary process-running
	network_gone
	rm -rf /run/banger
	before=$(host_state)
	canaries_plant
}
teardown() {
	canaries_same
	canaries_end
	network_gone
	rm -rf /run/banger
	[ -z "$(pgrep -x banger-priv)" ]
	[ "$(host_state)" = "$before" ]
}

configure() { echo "batch = $*" > /etc/banger/priv.conf; }
network_gone() {
	local link
	for link in banger-a banger-b banger0; do ip link delete "$link" 2> /dev/null || :; done
}

# ends_with CODE LINES COMMAND...: the exit status, and what stands on stdout, as "VERB CODE" after "VERB CODE".
ends_with() {
	local code=$1 lines=$2 status=0
	shift 2
	"$@" > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" || status=$?
	cat "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/err"
	[ "$status" = "$code" ]
	[ "$(gojq -r '"\(.verb) \(.code)"' "$BATS_TEST_TMPDIR/out" | paste -sd' ')" = "$lines" ]
}

nothing_acted() {
	run ! ip link show banger0
	[ ! -e /run/banger ]
}

@test "does: each verb in its turn, a line for each with what it said" {
	ends_with 0 "ensure-bridge 0 create-tap 0 ensure-socket-dir 0 resolve-binary 0" \
		own batch ensure-bridge -- create-tap banger-a uid=1900 -- ensure-socket-dir -- resolve-binary firecracker
	[ ! -s "$BATS_TEST_TMPDIR/err" ]
	[ "$(wc -l < "$BATS_TEST_TMPDIR/out")" = 4 ]
	gojq -se '.[0] == { verb: "ensure-bridge", code: 0, result: null } and
		.[3].result == { path: "/usr/local/bin/firecracker" } and all(keys == ["code", "result", "verb"])' \
		"$BATS_TEST_TMPDIR/out"
	ip link show banger-a | grep -q 'master banger0'
	[ "$(stat -c %U /run/banger)" = banger ]
	ends_with 0 "delete-tap 0" own batch delete-tap banger-a
}

@test "does: the same verb twice, with operands of its own each time" {
	ends_with 0 "ensure-bridge 0 create-tap 0 create-tap 0" \
		own batch ensure-bridge -- create-tap banger-a uid=1900 -- create-tap banger-b
	ip link show banger-a
	ip link show banger-b
	ends_with 0 "delete-tap 0 delete-tap 0" own batch delete-tap banger-a -- delete-tap banger-b
	run ! ip link show banger-a
	run ! ip link show banger-b
}

@test "does: the first that is not done is the last, and its exit status is the batch's" {
	ends_with 3 "ensure-socket-dir 0 create-tap 3" \
		own batch ensure-socket-dir -- create-tap banger-a -- ensure-bridge
	one_clean_line
	grep -q '^banger-priv create-tap: absent: ' "$BATS_TEST_TMPDIR/err"
	run ! ip link show banger0
	ends_with 6 "ensure-bridge 0 ensure-socket-access 6" \
		own batch ensure-bridge -- ensure-socket-access /run/banger/none timeout=1 -- create-tap banger-a
	one_clean_line
	run ! ip link show banger-a
	ends_with 7 "process-running 7" own batch process-running 4194304 /run/banger/a.sock -- create-tap banger-a
	run ! ip link show banger-a
}

@test "refuses: what one gate refuses, wherever it stands; nothing acts" {
	local bad
	for bad in "create-tap eth0" "create-tap banger-a uid=0" "delete-tap banger-a/b" "resolve-binary sh"; do
		expect 3 malformed own batch $bad -- ensure-bridge -- ensure-socket-dir
		expect 3 malformed own batch ensure-bridge -- $bad -- ensure-socket-dir
		expect 3 malformed own batch ensure-bridge -- ensure-socket-dir -- $bad
		nothing_acted
	done
	expect 3 not-allowed own batch ensure-bridge -- create-tap banger-a uid=1901
	expect 2 usage own batch ensure-bridge -- create-tap
	expect 2 usage own batch ensure-bridge more -- ensure-socket-dir
	# Both refuse: the first says so.
	expect 2 usage own batch ensure-bridge -- create-tap -- create-tap eth0
	nothing_acted
}

@test "refuses: verbs that the configuration does not name; by default, all" {
	local verb
	expect 3 not-allowed own batch ensure-bridge -- kill-process 4194304
	configure ensure-socket-dir
	expect 3 not-allowed own batch ensure-socket-dir -- ensure-bridge
	install_configuration
	for verb in $(banger-priv verbs format=json | gojq -r '.[].verb'); do
		expect 3 not-allowed own batch "$verb"
	done
	nothing_acted
}

@test "refuses: what has stdin or stdout to itself, waits for ever, or is for people; a key that names it is no key" {
	local verb
	for verb in read-ext4-file write-ext4-files wait-for-exit batch help version verbs explain sudoers; do
		configure ensure-bridge
		expect 3 not-allowed own batch ensure-bridge -- "$verb"
		[[ $err == *"$verb is never in a batch" ]]
		configure ensure-bridge "$verb"
		expect 4 config own batch ensure-bridge -- "$verb"
		expect 4 config own batch "$verb" create-tap
		expect 4 config own ensure-bridge
	done
	configure ensure-bridge
	expect 2 usage own batch nosuch
	configure nosuch
	expect 4 config own batch nosuch
	nothing_acted
}

@test "refuses: parts without a verb" {
	expect 2 usage own batch ensure-bridge --
	expect 2 usage own batch ensure-bridge -- -- ensure-socket-dir
	expect 2 usage own batch ensure-bridge -- ensure-socket-dir --
	expect 2 usage banger-priv batch
	expect 3 malformed banger-priv batch --
	expect 3 malformed banger-priv batch -- ensure-bridge
	expect 2 usage own batch ensure-bridge --- ensure-socket-dir
	expect 2 usage own batch ensure-bridge -- --help
	expect 3 malformed banger-priv batch ensure-bridge ''
	expect 3 malformed banger-priv batch ensure-bridge '-- ensure-socket-dir'
	expect 3 malformed banger-priv batch ensure-bridge $'--\n' ensure-socket-dir
	nothing_acted
}

@test "refuses: more than 64 verbs, and more words than are counted" {
	local -a many=(batch ensure-socket-dir)
	for _ in $(seq 63); do many+=(-- ensure-socket-dir); done
	expect 2 usage banger-priv "${many[@]}" -- ensure-socket-dir
	[ ! -e /run/banger ]
	expect 2 usage banger-priv batch ensure-socket-dir $(seq 4097)
	[ ! -e /run/banger ]
	ends_with 0 "$(printf 'ensure-socket-dir 0 %.0s' $(seq 64) | sed 's/ $//')" banger-priv "${many[@]}"
	# With no more descriptors than every verb needs.
	ends_with 0 "$(printf 'ensure-socket-dir 0 %.0s' $(seq 64) | sed 's/ $//')" \
		setpriv --bounding-set -sys_resource prlimit --nofile=128 banger-priv "${many[@]}"
}

@test "no operand of any verb can be --" {
	local verb
	for verb in $(banger-priv verbs format=json | gojq -r '.[].verb'); do
		[ "$verb" != batch ] || continue
		banger-priv explain "$verb" format=json | gojq -r '.operands[].pattern' | while IFS= read -r pattern; do
			run ! grep -qxE -e "$pattern" <<< --
		done
	done
}

@test "refuses: who may not call, through sudo or not" {
	expect 3 caller env SUDO_UID=1902 banger-priv batch ensure-bridge
	run ! as stranger sudo -n banger-priv batch ensure-bridge
	expect 3 caller as banger banger-priv batch ensure-bridge
	nothing_acted
}

@test "a verb at work holds what its row says; the caller and who waits hold nothing of it" {
	local job pid parent waiting at=$BATS_TEST_TMPDIR
	banger-priv ensure-bridge
	strace -f -qq -o /dev/null -e trace=sendto -e inject=sendto:signal=STOP:when=3 \
		banger-priv batch ensure-socket-dir -- create-tap banger-a -- ensure-socket-dir 3>&- > /dev/null &
	job=$!
	pid=$(stopped 6)
	parent=$(awk '/^PPid/ { print $2 }' "/proc/$pid/status")
	waiting=$(pgrep -x -P "$parent" banger-priv | grep -vx "$pid")
	cat "/proc/$pid/status" > "$at/verb"
	cat "/proc/$parent/status" > "$at/parent"
	ls "/proc/$pid/fd" | paste -sd' ' > "$at/verb-fd"
	ls "/proc/$waiting/fd" | paste -sd' ' > "$at/waiting-fd"
	while kill -0 "$job" 2> /dev/null; do
		pkill -CONT -x banger-priv || :
		sleep .01
	done
	wait "$job"
	cat "$at"/*
	[ "$(awk '/^CapEff/ { print $2 }' "$at/verb")" = 0000000000001000 ]
	[ "$(awk '/^Uid/ { print $2 }' "$at/verb")" = 65534 ]
	# stdin, stdout, stderr, the lock, the netlink socket, /dev/net/tun, /proc/sys/net; no socket of another child's.
	[ "$(tr ' ' '\n' < "$at/verb-fd" | sort -n | paste -sd' ')" = "0 1 2 4 5 6 12" ]
	[ "$(grep -c '^Cap.*:.0000000000000000' "$at/parent")" = 5 ]
	[ "$(awk '/^Uid/ { print $2, $3, $4, $5 }' "$at/parent")" = "65534 65534 65534 65534" ]
	[ "$(awk '/^Seccomp:/ { print $2 }' "$at/parent")" = 2 ]
	# Who waits has its place, and no descriptor but what every process begins with.
	[ "$(cat "$at/waiting-fd")" = "0 1 2" ]
}

@test "who waits for its turn holds no lock: the verbs that want it go on meanwhile" {
	local job pid
	strace -f -qq -o /dev/null -e trace=fchownat -e inject=fchownat:signal=STOP:when=1 \
		banger-priv batch ensure-socket-dir -- ensure-bridge -- create-tap banger-a 3>&- > "$BATS_TEST_TMPDIR/out" &
	job=$!
	pid=$(stopped 4)
	# One acts, so all are gated; the two that wait want the network's lock.
	[ "$(pgrep -c -x -P "$(awk '/^PPid/ { print $2 }' "/proc/$pid/status")" banger-priv)" = 3 ]
	banger-priv ensure-bridge
	banger-priv create-tap banger-b
	while kill -0 "$job" 2> /dev/null; do
		pkill -CONT -x banger-priv || :
		sleep .01
	done
	wait "$job"
	[ "$(gojq -r .code "$BATS_TEST_TMPDIR/out" | paste -sd' ')" = "0 0 0" ]
}

@test "leaves nothing behind: killed anywhere, the same call completes it" {
	local n status
	for n in $(seq 1 "$([ -n "${BANGER_FULL:-}" ] && echo 1 || echo 5)" 3000); do
		status=0
		inject kill any "$n" banger-priv batch ensure-socket-dir -- ensure-bridge > /dev/null 2>&1 || status=$?
		[ "$status" != 125 ] || break
		[ "$status" = 137 ] || [ "$status" = 5 ]
		ends_with 0 "ensure-socket-dir 0 ensure-bridge 0" banger-priv batch ensure-socket-dir -- ensure-bridge
		rmdir /run/banger
		[ $((n % 8)) != 0 ] || ip link delete banger0
	done
	[ "$n" -gt 300 ]
}

@test "leaves nothing behind: a call of the batch's own that fails stops it before or between verbs" {
	local call n status
	for call in socketpair clone dup3 close_range sendto recvfrom wait4; do
		for n in $(seq 100); do
			status=0
			timeout 20 "$BANGER_BUILD/tests/inject" fail:EIO "$call" "$n" banger-priv batch ensure-socket-dir -- \
				ensure-socket-dir > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" || status=$?
			[ "$status" != 125 ] || break
			echo "$call $n: $status"
			[[ " 0 4 5 " == *" $status "* ]]
			if [ "$status" = 0 ]; then
				[ "$(wc -l < "$BATS_TEST_TMPDIR/out")" = 2 ]
				[ -d /run/banger ]
			else
				[ "$(wc -l < "$BATS_TEST_TMPDIR/err")" = 1 ]
			fi
			[ ! -e /run/banger ] || [ "$(stat -c %U /run/banger)" = banger ]
			rm -rf /run/banger
		done
		[ "$n" -gt 1 ]
	done
}

@test "a verb that is killed ends the batch with 5 and says so" {
	ends_with 5 "ensure-bridge 0 ensure-socket-dir 5" inject kill fchownat 1 \
		banger-priv batch ensure-bridge -- ensure-socket-dir -- create-tap banger-a
	one_clean_line
	grep -q '^banger-priv batch: failed: ensure-socket-dir was killed by signal 9' "$BATS_TEST_TMPDIR/err"
	run ! ip link show banger-a
}

@test "does: a killed batch lets the verb at work end, and begins no other" {
	strace -f -qq -o /dev/null -e trace=fchownat -e inject=fchownat:delay_enter=300000 \
		banger-priv batch ensure-socket-dir -- ensure-bridge 3>&- > /dev/null &
	local job=$! pid
	until [ -e /run/banger ]; do :; done
	pid=$(pgrep -x -o banger-priv)
	kill -KILL "$pid"
	wait "$job" || :
	[ "$(stat -c '%U %a' /run/banger)" = "banger 711" ]
	run ! ip link show banger0
}

@test "does: stdout closed, full, or without a reader: the verbs act, and who asked for an answer knows" {
	expect 5 failed bash -c 'banger-priv batch ensure-bridge -- ensure-socket-dir >&-'
	[ -d /run/banger ]
	rm -r /run/banger
	expect 5 failed bash -c 'banger-priv batch ensure-bridge -- ensure-socket-dir > /dev/full'
	[ -d /run/banger ]
	rm -r /run/banger
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	: < "$BATS_TEST_TMPDIR/fifo" &
	expect 5 failed bash -c "exec > '$BATS_TEST_TMPDIR/fifo'; sleep .1; banger-priv batch ensure-bridge -- ensure-socket-dir"
	[ -d /run/banger ]
}

@test "does: the audit has a record before and one after the batch, and each verb" {
	"$BATS_TEST_DIRNAME/lib/logger.py" /dev/log "$BATS_TEST_TMPDIR/log" 3>&- &
	local logger=$! shown
	until [ -S /dev/log ]; do sleep .01; done
	own batch ensure-bridge -- create-tap banger-a > /dev/null
	run ! own batch ensure-socket-dir -- create-tap banger-a uid=1901
	run ! own batch ensure-socket-access /run/banger/none timeout=0 -- ensure-bridge
	until [ "$(grep -ac 'banger-priv\[' "$BATS_TEST_TMPDIR/log")" -ge 12 ]; do sleep .02; done
	kill "$logger"
	rm /dev/log
	shown=$(grep -a 'banger-priv\[' "$BATS_TEST_TMPDIR/log" | sed -E 's/.*\]: //; s/ ms=[0-9]+//')
	diff - <(echo "$shown") << 'RECORDS'
begin uid=1900 verb=batch ensure-bridge -- create-tap banger-a
begin uid=1900 verb=ensure-bridge
end uid=1900 verb=ensure-bridge code=0
begin uid=1900 verb=create-tap banger-a
end uid=1900 verb=create-tap code=0
end uid=1900 verb=batch code=0
begin uid=1900 verb=batch ensure-socket-dir -- create-tap banger-a uid=1901
end uid=1900 verb=batch code=3 reason=not-allowed
begin uid=1900 verb=batch ensure-socket-access /run/banger/none timeout=0 -- ensure-bridge
begin uid=1900 verb=ensure-socket-access /run/banger/none timeout=0
end uid=1900 verb=ensure-socket-access code=3 reason=absent
end uid=1900 verb=batch code=3
RECORDS
}

@test "races: batches that want the same locks in opposite orders all come to an end" {
	local n jobs=()
	for n in $(seq 10); do
		timeout 60 banger-priv batch ensure-bridge -- ensure-socket-dir -- ensure-bridge > /dev/null 3>&- &
		jobs+=($!)
		timeout 60 banger-priv batch ensure-socket-dir -- ensure-bridge -- ensure-socket-dir > /dev/null 3>&- &
		jobs+=($!)
	done
	for n in "${jobs[@]}"; do wait "$n"; done
}

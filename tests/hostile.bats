#!/usr/bin/env bats
# What a caller can hand down changes nothing: each inherited attribute alone, and all at once.

load lib/common
load lib/vmm

setup() {
	banger-priv ensure-bridge
	canaries_plant
}
teardown() {
	vmm_clean
	ip link delete banger-a 2> /dev/null || :
	canaries_same
	canaries_end
}

hostile=$BANGER_BUILD/tests/hostile

# All that can be seen of the tap, but for what the kernel draws by lot.
tap_state() {
	ip -j -d link show banger-a | gojq '.[0] | del(.ifindex, .address, .linkinfo.info_slave_data)'
}

# What the process is like when it begins to act: stopped where the filter has just been read back.
profile() { # ATTRIBUTE
	"$hostile" "$1" strace -f -qq -o /dev/null -e trace=clone3 -e inject=clone3:signal=STOP:when=1 \
		banger-priv create-tap banger-a 2> /dev/null 3>&- &
	local job=$! pid
	pid=$(stopped)
	grep -E '^(Sig(Ign|Blk|Cgt|Pnd)|ShdPnd|Umask|Cap|NoNewPrivs|Groups|Cpus_allowed_list|Mems_allowed_list)' \
		"/proc/$pid/status"
	cat "/proc/$pid/oom_score_adj" "/proc/$pid/limits" "/proc/$pid/personality" "/proc/$pid/timerslack_ns"
	awk '{ print "priority", $18, "nice", $19, "policy", $41 }' "/proc/$pid/stat"
	ionice -p "$pid"
	readlink "/proc/$pid/cwd" "/proc/$pid/root"
	for fd in $(seq 3 9) 100 199; do
		[ ! -e "/proc/$pid/fd/$fd" ] || echo "fd $fd: $(readlink "/proc/$pid/fd/$fd" | sed 's/\[.*//')"
	done
	kill -CONT "$pid"
	wait "$job" || :
}

@test "each attribute alone, through sudo: the tap is as from a clean start" {
	local attribute clean status n=0
	own create-tap banger-a
	clean=$(tap_state)
	ip link delete banger-a
	for attribute in $("$hostile" list); do
		status=0
		as banger "$hostile" "$attribute" sudo -n banger-priv create-tap banger-a > /dev/null 2>&1 || status=$?
		# sudo itself gives up where it has no memory, stack or descriptors left to begin with, or where
		# a signal was waiting for it.
		case $attribute:$status in
		*:0 | limit-*:1 | limit-*:13[0-9] | limit-*:12[67] | signals-pending:1[34]? | timer-*:1[3-5]?) ;;
		*) echo "$attribute: $status"; false ;; esac
		if [ "$status" = 0 ]; then
			[ "$(tap_state)" = "$clean" ] || { echo "$attribute"; false; }
			ip link delete banger-a
		fi
		n=$((n + 1))
	done
	[ "$n" -ge 20 ]
}

@test "each attribute alone, and all at once, by hand: exit code, tap and process are as from a clean start" {
	local attribute clean state
	state=$(profile none)
	clean=$(tap_state)
	ip link delete banger-a
	[ "$(grep -c . <<< "$state")" -gt 30 ]
	for attribute in $("$hostile" list) all; do
		# An address space too small for strace itself says nothing about us.
		[ "$attribute" != limit-address-space ] || continue
		# A hard limit can only be raised with CAP_SYS_RESOURCE, which some containers withhold.
		case $attribute in limit-memlock | limit-sigpending)
			capsh --has-b=cap_sys_resource 2> /dev/null || continue ;;
		esac
		[ "$(profile "$attribute")" = "$state" ] || {
			echo "$attribute"
			false
		}
		[ "$(tap_state)" = "$clean" ] || { echo "$attribute"; false; }
		ip link delete banger-a
	done
}

@test "all at once ends with the same exit codes, for what is done and what is refused" {
	expect 0 - "$hostile" signals-blocked,all banger-priv create-tap banger-a
	run "$hostile" all banger-priv create-tap banger-a
	[ "$status" = 0 ]
	run "$hostile" all banger-priv create-tap eth0
	[ "$status" = 3 ]
	run "$hostile" all banger-priv nosuch
	[ "$status" = 2 ]
	[ "$(tap_state | gojq -r .ifalias)" = banger: ]
}

@test "nothing is written to a strange descriptor, and no terminal is looked for in it" {
	local attribute
	for attribute in stdout-netlink stdout-datagrams stderr-memory stdin-directory stdin-path; do
		strace -f -qq -o "$BATS_TEST_TMPDIR/trace" "$hostile" "$attribute" banger-priv create-tap eth0 || :
		# From the moment when /dev/null takes its place, writes go there.
		run ! grep -E 'TCGETS|TIOCGWINSZ' "$BATS_TEST_TMPDIR/trace"
		sed '1,/execve("\/usr\/sbin\/banger-priv"/d' "$BATS_TEST_TMPDIR/trace" | sed '/dup3(/,$d' \
			> "$BATS_TEST_TMPDIR/before"
		run ! grep -E '(write|send[a-z]*)\([012],' "$BATS_TEST_TMPDIR/before"
		grep -q 'dup3([0-9]*, [012], 0)' "$BATS_TEST_TMPDIR/trace" ||
			[ "$attribute" = stdin-path ] || grep -q 'open.*/dev/null' "$BATS_TEST_TMPDIR/trace"
	done
}

@test "securebits that are locked already, as ours are, are no obstacle" {
	local every
	every=$(capsh --print | sed -n 's/^Bounding set =//p')
	expect 0 - capsh --inh="$every" --addamb="$every" --secbits=0xef -- -c 'exec banger-priv create-tap banger-a'
	ip link show banger-a
}

@test "a terminal stays what it is, what makes terminals does not; without /dev/null nothing begins" {
	local traced="strace -f -o $BATS_TEST_TMPDIR/trace banger-priv create-tap banger-a"
	script -qec "$traced < /dev/tty" "$BATS_TEST_TMPDIR/said" < /dev/null
	run ! grep -q 'open.*"/dev/null"' "$BATS_TEST_TMPDIR/trace"
	ip link delete banger-a
	script -qec "$traced < /dev/ptmx" "$BATS_TEST_TMPDIR/said" < /dev/null
	grep -q 'open.*"/dev/null"' "$BATS_TEST_TMPDIR/trace"
	ip link delete banger-a
	local status=0
	inject fail:EMFILE dup3 1 banger-priv create-tap banger-a < / > "$BATS_TEST_TMPDIR/said" 2>&1 || status=$?
	[ "$status" = 4 ]
	mv /dev/null /dev/null.away
	: > /dev/null
	status=0
	banger-priv create-tap banger-a < / > "$BATS_TEST_TMPDIR/said" 2>&1 || status=$?
	mv /dev/null.away /dev/null
	[ "$status" = 4 ]
	run ! ip link show banger-a
}

@test "closed descriptors: what is opened later is never stdin, stdout or stderr" {
	local fds
	for fds in '<&-' '>&-' '2>&-' '<&- >&-' '<&- >&- 2>&-'; do
		eval "strace -f -qq -o '$BATS_TEST_TMPDIR/trace' banger-priv create-tap banger-a $fds"
		[ "$(tap_state | gojq -r .ifalias)" = banger: ]
		# Only the substitute for it, /dev/null, may come to lie there.
		run ! grep -E '(openat|socket)\(.*= [012]$' <(grep -v '"/dev/null"' "$BATS_TEST_TMPDIR/trace" |
			sed '1,/close_range/d')
		ip link delete banger-a
	done
}

@test "who has no stdout that could be written to, and would have got an answer, knows" {
	expect 5 failed bash -c 'exec banger-priv version >&-'
	expect 5 failed "$hostile" stdout-netlink banger-priv version
	expect 5 failed "$hostile" stdout-datagrams banger-priv version
	expect 5 failed bash -c 'exec banger-priv version > /dev/full'
	expect 0 - bash -c 'exec banger-priv version > /dev/null'
	expect 0 - bash -c 'exec banger-priv create-tap banger-a >&-'
	ip link delete banger-a
}

@test "in time: a pipe that is full when something is said, and the others go on" {
	local pipe=$BATS_TEST_TMPDIR/pipe full=$BATS_TEST_TMPDIR/full
	mkfifo "$pipe"
	exec 8<> "$pipe"
	ip link add banger-x type bridge
	start bash -c 'exec "$@" 2> '"$pipe" - "$BANGER_BUILD/tests/inject" "do:python3 -c \"
import os
pipe = os.open('$pipe', os.O_WRONLY | os.O_NONBLOCK)
try:
    while os.write(pipe, b'x'): pass
except BlockingIOError:
    open('$full', 'w')\"" write 1+ banger-priv create-tap banger-x
	until_true test -e "$full"
	expect 0 - own create-tap banger-a
	alive "$pid"
	exec 8>&-
	ip link delete banger-x
}

@test "in time: a file system of the owner's that keeps whoever closes a file, and the others go on" {
	local own=$BATS_TEST_TMPDIR/own
	install -d -o banger "$own"
	install -m 0666 /dev/null "$own/file"
	mount_fuse "$own" keeps 1900 bash -c "sudo -n banger-priv create-tap banger-a < $own/file 3>&- &
		until [ -d $own/kept ]; do sleep .01; done
		banger-priv create-tap banger-b"
	ip link delete banger-b
}

@test "a core file is never written, and a stack of hostile words crashes nothing" {
	mkdir -p /run/cores
	(
		cd /run/cores
		ulimit -c unlimited
		inject become:getuid sendto 3 banger-priv create-tap banger-a || [ $? = 159 ]
		head -c 100000 /dev/urandom | tr -d '\0' | xargs -0 banger-priv create-tap || [ $? = 123 ]
	) 2> /dev/null
	[ -z "$(ls /run/cores)" ]
	rmdir /run/cores
}

@test "signals that a terminal sends in the middle wait until the verb is through" {
	local signal
	for signal in HUP INT QUIT TERM TSTP USR1; do
		strace -f -qq -o /dev/null -e trace=clone3 -e inject=clone3:signal=STOP:when=1 \
			banger-priv create-tap banger-a 3>&- &
		local job=$! pid
		pid=$(stopped)
		kill -"$signal" "$pid"
		kill -CONT "$pid"
		wait "$job"
		[ "$(tap_state | gojq -r .ifalias)" = banger: ]
		ip link delete banger-a
	done
}

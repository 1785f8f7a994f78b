#!/usr/bin/env bats
# The cage, measured: what a verb holds when it begins to act is what its row says, and no more.

load lib/common
load lib/vmm
load lib/scenarios
load lib/cage

setup_file() {
	vmm_install
	"$BATS_TEST_DIRNAME/lib/logger.py" /dev/log "$BATS_FILE_TMPDIR/log" 3>&- &
	echo $! > "$BATS_FILE_TMPDIR/logger"
	until [ -S /dev/log ]; do sleep .01; done
}
teardown_file() {
	kill "$(cat "$BATS_FILE_TMPDIR/logger")"
	tests/lib/resolved stop
}

@test "each verb, held at its first action, has exactly the ids, capabilities and flags of its row" {
	local verb
	for verb in $(all_verbs); do
		is_unmeasured "$verb" || holds_its_row "$verb"
	done
}

@test "a call outside the list, another architecture's, or another argument dies of SIGSYS" {
	local call
	fresh_network
	for call in openat openat2 execve execveat mount move_mount socket connect ptrace clone fork setuid capset \
		bpf unshare setns kill chown mknodat init_module keyctl prctl; do
		ends 159 inject "become:$call" sendto 3 banger-priv create-tap banger-a
		run ! ip link show banger-a
	done
	# x32: the native call with bit 30.
	ends 159 inject "become:$((0x40000000 + 44))" sendto 3 banger-priv create-tap banger-a
	# TIOCSTI, TUNSETSNDBUF; a descriptor that is not the socket's.
	ends 159 inject alter:1:0x5412 ioctl 1 banger-priv create-tap banger-a
	ends 159 inject alter:1:0x400454d4 ioctl 1 banger-priv create-tap banger-a
	ends 159 inject alter:0:7 sendto 3 banger-priv create-tap banger-a
	run ! ip link show banger-a
}

@test "clone3 and calls from after the library are answered with ENOSYS, not killed" {
	banger-priv ensure-bridge
	ends 4 inject become:clone3 sendto 3 banger-priv create-tap banger-a
	ends 4 inject become:460 sendto 3 banger-priv create-tap banger-a
}

@test "nothing is wider than what is used: without any one line, a scenario fails" {
	local verb
	for verb in $(all_verbs); do
		is_unmeasured "$verb" || all_is_needed "$verb"
	done
}

@test "nothing of what every verb keeps is wider than what is used" {
	local index name status wider= narrow=$BANGER_BUILD/tests/narrow call
	for index in $(seq 0 20); do
		call=$(row version ".calls_of_every_verb[$index] | \"\(.name)\"")
		[ "$call" != "null" ] || break
		# Where the vdso tells the time the call is never made: hardware without such a clock needs it.
		[ "$call" != clock_gettime ] || continue
		for name in scenario_explain_1 scenario_explain_2 scenario_ensure_socket_dir_1 \
			scenario_create_tap_1 scenario_help_2; do
			"$name" "$narrow" always "$index" || continue 2
		done
		wider="$wider $call"
	done
	[ -z "$wider" ] || { echo "wider than used:$wider"; false; }
}

@test "a host that withholds a capability is unsafe, not half confined" {
	local capability
	ip link delete banger0 2> /dev/null || :
	for capability in net_admin setpcap setuid; do
		expect 4 confinement setpriv --bounding-set "-$capability" banger-priv ensure-bridge
		run ! ip link show banger0
	done
}

@test "every step of closing the cage that fails ends in 4, and nothing was touched" {
	local call n status
	for call in prctl setgroups setresgid setresuid capset seccomp; do
		ip link delete banger0 2> /dev/null || :
		for n in $(seq 200); do
			status=0
			inject fail:EPERM "$call" "$n" banger-priv ensure-bridge > /dev/null \
				2> "$BATS_TEST_TMPDIR/err" || status=$?
			[ "$status" != 125 ] || break
			# Not every prctl is about the cage: those of tidy may fail, and some of them may say no.
			[ "$status" = 4 ] || { [ "$call" = prctl ] && [ "$status" = 0 ]; }
			echo "$call $n: $status"
			[ "$status" = 0 ] || run ! ip link show banger0
			ip link delete banger0 2> /dev/null || :
		done
	done
}

@test "a process that has the owner's uid, and no more rights than the owner, was never to be traced" {
	# Where fs.suid_dumpable is 1, the change of uid lets the owner in; the capabilities keep it out.
	trace "$BATS_TEST_TMPDIR/trace" -e trace=setresuid,capset,prctl \
		banger-priv read-ext4-file /var/lib/banger/none.ext4 /x || [ $? = 3 ]
	# Of the process that has it: another closes its cage at the same time.
	[ "$(grep "^$(sed -n 's/ .*setresuid(1900.*//p' "$BATS_TEST_TMPDIR/trace") " "$BATS_TEST_TMPDIR/trace" |
		grep -oE 'setresuid\(1900|PR_SET_DUMPABLE|capset\(' | sed -n '/setresuid/,$p' | head -3 | xargs)" = "setresuid(1900 PR_SET_DUMPABLE capset(" ]
}

@test "the owner can neither trace the process nor read its memory" {
	banger-priv ensure-bridge
	strace -f -qq -o /dev/null -e trace=clone3 -e inject=clone3:signal=STOP:when=1 \
		banger-priv create-tap banger-a 3>&- &
	local job=$! pid
	pid=$(stopped)
	run ! as banger cat "/proc/$pid/environ"
	run ! as banger cat "/proc/$pid/maps"
	run ! as nobody cat "/proc/$pid/maps"
	[ "$(stat -c %U "/proc/$pid/mem")" = root ]
	grep -q '^Max core file size *0 *0' "/proc/$pid/limits"
	kill -CONT "$pid"
	wait "$job"
}

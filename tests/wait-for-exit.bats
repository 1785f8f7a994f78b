#!/usr/bin/env bats
# wait-for-exit: the process is gone.

load lib/common
load lib/vmm

setup_file() { vmm_install; }
setup() {
	canaries_plant
	banger-priv ensure-socket-dir
	vmm_start banger vm1 /run/banger/a.sock
	vmm=$pid
}
teardown() {
	vmm_clean
	canaries_end
}

waits() { pgrep -x banger-priv > "$BATS_TEST_TMPDIR/waiting" && grep -q '^CapEff:.0*$' "/proc/$(head -1 "$BATS_TEST_TMPDIR/waiting")/status"; }

# Starts waiting in the background; $waiter is the program's own process.
wait_in_background() {
	start banger-priv wait-for-exit "$vmm" /run/banger/a.sock "$@"
	waiter=$pid
	until_true waits
	until_true grep -q '^State:.S' "/proc/$waiter/status"
}

@test "does: returns when the process ends, within 5 ms" {
	local late n
	for n in $(seq 40); do # a busy machine is no fault of ours
		late=$(python3 - "$BATS_TEST_DIRNAME/lib" "$vmm" <<- 'PYTHON'
			import os, select, signal, subprocess, sys, time
			sys.path.append(sys.argv[1])
			sys.dont_write_bytecode = True
			import lateness
			vmm = int(sys.argv[2])
			p = subprocess.Popen(["banger-priv", "wait-for-exit", str(vmm), "/run/banger/a.sock"])
			time.sleep(0.3)
			assert p.poll() is None
			fd = os.pidfd_open(vmm)
			with lateness.of(p):
			    os.kill(vmm, signal.SIGKILL)
			    select.select([fd], [], [])
			assert p.wait() == 0
		PYTHON
		)
		echo "$late us"
		[ "$late" -ge 5000 ] || return 0
		vmm_start banger vm1 /run/banger/a.sock
		vmm=$pid
	done 2> /dev/null
	false
}

@test "does: at once when it has ended, is another VM's, or somebody else's number" {
	expect 0 - own wait-for-exit 4194304 /run/banger/a.sock
	expect 0 - own wait-for-exit "$canary_pid" /run/banger/a.sock
	expect 0 - own wait-for-exit "$vmm" /run/banger/b.sock
	alive "$vmm"
	canaries_same
}

@test "does: nothing else while it waits: no processor time, no capability, no way out of its cage" {
	wait_in_background
	local before
	before=$(cut -d' ' -f14,15 "/proc/$waiter/stat")
	sleep 1.2
	[ "$(cut -d' ' -f14,15 "/proc/$waiter/stat")" = "$before" ]
	[ "$(awk '/^Cap(Inh|Prm|Eff|Bnd|Amb)/ { print $2 }' "/proc/$waiter/status" | sort -u)" = 0000000000000000 ]
	[ "$(awk '/^Uid/ { print $2 $3 $4 $5 }' "/proc/$waiter/status")" = 65534655346553465534 ]
}

@test "busy: at the deadline, not before, and the process lives" {
	local began=$EPOCHREALTIME
	expect 6 timeout own wait-for-exit "$vmm" /run/banger/a.sock timeout=300
	[ "$(((${EPOCHREALTIME/./} - ${began/./}) / 1000))" -ge 300 ]
	[ "$(((${EPOCHREALTIME/./} - ${began/./}) / 1000))" -lt 1000 ]
	expect 6 timeout own wait-for-exit "$vmm" /run/banger/a.sock timeout=0
	alive "$vmm"
}

@test "does: HUP, INT, QUIT and TERM end the wait, with a record in the audit" {
	"$BATS_TEST_DIRNAME/lib/logger.py" /dev/log "$BATS_TEST_TMPDIR/log" 3>&- &
	started+=($!)
	until_true test -S /dev/log
	local signal status
	for signal in HUP INT QUIT TERM; do
		: > "$BATS_TEST_TMPDIR/log"
		# python: what bash starts in the background ignores INT and QUIT, which is not the question.
		wait_in_background
		kill -"$signal" "$waiter"
		status=0
		wait "$waiter" 2> /dev/null || status=$?
		[ "$status" = "$((128 + $(kill -l "$signal")))" ]
		until_true grep -q 'end uid=0 verb=wait-for-exit code=6 reason=interrupted' "$BATS_TEST_TMPDIR/log"
	done
	alive "$vmm"
	rm -f /dev/log
}

@test "does: sudo passes TERM on" {
	start setpriv --reuid banger --regid banger --clear-groups sudo -n banger-priv wait-for-exit "$vmm" /run/banger/a.sock
	until_true waits
	kill -TERM "$(pgrep -x sudo | head -1)"
	until_true eval '! pgrep -x banger-priv'
	alive "$vmm"
}

@test "a terminal is told once a second what is waited for; anything else is not" {
	script -qec "banger-priv wait-for-exit $vmm /run/banger/a.sock timeout=2500" /dev/null < /dev/null \
		> "$BATS_TEST_TMPDIR/screen" || :
	cat -v "$BATS_TEST_TMPDIR/screen"
	[ "$(grep -c 'waiting for the VMM to exit, [12] s so far' "$BATS_TEST_TMPDIR/screen")" = 2 ]
	expect 6 timeout own wait-for-exit "$vmm" /run/banger/a.sock timeout=1500
}

@test "refuses: timeouts that are none" {
	local timeout
	for timeout in 60001 -1 '' 1e3 01 1.5 99999999999999999999; do
		expect 3 malformed banger-priv wait-for-exit "$vmm" /run/banger/a.sock timeout="$timeout"
	done
	expect 2 usage banger-priv wait-for-exit "$vmm" /run/banger/a.sock timeout=1 timeout=1
	expect 2 usage banger-priv wait-for-exit "$vmm" /run/banger/a.sock time=1
}

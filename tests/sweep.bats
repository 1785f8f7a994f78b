#!/usr/bin/env bats
# Every privileged verb harmed at every point of its way: nothing is left over, nothing of others is touched.  With errors:
# sweep-errors.bats.

load lib/common
load lib/jail
load lib/ext4
load lib/sweep

setup() { sweep_setup > "$BATS_TEST_TMPDIR/setup" 2>&1 || { cat "$BATS_TEST_TMPDIR/setup"; return 1; }; }
teardown() { sweep_teardown; }

# Verbs of device-mapper need a kernel that has it: tests/vm/sweep.bats.
@test "every privileged verb has a line in tests/sweep/lines or vm-lines" {
	local verb missing=
	for verb in $(banger-priv verbs format=json | gojq -r '.[] | select(.for_people | not).verb'); do
		grep -q "^$verb[ |]" "$BATS_TEST_DIRNAME"/sweep/{,vm-}lines || missing="$missing $verb"
	done
	[ -z "$missing" ] || { echo "without a line:$missing"; false; }
}

@test "kill: at every call in the cage, alone and with its children" { sweep kill 30; }

@test "begin: killed at every call from its very first" { sweep begin 6; }

@test "without: each call that is new in Linux is not there; the same strength, or 4 and nothing touched" { sweep without; }

@test "launch: every verb with each thing that an attacker can hand down, and with all" { sweep launch; }

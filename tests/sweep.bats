#!/usr/bin/env bats
# Every privileged verb harmed at every point of its way: nothing is left over, nothing of others is touched.

load lib/common
load lib/jail
load lib/ext4
load lib/sweep

setup() { sweep_setup > "$BATS_TEST_TMPDIR/setup" 2>&1 || { cat "$BATS_TEST_TMPDIR/setup"; return 1; }; }
teardown() { sweep_teardown; }

# Verbs of device-mapper need a kernel that has it: tests/vm/dm.bats and fsck-snapshot.bats kill and fail those.
in_the_vm="create-dm-snapshot cleanup-dm-snapshot remove-dm-snapshot fsck-snapshot"

@test "every privileged verb has a line in tests/sweep/lines" {
	local verb missing=
	for verb in $(banger-priv verbs format=json | jq -r '.[] | select(.for_people | not).verb'); do
		[[ " $in_the_vm " == *" $verb "* ]] || grep -q "^$verb[ |]" "$BATS_TEST_DIRNAME/sweep/lines" ||
			missing="$missing $verb"
	done
	[ -z "$missing" ] || { echo "without a line:$missing"; false; }
}

@test "kill: at every call in the cage, alone and with its children" { sweep kill 60; }

@test "begin: killed at every call from its very first" { sweep begin 150 create-tap; }

@test "fail: every call in the cage with each error that it may give" { sweep fail 1; }

@test "without: each call that is new in Linux is not there; the same strength, or 4 and nothing touched" { sweep without; }

@test "launch: every verb with each thing that an attacker can hand down, and with all" { sweep launch; }

@test "paths: every path operand as something else, behind something else, or spelt in another way" { sweep paths; }

@test "swap: the owner changes what an operand names, and what is above it, at each call that takes a path" { sweep swap 4; }

@test "pair: every verb in the middle of every other on the same objects; the end is one of the two orders'" { sweep pair 1; }

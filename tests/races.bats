#!/usr/bin/env bats
# What the owner and other verbs do meanwhile, to every privileged verb: nothing of root's is touched, and any two end as
# one after the other would.

load lib/common
load lib/jail
load lib/ext4
load lib/sweep

setup() { sweep_setup > "$BATS_TEST_TMPDIR/setup" 2>&1 || { cat "$BATS_TEST_TMPDIR/setup"; return 1; }; }
teardown() { sweep_teardown; }

@test "paths: every path operand as something else, behind something else, or spelt in another way" { sweep paths; }

@test "weaker: each of these paths again while a call that is new in Linux is not there; the same refusal, or 4" {
	sweep weaker 8
}

@test "swap: the owner changes what an operand names, and what is above it, at each call that takes a path" { sweep swap 4; }

@test "pair: every verb in the middle of every other on the same objects; the end is one of the two orders'" { sweep pair 1; }

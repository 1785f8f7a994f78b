#!/usr/bin/env bats
# The verbs of device-mapper, harmed as tests/sweep.bats harms the others; without udev, whose work comes when it comes.

load ../lib/common
load ../lib/jail
load ../lib/ext4
load ../lib/sweep

setup() { sweep_setup_in_vm > "$BATS_TEST_TMPDIR/setup" 2>&1 || { cat "$BATS_TEST_TMPDIR/setup"; return 1; }; }
teardown() { sweep_teardown_in_vm; }

@test "kill: at every call in the cage, alone and with its children" { sweep kill 3; }

@test "begin: killed at every call from its very first" { sweep begin 2; }

@test "start: every call before the cage closes with each error that it may give; nothing is touched" { sweep start 1; }

@test "fail: every call in the cage with each error that it may give" { sweep fail 2; }

@test "without: each call that is new in Linux is not there; the same strength, or 4 and nothing touched" {
	sweep without 0 create-dm-snapshot
}

@test "paths: every path operand as something else, behind something else, or spelt in another way" { sweep paths; }

@test "swap: the owner changes what an operand names, and what is above it, at each call that takes a path" { sweep swap 1; }

@test "pair: every verb in the middle of every other on the same objects; the end is one of the two orders'" { sweep pair 1; }

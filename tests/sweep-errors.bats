#!/usr/bin/env bats
# Every privileged verb with an error from every call on its way: what a full disk, a limit or a kernel that is old or sick
# leads to.  What else can befall it is in sweep.bats.

load lib/common
load lib/jail
load lib/ext4
load lib/sweep

setup() { sweep_setup > "$BATS_TEST_TMPDIR/setup" 2>&1 || { cat "$BATS_TEST_TMPDIR/setup"; return 1; }; }
teardown() { sweep_teardown; }

@test "start: every call before the cage closes with each error that it may give; nothing is touched" { sweep start 12; }

@test "fail: every call in the cage with each error that it may give" { sweep fail 1; }

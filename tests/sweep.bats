#!/usr/bin/env bats
# Every privileged verb killed, failed and started wrongly, at every system call: nothing is left over.

load lib/common
load lib/jail
load lib/ext4
load lib/sweep

setup_file() { sweep_setup; }
teardown_file() { sweep_teardown; }

@test "kill: at every call in the cage, its undo reaches the state of never having run" { sweep kill; }

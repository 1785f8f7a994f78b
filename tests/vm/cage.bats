#!/usr/bin/env bats
# The cage of the verbs that need device-mapper, measured as tests/cage.bats measures the others.

load ../lib/common
load ../lib/cage
load ../lib/loop
load ../lib/storage

setup_file() { scenarios_setup; }
teardown_file() { scenarios_teardown; }

@test "each verb, held at its first action, has exactly the ids, capabilities and flags of its row" {
	local verb
	for verb in "${measured_in_vm[@]}"; do holds_its_row "$verb"; done
}

@test "nothing is wider than what is used: without any one line, a scenario fails" {
	local verb wider=0
	for verb in "${measured_in_vm[@]}"; do all_is_needed "$verb" || wider=1; done
	[ "$wider" = 0 ]
}

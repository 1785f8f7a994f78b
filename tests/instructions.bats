#!/usr/bin/env bats
# What each verb costs, in instructions: no more than is written down in tests/bench/instructions.
#
# A verb that has good reason to cost more gets a new line there; BANGER_RECORD=FILE writes them all to FILE.

load lib/common
load lib/vmm
load lib/scenarios
load lib/cage

setup_file() { vmm_install; }

recorded=$BATS_TEST_DIRNAME/bench/instructions

# What is executed besides, what is waited for, and what another daemon says would be counted too.
uncounted=(launch-firecracker wait-for-exit check sync-resolver-routing clear-resolver-routing)

count_of() { # VERB: $counted
	"scenario_${1//-/_}_1" "$BANGER_BUILD/tests/count" "$BATS_TEST_TMPDIR/counted" /usr/sbin/banger-priv
	counted=$(cat "$BATS_TEST_TMPDIR/counted")
}

verbs_with_scenarios() {
	local verb
	for verb in $(banger-priv verbs format=json | gojq -r '.[].verb'); do
		[[ " ${uncounted[*]} " == *" $verb "* ]] || [ -z "$(scenarios_of "$verb")" ] || echo "$verb"
	done
}

@test "every verb with a scenario has its line" {
	[ -n "${BANGER_RECORD:-}" ] || diff <(verbs_with_scenarios) <(grep -v '^#' "$recorded" | cut -d' ' -f1)
}

@test "no verb takes a tenth more instructions than its line says, nor a fifth less" {
	local verb line counted more= verbs=(verbs ensure-bridge create-tap find-pid batch)
	[ -z "${BANGER_FULL:-}${BANGER_RECORD:-}" ] || mapfile -t verbs < <(verbs_with_scenarios)
	for verb in "${verbs[@]}"; do
		count_of "$verb"
		line=$(awk -v verb="$verb" '$1 == verb { print $2 }' "$recorded")
		echo "$verb $counted (${line:-none})"
		[ -z "${BANGER_RECORD:-}" ] || echo "$verb $counted" >> "$BANGER_RECORD"
		[ -n "${BANGER_RECORD:-}" ] || { [ $((counted * 10)) -le $((line * 11)) ] && [ $((counted * 10)) -ge $((line * 8)) ]; } ||
			more="$more $verb"
	done
	[ -z "$more" ] || { echo "not as recorded:$more"; false; }
}

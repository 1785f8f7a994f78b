#!/usr/bin/env bats
# help, version, verbs, explain, sudoers: for people, without privilege.

load lib/common

@test "does: each of them for an ordinary user, a stranger, and root" {
	local user
	for user in banger stranger root; do
		expect 0 - as "$user" banger-priv help
		expect 0 - as "$user" banger-priv help create-tap
		expect 0 - as "$user" banger-priv version
		expect 0 - as "$user" banger-priv verbs
		expect 0 - as "$user" banger-priv explain create-tap
		expect 0 - as "$user" banger-priv sudoers
		expect 0 - as "$user" banger-priv --help
		expect 0 - as "$user" banger-priv --version
		expect 0 - as "$user" banger-priv
	done
}

@test "does: the JSON is JSON, and knows every verb" {
	banger-priv verbs format=json | gojq -e 'length > 8 and all(.verb and .synopsis and .summary)'
	local verb
	for verb in $(banger-priv verbs format=json | gojq -r '.[].verb'); do
		banger-priv explain "$verb" format=json |
			gojq -e --arg verb "$verb" '.verb == $verb and (.stages | length) >= 1'
		banger-priv explain "$verb" | grep -q "^banger-priv $verb"
		banger-priv help "$verb" | grep -q "banger-priv $verb"
	done
}

@test "does: explain names each privilege with its reason" {
	banger-priv explain create-tap format=json | gojq -e '
		.stages[0].runs_as == "nobody" and
		(.stages[0].capabilities | map(.name) == ["CAP_NET_ADMIN"]) and
		(.stages[0].calls | all(.why | length > 3)) and
		(.stages[0].calls | map(select(.name == "ioctl")) | all(.value_name | startswith("TUN")))'
}

@test "does: help and explain say how many operands of a kind there may be" {
	[[ $(banger-priv help write-ext4-files) == *"at most 128 of them"* ]]
	[[ $(banger-priv explain ensure-socket-access) == *"at most 32 of them"* ]]
	[[ $(banger-priv help batch) == *"at most 64 verbs"* ]]
	banger-priv explain write-ext4-files format=json | jq -e '.operands | map(.at_most) == [null, 128]'
}

@test "refuses: what is no verb, and operands out of place" {
	expect 2 usage banger-priv nosuch
	expect 2 usage banger-priv help nosuch
	expect 2 usage banger-priv explain nosuch
	expect 2 usage banger-priv explain
	expect 2 usage banger-priv version 1
	expect 3 malformed banger-priv verbs format=xml
	expect 3 malformed banger-priv explain '$(id)'
	expect 3 malformed banger-priv sudoers form=
	expect 2 usage banger-priv $'nosuch\e[2J\n'
	expect 2 usage banger-priv ''
	expect 2 usage banger-priv -x
}

@test "refuses: as usage, a key where another operand must stand, whatever the verb" {
	local verb key n=0
	while read -r verb key; do
		expect 2 usage banger-priv "$verb" "${key}1"
		n=$((n + 1))
	done < <(for verb in $(banger-priv verbs format=json | gojq -r '.[].verb'); do
		banger-priv explain "$verb" format=json |
			gojq -r '.verb as $verb | select(.operands[0].optional == false) | .operands[1:][].name | select(endswith("=")) | "\($verb) \(.)"'
	done)
	[ "$n" -ge 15 ]
	expect 2 usage banger-priv create-tap uid=1900 banger-a
}

@test "refuses: nothing of what was typed comes back" {
	local secret=Zq9secret
	expect 2 usage banger-priv "$secret"
	[[ $err != *$secret* ]]
	expect 3 malformed banger-priv create-tap "$secret"
	[[ $err != *$secret* ]]
	expect 3 malformed banger-priv explain "$secret%n%s"
	[[ $err != *$secret* ]]
}

@test "does: no argument at all, and an endless argv[0]" {
	expect 0 - "$BANGER_BUILD/tests/no-arguments" /usr/sbin/banger-priv
	long=$(head -c 100000 /dev/zero | tr '\0' A)
	(exec -a "$long" banger-priv nosuch) 2> "$BATS_TEST_TMPDIR/err" && false
	one_clean_line
}

@test "does: says so when it falls back to the defaults" {
	echo nonsense > /etc/banger/priv.conf
	banger-priv sudoers > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err"
	grep -q '^banger ALL=' "$BATS_TEST_TMPDIR/out"
	grep -q "using the built-in defaults: /etc/banger/priv.conf: line 1" "$BATS_TEST_TMPDIR/err"
	one_clean_line
	rm /etc/banger/priv.conf
}

@test "does: the sudoers rules are those of the configuration in force" {
	printf 'owner = admin\ntap_prefix = t.x\n' > /etc/banger/priv.conf
	run banger-priv sudoers
	rm /etc/banger/priv.conf
	[[ $output == *"built-in defaults"* ]]          # a prefix with a dot is none
	printf 'owner = admin\ntap_prefix = tx-\n' > /etc/banger/priv.conf
	banger-priv sudoers > "$BATS_TEST_TMPDIR/out"
	grep -q '^admin ALL=.*\^create-tap tx-\[a-z0-9-\]+' "$BATS_TEST_TMPDIR/out"
	rm /etc/banger/priv.conf
}

@test "refuses: a result that cannot be written is a failure" {
	expect 5 failed bash -c 'banger-priv verbs > /dev/full'
	run bash -c 'set -o pipefail; banger-priv verbs | true'
	[ "$status" = 5 ] || [ "$status" = 0 ]          # 0: it was written before the reader went
}

#!/usr/bin/env bats
# sudo and the program: what sudo refuses, the program never accepts.

load lib/common

corpus() {
	local verb
	for verb in $("$BANGER_BUILD/tests/defaults" verbs format=json | gojq -r '.[].verb'); do
		"$BANGER_BUILD/tests/defaults" explain "$verb" format=json
	done | "$BATS_TEST_DIRNAME/lib/corpus.py" "$1"
}

# What sudo says of each line of the corpus: 0 or 1.
sudo_verdicts() {
	local words verdict
	while IFS= read -r line; do
		words=()
		while IFS= read -r -d $'\x1f' word; do words+=("$word"); done <<< "$line"$'\x1f'
		verdict=0
		sudo -n -l -U banger /usr/sbin/banger-priv "${words[@]}" > /dev/null 2>&1 < /dev/null || verdict=1
		echo "$verdict"
	done
}

@test "over 2,400 command lines the program accepts nothing that the regex rules refuse" {
	rm -f /etc/banger/priv.conf
	corpus 2400 > "$BATS_TEST_TMPDIR/corpus"
	"$BANGER_BUILD/tests/admit" < "$BATS_TEST_TMPDIR/corpus" > "$BATS_TEST_TMPDIR/program"
	split -n l/2 "$BATS_TEST_TMPDIR/corpus" "$BATS_TEST_TMPDIR/part."
	sudo_verdicts < "$BATS_TEST_TMPDIR/part.aa" > "$BATS_TEST_TMPDIR/sudo.aa" &
	sudo_verdicts < "$BATS_TEST_TMPDIR/part.ab" > "$BATS_TEST_TMPDIR/sudo.ab"
	wait $!
	cat "$BATS_TEST_TMPDIR"/sudo.a? > "$BATS_TEST_TMPDIR/sudo"
	[ "$(wc -l < "$BATS_TEST_TMPDIR/sudo")" = 2400 ]
	paste "$BATS_TEST_TMPDIR/program" "$BATS_TEST_TMPDIR/sudo" "$BATS_TEST_TMPDIR/corpus" > "$BATS_TEST_TMPDIR/all"
	run ! grep -aP '^0\t1\t' "$BATS_TEST_TMPDIR/all"
	# No other code than done, usage and refused comes from the gates.
	run ! grep -vxE '0|2|3' "$BATS_TEST_TMPDIR/program"
	# The corpus says something: there is plenty of each kind.
	[ "$(grep -acP '^0\t0\t' "$BATS_TEST_TMPDIR/all")" -gt 300 ]
	[ "$(grep -acP '^[23]\t1\t' "$BATS_TEST_TMPDIR/all")" -gt 600 ]
}

@test "configured directories of any byte that is admitted make rules that sudo takes, and only for what they name" {
	local code byte admitted= path
	for code in $(seq 33 126); do
		byte=$(printf "\\x$(printf %x "$code")")
		printf '%s\n' "state_dir = /srv/a${byte}a" "jail_dir = /j${byte}j" "runtime_dir = /run/r${byte}r" > /etc/banger/priv.conf
		banger-priv sudoers > "$BATS_TEST_TMPDIR/rules" 2> "$BATS_TEST_TMPDIR/err"
		[ ! -s "$BATS_TEST_TMPDIR/err" ] || continue
		visudo -cqf "$BATS_TEST_TMPDIR/rules" || { echo "refused by sudo: $byte"; return 1; }
		admitted+=$byte
	done
	[ "$admitted" = "+-./0123456789@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz" ]
	echo 'state_dir = /srv/+-.@_/9Aa' > /etc/banger/priv.conf
	banger-priv sudoers | install -m 0440 /dev/stdin /etc/sudoers.d/banger-priv
	sudo -n -l -U banger /usr/sbin/banger-priv read-ext4-file /srv/+-.@_/9Aa/x /a
	for path in /srv/-.@_/9Aa/x /srv/++-.@_/9Aa/x /srv/+-x@_/9Aa/x /srv/+-.@_/9Aax /srv/+-.@_/9a/x; do
		run ! sudo -n -l -U banger /usr/sbin/banger-priv read-ext4-file "$path" /a
	done
	install_configuration
}

@test "the longest state_dir makes no pattern that is too long for sudo" {
	echo "state_dir = /$(head -c 63 /dev/zero | tr '\0' +)" > /etc/banger/priv.conf
	banger-priv sudoers > "$BATS_TEST_TMPDIR/rules" 2> "$BATS_TEST_TMPDIR/err"
	[ ! -s "$BATS_TEST_TMPDIR/err" ]
	visudo -cqf "$BATS_TEST_TMPDIR/rules"
	echo "state_dir = /$(head -c 64 /dev/zero | tr '\0' +)" > /etc/banger/priv.conf
	expect 4 config banger-priv ensure-socket-dir
	[[ $err == *"state_dir is longer than 64 bytes"* ]]
	install_configuration
}

@test "the portable rules let the verbs through, and the program still refuses" {
	install -m 0440 "$BATS_TEST_DIRNAME/../sudoers.d/banger-priv.portable" /etc/sudoers.d/banger-priv
	banger-priv ensure-bridge
	expect 0 - own create-tap banger-a
	expect 0 - own help
	expect 0 - own help create-tap
	expect 3 malformed own create-tap eth0
	expect 3 malformed own create-tap banger-a "uid=1900 gid=1900"
	expect 2 usage own create-tap banger-a banger-b
	run ! own nosuch
	run ! own ensure-bridge more
	expect 0 - own delete-tap banger-a
	install_configuration
}

@test "each operand by which sudo is wider is in the generated table" {
	local verb
	for verb in $("$BANGER_BUILD/tests/defaults" verbs format=json | gojq -r '.[].verb'); do
		"$BANGER_BUILD/tests/defaults" explain "$verb" format=json |
			gojq -r '.verb as $v | .operands[] | select(.sudo_wider) | "| `\($v)` | `\(.name)` | \(.sudo_wider) |"' |
			while IFS= read -r row; do
				grep -qxF "$row" "$BATS_TEST_DIRNAME/../docs/sudo-is-wider.md"
			done
	done
}

@test "the longest regex rules come first, which sudo asks last; portable ones are in the order of the verbs" {
	"$BANGER_BUILD/tests/defaults" sudoers | grep '^banger' | awk '{ print length }' > "$BATS_TEST_TMPDIR/lengths"
	[ "$(wc -l < "$BATS_TEST_TMPDIR/lengths")" = "$("$BANGER_BUILD/tests/defaults" verbs format=json | gojq length)" ]
	sort -rn "$BATS_TEST_TMPDIR/lengths" | cmp - "$BATS_TEST_TMPDIR/lengths"
	"$BANGER_BUILD/tests/defaults" sudoers form=portable | awk '/^banger/ { print $6 }' | uniq > "$BATS_TEST_TMPDIR/verbs"
	"$BANGER_BUILD/tests/defaults" verbs format=json | gojq -r '.[].verb' | cmp - "$BATS_TEST_TMPDIR/verbs"
}

#!/usr/bin/env bats
# docs/calling.md, its example in Go, the schemas of what verbs print, and docs/migrating.md.

load lib/common
load lib/vmm
load lib/jail
load lib/launch
load lib/ext4

docs=$BATS_TEST_DIRNAME/../docs

fits() { # VERB, its result on stdin
	"$BATS_TEST_DIRNAME/lib/fits" "$docs/schema/$1.json"
}

# "DONE 0", a line each, as the program has them.
codes() { sed -nE 's/^\tC\((\w+), ([0-9]+), .*/\1 \2/p' "$BATS_TEST_DIRNAME/../src/say/say.h"; }

@test "the page and the example know the exit codes that the program has" {
	[ "$(codes | wc -l)" -ge 7 ]
	diff <(codes) <(sed -nE 's/^\| ([0-9]+) \| ([A-Z]+) \| .*/\2 \1/p' "$docs/calling.md")
	diff <(codes) <(sed -nE 's/^\t([A-Z][a-z]+) +=? ?([0-9]+)$/\U\1 \2/p' "$docs/calling.go")
}

@test "every verb that prints JSON has a schema, and every schema a verb" {
	local file
	for file in "$BATS_TEST_DIRNAME"/../src/verb/*.c; do
		! grep -qE 'json_open|_json\(|print\("\{' "$file" || [ -s "$docs/schema/$(basename "$file" .c).json" ]
	done
	for file in "$docs"/schema/*.json; do
		grep -q "^VERB($(basename "$file" .json | tr - _))$" "$BATS_TEST_DIRNAME/../src/verbs.def"
		# And a test that holds what the verb printed against it.
		grep -qE "(fits $(basename "$file" .json)( |$)|schema/$(basename "$file"))" \
			"$BATS_TEST_DIRNAME"/*.bats "$BATS_TEST_DIRNAME"/vm/*.bats
	done
}

@test "a schema describes what its verb prints, to the last key" {
	local verb key
	banger-priv verbs format=json | fits verbs
	for verb in $(banger-priv verbs format=json | gojq -r '.[].verb'); do
		banger-priv explain "$verb" format=json | fits explain
	done
	for verb in banger root; do
		as "$verb" banger-priv check format=json > "$BATS_TEST_TMPDIR/check" || :
		fits check < "$BATS_TEST_TMPDIR/check"
	done
	launch_setup
	expect 0 - own resolve-binary jailer
	fits resolve-binary <<< "$out"
	expect 0 - own prepare-jailer-chroot vm1 "$images/vmlinux" drive=rootfs:"$images/root.ext4"
	fits prepare-jailer-chroot <<< "$out"
	expect 0 - own launch-firecracker vm1
	fits launch-firecracker <<< "$out"
	# It can say no: one key less, one more, one of another kind.
	for key in 'del(.pid)' '.more = 1' '.pid = "7"'; do
		run ! fits launch-firecracker <<< "$(gojq "$key" <<< "$out")"
	done
	expect 0 - own find-pid vm=vm1
	fits find-pid <<< "$out"
	own kill-process "$(gojq .pid <<< "$out")"
	echo "batch = ensure-socket-dir resolve-binary" > /etc/banger/priv.conf
	expect 0 - own batch ensure-socket-dir -- resolve-binary jailer
	fits batch < <(head -1 <<< "$out")
	fits batch < <(tail -1 <<< "$out")
	fits resolve-binary < <(tail -1 <<< "$out" | gojq .result)
	launch_teardown
}

@test "the example in Go builds, and does what it says" {
	gccgo-12 -o "$BATS_FILE_TMPDIR/calling" "$docs/calling.go"
	images_make
	restore_binaries
	expect 0 - as banger "$BATS_FILE_TMPDIR/calling" "$images/plain.ext4"
	diff <(echo "$out") - << 'SAID'
tap banger-go is there
refused: not-allowed
firecracker is /usr/local/bin/firecracker
no such firecracker
waited: context deadline exceeded
"a\x00b"
SAID
	run ! ip link show banger-go
	run ! pgrep -x banger-priv
	ip link delete banger0
}

@test "a verb goes on when sudo is killed" {
	vmm_install
	banger-priv ensure-socket-dir
	vmm_start banger vm1 /run/banger/a.sock
	start setpriv --reuid banger --regid banger --clear-groups sudo -n banger-priv wait-for-exit "$pid" /run/banger/a.sock
	until_true pgrep -x banger-priv > /dev/null
	local verb
	verb=$(pgrep -x banger-priv)
	kill -KILL "$(ps -o ppid= -p "$verb")"
	until_true eval '! pgrep -x sudo > /dev/null'
	alive "$verb"
	end "$verb"
	vmm_clean
}

@test "docs/migrating.md: every verb in it is called as the program wants, and each of the twelve methods is there" {
	[ "$(grep -c '^| .priv\.' "$docs/migrating.md")" = 12 ]
	local line verb rest word synopsis
	# The second column of each row, and what the prose calls a verb.
	grep '^| `\|^| the SDK' "$docs/migrating.md" | awk -F ' *[|] *' '$3 ~ /^`/ { print $3 }' | tr -d '`' > "$BATS_TEST_TMPDIR/calls"
	[ "$(wc -l < "$BATS_TEST_TMPDIR/calls")" -ge 45 ]
	while read -r verb rest; do
		synopsis=$(banger-priv verbs format=json | gojq -r --arg verb "$verb" '.[] | select(.verb == $verb).synopsis')
		[ -n "$synopsis" ] || { echo "no verb $verb"; return 1; }
		for word in $rest; do
			grep -qwF -- "$word" <<< "${synopsis//[\[\]]/ }" || { echo "$verb takes no $word: $synopsis"; return 1; }
		done
	done < "$BATS_TEST_TMPDIR/calls"
}

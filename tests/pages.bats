#!/usr/bin/env bats
# What the pages say of the program and the tree, held against both.  Generated text: tests/generated.bats; calls of
# the program: tests/calling.bats.

load lib/common
load lib/vmm

root=$BATS_TEST_DIRNAME/..
pages=("$root"/*.md "$root"/docs/*.md "$root"/debian/README.Debian)

setup_file() { vmm_install; }

code_in() { sed -E 's/```[^`]*```//g' "$@" | grep -oE '`[^`]+`' | tr -d '`'; }
verbs() { banger-priv verbs format=json | gojq -r '.[].verb'; }
# "0 done", a line each.
exits() { sed -nE 's/^\tC\(\w+, ([0-9]+), "([a-z]+): .*/\1 \2/p' "$root/src/say/say.h"; }

@test "every file that a page names is there" {
	local file
	code_in "${pages[@]}" | grep -E '^(src|tests|docs|data|man|sudoers\.d|debian)/' | cut -d' ' -f1 | sort -u > "$BATS_TEST_TMPDIR/files"
	[ "$(wc -l < "$BATS_TEST_TMPDIR/files")" -gt 20 ]
	while IFS= read -r file; do
		# <name> is any; [ch] is both.
		compgen -G "$root/$(sed 's/<[a-z]*>/*/g' <<< "$file")" > /dev/null || { echo "there is no $file"; return 1; }
	done < "$BATS_TEST_TMPDIR/files"
}

@test "every verb that a page or a manual names is one" {
	local word known
	known=$(verbs)
	{ code_in "${pages[@]}"; sed -nE 's/^\.(B|BR|I) +//p' "$root"/man/*.in | sed 's/\\-/-/g'; } | sed -E 's/^(sudo )?banger-priv //' |
		grep -oE '^(ensure|create|delete|remove|sync|clear|cleanup|fsck|read|write|prepare|launch|find|process|wait|signal|kill|send|resolve)-[a-z0-9-]+' |
		sort -u > "$BATS_TEST_TMPDIR/words"
	[ "$(wc -l < "$BATS_TEST_TMPDIR/words")" -gt 20 ]
	while IFS= read -r word; do
		grep -qxF "$word" <<< "$known" || { echo "there is no verb $word"; return 1; }
	done < "$BATS_TEST_TMPDIR/words"
}

@test "every setting that a page gives an example of, and each key that the manual speaks of, is one that is taken" {
	local line name keys
	keys=$("$BANGER_BUILD/tests/defaults" keys | cut -d' ' -f1)
	code_in "${pages[@]}" | grep -E '^[a-z_]+ = ' > "$BATS_TEST_TMPDIR/lines"
	[ -s "$BATS_TEST_TMPDIR/lines" ]
	while IFS= read -r line; do
		echo "$line" > /etc/banger/priv.conf
		expect 0 - banger-priv ensure-socket-dir
	done < "$BATS_TEST_TMPDIR/lines"
	install_configuration
	sed -n '/^\.SH KEYS/,/^\.SH SEE/p' "$root/man/priv.conf.5.in" |
		sed -nE 's/^\.BR? ([a-z_]+)( .*)?$/\1/p' > "$BATS_TEST_TMPDIR/names"
	grep -qx state_dir "$BATS_TEST_TMPDIR/names"
	for name in $(cat "$BATS_TEST_TMPDIR/names"); do
		grep -qxF "$name" <<< "$keys" || { echo "there is no key $name"; return 1; }
	done
}

@test "the exit statuses of README.md and of the manual are the program's" {
	diff <(exits) <(tr '\n' ' ' < "$root/README.md" | sed -nE 's/.*Exit status: ([^.]*)\..*/\1\n/p' | sed 's/, /\n/g; /^$/d')
	diff <(exits | cut -d' ' -f1) <(sed -n '/^\.SH EXIT STATUS/,/^\.SH REASONS/p' "$root/man/banger-priv.8.in" | sed -nE 's/^\.B ([0-9]+)$/\1/p')
}

@test "README.md: the steps of main, in its order; the builds of tests/run; the message of its example" {
	local said
	# What it calls each step, and what that is in main.
	said=$(tr '\n' ' ' < "$root/README.md" | sed -nE 's/.*fits on a screen: ([^.]*)\..*/\1/p' | sed 's/, /\n/g')
	diff <(sed -nE 's/^tidy.*/tidy/p; s/^find the verb/step_find_verb/p; s/^read the config.*/config_load/p; s/^check the caller/step_admit_caller/p
		s/^gate the.*/verb_admit/p; s/^wait for the lock/step_take_lock/p; s/^open the handles/step_open_handles/p
		s/^(close the cage|act)$/step_act/p' <<< "$said" | uniq) \
		<(grep -oE '\b(tidy|step_find_verb|config_load|step_admit_caller|verb_admit|step_take_lock|step_open_handles|step_act)\(' \
			<(sed -n '/^main(/,$p' "$root/src/main.c") | tr -d '(')
	[ "$(wc -l <<< "$said")" = 9 ]
	[ "$(wc -l < "$root/src/main.c")" -le 40 ]
	grep -q 'builds five ways' "$root/README.md"
	[ "$(grep -c '^setup build-' "$root/tests/run")" = 5 ]
	expect 3 malformed banger-priv create-tap eth0
	[[ $err == "$(tr '\n' ' ' < "$root/README.md" | grep -oE 'banger-priv create-tap: malformed: [^…]*')"* ]]
}

@test "README.md: what it costs is what docs/performance.md has measured" {
	local row
	# The first that has all four: operation, ours, ours with sudo, the commands before, those with sudo.
	row=$(grep '^| VM up, 3 MB |' "$root/docs/performance.md" | awk -F' *[|] *' '{ printf "%.0f %.0f %.0f %.0f", $3, $5, $4, $6 }')
	[ "$(tr '\n' ' ' < "$root/README.md" | sed -nE 's/.* took ([0-9]+) ms where .* took ([0-9]+), and ([0-9]+) ms behind sudo where they took ([0-9]+).*/\1 \2 \3 \4/p')" = "$row" ]
}

@test "the manual: what is never in a batch, how many are, how long operands and lines may be" {
	local never verb n words=()
	# As the page says it, read without its requests.
	never=$(sed -n '/^It runs only those/,/^\.PP/p' "$root/man/banger-priv.8.in" | sed -nE 's/^\.BR? ([a-z0-9\\-]+).*/\1/p' | sed 's/\\-/-/g' | grep -vx batch | sort)
	for verb in $(verbs); do
		echo "batch = $verb" > /etc/banger/priv.conf
		banger-priv ensure-socket-dir 2> /dev/null || echo "$verb"
	done | sort > "$BATS_TEST_TMPDIR/never"
	diff "$BATS_TEST_TMPDIR/never" <({ echo "$never"; echo batch; banger-priv verbs format=json | gojq -r '.[] | select(.for_people).verb'; } | sort)
	echo "batch = ensure-socket-dir" > /etc/banger/priv.conf
	for n in $(seq 64); do words+=(ensure-socket-dir --); done
	unset 'words[127]'
	expect 0 - banger-priv batch "${words[@]}"
	[ "$(wc -l <<< "$out")" = 64 ]
	expect 2 usage banger-priv batch "${words[@]}" -- ensure-socket-dir
	grep -q 'between them, 64 at most\.' "$root/man/banger-priv.8.in"
	grep -q '1 to 4096 bytes of printable ASCII' "$root/man/banger-priv.8.in"
	expect 3 malformed banger-priv create-tap "$(printf '%04097d' 0)"
	grep -q 'a line longer than 198 bytes' "$root/man/priv.conf.5.in"
	printf '# %0196d\n' 0 > /etc/banger/priv.conf
	expect 0 - banger-priv ensure-socket-dir
	printf '# %0197d\n' 0 > /etc/banger/priv.conf
	expect 4 config banger-priv ensure-socket-dir
	[[ $err == *"line 1: too long" ]]
	install_configuration
	rmdir /run/banger
}

@test "docs/migrating.md: what the helper made is refused as foreign, but its chroots" {
	banger-priv ensure-bridge
	ip tuntap add banger-old mode tap
	expect 3 foreign own delete-tap banger-old
	ip link delete banger-old
	mkdir -p /var/lib/banger/jail/firecracker/old/root/dev
	expect 0 - own cleanup-jailer-chroot old
	[ ! -e /var/lib/banger/jail/firecracker/old ]
	ip link delete banger0
}

#!/usr/bin/env bats
# What is read off the verbs' rows stands in the tree as it would be written now.

load lib/common

root=$BATS_TEST_DIRNAME/..

@test "sudoers, manual pages, completion, configuration, surface and table are current" {
	local file
	"$root/tests/generate" "$BANGER_BUILD" "$BATS_TEST_TMPDIR"
	for file in $(cd "$BATS_TEST_TMPDIR" && find README.md sudoers.d tests man data docs -type f); do
		diff -u "$root/$file" "$BATS_TEST_TMPDIR/$file"
	done
	[ -s "$BATS_TEST_TMPDIR/tests/surface.txt" ]
}

@test "the page of privileges says of every verb what is owned and what it gives away, and names every library" {
	local verb library page=$root/docs/privileges.md
	for verb in $("$BANGER_BUILD/tests/defaults" verbs format=json | gojq -r '.[] | select(.for_people | not).verb'); do
		for word in Gate Keeps Owned Still; do
			sed -n "/^### $verb$/,/^##/p" "$page" | grep -q "^- \*$word" ||
				{ echo "docs/privileges.md.in has no \"@$verb@\" with *Owned:* and *Still:* below it"; return 1; }
		done
	done
	# As meson.build names them: some with their lib, some without.
	for library in $(sed -nE "s/.*= dependency\('([a-z0-9_-]*)'.*/\1/p" "$root/meson.build"); do
		sed -n '/^## What is trusted/,$p' "$page" | grep -qE "\b(lib)?${library#lib}\b" ||
			{ echo "docs/privileges.md.in does not name $library"; return 1; }
	done
}

@test "both forms of sudoers pass visudo, and no pattern is longer than sudo takes" {
	visudo -cqf "$root/sudoers.d/banger-priv"
	visudo -cqf "$root/sudoers.d/banger-priv.portable"
	[ "$(grep -o '\^.*\$$' "$root/sudoers.d/banger-priv" | awk '{ if (length > max) max = length } END { print max }')" \
		-le 1024 ]
	[ "$(grep -c NOSETENV: "$root/sudoers.d/banger-priv")" = \
		"$(grep -c '^VERB(' "$root/src/verbs.def")" ]
}

@test "the manual pages please man and mandoc" {
	local page
	for page in "$root"/man/*.[58]; do
		[ -z "$(man --warnings -l "$page" 2>&1 > /dev/null)" ]
		mandoc -T lint -W warning "$page"
	done
	# banger-priv(8) begins a summary with a capital letter, which a program's name has not.
	run ! grep -E '^[A-Z][a-z]*[0-9\\]' "$root/man/banger-priv.8"
}

@test "a manual page divides what is text, and leaves a command between .nf and .fi on its line" {
	local long
	long="$(printf 'word%.0s ' {1..20})end"
	"$BANGER_BUILD/tests/defaults" page <<< "$long"$'\n.nf\n'"$long"$'\n.fi\n'"$long" > "$BATS_TEST_TMPDIR/page"
	[ "$(grep -cxF "$long" "$BATS_TEST_TMPDIR/page")" = 1 ]
	[ "$(sed -n '/^\.nf$/,/^\.fi$/p' "$BATS_TEST_TMPDIR/page")" = $'.nf\n'"$long"$'\n.fi' ]
	[ "$(wc -l < "$BATS_TEST_TMPDIR/page")" = 7 ]
}

@test "the completion completes verbs and keys" {
	run bash -c "$(cat << 'TEST'
compopt() { :; }
. "$1"
COMP_WORDS=(banger-priv cre) COMP_CWORD=1; _banger_priv; echo "${COMPREPLY[@]}"
COMP_WORDS=(banger-priv create-tap banger-a u) COMP_CWORD=3; _banger_priv; echo "${COMPREPLY[@]}"
TEST
)" _ "$root/data/banger-priv.bash"
	[[ ${lines[0]} == create-* ]]
	[ "${lines[1]}" = uid= ]
}

@test "the configuration that is installed is all comments, and names every key" {
	run ! grep -qE '^[^#]' "$root/data/priv.conf"
	local key
	for key in $("$BANGER_BUILD/tests/defaults" keys | cut -d' ' -f1); do
		grep -q "^# $key =" "$root/data/priv.conf"
		grep -q "${key//_/_}" "$root/man/priv.conf.5"
	done
}

@test "docs/threats.md: every test that it names is there, and each of the seventy classes names one" {
	local page=$root/docs/threats.md file name
	[ "$(grep -oE '^- \*\*[A-K][0-9]{2}\*\*' "$page" | sort -u | wc -l)" = 70 ]
	# From one class to the next there is a line with a test.
	[ -z "$(awk '/^- \*\*/ { if (class && !tests) print class; class = $2; tests = 0 } /^  `/ { tests++ }
		END { if (!tests) print class }' "$page")" ]
	# And no class names the same one twice.
	[ -z "$(awk '/^- \*\*/ { class = $2 } /^  `/ && seen[class, $0]++ { print class, $0 }' "$page")" ]
	grep -E '^  `' "$page" > "$BATS_TEST_TMPDIR/named"
	while IFS= read -r name; do
		[[ $name =~ ^'  `'([a-z0-9/-]+\.bats)': '(.+)'`'$ ]]
		file=${BASH_REMATCH[1]} name=${BASH_REMATCH[2]}
		grep -qF "@test \"${name//\"/\\\"}\"" "$root/tests/$file" || { echo "tests/$file has no \"$name\""; return 1; }
	done < "$BATS_TEST_TMPDIR/named"
	for name in 2021-4034 2024-21626 2021-44731 2022-3328 2026-1386 2020-2024 2021-3995 2018-6954 2023-2002 2026-39402; do
		grep -q "CVE-$name\b" "$page"
	done
}

@test "every page is linked from README.md, and no link leads nowhere" {
	local page link
	for page in "$root"/*.md "$root"/docs/*.md; do
		[ "$page" = "$root/README.md" ] || [ "${page##*/}" = sudo-is-wider.md ] ||
			grep -qF "](${page#"$root"/})" "$root/README.md" || { echo "README.md does not link to $page"; return 1; }
		for link in $(grep -oE '\]\([^):]+\)' "$page" | sed -E 's/^\]\((.*)\)$/\1/'); do
			[ -e "$(dirname "$page")/$link" ] || { echo "$page: $link"; return 1; }
		done
	done
	grep -qF '](docs/sudo-is-wider.md)' "$root/SECURITY.md"
}

#!/usr/bin/env bats
# The house: which room may include which, and that every verb is in the list.

bats_require_minimum_version 1.5.0
src=$BATS_TEST_DIRNAME/../src

# The table of CONTRIBUTING.md, a row a line: its files | what they may include, in words.
rooms() {
	sed -nE 's/^\| `src\/([^|]*)` \|[^|]*\| (.*) \|$/\1 | \2/p' "$src/../CONTRIBUTING.md" | sed 's/`, `src\// /g'
}

@test "each room includes its own, and what CONTRIBUTING.md lets it" {
	local files allowed file word header line ruled=()
	[ "$(rooms | wc -l)" -ge 13 ]
	while IFS='|' read -r files allowed; do
		read -ra words <<< "${allowed//,/ }"
		for file in $files; do
			for file in "$src/"${file/%\//\/*.[ch]}; do
				ruled+=("$file")
				[ "${words[0]}" != everything ] || continue
				for header in $(sed -nE 's/^#include "([^"]*)"$/\1/p' "$file"); do
					line=build-config.h     # meson's, for all
					for word in $files "${words[@]}"; do line="$line ${word//\`/}"; done
					is_among "$header" $line || { echo "${file#"$src/"} includes $header, and not only: $line"; return 1; }
				done
			done
		done
	done < <(rooms)
	# And every file is in a room of the table.
	diff <(printf '%s\n' "${ruled[@]}" | sort) <(find "$src" -name '*.[ch]' -o -name '*.def' | sort)
}

is_among() { # HEADER WORD...: one of them, or in the room of that name
	local header=$1 word
	for word in "${@:2}"; do
		[[ $header != $word && $header != "${word%/}"/* ]] || return 0
	done
	return 1
}

@test "only steps, stages and main, and what the build runs, include the cage" {
	run grep -lE '#include "cage/' -r "$src"
	for file in "${lines[@]}"; do
		[[ $file =~ /src/(cage/.*|steps\.[ch]|stages?\.c|main\.c|build-time\.c)$ ]] || { echo "$file"; return 1; }
	done
}

@test "every verb's file is in the list, and its name is its file's" {
	local file name
	for file in "$src"/verb/*.c; do
		name=$(basename "$file" .c)
		grep -q "^VERB(${name//-/_})$" "$src/verbs.def"
		grep -q "\.name = \"$name\"" "$file"
		grep -q "^const struct verb verb_${name//-/_} = {" "$file"
	done
	[ "$(grep -c '^VERB(' "$src/verbs.def")" = "$(ls "$src"/verb/*.c | wc -l)" ]
}

@test "main is a table of contents" { [ "$(wc -l < "$src/main.c")" -le 60 ]; }

@test "no shell, no PATH, no plain kill, and nothing left to do" {
	run ! grep -nE '\b(system|popen|execvp|execlp|kill|sprintf|strcpy|strcat|gets|atoi|strtol|mount|umount)\(' \
		-r "$src" --include='*.c'
	run ! grep -nE '\b(TODO|FIXME|XXX)\b' -r "$src" "$src/../tests" --include='*.[ch]' --include='*.bash'
}

@test "every test file says what it tests, and no test can be skipped in silence" {
	for file in "$BATS_TEST_DIRNAME"/*.bats; do
		[ "$(sed -n 2p "$file" | cut -c1-2)" = "# " ] || { echo "$file"; return 1; }
	done
}

# A file's functions as bash writes them, a statement a line; the last one of a function has no semicolon.
statements() { # FILE
	eval "whole() {
$(awk '/^@test / { sub(/^@test .*" \{/, "test_" NR "() {") } { print }' "$1")
}"
	declare -f whole
}

# What errexit lets go: a && b where a fails, and ! a; but not where that is all that a function has to say.
unheard() { # FILE
	statements "$1" | awk '
		{
			text = $0
			gsub(/\047[^\047]*\047/, "Q", text)
			gsub(/"(\\.|[^"\\])*"/, "Q", text)
			gsub(/\[\[ .* \]\]/, "Q", text)
			while (gsub(/\$?\([^()]*\)/, "Q", text)) ;
			sub(/^.* & /, "", text)
		}
		last != "" && text ~ /^ *(;;|\} [^|&].*)$/ { print last }
		{ last = "" }
		text ~ / && / && text !~ / && .*\|\| / && text !~ /&& (false|(exit|break|continue|return).*);?$/ ||
		text ~ /^ *! / && text !~ /\|\| / {
			if (text ~ /;$/)
				print
			else if (text !~ /( do| then| &)$/)
				last = $0
		}'
}

@test "every assertion can fail: no && list whose first half is not heard, no bare !" {
	local file
	# bats would take it for one of its own.
	sed 's/^test /@test /' > "$BATS_TEST_TMPDIR/sample" <<- 'SAMPLE'
		test "seven" {
			[ 1 ] && [ "a || b" ]
			for i in 2; do [ "$i" ] && [[ $i ]]; done
			! 3 | grep -v x
			4 ||
				[ "$i" ] && true
			case $i in 5) [ 5 ] && [ 5 ] ;; esac
			{ 6 && true; } > file
			7 '
			' && true
			x=$(a && b) || [ a ] && break
			(a && b)
			! a || false
			[ a ] || { [ a ] && [ b ]; } || false
			if a && ! b; then c; fi
			while a && b; do c && false; done
			a && b & wait
			[ a ] && [ b ]
		}
		all() { [ a ] && [ b ]; }
		none() {
			! a
		}
	SAMPLE
	unheard "$BATS_TEST_TMPDIR/sample"
	[ "$(unheard "$BATS_TEST_TMPDIR/sample" | wc -l)" = 7 ]
	for file in "$BATS_TEST_DIRNAME"/{,vm/}*.bats "$BATS_TEST_DIRNAME"/lib/*.bash; do
		[ -z "$(unheard "$file")" ] || { echo "$file:"; unheard "$file"; return 1; }
	done
}

#!/usr/bin/env bats
# The house: which room may include which, and that every verb is in the list.

bats_require_minimum_version 1.5.0
src=$BATS_TEST_DIRNAME/../src

# The rooms of our own headers that a room's files include; system headers do not count.
included_by() {
	grep -hE '^#include "' "$@" | sed -E 's/#include "([^"]*)"/\1/' | sort -u
}

# allowed ROOM PATTERN: every header that ROOM includes matches PATTERN.
allowed() {
	local room=$1 pattern=$2 header
	for header in $(included_by "$src/$room"/*.[ch]); do
		[[ $header =~ ^($pattern)$ ]] || { echo "src/$room includes $header"; return 1; }
	done
}

@test "say includes nothing of ours but keep.h" { allowed say 'say/.*|keep\.h'; }
@test "gate includes gate and say" { allowed gate 'gate/.*|say/.*'; }
@test "config includes config, gate, say and how to open what is root's" {
	allowed config 'config/.*|gate/.*|say/.*|sys/trusted\.h|build-config\.h'
}
@test "sys includes sys, gate, keep and say" { allowed sys 'sys/.*|gate/.*|keep\.h|say/.*|build-config\.h'; }
@test "the cage includes say and keep" { allowed cage 'cage/.*|say/.*|keep\.h'; }
@test "check includes check, sys, gate, config, say and how rules read" {
	allowed check 'check/.*|sys/.*|gate/.*|config/.*|say/.*|surface\.h|build-config\.h'
}
@test "verbs include no verb and no cage" {
	allowed verb 'verb\.h|surface\.h|keep\.h|check/.*|gate/.*|config/.*|sys/.*|say/.*|build-config\.h'
}
@test "only steps and main include the cage, and what the build runs" {
	run grep -lE '#include "cage/' -r "$src"
	for file in "${lines[@]}"; do
		[[ $file =~ /src/(cage/.*|steps\.[ch]|main\.c|build-time\.c)$ ]] || { echo "$file"; return 1; }
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

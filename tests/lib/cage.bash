# cage.bash: a verb's row against what it holds and what it uses.  The scenarios that it goes by are in
# scenarios.bash, and in storage.bash.

# Verbs whose rows tests/vm/cage.bats measures: they have a stage that needs device-mapper.
measured_in_vm=(
	create-dm-snapshot cleanup-dm-snapshot remove-dm-snapshot fsck-snapshot read-ext4-file write-ext4-files
)

ends() { # CODE COMMAND...
	local code=$1 status=0
	shift
	# A file, since /dev/null might be a terminal, and is asked.
	{ "$@" > /dev/null || status=$?; } 2> "$BATS_TEST_TMPDIR/ended"
	[ "$status" = "$code" ]
}

failing() { # CALL: the program, with its first CALL answered with EIO
	echo "$BANGER_BUILD/tests/inject fail:EIO $1 1"
}

scenarios_of() { # VERB: their names
	declare -F | sed -nE "s/^declare -f (scenario_${1//-/_}_[0-9]+)$/\1/p"
}

all_verbs() { banger-priv verbs format=json | gojq -r '.[].verb'; }
row() { banger-priv explain "$1" format=json | gojq -r "$2"; }

# The bits of the capabilities that stage $2 of verb $1 keeps, as /proc/PID/status prints them.
mask_of() {
	local mask=0 name
	for name in $(row "$1" ".stages[$2].capabilities[].name"); do
		mask=$((mask | 1 << $(awk -v name="$name" '$2 == name { print $3 }' \
			<(cpp -dM -include linux/capability.h < /dev/null | grep -E 'CAP_[A-Z_]+ [0-9]+$'))))
	done
	printf '%016x' "$mask"
}

uid_of() {
	case $(row "$1" ".stages[$2].runs_as") in
	nobody | whoever*) echo 65534 ;;
	"the owner") echo 1900 ;;
	root) echo 0 ;;
	esac
}

# What a process holds, or one of the row's stages should: ids, groups, the five sets of capabilities, flags.
held_by() { # PID
	awk '/^(Uid|Gid|Groups|CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):/ { $1 = $1; print }' "/proc/$1/status" | xargs
}
row_of() { # VERB STAGE
	local id mask bounding=0000000000000000
	id=$(uid_of "$1" "$2") mask=$(mask_of "$1" "$2")
	[ "$(row "$1" ".stages[$2].executes")" = false ] || bounding=$mask
	echo "Uid: $id $id $id $id Gid: $id $id $id $id Groups: CapInh: 0000000000000000 CapPrm: $mask CapEff: $mask" \
		"CapBnd: $bounding CapAmb: 0000000000000000 NoNewPrivs: 1 Seccomp: 2"
}

# Stops each process of scenario $1 where its filter has just been read back, and tells what it holds.
held_in() {
	"$1" strace -f -qq -o /dev/null -e trace=clone3 -e inject=clone3:signal=STOP:when=1 banger-priv 3>&- > /dev/null &
	local scenario=$! pid
	local -A told
	while kill -0 "$scenario" 2> /dev/null; do
		for pid in $(pgrep -x banger-priv); do
			grep -q '^State:.*[Tt]' "/proc/$pid/status" && grep -q '^Seccomp:.*2' "/proc/$pid/status" || continue
			[ "${told[$pid]:-}" ] || held_by "$pid"
			told[$pid]=yes
			kill -CONT "$pid"
		done 2> /dev/null
		sleep .01
	done
	wait "$scenario"
}

# Held at their first action, one after another, the verb's processes have exactly the ids, capabilities and flags of its
# row: of its stages in their order, some of which may be left out; but the last one may be first, or while the one
# before it is at work (stages.c).
holds_its_row() { # VERB
	local verb=$1 held last stage
	echo "$verb"
	held=$(held_in "$(scenarios_of "$verb" | head -1)")
	[ -n "$held" ]
	# Its children are other verbs, whose rows are not its own.
	[ "$verb" != batch ] || held=$(head -n 1 <<< "$held")
	last=$(row "$verb" '.stages | length - 1')
	for stage in "$last" $(seq 0 $((last - 2))) "$last" $(seq $((last > 0 ? last - 1 : 0)) "$last"); do row_of "$verb" "$stage"; done |
		awk 'NR == FNR { row[++rows] = $0; next }
			{ while (++at <= rows && row[at] != $0); }
			at > rows { print "unlike: " $0; unlike = 1 }
			END { exit unlike }' - <(echo "$held")
}

# A line whose call is not made without what this host has not: device-mapper, or a cgroup controller.
is_unreachable() { # VERB call|cap INDEX
	local missing=
	[ "$2" = call ] || return 1
	case $(row "$1" "[.stages[].calls[]][$3] | \"\(.name) \(.value_name // .why)\"") in
	"ioctl DM_"*) : 2> /dev/null < /dev/mapper/control || missing=yes ;;
	"write the VM's limits") grep -qw memory /sys/fs/cgroup/cgroup.controllers || missing=yes ;;
	esac
	[ "$missing" ]
}

# Lines of stages that ask device-mapper, where all that such a stage does needs one: their numbers.
lines_for_snapshots() { # VERB call|cap
	case $1 in cleanup-vm | status) ;; *) return ;; esac
	! : 2> /dev/null < /dev/mapper/control || return 0
	banger-priv explain "$1" format=json | gojq -r --arg kind "$2" '
		[.stages[] | any(.calls[]; .value_name // "" | startswith("DM_")) as $asks |
			(if $kind == "call" then .calls else .capabilities end)[] | $asks] |
		to_entries[] | select(.value).key'
}

# How the vdso tells the time, and how much of its heap malloc has left to itself, depends on the hardware and on the
# libraries' versions: some of these are never made here, and are needed there.
needed_elsewhere=" clock_gettime gettimeofday time brk mmap munmap mremap "

# Without any one line of its row, one of the verb's scenarios fails.
all_is_needed() { # VERB
	local verb=$1 kind index name names elsewhere narrow=$BANGER_BUILD/tests/narrow wider=
	local -A list=([call]=calls [cap]=capabilities)
	local -a scenarios
	mapfile -t scenarios < <(scenarios_of "$verb")
	[ "${#scenarios[@]}" != 0 ] || { echo "$verb has no scenario"; return 1; }
	for name in "${scenarios[@]}"; do
		"$name" banger-priv || { echo "$name does not pass with the whole row"; return 1; }
	done
	for kind in call cap; do
		mapfile -t names < <(row "$verb" ".stages[].${list[$kind]}[].name")
		elsewhere=" $(lines_for_snapshots "$verb" "$kind" | xargs) "
		for index in "${!names[@]}"; do
			[[ $elsewhere != *" $index "* ]] || continue
			[[ $needed_elsewhere != *" ${names[index]} "* ]] || continue
			for name in "${scenarios[@]}"; do
				"$name" "$narrow" "$kind" "$index" || continue 2
			done
			is_unreachable "$verb" "$kind" "$index" || wider="$wider $verb:$kind:$index:${names[index]}"
		done
	done
	[ -z "$wider" ] || { echo "wider than used:$wider"; return 1; }
}

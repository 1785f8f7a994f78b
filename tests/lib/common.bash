# common.bash: what every .bats file of this suite is written in.  Runs inside tests/world.

bats_require_minimum_version 1.5.0

# ---- calling the program ----

# As the owner, through the real sudo and the installed rules.
own() {
	setpriv --reuid banger --regid banger --clear-groups sudo -n banger-priv "$@"
}

as() { # USER COMMAND...
	local user=$1
	shift
	setpriv --reuid "$user" --regid "$user" --clear-groups "$@"
}

# expect CODE REASON COMMAND...: runs COMMAND, keeps $out and $err, and fails unless it ends with CODE,
# says one clean line with REASON on stderr (nothing at all for REASON -), and prints nothing on
# stdout when it refuses.
expect() {
	local code=$1 reason=$2 status=0
	shift 2
	"$@" > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" < /dev/null || status=$?
	# bash leaves out NULs, and says so.
	{ out=$(< "$BATS_TEST_TMPDIR/out") err=$(< "$BATS_TEST_TMPDIR/err"); } 2> /dev/null
	if [ "$status" != "$code" ]; then
		echo "exit $status instead of $code: $*"
		echo "stdout: $out"
		echo "stderr: $err"
		return 1
	fi
	if [ "$reason" = - ]; then
		[ -z "$err" ] || { echo "unexpected on stderr: $err"; return 1; }
		return 0
	fi
	one_clean_line || return 1
	case $err in
	"banger-priv "*": $reason: "* | "banger-priv: $reason: "*) ;;
	*) echo "reason is not $reason: $err"; return 1 ;;
	esac
	[ -z "$out" ] || { echo "stdout of a refusal: $out"; return 1; }
	[ "$code" != 3 ] || echoes_no_path "$@"
}

# No path of the caller's is in $err; those of the configuration may be.
echoes_no_path() { # OPERAND...
	local word path
	for word; do
		path=${word#"${word%%/*}"}
		case $path in
		/var/lib/banger | /var/lib/banger/jail | /var/lib/banger/jail/firecracker | /run/banger) ;;
		/var/lib/banger/* | /run/banger/*)
			[[ $err != *"$path"* ]] || { echo "a refused value is echoed: $err"; return 1; } ;;
		esac
	done
}

# The line and its newline are all that the file has.
one_clean_line() {
	local line
	IFS= read -r line < "$BATS_TEST_TMPDIR/err" && [ "${#line}" -lt 1024 ] && [[ $line != *[^\ -~]* ]] &&
		cmp -s "$BATS_TEST_TMPDIR/err" <<< "$line" || { echo "not one clean line: $(cat -v "$BATS_TEST_TMPDIR/err")"; return 1; }
}

# The configuration and the rules as they are installed, after a test that had others.
install_configuration() {
	local root=${BATS_TEST_DIRNAME%/vm}/..
	install -D -m 0644 "$root/data/priv.conf" /etc/banger/priv.conf
	install -m 0440 "$root/sudoers.d/banger-priv" /etc/sudoers.d/banger-priv
}

# ---- what must not change ----

# Things of root's that no verb has any business with: a file, a directory, a FIFO, a socket, a device's node, a mount,
# a link, an nft table and a process.
canaries_plant() {
	local there=/run/canary
	mkdir -m 0700 "$there"
	echo secret > "$there/file"
	chmod 0600 "$there/file"
	mkdir -m 0750 "$there/directory"
	echo inside > "$there/directory/file"
	mkfifo -m 0600 "$there/fifo"
	mknod -m 0600 "$there/device" b 7 4095
	mkdir "$there/mount"
	mount -t tmpfs -o size=64k,mode=0700 canary "$there/mount"
	echo mounted > "$there/mount/file"
	ip link add canary0 type bridge
	ip link set canary0 alias "not yours"
	nft add table inet canary
	nft add chain inet canary forward '{ type filter hook forward priority 10; }'
	"$BANGER_BUILD/tests/make-socket" "$there/socket"
	sleep infinity < /dev/null > /dev/null 2>&1 3>&- &
	canary_pid=$!
	until grep -qx sleep "/proc/$canary_pid/comm"; do :; done       # no shell any more
	canaries_state > "$BATS_FILE_TMPDIR/canaries"
}

canaries_state() {
	find /run/canary -printf '%p %u %g %m %n %i %T@ %y\n' | sort
	stat -c '%t:%T %Z' /run/canary/device
	cat /run/canary/file /run/canary/directory/file /run/canary/mount/file
	grep canary /proc/self/mountinfo
	ip -o link show canary0
	nft list table inet canary
	grep -E '^(Name|State|Pid|Uid):' "/proc/$canary_pid/status"
}

canaries_same() {
	canaries_state | diff "$BATS_FILE_TMPDIR/canaries" - || { echo "a canary changed"; return 1; }
}

canaries_end() {
	kill "$canary_pid" && wait "$canary_pid" 2> /dev/null || :
	ip link delete canary0
	nft delete table inet canary
	umount /run/canary/mount
	rm -r /run/canary
}

# Everything that a verb could leave behind, as text to compare.
host_state() {
	ip -d -j addr show | gojq 'map({ifname, kind: .linkinfo.info_kind, ifalias, master,
		addresses: [.addr_info[] | select(.family == "inet") | .local]})'
	nft -j list ruleset | gojq 'del(.. | .handle?)'
	cut -d' ' -f3- /proc/self/mountinfo | sort
	find /run /var/lib/banger /etc/banger -xdev -not -path '/run/world*' \
		-not -path '/run/banger-priv*' -not -path '/run/sudo*' -printf '%p %u %g %m %y\n' | sort
	find /sys/fs/cgroup -mindepth 1 -type d | sort
}

# ---- looking at it while it works ----

# trace OUT COMMAND...: strace of the program itself and its children, as it runs under root.
trace() {
	local into=$1
	shift
	strace -f -qq -o "$into" "$@"
}

# inject ACTION CALL WHEN COMMAND...: see tests/inject.c.
inject() { "$BANGER_BUILD/tests/inject" "$@"; }

# mount_fuse PATH MANNER UID COMMAND...: see tests/mount-fuse.c.
mount_fuse() { "$BANGER_BUILD/tests/mount-fuse" "$@"; }

# stopped [DESCRIPTOR]: the pid of the program once it has been stopped; see strace's inject=...:signal=STOP.  strace
# stops each for a moment at every call: of several, the one that has that descriptor.
stopped() {
	local pid
	for _ in $(seq 1000); do
		for pid in $(pgrep -x banger-priv); do
			grep -q '^State:.*[Tt]' "/proc/$pid/status" 2> /dev/null &&
				grep -q '^Seccomp:.*2' "/proc/$pid/status" && [ -h "/proc/$pid/fd/${1:-0}" ] && { echo "$pid"; return 0; }
		done
		sleep .01
	done
	echo "never stopped" >&2
	return 1
}

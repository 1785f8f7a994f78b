# routing.bash: what the tests of the resolver's routing have in common.  After common.bash.

resolved() { "$BATS_TEST_DIRNAME/lib/resolved" "$@"; }

# "SERVERS | DOMAINS | DEFAULT_ROUTE" of a link; `routing others` is all that systemd-resolved says of
# everything else.
routing() {
	local status
	if [ "$1" = others ]; then
		resolved ctl status | awk -v RS= -v ORS='\n\n' '!/\((banger0|canary0)\)/'
		return
	fi
	status=$(resolved ctl status "$1")
	printf '%s | %s | %s\n' "$(sed -n 's/^ *DNS Servers: //p' <<< "$status")" \
		"$(sed -n 's/^ *DNS Domain: //p' <<< "$status")" \
		"$(grep -q ' +DefaultRoute' <<< "$status" && echo yes || echo no)"
}

routing_begin() {
	resolved start
	ip link add other0 type bridge
	banger-priv ensure-bridge
	ip link add port0 type veth peer name port1
	ip link set port0 master banger0 up
	ip link set port1 up
	until_known
	resolved ctl dns other0 192.0.2.53
	resolved ctl domain other0 '~other.example'
	resolved ctl default-route other0 no
	routing others > "$BATS_FILE_TMPDIR/others"
}

routing_end() {
	resolved stop
	ip link delete port0
	ip link delete other0
}

until_true() {
	for _ in $(seq 300); do
		! "$@" > /dev/null 2>&1 || return 0
		sleep 0.02
	done
	echo "never came true: $*"
	return 1
}

until_file() { until_true test -s "$1"; }

# systemd-resolved has heard of the bridge.
until_known() { until_true resolved ctl dns banger0; }

# The one banger-priv that runs has asked, and waits for the answer.
until_blocked() {
	until_true is_blocked
	sleep 0.1
	is_blocked
}

is_blocked() {
	local pid
	pid=$(pgrep -x banger-priv) && grep -q poll "/proc/$pid/wchan"
}

# A world within the world for each false bus, so that several can hang at the same time.
false_bus() { # HOW [NAME]
	false_world=$BATS_TEST_TMPDIR/false.$1$([ -z "${2:-}" ] || echo ".$2")
	mkdir "$false_world"
	# shellcheck disable=SC2016 # the inner shell expands them
	unshare --mount --propagation private bash -c '
		mount -t tmpfs -o mode=755 run /run && echo $$ > "$0/pid"
		exec "$@"' "$false_world" "$BATS_TEST_DIRNAME/lib/false-bus" "$@" \
		< /dev/null > "$false_world/said" 2> "$false_world/log" 3>&- &
	disown
	until_true grep -q ready "$false_world/said"
}

in_false_world() {
	nsenter --mount --target "$(cat "$false_world/pid")" banger-priv "$@"
}

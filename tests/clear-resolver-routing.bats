#!/usr/bin/env bats
# clear-resolver-routing: systemd-resolved has no settings for the bridge.
# With a real systemd-resolved and a real bus; and with a bus that means no good.

load lib/common
load lib/routing

setup_file() { routing_begin; }
teardown_file() { routing_end; }
setup() { canaries_plant; }
teardown() {
	canaries_same
	canaries_end
	resolved ctl revert banger0
	[ "$(routing others)" = "$(cat "$BATS_FILE_TMPDIR/others")" ]
}

nothing=" |  | no"

# All that it says of the bridge but for the protocols that happen to work on it right now.
settings() { resolved ctl status banger0 | grep -v 'Current Scopes'; }

# What systemd-resolved would bring back after a restart.
saved() { cat "/run/systemd/resolve/netif/$(ip -j link show banger0 | gojq '.[0].ifindex')"; }

@test "does: nothing of sync-resolver-routing is left, other links are as before" {
	local before
	before=$(settings)
	banger-priv sync-resolver-routing banger0 172.30.0.1:5353
	[ "$(routing banger0)" = "172.30.0.1:5353 | ~vm | no" ]
	saved | grep -q 172.30.0.1
	expect 0 - own clear-resolver-routing banger0
	[ -z "$out" ]
	[ "$(settings)" = "$before" ]
	run ! saved
	[ "$(routing others)" = "$(cat "$BATS_FILE_TMPDIR/others")" ]
}

@test "does: whatever somebody else set on the bridge goes, too" {
	resolved ctl dns banger0 192.0.2.1
	resolved ctl domain banger0 '~.'
	resolved ctl default-route banger0 yes
	expect 0 - own clear-resolver-routing banger0
	[ "$(routing banger0)" = "$nothing" ]
}

@test "does: twice is once" {
	expect 0 - own clear-resolver-routing banger0
	expect 0 - own clear-resolver-routing banger0
	[ "$(routing banger0)" = "$nothing" ]
}

@test "does: an absent bridge is done, without asking anybody; what follows it is clean" {
	banger-priv sync-resolver-routing banger0 172.30.0.1
	ip link delete banger0
	trace "$BATS_TEST_TMPDIR/trace" banger-priv clear-resolver-routing banger0
	! grep -q 'sendmsg(13.*resolve1' "$BATS_TEST_TMPDIR/trace" || false
	# Another link's alternative name is that link's business.
	ip link property add dev canary0 altname banger0
	expect 0 - own clear-resolver-routing banger0
	ip link property del dev canary0 altname banger0
	banger-priv ensure-bridge
	until_known
	[ "$(routing banger0)" = "$nothing" ]
}

@test "does: a bridge that systemd-resolved has not heard of is done" {
	ip link delete banger0
	resolved pause
	banger-priv ensure-bridge
	own clear-resolver-routing banger0 > "$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	local clear=$!
	until_blocked
	resolved resume
	wait "$clear"
	[ ! -s "$BATS_TEST_TMPDIR/said" ]
	until_known
}

@test "does: so it is where systemd knows no systemd-resolved or is not there to start it, or that one no bridge" {
	local name
	for name in DBus.Error.ServiceUnknown DBus.Error.NameHasNoOwner DBus.Error.UnknownObject \
		DBus.Error.Spawn.ChildExited systemd1.NoSuchUnit systemd1.UnitMasked resolve1.NoSuchLink; do
		false_bus error "org.freedesktop.$name"
		expect 0 - in_false_world clear-resolver-routing banger0
	done
}

@test "does: without systemd-resolved and without a bus it is done" {
	resolved nodaemon
	expect 0 - own clear-resolver-routing banger0
	resolved nobus
	expect 0 - own clear-resolver-routing banger0
	resolved start
}

@test "does: what a restarted systemd-resolved brings back goes" {
	banger-priv sync-resolver-routing banger0 172.30.0.1
	resolved nodaemon
	resolved daemon
	[ "$(routing banger0)" = "172.30.0.1 | ~vm | no" ]
	expect 0 - own clear-resolver-routing banger0
	resolved nodaemon
	resolved daemon
	[ "$(routing banger0)" = "$nothing" ]
}

@test "refuses: links that are not the configured bridge, and theirs stays" {
	local name
	for name in lo eth0 canary0 other0 '*' all banger banger00 'banger0 ' banger0/ banger0:1 2 '' banger-a; do
		expect 3 malformed banger-priv clear-resolver-routing "$name"
		run -1 own clear-resolver-routing "$name"
	done
	expect 2 usage banger-priv clear-resolver-routing
	expect 2 usage banger-priv clear-resolver-routing banger0 banger0
}

@test "refuses: a link of that name that is not a bridge, and its settings stay" {
	ip link delete banger0
	ip link add banger0 type veth peer name other1
	until_known
	resolved ctl dns banger0 192.0.2.9
	resolved ctl domain banger0 corp.example
	expect 3 foreign own clear-resolver-routing banger0
	[[ "$(routing banger0)" = "192.0.2.9 | corp.example | "* ]]
	ip link delete banger0
	banger-priv ensure-bridge
	until_known
}

@test "refuses: a bridge that systemd-networkd manages" {
	false_bus error org.freedesktop.resolve1.LinkBusy
	expect 3 foreign in_false_world clear-resolver-routing banger0
}

@test "fails: a bus that hangs up or sends what is no message" {
	local how
	for how in hang-up garbage "error org.example.Whatever"; do
		false_bus $how
		expect 5 failed in_false_world clear-resolver-routing banger0
		[[ $err != *evil* ]]
	done
}

@test "is bounded: wherever bus or systemd-resolved stop answering, five seconds and it is busy" {
	local how status started=$SECONDS
	for how in no-accept no-hello no-answer signals; do
		false_bus "$how"
		(status=0
		in_false_world clear-resolver-routing banger0 < /dev/null 2> "$false_world/err" || status=$?
		echo "$status" > "$false_world/code") 3>&- &
	done
	wait $(jobs -p | grep -vx "$canary_pid")
	[ $((SECONDS - started)) -lt 12 ]
	[ "$(cat "$BATS_TEST_TMPDIR"/false.*/code | sort | uniq -c | tr -s ' ')" = " 4 6" ]
	[ "$(cat "$BATS_TEST_TMPDIR"/false.*/err | grep -c 'clear-resolver-routing: timeout: ')" = 4 ]
}

@test "fails: what systemd-resolved keeps, though it says that it reverted" {
	false_bus big
	expect 5 failed in_false_world clear-resolver-routing banger0
	[[ $err == *"systemd-resolved keeps its settings for the bridge" ]]
	[ "$(sed -n '/Revert/,$p' "$false_world/said" | tr '\n' ' ')" = "Revert Get " ]
}

@test "fails: whichever message cannot be sent or received, it says so, or it is done" {
	local call n status said=0 settled=0
	for call in sendmsg recvmsg; do
		for n in $(seq 60); do
			banger-priv sync-resolver-routing banger0 172.30.0.1
			status=0
			inject fail:ENOMEM "$call" "$n" banger-priv clear-resolver-routing banger0 \
				2> "$BATS_TEST_TMPDIR/err" || status=$?
			[ "$status" != 125 ] || break
			case $status in
			0)
				settled=$((settled + 1))
				[ "$(routing banger0)" = "$nothing" ]
				;;
			5)
				said=$((said + 1))
				one_clean_line
				[[ $(routing banger0) = "$nothing" || $(routing banger0) = "172.30.0.1 | ~vm | no" ]]
				;;
			*) echo "$call $n: exit $status"; false ;;
			esac
		done
		[ "$n" -gt 3 ]
	done
	[ "$said" -gt 5 ]
	[ "$settled" -gt 0 ]
}

@test "leaves nothing behind: killed at any call, the next one completes it" {
	local n status
	for n in $(seq 20); do
		banger-priv sync-resolver-routing banger0 172.30.0.1
		status=0
		inject kill sendmsg "$n" banger-priv clear-resolver-routing banger0 || status=$?
		[ "$status" != 125 ] || break
		case $(routing banger0) in
		"$nothing" | "172.30.0.1 | ~vm | no") ;;
		*) routing banger0; false ;;
		esac
		expect 0 - own clear-resolver-routing banger0
		[ "$(routing banger0)" = "$nothing" ]
	done
	[ "$n" -gt 2 ]
}

@test "at once: sync and clear end in one of the two" {
	local i
	for i in $(seq 8); do
		own sync-resolver-routing banger0 172.30.0.1 3>&- &
		own clear-resolver-routing banger0 3>&- &
	done
	wait $(jobs -p | grep -vx "$canary_pid")
	case $(routing banger0) in
	"$nothing" | "172.30.0.1 | ~vm | no") ;;
	*) routing banger0; false ;;
	esac
}

#!/usr/bin/env bats
# sync-resolver-routing: systemd-resolved asks the daemon's DNS server for one domain, and for no other.
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

@test "does: the domain goes to the resolver, the default route is off, other links are as before" {
	expect 0 - own sync-resolver-routing banger0 172.30.0.1
	[ -z "$out" ]
	[ "$(routing banger0)" = "172.30.0.1 | ~vm | no" ]
	[ "$(routing others)" = "$(cat "$BATS_FILE_TMPDIR/others")" ]
}

@test "does: every resolver that the gate lets through is one to systemd-resolved" {
	local given kept
	while read -r given kept; do
		expect 0 - own sync-resolver-routing banger0 "$given"
		[ "$(routing banger0)" = "$kept | ~vm | no" ]
	done <<- 'RESOLVERS'
		172.30.0.1:53 172.30.0.1
		172.30.0.1:5353 172.30.0.1:5353
		172.30.0.1:1024 172.30.0.1:1024
		172.30.0.1:65535 172.30.0.1:65535
		127.0.0.1 127.0.0.1
		127.255.255.254:5353 127.255.255.254:5353
		::1 ::1
		[::1]:53 ::1
		[::1]:5353 [::1]:5353
	RESOLVERS
}

@test "does: names in the domain reach the resolver, other names do not, wherever it listens" {
	local given address port
	while read -r given address port; do
		"$BATS_TEST_DIRNAME/lib/dns-server" "$address" "$port" "$BATS_TEST_TMPDIR/asked" 3>&- &
		local server=$!
		until_file "$BATS_TEST_TMPDIR/asked"
		expect 0 - own sync-resolver-routing banger0 "$given"
		resolved ctl query --cache=no --legend=no one.vm | grep -q 192.0.2.7
		! resolved ctl query --cache=no --legend=no example.com || false
		kill "$server" && wait "$server" || :
		[ "$(grep -v '^ready$' "$BATS_TEST_TMPDIR/asked" | sort -u)" = one.vm ]
		rm "$BATS_TEST_TMPDIR/asked"
	done <<- 'RESOLVERS'
		172.30.0.1 172.30.0.1 53
		172.30.0.1:5353 172.30.0.1 5353
		127.0.0.1:5353 127.0.0.1 5353
		[::1]:5353 ::1 5353
	RESOLVERS
}

@test "does: twice is once, and changes nothing" {
	expect 0 - own sync-resolver-routing banger0 172.30.0.1:5353
	trace "$BATS_TEST_TMPDIR/trace" -s 400 banger-priv sync-resolver-routing banger0 172.30.0.1:5353
	[ "$(grep -c 'sendmsg(13.*DefaultRoute' "$BATS_TEST_TMPDIR/trace")" = 1 ]
	! grep -E 'sendmsg\(13.*(Set|Revert)' "$BATS_TEST_TMPDIR/trace" || false
	[ "$(routing banger0)" = "172.30.0.1:5353 | ~vm | no" ]
}

@test "does: what somebody else set on the bridge is replaced" {
	resolved ctl dns banger0 192.0.2.1 192.0.2.2
	resolved ctl domain banger0 '~.' corp.example
	resolved ctl default-route banger0 yes
	expect 0 - own sync-resolver-routing banger0 172.30.0.1
	[ "$(routing banger0)" = "172.30.0.1 | ~vm | no" ]
	# Each of the three alone, so that none is taken for granted.
	resolved ctl dns banger0 172.30.0.1 192.0.2.2
	expect 0 - own sync-resolver-routing banger0 172.30.0.1
	[ "$(routing banger0)" = "172.30.0.1 | ~vm | no" ]
	resolved ctl domain banger0 vm
	expect 0 - own sync-resolver-routing banger0 172.30.0.1
	[ "$(routing banger0)" = "172.30.0.1 | ~vm | no" ]
	resolved ctl domain banger0 '~vm' '~corp.example'
	expect 0 - own sync-resolver-routing banger0 172.30.0.1
	[ "$(routing banger0)" = "172.30.0.1 | ~vm | no" ]
	resolved ctl default-route banger0 yes
	expect 0 - own sync-resolver-routing banger0 172.30.0.1
	[ "$(routing banger0)" = "172.30.0.1 | ~vm | no" ]
}

@test "does: a bridge that went down, or is new, converges" {
	expect 0 - own sync-resolver-routing banger0 172.30.0.1
	ip link set banger0 down
	expect 0 - own sync-resolver-routing banger0 172.30.0.1
	ip link set banger0 up
	expect 0 - own sync-resolver-routing banger0 172.30.0.1
	[ "$(routing banger0)" = "172.30.0.1 | ~vm | no" ]
	# systemd-resolved hears of the link and of our wish at the same moment.
	local round
	for round in $(seq 10); do
		ip link delete banger0
		resolved pause
		banger-priv ensure-bridge
		own sync-resolver-routing banger0 172.30.0.1 > "$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
		local sync=$!
		until_blocked
		resolved resume
		wait "$sync" || { cat "$BATS_TEST_TMPDIR/said"; false; }
		[ "$(routing banger0)" = "172.30.0.1 | ~vm | no" ]
	done
}

@test "does: the configured domain, and no other word for it" {
	mkdir -p /etc/banger
	printf 'dns_domain = a-1.internal\n' > /etc/banger/priv.conf
	expect 0 - own sync-resolver-routing banger0 172.30.0.1
	[ "$(routing banger0)" = "172.30.0.1 | ~a-1.internal | no" ]
	local domain
	for domain in '~.' . '' '~vm' 'a..b' '-a' 'x\ny' 'ä' "$(printf 'a%.0s' {1..300})"; do
		printf 'dns_domain = %s\n' "$domain" > /etc/banger/priv.conf
		expect 4 config own sync-resolver-routing banger0 172.30.0.1
	done
	[ "$(routing banger0)" = "172.30.0.1 | ~a-1.internal | no" ]
	printf 'bridge = other0\n' > /etc/banger/priv.conf
	expect 3 malformed banger-priv sync-resolver-routing banger0 172.30.0.1
	: > /etc/banger/priv.conf
}

@test "refuses: links that are not the configured bridge" {
	local name
	for name in lo eth0 canary0 other0 wg0 '*' all default banger banger00 banger0x Banger0 'banger0 ' \
		' banger0' banger0/ banger0:1 'banger0%lo' 2 '' ../banger0 banger-a banger000000000000; do
		expect 3 malformed banger-priv sync-resolver-routing "$name" 172.30.0.1
		run -1 own sync-resolver-routing "$name" 172.30.0.1
	done
	[ "$(routing banger0)" = " |  | no" ]
}

@test "refuses: resolvers that are neither the bridge's nor a loopback address" {
	local resolver
	for resolver in 8.8.8.8 172.30.0.2 172.30.0.0 172.30.0.255 0.0.0.0 255.255.255.255 224.0.0.251 \
		169.254.169.254 126.255.255.255 128.0.0.1 10.0.0.1:5353 :: ::2 fe80::1 2001:db8::1 \
		[2001:db8::1]:5353 127.0.0.53 127.0.0.54 127.0.0.53:5353 \
		172.30.0.1:1 172.30.0.1:52 172.30.0.1:54 172.30.0.1:80 172.30.0.1:1023 [::1]:853; do
		expect 3 not-allowed own sync-resolver-routing banger0 "$resolver"
	done
	[ "$(routing banger0)" = " |  | no" ]
}

@test "refuses: every other spelling of a resolver that it would take" {
	local resolver
	while IFS= read -r resolver; do
		expect 3 malformed banger-priv sync-resolver-routing banger0 "$resolver"
	done <<- 'SPELLINGS'

		127.1
		127.0.1
		127.0.0.1.
		127.0.0.01
		127.0.0.001
		0127.0.0.1
		0177.0.0.1
		0x7f.0.0.1
		0x7f000001
		2130706433
		127.0.0.1/8
		127.0.0.1#53
		127.0.0.1#name
		127.0.0.1%lo
		127.0.0.1:
		127.0.0.1:0
		127.0.0.1:053
		127.0.0.1:+53
		127.0.0.1:65536
		127.0.0.1:4294967349
		127.0.0.1:18446744073709551669
		127.0.0.1:5353:5353
		[127.0.0.1]:5353
		127.0.0.256
		127.0.0.1 evil
		 127.0.0.1
		127.0.0.1@53
		1
		localhost
		::01
		0::1
		0:0:0:0:0:0:0:1
		::ffff:127.0.0.1
		::ffff:7f00:1
		[::1]
		[::1]:
		[::1]:0
		[::1]:05353
		::1:5353
		::1:5353x
		::1%lo
		[::1%lo]:5353
		:::1
		:
		[]:5353
		[[::1]]:5353
		::1]:5353
		[::1:5353
		１２７.0.0.1
		-
		--help
	SPELLINGS
	expect 3 malformed banger-priv sync-resolver-routing banger0 $'127.0.0.1\n'
	expect 3 malformed banger-priv sync-resolver-routing banger0 $'\e[2J'
	expect 3 malformed banger-priv sync-resolver-routing banger0 "[$(printf '0%.0s' {1..4000})]:5353"
	[ "$(routing banger0)" = " |  | no" ]
}

@test "refuses: operands missing or too many" {
	expect 2 usage banger-priv sync-resolver-routing
	expect 2 usage banger-priv sync-resolver-routing banger0
	expect 2 usage banger-priv sync-resolver-routing banger0 127.0.0.1 127.0.0.2
}

@test "refuses: a bridge that is absent, of another kind, or another link's alternative name" {
	ip link delete banger0
	expect 3 absent own sync-resolver-routing banger0 172.30.0.1
	[[ $err == *ensure-bridge* ]]
	ip link property add dev canary0 altname banger0
	expect 3 foreign own sync-resolver-routing banger0 172.30.0.1
	ip link property del dev canary0 altname banger0
	ip link add banger0 type veth peer name other1
	expect 3 foreign own sync-resolver-routing banger0 172.30.0.1
	until_known
	[ "$(routing banger0)" = " |  | no" ]
	ip link delete banger0
	banger-priv ensure-bridge
	until_known
}

@test "refuses: a bridge that systemd-networkd manages" {
	mkdir -p /run/systemd/netif/links
	printf 'ADMIN_STATE=configured\nOPER_STATE=routable\n' \
		> "/run/systemd/netif/links/$(ip -j link show banger0 | gojq '.[0].ifindex')"
	ip link set banger0 alias "nudge"
	expect 3 foreign own sync-resolver-routing banger0 172.30.0.1
	[[ $err == *networkd* ]]
	rm -r /run/systemd/netif
	ip link delete banger0
	banger-priv ensure-bridge
	until_known
}

@test "fails: without systemd-resolved, without a bus, and where the bus is dead" {
	resolved nodaemon
	expect 5 failed own sync-resolver-routing banger0 172.30.0.1
	[[ $err == *"systemd-resolved does not run on this host" ]]
	resolved nobus
	expect 5 failed own sync-resolver-routing banger0 172.30.0.1
	[[ $err == *"systemd-resolved does not run on this host" ]]
	mkdir -p /run/dbus
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("/run/dbus/system_bus_socket")'
	expect 5 failed own sync-resolver-routing banger0 172.30.0.1
	[[ $err == *ECONNREFUSED* ]]
	resolved start
}

@test "fails: whatever systemd-resolved's or systemd's error is called, none of its text is repeated" {
	local name code reason
	while read -r name code reason; do
		false_bus error "$name"
		expect "$code" "$reason" in_false_world sync-resolver-routing banger0 172.30.0.1
		[[ $err != *evil* ]]
		[[ $name != *ServiceUnknown && $name != *Spawn* ]] || [[ $err == *"systemd-resolved does not run"* ]]
	done <<- 'ERRORS'
		org.freedesktop.DBus.Error.ServiceUnknown 5 failed
		org.freedesktop.DBus.Error.NameHasNoOwner 5 failed
		org.freedesktop.systemd1.NoSuchUnit 5 failed
		org.freedesktop.systemd1.UnitMasked 5 failed
		org.freedesktop.DBus.Error.Spawn.ChildExited 5 failed
		org.freedesktop.DBus.Error.AccessDenied 5 failed
		org.freedesktop.DBus.Error.TimedOut 6 timeout
		org.freedesktop.resolve1.NoSuchLink 5 failed
		org.freedesktop.resolve1.LinkBusy 3 foreign
		org.example.Whatever 5 failed
	ERRORS
}

@test "fails: a bus that hangs up, lies, or sends what is no message" {
	local how
	for how in garbage-auth hang-up garbage wrong-type cut-short; do
		false_bus "$how"
		expect 5 "$([ "$how" = garbage-auth ] && echo no-space || echo failed)" \
			in_false_world sync-resolver-routing banger0 172.30.0.1
	done
	# What is set cannot be read back: it is reverted.  A big answer is read whole, questions are not
	# answered.
	for how in liar big questions; do
		false_bus "$how"
		expect 5 failed in_false_world sync-resolver-routing banger0 172.30.0.1
		[ "$(tail -n 2 "$false_world/said" | tr '\n' ' ')" = "Get Revert " ]
	done
}

@test "is bounded: wherever bus or systemd-resolved stop answering, five seconds and it is busy" {
	local how status started=$SECONDS
	for how in no-accept no-auth refuse-auth no-hello no-answer huge signals; do
		false_bus "$how"
		(status=0
		in_false_world sync-resolver-routing banger0 172.30.0.1 < /dev/null 2> "$false_world/err" ||
			status=$?
		echo "$status" > "$false_world/code") 3>&- &
	done
	wait $(jobs -p | grep -vx "$canary_pid")
	[ $((SECONDS - started)) -lt 12 ]
	[ "$(cat "$BATS_TEST_TMPDIR"/false.*/code | sort | uniq -c | tr -s ' ')" = " 7 6" ]
	[ "$(cat "$BATS_TEST_TMPDIR"/false.*/err | grep -c 'sync-resolver-routing: timeout: ')" = 7 ]
}

@test "is bounded: a systemd-resolved that is stopped" {
	resolved pause
	expect 6 timeout own sync-resolver-routing banger0 172.30.0.1
	resolved resume
	expect 0 - own sync-resolver-routing banger0 172.30.0.1
	[ "$(routing banger0)" = "172.30.0.1 | ~vm | no" ]
}

@test "leaves nothing behind: whichever call to the bus fails, no routing, and the next one makes it" {
	local when status
	for when in $(seq 40); do
		status=0
		inject fail:EIO sendmsg "$when" banger-priv sync-resolver-routing banger0 172.30.0.1 \
			2> "$BATS_TEST_TMPDIR/err" || status=$?
		[ "$status" != 125 ] || break
		[ "$status" = 5 ]
		one_clean_line
		[ "$(routing banger0)" = " |  | no" ]
	done
	[ "$when" -gt 5 ]
	[ "$(routing banger0)" = "172.30.0.1 | ~vm | no" ]
}

@test "fails: whichever message cannot be received, it says so, and no routing is left" {
	local n status
	for n in $(seq 60); do
		banger-priv clear-resolver-routing banger0
		status=0
		inject fail:ENOMEM recvmsg "$n" banger-priv sync-resolver-routing banger0 172.30.0.1 2> "$BATS_TEST_TMPDIR/err" || status=$?
		[ "$status" != 125 ] || break
		[ "$status" = 5 ]
		one_clean_line
		[ "$(routing banger0)" = " |  | no" ]
	done
	[ "$n" -gt 5 ]
}

@test "leaves nothing behind: killed at any call, no query goes astray, and the next one completes it" {
	local n status
	for n in $(seq 1 7 2000); do
		status=0
		inject kill any "$n" banger-priv sync-resolver-routing banger0 172.30.0.1 || status=$?
		[ "$status" != 125 ] || break
		[ "$status" = 137 ]
	done
	for n in $(seq 40); do
		resolved ctl revert banger0
		status=0
		inject kill sendmsg "$n" banger-priv sync-resolver-routing banger0 172.30.0.1 || status=$?
		[ "$status" != 125 ] || break
		case $(routing banger0) in
		" |  | no" | " | ~vm | no" | "172.30.0.1 | ~vm | no") ;;
		*) routing banger0; false ;;
		esac
		expect 0 - own sync-resolver-routing banger0 172.30.0.1
	done
	[ "$n" -gt 5 ]
}

@test "keeps: uid nobody and no capability, and the bus takes it for root" {
	trace "$BATS_TEST_TMPDIR/trace" banger-priv sync-resolver-routing banger0 172.30.0.1
	grep -q 'setresuid(65534, 65534, 65534) *= 0' "$BATS_TEST_TMPDIR/trace"
	[ "$(sed '1,/setresuid/d' "$BATS_TEST_TMPDIR/trace" | grep -c 'connect(\|socket(')" = 0 ]
}

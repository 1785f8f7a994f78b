#!/usr/bin/env bats
# ensure-nat: a guest gets out by the uplink, masqueraded, with that address and no other.

load lib/common
load lib/guests

setup_file() {
	echo 0 > /proc/sys/net/ipv6/conf/default/disable_ipv6
	two_guests_plant
}
teardown_file() { network_end; }
setup() {
	before=$(host_state)
	canaries_plant
}
teardown() {
	cp "$BATS_FILE_TMPDIR/priv.conf" /etc/banger/priv.conf
	for pair in "2 a" "2 b" "3 b" "77 a"; do
		banger-priv remove-nat "172.30.0.${pair% *}" "banger-${pair#* }"
	done
	canaries_end
	ip neigh flush dev banger0
	diff <(echo "$before") <(host_state)
}

configure() { printf '%s\n' "$@" > /etc/banger/priv.conf; }
mac_of() { ip -j link show "$1" | gojq -r '.[0].address'; }
ruleset() { nft -a list ruleset; }

@test "does: ping and TCP out and back, masqueraded" {
	run ! pings a 203.0.113.2
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	[ -z "$out" ]
	pings a 203.0.113.2
	[ "$(calls a 203.0.113.2)" = 203.0.113.1 ]
	[ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ]
	canaries_same
}

@test "does: only for the guest that has it" {
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	local count
	count=$(arrived)
	run ! pings b 203.0.113.2
	run ! calls b 203.0.113.2
	[ "$(arrived)" = "$count" ]
	# The other one still reaches the host and the guests.
	pings b 172.30.0.1
	pings b 172.30.0.2
	pings a 172.30.0.3
}

@test "does: twice is once" {
	expect 0 - own ensure-nat 172.30.0.2 banger-a vm=vm-1
	local state
	state=$(ruleset)
	expect 0 - own ensure-nat 172.30.0.2 banger-a vm=vm-1
	[ "$(ruleset)" = "$state" ]
	trace "$BATS_TEST_TMPDIR/trace" banger-priv ensure-nat 172.30.0.2 banger-a vm=vm-1
	run ! grep -qE 'NFNL_MSG_BATCH|pwrite64' "$BATS_TEST_TMPDIR/trace"
}

@test "does: vm= is in the element's comment, and can change" {
	expect 0 - own ensure-nat 172.30.0.2 banger-a vm=vm-1
	nft list set bridge banger-priv guests | grep -q '"banger-a" . 172.30.0.2 comment "banger:vm-1"'
	expect 0 - own ensure-nat 172.30.0.2 banger-a vm=vm-2
	nft list set bridge banger-priv guests | grep -q '"banger-a" . 172.30.0.2 comment "banger:vm-2"'
	nft list set ip banger-priv guests | grep -q '172.30.0.2 comment "banger:vm-2"'
	[ "$(nft list ruleset | grep -c vm-1)" = 0 ]
}

@test "does: where /proc/sys is read-only, and forwarding is on already" {
	local forwarding=/proc/sys/net/ipv4/ip_forward was
	was=$(cat "$forwarding")
	echo 1 | tee "$forwarding" > /proc/sys/net/ipv4/conf/banger0/forwarding
	mount --bind /proc/sys /proc/sys
	mount -o remount,bind,ro /proc/sys
	run ! tee "$forwarding" <<< 1
	own ensure-nat 172.30.0.2 banger-a > "$BATS_TEST_TMPDIR/said" 2>&1 || { cat "$BATS_TEST_TMPDIR/said"; umount /proc/sys; return 1; }
	umount /proc/sys
	pings a 203.0.113.2
	echo 0 > "$forwarding"
	mount --bind /proc/sys /proc/sys
	mount -o remount,bind,ro /proc/sys
	expect 5 failed own ensure-nat 172.30.0.3 banger-b || { umount /proc/sys; return 1; }
	umount /proc/sys
	[[ $err == *"cannot switch forwarding on: "*"(EROFS)" ]]
	echo "$was" > "$forwarding"
}

@test "does: no route out is no error, and the uplink may change" {
	local count
	ip link set up0 down
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	run ! pings a 203.0.113.2
	ip link add up1 type veth peer name eth1 netns internet
	ip addr add 198.51.100.1/24 dev up1
	ip link set up1 up
	ip -n internet addr add 198.51.100.2/24 dev eth1
	ip -n internet link set eth1 up
	[ "$(calls a 198.51.100.2)" = 198.51.100.1 ]
	ip link delete up1
	ip link set up0 up
	ip route add 169.254.169.254/32 dev up0
}

@test "does: with an uplink configured, out by that one alone" {
	configure 'uplink = up0'
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	pings a 203.0.113.2
	configure 'uplink = other0'
	expect 0 - own ensure-nat 172.30.0.3 banger-b
	local count
	count=$(arrived)
	run ! pings a 203.0.113.2
	run ! pings b 203.0.113.2
	[ "$(arrived)" = "$count" ]
	# The change kept the guest that was in before.
	configure 'uplink = up0'
	expect 0 - own ensure-nat 172.30.0.3 banger-b
	pings a 203.0.113.2
	pings b 203.0.113.2
}

@test "guests cannot reach link-local and metadata addresses, however they try" {
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	run ! pings a 169.254.169.254
	run ! calls a 169.254.169.254
	# Nor by a rule of the host's that sends such packets elsewhere, nor the host's own.
	nft add table ip detour
	nft add chain ip detour in '{ type nat hook prerouting priority dstnat; }'
	nft add rule ip detour in ip daddr 169.254.169.254 dnat to 203.0.113.2
	run ! calls a 169.254.169.254
	nft delete table ip detour
	ip addr add 169.254.7.7/32 dev lo
	run ! pings a 169.254.7.7
	ip addr del 169.254.7.7/32 dev lo
	pings a 203.0.113.2
}

@test "a guest cannot send with another's address, nor with one made up" {
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	expect 0 - own ensure-nat 172.30.0.3 banger-b
	local count source
	count=$(arrived)
	for source in 172.30.0.3 172.30.0.1 172.30.0.77 10.1.2.3 203.0.113.9; do
		in_guest a ip addr add "$source/32" dev eth0
		run ! pings a 203.0.113.2 -I "$source"
		in_guest a ip addr del "$source/32" dev eth0
	done
	[ "$(arrived)" = "$count" ]
	pings a 203.0.113.2
	[ "$(arrived)" = "$((count + 1))" ]
}

@test "a guest cannot say that another's address, or the bridge's, is its own" {
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	expect 0 - own ensure-nat 172.30.0.3 banger-b
	pings a 172.30.0.1
	pings b 172.30.0.1
	pings b 172.30.0.2
	local mac
	mac=$(ip neigh show 172.30.0.3 dev banger0 | awk '{ print $3 }')
	[ -n "$mac" ]
	in_guest a python3 tests/lib/frame.py arp 172.30.0.3
	in_guest a python3 tests/lib/frame.py arp 172.30.0.1
	[ "$(ip neigh show 172.30.0.3 dev banger0 | awk '{ print $3 }')" = "$mac" ]
	[ "$(in_guest b ip neigh show 172.30.0.1 | awk '{ print $5 }')" = "$(mac_of banger0)" ]
	# The very frame does what it should where nobody forbids it.
	banger-priv remove-nat 172.30.0.3 banger-b
	banger-priv remove-nat 172.30.0.2 banger-a
	in_guest a python3 tests/lib/frame.py arp 172.30.0.3
	[ "$(ip neigh show 172.30.0.3 dev banger0 | awk '{ print $3 }')" != "$mac" ]
}

# Everything for B's MAC address goes to A's tap from now on, until B speaks.
takes_mac() { # A B
	in_guest "$1" ip link set eth0 address "$(in_guest "$2" cat /sys/class/net/eth0/address)"
	pings "$1" 172.30.0.1
}
overhears() { # A COMMAND...: whether A's link sees packets for 172.30.0.3 while COMMAND runs
	local name=$1 before after
	shift
	in_guest "$name" nft -f - <<- 'RULES'
		table netdev overhear {
			chain in { type filter hook ingress device eth0 priority 0; ip daddr 172.30.0.3 counter; }
		}
	RULES
	"$@" || :
	after=$(in_guest "$name" nft -j list table netdev overhear | gojq '[.. | .counter? | .packets? // 0] | add')
	in_guest "$name" nft delete table netdev overhear
	[ "$after" -gt 0 ]
}

@test "a guest that takes another's MAC address gets nothing that is for that one's address" {
	local own
	own=$(in_guest a cat /sys/class/net/eth0/address)
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	expect 0 - own ensure-nat 172.30.0.3 banger-b
	pings a 172.30.0.1
	pings b 172.30.0.1
	takes_mac a b
	run ! overhears a ping -n -q -c 3 -i 0.1 -W 0.3 172.30.0.3
	# Once the other one speaks all is as it was.
	pings b 203.0.113.2
	ping -n -q -c 1 -W 0.3 172.30.0.3
	# It is our rule that keeps them from it.
	takes_mac a b
	nft flush chain bridge banger-priv deliver
	overhears a ping -n -q -c 3 -i 0.1 -W 0.3 172.30.0.3
	# The bridge's own is not to be had: the kernel keeps it.
	in_guest a ip link set eth0 address "$(mac_of banger0)"
	pings a 172.30.0.1 || :
	pings b 203.0.113.2
	in_guest a ip link set eth0 address "$own"
	pings a 172.30.0.1
	pings b 172.30.0.1
}

@test "frames that only the host's stack unpacks do not get past the check" {
	expect 0 - own ensure-nat 172.30.0.3 banger-b
	local count mac
	mac=$(mac_of banger0)
	count=$(arrived)
	in_guest a python3 tests/lib/frame.py vlan 172.30.0.3 203.0.113.2 "$mac"
	sleep 0.2
	[ "$(arrived)" = "$count" ]
	# It does arrive without the check.
	nft flush chain bridge banger-priv guard
	in_guest a python3 tests/lib/frame.py vlan 172.30.0.3 203.0.113.2 "$mac"
	sleep 0.2
	[ "$(arrived)" = "$((count + 1))" ]
}

# A bridge hands what is for these group addresses (IEEE 802.1D) to the port's own stack, past all that looks at bridged frames.
to_reserved_groups() { # FRAME...
	local nr
	for nr in 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f; do
		in_guest a python3 tests/lib/frame.py "$@" "01:80:c2:00:00:$nr"
	done
	sleep 0.2
}
heard() { awk '/^Icmp: [0-9]/ { print $10 }' /proc/net/snmp; }  # echo requests, by the host itself

@test "frames for the group addresses that bridges keep to themselves do not get past the check" {
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	expect 0 - own ensure-nat 172.30.0.3 banger-b
	local count
	# The tap's own stack has no ears for it either.
	echo 0 > /proc/sys/net/ipv4/conf/banger-a/rp_filter
	count=$(heard)
	to_reserved_groups echo 172.30.0.3 172.30.0.1
	[ "$(heard)" = "$count" ]
	# They do arrive where the tap is a port like any other.
	ip link set banger-a type bridge_slave group_fwd_mask 0
	to_reserved_groups echo 172.30.0.3 172.30.0.1
	[ "$(heard)" -gt "$count" ]
	ip link set banger-a type bridge_slave group_fwd_mask 0xfffd
	echo 1 > /proc/sys/net/ipv4/conf/banger-a/rp_filter
}

@test "no guest becomes the host's IPv6 router, whatever address its frames are for, NAT or none" {
	local conf=/proc/sys/net/ipv6/conf
	echo 0 > "$conf/banger-a/disable_ipv6"
	[ "$(cat "$conf/banger-a/accept_ra")" = 1 ]
	in_guest a python3 tests/lib/frame.py advert 33:33:00:00:00:01
	to_reserved_groups advert
	[ "$(ip -6 route show default)" = "" ]
	# The host does believe it where the tap is a port like any other.
	ip link set banger-a type bridge_slave group_fwd_mask 0
	to_reserved_groups advert
	[ "$(ip -6 route show default | awk '{ print $5 }')" = banger-a ]
	ip link set banger-a type bridge_slave group_fwd_mask 0xfffd
	echo 1 > "$conf/banger-a/disable_ipv6"
}

@test "a guest whose tap is no port of the bridge any more gets nothing into the host, by IPv4 or IPv6" {
	local conf=/proc/sys/net count
	count=$(heard)
	ip link set banger-a nomaster
	in_guest a python3 tests/lib/frame.py echo 172.30.0.2 172.30.0.1 "$(mac_of banger-a)"
	in_guest a python3 tests/lib/frame.py advert 33:33:00:00:00:01
	sleep 0.2
	[ "$(heard)" = "$count" ]
	[ "$(ip -6 route show default)" = "" ]
	# As any other link would let it.
	echo 0 > "$conf/ipv4/conf/banger-a/rp_filter"
	echo 0 > "$conf/ipv6/conf/banger-a/disable_ipv6"
	in_guest a python3 tests/lib/frame.py echo 172.30.0.2 172.30.0.1 "$(mac_of banger-a)"
	in_guest a python3 tests/lib/frame.py advert 33:33:00:00:00:01
	sleep 0.2
	[ "$(heard)" -gt "$count" ]
	[ "$(ip -6 route show default | awk '{ print $5 }')" = banger-a ]
	echo 1 > "$conf/ipv4/conf/banger-a/rp_filter"
	echo 1 > "$conf/ipv6/conf/banger-a/disable_ipv6"
	ip link set banger-a master banger0
	ip link set banger-a type bridge_slave group_fwd_mask 0xfffd
}

@test "the other side cannot begin to talk to a guest, unless the host's own rules send it there" {
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	run ! ip netns exec internet ping -n -q -c 1 -W 0.3 172.30.0.2
	ip netns exec guest-a python3 tests/lib/internet.py > /dev/null 2>&1 3>&- &
	local pid=$! line
	nft add table ip publish
	nft add chain ip publish in '{ type nat hook prerouting priority dstnat; }'
	nft add rule ip publish in iifname up0 tcp dport 80 dnat to 172.30.0.2
	for line in $(seq 20); do
		line=$(ip netns exec internet timeout 1 bash -c 'exec 3<> /dev/tcp/203.0.113.1/80 && head -n 1 <&3' \
			2> /dev/null) && break
		sleep 0.1
	done
	kill "$pid" && wait "$pid" 2> /dev/null || :
	nft delete table ip publish
	[ "$line" = 203.0.113.2 ]
}

@test "with guest_isolation = yes the host is no way round either" {
	configure 'guest_isolation = yes'
	banger-priv ensure-bridge
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	expect 0 - own ensure-nat 172.30.0.3 banger-b
	run ! pings a 172.30.0.3
	in_guest a ip route add 172.30.0.3/32 via 172.30.0.1
	run ! pings a 172.30.0.3
	in_guest a ip route del 172.30.0.3/32
	pings a 203.0.113.2
	pings a 172.30.0.1
	for tap in a b; do bridge link set dev "banger-$tap" isolated off; done
}

@test "does: whole again after nft flush ruleset, and whatever of ours is missing" {
	local state damage
	nft list table inet canary > "$BATS_TEST_TMPDIR/canary"
	sed -i '1i add table inet canary; delete table inet canary' "$BATS_TEST_TMPDIR/canary"
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	state=$(nft list table bridge banger-priv; nft list table ip banger-priv)
	while IFS= read -r damage; do
		# shellcheck disable=SC2086
		nft $damage
		expect 0 - own ensure-nat 172.30.0.2 banger-a
		[ "$(nft list table bridge banger-priv; nft list table ip banger-priv)" = "$state" ] ||
			{ echo "after $damage"; false; }
		# The canaries' table goes with the rest.
		nft -f "$BATS_TEST_TMPDIR/canary"
		pings a 203.0.113.2
	done <<- 'DAMAGE'
		flush ruleset
		delete table bridge banger-priv
		delete table ip banger-priv
		flush chain ip banger-priv forward
		flush chain bridge banger-priv guard
		flush chain bridge banger-priv deliver
		flush set bridge banger-priv addresses
		flush set ip banger-priv guests
		flush table ip banger-priv
	DAMAGE
}

@test "a thousand guests cost no set and no rule more than one" {
	local state i
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	state=$(nft -j -t list ruleset)
	for i in $(seq 4 253); do
		echo "add element bridge banger-priv guests { banger-x$i . 172.30.0.$i, banger-y$i . 172.30.0.$i, banger-z$i . 172.30.0.$i, banger-w$i . 172.30.0.$i }"
		echo "add element bridge banger-priv addresses { 172.30.0.$i }"
		echo "add element ip banger-priv guests { 172.30.0.$i }"
	done | nft -f -
	expect 0 - own ensure-nat 172.30.0.3 banger-b
	[ "$(nft -j -t list ruleset)" = "$state" ]
	[ "$(nft -j list set bridge banger-priv guests | gojq '.nftables[1].set.elem | length')" = 1002 ]
	pings b 203.0.113.2
	expect 0 - own remove-nat 172.30.0.3 banger-b
	pings a 203.0.113.2
	run ! pings b 203.0.113.2
	[ "$(nft -j list set bridge banger-priv guests | gojq '.nftables[1].set.elem | length')" = 1001 ]
	nft delete table ip banger-priv
	nft delete table bridge banger-priv
}

@test "refuses: addresses that are not a guest's, in any spelling" {
	local address
	while IFS= read -r address; do
		expect 3 malformed banger-priv ensure-nat "$address" banger-a
		expect 3 malformed banger-priv remove-nat "$address" banger-a
	done <<- 'ADDRESSES'
		127.1
		172.30.2
		010.0.0.1
		172.30.0.02
		172.30.0.0x2
		0xac1e0002
		2887647234
		10.0.0.1/24
		172.30.0.2/32
		172.30.0.2%eth0
		172.30.0.2.
		172.30.0.256
		172.30.0.-2
		172.30.0.2 evil
		::ffff:172.30.0.2
		fe80::1
		１72.30.0.2
		banger-a
	ADDRESSES
	for address in 0.0.0.0 127.0.0.1 10.0.0.1 8.8.8.8 224.0.0.1 255.255.255.255 169.254.169.254 \
		203.0.113.1 172.30.0.0 172.30.0.1 172.30.0.255 172.30.1.2 172.29.255.254; do
		expect 3 not-allowed own ensure-nat "$address" banger-a
		expect 3 not-allowed own remove-nat "$address" banger-a
	done
	expect 3 malformed banger-priv ensure-nat "" banger-a
	expect 3 malformed banger-priv ensure-nat $'172.30.0.2\n' banger-a
	expect 2 usage banger-priv ensure-nat 172.30.0.2
	expect 2 usage banger-priv ensure-nat 172.30.0.2 banger-a vm=a vm=b
	expect 3 malformed banger-priv ensure-nat 172.30.0.2 banger-a vm=-x
	expect 3 malformed banger-priv ensure-nat 172.30.0.2 'banger-*'
	[ "$(nft list tables | grep -c banger)" = 0 ]
	canaries_same
}

@test "refuses: a tap that is not there, or not ours" {
	expect 3 absent own ensure-nat 172.30.0.9 banger-nosuch
	ip tuntap add banger-alien mode tap
	expect 3 foreign own ensure-nat 172.30.0.9 banger-alien
	ip link delete banger-alien
	ip link add banger-alien type bridge
	ip link set banger-alien alias banger:
	expect 3 foreign own ensure-nat 172.30.0.9 banger-alien
	ip link delete banger-alien
	ip link property add dev canary0 altname banger-alien
	expect 3 foreign own ensure-nat 172.30.0.9 banger-alien
	ip link property del dev canary0 altname banger-alien
	[ "$(nft list tables | grep -c banger)" = 0 ]
	canaries_same
}

@test "refuses: an address that another tap holds, until it is given back" {
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	local state
	state=$(ruleset)
	expect 3 exists own ensure-nat 172.30.0.2 banger-b
	expect 0 - own remove-nat 172.30.0.2 banger-b
	[ "$(nft list set bridge banger-priv addresses | grep -c 172.30.0.2)" = 1 ]
	[ "$(ruleset)" = "$state" ]
	expect 0 - own remove-nat 172.30.0.2 banger-a
	expect 0 - own ensure-nat 172.30.0.2 banger-b
}

@test "leaves nothing behind: whichever call fails, the rules are as before" {
	local call when status state
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	state=$(nft list ruleset)
	for call in sendto recvfrom openat2 read; do
		for when in $(seq 40); do
			status=0
			inject fail:EIO "$call" "$when" banger-priv ensure-nat 172.30.0.3 banger-b \
				2> "$BATS_TEST_TMPDIR/err" || status=$?
			[ "$status" != 125 ] || break
			[ "$status" != 127 ] || continue        # the dynamic loader's own
			if [ "$status" = 0 ]; then
				# The audit's, or a comfort: done is done.
				nft get element bridge banger-priv guests '{ banger-b . 172.30.0.3 }' > /dev/null
			else
				[[ $status = [456] ]]
				one_clean_line
			fi
			[ "$status" = 0 ] || [ "$(nft list ruleset)" = "$state" ]
			banger-priv remove-nat 172.30.0.3 banger-b
			[ "$(nft list ruleset)" = "$state" ]
		done
		[ "$when" -gt 1 ]
		banger-priv remove-nat 172.30.0.3 banger-b
	done
}

@test "fails: answers that are lost are asked for again; where none comes any more, it says that it cannot tell" {
	local when status state unknown=0 settled=0
	for when in $(seq 40); do
		status=0
		# Of the answers only: the audit has no socket here to read from.
		inject fail:ENOBUFS recvfrom "$when" banger-priv ensure-nat 172.30.0.2 banger-a \
			2> "$BATS_TEST_TMPDIR/err" || status=$?
		[ "$status" != 125 ] || break
		[ "$status" != 0 ] || settled=$((settled + 1))
		banger-priv remove-nat 172.30.0.2 banger-a
		status=0
		inject fail:ENOBUFS recvfrom "$when+" banger-priv ensure-nat 172.30.0.2 banger-a \
			2> "$BATS_TEST_TMPDIR/err" || status=$?
		[ "$status" = 5 ]
		one_clean_line
		if grep -q 'cannot find out whether the packet filter was changed' "$BATS_TEST_TMPDIR/err"; then
			unknown=$((unknown + 1))
			nft get element bridge banger-priv guests '{ banger-a . 172.30.0.2 }' > /dev/null
		else
			[ "$(nft list tables | grep -c banger)" = 0 ]
		fi
		banger-priv remove-nat 172.30.0.2 banger-a
	done
	[ "$when" -gt 3 ]
	[ "$unknown" = 1 ]
	[ "$settled" = 1 ]
}

@test "leaves nothing behind: killed at any call that matters, ensure-nat or remove-nat sets it right" {
	local call n status state
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	state=$(nft list ruleset)
	expect 0 - own remove-nat 172.30.0.2 banger-a
	for call in sendto recvfrom openat2 read pwrite64 exit_group; do
		for n in $(seq 100); do
			# Off, so that switching it on is one of the calls.
			echo 0 > /proc/sys/net/ipv4/ip_forward
			status=0
			inject kill "$call" "$n" banger-priv ensure-nat 172.30.0.2 banger-a || status=$?
			[ "$status" != 125 ] || break
			[ "$status" = 137 ]
			# All or nothing, never half.
			[ "$(nft list tables | grep -c banger)" = 0 ] || [ "$(nft list ruleset)" = "$state" ]
			[ "$((n % 2))" = 0 ] || banger-priv ensure-nat 172.30.0.2 banger-a
			banger-priv remove-nat 172.30.0.2 banger-a
			[ "$(nft list tables | grep -c banger)" = 0 ]
		done
		[ "$n" -gt 1 ]
		banger-priv remove-nat 172.30.0.2 banger-a
	done
}

@test "at once: twenty guests are twenty guests" {
	local i
	for i in $(seq 20); do
		(own ensure-nat "172.30.0.$((100 + i))" banger-a > "$BATS_TEST_TMPDIR/out.$i" 2>&1
		echo $? > "$BATS_TEST_TMPDIR/code.$i") &
	done
	wait $(jobs -p | grep -vx "$canary_pid")
	[ "$(sort -u "$BATS_TEST_TMPDIR"/code.*)" = 0 ]
	[ "$(nft -j list set bridge banger-priv guests | gojq '.nftables[1].set.elem | length')" = 20 ]
	for i in $(seq 20); do (own remove-nat "172.30.0.$((100 + i))" banger-a) & done
	wait $(jobs -p | grep -vx "$canary_pid")
	[ "$(nft list tables | grep -c banger)" = 0 ]
}

#!/usr/bin/env bats
# ensure-bridge: the bridge exists, has its address, is up.

load lib/common

setup() {
	before=$(host_state)
	canaries_plant
}
teardown() {
	ip link delete banger0 2> /dev/null || :
	canaries_end
	[ "$(host_state)" = "$before" ]
}

is_whole() {
	[ "$(ip -j -d link show banger0 | gojq -r '.[0].linkinfo.info_kind')" = bridge ]
	[ "$(ip -j -4 addr show banger0 | gojq -r '[.[0].addr_info[] | "\(.local)/\(.prefixlen) \(.broadcast)"] | join(",")')" = \
		"172.30.0.1/24 172.30.0.255" ]
	ip -j link show banger0 | gojq -r '.[0].flags | join(" ")' | grep -qw UP
}

@test "does: from nothing, and again" {
	expect 0 - own ensure-bridge
	is_whole
	expect 0 - own ensure-bridge
	is_whole
	canaries_same
}

@test "does: completes each half-made state" {
	ip link add banger0 type bridge
	expect 0 - own ensure-bridge
	is_whole
	ip link set banger0 down
	expect 0 - own ensure-bridge
	is_whole
	ip addr flush dev banger0
	expect 0 - own ensure-bridge
	is_whole
}

@test "does: leaves ports and further addresses alone" {
	own ensure-bridge
	ip addr add 10.9.9.9/32 dev banger0
	ip link add banger1 type veth peer name banger2
	ip link set banger1 master banger0
	expect 0 - own ensure-bridge
	ip -j -4 addr show banger0 | gojq -e '.[0].addr_info | map(.local) | contains(["10.9.9.9", "172.30.0.1"])'
	[ "$(ip -j link show banger1 | gojq -r '.[0].master')" = banger0 ]
	ip link delete banger1
}

@test "refuses: a link of another kind with that name, untouched" {
	local kind state
	for kind in veth tap; do
		case $kind in
		tap) ip tuntap add banger0 mode tap ;;
		veth) ip link add banger0 type veth peer name banger1 ;;
		esac
		state=$(ip -d -j addr show banger0)
		expect 3 foreign own ensure-bridge
		[ "$(ip -d -j addr show banger0)" = "$state" ]
		ip link delete banger0
	done
	canaries_same
}

@test "refuses: a link that has the name as alternative name" {
	ip link property add dev canary0 altname banger0
	expect 3 foreign own ensure-bridge
	ip link property del dev canary0 altname banger0
	canaries_same
}

@test "refuses: lo, a link of the host's, or every link as the bridge" {
	ip link add eth0 type veth peer name eth1
	local name
	for name in lo eth0; do
		echo "bridge = $name" > /etc/banger/priv.conf
		expect 3 foreign banger-priv ensure-bridge
	done
	ip link delete eth0
	echo "bridge = *" > /etc/banger/priv.conf
	expect 4 config banger-priv ensure-bridge
	rm /etc/banger/priv.conf
	install_configuration
}

@test "refuses: operands, which it has none of" {
	expect 2 usage banger-priv ensure-bridge banger0
	run ! ip link show banger0
}

@test "leaves nothing behind: killed at any call, the next call completes it" {
	local n status
	for n in $(seq 1000); do
		status=0
		inject kill caged "$n" banger-priv ensure-bridge || status=$?
		[ "$status" != 125 ] || break
		[ "$status" = 137 ]
		banger-priv ensure-bridge
		is_whole
		ip link delete banger0
	done
	[ "$n" -gt 5 ]
}

@test "leaves nothing behind: whichever call fails, the bridge is whole or gone" {
	local error n status failures
	for error in EIO ENOBUFS EINTR; do
		failures=0
		for n in $(seq 1000); do
			status=0
			inject "fail:$error" caged "$n" banger-priv ensure-bridge 2> "$BATS_TEST_TMPDIR/err" || status=$?
			[ "$status" != 125 ] || break
			if [ "$status" = 0 ]; then
				is_whole
				ip link delete banger0
			else
				[[ $status = [45] ]]
				one_clean_line
				run ! ip link show banger0
				failures=$((failures + 1))
			fi
		done
		ip link delete banger0
		[ "$n" -gt 5 ]
		[ "$failures" -gt 5 ]
	done
}

@test "fails: a bridge that was there is not taken away" {
	local n status
	ip link add banger0 type bridge
	for n in $(seq 1000); do
		status=0
		inject fail:EIO caged "$n" banger-priv ensure-bridge 2> /dev/null || status=$?
		[ "$status" != 125 ] || break
		[ "$(ip -j -d link show banger0 | gojq -r '.[0].linkinfo.info_kind')" = bridge ]
		ip link set banger0 down
		ip addr flush dev banger0
	done
	[ "$n" -gt 5 ]
}

@test "at once: twenty end in 0 or 6, and in one bridge" {
	local i
	for i in $(seq 20); do
		(status=0; own ensure-bridge > /dev/null 2>&1 || status=$?
		echo "$status" > "$BATS_TEST_TMPDIR/code.$i") &
	done
	wait $(jobs -p | grep -vx "$canary_pid")
	[ "$(cat "$BATS_TEST_TMPDIR"/code.* | grep -cvx '[06]')" = 0 ]
	is_whole
}

@test "does: a new bridge takes no routes from guests and has no link-local address; one that is up is left alone" {
	local conf=/proc/sys/net/ipv6/conf
	echo 0 > "$conf/default/disable_ipv6"
	expect 0 - own ensure-bridge
	[ "$(cat "$conf/banger0/accept_ra" "$conf/banger0/addr_gen_mode" | tr '\n' ' ')" = "0 1 " ]
	[ "$(ip -j -6 addr show banger0 | gojq '[.[].addr_info[]?] | length')" = 0 ]
	echo 1 > "$conf/banger0/accept_ra"
	expect 0 - own ensure-bridge
	[ "$(cat "$conf/banger0/accept_ra")" = 1 ]
	echo 1 > "$conf/default/disable_ipv6"
}

@test "does: with guest_isolation = yes, every tap of ours on it is isolated, and nothing else" {
	local n
	own ensure-bridge
	for n in $(seq 70); do echo "tuntap add banger-$n mode tap"; done | ip -b -
	for n in $(seq 70); do echo "link set banger-$n alias banger: master banger0"; done | ip -b -
	ip link add alien0 type veth peer name alien1
	ip link set alien0 master banger0
	cp /etc/banger/priv.conf "$BATS_TEST_TMPDIR"
	echo 'guest_isolation = yes' > /etc/banger/priv.conf
	expect 0 - own ensure-bridge
	cp "$BATS_TEST_TMPDIR/priv.conf" /etc/banger
	[ "$(bridge -d -j link | gojq 'map(select(.isolated)) | length')" = 70 ]
	[ "$(bridge -d -j link | gojq -r '.[] | select(.isolated | not) | .ifname' | grep -v canary)" = alien0 ]
	ip link delete alien0
	for n in $(seq 70); do echo "tuntap del banger-$n mode tap"; done | ip -b -
}

@test "fails: a guest_isolation that the kernel took and did not keep is read back" {
	local n status caught=
	cp /etc/banger/priv.conf "$BATS_TEST_TMPDIR"
	own ensure-bridge
	own create-tap banger-a
	echo 'guest_isolation = yes' > /etc/banger/priv.conf
	for n in $(seq 40); do
		bridge link set dev banger-a isolated off
		status=0
		inject 'do:bridge link set dev banger-a isolated off' recvfrom "$n" banger-priv ensure-bridge \
			2> "$BATS_TEST_TMPDIR/err" || status=$?
		[ "$status" != 125 ] || break
		[ "$status" != 0 ] || continue
		[ "$status" = 5 ]
		grep -q EOPNOTSUPP "$BATS_TEST_TMPDIR/err"
		caught=yes
	done
	cp "$BATS_TEST_TMPDIR/priv.conf" /etc/banger
	ip link delete banger-a
	[ "$caught" ]
}

mac_of() { ip -j link show "$1" | gojq -r '.[0].address'; }

@test "does: a new bridge keeps its MAC address, whatever joins and leaves" {
	local mac
	expect 0 - own ensure-bridge
	mac=$(mac_of banger0)
	ip link add low0 address 02:00:00:00:00:01 type veth peer name low1
	ip link set low0 master banger0
	[ "$(mac_of banger0)" = "$mac" ]
	ip link delete low0
	[ "$(mac_of banger0)" = "$mac" ]
	# One that is up may be somebody else's, and does as it did.
	ip link delete banger0
	ip link add banger0 type bridge
	ip link set banger0 up
	expect 0 - own ensure-bridge
	ip link add low0 address 02:00:00:00:00:01 type veth peer name low1
	ip link set low0 master banger0
	[ "$(mac_of banger0)" = 02:00:00:00:00:01 ]
	ip link delete low0
}

@test "does: in the network namespace of who calls, and in no other" {
	expect 0 - unshare --net sh -c 'banger-priv ensure-bridge && grep -q banger0: /proc/net/dev'
	run ! ip link show banger0
}

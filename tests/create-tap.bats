#!/usr/bin/env bats
# create-tap: a tap for one VM, joined to the bridge, up.

load lib/common

setup_file() { banger-priv ensure-bridge; }
setup() {
	before=$(host_state)
	canaries_plant
}
teardown() {
	for link in banger-a banger-b; do ip link delete "$link" 2> /dev/null || :; done
	canaries_end
	[ "$(host_state)" = "$before" ]
}

tap() { ip -j -d link show "$1" | gojq -r ".[0] | $2"; }

@test "does: the tap is there, the owner's, tagged, a port of the bridge, up" {
	expect 0 - own create-tap banger-a
	[ -z "$out" ]
	[ "$(tap banger-a '.linkinfo.info_kind + " " + .linkinfo.info_data.type')" = "tun tap" ]
	[ "$(tap banger-a '.linkinfo.info_data.persist')" = true ]
	[ "$(tap banger-a '.linkinfo.info_data.user | tostring')" = banger ]
	[ "$(tap banger-a '.linkinfo.info_data.group | tostring')" = banger ]
	[ "$(tap banger-a '.linkinfo.info_data.vnet_hdr')" = true ]
	[ "$(tap banger-a '.linkinfo.info_data.pi')" = false ]
	[ "$(tap banger-a .ifalias)" = "banger:" ]
	[ "$(tap banger-a .master)" = banger0 ]
	tap banger-a '.flags | join(" ")' | grep -qw UP
	canaries_same
}

@test "does: uid=, gid= and vm= are taken over" {
	expect 0 - own create-tap banger-a uid=1900 gid=1900 vm=vm-7
	[ "$(tap banger-a .ifalias)" = "banger:vm-7" ]
}

@test "fails: what stands in the place of /dev/net/tun is not opened for it" {
	mv /dev/net/tun /dev/net/tun.away
	cp -a /dev/zero /dev/net/tun
	expect 5 failed own create-tap banger-a
	[[ $err == *"ENXIO"* ]]
	mv /dev/net/tun.away /dev/net/tun
	run ! ip link show banger-a
}

@test "does: the owner can open the tap, a stranger cannot" {
	expect 0 - own create-tap banger-a
	as banger "$BANGER_BUILD/tests/hold-tap" banger-a true
	run ! as stranger "$BANGER_BUILD/tests/hold-tap" banger-a true
}

@test "does: an idle tap of ours is adopted, not made anew" {
	expect 0 - own create-tap banger-a
	local index
	index=$(tap banger-a .ifindex)
	ip link set banger-a nomaster down
	expect 0 - own create-tap banger-a vm=other
	[ "$(tap banger-a .ifindex)" = "$index" ]
	[ "$(tap banger-a .ifalias)" = "banger:other" ]
	[ "$(tap banger-a .master)" = banger0 ]
	tap banger-a '.flags | join(" ")' | grep -qw UP
}

@test "does: a bridge that is down comes up with it" {
	ip link set banger0 down
	expect 0 - own create-tap banger-a
	tap banger0 '.flags | join(" ")' | grep -qw UP
}

@test "does: guest_isolation, yes and no again, on a new tap and on an adopted one" {
	isolated() { bridge -d -j link show dev banger-a | gojq '.[0].isolated'; }
	cp /etc/banger/priv.conf "$BATS_TEST_TMPDIR"
	expect 0 - own create-tap banger-a
	[ "$(isolated)" = false ]
	echo 'guest_isolation = yes' > /etc/banger/priv.conf
	expect 0 - own create-tap banger-a
	[ "$(isolated)" = true ]
	ip link delete banger-a
	expect 0 - own create-tap banger-a
	[ "$(isolated)" = true ]
	cp "$BATS_TEST_TMPDIR/priv.conf" /etc/banger
	expect 0 - own create-tap banger-a
	[ "$(isolated)" = false ]
}

@test "fails: what the kernel took of the port and did not keep is read back, and no tap is left" {
	local n status flag caught=0
	cp /etc/banger/priv.conf "$BATS_TEST_TMPDIR"
	echo 'guest_isolation = yes' > /etc/banger/priv.conf
	own ensure-bridge
	for flag in "isolated off" "group_fwd_mask 0"; do
		for n in $(seq 40); do
			status=0
			inject "do:ip link set banger-a type bridge_slave $flag 2> /dev/null || :" recvfrom "$n" \
				banger-priv create-tap banger-a 2> "$BATS_TEST_TMPDIR/err" || status=$?
			[ "$status" != 125 ] || break
			if [ "$status" = 0 ]; then
				ip link delete banger-a
			else
				[ "$status" = 5 ]
				grep -q EOPNOTSUPP "$BATS_TEST_TMPDIR/err"
				run ! ip link show banger-a
				caught=$((caught + 1))
			fi
		done
	done
	cp "$BATS_TEST_TMPDIR/priv.conf" /etc/banger
	[ "$caught" = 2 ]
}

@test "fails: where /proc/sys is read-only, unless what it would switch off is off already" {
	local off=/proc/sys/net/ipv6/conf/default/disable_ipv6 strict=/proc/sys/net/ipv4/conf/default/rp_filter was
	was=$(cat "$off" "$strict" | tr '\n' ' ')
	echo 0 > "$off"
	mount --bind /proc/sys /proc/sys
	mount -o remount,bind,ro /proc/sys
	expect 5 failed own create-tap banger-a || { umount /proc/sys; return 1; }
	umount /proc/sys
	[[ $err == *"/proc/sys/net must be writable: "*"(EROFS)" ]]
	run ! ip link show banger-a
	echo 1 | tee "$off" > "$strict"
	mount --bind /proc/sys /proc/sys
	mount -o remount,bind,ro /proc/sys
	own create-tap banger-a > "$BATS_TEST_TMPDIR/said" 2>&1 || { cat "$BATS_TEST_TMPDIR/said"; umount /proc/sys; return 1; }
	umount /proc/sys
	echo "${was% * }" > "$off"
	echo "${was#* }" > "$strict"
}

@test "refuses: a tap that is held open is busy, and stays" {
	expect 0 - own create-tap banger-a
	expect 6 in-use as banger "$BANGER_BUILD/tests/hold-tap" banger-a \
		sudo -n banger-priv create-tap banger-a
	[ "$(tap banger-a .ifalias)" = "banger:" ]
	[ "$(tap banger-a .master)" = banger0 ]
	canaries_same
}

@test "refuses: links of that name that are not taps of ours, untouched" {
	local kind state
	for kind in bridge veth tun tap evil-alias; do
		case $kind in
		tun | tap) ip tuntap add banger-a mode "$kind" ;;
		evil-alias) ip tuntap add banger-a mode tap; ip link set banger-a alias "xbanger:" ;;
		veth) ip link add banger-a type veth peer name banger-b ;;
		*) ip link add banger-a type "$kind" ;;
		esac
		state=$(ip -d -j link show banger-a)
		expect 3 foreign own create-tap banger-a
		[ "$(ip -d -j link show banger-a)" = "$state" ]
		ip link delete banger-a
	done
	canaries_same
}

@test "refuses: a bridge of ours by alias is still not a tap" {
	ip link add banger-a type bridge
	ip link set banger-a alias "banger:"
	expect 3 foreign own create-tap banger-a
	[ "$(tap banger-a .linkinfo.info_kind)" = bridge ]
}

@test "refuses: a name that another link has as alternative name" {
	ip link property add dev canary0 altname banger-a
	expect 3 foreign own create-tap banger-a
	[ "$(ip -j link show canary0 | gojq -r '.[0].altnames[0]')" = banger-a ]
	ip link property del dev canary0 altname banger-a
	canaries_same
}

@test "refuses: without the bridge, naming the verb that makes it" {
	ip link delete banger0
	expect 3 absent own create-tap banger-a
	[[ $err == *ensure-bridge* ]]
	run ! ip link show banger-a
	banger-priv ensure-bridge
	before=$(canaries_end; host_state; canaries_plant)
}

@test "refuses: names that are not of the shape, and no link comes of them" {
	local name
	while IFS= read -r name; do
		expect 3 malformed banger-priv create-tap "$name"
	done <<- 'NAMES'
		eth0
		lo
		banger-
		banger
		banger-%d
		banger-*
		banger-+
		banger-A
		banger-a.1
		banger-a:1
		banger-a/b
		banger-a;x
		banger-123456789
		-banger-a
		xbanger-a
		banger-a b
		--help
	NAMES
	expect 3 malformed banger-priv create-tap ""
	expect 3 malformed banger-priv create-tap $'banger-\e[2J'
	expect 3 malformed banger-priv create-tap $'banger-a\n'
	expect 3 malformed banger-priv create-tap $'banger-\xff'
	expect 3 malformed banger-priv create-tap "banger-$(printf 'a%.0s' {1..4090})"
	[ "$(ip -o link | grep -c banger-)" = 0 ]
	canaries_same
}

@test "refuses: ids outside the range, and every other spelling of one inside" {
	local id
	for id in 1 1899 1901 2147483647; do
		expect 3 not-allowed banger-priv create-tap banger-a uid="$id"
		[[ $err == *"uid= must be a plain decimal uid inside vm_uid, which is the owner's own"* ]]
		expect 3 not-allowed banger-priv create-tap banger-a gid="$id"
	done
	for id in 0 4294967295 4294969196 18446744073709553516 '' -1 +1900 01900 0x76c 1900a ' 1900' 1e3 $'1900\n' ١; do
		expect 3 malformed banger-priv create-tap banger-a uid="$id"
		expect 3 malformed banger-priv create-tap banger-a gid="$id"
	done
	run ! ip link show banger-a
}

@test "refuses: operands missing, too many, repeated, unknown or out of order" {
	expect 2 usage banger-priv create-tap
	expect 2 usage banger-priv create-tap banger-a banger-b
	expect 2 usage banger-priv create-tap banger-a uid=1900 uid=1900
	expect 2 usage banger-priv create-tap banger-a gid=1900 uid=1900
	expect 2 usage banger-priv create-tap banger-a nosuch=1
	run ! ip link show banger-a
}

@test "leaves nothing behind: whichever request or ioctl fails, no tap is there" {
	local call when status
	for call in sendto recvfrom ioctl; do
		for when in $(seq 20); do
			status=0
			inject fail:EIO "$call" "$when" banger-priv create-tap banger-a 2> "$BATS_TEST_TMPDIR/err" ||
				status=$?
			[ "$status" != 125 ] || break
			[ "$status" = 5 ]
			one_clean_line
			run ! ip link show banger-a
		done
		[ "$when" -gt 3 ]
		ip link delete banger-a
	done
}

@test "leaves nothing behind: killed at any call, no tap is there or a whole one" {
	local n status
	for n in $(seq 1000); do
		status=0
		inject kill any "$n" banger-priv create-tap banger-a || status=$?
		[ "$status" != 125 ] || break
		[ "$status" = 137 ]
		if ip link show banger-a > /dev/null 2>&1; then
			[ "$(tap banger-a .master)" = banger0 ]
			[ "$(tap banger-a .ifalias)" = "banger:" ]
			ip link delete banger-a
		fi
	done
	[ "$n" -gt 100 ]
}

@test "at once: twenty on one name end in 0 or 6, and in one tap" {
	local i
	for i in $(seq 20); do
		(status=0; own create-tap banger-a > /dev/null 2>&1 || status=$?
		echo "$status" > "$BATS_TEST_TMPDIR/code.$i") &
	done
	wait $(jobs -p | grep -vx "$canary_pid")
	[ "$(cat "$BATS_TEST_TMPDIR"/code.* | grep -cvx '[06]')" = 0 ]
	[ "$(cat "$BATS_TEST_TMPDIR"/code.* | grep -cx 0)" -ge 1 ]
	[ "$(ip -o link | grep -c ' banger-')" = 1 ]
	[ "$(tap banger-a .master)" = banger0 ]
}

@test "does: what one VM did to its tap is nothing to the next, where each has ids of its own" {
	local index
	tap() { ip -j -d link show banger-a | gojq -r ".[0].$1"; }
	banger-priv ensure-bridge
	echo "vm_uid = 5000-5009" > /etc/banger/priv.conf
	expect 0 - own create-tap banger-a uid=5001 vm=vm1
	index=$(tap ifindex)
	python3 tests/lib/spoil-tap.py banger-a 5001 1900
	[ "$(tap address)" = 02:00:00:00:00:01 ]
	# The VM's own, again.
	expect 0 - own create-tap banger-a uid=5001 vm=vm1
	[ "$(tap ifindex)" = "$index" ]
	expect 0 - own create-tap banger-a uid=5002 vm=vm2
	[ "$(tap ifindex)" != "$index" ]
	[ "$(tap address)" != 02:00:00:00:00:01 ]
	[ "$(tap ifalias)" = banger:vm2 ]
	[ "$(tap master)" = banger0 ]
	[ "$(tap linkinfo.info_data.user)" = 5002 ]
	# No VM's id is nobody's to rely on.
	index=$(tap ifindex)
	expect 0 - own create-tap banger-a uid=5001
	[ "$(tap ifindex)" != "$index" ]
	index=$(tap ifindex)
	expect 0 - own create-tap banger-a uid=5002
	[ "$(tap ifindex)" != "$index" ]
	install_configuration
}

#!/usr/bin/env bats
# delete-tap: the tap is gone.

load lib/common

setup_file() { banger-priv ensure-bridge; }
setup() {
	before=$(host_state)
	canaries_plant
}
teardown() {
	ip link delete banger-a 2> /dev/null || :
	canaries_end
	[ "$(host_state)" = "$before" ]
}

@test "does: the tap is gone, and gone it stays" {
	own create-tap banger-a
	expect 0 - own delete-tap banger-a
	run ! ip link show banger-a
	expect 0 - own delete-tap banger-a
	canaries_same
}

@test "does: another link's alternative name is none of its business" {
	ip link property add dev canary0 altname banger-a
	expect 0 - own delete-tap banger-a
	ip link property del dev canary0 altname banger-a
	canaries_same
}

@test "refuses: a tap that is held open is busy, and stays" {
	own create-tap banger-a
	expect 6 in-use as banger "$BANGER_BUILD/tests/hold-tap" banger-a \
		sudo -n banger-priv delete-tap banger-a
	ip link show banger-a
	expect 0 - own delete-tap banger-a
}

@test "refuses: links of that name that are not taps of ours, untouched" {
	local kind state
	for kind in bridge veth tun tap; do
		case $kind in
		tun | tap) ip tuntap add banger-a mode "$kind" ;;
		veth) ip link add banger-a type veth peer name banger-b ;;
		*) ip link add banger-a type "$kind" ;;
		esac
		state=$(ip -d -j link show banger-a)
		expect 3 foreign own delete-tap banger-a
		[ "$(ip -d -j link show banger-a)" = "$state" ]
		ip link delete banger-a
	done
	canaries_same
}

@test "refuses: names that are not of the shape, and wrong operands" {
	local name
	for name in canary0 lo banger0 banger- 'banger-*' banger-A banger-123456789 ''; do
		expect 3 malformed banger-priv delete-tap "$name"
	done
	expect 2 usage banger-priv delete-tap
	expect 2 usage banger-priv delete-tap banger-a banger-b
	canaries_same
}

@test "leaves nothing behind: killed or failed at any call, the tap is whole or gone" {
	local action n status
	for action in kill fail:EIO; do
		for n in $(seq 1000); do
			ip link show banger-a > /dev/null 2>&1 || banger-priv create-tap banger-a
			status=0
			inject "$action" caged "$n" banger-priv delete-tap banger-a 2> /dev/null || status=$?
			[ "$status" != 125 ] || break
			case $status in 0 | 3 | 4 | 5 | 6 | 127 | 137 | 139) ;; *) echo "$action $n: $status"; false ;; esac
			ip link show banger-a > /dev/null 2>&1 || continue
			[ "$(ip -j link show banger-a | gojq -r '.[0].ifalias')" = banger: ]
		done
		[ "$n" -gt 5 ]
	done
}

@test "at once: deleting and creating twenty times ends in a tap or none" {
	local i
	for i in $(seq 10); do
		for verb in create-tap delete-tap; do
			(status=0; own "$verb" banger-a > /dev/null 2>&1 || status=$?
			echo "$status" > "$BATS_TEST_TMPDIR/code.$verb.$i") &
		done
	done
	wait $(jobs -p | grep -vx "$canary_pid")
	[ "$(cat "$BATS_TEST_TMPDIR"/code.* | grep -cvx '[06]')" = 0 ]
	[ "$(ip -o link | grep -c ' banger-')" -le 1 ]
}

#!/usr/bin/env bats
# ensure-nat and remove-nat on a host that firewalld closes: a real one, as it comes.

load lib/common
load lib/guests

setup_file() {
	two_guests_plant
	"$BATS_TEST_DIRNAME/lib/firewalld" start
}
teardown_file() {
	"$BATS_TEST_DIRNAME/lib/firewalld" stop
	network_end
}
setup() {
	before=$(host_state)
	canaries_plant
}
teardown() {
	cp "$BATS_FILE_TMPDIR/priv.conf" /etc/banger/priv.conf
	banger-priv remove-nat 172.30.0.2 banger-a
	banger-priv remove-nat 172.30.0.3 banger-b
	canaries_end
	diff <(echo "$before") <(host_state)
}

@test "does: the guest gets out, by one rule, where firewalld says that all else is refused" {
	local state
	state=$(foreign)
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	pings a 203.0.113.2
	[ "$(calls a 203.0.113.2)" = 203.0.113.1 ]
	run ! pings b 203.0.113.2
	run ! ip netns exec internet ping -n -q -c 1 -W 0.3 172.30.0.2
	[ "$(ours_in)" = 1 ]
	[ "$(foreign | without_ours)" = "$state" ]
	nft list chain inet firewalld filter_FWD_public | tail -n 4 | grep -A1 'comment "banger-priv: guests of' | grep -q reject
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	[ "$(ours_in)" = 1 ]
	expect 0 - own remove-nat 172.30.0.2 banger-a
	run ! pings a 203.0.113.2
	[ "$(foreign)" = "$state" ]
	canaries_same
}

@test "does: what an administrator denies in firewalld stays denied" {
	nft add rule inet firewalld filter_FWD_public_deny ip saddr 172.30.0.2 drop
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	expect 0 - own ensure-nat 172.30.0.3 banger-b
	run ! pings a 203.0.113.2
	pings b 203.0.113.2
	nft flush chain inet firewalld filter_FWD_public_deny
	pings a 203.0.113.2
	# As a zone that the bridge was put into.
	nft add chain inet firewalld filter_FWD_closed
	nft add rule inet firewalld filter_FWD_closed reject
	nft insert rule inet firewalld filter_FORWARD_ZONES iifname "banger0" goto filter_FWD_closed
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	run ! pings a 203.0.113.2
	run ! pings b 203.0.113.2
	nft delete rule inet firewalld filter_FORWARD_ZONES handle "$(nft -a list chain inet firewalld filter_FORWARD_ZONES |
		sed -n 's/.*goto filter_FWD_closed # handle //p')"
	nft delete chain inet firewalld filter_FWD_closed
	pings a 203.0.113.2
}

@test "does: a rule of ours that is behind the last word by now is put before it" {
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	nft insert rule inet firewalld filter_FWD_public reject
	run ! pings a 203.0.113.2
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	pings a 203.0.113.2
	[ "$(ours_in)" = 1 ]
	nft delete rule inet firewalld filter_FWD_public handle "$(nft -a list chain inet firewalld filter_FWD_public |
		sed -n 's/.*reject.* # handle //p' | head -n 1)"
}

@test "refuses: with forward_hook = no, exit 5 names firewalld's chain and nothing has changed" {
	local state
	state=$(nft -a list ruleset)
	echo 'forward_hook = no' > /etc/banger/priv.conf
	expect 5 failed own ensure-nat 172.30.0.2 banger-a
	[[ $err == *"the chain filter_FORWARD of the nft table firewalld drops what is forwarded"* ]]
	[ "$(nft -a list ruleset)" = "$state" ]
	canaries_same
}

@test "does: firewalld started again closes the host again, and ensure-nat opens it for the guest" {
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	"$BATS_TEST_DIRNAME/lib/firewalld" stop
	"$BATS_TEST_DIRNAME/lib/firewalld" start
	run ! pings a 203.0.113.2
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	pings a 203.0.113.2
	[ "$(ours_in)" = 1 ]
}

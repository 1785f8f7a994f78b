#!/usr/bin/env bats
# remove-nat: the guest gets out no more.  And what both verbs do where others have rules of their own.

load lib/common
load lib/guests

setup_file() {
	two_guests_plant
}
teardown_file() { network_end; }
setup() {
	before=$(host_state)
	canaries_plant
}
teardown() {
	cp "$BATS_FILE_TMPDIR/priv.conf" /etc/banger/priv.conf
	for table in "ip filter" "inet firewall" "ip nat" "ip raw" "inet second"; do
		# shellcheck disable=SC2086
		nft delete table $table 2> /dev/null || :
	done
	banger-priv remove-nat 172.30.0.2 banger-a
	banger-priv remove-nat 172.30.0.3 banger-b
	canaries_end
	diff <(echo "$before") <(host_state)
}

configure() { printf '%s\n' "$@" > /etc/banger/priv.conf; }

@test "does: nothing passes any more, tables and all are gone, forwarding stays on" {
	own ensure-nat 172.30.0.2 banger-a
	pings a 203.0.113.2
	expect 0 - own remove-nat 172.30.0.2 banger-a
	[ -z "$out" ]
	local count
	count=$(arrived)
	run ! pings a 203.0.113.2
	run ! calls a 203.0.113.2
	[ "$(arrived)" = "$count" ]
	[ "$(nft list tables | grep -c banger)" = 0 ]
	[ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ]
	pings a 172.30.0.1
	canaries_same
	# And again.
	own ensure-nat 172.30.0.2 banger-a
	pings a 203.0.113.2
}

@test "does: connections that are under way end as well, with other guests and without" {
	local others
	for others in yes no; do
		own ensure-nat 172.30.0.2 banger-a
		[ "$others" = no ] || own ensure-nat 172.30.0.3 banger-b
		# Docker's and other NAT keeps translating what it knows.
		nft add table ip nat
		nft add chain ip nat out '{ type nat hook postrouting priority 110; }'
		ip netns exec guest-a ping -n -i 0.1 203.0.113.2 > "$BATS_TEST_TMPDIR/ping" 2>&1 3>&- &
		local pid=$! count
		until grep -q icmp_seq=2 "$BATS_TEST_TMPDIR/ping"; do sleep 0.05; done
		expect 0 - own remove-nat 172.30.0.2 banger-a
		count=$(arrived)
		sleep 0.5
		[ "$(arrived)" = "$count" ]
		kill "$pid" && wait "$pid" || :
		[ "$others" = no ] || pings b 203.0.113.2
		nft delete table ip nat
		own remove-nat 172.30.0.3 banger-b
	done
}

@test "does: absent is done, whatever is absent" {
	expect 0 - own remove-nat 172.30.0.2 banger-a
	expect 0 - own remove-nat 172.30.0.9 banger-nosuch
	own ensure-nat 172.30.0.2 banger-a
	local state
	state=$(nft -a list ruleset)
	expect 0 - own remove-nat 172.30.0.9 banger-a
	expect 0 - own remove-nat 172.30.0.2 banger-b
	[ "$(nft -a list ruleset)" = "$state" ]
	ip link property add dev canary0 altname banger-alien
	expect 0 - own remove-nat 172.30.0.9 banger-alien
	ip link property del dev canary0 altname banger-alien
	canaries_same
}

@test "does: from tables that somebody has half removed" {
	local damage
	while IFS= read -r damage; do
		own ensure-nat 172.30.0.2 banger-a
		# shellcheck disable=SC2086
		nft $damage
		expect 0 - own remove-nat 172.30.0.2 banger-a
		[ "$(nft list tables | grep -c banger)" = 0 ] || { echo "after $damage"; false; }
	done <<- 'DAMAGE'
		delete table bridge banger-priv
		delete table ip banger-priv
		flush table ip banger-priv
		flush set bridge banger-priv guests
		flush set ip banger-priv guests
		delete chain ip banger-priv postrouting
	DAMAGE
	canaries_same
}

@test "Docker's rules, as Docker leaves them: one commented rule in DOCKER-USER, gone with the last guest" {
	docker_rules
	iptables -I DOCKER-USER 1 -s 172.30.0.3 -d 203.0.113.77 -j DROP
	local rules state
	rules=$(iptables -S)
	state=$(foreign)
	own ensure-nat 172.30.0.2 banger-a
	own ensure-nat 172.30.0.3 banger-b
	only_what_is_the_guests
	# iptables reads it, and it stands before the RETURN and behind what the administrator wants.
	[ "$(iptables -S DOCKER-USER)" = "-N DOCKER-USER
-A DOCKER-USER -s 172.30.0.3/32 -d 203.0.113.77/32 -j DROP
-A DOCKER-USER -m conntrack --ctorigsrc 172.30.0.0/24 -m addrtype --src-type UNICAST --dst-type UNICAST -m comment --comment \"banger-priv: guests of 172.30.0.1/24\" -j ACCEPT
-A DOCKER-USER -j RETURN" ]
	[ "$(diff <(echo "$rules") <(iptables -S) | grep -c '^[<>]')" = 1 ]
	[ "$(foreign | without_ours)" = "$state" ]
	own remove-nat 172.30.0.2 banger-a
	[ "$(ours_in)" = 1 ]
	pings b 203.0.113.2
	own remove-nat 172.30.0.3 banger-b
	[ "$(foreign)" = "$state" ]
	[ "$(iptables -S)" = "$rules" ]
	local count
	count=$(arrived)
	run ! pings a 203.0.113.2
	run ! calls b 203.0.113.2
	[ "$(arrived)" = "$count" ]
}

# Of 172.30.0.2, where 172.30.0.3 gets out, too: out and back, and nowhere else, and with no other address.
only_what_is_the_guests() {
	local count source
	pings a 203.0.113.2
	[ "$(calls a 203.0.113.2)" = 203.0.113.1 ]
	run ! pings a 169.254.169.254
	run ! calls a 169.254.169.254
	count=$(arrived)
	for source in 172.30.0.3 172.30.0.77 10.1.2.3; do
		in_guest a ip addr add "$source/32" dev eth0
		run ! pings a 203.0.113.2 -I "$source"
		in_guest a ip addr del "$source/32" dev eth0
	done
	[ "$(arrived)" = "$count" ]
}

# Of Docker 28 and later: its chains hang from one, and DOCKER-USER is left to the administrator whole.
docker_28_rules() {
	iptables-restore <<- 'RULES'
		*raw
		-A PREROUTING -d 172.17.0.2/32 ! -i docker0 -j DROP
		COMMIT
		*filter
		:FORWARD DROP [0:0]
		:DOCKER - [0:0]
		:DOCKER-BRIDGE - [0:0]
		:DOCKER-CT - [0:0]
		:DOCKER-FORWARD - [0:0]
		:DOCKER-ISOLATION-STAGE-1 - [0:0]
		:DOCKER-ISOLATION-STAGE-2 - [0:0]
		:DOCKER-USER - [0:0]
		-A FORWARD -j DOCKER-USER
		-A FORWARD -j DOCKER-FORWARD
		-A DOCKER ! -i docker0 -o docker0 -j DROP
		-A DOCKER-BRIDGE -o docker0 -j DOCKER
		-A DOCKER-CT -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
		-A DOCKER-FORWARD -j DOCKER-CT
		-A DOCKER-FORWARD -j DOCKER-ISOLATION-STAGE-1
		-A DOCKER-FORWARD -j DOCKER-BRIDGE
		-A DOCKER-FORWARD -i docker0 -j ACCEPT
		-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
		-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
		COMMIT
	RULES
}

@test "the rules of Docker 28, where DOCKER-USER is empty: one commented rule in it, gone with the last guest" {
	docker_28_rules
	local rules state
	rules=$(iptables -S)
	state=$(foreign)
	run ! pings a 203.0.113.2
	own ensure-nat 172.30.0.2 banger-a
	own ensure-nat 172.30.0.3 banger-b
	only_what_is_the_guests
	[ "$(iptables -S DOCKER-USER | grep -c 'comment "banger-priv: guests of 172.30.0.1/24" -j ACCEPT')" = 1 ]
	[ "$(diff <(echo "$rules") <(iptables -S) | grep -c '^[<>]')" = 1 ]
	[ "$(foreign | without_ours)" = "$state" ]
	own remove-nat 172.30.0.2 banger-a
	own remove-nat 172.30.0.3 banger-b
	[ "$(foreign)" = "$state" ]
	[ "$(iptables -S)" = "$rules" ]
	run ! pings b 203.0.113.2
}

docker_rules() {
	iptables -P FORWARD DROP
	for chain in DOCKER DOCKER-ISOLATION-STAGE-1 DOCKER-ISOLATION-STAGE-2 DOCKER-USER; do
		iptables -N "$chain"
	done
	iptables -A FORWARD -j DOCKER-USER
	iptables -A FORWARD -j DOCKER-ISOLATION-STAGE-1
	iptables -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
	iptables -A FORWARD -o docker0 -j DOCKER
	iptables -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
	iptables -A FORWARD -i docker0 -o docker0 -j ACCEPT
	iptables -A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
	iptables -A DOCKER-ISOLATION-STAGE-1 -j RETURN
	iptables -A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
	iptables -A DOCKER-ISOLATION-STAGE-2 -j RETURN
	iptables -A DOCKER-USER -j RETURN
	iptables -t nat -N DOCKER
	iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
	iptables -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
}

@test "an iptables FORWARD policy of DROP without Docker, through a save and a restore" {
	iptables -P FORWARD DROP
	iptables -A FORWARD -i nosuch0 -j ACCEPT
	own ensure-nat 172.30.0.2 banger-a
	own ensure-nat 172.30.0.3 banger-b
	only_what_is_the_guests
	own remove-nat 172.30.0.3 banger-b
	[ "$(iptables -S FORWARD | tail -n 1 | grep -c 'banger-priv')" = 1 ]
	iptables-save > "$BATS_TEST_TMPDIR/saved"
	iptables-restore < "$BATS_TEST_TMPDIR/saved"
	own ensure-nat 172.30.0.3 banger-b
	[ "$(iptables -S FORWARD | grep -c 'banger-priv')" = 1 ]
	own remove-nat 172.30.0.2 banger-a
	own remove-nat 172.30.0.3 banger-b
	[ "$(iptables -S FORWARD | grep -c 'banger-priv')" = 0 ]
	run ! pings a 203.0.113.2
}

@test "nft chains that drop by policy: one rule in each, in front of the last word" {
	nft -f - <<- 'RULES'
		table inet firewall {
			chain forward {
				type filter hook forward priority 0; policy drop;
				ip daddr 203.0.113.77 drop
				counter reject
			}
			chain input { type filter hook input priority 0; policy accept; }
		}
		table inet second {
			chain far { type filter hook forward priority 5; policy drop; }
			chain open { type filter hook forward priority 6; policy accept; }
		}
	RULES
	local state
	state=$(foreign)
	own ensure-nat 172.30.0.2 banger-a
	[ "$(calls a 203.0.113.2)" = 203.0.113.1 ]
	[ "$(ours_in)" = 2 ]
	[ "$(foreign | without_ours)" = "$state" ]
	nft list chain inet firewall forward | grep -A1 'ct original ip saddr 172.30.0.0/24 fib saddr type unicast fib daddr type unicast accept comment' |
		grep -q reject
	own ensure-nat 172.30.0.2 banger-a
	[ "$(ours_in)" = 2 ]
	# Even where the policy is another one by then.
	nft 'add chain inet second far { policy accept; }'
	own remove-nat 172.30.0.2 banger-a
	nft 'add chain inet second far { policy drop; }'
	[ "$(foreign)" = "$state" ]
}

@test "chains that accept by policy and refuse by their last rule, as Red Hat's do, are no others" {
	nft -f - <<- 'RULES'
		table inet firewall {
			chain forward {
				type filter hook forward priority filter + 10; policy accept;
				ct state { established, related } accept
				iifname "lo" accept
				jump policies
				ct state invalid drop
				reject with icmpx admin-prohibited
			}
			chain policies { }
		}
		table inet second {
			chain harmless { type filter hook forward priority 5; policy accept; tcp dport 25 drop; counter accept; drop; }
		}
	RULES
	iptables -A FORWARD -j REJECT --reject-with icmp-host-prohibited
	local state rules
	state=$(foreign)
	rules=$(iptables -S)
	own ensure-nat 172.30.0.2 banger-a
	[ "$(calls a 203.0.113.2)" = 203.0.113.1 ]
	[ "$(ours_in)" = 2 ]
	[ "$(iptables -S FORWARD | tail -n 1)" = '-A FORWARD -j REJECT --reject-with icmp-host-prohibited' ]
	run ! pings b 203.0.113.2
	own remove-nat 172.30.0.2 banger-a
	[ "$(foreign)" = "$state" ]
	[ "$(iptables -S)" = "$rules" ]
	configure 'forward_hook = no'
	expect 5 failed own ensure-nat 172.30.0.2 banger-a
	[[ $err == *"the chain FORWARD of the nft table filter"* || $err == *"the chain forward of the nft table firewall"* ]]
	[ "$(foreign)" = "$state" ]
}

@test "the last word in a chain that every packet is sent to, as firewalld's: the rule goes there" {
	nft -f - <<- 'RULES'
		table inet firewall {
			chain forward {
				type filter hook forward priority 0; policy accept;
				ct state established accept
				jump open
				counter jump zones
				reject
			}
			chain again { type filter hook forward priority 7; policy drop; jump zones; }
			chain open { jump empty; tcp dport 25 drop; return; drop; }
			chain empty { }
			chain zones { iifname "eth9" goto open; goto public; }
			chain public { jump open; ip daddr 203.0.113.77 drop; log prefix "no: "; counter drop; }
		}
		table inet second {
			chain round { type filter hook forward priority 5; policy drop; jump aside; goto beyond; }
			chain aside { iifname "eth9" accept; }
			chain beyond { tcp dport 25 drop; }
			chain harmless { type filter hook forward priority 6; policy drop; jump yes; drop; }
			chain yes { counter accept; }
		}
	RULES
	iptables -A FORWARD -j LOG
	iptables -A FORWARD -j REJECT
	local state
	state=$(foreign)
	own ensure-nat 172.30.0.2 banger-a
	[ "$(calls a 203.0.113.2)" = 203.0.113.1 ]
	[ "$(ours_in)" = 3 ]
	nft list chain inet firewall public | tail -n 4 | grep -A1 banger-priv | grep -q 'counter.*drop'
	nft list chain inet second beyond | tail -n 3 | grep -q banger-priv
	iptables -S FORWARD | tail -n 2 | grep -A1 banger-priv | grep -q REJECT
	own ensure-nat 172.30.0.2 banger-a
	[ "$(ours_in)" = 3 ]
	own remove-nat 172.30.0.2 banger-a
	[ "$(foreign)" = "$state" ]
	iptables -F FORWARD
}

@test "a chain that forwarding shares: the rule there accepts what is forwarded, and no more" {
	nft -f - <<- 'RULES'
		table inet firewall {
			chain refuse { ip daddr 203.0.113.77 drop; counter reject; }
			chain input { type filter hook input priority 0; iifname "banger0" meta l4proto icmp jump refuse; }
			chain output { type filter hook output priority 0; oifname "banger0" meta l4proto icmp goto refuse; }
			chain forward { type filter hook forward priority 0; jump refuse; }
		}
	RULES
	own ensure-nat 172.30.0.2 banger-a
	nft list chain inet firewall refuse | grep -A1 'banger-priv: guests of' | grep -q reject
	only_what_is_forwarded
	nft delete table inet firewall
	iptables -N REFUSE
	iptables -A REFUSE -d 203.0.113.77 -j DROP
	iptables -A REFUSE -j REJECT
	iptables -A INPUT -i banger0 -p icmp -j REFUSE
	iptables -A OUTPUT -o banger0 -p icmp -j REFUSE
	iptables -A FORWARD -g REFUSE
	own ensure-nat 172.30.0.2 banger-a
	iptables -S REFUSE | tail -n 2 | grep -A1 'banger-priv: guests of' | grep -q REJECT
	only_what_is_forwarded
}

# Of 172.30.0.2; to and from the host it is all refused, and so is what it sends to everybody.
only_what_is_forwarded() {
	pings a 203.0.113.2
	[ "$(calls a 203.0.113.2)" = 203.0.113.1 ]
	run ! pings a 203.0.113.77
	run ! pings a 172.30.0.1
	run ! ping -n -q -c 1 -W 0.3 172.30.0.2
	local to
	for to in 172.30.0.255 255.255.255.255 224.0.0.1; do
		refused=$(refusals)
		in_guest a ping -b -n -q -c 1 -W 0.1 "$to" > /dev/null 2>&1 || :
		[ "$(refusals)" -gt "$refused" ] || { echo "$to was accepted"; false; }
	done
}
refusals() { nft -j list ruleset | gojq '[.. | objects | select(.chain? | IN("refuse", "REFUSE")) | .expr[]? | .counter? | .packets?] | add'; }

@test "fails: more jumps than are followed are not followed for ever; check says so, and remove-nat does not look" {
	local n state
	own ensure-nat 172.30.0.3 banger-b
	{
		echo 'table inet firewall { chain c10 { }'
		for n in $(seq 9 -1 0); do echo "chain c$n { jump c$((n + 1)); jump c$((n + 1)); }"; done
		echo 'chain forward { type filter hook forward priority 0; policy drop; jump c0; }; }'
	} | nft -f -
	state=$(nft -a list ruleset)
	expect 5 failed own ensure-nat 172.30.0.2 banger-a
	[[ $err == *"more forward chains, or more jumps in them, than are followed" ]]
	[ "$(nft -a list ruleset)" = "$state" ]
	banger-priv check | grep '^wrong: forwarding: there are more forward chains, or more jumps in them'
	expect 0 - own remove-nat 172.30.0.3 banger-b
	[ "$(nft list tables | grep -c banger)" = 0 ]
	# As many rules as one likes say nothing, and of one chain those that say something are counted.
	nft delete table inet firewall
	{
		echo 'table inet firewall { chain refuse { drop; }; chain empty { }'
		echo 'chain forward { type filter hook forward priority 0; policy accept; jump empty;'
		for n in $(seq 1000); do echo 'counter; ip daddr 203.0.113.77 jump empty;'; done
		echo 'jump refuse; }; }'
	} | nft -f -
	own ensure-nat 172.30.0.2 banger-a
	pings a 203.0.113.2
	{
		echo 'table inet firewall {'
		echo 'chain more { type filter hook forward priority 1; policy accept;'
		for n in $(seq 257); do echo 'jump empty;'; done
		echo '}; }'
	} | nft -f -
	expect 5 failed own ensure-nat 172.30.0.2 banger-a
	[[ $err == *"more jumps in them, than are followed" ]]
	nft delete table inet firewall
	{
		echo 'table inet firewall {'
		for n in $(seq 17); do echo "chain c$n { type filter hook forward priority $n; policy drop; }"; done
		echo '}'
	} | nft -f -
	expect 5 failed own ensure-nat 172.30.0.2 banger-a
	[[ $err == *"the host has more forward chains, or more jumps in them, than are followed" ]]
	nft delete table inet firewall
}

@test "a table whose owner lets nobody change it: exit 5 names a chain that drops by policy; a last rule is the owner's business" {
	keep_table 'add chain inet kept forward { type filter hook forward priority 0; policy drop; }'
	expect 5 failed own ensure-nat 172.30.0.2 banger-a
	[[ $err == *"the chain forward of the nft table kept drops what is forwarded; whose table it is lets nobody else"* ]]
	[ "$(nft list tables | grep -c banger)" = 0 ]
	let_go
	keep_table 'add chain inet kept forward { type filter hook forward priority 0; policy accept; }' \
		'add rule inet kept forward iifname "banger0" accept' \
		'add rule inet kept forward ct state established accept' 'add rule inet kept forward reject'
	expect 0 - own ensure-nat 172.30.0.2 banger-a
	[ "$(calls a 203.0.113.2)" = 203.0.113.1 ]
	expect 0 - own remove-nat 172.30.0.2 banger-a
	let_go
}

@test "what forward_hook accepts is what our own rules let through, no more" {
	iptables -P FORWARD DROP
	own ensure-nat 172.30.0.2 banger-a
	local count
	count=$(arrived)
	run ! pings b 203.0.113.2
	[ "$(arrived)" = "$count" ]
	run ! ip netns exec internet ping -n -q -c 1 -W 0.3 172.30.0.2
	# From outside, in a guest's name, to a third network.
	ip netns add third
	ip link add third0 type veth peer name eth0 netns third
	ip addr add 198.51.100.1/24 dev third0
	ip link set third0 up
	ip -n third addr add 198.51.100.2/24 dev eth0
	ip -n third link set eth0 up
	ip -n third route add default via 198.51.100.1
	ip -n internet addr add 172.30.0.77/32 dev eth0
	run ! ip netns exec internet ping -n -q -c 1 -W 0.3 -I 172.30.0.77 198.51.100.2
	[ "$(nsenter --net=/run/netns/third awk '/^Icmp: [0-9]/ { print $10 }' /proc/net/snmp)" = 0 ]
	# It is our rule that stops it.
	nft flush chain ip banger-priv forward
	run ! ip netns exec internet ping -n -q -c 1 -W 0.3 -I 172.30.0.77 198.51.100.2
	[ "$(nsenter --net=/run/netns/third awk '/^Icmp: [0-9]/ { print $10 }' /proc/net/snmp)" = 1 ]
	ip -n internet addr del 172.30.0.77/32 dev eth0
	ip netns delete third
}

@test "refuses: with forward_hook = no, exit 5 names the chain and nothing has changed" {
	configure 'forward_hook = no'
	expect 0 - own ensure-nat 172.30.0.3 banger-b
	iptables -P FORWARD DROP
	local state
	state=$(nft -a list ruleset)
	expect 5 failed own ensure-nat 172.30.0.2 banger-a
	[[ $err == *"chain FORWARD of the nft table filter"* ]]
	[ "$(nft -a list ruleset)" = "$state" ]
	expect 0 - own remove-nat 172.30.0.3 banger-b
}

@test "foreign rules that change meanwhile: done, or busy, and never half" {
	docker_rules
	local n status
	for n in $(seq 3 3 30); do
		status=0
		(while sleep 0.01; do
			iptables -A DOCKER-USER -i churn0 -j ACCEPT
			iptables -D DOCKER-USER -i churn0 -j ACCEPT
		done) 3>&- & local churn=$!
		own ensure-nat 172.30.0.2 banger-a > /dev/null 2>&1 || status=$?
		kill "$churn" && wait "$churn" 2> /dev/null || :
		iptables -D DOCKER-USER -i churn0 -j ACCEPT 2> /dev/null || :
		case $status in
		0) [ "$(ours_in)" = 1 ] ;;
		6) [ "$(nft list tables | grep -c banger)" = 0 ] ;;
		*) false ;;
		esac
		own remove-nat 172.30.0.2 banger-a
		[ "$(ours_in)" = 0 ]
	done
}

# Made anew: its rules have the numbers that others of that table had.
firewall() { # DENIED...
	echo 'table inet firewall'
	echo 'delete table inet firewall'
	echo 'table inet firewall { chain forward { type filter hook forward priority 0; policy drop;'
	printf 'ip daddr 203.0.113.%s drop\n' "$@"
	printf 'reject\n}\n}\n'
}
others() { foreign | without_ours | jq 'del(.. | .handle?)'; }

@test "a table made anew between our look and our change: none of its rules goes, and ours overtakes none" {
	local verb n status state
	firewall 77 > "$BATS_TEST_TMPDIR/before"
	firewall 78 79 80 > "$BATS_TEST_TMPDIR/after"
	nft -f "$BATS_TEST_TMPDIR/after"
	state=$(others)
	for verb in ensure-nat remove-nat; do
		for n in $(seq 40); do
			nft -f "$BATS_TEST_TMPDIR/before"
			[ "$verb" = ensure-nat ] || own ensure-nat 172.30.0.2 banger-a
			status=0
			inject "do:nft -f $BATS_TEST_TMPDIR/after" sendto "$n" banger-priv "$verb" 172.30.0.2 banger-a || status=$?
			[ "$status" != 125 ] || break
			[ "$status" = 0 ]
			diff <(others) <(echo "$state")
			run ! grep -q drop <(nft list chain inet firewall forward | grep -A2 banger-priv)
			own remove-nat 172.30.0.2 banger-a
		done
		[ "$n" -gt 5 ]
	done
}

@test "rules that change between two parts of the kernel's answer are asked for again; where they never stand still it is busy" {
	local call n status long state
	long=$(printf 'x%.0s' {1..100})
	{
		echo 'table inet firewall {'
		for n in $(seq 500); do echo "chain $long$n { }"; done
		echo 'chain forward { type filter hook forward priority 0; policy drop; }'
		echo '}'
	} | nft -f -
	state=$(nft list ruleset)
	for verb in ensure-nat remove-nat; do
		for n in $(seq 100); do
			[ "$verb" = ensure-nat ] || banger-priv ensure-nat 172.30.0.2 banger-a
			status=0
			inject "do:nft 'add chain inet firewall more; delete chain inet firewall more'" recvfrom "$n" \
				banger-priv "$verb" 172.30.0.2 banger-a || status=$?
			[ "$status" != 125 ] || break
			[ "$status" = 0 ]
		done
		[ "$n" -gt 5 ]
	done
	[ "$(nft list ruleset)" = "$state" ]
	for call in sendto recvfrom; do
		expect 6 in-use inject "do:nft 'add chain inet firewall more; delete chain inet firewall more'" "$call" 2+ \
			banger-priv ensure-nat 172.30.0.2 banger-a
		[ "$(nft list ruleset)" = "$state" ]
	done
}

@test "an answer that the kernel breaks off is none, and of one that changed the rest is read" {
	"$BANGER_BUILD/tests/answers"
}

@test "leaves nothing behind: killed at any call that matters, remove-nat again is through" {
	local call n status
	for call in sendto recvfrom openat2 read pwrite64 exit_group; do
		for n in $(seq 100); do
			banger-priv ensure-nat 172.30.0.2 banger-a
			status=0
			inject kill "$call" "$n" banger-priv remove-nat 172.30.0.2 banger-a || status=$?
			[ "$status" != 125 ] || break
			[ "$status" = 137 ]
			banger-priv remove-nat 172.30.0.2 banger-a
			[ "$(nft list tables | grep -c banger)" = 0 ]
		done
		[ "$n" -gt 1 ]
	done
}

@test "leaves nothing behind: whichever call fails, all or nothing" {
	local call when status state
	own ensure-nat 172.30.0.2 banger-a
	state=$(nft list ruleset)
	for call in sendto recvfrom openat2 pwrite64; do
		for when in $(seq 40); do
			status=0
			inject fail:EIO "$call" "$when" banger-priv remove-nat 172.30.0.2 banger-a \
				2> "$BATS_TEST_TMPDIR/err" || status=$?
			[ "$status" != 125 ] || break
			if [ "$status" != 0 ]; then
				[[ $status = [456] ]]
				one_clean_line
				[ "$(nft list ruleset)" = "$state" ]
				pings a 203.0.113.2
			else
				[ "$(nft list tables | grep -c banger)" = 0 ]
			fi
			banger-priv ensure-nat 172.30.0.2 banger-a
			[ "$(nft list ruleset)" = "$state" ]
		done
		[ "$when" -gt 1 ]
		banger-priv ensure-nat 172.30.0.2 banger-a
	done
}

@test "fails: where no answer comes any more, forwarding from the bridge is off for as long as the rules may be gone" {
	local when status unknown=0
	for when in $(seq 40); do
		own ensure-nat 172.30.0.2 banger-a
		status=0
		inject fail:ENOBUFS recvfrom "$when+" banger-priv remove-nat 172.30.0.2 banger-a \
			2> "$BATS_TEST_TMPDIR/err" || status=$?
		[ "$status" != 125 ] || break
		[ "$status" = 5 ]
		one_clean_line
		if grep -q 'cannot find out whether the packet filter was changed' "$BATS_TEST_TMPDIR/err"; then
			unknown=$((unknown + 1))
			[ "$(cat /proc/sys/net/ipv4/conf/banger0/forwarding)" = 0 ]
		else
			pings a 203.0.113.2
		fi
		own remove-nat 172.30.0.2 banger-a
	done
	[ "$unknown" = 1 ]
}

@test "iptables-legacy: its FORWARD chain is none of ours; check notes it, and its command lets guests out" {
	own ensure-nat 172.30.0.2 banger-a
	iptables-legacy -P FORWARD DROP
	run ! pings a 203.0.113.2
	local command
	command=$(banger-priv check format=json | gojq -r '.checks[] | select(.text | startswith("iptables-legacy")) | .command')
	bash -c "$command"
	pings a 203.0.113.2
	[ "$(calls a 203.0.113.2)" = 203.0.113.1 ]
	iptables-legacy -F FORWARD
	iptables-legacy -P FORWARD ACCEPT
	rm /run/xtables.lock
}

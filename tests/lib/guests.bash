# guests.bash: guests with a stack of their own behind real taps, and something for them to reach.
#
#   guest-a, guest-b, ... (172.30.0.2, .3, ...) -- tap -- banger0 [the host] up0 -- internet (203.0.113.2)

in_guest() { # NAME COMMAND...
	local name=$1
	shift
	ip netns exec "guest-$name" "$@"
}

# Waits for the one line that a helper prints once it is ready.
start() { # PIDS_FILE COMMAND...
	local pids=$1 fifo
	shift
	fifo=$(mktemp -u "$BATS_FILE_TMPDIR/there.XXXX")
	mkfifo "$fifo"
	"$@" > "$fifo" 2> /dev/null 3>&- &
	echo "$!" >> "$pids"
	[ "$(head -n 1 "$fifo")" = there ]
	rm "$fifo"
}

guest_plant() { # NAME ADDRESS
	banger-priv create-tap "banger-$1"
	ip netns add "guest-$1"
	start "$BATS_FILE_TMPDIR/guests" "$BANGER_BUILD/tests/wire" "banger-$1" "guest-$1"
	ip -n "guest-$1" addr add "$2/24" dev eth0
	ip -n "guest-$1" link set eth0 up
	ip -n "guest-$1" link set lo up
	ip -n "guest-$1" route add default via 172.30.0.1
}

internet_plant() {
	ip netns add internet
	ip link add up0 type veth peer name eth0 netns internet
	ip addr add 203.0.113.1/24 dev up0
	ip link set up0 up
	ip -n internet addr add 203.0.113.2/24 dev eth0
	ip -n internet addr add 169.254.169.254/32 dev eth0
	ip -n internet link set eth0 up
	ip -n internet link set lo up
	# Whatever comes with a guest's own address finds the way back: nothing is lost for want of it.
	ip -n internet route add default via 203.0.113.1
	ip route add 169.254.169.254/32 dev up0
	start "$BATS_FILE_TMPDIR/guests" ip netns exec internet python3 tests/lib/internet.py
}

network_end() {
	local pid
	while read -r pid; do
		kill "$pid" 2> /dev/null || :
		wait "$pid" 2> /dev/null || :
	done < "$BATS_FILE_TMPDIR/guests"
	for space in $(ip netns list | awk '{ print $1 }'); do ip netns delete "$space"; done
	for link in up0 banger-a banger-b banger0; do ip link delete "$link" 2> /dev/null || :; done
}

# Echo requests that have come to the other side of the uplink, whoever sent them.
arrived() {
	nsenter --net=/run/netns/internet awk '/^Icmp: [0-9]/ { print $10 }' /proc/net/snmp
}

# An answer, or none within 0.3 seconds.
pings() { # NAME ADDRESS [PING-OPTION...]
	local name=$1 target=$2
	shift 2
	in_guest "$name" ping -n -q -c 1 -W 0.3 "$@" "$target" > /dev/null 2>&1
}

# Who the other side says is calling.
calls() { # NAME ADDRESS
	in_guest "$1" timeout 1 bash -c "exec 3<> /dev/tcp/$2/80 && head -n 1 <&3" 2> /dev/null
}

# A daemon that has a table to itself: nft stays, and the table with it.
keep_table() { # RULE...
	local fifo=$BATS_TEST_TMPDIR/nft
	rm -f "$fifo"
	mkfifo "$fifo"
	nft -i < "$fifo" > "$BATS_TEST_TMPDIR/nft.out" 2>&1 3>&- &
	keeper=$!
	exec 9> "$fifo"
	printf '%s\n' 'add table inet kept { flags owner; }' "$@" 'list tables' >&9
	until grep -q 'table inet kept' "$BATS_TEST_TMPDIR/nft.out"; do sleep 0.05; done
}
let_go() { exec 9>&-; wait "$keeper" || :; }

# All that is not ours, counters aside.
foreign() { nft -j list ruleset | gojq 'del(.. | .packets?, .bytes?) |
	.nftables |= map(select((.[].table? // .[].name?) != "banger-priv"))'; }
without_ours() { gojq '.nftables |= map(select(.rule.comment? // "" | startswith("banger-priv: ") | not))'; }
ours_in() { nft -a list ruleset | grep -c 'comment "banger-priv: guests of'; }

# Guests a and b on the bridge, who reach the host, and an internet behind the uplink; the configuration is kept.
two_guests_plant() {
	cp /etc/banger/priv.conf "$BATS_FILE_TMPDIR"
	banger-priv ensure-bridge
	internet_plant
	guest_plant a 172.30.0.2
	guest_plant b 172.30.0.3
	until pings a 172.30.0.1 && pings b 172.30.0.1; do :; done
}

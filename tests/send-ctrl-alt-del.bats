#!/usr/bin/env bats
# send-ctrl-alt-del: asks the VMM for Ctrl-Alt-Del in the guest.

load lib/common
load lib/vmm

setup_file() { vmm_install; }
setup() {
	canaries_plant
	banger-priv ensure-socket-dir
	mkdir /run/foreign
}
teardown() {
	vmm_clean
	canaries_end
}

# within MS COMMAND...
within() {
	local ms=$1 began=$EPOCHREALTIME
	shift
	"$@" || return
	[ "$(((${EPOCHREALTIME/./} - ${began/./}) / 1000))" -lt "$ms" ]
}

@test "does: the VMM ends" {
	vmm_start banger vm1 /run/banger/a.sock
	expect 0 - own send-ctrl-alt-del /run/banger/a.sock
	[ -z "$out" ]
	until_true eval '! alive "$pid"'
	canaries_same
}

@test "does: one well-formed request, as the owner, also when root calls" {
	peer banger /run/banger/a.sock ok
	banger-priv send-ctrl-alt-del /run/banger/a.sock
	until_true grep -q SendCtrlAltDel /run/peer
	tr -d '\r' < /run/peer > "$BATS_TEST_TMPDIR/request"
	grep -qx 'connection 1900' "$BATS_TEST_TMPDIR/request"
	grep -qx 'PUT /actions HTTP/1.1' "$BATS_TEST_TMPDIR/request"
	[ "$(awk '/^Content-Length:/ { print $2 }' "$BATS_TEST_TMPDIR/request")" = \
		"$(sed '1,/^$/d' "$BATS_TEST_TMPDIR/request" | wc -c)" ]
	[ "$(sed '1,/^$/d' "$BATS_TEST_TMPDIR/request" | gojq -r .action_type)" = SendCtrlAltDel ]
}

@test "does: an answer with a body" {
	peer banger /run/banger/a.sock ok-body
	expect 0 - own send-ctrl-alt-del /run/banger/a.sock
}

@test "failed: a VMM that says no, in numbers only" {
	peer banger /run/banger/a.sock refusing
	expect 5 failed own send-ctrl-alt-del /run/banger/a.sock
	[[ $err == *"HTTP status 400"* ]]
}

@test "failed or busy within 3 s, one clean line: every peer that is no VMM" {
	local mode
	for mode in escape nul half half-body nothing two chunked twice-length bad-length big-length long no-http http2 \
		status-2040 status-99 bare-newlines continue endless flood; do
		echo "$mode"
		rm -f /run/banger/a.sock
		peer banger /run/banger/a.sock "$mode"
		within 3000 expect 5 failed own send-ctrl-alt-del /run/banger/a.sock
		end "$pid"
	done
	for mode in drip silent deaf; do
		echo "$mode"
		rm -f /run/banger/a.sock
		peer banger /run/banger/a.sock "$mode"
		within 3000 expect 6 timeout own send-ctrl-alt-del /run/banger/a.sock
		end "$pid"
	done
	canaries_same
}

@test "does: in time, where the answer brings a connection that whoever drops it is to wait for" {
	ip link set lo up
	peer banger /run/banger/a.sock linger
	within 3000 expect 0 - own send-ctrl-alt-del /run/banger/a.sock
}

@test "memory is the same whatever the peer sends" {
	local mode sizes=
	for mode in ok flood; do
		rm -f /run/banger/a.sock
		peer banger /run/banger/a.sock "$mode"
		sizes="$sizes $(/usr/bin/python3 -c '
import resource, subprocess
subprocess.run(["banger-priv", "send-ctrl-alt-del", "/run/banger/a.sock"], stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)')"
	done
	set -- $sizes
	[ "$(($2 - $1))" -le 1 ]
}

@test "refuses: what is not there; nobody listens is failed" {
	expect 3 absent own send-ctrl-alt-del /run/banger/a.sock
	make_socket banger /run/banger/a.sock
	expect 5 failed own send-ctrl-alt-del /run/banger/a.sock
}

@test "refuses: symlinks and another user's socket; none sees a connection" {
	peer root /run/foreign/docker.sock ok
	as banger ln -s /run/foreign/docker.sock /run/banger/a.sock
	as banger ln -s /run/foreign /run/banger/d
	expect 3 foreign own send-ctrl-alt-del /run/banger/a.sock
	expect 3 foreign own send-ctrl-alt-del /run/banger/d/docker.sock
	[ "$(peer_connections)" = 0 ]
	chmod 0777 /run/banger
	peer stranger /run/banger/s.sock ok
	chmod 0711 /run/banger
	chmod 0666 /run/banger/s.sock
	expect 3 foreign own send-ctrl-alt-del /run/banger/s.sock
	[ "$(peer_connections)" = 0 ]
}

@test "refuses: in the jail of a VM with a uid of its own, the same words for what is there and what is not" {
	echo "vm_uid = 1900000000-1900000009" > /etc/banger/priv.conf
	jail_start vm1 1900000003
	local there=/var/lib/banger/jail/firecracker/vm1/root/run
	expect 3 foreign own send-ctrl-alt-del $there/api.sock
	local words=${err//api/x}
	expect 3 foreign own send-ctrl-alt-del $there/nop.sock
	[ "${err//nop/x}" = "$words" ]
}

@test "no swap while a call waits makes it connect to root's socket" {
	peer root /run/foreign/docker.sock ok
	chmod 0777 /run/foreign/docker.sock
		local call n status
	for call in openat openat2 newfstatat connect; do
		for n in $(seq 30); do
			rm -rf /run/banger/*
			make_socket banger /run/banger/a.sock
			status=0
			inject "do:ln -sfT /run/foreign/docker.sock /run/banger/a.sock" "$call" "$n" \
				banger-priv send-ctrl-alt-del /run/banger/a.sock 2> "$BATS_TEST_TMPDIR/err" || status=$?
			[ "$status" != 125 ] || break
		done
		[ "$n" -gt 1 ]
	done
	[ "$(peer_connections)" = 0 ]
}

@test "no capability, and what is read is read with one socket" {
	[ "$(banger-priv explain send-ctrl-alt-del format=json | gojq -c '[.stages[].capabilities | length]')" = "[0,0]" ]
	[ "$(banger-priv explain send-ctrl-alt-del format=json | gojq -r '.stages[0].runs_as')" = "the owner" ]
	[ "$(banger-priv explain send-ctrl-alt-del format=json | gojq -c '[.stages[1].calls[].name]')" = '["sendto","recvfrom"]' ]
}

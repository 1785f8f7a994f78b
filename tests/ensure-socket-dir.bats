#!/usr/bin/env bats
# ensure-socket-dir: runtime_dir exists, 0711, the owner's.

load lib/common

setup() {
	rm -rf /run/banger
	before=$(host_state)
	canaries_plant
}
teardown() {
	umount /run/banger 2> /dev/null || :
	rm -rf /run/banger
	canaries_end
	[ "$(host_state)" = "$before" ]
}

is_whole() { [ "$(stat -c '%U %G %a %F' /run/banger)" = "banger banger 711 directory" ]; }

@test "does: from nothing, and again; what is in it stays" {
	expect 0 - own ensure-socket-dir
	is_whole
	as banger touch /run/banger/vm.sock
	expect 0 - own ensure-socket-dir
	is_whole
	[ -e /run/banger/vm.sock ]
	canaries_same
}

@test "does: completes what an interrupted call left, and mends the mode" {
	local mode
	for mode in 0700 0711 2700; do
		mkdir -m "$mode" /run/banger
		expect 0 - own ensure-socket-dir
		is_whole
		rmdir /run/banger
	done
	banger-priv ensure-socket-dir
	as banger chmod 0777 /run/banger
	expect 0 - own ensure-socket-dir
	is_whole
}

@test "does: with umask 0 and 0777 the same" {
	local mask
	for mask in 0 0777; do
		rm -rf /run/banger
		(umask "$mask" && expect 0 - own ensure-socket-dir)
		is_whole
	done
}

@test "refuses: a symlink, a file, a FIFO, somebody else's directory; each untouched" {
	local kind state
	for kind in link dangling file fifo stranger; do
		case $kind in
		link) ln -s /run/canary/directory /run/banger ;;
		dangling) ln -s /run/nowhere /run/banger ;;
		file) touch /run/banger ;;
		fifo) mkfifo /run/banger ;;
		stranger) install -d -o stranger /run/banger ;;
		esac
		state=$(stat -c '%U %G %a %F %i' /run/banger)
		expect 3 foreign own ensure-socket-dir
		[ "$(stat -c '%U %G %a %F %i' /run/banger)" = "$state" ]
		[ ! -e /run/nowhere ]
		rm -r /run/banger
	done
	canaries_same
}

@test "refuses: a directory of root's that no call of ours leaves so; it stays root's" {
	local kind state
	for kind in wide full hidden sticky; do
		case $kind in
		wide) install -d -m 0755 /run/banger ;;
		full) mkdir -m 0700 /run/banger /run/banger/more ;;
		hidden) install -d -m 0711 /run/banger; touch /run/banger/.file ;;
		sticky) install -d -m 1711 /run/banger ;;
		esac
		state=$(find /run/banger -printf '%p %U %G %m %i %C@\n')
		expect 3 foreign own ensure-socket-dir
		[ "$(find /run/banger -printf '%p %U %G %m %i %C@\n')" = "$state" ]
		rm -r /run/banger
	done
	canaries_same
}

@test "refuses: a file system of the owner's over it, which would let root wait for ever" {
	own ensure-socket-dir
	local manner
	for manner in private all hangs; do
		expect 3 foreign mount_fuse /run/banger "$manner" 1900 timeout -s KILL 10 banger-priv ensure-socket-dir
	done
	is_whole
	mount -t tmpfs -o uid=1900,gid=1900,mode=0711 elsewhere /run/banger
	expect 3 foreign own ensure-socket-dir
	umount /run/banger
}

@test "refuses: a parent that somebody else may change" {
	install -d -o banger -m 0755 /run/owned
	install -d -m 0777 /run/open
	ln -s /run/canary /run/linked
	local parent
	for parent in owned open linked; do
		echo "runtime_dir = /run/$parent/banger" > /etc/banger/priv.conf
		expect 4 host banger-priv ensure-socket-dir
		[ ! -e "/run/$parent/banger" ]
	done
	echo "runtime_dir = /run/canary/file/banger" > /etc/banger/priv.conf
	expect 5 failed banger-priv ensure-socket-dir
	rm -r /run/owned /run/open /run/linked /etc/banger/priv.conf
	install_configuration
	canaries_same
}

@test "refuses: operands, which it has none of" {
	expect 2 usage banger-priv ensure-socket-dir /run/banger
	[ ! -e /run/banger ]
}

@test "leaves nothing behind: a step that fails takes the directory with it" {
	local call
	for call in fchmodat2 fchownat; do
		expect 5 failed inject fail:EIO "$call" 1 banger-priv ensure-socket-dir
		[ ! -e /run/banger ]
	done
}

@test "leaves nothing behind: what cannot be looked into stays root's" {
	local call n status failed=0            # the opening, what is in it, and the end of that
	mkdir -m 0700 /run/banger
	for call in openat2 getdents64; do
		for n in $(seq 100); do
			status=0
			inject fail:EIO "$call" "$n" banger-priv ensure-socket-dir 2> "$BATS_TEST_TMPDIR/err" || status=$?
			[ "$status" != 125 ] || break
			[ "$(stat -c '%u %a' /run/banger)" = "0 700" ]
			! grep -q 'failed: cannot look into /run/banger: ' "$BATS_TEST_TMPDIR/err" || failed=$((failed + status))
		done
		rmdir /run/banger
		mkdir -m 0700 /run/banger
	done
	[ "$failed" = 15 ]
}

@test "leaves nothing behind: killed anywhere, the next call completes it" {
	local n status
	for n in $(seq 1000); do
		status=0
		inject kill any "$n" banger-priv ensure-socket-dir || status=$?
		[ "$status" != 125 ] || break
		[ ! -e /run/banger ] || [ "$(stat -c %U /run/banger)" = root ] || is_whole
		banger-priv ensure-socket-dir
		is_whole
		rmdir /run/banger
	done
	[ "$n" -gt 100 ]
}

@test "races: the owner swaps what is in the directory meanwhile, to no effect" {
	own ensure-socket-dir
	as banger ln -s /run/canary/file /run/banger/link
	expect 0 - strace -qq -o /dev/null -e trace=fchownat -e inject=fchownat:delay_enter=50000 \
		banger-priv ensure-socket-dir
	canaries_same
}

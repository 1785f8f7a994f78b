#!/usr/bin/env bats
# ensure-socket-access: each socket is there, the owner's, mode 0600.

load lib/common
load lib/vmm

setup_file() {
	vmm_install
	# What the swaps below do, by the owner: exchange two names at once.
	cat > "$BATS_FILE_TMPDIR/exchange" <<- 'PYTHON'
		#!/usr/bin/python3
		import ctypes, os, sys
		os.setresgid(1900, 1900, 1900); os.setresuid(1900, 1900, 1900)
		libc = ctypes.CDLL(None, use_errno=True)
		sys.exit(libc.renameat2(-100, sys.argv[1].encode(), -100, sys.argv[2].encode(), 2) != 0)
	PYTHON
	chmod -R a+rX "$BATS_FILE_TMPDIR" && chmod 0755 "$BATS_FILE_TMPDIR/exchange"
}
setup() {
	canaries_plant
	banger-priv ensure-socket-dir
	mkdir /run/foreign
}
teardown() {
	umount /run/banger/mount 2> /dev/null || :
	vmm_clean
	canaries_end
}

jail=/var/lib/banger/jail/firecracker

roots() { make_socket root "$1" 0660; }
is_given() { [ "$(stat -c '%U %G %a %F' "$1")" = "banger banger 600 socket" ]; }
mark() { stat -c '%U %G %a %h %i %F' "$@"; }

@test "does: the owner's, root's and a VM's, below runtime_dir" {
	make_socket banger /run/banger/a.sock 0777
	roots /run/banger/b.sock
	as banger mkdir -m 0700 /run/banger/deep /run/banger/deep/er
	make_socket banger /run/banger/deep/er/c.sock 0
	expect 0 - own ensure-socket-access /run/banger/a.sock /run/banger/b.sock /run/banger/deep/er/c.sock
	is_given /run/banger/a.sock
	is_given /run/banger/b.sock
	is_given /run/banger/deep/er/c.sock
	[ -z "$out" ]
	expect 0 - own ensure-socket-access /run/banger/a.sock
	is_given /run/banger/a.sock
	canaries_same
}

@test "does: in the jail of a VM whose uid is not the owner's, behind directories that are the VM's alone" {
	echo "vm_uid = 1900000000-1900000009" > /etc/banger/priv.conf
	jail_start vm1 1900000003
	[ "$(stat -c %u $jail/vm1/root/run/api.sock)" = 1900000003 ]
	expect 0 - own ensure-socket-access $jail/vm1/root/run/api.sock
	is_given $jail/vm1/root/run/api.sock
	mkdir $jail/vm1/root/sockets
	mount -t tmpfs sockets $jail/vm1/root/sockets
	roots $jail/vm1/root/sockets/v.sock
	roots $jail/vm1/sockets/v.sock
	expect 0 - own ensure-socket-access $jail/vm1/root/sockets/v.sock $jail/vm1/sockets/v.sock
	is_given $jail/vm1/root/sockets/v.sock
	is_given $jail/vm1/sockets/v.sock
	umount $jail/vm1/root/sockets
}

@test "does: as on a kernel before 6.6, by /proc/self/fd" {
	roots /run/banger/a.sock
	inject fail:ENOSYS fchmodat2 1 banger-priv ensure-socket-access /run/banger/a.sock
	is_given /run/banger/a.sock
}

@test "does: waits for what comes later, its directories too, within 5 ms of the last" {
	local late n
	for n in $(seq 40); do # a busy machine is no fault of ours
		rm -rf /run/banger/*
		late=$(python3 - "$BATS_TEST_DIRNAME/lib" <<- 'PYTHON'
			import os, socket, subprocess, sys, time
			sys.path.append(sys.argv[1])
			sys.dont_write_bytecode = True
			import lateness
			p = subprocess.Popen(["banger-priv", "ensure-socket-access", "/run/banger/x/y/a.sock",
					      "/run/banger/b.sock", "timeout=5000"])
			time.sleep(0.2)
			socket.socket(socket.AF_UNIX).bind("/run/banger/b.sock")
			os.mkdir("/run/banger/x")
			time.sleep(0.05)
			os.mkdir("/run/banger/z")
			socket.socket(socket.AF_UNIX).bind("/run/banger/z/a.sock")
			with lateness.of(p):
			    os.rename("/run/banger/z", "/run/banger/x/y")
			assert p.wait() == 0
		PYTHON
		)
		echo "$late us"
		is_given /run/banger/x/y/a.sock
		is_given /run/banger/b.sock
		[ "$late" -ge 5000 ] || return 0
	done
	false
}

@test "does: waits for a directory that is removed and made again" {
	as banger mkdir /run/banger/d
	# Once it watches that.
	start "$BANGER_BUILD/tests/inject" "do:rmdir /run/banger/d && install -d -o banger /run/banger/d && touch $BATS_TEST_TMPDIR/renewed" \
		ppoll 1 banger-priv ensure-socket-access /run/banger/d/a.sock timeout=60000
	until_true test -e "$BATS_TEST_TMPDIR/renewed"
	make_socket banger /run/banger/d/a.sock
	wait "$pid"
	is_given /run/banger/d/a.sock
}

@test "does: as many waits as the owner likes use up none of root's inotify instances" {
	# Counted by the user who makes one (inotify(7)), and root's 128 are what udevd and others live on.
	expect 6 timeout trace "$BATS_TEST_TMPDIR/trace" -e trace=setresuid,inotify_init1 \
		banger-priv ensure-socket-access /run/banger/never timeout=1
	[ "$(grep -oE 'setresuid\(65534|inotify_init1' "$BATS_TEST_TMPDIR/trace" | xargs)" = "setresuid(65534 inotify_init1" ]
}

@test "does: no processor time while it waits" {
	start banger-priv ensure-socket-access /run/banger/a.sock timeout=60000
	until_true grep -q '^271 ' "/proc/$pid/syscall"         # ppoll
	local before
	before=$(cut -d' ' -f14,15 "/proc/$pid/stat")
	sleep 1.5
	[ "$(cut -d' ' -f14,15 "/proc/$pid/stat")" = "$before" ]
	kill -TERM "$pid"
	local status=0
	wait "$pid" 2> /dev/null || status=$?
	[ "$status" = 143 ]
}

@test "busy: at the deadline, the ones that were there untouched" {
	roots /run/banger/a.sock
	local state began=$EPOCHREALTIME
	state=$(mark /run/banger/a.sock)
	expect 6 timeout own ensure-socket-access /run/banger/a.sock /run/banger/b.sock timeout=200
	[[ $err == *": SOCKET 2 has not come up" ]]
	[ "$(((${EPOCHREALTIME/./} - ${began/./}) / 1000))" -ge 200 ]
	[ "$(mark /run/banger/a.sock)" = "$state" ]
	expect 6 timeout own ensure-socket-access /run/banger/b.sock timeout=0
}

@test "busy: a storm of events does not stretch the deadline" {
	start as banger sh -c 'while :; do : > /run/banger/x; rm /run/banger/x; done'
	local began=$EPOCHREALTIME
	expect 6 timeout own ensure-socket-access /run/banger/b.sock timeout=500
	[ "$(((${EPOCHREALTIME/./} - ${began/./}) / 1000))" -lt 2000 ]
}

@test "busy: nor does a storm in which no wait finds nothing" {
	expect 6 timeout inject "do:rm -f /run/banger/x; touch /run/banger/x" ppoll 1+ \
		timeout --signal KILL 10 banger-priv ensure-socket-access /run/banger/b.sock timeout=200
}

@test "refuses: a symlink at any component, to the canary or to nothing" {
	roots /run/foreign/docker.sock
	local before target
	before=$(mark /run/foreign /run/foreign/docker.sock)
	for target in /run/foreign/docker.sock ../foreign/docker.sock /run/nowhere /proc/self/root/run/foreign/docker.sock; do
		as banger ln -sf "$target" /run/banger/a.sock
		expect 3 foreign own ensure-socket-access /run/banger/a.sock timeout=100
	done
	as banger ln -s /run/foreign /run/banger/dir
	expect 3 foreign own ensure-socket-access /run/banger/dir/docker.sock timeout=100
	as banger mkdir -p /run/banger/x/y
	as banger ln -s ../../../foreign /run/banger/x/y/z
	expect 3 foreign own ensure-socket-access /run/banger/x/y/z/docker.sock timeout=100
	# The same words, whether what it leads to is there or not.
	local words
	expect 3 foreign own ensure-socket-access /run/banger/dir/docker.sock timeout=0
	words=$err
	rm /run/foreign/docker.sock
	expect 3 foreign own ensure-socket-access /run/banger/dir/docker.sock timeout=0
	[ "$err" = "$words" ]
}

@test "refuses: what is not a socket, and none of the others is given away" {
	roots /run/banger/good.sock
	local state kind
	state=$(mark /run/banger/good.sock)
	for kind in file directory fifo device; do
		rm -rf /run/banger/a.sock
		case $kind in
		file) as banger touch /run/banger/a.sock ;;
		directory) as banger mkdir /run/banger/a.sock ;;
		fifo) as banger mkfifo /run/banger/a.sock ;;
		device) mknod /run/banger/a.sock c 1 3 ;;
		esac
		before=$(mark /run/banger/a.sock)
		expect 3 foreign own ensure-socket-access /run/banger/good.sock /run/banger/a.sock timeout=100
		[ "$(mark /run/banger/a.sock)" = "$before" ]
		[ "$(mark /run/banger/good.sock)" = "$state" ]
	done
	as banger touch /run/banger/file
	expect 3 foreign own ensure-socket-access /run/banger/file/a.sock timeout=100
}

@test "refuses: another user's, one with a second name, one behind a mount; each untouched" {
	chmod 0777 /run/banger
	make_socket stranger /run/banger/s.sock 0666
	chmod 0711 /run/banger
	roots /run/banger/two.sock
	ln /run/banger/two.sock /run/foreign/two.sock
	mkdir /run/banger/mount
	mount -t tmpfs -o size=64k elsewhere /run/banger/mount
	roots /run/banger/mount/m.sock
	local path before
	for path in s.sock two.sock mount/m.sock; do
		before=$(mark "/run/banger/$path")
		expect 3 foreign own ensure-socket-access "/run/banger/$path" timeout=100
		[ "$(mark "/run/banger/$path")" = "$before" ]
	done
}

@test "refuses: a file system of the owner's over runtime_dir, in time" {
	roots /run/banger/a.sock
	local manner before
	before=$(mark /run/banger/a.sock)
	for manner in private all hangs; do
		expect 3 foreign mount_fuse /run/banger "$manner" 1900 \
			timeout -s KILL 10 banger-priv ensure-socket-access /run/banger/a.sock timeout=100
		expect 3 foreign mount_fuse /run/banger "$manner" 1900 timeout -s KILL 10 banger-priv find-pid /run/banger/a.sock
	done
	[ "$(mark /run/banger/a.sock)" = "$before" ]
}

@test "refuses: while any call waits, the socket or a directory above it becomes something of root's" {
	roots /run/foreign/docker.sock
	local state n status swap
	state=$(mark /run/foreign/docker.sock)
	for swap in leaf parent; do
		for n in $(seq 100); do
			rm -rf /run/banger/*
			as banger mkdir /run/banger/d
			roots /run/banger/d/docker.sock
			case $swap in
			leaf)
				as banger ln -s /run/foreign/docker.sock /run/banger/other
				shell="$BATS_FILE_TMPDIR/exchange /run/banger/other /run/banger/d/docker.sock" ;;
			parent)
				as banger ln -s /run/foreign /run/banger/other
				shell="$BATS_FILE_TMPDIR/exchange /run/banger/other /run/banger/d" ;;
			esac
			status=0
			inject "do:$shell" caged "$n" banger-priv ensure-socket-access /run/banger/d/docker.sock \
				timeout=0 2> "$BATS_TEST_TMPDIR/err" || status=$?
			[ "$status" != 125 ] || break
			[ "$status" = 0 ] || [ "$status" = 3 ] || { echo "$swap $n: $status"; false; }
			[ "$(mark /run/foreign/docker.sock)" = "$state" ]
		done
		[ "$n" -gt 10 ]
	done
	canaries_same
}

@test "refuses: while any call waits, the socket becomes another user's" {
	local state n status
	for n in $(seq 100); do
		rm -rf /run/banger/*
		chmod 0777 /run/banger
		make_socket stranger /run/banger/other 0666
		chmod 0711 /run/banger
		make_socket banger /run/banger/a.sock
		state=$(mark /run/banger/other | tr -d '\n')
		status=0
		inject "do:$BATS_FILE_TMPDIR/exchange /run/banger/other /run/banger/a.sock" caged "$n" \
			banger-priv ensure-socket-access /run/banger/a.sock timeout=0 2> "$BATS_TEST_TMPDIR/err" || status=$?
		[ "$status" != 125 ] || break
		[ "$(mark /run/banger/a.sock)" = "$state" ]
	done
	[ "$n" -gt 10 ]
}

@test "refuses: when the directory that the tree hangs in is missing, or not as it must be" {
	rm -rf /run/banger
	expect 3 absent own ensure-socket-access /run/banger/a.sock
	[[ $err == *ensure-socket-dir* ]]
	ln -s /run/canary /run/banger
	expect 4 host own ensure-socket-access /run/banger/file
	rm /run/banger
	install -d -m 0777 /run/banger
	expect 4 host own ensure-socket-access /run/banger/a.sock
	install -d -o stranger -m 0755 /run/banger
	expect 4 host own ensure-socket-access /run/banger/a.sock
	expect 3 absent own ensure-socket-access $jail/vm1/root/run/api.sock
	install -d -o banger $jail/vm1
	expect 4 host own ensure-socket-access $jail/vm1/root/run/api.sock
	canaries_same
}

@test "refuses: paths that are not below one of the trees, timeouts that are none" {
	local path
	for path in /run/docker.sock /run/canary/socket /run/banger /run/banger/../canary/socket /run/banger/./a a \
		@a $jail/vm1/a.sock $jail/vm1/root $jail/vm1/rootx/a /var/lib/banger/a.sock '' '/run/banger/a b'; do
		expect 3 malformed banger-priv ensure-socket-access "$path"
		expect 3 malformed banger-priv ensure-socket-access /run/banger/a.sock "$path"
	done
	for path in 60001 -1 '' 01 1s; do
		expect 3 malformed banger-priv ensure-socket-access /run/banger/a.sock timeout="$path"
	done
	expect 2 usage banger-priv ensure-socket-access
	expect 2 usage banger-priv ensure-socket-access /run/banger/a.sock timeout=1 /run/banger/b.sock
	expect 2 usage banger-priv ensure-socket-access $(printf '/run/banger/%s ' {1..33})
	canaries_same
}

@test "leaves nothing behind: where one cannot be given, all are as they were" {
	roots /run/banger/a.sock
	roots /run/banger/b.sock
	local state call
	state=$(mark /run/banger/a.sock /run/banger/b.sock)
	for call in fchmodat2 fchownat; do
		run -5 inject fail:EIO "$call" 2 banger-priv ensure-socket-access /run/banger/a.sock /run/banger/b.sock
		[ "$(mark /run/banger/a.sock /run/banger/b.sock)" = "$state" ]
	done
}

@test "killed at any call: the same verb completes it" {
	local n status
	for n in $(seq 300); do
		rm -f /run/banger/a.sock
		roots /run/banger/a.sock
		status=0
		inject kill caged "$n" banger-priv ensure-socket-access /run/banger/a.sock || status=$?
		[ "$status" != 125 ] || break
		[ "$status" = 137 ]
		banger-priv ensure-socket-access /run/banger/a.sock
		is_given /run/banger/a.sock
	done
	[ "$n" -gt 10 ]
}

# vmm.bash: VMMs and their peers, for the tests of sockets and processes.

# The stand-in, static so that it runs in a jail, as the configured firecracker.
vmm_install() {
	install -m 0755 "$BANGER_BUILD/tests/standin/static/firecracker" /usr/local/bin/firecracker
}

until_true() { # COMMAND...: within 5 s
	local n
	for n in $(seq 500); do
		"$@" && return
		sleep 0.01
	done
	echo "never came true: $*"
	return 1
}

# Starts COMMAND with nothing of bats's open; $pid is its number, until vmm_clean.
start() {
	"$@" < /dev/null > /dev/null 2>&1 3>&- &
	pid=$!
	started+=("$pid")
}

start_as() { # USER COMMAND...: the same, and the number is the command's, no shell's
	local user=$1
	shift
	start setpriv --reuid "$user" --regid "$user" --clear-groups "$@"
}

# Another verb that works on the network, as far as others can tell; $pid.
lock_network_for() { # SECONDS
	rm -f "$BATS_TEST_TMPDIR/locked"
	start python3 -c "import fcntl, time
file = open('/run/banger-priv/network.lock', 'w')
fcntl.lockf(file, fcntl.LOCK_EX)
open('$BATS_TEST_TMPDIR/locked', 'w')
time.sleep($1)"
	until_true test -e "$BATS_TEST_TMPDIR/locked"
}

is_listening() { grep -q " $1\$" /proc/net/unix; }

# vmm_start USER ID SOCKET: a VMM that was started without us; $pid.
vmm_start() {
	rm -f "$3"
	# bash has what it starts in the background ignore INT and QUIT.
	start_as "$1" env --default-signal /usr/local/bin/firecracker --id "$2" --api-sock "$3"
	until_true is_listening "$3"
}

# What prepare-jailer-chroot and the jailer make, as far as it matters here; a VMM of ours in it; $pid.
jail_start() { # ID UID
	local jail=/var/lib/banger/jail/firecracker/$1
	install -d -m 0711 "$jail" "$jail/root"
	mount -t tmpfs -o mode=0711 jail "$jail/root"
	install -m 0755 /usr/local/bin/firecracker "$jail/root/firecracker"
	mkdir "$jail/root/run" "$jail/sockets"
	chown -R "$2:$2" "$jail/root" "$jail/sockets"
	chmod 0700 "$jail/root" "$jail/root/run"
	start chroot --userspec="$2:$2" "$jail/root" /firecracker --id "$1" --api-sock /run/api.sock
	until_true test -S "$jail/root/run/api.sock"
	until_true is_listening /run/api.sock
}

# Puts process $2 into the cgroup of VM $1.
cgroup_put() {
	mkdir -p "/sys/fs/cgroup/banger/$1"
	echo "$2" > "/sys/fs/cgroup/banger/$1/cgroup.procs"
}

cgroup_end() { find /sys/fs/cgroup/banger -depth -type d -exec rmdir {} + 2> /dev/null || :; }

end() { # PID...
	local one
	for one; do
		kill -KILL "$one" 2> /dev/null || :
		wait "$one" 2> /dev/null || :
	done
}

# Ends all of it, for teardown.
vmm_clean() {
	local jail
	end "${started[@]}"
	started=()
	cgroup_end
	for jail in /var/lib/banger/jail/firecracker/*; do
		[ -d "$jail" ] || continue
		! mountpoint -q "$jail/root" || umount "$jail/root"
		rm -r "$jail"
	done
	rm -rf /run/banger /run/peer /run/foreign
	install_configuration
}

alive() { [ -d "/proc/$1" ] && ! grep -q '^State:.Z' "/proc/$1/status"; }

# make_socket USER PATH [MODE]: one at which nobody listens any more.
make_socket() {
	as "$1" "$BANGER_BUILD/tests/make-socket" "$2"
	[ -z "${3:-}" ] || chmod "$3" "$2"
}

# peer USER SOCKET MODE: something else that listens; $pid, and what it got in /run/peer.
peer() {
	rm -f /run/peer
	install -m 0666 /dev/null /run/peer
	start_as "$1" python3 tests/lib/peer.py "$2" "$3" /run/peer
	until_true is_listening "$2"
}

peer_connections() { grep -c connection /run/peer; }

# sweep.bash: the world in which every line of tests/sweep/lines begins and ends.  After common, jail and ext4.

sweep() { # CLASS [LIMIT [VERB]]
	"$BANGER_BUILD/tests/sweep" "$1" "$sweep_lines" "${sweep_limit:-${2:-0}}" ${3:+"$3"}
}

# A path of two directories that the owner may change, with everything that operands name.
sweep_files() {
	local deep=/var/lib/banger/images/one/two
	install -d -o banger -g banger "${deep%/*}" "$deep"
	mkdir -p /run/sweep/tree/etc
	echo guest > /run/sweep/tree/etc/hostname
	truncate -s 1M /run/sweep/image
	mke2fs -q -F -t ext4 -b 1024 -N 64 -O ^has_journal -d /run/sweep/tree /run/sweep/image
	cp --sparse=always /run/sweep/image "$deep/image"
	truncate -s 64K "$deep/drive"
	echo kernel > "$deep/vmlinux"
	echo initrd > "$deep/initrd"
	: > "$deep/console"
	chmod 0600 "$deep"/*
	chown banger: "$deep"/*
	printf 'guest\nfile' > /run/sweep/contents
	install -m 0600 /dev/null /var/lib/banger/canary && echo secret > /var/lib/banger/canary
}

# The same of root's, whole: what a symlink in any place of a path would lead to.
sweep_mirror() {
	local mirror=/run/canary/mirror there
	for there in /var/lib/banger/images /run/banger; do
		mkdir -p "$mirror$there"
		cp -a --no-preserve=ownership "$there/." "$mirror$there"
	done
	find "$mirror" -type s -delete
	echo secret > /run/sweep/tree/etc/hostname
	mke2fs -q -F -t ext4 -b 1024 -N 64 -O ^has_journal -d /run/sweep/tree \
		"$mirror/var/lib/banger/images/one/two/image"
	for there in vmlinux initrd drive console; do
		echo "secret $there" > "$mirror/var/lib/banger/images/one/two/$there"
	done
	python3 - "$mirror/run/banger/one/two/vmm" "$mirror/run/banger/one/two/new" << 'PYTHON'
import socket
import sys

for name in sys.argv[1:]:
    socket.socket(socket.AF_UNIX).bind(name)
PYTHON
}

sweep_scripts() {
	cat > /run/sweep/make-socket <<- SCRIPT
		#!/bin/sh
		exec "$BANGER_BUILD/tests/make-socket" "\$1"
	SCRIPT
	cat > /run/sweep/renew-image <<- 'SCRIPT'
		#!/bin/sh
		cmp -s /run/sweep/image /var/lib/banger/images/one/two/image ||
			cp --sparse=always /run/sweep/image /var/lib/banger/images/one/two/image
	SCRIPT
	cat > /run/sweep/end-vm <<- 'SCRIPT'
		#!/bin/sh
		echo 1 > "/sys/fs/cgroup/banger/$1/cgroup.kill"
		: > /var/lib/banger/images/one/two/console
	SCRIPT
	cat > /run/sweep/renew-vmm <<- 'SCRIPT'
		#!/bin/sh
		pid=$(cat /run/sweep/pid) socket=/run/banger/one/two/vmm
		kill -KILL "$pid" 2> /dev/null
		while grep -q '^State:.[^ZX]' "/proc/$pid/status" 2> /dev/null; do sleep .002; done
		rm -f "$socket"
		setpriv --reuid banger --regid banger --clear-groups setsid /usr/local/bin/firecracker --id vmm \
			--api-sock "$socket" < /dev/null > /dev/null 2>&1 3>&- &
		echo $! > /run/sweep/pid
		until grep -q " $socket\$" /proc/net/unix; do sleep .002; done
	SCRIPT
	printf '#!/bin/sh\nkill -CONT "$(cat /run/sweep/pid)"\n' > /run/sweep/continue-vmm
	chmod 0755 /run/sweep/*
}

sweep_setup() {
	sweep_lines=$BATS_TEST_DIRNAME/sweep/lines
	[ -z "${BANGER_FULL:-}" ] || sweep_limit=0      # none
	mkdir /run/sweep
	jail_setup
	echo "batch = ensure-bridge create-tap" > /etc/banger/priv.conf
	banger-priv ensure-bridge
	banger-priv ensure-socket-dir
	install -d -o banger -g banger /run/banger/one /run/banger/one/two
	[ -e /dev/vhost-vsock ] || mknod -m 0600 /dev/vhost-vsock c 10 241
	sweep_files
	sweep_scripts
	echo 99999999 > /run/sweep/pid
	/run/sweep/renew-vmm
	canaries_plant
	sweep_mirror
	"$BATS_TEST_DIRNAME/lib/resolved" start
	# Made when a link is first given something, and left.
	mkdir -p /run/systemd/resolve/netif
	chown --reference=/run/systemd/resolve /run/systemd/resolve/netif
	# Made by the first to need them, and left by all: the mount of jail_dir on itself, the cgroup of ours.
	banger-priv prepare-jailer-chroot a /var/lib/banger/images/one/two/vmlinux
	banger-priv cleanup-jailer-chroot a
	mkdir -p /sys/fs/cgroup/banger/_consoles
	echo 1 > /proc/sys/net/ipv4/ip_forward
}

sweep_teardown() {
	"$BATS_TEST_DIRNAME/lib/resolved" stop
	kill "$(cat /run/sweep/pid)" || :
}

# For tests/sweep/vm-lines: snapshots, and no network.
sweep_setup_in_vm() {
	local deep=/var/lib/banger/images/one/two n
	sweep_lines=$BATS_TEST_DIRNAME/../sweep/vm-lines
	[ -z "${BANGER_FULL:-}" ] || sweep_limit=0      # none: hours, under emulation
	mkdir /run/sweep
	jail_setup
	sweep_files
	cp --sparse=always "$deep/image" "$deep/base"
	truncate -s 1M "$deep/cow"
	chmod 0600 "$deep"/{base,cow}
	chown banger: "$deep"/{base,cow}
	cat > /run/sweep/renew-cow <<- 'SCRIPT'
		#!/bin/sh
		cow=/var/lib/banger/images/one/two/cow
		grep -qs "$cow" /sys/block/loop*/loop/backing_file || { : > "$cow" && truncate -s 1M "$cow"; }
	SCRIPT
	chmod 0755 /run/sweep/renew-cow
	canaries_plant
	mkdir -p /run/canary/mirror/var/lib/banger
	cp -a --no-preserve=ownership /var/lib/banger/images /run/canary/mirror/var/lib/banger
	# Made by the first to need them, and left by all.
	for n in {1..9}; do losetup --find /run/sweep/image; done
	losetup --detach-all
	banger-priv prepare-jailer-chroot a "$deep/vmlinux"
	banger-priv cleanup-jailer-chroot a
}

sweep_teardown_in_vm() {
	jail_teardown
	canaries_end
	rm -r /run/sweep
}

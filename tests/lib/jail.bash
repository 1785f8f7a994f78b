# jail.bash: a state_dir of its own for tests of the jail, with a kernel, an initrd and a drive of the owner's.

images=/var/lib/banger/images
jails=/var/lib/banger/jail/firecracker

# What is configured: the stand-ins, or the real ones.
restore_binaries() {
	local stand_ins=$BANGER_BUILD/tests/standin/static
	install -m 0755 -o root -g root "${BANGER_TEST_FIRECRACKER:-$stand_ins/firecracker}" /usr/local/bin/firecracker
	install -m 0755 -o root -g root "${BANGER_TEST_JAILER:-$stand_ins/jailer}" /usr/local/bin/jailer
}

# Which can map ids, unlike the overlay that the world's /var is: tmpfs since Linux 6.3, ext4 since 5.12.  Nobody maps any
# in tests/vm, where loop devices are counted.
mount_state_dir() {
	if [[ $BATS_TEST_DIRNAME = */vm || "$(printf '%s\n' 6.3 "$(uname -r)" | sort -V | head -1)" = 6.3 ]]; then
		mount -t tmpfs -o mode=711 state /var/lib/banger
	else
		truncate -s 256M /run/state
		mke2fs -q -F -t ext4 /run/state
		mount -o loop /run/state /var/lib/banger
		chmod 0711 /var/lib/banger
		rmdir /var/lib/banger/lost+found
	fi
}

jail_setup() {
	mount_state_dir
	install -d -m 0711 /var/lib/banger/jail "$jails"
	install -d -o banger -g banger "$images" /var/lib/banger/vm1
	as banger sh -ec "echo kernel > $images/vmlinux; echo initrd > $images/initrd
		truncate -s 1M $images/root.ext4; chmod 0600 $images/root.ext4"
	restore_binaries
}

jail_teardown() {
	umount -R /var/lib/banger/jail 2> /dev/null || :
	umount -R /var/lib/banger
	install_configuration
}

prepare() { own prepare-jailer-chroot vm1 "$images/vmlinux" "$@"; }

# vm1 as the jailer leaves it: prepared, with a copy of firecracker.
launched_once() {
	prepare > /dev/null
	install -o banger -m 0755 /usr/local/bin/firecracker "$jails/vm1/root/firecracker"
}

# Everything below the jail as the host sees it, and the owner's files with links and times.
jail_state() {
	grep "$jails/" /proc/self/mountinfo | cut -d' ' -f4- | sort
	find "$jails" -printf '%p %U %G %m %y\n' 2> /dev/null | sort
	find "$images" /var/lib/banger/vm1 -printf '%p %U %G %m %n %i %y %T@\n' | sort
	[ ! -d /sys/fs/cgroup/banger ] || find /sys/fs/cgroup/banger -mindepth 1 -type d
}

# The owner's uid does that over and over, beside what is between these two.
over_and_over() { # SHELL
	as banger sh -c "while :; do $1; done" > /dev/null 2>&1 3>&- &
	busy_with_it=$!
	# Before that it is root's, and what stops it would pass it over.
	until pgrep -u banger > /dev/null; do sleep .01; done
}

no_more() {
	kill -KILL "$busy_with_it"
	while pkill -KILL -u banger; do sleep .01; done
	wait "$busy_with_it" 2> /dev/null || :
}

# inside UID GID CODE: python in the chroot of vm1 with these ids, as the VM would be; root opened the way.
inside() { in_chroot "$jails/vm1/root" "$@"; }

in_chroot() { # TOP UID GID CODE
	python3 - "$@" << 'PYTHON'
import os
import socket
import sys


def put(name, data):
    with open(name, "r+b" if os.path.exists(name) else "wb") as file:
        file.write(data)


def get(name):
    with open(name, "rb") as file:
        return file.read()


def bind(name):
    os.umask(0o007)
    made = socket.socket(socket.AF_UNIX)
    made.bind(name)
    return made


os.chroot(sys.argv[1])
os.chdir("/")
os.setgroups([])
os.setresgid(*[int(sys.argv[3])] * 3)
os.setresuid(*[int(sys.argv[2])] * 3)
exec(sys.argv[4])
PYTHON
}

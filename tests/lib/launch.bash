# launch.bash: prepared chroots, the jailer and what it becomes, for the tests of launch-firecracker.

JAILS=/var/lib/banger/jail/firecracker

# The stand-ins, or the real ones.
launch_install() {
	local here=$BATS_FILE_TMPDIR
	cc -std=gnu17 -O1 -static -o "$here/firecracker" tests/standin/firecracker.c
	cc -std=gnu17 -O1 -o "$here/jailer" tests/standin/jailer.c
	install -m 0755 "${BANGER_TEST_FIRECRACKER:-$here/firecracker}" /usr/local/bin/firecracker
	install -m 0755 "${BANGER_TEST_JAILER:-$here/jailer}" /usr/local/bin/jailer
}

# What prepare-jailer-chroot makes, as far as launching goes.
prepare() { # VM UID GID
	local jail=$JAILS/$1
	mkdir -m 0711 "$jail" && mkdir "$jail/root" "$jail/sockets"
	mount -t tmpfs -o "size=32m,mode=0700,nosuid,uid=$2,gid=$3" "banger:$1" "$jail/root"
	mount -t tmpfs -o "size=1m,mode=3770,nosuid,nodev,noexec,uid=$2,gid=1900" "banger:$1" "$jail/sockets"
	mkdir "$jail/root/sockets"
	mount --bind "$jail/sockets" "$jail/root/sockets"
}

# What kill-process and cleanup-jailer-chroot do.
clean_up() { # VM
	local jail=$JAILS/$1 cgroup=/sys/fs/cgroup/banger/$1
	[ ! -d "$cgroup" ] || echo 1 > "$cgroup/cgroup.kill"
	[ ! -d "$cgroup" ] || until_true gone_from "$cgroup"
	[ ! -d "$cgroup" ] || rmdir "$cgroup"
	# A process that was killed may hold them a moment longer.
	local mount
	for mount in "$jail/root/sockets" "$jail/sockets" "$jail/root"; do
		! mountpoint -q "$mount" || until_true umount "$mount" 2> /dev/null
	done
	rm -rf "$jail"
}

gone_from() { ! grep -q 'populated 1' "$1/cgroup.events"; }

status_of() { awk -v key="$2:" '$1 == key { $1 = ""; print substr($0, 2) }' "/proc/$1/status"; }

restore_binaries() {
	install -m 0755 -o root -g root "${BANGER_TEST_FIRECRACKER:-$BATS_FILE_TMPDIR/firecracker}" /usr/local/bin/firecracker
	install -m 0755 -o root -g root "${BANGER_TEST_JAILER:-$BATS_FILE_TMPDIR/jailer}" /usr/local/bin/jailer
}

# A jailer that waits, as the file `waiting` shows, until that is gone.
launch_slowly() {
	mv /usr/local/bin/jailer /usr/local/bin/jailer.real
	printf '#define _GNU_SOURCE\n#include <fcntl.h>\n#include <unistd.h>\nint main(int c, char **v) { (void)c; close(open("%s", O_CREAT, 0600)); while (!access("%s", F_OK)) usleep(10000); execv("/usr/local/bin/jailer.real", v); return 1; }\n' \
		"$BATS_FILE_TMPDIR/waiting" "$BATS_FILE_TMPDIR/waiting" > "$BATS_FILE_TMPDIR/slow.c"
	cc -o "$BATS_FILE_TMPDIR/slow" "$BATS_FILE_TMPDIR/slow.c"
	install -m 0755 "$BATS_FILE_TMPDIR/slow" /usr/local/bin/jailer
}

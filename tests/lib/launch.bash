# launch.bash: prepared chroots, the jailer and what it becomes, for the tests of launch-firecracker.
# Loaded after vmm.bash and jail.bash.

launch_setup() {
	jail_setup
	install -o banger -g banger /dev/null "$images/console"
}

launch_teardown() {
	local one
	for one in "$jails"/*; do
		[ ! -d "$one" ] || clean_up "${one##*/}"
	done
	# What appends consoles ends by itself, and leaves its cgroup.
	[ ! -d /sys/fs/cgroup/banger ] || until_true find /sys/fs/cgroup/banger -depth -type d -exec rmdir {} + 2> /dev/null
	jail_teardown
}

prepare_vm() { # VM UID GID
	own prepare-jailer-chroot "$1" "$images/vmlinux" uid="$2" gid="$3" > /dev/null
}

# From any state: a process that was killed may hold something a moment longer.
clean_up() { # VM
	local cgroup=/sys/fs/cgroup/banger/$1
	[ ! -d "$cgroup" ] || echo 1 > "$cgroup/cgroup.kill"
	until_true own cleanup-jailer-chroot "$1" 2> /dev/null
}

gone_from() { ! grep -q 'populated 1' "$1/cgroup.events"; }

status_of() { awk -v key="$2:" '$1 == key { $1 = ""; print substr($0, 2) }' "/proc/$1/status"; }

# The stand-in, which does that before it listens.
firecracker_first() { # C CODE...
	printf '%s\n' "$*" > "$BATS_TEST_TMPDIR/first.c"
	sed -e "/^	parse(argv);/r $BATS_TEST_TMPDIR/first.c" -e 's|^#define _GNU_SOURCE|&\n#include <sys/stat.h>\n#include <sys/xattr.h>|' \
		tests/standin/firecracker.c | cc -std=gnu17 -static -o "$BATS_TEST_TMPDIR/first" -x c -
	install -m 0755 "$BATS_TEST_TMPDIR/first" /usr/local/bin/firecracker
}

# A jailer that waits, as the file `waiting` shows, until that is gone.
launch_slowly() {
	mv /usr/local/bin/jailer /usr/local/bin/jailer.real
	printf '#include <fcntl.h>\n#include <unistd.h>\nint main(int c, char **v) { (void)c; close(open("%s", O_CREAT, 0600)); while (!access("%s", F_OK)) usleep(10000); execv("/usr/local/bin/jailer.real", v); return 1; }\n' \
		"$BATS_FILE_TMPDIR/waiting" "$BATS_FILE_TMPDIR/waiting" > "$BATS_FILE_TMPDIR/slow.c"
	cc -D_GNU_SOURCE -o "$BATS_FILE_TMPDIR/slow" "$BATS_FILE_TMPDIR/slow.c"
	install -m 0755 "$BATS_FILE_TMPDIR/slow" /usr/local/bin/jailer
}

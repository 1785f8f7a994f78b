#!/usr/bin/env bats
# The jail as a whole: what the VM has in it and cannot do from it, how it came about, and that the jailer takes it.

load lib/common
load lib/vmm
load lib/jail
load lib/launch

setup() {
	launch_setup
	canaries_plant
	root=$jails/vm1/root
}
teardown() {
	canaries_same
	canaries_end
	end "${started[@]}"
	launch_teardown
}

options_of() { awk -v at="$1" '$5 == at { print $6 }' /proc/self/mountinfo; }

# What the owner's files are, but for the times of those that a VM may write to.
host_files() { find "$images" -printf '%p %U %G %m %n %i %y %s\n' | sort; }

@test "each file is a mount of that one file, with no right too many" {
	expect 0 - prepare initrd="$images/initrd" drive=rootfs:"$images/root.ext4" drive-ro=data:"$images/initrd" scratch=yes
	[ "$(options_of "$root")" = rw,nosuid,relatime ]
	[ "$(options_of "$root/vmlinux")" = ro,nosuid,nodev,relatime ]
	[ "$(options_of "$root/initrd")" = ro,nosuid,nodev,relatime ]
	[ "$(options_of "$root/rootfs")" = rw,nosuid,nodev,noexec,relatime ]
	[ "$(options_of "$root/data")" = ro,nosuid,nodev,noexec,relatime ]
	[ "$(options_of "$root/scratch")" = rw,nosuid,nodev,noexec,relatime ]
	[ "$(options_of "$root/sockets")" = rw,nosuid,nodev,noexec,relatime ]
	[ "$(awk -v at="$root/vmlinux" '$5 == at { print $4 }' /proc/self/mountinfo)" = "${images#/var/lib/banger}/vmlinux" ]
	[ ! -e "$root/firecracker" ]
}

@test "no path is used twice, and no mount is seen before it is what it shall be" {
	trace "$BATS_TEST_TMPDIR/trace" banger-priv prepare-jailer-chroot vm1 "$images/vmlinux" initrd="$images/initrd" \
		drive=rootfs:"$images/root.ext4" scratch=yes > /dev/null
	python3 - "$BATS_TEST_TMPDIR/trace" << 'PYTHON'
import re
import sys

made, ready, opened, attached = set(), set(), {}, 0
for line in open(sys.argv[1]):
    call = re.match(r"\d+ +(\w+)\((.*)\) += (-?\d+)", line)
    if not call:
        continue
    name, words, result = call.groups()
    assert name not in ("mount", "link", "linkat", "chown", "lchown", "rename", "renameat2"), line
    if name == "openat2":
        path = words.split('"')[1]
        opened[path] = opened.get(path, 0) + 1
    elif name == "open_tree" and int(result) >= 0:
        made.add(result)
        ready.discard(result)
    elif name == "fsmount":
        made.add(result)
        assert "MOUNT_ATTR_NOSUID" in words, line
        ready.add(result)
    elif name == "mount_setattr" and "MS_PRIVATE" in words:
        ready.add(words.split(",")[0])
    elif name == "move_mount":
        assert words.split(",")[0] in ready, line
        attached += 1
assert attached >= 7, attached
for path in "images/vmlinux", "images/initrd", "images/root.ext4", "vm1":
    assert opened.get(path, 0) >= 1, opened
for path in "images/vmlinux", "images/initrd", "images/root.ext4":
    assert opened[path] == 1, opened
PYTHON
}

@test "a VM that fills its jail has what is its own, and no more of the host's memory" {
	local bytes
	expect 0 - prepare
	bytes=$(($(stat -c %s /usr/local/bin/firecracker) + (8 << 20)))
	inside 1900 1900 "
def fill(where, most, files):
    try:
        with open(where + '/full', 'wb', 0) as file:
            for _ in range(most // 65536 + 2): file.write(bytes(65536))
        sys.exit('no end')
    except OSError as error:
        assert error.errno == 28, error
    os.unlink(where + '/full')
    try:
        for n in range(files + 1): os.mknod('%s/%d' % (where, n))
        sys.exit('no end of files')
    except OSError as error:
        assert error.errno == 28, error
fill('/', $bytes, 1024)
fill('/sockets', 1 << 20, 256)"
	expect 0 - own cleanup-jailer-chroot vm1
}

# The VM's ids, that of its own range or the owner's; what it may do to its drives is what it is for.
@test "the VM reads kernel and initrd, reads and writes its drives, and changes nothing else of the host's" {
	local before range
	for range in '' 'vm_uid = 5000-5009'; do
		echo "$range" > /etc/banger/priv.conf
		expect 0 - banger-priv prepare-jailer-chroot vm1 "$images/vmlinux" initrd="$images/initrd" \
			drive=rootfs:"$images/root.ext4" drive-ro=data:"$images/initrd"
		expect 0 - banger-priv prepare-jailer-chroot vm2 "$images/vmlinux" ${range:+uid=5001}
		before=$(host_files)
		in_chroot "$root" "$(stat -c %u "$root")" "$(stat -c %g "$root")" "
assert get('vmlinux') == b'kernel\n' and get('initrd') == get('data') == b'initrd\n'
put('rootfs', b'written'); assert get('rootfs')[:7] == b'written'
for name in 'vmlinux', 'initrd', 'data':
    for attempt in (lambda: put(name, b'x'), lambda: os.truncate(name, 0), lambda: os.chmod(name, 0o777),
            lambda: os.chown(name, os.getuid(), -1), lambda: os.utime(name), lambda: os.link(name, 'again'),
            lambda: os.setxattr(name, 'user.x', b'x'), lambda: os.rename(name, 'other'), lambda: os.unlink(name)):
        try: attempt()
        except OSError: continue
        sys.exit('it can change ' + name)
for attempt in (lambda: os.link('rootfs', 'again'), lambda: os.rename('rootfs', 'other'), lambda: os.unlink('rootfs')):
    try: attempt()
    except OSError: continue
    sys.exit('it can move its drive')"
		[ "$(host_files)" = "$before" ]
		[ "$(head -c 7 "$images/root.ext4")" = written ]
		# Where it has ids of its own, it cannot get at another's, though it were outside.
		[ -z "$range" ] || run ! setpriv --reuid 5000 --regid 1900 --clear-groups cat "$jails/vm2/root/vmlinux"
		run ! setpriv --reuid 1902 --regid 1902 --clear-groups cat "$root/vmlinux"
		as banger truncate -s 0 "$images/root.ext4"
		as banger truncate -s 1M "$images/root.ext4"
		expect 0 - own cleanup-jailer-chroot vm1
		expect 0 - own cleanup-jailer-chroot vm2
	done
}

@test "setuid programs among the host's libraries are dead in the jail" {
	install -m 0755 "$BANGER_BUILD/tests/standin/dynamic/firecracker" /usr/local/bin/firecracker
	install -m 4755 "$(command -v id)" /usr/lib/setuid-id
	[ "$(as stranger /usr/lib/setuid-id -u)" = 0 ]
	expect 0 - prepare
	find "$root" -xdev -perm /6000 -type f | grep . && false
	[ -n "$(find "$root/usr/lib/" -maxdepth 1 -name setuid-id -perm /6000)" ]
	[ "$(chroot --userspec=1900:1900 "$root" /usr/lib/setuid-id -u)" = 1900 ]
	[ "$(chroot --userspec=1900:1900 "$root" /usr/lib/setuid-id -ru)" = 1900 ]
	rm /usr/lib/setuid-id
}

starts() { # static|dynamic
	[ "$1" = static ] || install -m 0755 "$BANGER_BUILD/tests/standin/$1/firecracker" /usr/local/bin/firecracker
	expect 0 - prepare drive=rootfs:"$images/root.ext4" scratch=yes
	# By hand, so that all it says is seen; it becomes firecracker.
	/usr/local/bin/jailer --id vm1 --exec-file /usr/local/bin/firecracker --uid 1900 --gid 1900 \
		--chroot-base-dir /var/lib/banger/jail -- --api-sock /sockets/api.sock \
		< /dev/null > "$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	pid=$! started+=("$!")
	until_true test -S "$jails/vm1/sockets/api.sock"
	until_true curl -s --max-time 2 --unix-socket "$jails/vm1/sockets/api.sock" http://localhost/ | grep -q '"Not started"'
	[ "${BANGER_TEST_FIRECRACKER:-}" ] || [ ! -s "$BATS_TEST_TMPDIR/said" ] || { cat "$BATS_TEST_TMPDIR/said"; false; }
	[ "$(stat -c '%u %g' "$root/firecracker")" = "1900 1900" ]
	cmp "$root/firecracker" /usr/local/bin/firecracker
	end "$pid"
	until_true own cleanup-jailer-chroot vm1 2> /dev/null
}

@test "the jailer starts from the prepared chroot without a complaint" { starts static; }

@test "and so with a firecracker that is dynamically linked" { starts dynamic; }

@test "the owner's process in mounts of its own is not asked after, and has none of ours when the chroot is gone" {
	local vmm before
	before=$(jail_state)
	expect 0 - prepare drive=rootfs:"$images/root.ext4"
	expect 0 - own launch-firecracker vm1
	vmm=$(jq .pid <<< "$out")
	start setpriv --reuid banger --regid banger --clear-groups unshare --user --map-root-user --mount \
		sh -c "cd $root && exec sleep 100"
	until_true test "$root" -ef "/proc/$pid/cwd"
	until_true grep -qx sleep "/proc/$pid/comm"
	grep -q "$jails/vm1" "/proc/$pid/mountinfo"
	expect 6 in-use own cleanup-jailer-chroot vm1
	expect 0 - own kill-process "$vmm" vm=vm1
	until_true own cleanup-jailer-chroot vm1 2> /dev/null
	alive "$pid"
	run ! grep "$jails/vm1" "/proc/$pid/mountinfo"
	[ "$(jail_state | grep -v cgroup)" = "$(grep -v cgroup <<< "$before")" ]
	expect 0 - prepare
	expect 0 - own cleanup-jailer-chroot vm1
}

@test "what the VM put into its chroot is not walked through when it goes" {
	local n
	for n in empty full; do
		prepare > /dev/null
		[ "$n" = empty ] || inside 1900 1900 "
for n in range(20):
    os.mkdir('d%d' % n)
    for m in range(40): os.mknod('d%d/%d' % (n, m))"
		inject count caged 0 banger-priv cleanup-jailer-chroot vm1 | tail -1 > "$BATS_TEST_TMPDIR/$n"
	done
	diff "$BATS_TEST_TMPDIR/empty" "$BATS_TEST_TMPDIR/full"
}

@test "races: a mount of the host's that appears in a chroot of another making, while it is removed, is not emptied" {
	local n status step=1
	[ -n "${BANGER_FULL:-}" ] || step=7
	mkdir /run/precious
	echo precious > /run/precious/file
	for n in $(seq 1 "$step" 400); do
		mkdir -p "$root/usr/lib/deep"
		touch "$root/usr/file"
		chown -R banger "$jails/vm1"
		status=0
		inject do:"mount --bind /run/precious $root/usr/lib 2> /dev/null || :" caged "$n" \
			banger-priv cleanup-jailer-chroot vm1 2> /dev/null || status=$?
		[ "$(cat /run/precious/file)" = precious ]
		# There when nothing looked for mounts any more: left as it is.
		[[ $status =~ ^(0|5|6|125)$ ]] || { echo "call $n: $status"; false; }
		expect 0 - banger-priv cleanup-jailer-chroot vm1
		[ "$(cat /run/precious/file)" = precious ]
		[ ! -e "$jails/vm1" ]
		[ "$status" != 125 ] || break
	done
	[ "$n" -gt 30 ]
	rm -r /run/precious
}

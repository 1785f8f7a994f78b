#!/usr/bin/env bats
# cleanup-jailer-chroot: the chroot, its mounts and the VM's cgroup are gone.

load lib/common
load lib/vmm
load lib/jail

setup() {
	jail_setup
	canaries_plant
	before=$(jail_state)
}
teardown() {
	canaries_same
	canaries_end
	jail_teardown
}

root=$jails/vm1/root

peak_of() { # COMMAND...: what it had in memory at most, in KiB
	python3 - "$@" << 'PYTHON'
import resource
import subprocess
import sys

subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
PYTHON
}

@test "does: all of it, and nothing else; absent is done" {
	expect 0 - prepare initrd="$images/initrd" drive=rootfs:"$images/root.ext4" scratch=yes
	as banger touch /var/lib/banger/vm1/kept
	expect 0 - own cleanup-jailer-chroot vm1
	rm /var/lib/banger/vm1/kept
	[ "$(jail_state | cut -d' ' -f1-6)" = "$(cut -d' ' -f1-6 <<< "$before")" ]
	expect 0 - own cleanup-jailer-chroot vm1
	expect 0 - own cleanup-jailer-chroot never-there
}

@test "does: what the VM made in its chroot goes with it" {
	expect 0 - prepare
	inside 1900 1900 "os.makedirs('a/b/c'); put('a/b/c/d', b''); os.symlink('/run/canary/file', 'link')"
	inside 1900 1900 "put('sockets/api.sock', b'')"
	expect 0 - own cleanup-jailer-chroot vm1
	[ "$(jail_state)" = "$before" ]
}

@test "does: an empty cgroup of the VM goes with it" {
	mkdir -p /sys/fs/cgroup/banger/vm1
	expect 0 - own cleanup-jailer-chroot vm1
	[ ! -d /sys/fs/cgroup/banger/vm1 ]
	rmdir /sys/fs/cgroup/banger
}

@test "does: another VM is untouched" {
	expect 0 - prepare
	expect 0 - own prepare-jailer-chroot vm2 "$images/vmlinux"
	local other
	other=$(grep "$jails/vm2" /proc/self/mountinfo)
	expect 0 - own cleanup-jailer-chroot vm1
	[ "$(grep "$jails/vm2" /proc/self/mountinfo)" = "$other" ]
}

@test "does: leftovers of a chroot on disk: a user's files, binds of the host below, deep and wide" {
	local i deep=$root/usr
	mkdir -p "$root/usr/lib" "$jails/vm1/other"
	echo precious > /run/canary/bound
	mkdir -p /run/canary/lib
	echo precious > /run/canary/lib/file
	mount --bind "$root" "$root"
	mkdir -p "$root/usr/lib"
	mount --bind /run/canary/lib "$root/usr/lib"
	chown -R banger "$jails/vm1"
	for i in $(seq 40); do deep=$deep/d; done
	as banger mkdir -p "$deep"
	as banger chmod 0 "$root/usr/d/d"
	as banger touch "$jails/vm1/file" "$root/file"
	as banger ln -s /run/canary "$root/canary"
	expect 0 - own cleanup-jailer-chroot vm1
	[ ! -e "$jails/vm1" ]
	[ "$(cat /run/canary/lib/file)" = precious ]
	rm -r /run/canary/lib /run/canary/bound
	canaries_state > "$BATS_FILE_TMPDIR/canaries"
}

@test "does: a tree of 20,000 directories, one in another, in bounded memory" {
	mkdir -p "$root"
	chown -R banger "$jails/vm1"
	as banger python3 -c "
import os
os.chdir('$root')
for i in range(20000):
    os.mkdir('d'); os.chdir('d')
for i in range(1000):
    open('f%d' % i, 'w').close()"
	[ "$(peak_of banger-priv cleanup-jailer-chroot vm1)" -lt 16384 ]
	[ ! -e "$jails/vm1" ]
}

# The owner can make it so: a subvolume of btrfs, a project of its own on xfs, an encrypted directory without its key.
@test "does: a tree none of whose directories can be renamed, deep and wide, in bounded memory" {
	local i depth=1500
	[ -z "${BANGER_FULL:-}" ] || depth=20000
	mkdir -p "$root"
	chown -R banger "$jails/vm1"
	as banger python3 -c "
import os
for i in range(300):
    os.makedirs('$root/w%d/x/y' % i)
    os.mknod('$root/w%d/x/f' % i)
os.chdir('$root')
for i in range($depth):
    os.mkdir('d'); os.chdir('d')
    os.mknod('f'); os.symlink('/run/canary', 'l')"
	for i in EXDEV ENOKEY; do
		[ "$(peak_of "$BANGER_BUILD/tests/inject" "fail:$i" renameat2 1+ banger-priv cleanup-jailer-chroot vm1)" -lt 16384 ]
		[ ! -e "$jails/vm1" ]
		mkdir -p "$root/a/b/c"
		chown -R banger "$jails/vm1"
	done
	own cleanup-jailer-chroot vm1
}

@test "fails: what the kernel does not let go is no reason to try for ever" {
	mkdir -p "$root/kept/x/y"
	chown -R banger "$jails/vm1"
	chmod 0700 "$root/kept/x/y" "$root/kept/x" "$root/kept"
	chown root:root "$root/kept/x/y" "$root/kept/x" "$root/kept"
	chattr +i "$root/kept/x/y" "$root/kept/x" "$root/kept"
	expect 5 failed timeout -s KILL 20 banger-priv cleanup-jailer-chroot vm1
	[ -d "$root/kept/x/y" ]
	chattr -i "$root/kept" "$root/kept/x" "$root/kept/x/y"
	expect 0 - own cleanup-jailer-chroot vm1
	[ ! -e "$jails/vm1" ]
}

@test "does: a tree of very many files, in bounded memory" {
	local many=20000
	[ -z "${BANGER_FULL:-}" ] || many=1000000
	mkdir -p "$root"
	chown -R banger "$jails/vm1"
	as banger python3 -c "
import os
for i in range($many):
    if i % 5000 == 0:
        os.mkdir('$root/d%d' % i)
        os.chdir('$root/d%d' % i)
    os.mknod('f%d' % i)"
	[ "$(peak_of banger-priv cleanup-jailer-chroot vm1)" -lt 16384 ]
	[ ! -e "$jails/vm1" ]
}

@test "refuses: a process of the VM in its cgroup, or one that works in the chroot, is busy" {
	expect 0 - prepare
	mkdir -p /sys/fs/cgroup/banger/vm1
	sleep 100 3>&- &
	local sleeper=$!
	echo "$sleeper" > /sys/fs/cgroup/banger/vm1/cgroup.procs
	expect 6 in-use own cleanup-jailer-chroot vm1
	[ "$(cat "$root/vmlinux")" = kernel ]
	kill "$sleeper"
	wait "$sleeper" || :
	(cd "$root" && exec sleep 100 3>&-) &
	sleeper=$!
	until [ "$(readlink "/proc/$sleeper/cwd")" = "$root" ]; do sleep .01; done
	expect 6 in-use own cleanup-jailer-chroot vm1
	kill "$sleeper"
	wait "$sleeper" || :
	expect 0 - own cleanup-jailer-chroot vm1
	[ "$(jail_state)" = "$before" ]
	rmdir /sys/fs/cgroup/banger
}

@test "refuses: a cgroup that root made in the VM's is left, and said to be what is in the way" {
	expect 0 - prepare
	mkdir -p /sys/fs/cgroup/banger/vm1/other
	expect 6 in-use own cleanup-jailer-chroot vm1
	[[ $err == *"another cgroup"* ]]
	[ ! -e "$jails/vm1" ]
	rmdir /sys/fs/cgroup/banger/vm1/other
	expect 0 - own cleanup-jailer-chroot vm1
	[ "$(jail_state)" = "$before" ]
	rmdir /sys/fs/cgroup/banger
}

@test "refuses: a process of the VM in its cgroup is busy, and no error hides it" {
	local call n status words
	mkdir -p /sys/fs/cgroup/banger/vm1
	start sleep 100
	echo "$pid" > /sys/fs/cgroup/banger/vm1/cgroup.procs
	mkdir -p "$root"
	for call in openat2 openat fstatfs read; do
		for n in $(seq 100); do
			for words in "cleanup-jailer-chroot vm1" "prepare-jailer-chroot vm1 $images/vmlinux"; do
				[[ $words != prepare* ]] || rmdir "$root" "$jails/vm1"
				status=0
				# shellcheck disable=SC2086
				inject fail:EIO "$call" "$n" banger-priv $words 2> /dev/null || status=$?
				[[ $words != prepare* ]] || mkdir "$jails/vm1" "$root"
				# 127: where the loader could not read.
				[[ $status =~ ^([456]|125|127)$ ]] || { echo "$words, $call $n: $status"; false; }
			done
			[ -d "$root" ]
			[ "$status" != 125 ] || break
		done
	done
	end "$pid"
	expect 0 - own cleanup-jailer-chroot vm1
	rmdir /sys/fs/cgroup/banger
}

# The mounts below the jail but for their numbers: mount points, attributes, sources.
mounts_below() { grep " $jails/" /proc/self/mountinfo | cut -d' ' -f4-6,8- | sort; }

@test "refuses: whoever uses any part of a chroot, it is left whole, and goes when it is free" {
	local place mounts sleeper
	echo "vm_uid = 5000-5009" > /etc/banger/priv.conf
	banger-priv prepare-jailer-chroot vm1 "$images/vmlinux" initrd="$images/initrd" drive=rootfs:"$images/root.ext4" scratch=yes
	mounts=$(mounts_below)
	for place in "$root" "$root/scratch" "$root/sockets"; do
		(cd "$place" && exec sleep 100 3>&-) &
		sleeper=$!
		until [ "$(readlink "/proc/$sleeper/cwd")" = "$place" ]; do sleep .01; done
		expect 6 in-use own cleanup-jailer-chroot vm1
		[ "$(mounts_below)" = "$mounts" ] || { diff <(echo "$mounts") <(mounts_below); false; }
		kill "$sleeper"
		wait "$sleeper" || :
	done
	for place in "$root/vmlinux" "$root/rootfs"; do
		exec 7< "$place"
		expect 6 in-use banger-priv cleanup-jailer-chroot vm1 7>&-
		exec 7>&-
		[ "$(mounts_below)" = "$mounts" ]
	done
	inside 5000 1900 "put('rootfs', b'mapped'); get('vmlinux')"
	expect 0 - own cleanup-jailer-chroot vm1
	install_configuration
	truncate -s 0 "$images/root.ext4"
	truncate -s 1M "$images/root.ext4"
	[ ! -e "$jails/vm1" ]
}

@test "refuses: in use it is left whole, also when a copy of a mount cannot be had" {
	local n mounts status
	expect 0 - prepare drive=rootfs:"$images/root.ext4" scratch=yes
	mounts=$(mounts_below)
	start sh -c "cd $root && exec sleep 100"
	until_true test "$root" -ef "/proc/$pid/cwd"
	for n in $(seq 100); do
		status=0
		inject fail:ENOMEM open_tree "$n" banger-priv cleanup-jailer-chroot vm1 2> /dev/null || status=$?
		[ "$(mounts_below)" = "$mounts" ] || { diff <(echo "$mounts") <(mounts_below); false; }
		[ "$status" != 125 ] || break
		[[ $status =~ ^[56]$ ]]
	done
	[ "$n" -gt 4 ]
	end "$pid"
	expect 0 - own cleanup-jailer-chroot vm1
}

out_of_its_cgroup() { # PID
	echo "$1" > /sys/fs/cgroup/cgroup.procs
	rmdir /sys/fs/cgroup/banger/vm1
}

@test "refuses: a VM that no cgroup tells of is busy, and its chroot is left whole" {
	local mounts
	expect 0 - prepare drive=rootfs:"$images/root.ext4"
	expect 0 - own launch-firecracker vm1
	pid=$(gojq .pid <<< "$out")
	out_of_its_cgroup "$pid"
	[ "$(readlink "/proc/$pid/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ]
	mounts=$(mounts_below)
	expect 6 in-use own cleanup-jailer-chroot vm1
	[ "$(mounts_below)" = "$mounts" ]
	alive "$pid"
	expect 0 - own kill-process "$pid" vm=vm1
	until_true own cleanup-jailer-chroot vm1 2> /dev/null
	[ "$(jail_state | grep -v cgroup)" = "$before" ]
	cgroup_end
}

@test "refuses: a VM in a chroot of another making, on disk, is busy, and its chroot is left whole" {
	mkdir -p "$root/usr"
	install -m 0755 /usr/local/bin/firecracker "$root/firecracker"
	chown -R banger "$jails/vm1"
	mount --bind "$root" "$root"
	mount --bind /run/canary/directory "$root/usr"
	# As the jailer leaves it: a mount namespace of its own, and the host's is not in use.
	start unshare --mount --propagation private setpriv --reuid banger --regid banger --clear-groups --bounding-set -all \
		unshare --user --map-current-user --root "$root" /firecracker --id vm1 --api-sock /api.sock
	until_true test -S "$root/api.sock"
	expect 6 in-use own cleanup-jailer-chroot vm1
	[ "$(grep -c " $root" /proc/self/mountinfo)" = 2 ]
	[ -e "$root/usr/file" ]
	alive "$pid"
	end "$pid"
	# Nor is a lease of the owner's waited for.
	start setpriv --reuid banger --regid banger --clear-groups python3 -c "import fcntl, signal
signal.signal(signal.SIGIO, signal.SIG_IGN)
file = open('$root/firecracker', 'r+')
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
open('$root/leased', 'w')
signal.pause()"
	until_true test -e "$root/leased"
	expect 6 in-use timeout -s KILL 10 banger-priv cleanup-jailer-chroot vm1
	[ "$(grep -c " $root" /proc/self/mountinfo)" = 2 ]
	[ -e "$root/usr/file" ]
	end "$pid"
	expect 0 - own cleanup-jailer-chroot vm1
	[ ! -e "$jails/vm1" ]
}

@test "unsafe: where the kernel gives no leases, nothing is removed on a guess" {
	local n mounts
	launched_once
	n=$(inject count fcntl 0 banger-priv cleanup-jailer-chroot vm1 | tail -1)
	launched_once
	mounts=$(mounts_below)
	expect 4 host inject fail:EINVAL fcntl "$n" banger-priv cleanup-jailer-chroot vm1
	[[ $err == *fs.leases-enable* ]]
	[ "$(mounts_below)" = "$mounts" ]
	expect 0 - own cleanup-jailer-chroot vm1
}

@test "costs: the same calls with 500 processes more" {
	local i
	for i in few many; do
		launched_once
		inject count caged 0 banger-priv cleanup-jailer-chroot vm1 | tail -1 > "$BATS_TEST_TMPDIR/$i"
		[ "$i" = many ] || start setsid python3 -c "import os, signal
for _ in range(499):
    if not os.fork():
        break
else:
    open('$BATS_TEST_TMPDIR/forked', 'w')
signal.pause()"
		until_true test -e "$BATS_TEST_TMPDIR/forked"
	done
	diff "$BATS_TEST_TMPDIR/few" "$BATS_TEST_TMPDIR/many"
	kill -KILL -- "-$pid"
}

@test "does: binds of the host that somebody left below are unmounted, here and nowhere else" {
	mkdir -p "$jails/vm1/root/usr/lib"
	mount --bind /run/canary/directory "$jails/vm1/root/usr/lib"
	# One that cannot be copied, under another.
	mount --make-unbindable "$jails/vm1/root/usr/lib"
	mount -t tmpfs over "$jails/vm1/root/usr/lib"
	mount --bind "$jails/vm1/root" "$jails/vm1/root"
	mount --bind "$jails/vm1/root" "$jails/vm1/root"
	expect 0 - own cleanup-jailer-chroot vm1
	[ "$(cat /run/canary/directory/file)" = inside ]
	[ ! -e "$jails/vm1" ]
}

@test "fails: what cannot be looked into is not taken for what is not there" {
	local n status
	for n in $(seq 100); do
		expect 0 - prepare
		mkdir -p /sys/fs/cgroup/banger/vm1
		status=0
		inject fail:ENFILE openat2 "$n" banger-priv cleanup-jailer-chroot vm1 2> "$BATS_TEST_TMPDIR/err" || status=$?
		[ "$status" != 125 ] || break
		[[ $status =~ ^[45]$ ]] || { echo "call $n: $status"; false; }
		grep -q 'ENFILE\|Too many open files' "$BATS_TEST_TMPDIR/err"
		expect 0 - own cleanup-jailer-chroot vm1
	done
	[ "$n" -gt 20 ]
	[ ! -e "$jails/vm1" ]
}

@test "fails: a bind that cannot be made private is left, and so is what the host has mounted in it" {
	local call n status peers=/run/canary/peers
	mkdir "$peers"
	mount -t tmpfs peers "$peers"
	mount --make-shared "$peers"
	mkdir "$peers/below"
	mount -t tmpfs below "$peers/below"
	for call in openat2 mount_setattr; do
		for n in $(seq 100); do
			mkdir -p "$jails/vm1/root/usr/lib"
			mountpoint -q "$jails/vm1/root/usr/lib" || mount --rbind "$peers" "$jails/vm1/root/usr/lib"
			status=0
			inject fail:ENFILE "$call" "$n" banger-priv cleanup-jailer-chroot vm1 2> /dev/null || status=$?
			mountpoint -q "$peers/below" || { echo "gone with $call $n"; false; }
			[ "$status" != 125 ] || break
			[[ $status =~ ^[45]$ ]] || { [ "$status" = 0 ] && [ ! -e "$jails/vm1" ]; }
		done
		[ "$n" -gt 2 ]
		[ ! -e "$jails/vm1" ]
	done
	umount --recursive "$peers"
	rmdir "$peers"
}

@test "does: what is unmounted below a bind of the host's, shared with it, stays where the host has it, from either table" {
	local from
	mkdir /run/peer
	for from in "" "$BANGER_BUILD/tests/inject fail:ENOSYS 458 1"; do
		mkdir -p "$root/usr"
		unshare --mount --propagation private bash -c "
			set -e
			mount -t tmpfs peer /run/peer
			mount --make-shared /run/peer
			mkdir /run/peer/below
			mount -t tmpfs below /run/peer/below
			mount --rbind /run/peer $root/usr
			[ \$(grep -c ' shared:' /proc/self/mountinfo) = 4 ]
			$from banger-priv cleanup-jailer-chroot vm1
			mountpoint -q /run/peer/below
			! grep ' $jails/vm1' /proc/self/mountinfo"
		[ ! -e "$jails/vm1" ]
	done
	rmdir /run/peer
}

@test "does: mount points with blanks, newlines, escapes and '(deleted)' in their names, from either table" {
	local name from names=("a b " $'a\tb\nc' 'a\040b' 'a - ext4 b (deleted)' $'\e[2J' "$(printf 'a%.0s' {1..255})")
	# listmount(2), of Linux 6.8, and what libmount reads.
	for from in own "inject fail:ENOSYS 458 1 banger-priv"; do
		for name in "${names[@]}"; do
			mkdir -p "$root/usr/$name"
			mount --bind /run/canary/directory "$root/usr/$name"
		done
		# shellcheck disable=SC2086
		expect 0 - $from cleanup-jailer-chroot vm1
		[ ! -e "$jails/vm1" ]
		[ "$(cat /run/canary/directory/file)" = inside ]
	done
}

# From a mount namespace that does not have them its owner may rename what mounts are on; with a descriptor from here, as
# the owner has it of a VM that runs with its uid.
move_deep() { # PARTS NAME...: in vm1's root
	chmod 0711 "$jails/vm1"
	unshare --mount --propagation private bash -c "
		exec 8< $root
		unshare --mount --propagation private bash -c 'umount --lazy $jails/vm1/root $jails/vm1/sockets
			exec setpriv --reuid 1900 --regid 1900 --clear-groups python3 -c \"\$0\" \"\$@\"' \"\$0\" \"\$@\"" "
import os, sys
at = 8
for n in range(int(sys.argv[1])):
    os.mkdir('d' * 250, dir_fd=at)
    at = os.open('d' * 250, os.O_RDONLY, dir_fd=at)
for name in sys.argv[2:]:
    os.rename(name, name, src_dir_fd=8, dst_dir_fd=at)" "$@"
	chmod 0700 "$jails/vm1"
}

@test "does: mounts that were moved deeper than any path reaches; and in use they are left, or put back, there" {
	local from mounts parts sleeper
	for from in own "inject fail:ENOSYS 458 1 banger-priv"; do
		for parts in 3 20 900; do
			prepare drive=rootfs:"$images/root.ext4" scratch=yes > /dev/null
			own prepare-jailer-chroot vm2 "$images/vmlinux" > /dev/null
			move_deep "$parts" vmlinux rootfs
			mounts=$(mounts_below)
			[ "$(grep -c "/vm1/root/ddd" <<< "$mounts")" = 2 ]
			# shellcheck disable=SC2086
			expect 0 - $from cleanup-jailer-chroot vm2
			(cd "$root" && exec sleep 100 3>&-) &
			sleeper=$!
			until [ "$(readlink "/proc/$sleeper/cwd")" = "$root" ]; do sleep .01; done
			# shellcheck disable=SC2086
			expect 6 in-use $from cleanup-jailer-chroot vm1
			# That one tries again for a while.
			[ "$from" != own ] || expect 6 in-use own cleanup-vm vm1
			diff <(grep -v /vm2/ <<< "$mounts") <(mounts_below)
			kill "$sleeper"
			wait "$sleeper" || :
			# shellcheck disable=SC2086
			expect 0 - $from cleanup-jailer-chroot vm1
			[ "$(jail_state)" = "$before" ]
		done
	done
}

@test "fails: more mounts than it lists, and a table that cannot be read, leave it whole" {
	local n library
	mkdir -p "$root/usr"
	for n in $(seq 1200); do echo "mkdir $root/usr/$n && mount --bind /run/canary/directory $root/usr/$n"; done | bash
	expect 5 failed own cleanup-jailer-chroot vm1
	[[ $err == *"(E2BIG)"* ]]
	[ "$(grep -c " $root/usr/" /proc/self/mountinfo)" = 1200 ]
	for n in $(seq 1200); do echo "umount $root/usr/$n"; done | bash
	# listmount(2) is of Linux 6.8.
	library=$(sed -nE 's/^#define LIBMOUNT_FILE "(.*)"$/\1/p' "$BANGER_BUILD/build-config.h")
	mv "$library" "$BATS_TEST_TMPDIR/library"
	expect 5 failed inject fail:ENOSYS 458 1 banger-priv cleanup-jailer-chroot vm1
	mv "$BATS_TEST_TMPDIR/library" "$library"
	[ -e "$jails/vm1" ]
	expect 0 - own cleanup-jailer-chroot vm1
	[ ! -e "$jails/vm1" ]
}

@test "refuses: names that are not of the shape, a VM directory that is a symlink, a jail that is not root's" {
	local name
	for name in '' .. . / ../vm1 vm1/ vm1/root -a A "$(printf 'a%.0s' {1..33})"; do
		expect 3 malformed banger-priv cleanup-jailer-chroot "$name"
	done
	expect 2 usage banger-priv cleanup-jailer-chroot
	ln -s /run/canary/directory "$jails/vm1"
	run own cleanup-jailer-chroot vm1
	[ "$status" != 0 ]
	[ -L "$jails/vm1" ]
	rm "$jails/vm1"
	chmod 0777 "$jails"
	expect 4 host own cleanup-jailer-chroot vm1
}

@test "races: the VM's uid renames and replaces everything during every call, and the host has what it had" {
	local n status step=1
	[ -n "${BANGER_FULL:-}" ] || step=12
	for n in $(seq 1 "$step" 400); do
		banger-priv prepare-jailer-chroot vm1 "$images/vmlinux" drive=rootfs:"$images/root.ext4" > /dev/null
		chmod 0711 "$jails/vm1"
		over_and_over "mkdir -p $root/x; mv $root/x $root/y; ln -sfn /run/canary $root/x; rm -rf $root/x $root/y"
		status=0
		inject fail:EAGAIN caged "$n" banger-priv cleanup-jailer-chroot vm1 2> /dev/null || status=$?
		no_more
		banger-priv cleanup-jailer-chroot vm1
		[ "$(jail_state)" = "$before" ]
		[ "$status" != 125 ] || break
	done
}

# A chroot of another making, the owner's, with a mount of ours below a directory `usr`.
foreign_chroot() {
	mkdir -p "$root/usr/mount"
	chown -R banger "$jails/vm1"
	mount -t tmpfs below "$root/usr/mount"
}

@test "races: the parent of a mount point renamed and replaced during every call, and the host keeps its own" {
	local n status parent step=1
	[ -n "${BANGER_FULL:-}" ] || step=5
	mkdir -p /run/way/usr/mount
	mount -t tmpfs foreign /run/way/usr/mount
	# In the place of the parent, a way to a mount of the host's with the same name.
	for parent in "$root/usr:/run/canary" "$root:/run/way"; do
		for n in $(seq 1 "$step" 400); do
			foreign_chroot
			status=0
			inject do:"! cd $jails/vm1 2>/dev/null || setpriv --reuid 1900 --clear-groups sh -c 'mv ${parent%:*} $jails/vm1/away; ln -s ${parent#*:} ${parent%:*}' 2> /dev/null || :" \
				caged "$n" banger-priv cleanup-jailer-chroot vm1 2> /dev/null || status=$?
			[ "$status" = 125 ] || [[ $status =~ ^[056]$ ]] || { echo "call $n: $status"; false; }
			mountpoint -q /run/canary/mount
			mountpoint -q /run/way/usr/mount
			expect 0 - banger-priv cleanup-jailer-chroot vm1
			[ ! -e "$jails/vm1" ]
			run ! grep " $jails/" /proc/self/mountinfo
			[ "$status" != 125 ] || break
		done
		[ "$n" -gt 30 ]
	done
	umount /run/way/usr/mount
	rm -r /run/way
}

@test "leaves nothing behind: killed at any call, the next cleanup completes it" {
	local n status step=1
	[ -n "${BANGER_FULL:-}" ] || step=9
	for n in $(seq 1 "$step" 400); do
		banger-priv prepare-jailer-chroot vm1 "$images/vmlinux" drive=rootfs:"$images/root.ext4" > /dev/null
		status=0
		inject kill caged "$n" banger-priv cleanup-jailer-chroot vm1 || status=$?
		[ "$status" != 125 ] || break
		expect 0 - banger-priv cleanup-jailer-chroot vm1
		[ "$(jail_state)" = "$before" ]
	done
	[ "$n" -gt 20 ]
	banger-priv cleanup-jailer-chroot vm1
}

@test "at once: one started at each call of another ends in a state that one of the two orders gives" {
	local first second n status other step=1
	[ -n "${BANGER_FULL:-}" ] || step=11
	prepare_words="prepare-jailer-chroot vm1 $images/vmlinux drive=rootfs:$images/root.ext4"
	cleanup_words="cleanup-jailer-chroot vm1"
	for pair in prepare:cleanup cleanup:prepare cleanup:cleanup prepare:prepare; do
		first=${pair%:*}_words second=${pair#*:}_words
		for n in $(seq 1 "$step" 800); do
			[ "${pair%:*}" = prepare ] || banger-priv $prepare_words > /dev/null
			rm -f "$BATS_TEST_TMPDIR/other"
			status=0
			inject do:"(banger-priv ${!second} > /dev/null 2>&1; echo \$? > $BATS_TEST_TMPDIR/other) 3>&- &" \
				caged "$n" banger-priv ${!first} > /dev/null 2>&1 || status=$?
			[ "$status" != 125 ] || break
			until [ -s "$BATS_TEST_TMPDIR/other" ]; do sleep .01; done
			other=$(cat "$BATS_TEST_TMPDIR/other")
			case $pair:$status:$other in
			prepare:cleanup:0:0) [ ! -d "$jails/vm1" ] || [ "$(cat "$root/vmlinux")" = kernel ] ;;
			cleanup:prepare:0:0) [ "$(cat "$root/vmlinux")" = kernel ] ;;
			cleanup:prepare:0:3 | cleanup:cleanup:0:0) [ ! -d "$jails/vm1" ] ;;
			prepare:prepare:0:3 | prepare:prepare:3:0) [ "$(cat "$root/vmlinux")" = kernel ] ;;
			*) echo "$pair at call $n: $status, $other"; false ;;
			esac
			banger-priv cleanup-jailer-chroot vm1
			[ "$(jail_state)" = "$before" ]
		done
		[ "$n" -gt 30 ]
		banger-priv cleanup-jailer-chroot vm1
	done
}

@test "at once: prepare and cleanup, in every mixture, end in one of the two orders" {
	local i round
	for round in 1 2 3 4 5; do
		for i in 1 2 3; do
			(prepare || [ $? = 3 ]) > /dev/null 2>&1 &
			(own cleanup-jailer-chroot vm1 || [ $? = 6 ]) > /dev/null 2>&1 &
		done
		wait $(jobs -p | grep -vx "$canary_pid")
		if [ -d "$jails/vm1" ]; then
			[ "$(cat "$root/vmlinux")" = kernel ]
			expect 0 - own cleanup-jailer-chroot vm1
		fi
		[ "$(jail_state)" = "$before" ]
	done
}

#!/usr/bin/env bats
# prepare-jailer-chroot: a chroot that the jailer takes over.

load lib/common
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

@test "does: kernel, initrd, drives, sockets, all private, nosuid, and the VM's" {
	expect 0 - prepare initrd="$images/initrd" drive=rootfs:"$images/root.ext4" drive-ro=ro:"$images/vmlinux"
	[ "$out" = "{\"root\":\"$root\",\"uid\":1900,\"gid\":1900}" ]
	[ "$(stat -c '%U %G %a' "$root")" = "banger banger 700" ]
	[ "$(stat -c '%U %a' "$jails/vm1")" = "root 700" ]
	[ "$(cat "$root/vmlinux" "$root/initrd")" = $'kernel\ninitrd' ]
	[ "$(stat -c %i "$root/rootfs")" = "$(stat -c %i "$images/root.ext4")" ]
	run ! grep "$jails/vm1" <(grep -E 'shared:|master:' /proc/self/mountinfo)
	[ "$(grep -c " $jails/vm1/" /proc/self/mountinfo)" = 7 ]
	[ "$(grep " $jails/vm1/" /proc/self/mountinfo | grep -vc nosuid)" = 0 ]
	[ "$(awk -v at="$root" '$5 == at { print $9 }' /proc/self/mountinfo)" = banger:vm1 ]
	[ -z "$(find "$root" -perm /6000 -type f)" ]
}

@test "does: the VM's uid reads the kernel, writes its drive, and nothing else of the host's" {
	expect 0 - prepare drive=rootfs:"$images/root.ext4" drive-ro=ro:"$images/initrd"
	inside 1900 1900 "put('rootfs', b'written'); get('vmlinux'); get('ro')"
	[ "$(head -c 7 "$images/root.ext4")" = written ]
	for attempt in "put('vmlinux', b'x')" "put('ro', b'x')" "os.link('vmlinux', 'again')" \
		"os.rename('vmlinux', 'other')" "os.unlink('vmlinux')" "os.chmod('vmlinux', 0o666)"; do
		run ! inside 1900 1900 "$attempt"
	done
	run ! inside 1902 1902 "get('vmlinux')"
}

@test "does: a node of the VM's is nowhere but in its jail, and goes with it" {
	[ -e /dev/vhost-vsock ] || mknod /dev/vhost-vsock c 10 241
	expect 0 - prepare vsock=yes scratch=yes
	[ "$(stat -c '%U %a %F' "$root/dev/vhost-vsock")" = "banger 600 character special file" ]
	inside 1900 1900 "os.chdir('dev')
for way in os.link, os.rename:
    for there in '/scratch/node', '/sockets/node':
        try: way('vhost-vsock', there)
        except OSError: continue
        sys.exit('it can')"
	run ! as banger ln "$root/dev/vhost-vsock" "$images/node"
	expect 0 - own cleanup-jailer-chroot vm1
	[ -z "$(find /var/lib/banger -type c -o -type b)" ]
}

@test "refuses: what stands in the place of /dev/vhost-vsock gets into no jail" {
	! [ -e /dev/vhost-vsock ] || mv /dev/vhost-vsock /dev/vhost-vsock.away
	for node in "b 10 241" "c 1 5" "c 10 237"; do
		# shellcheck disable=SC2086
		mknod /dev/vhost-vsock $node
		expect 3 absent own prepare-jailer-chroot vm1 "$images/vmlinux" vsock=yes
		[[ $err == *"/dev/vhost-vsock is not there: modprobe vhost_vsock" ]]
		[ ! -e "$jails/vm1" ]
		rm /dev/vhost-vsock
	done
	! [ -e /dev/vhost-vsock.away ] || mv /dev/vhost-vsock.away /dev/vhost-vsock
}

@test "does: until the VM runs nobody but root is let in, so that the jailer meets nothing of theirs" {
	expect 0 - prepare scratch=yes
	for user in banger stranger nobody; do
		run ! as "$user" ls "$jails/vm1"
		run ! as "$user" ls "$root"
		run ! as "$user" ls "$jails/vm1/sockets"
		run ! as "$user" ln -s scratch "$root/dev"
	done
}

@test "does: host inodes keep owner, mode, links and time" {
	local files
	files=$(find "$images" -printf '%p %U %G %m %n %i %T@\n' | sort)
	expect 0 - prepare initrd="$images/initrd" drive=rootfs:"$images/root.ext4"
	[ "$(find "$images" -printf '%p %U %G %m %n %i %T@\n' | sort)" = "$files" ]
	expect 0 - own cleanup-jailer-chroot vm1
	[ "$(find "$images" -printf '%p %U %G %m %n %i %T@\n' | sort)" = "$files" ]
}

@test "does: a second VM with the same kernel changes nothing for the first" {
	expect 0 - prepare
	local first
	first=$(grep "$jails/vm1" /proc/self/mountinfo)
	expect 0 - own prepare-jailer-chroot vm2 "$images/vmlinux"
	[ "$(grep "$jails/vm1" /proc/self/mountinfo)" = "$first" ]
	expect 0 - own cleanup-jailer-chroot vm2
	[ "$(grep "$jails/vm1" /proc/self/mountinfo)" = "$first" ]
	[ "$(cat "$root/vmlinux")" = kernel ]
}

@test "does: with ids of its own, the VM has its drive and no inode changes" {
	printf 'vm_uid = 5000-5009\nvm_gid = 6000-6009\n' > /etc/banger/priv.conf
	expect 0 - banger-priv prepare-jailer-chroot vm1 "$images/vmlinux" drive=rootfs:"$images/root.ext4"
	[ "$(stat -c '%u %g' "$root" "$root/rootfs" | sort -u)" = "5000 6000" ]
	inside 5000 6000 "put('rootfs', b'mapped'); get('vmlinux'); put('sockets/by-vm', b'')"
	[ "$(stat -c '%U %G %a' "$images/root.ext4")" = "banger banger 600" ]
	[ "$(head -c 6 "$images/root.ext4")" = mapped ]
	run ! inside 5001 6001 "get('vmlinux')"
	run ! inside 5001 6001 "os.listdir('sockets')"
	[ "$(stat -c '%u %G %a' "$jails/vm1/sockets")" = "0 banger 3777" ]
	expect 3 exists banger-priv prepare-jailer-chroot vm2 "$images/vmlinux"
	expect 3 exists banger-priv prepare-jailer-chroot vm2 "$images/vmlinux" uid=5001
	expect 3 exists banger-priv prepare-jailer-chroot vm2 "$images/vmlinux" gid=6001
	expect 0 - banger-priv prepare-jailer-chroot vm2 "$images/vmlinux" uid=5001 gid=6001
	expect 3 not-allowed banger-priv prepare-jailer-chroot vm3 "$images/vmlinux" uid=1900
	[[ $err == *"inside vm_uid, which is 5000-5009"* ]]
}

@test "fails: ids that the kernel does not map, and nothing is left" {
	local call of n where=(banger-priv prepare-jailer-chroot vm1 "$images/vmlinux" drive=rootfs:"$images/root.ext4")
	printf 'vm_uid = 5000-5009\nvm_gid = 6000-6009\n' > /etc/banger/priv.conf
	while read -r call of; do
		trace "$BATS_TEST_TMPDIR/trace" -e trace="$call" "${where[@]}"
		own cleanup-jailer-chroot vm1
		n=$(grep -w "$call" "$BATS_TEST_TMPDIR/trace" | grep -nE "$of" | tail -1 | cut -d: -f1)
		echo "$call $n"
		expect 5 no-space inject fail:ENOMEM "$call" "$n" "${where[@]}"
		[[ $err == *"cannot map the owner's ids to the VM's: "*"(ENOMEM)" ]]
		[ ! -e "$jails/vm1" ]
	done <<- 'CALLS'
		openat /proc/[0-9]+/uid_map
		openat /proc/[0-9]+/gid_map
		openat /proc/[0-9]+/ns/user
		write "1900 5000 1"
		pipe2 O_CLOEXEC
	CALLS
}

@test "does: scratch= is the VM's directory on disk, without programs, nodes or setuid" {
	expect 0 - prepare scratch=yes
	inside 1900 1900 "put('scratch/snapshot', b'')"
	[ -e /var/lib/banger/vm1/snapshot ]
	[[ $(awk -v at="$root/scratch" '$5 == at { print $6 }' /proc/self/mountinfo) == rw,nosuid,nodev,noexec* ]]
}

is_large() { grep " $root " /proc/self/mountinfo | grep -q ',huge=within_size'; }

fill() { # $filled: the bytes that one file can have of the chroot's file system
	run ! sh -c "head -c 64M /dev/zero > '$root/filler'"
	[ "$(stat -f -c %a "$root")" = 0 ]
	filled=$(stat -c %s "$root/filler")
	own cleanup-jailer-chroot vm1
}

@test "does: in large pages of memory where the kernel has them, up to the same byte" {
	local filled large
	prepare > /dev/null
	[ ! -d /sys/kernel/mm/transparent_hugepage ] || is_large
	fill
	large=$filled
	# The fifth of its options.
	inject fail:EINVAL fsconfig 5 banger-priv prepare-jailer-chroot vm1 "$images/vmlinux" > /dev/null
	run ! is_large
	fill
	[ "$filled" = "$large" ]
	expect 5 no-space inject fail:ENOMEM fsconfig 5 banger-priv prepare-jailer-chroot vm1 "$images/vmlinux"
}

@test "does: a dynamically linked firecracker finds its libraries, read-only and with dead setuid bits" {
	install -m 0755 "$BANGER_BUILD/tests/standin/dynamic/firecracker" /usr/local/bin/firecracker
	expect 0 - prepare
	cp /usr/local/bin/firecracker "$root/firecracker"
	chroot --userspec=1900:1900 "$root" /firecracker --version | grep -q '^Firecracker v'
	[ "$(grep " $root/usr/lib" /proc/self/mountinfo | awk '{ print $6 }' | grep -vc '^ro,nosuid,nodev')" = 0 ]
	[ "$(readlink "$root/lib")" = "$(readlink /lib)" ]
	expect 0 - own cleanup-jailer-chroot vm1
	[ -e /usr/lib/os-release ]
}

@test "does: under a shared root nothing is copied to others, and nothing of theirs comes in" {
	unshare -m --propagation shared bash -c "
		set -e
		mount --make-rshared /
		unshare -m --propagation slave sleep 60 & other=\$!
		until grep -qx sleep /proc/\$other/comm; do sleep .01; done       # a slave by now
		banger-priv prepare-jailer-chroot vm1 $images/vmlinux
		! grep 'banger:vm1' /proc/\$other/mountinfo || exit 1
		! grep '$jails/vm1' /proc/self/mountinfo | grep -E 'shared:|master:' || exit 1
		mount -t tmpfs late $images
		[ \"\$(cat $root/vmlinux)\" = kernel ]
		banger-priv cleanup-jailer-chroot vm1
		mountpoint -q $images
		umount $images
		kill \$other"
}

@test "does: a host mount that appears under a bound source meanwhile stays the host's" {
	local n status step=1
	[ -n "${BANGER_FULL:-}" ] || step=7
	as banger mkdir /var/lib/banger/vm1/late
	for n in $(seq 1 "$step" 800); do
		status=0
		inject do:"mount -t tmpfs late /var/lib/banger/vm1/late; mount -t tmpfs late $images" caged "$n" \
			banger-priv prepare-jailer-chroot vm1 "$images/vmlinux" scratch=yes > /dev/null 2>&1 || status=$?
		[ "$status" != 125 ] || break
		if [ "$status" = 0 ]; then
			[ "$(cat "$root/vmlinux")" = kernel ]
			[ "$(grep -c " $root/" /proc/self/mountinfo)" = 3 ]
		else
			[ "$status" = 3 ]
		fi
		banger-priv cleanup-jailer-chroot vm1
		mountpoint -q /var/lib/banger/vm1/late
		mountpoint -q "$images"
		umount /var/lib/banger/vm1/late "$images"
	done
	[ "$n" -gt 40 ]
	banger-priv cleanup-jailer-chroot vm1
	rmdir /var/lib/banger/vm1/late
}

@test "costs: with 2,000 foreign mounts, the same calls, and at most half as much again in time" {
	unshare --mount --propagation private sleep 600 3>&- &
	local other=$! i
	until [ "$(readlink "/proc/$other/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ]; do sleep .01; done
	nsenter --mount --target "$other" python3 -c "
import ctypes, os
libc = ctypes.CDLL(None)
os.mkdir('/run/foreign'); os.mkdir('/var/lib/banger/foreign')
for i in range(2000):
    there = '%s/%d' % (('/run/foreign', '/var/lib/banger/foreign')[i % 2], i)
    os.mkdir(there)
    assert libc.mount(b'foreign', there.encode(), b'tmpfs', 0, b'size=4k') == 0"
	[ "$(nsenter --mount --target "$other" grep -c foreign /proc/self/mountinfo)" = 2000 ]
	python3 tests/lib/cost.py "$other" 30 1.5 "banger-priv prepare-jailer-chroot vm1 $images/vmlinux drive=d:$images/root.ext4" \
		"banger-priv cleanup-jailer-chroot vm1"
	for i in "prepare-jailer-chroot vm1 $images/vmlinux" "cleanup-jailer-chroot vm1"; do
		nsenter --mount --target "$other" "$BANGER_BUILD/tests/inject" count any 0 banger-priv $i | tail -1
	done > "$BATS_TEST_TMPDIR/many"
	for i in "prepare-jailer-chroot vm1 $images/vmlinux" "cleanup-jailer-chroot vm1"; do
		inject count any 0 banger-priv $i | tail -1
	done > "$BATS_TEST_TMPDIR/few"
	diff "$BATS_TEST_TMPDIR/few" "$BATS_TEST_TMPDIR/many"
	kill "$other"
	wait "$other" || :
	find /run/foreign /var/lib/banger/foreign -depth -type d -exec rmdir {} +
}

@test "does: no other VM waits for the reader of what it says" {
	local n words=(banger-priv prepare-jailer-chroot vm1 "$images/vmlinux")
	n=$(inject count write 0 "${words[@]}" | tail -1)
	own cleanup-jailer-chroot vm1
	# While it is about to say it, another VM has its turn.
	inject "do:banger-priv prepare-jailer-chroot vm2 $images/vmlinux" write "$n" "${words[@]}"
	own cleanup-jailer-chroot vm1
	own cleanup-jailer-chroot vm2
}

@test "refuses: a second prepare, naming the way out" {
	expect 0 - prepare
	local state
	state=$(jail_state)
	expect 3 exists prepare
	[[ $err == *cleanup-jailer-chroot* ]]
	[ "$(jail_state)" = "$state" ]
}

@test "refuses: a drive by its name, so that it is known which" {
	expect 3 absent prepare drive=a:"$images/root.ext4" drive=b:"$images/nosuch"
	[[ $err == *": the drive b is not there, not the owner's to open, "* ]]
	ln "$images/root.ext4" "$images/twice"
	expect 3 foreign prepare drive=c.d:"$images/twice" drive-ro=a:"$images/vmlinux"
	[[ $err == *": the drive c.d must be the owner's, with no other hard link" ]]
	rm "$images/twice"
}

@test "refuses: symlinks, FIFOs, devices, directories, sockets and other's files, as each operand" {
	local kind operand
	as banger ln -s /run/canary/file "$images/link"
	ln -s "$images" /var/lib/banger/images2
	as banger mkfifo "$images/fifo"
	as banger mkdir "$images/dir"
	mknod "$images/device" b 7 0
	install -m 0600 /dev/null "$images/roots"
	as banger ln "$images/initrd" "$images/linked"
	for kind in link dir fifo device roots missing ../images2/vmlinux; do
		for operand in kernel initrd= drive=d: drive-ro=d:; do
			case $operand in
			kernel) run banger-priv prepare-jailer-chroot vm1 "$images/$kind" ;;
			*) run banger-priv prepare-jailer-chroot vm1 "$images/vmlinux" "$operand$images/$kind" ;;
			esac
			[ "$status" = 3 ] || { echo "$operand $kind: $status $output"; false; }
		done
	done
	expect 3 absent banger-priv prepare-jailer-chroot vm1 /var/lib/banger/images2/vmlinux
	# A second name of a writable drive may be another VM's.
	expect 3 foreign prepare drive=d:"$images/linked"
	rm "$images/device" "$images/roots"
	rm -r "$images"/{link,fifo,dir,linked} /var/lib/banger/images2
	[ "$(jail_state | grep -v " d .*images\|images 1900")" = "$(grep -v " d .*images\|images 1900" <<< "$before")" ]
}

@test "refuses: for the VM to write, what the owner may write too and somebody else has" {
	local whose
	for whose in root stranger; do
		install -o "$whose" -m 0666 /dev/null "$images/theirs"
		as banger sh -c ": >> $images/theirs"
		expect 3 foreign prepare drive=d:"$images/theirs"
		[[ $err == *": the drive d must be the owner's, with no other hard link" ]]
		rm "$images/theirs"
		rmdir /var/lib/banger/vm1
		install -d -o "$whose" -m 0777 /var/lib/banger/vm1
		expect 3 foreign prepare scratch=yes
		[[ $err == *": the VM's directory below state_dir must be the owner's, "* ]]
	done
	[ ! -e "$jails/vm1" ]
}

@test "refuses: reserved and repeated names, and everything that is not of the shape" {
	local name
	for name in vmlinux initrd firecracker firecracker.pid dev run old_root sockets scratch usr lib lib64 . ..; do
		expect 3 not-allowed banger-priv prepare-jailer-chroot vm1 "$images/vmlinux" drive="$name:$images/root.ext4"
	done
	expect 3 malformed prepare drive=d:"$images/root.ext4" drive=d:"$images/root.ext4"
	expect 3 malformed prepare drive=d:"$images/root.ext4" drive-ro=d:"$images/root.ext4"
	for name in '' a/b A 'a b' "$(printf 'a%.0s' {1..33})"; do
		expect 3 malformed banger-priv prepare-jailer-chroot vm1 "$images/vmlinux" drive="$name:$images/root.ext4"
	done
	expect 3 malformed banger-priv prepare-jailer-chroot ../vm1 "$images/vmlinux"
	expect 3 malformed banger-priv prepare-jailer-chroot vm1 /etc/passwd
	expect 3 malformed banger-priv prepare-jailer-chroot vm1 "$images/../images/vmlinux"
	expect 3 not-allowed banger-priv prepare-jailer-chroot vm1 "$jails/vm1/root/vmlinux"
	expect 3 malformed banger-priv prepare-jailer-chroot vm1 "$images/vmlinux" drive=d:/dev/sda
	expect 3 malformed banger-priv prepare-jailer-chroot vm1 "$images/vmlinux" vsock=no
	expect 2 usage banger-priv prepare-jailer-chroot vm1
	[ "$(jail_state)" = "$before" ]
}

@test "refuses: directories above that are not as they must be, and mends none of them" {
	local change
	for change in "chmod 0755 /var/lib/banger/jail" "chown banger $jails" "chmod 0777 $jails" \
		"chmod 0733 /var/lib/banger" "mv $jails $jails.x; ln -s $jails.x $jails"; do
		jail_teardown
		jail_setup
		eval "$change"
		before=$(find /var/lib/banger -printf '%p %U %G %m %y\n')
		expect 4 host prepare
		[ "$(find /var/lib/banger -printf '%p %U %G %m %y\n')" = "$before" ]
	done
	jail_teardown
	jail_setup
	rmdir "$jails"
	expect 4 host prepare
	[[ $err == *"$jails must be there: install -d -m 0711 -o root -g root $jails" ]]
	mkdir -m 0711 "$jails"
}

@test "refuses: without a firecracker, or one that somebody else may change, with the command that mends it" {
	rm /usr/local/bin/firecracker
	expect 4 config prepare
	[[ $err == *install* ]]
	install -o banger -m 0755 "$BANGER_BUILD/tests/standin/static/firecracker" /usr/local/bin/firecracker
	expect 4 config prepare
	install -m 0755 /etc/passwd /usr/local/bin/firecracker
	expect 4 config prepare
	[ "$(jail_state)" = "$before" ]
}

@test "refuses: before anything is touched, be it jail_dir's mount on itself" {
	local why
	for why in binary left running vsock idmap; do
		umount /var/lib/banger/jail 2> /dev/null || :
		before=$(jail_state)
		case $why in
		binary)
			rm /usr/local/bin/firecracker
			expect 4 config prepare
			restore_binaries ;;
		left)
			mkdir "$jails/vm1"
			expect 3 exists prepare
			rmdir "$jails/vm1" ;;
		running)
			mkdir -p /sys/fs/cgroup/banger/vm1
			sleep 60 3>&- &
			echo $! > /sys/fs/cgroup/banger/vm1/cgroup.procs
			expect 6 in-use prepare
			kill $!
			wait $! || :
			rmdir /sys/fs/cgroup/banger/vm1 /sys/fs/cgroup/banger ;;
		vsock)
			mv /dev/vhost-vsock /dev/vhost-vsock.away 2> /dev/null || :
			expect 3 absent prepare vsock=yes
			mv /dev/vhost-vsock.away /dev/vhost-vsock 2> /dev/null || : ;;
		idmap)
			# The world's /var is an overlay, which cannot map ids.
			jail_teardown
			install -d -m 0711 /var/lib/banger/jail "$jails"
			install -d -o banger "$images"
			as banger touch "$images/vmlinux"
			printf 'vm_uid = 5000-5009\n' > /etc/banger/priv.conf
			before=$(jail_state)
			expect 4 host banger-priv prepare-jailer-chroot vm1 "$images/vmlinux"
			[[ $err == *"cannot map ids"* ]] ;;
		esac
		[ "$(jail_state)" = "$before" ]
		run ! mountpoint -q /var/lib/banger/jail
	done
	rm -r /var/lib/banger/jail "$images"
	jail_setup
}

@test "fails: firecracker that cannot be read is the kernel's failure, and nothing was touched" {
	local call n status
	for call in pread64 openat2 newfstatat; do
		for n in $(seq 100); do
			status=0
			inject fail:EIO "$call" "$n" banger-priv prepare-jailer-chroot vm1 "$images/vmlinux" \
				> /dev/null 2> "$BATS_TEST_TMPDIR/err" || status=$?
			[ "$status" != 125 ] || break
			if grep -q /usr/local/bin/firecracker "$BATS_TEST_TMPDIR/err"; then
				echo "$call $n $status"
				[ "$(jail_state)" = "$before" ]
			fi
			banger-priv cleanup-jailer-chroot vm1
		done
	done > "$BATS_TEST_TMPDIR/about"
	[ "$(wc -l < "$BATS_TEST_TMPDIR/about")" -gt 5 ]
	run ! grep -v ' 5$' "$BATS_TEST_TMPDIR/about"
}

@test "leaves nothing behind: whichever call fails after the cage, all is undone" {
	local n status step=1
	[ -n "${BANGER_FULL:-}" ] || step=17
	for n in $(seq 1 "$step" 800); do
		status=0
		inject fail:EIO caged "$n" banger-priv prepare-jailer-chroot vm1 "$images/vmlinux" \
			drive=rootfs:"$images/root.ext4" scratch=yes > /dev/null 2> "$BATS_TEST_TMPDIR/err" || status=$?
		[ "$status" != 125 ] || break
		# An error that tells nothing of operands and host is no refusal, but for a cage that did not close.
		[[ $status =~ ^[05]$ ]] || grep -q ': confinement: ' "$BATS_TEST_TMPDIR/err" ||
			{ echo "call $n: $status"; cat "$BATS_TEST_TMPDIR/err"; false; }
		# What it did is done where only the answer to it failed.
		if [ "$status" = 0 ] || grep -q 'cannot write the result to stdout' "$BATS_TEST_TMPDIR/err"; then
			[ "$(cat "$root/vmlinux")" = kernel ]
			banger-priv cleanup-jailer-chroot vm1
		fi
		[ "$(jail_state)" = "$before" ] || { echo "call $n: $status"; jail_state; false; }
	done
	[ "$n" -gt 40 ]
}

@test "leaves nothing behind: of a first one that fails, but for jail_dir's mount on itself, of which explain tells" {
	local before place=/var/lib/banger/jail
	mounts() { cut -d' ' -f3-5 /proc/self/mountinfo | sort; }
	before=$(mounts)
	for _ in first second; do
		expect 5 failed inject fail:EIO fsmount 1 banger-priv prepare-jailer-chroot vm1 "$images/vmlinux"
		[ "$(diff <(echo "$before") <(mounts) | grep '^[<>]' | cut -d' ' -f1,4)" = "> $place" ]
	done
	banger-priv explain prepare-jailer-chroot | grep -q '^on failure: nothing, but that jail_dir may be mounted on itself'
}

@test "leaves nothing behind: killed at any call, cleanup reaches the state before" {
	local n status step=1
	[ -n "${BANGER_FULL:-}" ] || step=13
	# With ids of its own, for which there is a child for a moment.
	printf 'vm_uid = 5000-5009\n' > /etc/banger/priv.conf
	for n in $(seq 3 "$step" 800); do
		status=0
		inject kill caged "$n" banger-priv prepare-jailer-chroot vm1 "$images/vmlinux" \
			drive=rootfs:"$images/root.ext4" scratch=yes > /dev/null 2>&1 || status=$?
		[ "$status" != 125 ] || break
		[ ! -d "$jails/vm1" ] || [ "$(stat -c %a "$jails/vm1")" = 700 ]
		expect 0 - banger-priv cleanup-jailer-chroot vm1
		[ "$(jail_state)" = "$before" ] || { echo "call $n"; jail_state; false; }
		for _ in 1 2 3 4 5 6 7 8; do ! pgrep -x banger-priv > /dev/null || sleep .05; done
		run ! pgrep -x banger-priv
	done
	[ "$n" -gt 40 ]
}

@test "at once: two VMs that ask for one uid do not both get it" {
	printf 'vm_uid = 5000-5009\n' > /etc/banger/priv.conf
	strace -f -qq -o /dev/null -e trace=fsopen -e inject=fsopen:delay_enter=300000 \
		banger-priv prepare-jailer-chroot vm1 "$images/vmlinux" > /dev/null 3>&- &
	until [ -d "$jails/vm1" ]; do sleep .01; done
	expect 3 exists banger-priv prepare-jailer-chroot vm2 "$images/vmlinux"
	wait $!
	[ ! -d "$jails/vm2" ]
}

@test "at once: a prepare that the owner has frozen holds others up for a while, and not for ever" {
	strace -f -qq -o /dev/null -e trace=fsopen -e inject=fsopen:signal=STOP:when=1 \
		banger-priv prepare-jailer-chroot vm1 "$images/vmlinux" > /dev/null 2>&1 3>&- &
	local frozen=$!
	until [ -d "$jails/vm1" ]; do sleep .01; done
	expect 6 timeout timeout -s KILL 30 banger-priv prepare-jailer-chroot vm2 "$images/vmlinux"
	expect 6 timeout timeout -s KILL 30 banger-priv cleanup-jailer-chroot vm1
	pkill -KILL -x banger-priv
	wait "$frozen" || :
	expect 0 - banger-priv cleanup-jailer-chroot vm1
	[ "$(jail_state)" = "$before" ]
}

@test "refuses: too few descriptors for so many drives, before anything is touched" {
	# Who may raise a hard limit raises it; who may not says so.
	if capsh --has-b=cap_sys_resource 2> /dev/null; then
		(ulimit -n 100; expect 0 - banger-priv prepare-jailer-chroot vm1 "$images/vmlinux")
		expect 0 - banger-priv cleanup-jailer-chroot vm1
	else
		(ulimit -n 100; expect 4 host banger-priv prepare-jailer-chroot vm1 "$images/vmlinux")
	fi
	[ "$(jail_state)" = "$before" ]
}

@test "does: as many drives as there may be" {
	local i words=()
	for i in $(seq 16); do
		as banger truncate -s 4k "$images/d$i"
		words+=("drive=d$i:$images/d$i")
	done
	for i in $(seq 16); do words+=("drive-ro=r$i:$images/d$i"); done
	expect 0 - prepare "${words[@]}"
	[ "$(grep -c " $root/[dr][0-9]" /proc/self/mountinfo)" = 32 ]
	expect 0 - own cleanup-jailer-chroot vm1
	rm "$images"/d*
	[ ! -e "$jails/vm1" ]
}

@test "races: files swapped while the verb is about to open them are refused or the ones checked" {
	local n
	for n in 1 2 3 4 5 6 7 8; do
		over_and_over "mv $images/root.ext4 $images/x; ln -s /run/canary/file $images/root.ext4
			rm $images/root.ext4; mv $images/x $images/root.ext4"
		if banger-priv prepare-jailer-chroot vm1 "$images/vmlinux" drive=d:"$images/root.ext4" > /dev/null 2>&1; then
			[ "$(stat -c %U "$root/d")" = banger ]
		fi
		no_more
		as banger sh -c "[ ! -e $images/x ] || mv -f $images/x $images/root.ext4"
		banger-priv cleanup-jailer-chroot vm1
	done
}

@test "at once: ten prepares of one VM end in one chroot" {
	local i
	for i in $(seq 10); do
		(status=0; prepare > /dev/null 2>&1 || status=$?
		echo "$status" > "$BATS_TEST_TMPDIR/code.$i") &
	done
	wait $(jobs -p | grep -vx "$canary_pid")
	[ "$(cat "$BATS_TEST_TMPDIR"/code.* | sort | uniq -c | tr -s ' ' | tr '\n' ';')" = " 1 0; 9 3;" ]
	[ "$(grep -c " $root " /proc/self/mountinfo)" = 1 ]
	[ "$(grep -c " /var/lib/banger/jail " /proc/self/mountinfo)" = 1 ]
}

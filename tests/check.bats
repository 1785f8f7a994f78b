#!/usr/bin/env bats
# check: whether this host is ready; and that each command which it prints mends what it is about.

load lib/common
load lib/guests
load lib/vmm
load lib/jail
load lib/launch
load lib/check

@test "does: on a host as it must be nothing is wrong, for whoever asks" {
	expect 0 - banger-priv check
	run ! grep -E '^(wrong|unseen)' <<< "$out"
	run ! grep -vE '^(ok|note): (kernel|namespaces|limits|devices|cgroups|config|program|sudoers|binaries|directories|udev|ids|forwarding|resolver): ' <<< "$out"
	for subject in kernel namespaces limits devices cgroups config program sudoers binaries directories udev ids forwarding resolver; do
		grep -q ": $subject: " <<< "$out"
	done
	grep -q '^ok: binaries: /usr/local/bin/jailer, version 1.15.1$' <<< "$out"
	expect 0 - own check
	run ! grep -E '^(wrong|unseen)' <<< "$out"
}

@test "does: without root it says what it could not see, and that is no fault" {
	local user
	for user in banger stranger; do
		expect 0 - as "$user" banger-priv check
		run ! grep '^wrong' <<< "$out"
		[ "$(grep '^unseen' <<< "$out" | cut -d: -f2 | sort | uniq -c | xargs)" = "1 forwarding 1 namespaces 2 sudoers" ] ||
			[ "$(grep '^unseen' <<< "$out" | cut -d: -f2 | sort | uniq -c | xargs)" = "2 forwarding 1 namespaces 2 sudoers" ]
	done
}

@test "does: where a user may not look it says so, and goes on" {
	chmod 0700 /dev/mapper /usr/local/bin /var/lib/banger
	as stranger banger-priv check > "$BATS_TEST_TMPDIR/check" || [ $? = 4 ]
	local subject
	for subject in 'devices: /dev/mapper/control' 'binaries: /usr/local/bin/firecracker' 'binaries: /usr/local/bin/jailer' \
		'directories: /var/lib/banger/jail' 'directories: /var/lib/banger/jail/firecracker'; do
		grep -qxF "unseen: $subject: this user may not look there" "$BATS_TEST_TMPDIR/check"
	done
	grep -q '^ok: ids: ' "$BATS_TEST_TMPDIR/check"
	chmod 0755 /dev/mapper /usr/local/bin
	chmod 0711 /var/lib/banger
	is_ready
}

@test "does: JSON says the same, on one line" {
	banger-priv check > "$BATS_TEST_TMPDIR/text"
	expect 0 - banger-priv check format=json
	[ "$(wc -l <<< "$out")" = 1 ]
	gojq -e '.ready == true and (.checks | length > 15)' <<< "$out"
	diff "$BATS_TEST_TMPDIR/text" <(gojq -r '.checks[] | "\(.state): \(.check): \(.text)" +
		if .command then ": \(.command)" else "" end' <<< "$out")
	rm /usr/local/bin/firecracker
	expect 4 - banger-priv check format=json
	gojq -e '.ready == false' <<< "$out"
	restore_binaries
}

@test "does: colour on a terminal, and nowhere else" {
	script -qec "banger-priv check" /dev/null < /dev/null > "$BATS_TEST_TMPDIR/terminal"
	grep -q $'\e\[32mok\e\[0m: kernel' "$BATS_TEST_TMPDIR/terminal"
	banger-priv check > "$BATS_TEST_TMPDIR/file"
	run ! grep -q $'\e' "$BATS_TEST_TMPDIR/file"
	script -qec "banger-priv check format=json" /dev/null < /dev/null > "$BATS_TEST_TMPDIR/terminal"
	run ! grep -q $'\e' "$BATS_TEST_TMPDIR/terminal"
}

@test "does: it changes nothing" {
	local before
	before=$(host_state)
	banger-priv check > /dev/null
	own check > /dev/null
	rm /usr/local/bin/jailer
	! banger-priv check > /dev/null || false
	restore_binaries
	diff <(echo "$before") <(host_state)
}

@test "refuses: operands that it has not" {
	expect 2 usage banger-priv check kernel
	expect 3 malformed banger-priv check format=xml
	expect 2 usage banger-priv check format=json format=json
}

@test "mends: directories" {
	rm -r /var/lib/banger/jail
	mends directories "/var/lib/banger/jail is not there" || {
		# Both it and the one below it: one after the other.
		bash -c "$(said directories wrong | head -1 | gojq -r .command)"
		mends directories "/var/lib/banger/jail/firecracker is not there"
	}
	local directory
	for directory in /var/lib/banger /var/lib/banger/jail /var/lib/banger/jail/firecracker; do
		chmod 0755 "$directory"
		mends directories "$directory is 0:0 with mode 0755"
		chgrp banger "$directory"
		mends directories "$directory is 0:1900"
	done
	chown banger /var/lib/banger/jail/firecracker
	mends directories "/var/lib/banger/jail/firecracker is 1900:0"
	rmdir /var/lib/banger/jail/firecracker
	ln -s /tmp /var/lib/banger/jail/firecracker
	mends directories "/var/lib/banger/jail/firecracker is not a directory"
	rm -r /var/lib/banger/jail/firecracker.away
	chmod 0777 /run
	mends directories "/run is not root's alone"
	chown root:root /run/banger
	mends directories "/run/banger is 0:0"
	mount -t tmpfs -o uid=1900,gid=1900,mode=0711 elsewhere /run/banger
	mends directories "/run/banger is a mount"
}

@test "mends: rules of udev's that are for another state_dir, or switched off" {
	local ours=/etc/udev/rules.d/09-banger-priv.rules shipped=/usr/lib/udev/rules.d/09-banger-priv.rules
	[ "$(said udev ok | jq -r .text)" = "does not run here" ]
	/lib/systemd/systemd-udevd > /dev/null 2>&1 3>&- &
	until [ -e /run/udev/control ]; do sleep .01; done
	[ "$(said udev ok | jq -r .text)" = "$shipped" ]
	mkdir -p "${ours%/*}"
	sed 's,/var/lib/banger/,/srv/b/,' "$shipped" > "$ours"
	mends udev "$ours does not keep udev from what is in /var/lib/banger"
	[ "$(said udev ok | jq -r .text)" = "$ours" ]
	cmp "$shipped" "$ours"
	sed -i 's/^KERNEL=="loop/#&/' "$ours"
	mends udev "$ours does not keep udev from"
	ln -sf /dev/null "$ours"
	mends udev "$ours does not keep udev from"
	rm "$ours"
	mv "$shipped" "$BATS_TEST_TMPDIR"
	[[ $(said udev wrong) == *"$shipped, which is installed with the program, is not there"* ]]
	mv "$BATS_TEST_TMPDIR/${shipped##*/}" "$shipped"
	chmod 0700 "${shipped%/*}"
	as stranger banger-priv check | grep -qxF "unseen: udev: $shipped: this user may not look there"
	chmod 0755 "${shipped%/*}"
	udevadm control --exit
	wait $!
	rm -r /run/udev
}

@test "mends: what an owner that has the directories above does to those below" {
	chown banger /var/lib/banger
	banger-priv check > "$BATS_TEST_TMPDIR/check" && false
	[ "$(grep -c '^wrong: directories: /var/lib/banger' "$BATS_TEST_TMPDIR/check")" = 3 ]
	bash -c "$(said directories wrong | head -1 | gojq -r .command)"
	is_ready
}

@test "a directory behind a symlink or a file is named up to there" {
	mkdir /run/elsewhere
	ln -s elsewhere /run/link
	: > /run/file
	echo 'runtime_dir = /run/link/banger' >> /etc/banger/priv.conf
	[ "$(said directories wrong | gojq -r '.text, .command' | xargs)" = "/run/link is a symlink, which is never followed null" ]
	sed -i 's,/run/link,/run/file/below,' /etc/banger/priv.conf
	[ "$(said directories wrong | gojq -r '.text, .command' | xargs)" = "/run/file/below/banger: Not a directory null" ]
	rm -r /run/elsewhere /run/link /run/file
}

@test "notes: runtime_dir, which the first ensure-socket-dir makes" {
	rmdir /run/banger
	is_ready
	[ "$(said directories note | gojq -r .command)" = "install -d -o banger -g 1900 -m 0711 /run/banger" ]
	bash -c "$(said directories note | gojq -r .command)"
	[ -z "$(said directories note)" ]
	[ "$(stat -c '%U:%G %a' /run/banger)" = "banger:banger 711" ]
}

@test "mends: firecracker and jailer" {
	local name
	for name in firecracker jailer; do
		rm "/usr/local/bin/$name"
		mends binaries "/usr/local/bin/$name is not there"
		chown banger "/usr/local/bin/$name"
		mends binaries "/usr/local/bin/$name is not a plain executable file of root's alone"
		chmod 0775 "/usr/local/bin/$name"
		mends binaries "/usr/local/bin/$name is not a plain"
		chmod 0644 "/usr/local/bin/$name"
		mends binaries "/usr/local/bin/$name is not a plain"
		mv "/usr/local/bin/$name" /usr/local/bin/other
		ln -s other "/usr/local/bin/$name"
		mends binaries "/usr/local/bin/$name is not a plain"
		rm /usr/local/bin/other
	done
	chmod 0777 /usr/local/bin
	[ "$(said binaries wrong | wc -l)" = 2 ]
	bash -c "$(said binaries wrong | head -1 | gojq -r .command)"
	is_ready
}

# A jailer that does as the C says, in place of the good one.
jailer_that() { # C
	printf '#define _GNU_SOURCE\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n%s' \
		"int main(int argc, char **argv) { (void)argc; (void)argv; $1 }" | cc -w -o "$BATS_TEST_TMPDIR/jailer" -x c -
	install -m 0755 "$BATS_TEST_TMPDIR/jailer" /usr/local/bin/jailer
}

@test "mends: a jailer that is too old, or does not say how old it is" {
	local version
	for version in 0.25.2 1.0.0 1.13.99 1.14.0; do
		jailer_that "puts(\"Jailer v$version\");"
		mends binaries "is version $version; 1.14.1 or later is needed"
	done
	for version in 1.14.1 1.15.0 2.0.0 10.1.1; do
		jailer_that "puts(\"Jailer v$version\");"
		is_ready
	done
	jailer_that 'puts("Jailer");'
	mends binaries "does not say its version: Jailer"
	jailer_that 'puts("Jailer v1.15.1"); return 1;'
	mends binaries "does not say its version"
	jailer_that 'abort();'
	mends binaries "does not say its version"
	echo nothing > "$BATS_TEST_TMPDIR/jailer"
	install -m 0755 "$BATS_TEST_TMPDIR/jailer" /usr/local/bin/jailer
	mends binaries "does not say its version: cannot execute it: Exec format error"
	jailer_that 'puts("\033[2J v1.x");'
	banger-priv check > "$BATS_TEST_TMPDIR/check" && false
	run ! LC_ALL=C grep -a '[^ -~]' "$BATS_TEST_TMPDIR/check"
	mends binaries '\x1b[2J v1.x'
}

@test "a jail_dir on a mount that allows neither programs nor devices is as good: each VM has a file system of its own" {
	install_configuration
	launch_setup
	mount -t tmpfs -o noexec,nodev,nosuid,mode=0711 none /var/lib/banger/jail
	mkdir -m 0711 /var/lib/banger/jail/firecracker
	is_ready
	prepare_vm vm1 1900 1900
	expect 0 - own launch-firecracker vm1
	own kill-process "$(gojq .pid <<< "$out")"
	clean_up vm1
	umount /var/lib/banger/jail
	launch_teardown
}

@test "is bounded: a jailer that hangs, or never stops talking" {
	local started=$SECONDS
	jailer_that 'for (;;) pause();'
	mends binaries "does not say its version within 5 seconds"
	jailer_that 'for (;;) puts("Jailer v1.15.1 and on");'
	mends binaries "does not say its version within 5 seconds"
	[ $((SECONDS - started)) -lt 60 ]
	run ! pgrep -x jailer
}

@test "the jailer is asked as nobody, without a capability, a descriptor, an environment, or the caller's terminal" {
	jailer_that 'char line[256]; FILE *status = fopen("/proc/self/status", "r"); extern char **environ;
		while (fgets(line, sizeof(line), status)) if (!strncmp(line, "CapEff", 6) || !strncmp(line, "CapPrm", 6) ||
			!strncmp(line, "CapBnd", 6)) printf("%s,", strtok(line + 8, "\n") + 14);
		printf("%d,%d,%d,", getuid(), getgid(), getsid(0) == getpid());
		for (int fd = 4; fd < 100; fd++) if (!access(0, 0) || !lseek(fd, 0, SEEK_CUR)) printf("%d", fd);
		for (char **each = environ; *each; each++) printf("%s,", *each); printf("%s,x", argv[1]);'
	banger-priv check > "$BATS_TEST_TMPDIR/check" && false
	grep '^wrong: binaries' "$BATS_TEST_TMPDIR/check" | tee "$BATS_TEST_TMPDIR/line"
	grep -qF 'its version: 00,00,00,65534,65534,1,LC_ALL=C,PATH=/nonexistent,--version,x' "$BATS_TEST_TMPDIR/line"
	restore_binaries
}

@test "mends: the configuration, which it reports with file, line and reason" {
	local user verb
	printf '%s\n' '# ours' '' 'no_such_key = 1' >> /etc/banger/priv.conf
	for user in banger root; do
		status=0
		as "$user" banger-priv check > "$BATS_TEST_TMPDIR/check" 2> /dev/null || status=$?
		[ "$status" = 4 ]
		grep -q '^wrong: config: /etc/banger/priv.conf: line 5: no such key' "$BATS_TEST_TMPDIR/check"
	done
	mends config "/etc/banger/priv.conf: line 5: no such key"
	echo 'bridge = a/b' >> /etc/banger/priv.conf
	mends config "line 6: bridge must be"
	echo 'vm_uid = 1-2' >> /etc/banger/priv.conf
	mends config "line 7: vm_uid is there twice"
	echo 'nonsense' >> /etc/banger/priv.conf
	mends config "line 8: neither key = value nor a # comment"
	[ "$(grep -c '^# ' /etc/banger/priv.conf)" = 5 ]
	for verb in creat-tap check read-ext4-file batch; do
		echo "batch = create-tap $verb" >> /etc/banger/priv.conf
		expect 4 config banger-priv ensure-bridge
		[[ $err == *"batch must name verbs that may be in one, and $verb may not" ]]
		mends config "batch must name verbs that may be in one, and $verb may not"
	done
	echo 'batch = create-tap delete-tap' >> /etc/banger/priv.conf
	is_ready
	sed -i '/batch/d' /etc/banger/priv.conf
	echo '[main]' >> /etc/banger/priv.conf
	mends config "line 9: there are no [sections] here"
	chmod 0666 /etc/banger/priv.conf
	mends config "/etc/banger/priv.conf is not root's alone"
	chown banger /etc/banger
	mends config "/etc/banger is not root's alone"
	[ "$(stat -c '%U %a' /etc/banger/priv.conf)" = "root 644" ]
	rm /etc/banger/priv.conf
	is_ready
	[ "$(said config ok | gojq -r .text)" = "no /etc/banger/priv.conf: the defaults" ]
}

@test "mends: an owner that is not there" {
	cp /etc/passwd /etc/group "$BATS_TEST_TMPDIR"
	sed -i 's/^banger:/bangee:/' /etc/passwd /etc/group
	banger-priv check > "$BATS_TEST_TMPDIR/check" 2> /dev/null && false
	grep -q '^wrong: config: .*owner banger is not in /etc/passwd' "$BATS_TEST_TMPDIR/check"
	bash -c "$(said config wrong | gojq -r .command)"
	[ -z "$(said config wrong)" ]
	getent passwd banger
	cp "$BATS_TEST_TMPDIR"/{passwd,group} /etc
	# One that is there and must not be the owner, no command makes.
	usermod --gid 0 banger
	[ "$(said config wrong | gojq -r '.text, .command')" = \
		"/etc/banger/priv.conf: owner banger has root's group; give it one of its own with usermod --gid
null" ]
	[ "$(said sudoers unseen | gojq -r .text)" = "the rules, without an owner" ]
	usermod --gid 1900 banger
	is_ready
}

@test "says that it may not read a configuration, and what that means" {
	chmod 0600 /etc/banger/priv.conf
	as banger banger-priv check 2> /dev/null | grep '^unseen: config: .*goes by the defaults'
	is_ready
}

@test "mends: the program's own mode and owner" {
	chmod 0775 /usr/sbin/banger-priv
	mends program "/usr/sbin/banger-priv is not root's alone"
	chmod 0700 /usr/sbin/banger-priv
	mends program "/usr/sbin/banger-priv has mode 0700"
}

@test "a program that is not where sudoers names it is wrong there" {
	mv /usr/sbin/banger-priv /usr/local/sbin
	[ "$(/usr/local/sbin/banger-priv check format=json | gojq -r '.checks[] | select(.check == "program") | .state, .text' | xargs)" = \
		"wrong /usr/sbin/banger-priv, which sudoers names, is not there" ]
	mv /usr/local/sbin/banger-priv /usr/sbin
	is_ready
}

@test "mends: device nodes whose driver is there; else it names the module" {
	local node
	for node in net/tun kvm loop-control; do
		grep -qE " (${node#net/})\$" /proc/misc || continue
		mv "/dev/$node" "/dev/away"
		mends devices "/dev/$node is not there"
		[ "$(stat -c %t:%T "/dev/$node")" = "$(stat -c %t:%T /dev/away)" ]
		echo plain > /dev/plain
		mv /dev/plain "/dev/$node"
		mends devices "/dev/$node is not the device that it should be"
		mv /dev/away "/dev/$node"
	done
	mv /dev/mapper/control /dev/away
	grep -v device-mapper /proc/misc > "$BATS_TEST_TMPDIR/misc"
	mount --bind "$BATS_TEST_TMPDIR/misc" /proc/misc
	[ "$(said devices wrong | gojq -r .command)" = "modprobe dm_mod" ]
	umount /proc/misc
	mv /dev/away /dev/mapper/control
}

@test "mends: cgroup v2 that is not mounted, where v1 is and where nothing is" {
	mkdir /var/nothing
	mount --bind /var/nothing /sys/fs/cgroup
	mends cgroups "no cgroup v2 at /sys/fs/cgroup,"
	umount /sys/fs/cgroup
	umount /sys/fs/cgroup
	mount -t tmpfs v1 /sys/fs/cgroup
	mends cgroups "no cgroup v2 at /sys/fs/cgroup/unified,"
	umount /sys/fs/cgroup/unified
	umount /sys/fs/cgroup
	mount --bind /var/nothing /sys/fs
	[ "$(said cgroups wrong | gojq -r .text)" = "no cgroup v2 at /sys/fs/cgroup, by which a VM's processes are known" ]
	umount /sys/fs
	rmdir /var/nothing
}

@test "mends: ids of VMs that somebody else has; recommends what nobody has" {
	cp /etc/passwd "$BATS_TEST_TMPDIR"
	touch /etc/subuid /etc/subgid
	cp /etc/subuid /etc/subgid "$BATS_TEST_TMPDIR"
	echo 'admin:1900000990:100' >> /etc/subuid
	mends ids "vm_uid overlaps with line $(wc -l < /etc/subuid) of /etc/subuid"
	grep -qx 'vm_uid = 1900065536-1900131071' /etc/banger/priv.conf
	echo 'admin:1900131071:1' >> /etc/subgid
	mends ids "vm_gid overlaps with line $(wc -l < /etc/subgid) of /etc/subgid"
	echo 'guest:x:1900131072:1:::' >> /etc/passwd
	sed -i 's/^vm_uid.*/vm_uid = 1900131072-1900131073/' /etc/banger/priv.conf
	mends ids "vm_uid overlaps with line $(wc -l < /etc/passwd) of /etc/passwd"
	cp "$BATS_TEST_TMPDIR"/{passwd,subuid,subgid} /etc
	# One id for all is fit, and there is something better.
	rm /etc/banger/priv.conf
	is_ready
	bash -c "$(said ids note | gojq -r .command)"
	[ "$(cat /etc/banger/priv.conf)" = "vm_uid = 1900000000-1900065535
vm_gid = 1900000000-1900065535" ]
	[ -z "$(said ids note)" ]
}

@test "where all ids are somebody's none are recommended" {
	cp /etc/subuid "$BATS_TEST_TMPDIR"
	echo 'admin:1:2147483646' >> /etc/subuid
	: > /etc/banger/priv.conf
	[ "$(said ids note | gojq -r '.text, .command' | xargs)" = "all VMs share uid 1900 or gid 1900; ranges give each its own null" ]
	cp "$BATS_TEST_TMPDIR/subuid" /etc/subuid
}

@test "ids that cannot be compared are wrong" {
	mv /etc/subgid /etc/subgid.away
	mkdir /etc/subgid
	[ "$(said ids wrong | gojq -r .text)" = "vm_gid cannot be compared with /etc/subgid and /etc/passwd: Invalid argument" ]
	rmdir /etc/subgid
	{ cat /etc/subgid.away; head -c 70000 /dev/zero | tr '\0' '#'; } > /etc/subgid
	[ "$(said ids wrong | gojq -r .text)" = "vm_gid cannot be compared with /etc/subgid and /etc/passwd: File too large" ]
	mv /etc/subgid.away /etc/subgid
	is_ready
}

@test "libraries that are not there are wrong" {
	local library
	tests/lib/resolved start
	for library in $(sed -nE 's/^#define LIB(MNL|SYSTEMD)_FILE "(.*)"$/\2/p' "$BANGER_BUILD/build-config.h"); do
		mv "$library" "$library.away"
	done
	[ "$(said forwarding wrong | gojq -r '.text, .command' | xargs)" = \
		"the packet filter cannot be read: libmnl is missing apt-get install libmnl0" ]
	[ "$(said resolver wrong | gojq -r '.text, .command' | xargs)" = "libsystemd is missing apt-get install libsystemd0" ]
	for library in $(sed -nE 's/^#define LIB(MNL|SYSTEMD)_FILE "(.*)"$/\2/p' "$BANGER_BUILD/build-config.h"); do
		mv "$library.away" "$library"
	done
	[ "$(said resolver ok | gojq -r .text)" = "systemd-resolved answers" ]
	tests/lib/resolved stop
	is_ready
}

@test "forwarding that cannot be read is wrong" {
	mkdir "$BATS_TEST_TMPDIR/empty"
	mount --bind "$BATS_TEST_TMPDIR/empty" /proc/sys/net/ipv4
	[ "$(said forwarding wrong | gojq -r .text)" = "net.ipv4.ip_forward cannot be read: Invalid cross-device link" ]
	umount /proc/sys/net/ipv4
	local n
	n=$(strace -f -e trace=socket banger-priv check 2>&1 | grep 'socket(' | grep -n NETLINK_NETFILTER | cut -d: -f1 | head -1)
	[ "$(inject fail:EPROTONOSUPPORT socket "$n" banger-priv check format=json |
		gojq -r '.checks[] | select(.check == "forwarding" and .state == "wrong") | .text, .command' | xargs)" = \
		"the packet filter cannot be read: Protocol not supported modprobe nf_tables" ]
	is_ready
}

@test "notes: namespaces that are not process 1's" {
	unshare --net banger-priv check | grep '^note: namespaces: the network is not'
	unshare --mount banger-priv check | grep '^note: namespaces: the mounts are not'
	unshare --mount --net banger-priv check | grep '^note: namespaces: mounts and network are not'
	unshare --net bash -c "$(unshare --net banger-priv check format=json |
		gojq -r '.checks[] | select(.check == "namespaces").command')" | grep '^ok: namespaces'
}

@test "notes: a limit on open files that it cannot raise; one beyond use ends it" {
	as banger bash -c 'ulimit -Sn 512; ulimit -Hn 512; banger-priv check' | grep '^note: limits: no more than 512 open files'
	expect 4 host as banger bash -c 'ulimit -Sn 64; ulimit -Hn 64; exec banger-priv check'
	[[ $err == *"open files (ulimit -n)"* ]]
	# Root may raise it, where it has CAP_SYS_RESOURCE.
	if bash -c 'ulimit -Sn 512; ulimit -Hn 512; ulimit -Hn 4096' 2> /dev/null; then
		bash -c 'ulimit -Sn 512; ulimit -Hn 512; banger-priv check' | grep '^ok: limits'
	fi
}

@test "mends: leases that the kernel does not give" {
	echo 0 > "$BATS_TEST_TMPDIR/leases"
	mount --bind "$BATS_TEST_TMPDIR/leases" /proc/sys/fs/leases-enable
	mends kernel "fs.leases-enable is 0"
	umount /proc/sys/fs/leases-enable
}

@test "a kernel without one of the calls is named" {
	local call
	for call in pidfd_open execveat open_tree move_mount fsopen fsmount mount_setattr; do
		inject fail:ENOSYS "$call" 1 banger-priv check > "$BATS_TEST_TMPDIR/check" && false
		grep -q "^wrong: kernel: Linux .* does not let this process call $call\$" "$BATS_TEST_TMPDIR/check"
	done
}

@test "a kernel that is too old is named, by its number and not by its digits" {
	local release
	for release in 6.0.19-generic 5.10.0-35-amd64 4.19 2.6.32 6; do
		"$BANGER_BUILD/tests/older" "$release" check > "$BATS_TEST_TMPDIR/check" && false
		grep -qxF "wrong: kernel: Linux $release is older than 6.1" "$BATS_TEST_TMPDIR/check"
	done
	for release in 6.1.0-31-amd64 6.1 6.10.1 7.0 10.0.0; do
		"$BANGER_BUILD/tests/older" "$release" check > "$BATS_TEST_TMPDIR/check"
		grep -qF "ok: kernel: Linux $release, with the calls" "$BATS_TEST_TMPDIR/check"
	done
}

@test "mends: forward chains that drop while forward_hook = no" {
	iptables -P FORWARD DROP
	[ "$(said forwarding ok | gojq -r .text | grep 'chain FORWARD')" = \
		"the chain FORWARD of the nft table filter drops by policy; ensure-nat puts its one rule into FORWARD" ]
	is_ready
	echo 'forward_hook = no' >> /etc/banger/priv.conf
	mends forwarding "the chain FORWARD of the nft table filter drops by policy"
	nft delete table ip filter
	nft 'table inet wall { chain forward { type filter hook forward priority 0; counter reject; }; }'
	[[ $(said forwarding ok | gojq -r .text) == *"the chain forward of the nft table wall drops by a last rule; "* ]]
	nft delete table inet wall
	[[ $(said forwarding ok | gojq -r .text) == *"no forward chain drops"* ]]
}

@test "a forward chain in a table that its owner keeps is wrong where it drops by policy, and noted where it may accept before" {
	keep_table 'add chain inet kept forward { type filter hook forward priority 0; policy drop; }'
	[ "$(said forwarding wrong | gojq -r '.text, .command' | xargs)" = \
		"the chain forward of the nft table kept drops by policy; whose table it is must accept guests there null" ]
	let_go
	keep_table 'add chain inet kept forward { type filter hook forward priority 0; policy accept; }' \
		'add rule inet kept forward reject'
	[[ $(said forwarding note | gojq -r .text) == "the chain forward of the nft table kept drops by a last rule, unless "* ]]
	is_ready
	let_go
	is_ready
}

@test "does: systemd-resolved, there and not" {
	tests/lib/resolved start
	[ "$(said resolver ok | gojq -r .text)" = "systemd-resolved answers" ]
	as banger banger-priv check | grep '^ok: resolver'
	tests/lib/resolved stop
	is_ready
	# There is no systemd in here: its stand-in starts what the command means.
	printf '#!/bin/sh\n[ "$*" = "enable --now systemd-resolved" ] && exec %s start\n' \
		"$BATS_TEST_DIRNAME/lib/resolved" > /usr/local/bin/systemctl
	chmod 0755 /usr/local/bin/systemctl
	bash -c "$(said resolver note | gojq -r .command)"
	[ -z "$(said resolver note)" ]
	rm /usr/local/bin/systemctl
	tests/lib/resolved stop
	mkdir -p /run/dbus
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("/run/dbus/system_bus_socket")'
	[[ $(said resolver note | gojq -r .text) == *"systemd-resolved does not answer: Connection refused"* ]]
	rm -r /run/dbus
}

@test "leaves nothing behind: whichever call fails or kills it, no process and no change" {
	local before n status
	before=$(host_state)
	for n in $(seq 1 9 2000); do
		status=0
		inject kill caged "$n" banger-priv check > /dev/null 2>&1 || status=$?
		[ "$status" != 125 ] || break
		status=0
		inject fail:EIO caged "$((n + 4))" banger-priv check > /dev/null 2>&1 || status=$?
		case $status in 0 | 4 | 5 | 125) ;; *) echo "fail $((n + 4)): $status"; return 1 ;; esac
	done
	[ "$n" -gt 100 ]
	sleep 0.2
	run ! pgrep -x jailer
	diff <(echo "$before") <(host_state)
}

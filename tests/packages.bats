#!/usr/bin/env bats
# The Debian package: built by an ordinary user, installed, upgraded, removed and purged in this world.

load lib/common
load lib/jail

root=$BATS_TEST_DIRNAME/..

# What meson put there is in the way of what the package brings, and so are its users and directories.
setup_file() {
	meson introspect "$BANGER_BUILD" --installed | gojq -r '.[]' | xargs rm -f
	rm -rf /etc/banger /run/banger* /var/lib/banger
	userdel banger
	install -d -o stranger /var/tmp/build/banger-priv
	# Names of files as git has them, or all that lie there when the tree is no clone.
	(cd "$root" && { git ls-files -z -co --exclude-standard 2> /dev/null ||
		find . -path './build-*' -prune -o -path ./.git -prune -o -type f -print0; } |
		tar -c --null --no-recursion -T - | tar -x -C /var/tmp/build/banger-priv)
	chown -R stranger: /var/tmp/build
	(cd /var/tmp/build/banger-priv &&
		as stranger env HOME=/nonexistent dpkg-buildpackage --no-sign > /var/tmp/build/log 2>&1) ||
		{ tail -50 /var/tmp/build/log; return 1; }
	files > /var/tmp/build/before
	cp /etc/passwd /etc/shadow /etc/group /etc/gshadow /var/tmp/build
}

deb() { echo /var/tmp/build/banger-priv_*_"$(dpkg --print-architecture)".deb; }

# Names, owners and modes of what is on the system, but for dpkg's own records and man-db's cache.
files() {
	find /etc /usr /var /run -xdev \( -path '/run/world*' -o -path /var/tmp/build -o \
		-path /var/lib/dpkg -o -path /var/log -o -path /var/cache -o -path /run/sudo -o -path /run/lock \
		-o -path '/run/user*' \) -prune -o -type d -printf '%p/ %U %G %m\n' -o -printf '%p %U %G %m\n' |
		grep -vE '^/etc/(passwd|shadow|group|gshadow|subuid|subgid)-|^/etc/\.pwd\.lock' | sort
}

# The same package with a higher version, and with TEXT at the end of its configuration.
newer() { # TEXT
	rm -rf /var/tmp/build/newer*
	dpkg-deb -R "$(deb)" /var/tmp/build/newer
	sed -i 's/^Version: .*/&+newer/' /var/tmp/build/newer/DEBIAN/control
	printf '%s' "$1" >> /var/tmp/build/newer/etc/banger/priv.conf
	dpkg-deb -b /var/tmp/build/newer /var/tmp/build/newer.deb > /dev/null
}

@test "lintian has nothing to say, and blhc finds every flag of hardening" {
	(cd /var/tmp/build && as stranger env HOME=/nonexistent LINTIAN_PROFILE=debian \
		lintian --no-cfg --fail-on error,warning,info ./*.changes)
	# The stand-ins for firecracker and the jailer are static, as those are, and are not in the package.
	blhc --all --ignore-line '.*tests/standin/static/.*' /var/tmp/build/log
}

@test "installed: the places and modes of the contract, the user, the directories; the rules hold" {
	dpkg -i "$(deb)"
	[ "$(stat -c '%U %G %a' /usr/sbin/banger-priv)" = "root root 755" ]
	[ "$(stat -c '%U %G %a' /etc/sudoers.d/banger-priv)" = "root root 440" ]
	[ "$(stat -c '%U %G %a' /etc/banger/priv.conf)" = "root root 644" ]
	[ "$(dpkg-query -W -f '${Conffiles}' banger-priv | awk '{ print $1 }' | sort | xargs)" = \
		"/etc/banger/priv.conf /etc/sudoers.d/banger-priv" ]
	cmp /etc/sudoers.d/banger-priv "$root/sudoers.d/banger-priv"
	visudo -c
	[[ $(getent passwd banger) == banger:*:/var/lib/banger:*nologin ]]
	[[ $(getent shadow banger) =~ ^banger:[!*] ]]
	[ "$(stat -c '%U %a' /var/lib/banger /var/lib/banger/jail /var/lib/banger/jail/firecracker | uniq)" = "root 711" ]
	[ "$(stat -c '%U %a' /run/banger)" = "banger 711" ]
	[ "$(stat -c '%U %a' /run/banger-priv)" = "root 700" ]
	local file
	for file in /usr/lib/tmpfiles.d/banger-priv.conf /usr/lib/sysusers.d/banger-priv.conf \
		/usr/lib/udev/rules.d/09-banger-priv.rules /usr/share/bash-completion/completions/banger-priv \
		/usr/share/man/man8/banger-priv.8.gz /usr/share/man/man5/priv.conf.5.gz; do
		[ -s "$file" ]
	done
	expect 0 - own ensure-bridge
	expect 0 - own create-tap banger-a
	expect 3 malformed banger-priv create-tap eth0
	run ! own create-tap eth0
	expect 0 - own delete-tap banger-a
	ip link delete banger0
}

@test "installed: what it opens late and executes is of packages that it names; check finds nothing wrong but the kernel's" {
	local file package depends
	depends=$(dpkg-query -W -f '${Depends}' banger-priv | tr ',' '\n' | sed -E 's/^ *([^ ]*).*/\1/')
	for file in $(sed -nE 's/^#define LIB[A-Z]+_FILE "(.*)"$/\1/p' "$BANGER_BUILD/build-config.h") /usr/sbin/e2fsck /usr/bin/sudo; do
		package=$(dpkg -S "$file" "$(realpath "$file")" "${file#/usr}" 2> /dev/null | cut -d: -f1 | sort -u | head -1)
		grep -qxF "$package" <<< "$depends" || { echo "$file is of $package, which is not among: $depends"; return 1; }
	done
	restore_binaries
	[ -z "$(banger-priv check format=json | gojq -r '.checks[] | select(.state == "wrong" and (.check | IN("devices", "cgroups") | not)).text')" ]
	rm /usr/local/bin/{firecracker,jailer}
}

@test "upgraded: the admin's configuration stays, the rules and the program go with the package" {
	echo "bridge = banger7" > /etc/banger/priv.conf
	newer ""
	dpkg -i /var/tmp/build/newer.deb
	[ "$(cat /etc/banger/priv.conf)" = "bridge = banger7" ]
	# Even when the package has another text to offer.
	newer "# more"
	dpkg -i --force-confold /var/tmp/build/newer.deb
	[ "$(cat /etc/banger/priv.conf)" = "bridge = banger7" ]
	expect 0 - own ensure-bridge
	ip link delete banger7
	rm -f /etc/banger/priv.conf.dpkg-dist
}

@test "removed: the configuration is left, the program is not, and comes back as it was" {
	dpkg -r banger-priv
	[ ! -e /usr/sbin/banger-priv ]
	[ "$(cat /etc/banger/priv.conf)" = "bridge = banger7" ]
	visudo -c
	dpkg -i /var/tmp/build/newer.deb
	[ "$(cat /etc/banger/priv.conf)" = "bridge = banger7" ]
}

@test "purged: a VM's disk stays where its owner put it; nothing else does, but the user" {
	install -d -o banger -g banger /var/lib/banger/vm1
	as banger sh -c "echo disk > /var/lib/banger/vm1/rootfs"
	# Since the first VM, jail_dir is a mount, of itself.
	restore_binaries
	expect 0 - own prepare-jailer-chroot vm1 /var/lib/banger/vm1/rootfs
	expect 0 - own cleanup-jailer-chroot vm1
	rm /usr/local/bin/{firecracker,jailer}
	mountpoint -q /var/lib/banger/jail
	dpkg -P banger-priv
	[ "$(cat /var/lib/banger/vm1/rootfs)" = disk ]
	[ "$(find /var/lib/banger | sort | xargs)" = "/var/lib/banger /var/lib/banger/vm1 /var/lib/banger/vm1/rootfs" ]
	rm -r /var/lib/banger
	files | diff /var/tmp/build/before -
	userdel banger
	local file
	for file in passwd shadow group gshadow; do
		diff "/var/tmp/build/$file" "/etc/$file"
	done
}

@test "purged without ever having been used: nothing is left" {
	dpkg -i "$(deb)"
	dpkg -P banger-priv
	userdel banger
	files | diff /var/tmp/build/before -
}

@test "purged: what an admin has mounted over a directory stays, empty or not, and so does the directory" {
	install -d /var/lib/banger
	mount -t tmpfs -o mode=711 state /var/lib/banger
	dpkg -i "$(deb)"
	mount -t tmpfs -o mode=711 jail /var/lib/banger/jail
	dpkg -P banger-priv
	[ "$(find /var/lib/banger | xargs)" = "/var/lib/banger /var/lib/banger/jail" ]
	umount /var/lib/banger/jail
	umount /var/lib/banger
	rmdir /var/lib/banger
	userdel banger
	files | diff /var/tmp/build/before -
}

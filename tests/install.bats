#!/usr/bin/env bats
# What is installed: the places, the modes, and how the binary was built.

load lib/common

program=/usr/sbin/banger-priv

@test "the binary is root's, not setuid, and where sudoers says" {
	[ "$(stat -c '%U %G %a' $program)" = "root root 755" ]
	[ -z "$(getcap $program)" ]
}

@test "sudoers, configuration, tmpfiles, sysusers, completion and manual pages are in their places" {
	[ "$(stat -c '%U %G %a' /etc/sudoers.d/banger-priv)" = "root root 440" ]
	visudo -c
	[ "$(stat -c '%U %G %a' /etc/banger/priv.conf)" = "root root 644" ]
	[ -s /usr/lib/tmpfiles.d/banger-priv.conf ]
	[ -s /usr/lib/sysusers.d/banger-priv.conf ]
	[ -s /usr/share/bash-completion/completions/banger-priv ]
	local page
	for page in man8/banger-priv.8 man5/priv.conf.5; do
		[ -e "/usr/share/man/$page" ] || [ -e "/usr/share/man/$page.gz" ]
	done
}

@test "another prefix moves none of what sudo and the daemon rely on" {
	meson setup --prefix /opt/elsewhere "$BATS_TEST_TMPDIR/b" "$BATS_TEST_DIRNAME/.." > /dev/null
	meson introspect "$BATS_TEST_TMPDIR/b" --installed > "$BATS_TEST_TMPDIR/installed"
	local place
	for place in /usr/sbin/banger-priv /etc/sudoers.d/banger-priv /etc/banger/priv.conf; do
		grep -q "\"$place\"" "$BATS_TEST_TMPDIR/installed"
	done
}

@test "with the options as they are, what is installed is what stands in the tree" {
	local root=$BATS_TEST_DIRNAME/..
	cmp /etc/sudoers.d/banger-priv "$root/sudoers.d/banger-priv"
	cmp /etc/banger/priv.conf "$root/data/priv.conf"
	cmp /usr/share/man/man8/banger-priv.8 "$root/man/banger-priv.8"
	cmp /usr/share/man/man5/priv.conf.5 "$root/man/priv.conf.5"
}

@test "a build with other defaults installs files that name these, and no other" {
	local place=$BATS_TEST_TMPDIR/placed file
	meson setup -Downer=alice -Dstate_dir=/srv/b -Djail_dir=/srv/b/jails -Druntime_dir=/run/b -Dbridge=br7 \
		-Dbridge_address=10.7.0.1/24 -Dtap_prefix=vm- "$BATS_TEST_TMPDIR/o" "$BATS_TEST_DIRNAME/.." > /dev/null
	ninja -C "$BATS_TEST_TMPDIR/o" banger-priv data/{banger-priv,priv.conf,banger-priv.8,priv.conf.5} > /dev/null
	DESTDIR=$place meson install -C "$BATS_TEST_TMPDIR/o" --no-rebuild --quiet
	"$place/usr/sbin/banger-priv" sudoers | cmp - "$place/etc/sudoers.d/banger-priv"
	visudo -cqf "$place/etc/sudoers.d/banger-priv"
	for file in /etc/sudoers.d/banger-priv:'alice ALL' /etc/banger/priv.conf:'owner = alice' \
		/usr/share/man/man8/banger-priv.8:'/srv/b/jails' /usr/share/man/man5/priv.conf.5:'default: alice' \
		/usr/lib/tmpfiles.d/banger-priv.conf:'/run/b 0711 alice alice' /usr/lib/sysusers.d/banger-priv.conf:'u alice' \
		/usr/lib/udev/rules.d/09-banger-priv.rules:'"/srv/b/\*"'; do
		grep -q "${file#*:}" "$place/${file%%:*}"
	done
	run ! grep -rE --exclude-dir=sbin --exclude-dir=completions \
		'/var/lib/banger|/run/banger([^\\-]|$)|banger0|(=|default:|network of) 172\.30|banger\\?-"|^(u )?banger |0711 banger|= banger$|default: banger\)' "$place"
	# Nor does one whose rules would mean something else than it says.
	run ! meson setup -Dstate_dir='/srv/*' "$BATS_TEST_TMPDIR/e" "$BATS_TEST_DIRNAME/.."
	[[ $output == *"state_dir may have A-Z a-z 0-9 _ / . - only"* ]]
}

@test "the ELF file is position independent, read-only after relocation, without an executable stack" {
	[[ $(readelf -hW $program) == *"DYN (Position-Independent Executable file)"* ]]
	readelf -lW $program | grep -q GNU_RELRO
	readelf -dW $program | grep -qE 'FLAGS.*BIND_NOW'
	[[ $(readelf -lW $program | awk '/GNU_STACK/ { print $7 }') == RW ]]
	[ "$(readelf -lW $program | awk '$1 == "LOAD"' | grep -c ' RWE ')" = 0 ]
	run ! grep -qE 'RPATH|RUNPATH' <(readelf -dW $program)
	objdump -d --disassemble=main $program | grep -q endbr64
}

@test "stack protector, fortify and stack clash protection are in it" {
	nm -D $program | grep -q __stack_chk_fail
	nm -D $program | grep -qE '__(snprintf|vsnprintf|memcpy|read)_chk'
	run ! grep -qE ' U (gets|system|popen|execvp|execlp)(@|$)' <(nm -D $program)
}

@test "it loads with libc alone, and writes to nothing that is executable" {
	[ -z "$(readelf -dW $program | awk '/NEEDED/ { print $5 }' | grep -vE '^\[(libc|ld-linux.*)\.so\.[0-9]+\]$')" ]
	run ! grep -q TEXTREL <(readelf -dW $program)
}

@test "an instrumented build is never installed" {
	meson setup -Db_sanitize=address "$BATS_TEST_TMPDIR/s" "$BATS_TEST_DIRNAME/.." > /dev/null
	[ "$(meson introspect "$BATS_TEST_TMPDIR/s" --installed)" = "{}" ]
}

@test "the user and the directories are made by README.md's commands" {
	userdel banger
	rm -r /var/lib/banger
	eval "$(grep -oE 'systemd-sysusers .* --create [a-z.-]+' "$BATS_TEST_DIRNAME/../README.md")"
	[ "$(stat -c '%U %G %a' /run/banger)" = "banger banger 711" ]
	[ "$(stat -c '%U %a' /var/lib/banger /var/lib/banger/jail /var/lib/banger/jail/firecracker | uniq)" = "root 711" ]
	expect 0 - own ensure-socket-dir
}

# README.Debian has them in a paragraph of their own, for alice.
@test "another owner: README.Debian's commands give it the rules, and its directory at each boot" {
	echo "owner = admin" >> /etc/banger/priv.conf
	eval "$(sed -n '/^    banger-priv sudoers/,/^$/p' "$BATS_TEST_DIRNAME/../debian/README.Debian" | sed 's/alice/admin/g')"
	rm -rf /run/banger
	systemd-tmpfiles --create banger-priv.conf
	[ "$(stat -c '%U %G %a' /run/banger)" = "admin admin 711" ]
	expect 0 - as admin sudo -n banger-priv ensure-socket-dir
	rm /etc/tmpfiles.d/banger-priv.conf
	systemd-tmpfiles --create banger-priv.conf
	expect 3 foreign as admin sudo -n banger-priv ensure-socket-dir
	rm -r /run/banger
	install_configuration
}

# priv.conf(5) has them under owner and state_dir, for alice and /srv/b.
@test "another owner, another state_dir: the manual page's commands tell tmpfiles and udev" {
	local commands
	commands=$(awk '/^\.fi/ { on = 0 } on { print } /^\.nf/ { on = 1 }' /usr/share/man/man5/priv.conf.5 |
		sed "s/\\\\e\$/\\\\/; s/\\\\-/-/g; s/\\\\(aq/'/g; s/\\\\(ha/^/g; s/alice/admin/g; /^udevadm/d")
	echo "owner = admin" >> /etc/banger/priv.conf
	mkdir -p /etc/udev/rules.d
	eval "$commands"
	[ "$(stat -c '%U %G %a' /run/banger)" = "admin admin 711" ]
	expect 0 - as admin sudo -n banger-priv ensure-socket-dir
	[ "$(diff /usr/lib/udev/rules.d/09-banger-priv.rules /etc/udev/rules.d/09-banger-priv.rules | grep '^>')" = \
		'> KERNEL=="loop[0-9]*", ATTR{loop/backing_file}=="/srv/b/*", GOTO="banger_priv_ours"' ]
	rm -r /run/banger /etc/tmpfiles.d/banger-priv.conf /etc/udev/rules.d/09-banger-priv.rules
	install_configuration
}

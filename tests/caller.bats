#!/usr/bin/env bats
# Who may call, and with which configuration.

load lib/common

setup_file() { banger-priv ensure-bridge; }
setup() { canaries_plant; }
teardown() {
	rm -rf /etc/banger
	install -d -m 0755 /etc/banger
	ip link delete banger-a 2> /dev/null || :
	canaries_same
	canaries_end
}

configure() { printf '%s\n' "$@" > /etc/banger/priv.conf; }

@test "root by hand, the owner, and an admin may; nobody else" {
	expect 0 - banger-priv create-tap banger-a
	expect 0 - own create-tap banger-a
	expect 3 caller env SUDO_UID=1901 banger-priv create-tap banger-a
	expect 3 caller env SUDO_UID=1902 banger-priv create-tap banger-a
	[[ $err == *admins* ]]
	configure "admins = admin"
	expect 0 - env SUDO_UID=1901 banger-priv create-tap banger-a
	expect 3 caller env SUDO_UID=1902 banger-priv create-tap banger-a
	configure "admins = 1902"
	expect 0 - env SUDO_UID=1902 banger-priv create-tap banger-a
	expect 3 caller env SUDO_UID=1901 banger-priv create-tap banger-a
}

@test "an admin through a sudo rule of their own" {
	echo 'admin ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/admin
	expect 3 caller as admin sudo -n banger-priv create-tap banger-a
	configure "admins = admin"
	expect 0 - as admin sudo -n banger-priv create-tap banger-a
	rm /etc/sudoers.d/admin
}

@test "a SUDO_UID that is no plain decimal is nobody's" {
	local value
	for value in '' ' 1900' '1900 ' +1900 01900 -1 4294967295 4294969196 0x76c 1900x 00; do
		expect 3 caller env SUDO_UID="$value" banger-priv create-tap banger-a
	done
	run ! ip link show banger-a
}

@test "without root there is no privileged verb" {
	expect 3 caller as banger banger-priv create-tap banger-a
	expect 3 caller as banger env SUDO_UID=0 banger-priv ensure-bridge
}

@test "sudo lets the owner do this and nothing else" {
	local rest
	for rest in "-u#-1" "-u#4294967295" "-gdisk" "-hother" "-R/" "-D/tmp" "-E" "-s" "-i"; do
		run ! as banger sudo -n "$rest" banger-priv create-tap banger-a
	done
	run ! as banger sudo -n LD_PRELOAD=/tmp/x banger-priv create-tap banger-a
	run ! as banger sudo -n -e /usr/sbin/banger-priv
	run ! as banger sudo -n banger-priv create-tap eth0
	run ! as stranger sudo -n banger-priv create-tap banger-a
	cp /usr/sbin/banger-priv /tmp/banger-priv
	run ! as banger sudo -n /tmp/banger-priv create-tap banger-a
	rm /tmp/banger-priv
	run ! ip link show banger-a
}

@test "one word with a space in it passes sudo, and not the program" {
	expect 2 usage own "create-tap banger-a"
	expect 3 malformed own create-tap "banger-a uid=1900"
	run ! ip link show banger-a
}

@test "a setuid, setgid or capable binary refuses to run" {
	local mode
	for mode in 4755 2755 6755; do
		install -m "$mode" /usr/sbin/banger-priv /usr/bin/setuid-copy
		expect 4 host /usr/bin/setuid-copy create-tap banger-a
		expect 4 host as banger /usr/bin/setuid-copy create-tap banger-a
		expect 4 host as banger /usr/bin/setuid-copy version
	done
	install -m 0755 /usr/sbin/banger-priv /usr/bin/setuid-copy
	setcap cap_net_admin+ep /usr/bin/setuid-copy
	expect 4 host as banger /usr/bin/setuid-copy create-tap banger-a
	rm /usr/bin/setuid-copy
	run ! ip link show banger-a
}

@test "a configuration that is not root's alone stops every privileged verb" {
	local change
	for change in "chown banger /etc/banger/priv.conf" "chmod g+w /etc/banger/priv.conf" \
		"chmod o+w /etc/banger/priv.conf" "chown banger /etc/banger" "chmod 0777 /etc/banger" \
		"mv /etc/banger/priv.conf /etc/banger/x; ln -s x /etc/banger/priv.conf" \
		"rm /etc/banger/priv.conf; mkdir /etc/banger/priv.conf" \
		"rm /etc/banger/priv.conf; mkfifo -m 0600 /etc/banger/priv.conf" \
		"mv /etc/banger /etc/elsewhere; ln -s elsewhere /etc/banger"; do
		rm -rf /etc/banger /etc/elsewhere
		install -d /etc/banger
		configure "owner = banger"
		expect 0 - banger-priv create-tap banger-a
		ip link delete banger-a
		eval "$change"
		expect 4 config banger-priv create-tap banger-a
		run ! ip link show banger-a
	done
	rm -rf /etc/elsewhere
}

@test "a configuration with an error in it stops every privileged verb, with line and reason" {
	configure "# comment" "nosuch = 1"
	expect 4 config own create-tap banger-a
	[[ $err == *"line 2: no such key"* ]]
	configure "tap_prefix = BAD"
	expect 4 config own create-tap banger-a
	[[ $err == *"line 1: tap_prefix must be"* ]]
	configure "owner = banger" "owner = banger"
	expect 4 config own ensure-bridge
	[[ $err == *"line 2: owner is there twice"* ]]
	configure $'owner = ba\e[2Jnger'
	expect 4 config own ensure-bridge
	local line
	for line in "bridge_address = 172.30.0.1/"{7,31,99999999} "bridge_address = 172.30.0."{0,255,256,1111111111}/24 \
		"vm_uid = "{3000000000,5-4,5-3000000000,11111111111-5,65534,60000-70000} "owner = 65534" "admins = 1901 65534"; do
		configure "$line"
		expect 4 config own ensure-bridge
		[[ $err == *"line 1: ${line%% *} must be "* ]]
	done
	configure "admins = admin nosuchuser"
	expect 4 config banger-priv ensure-socket-dir
	[[ $err == *"admins: nosuchuser is not in /etc/passwd, or is root" ]]
	configure "owner = nosuchuser"
	expect 4 config banger-priv ensure-socket-dir
	# Whose processes could reach into those stages that are nobody's.
	for line in "owner = nobody" "admins = admin nobody"; do
		configure "$line"
		expect 4 config banger-priv ensure-socket-dir
		[[ $err == *" nobody has uid 65534, as whom much of this program runs; give a user of its own" ]]
	done
	head -c 70000 /dev/zero | tr '\0' '#' > /etc/banger/priv.conf
	expect 4 config own ensure-bridge
	# White space that is none here, but is to the library that reads it.
	configure $'\f[section]' "owner = banger"
	expect 4 config own ensure-bridge
	[[ $err == *"line 2: there are no [sections] here"* ]]
	configure "runtime_dir = /run/$(head -c 102 /dev/zero | tr '\0' a)"
	expect 4 config own ensure-bridge
	[[ $err == *"runtime_dir is too long for a socket's path below it"* ]]
	local text why
	while IFS='|' read -r text why; do
		printf "$text\n" > /etc/banger/priv.conf
		expect 4 config own ensure-bridge
		[[ $err == *": /etc/banger/priv.conf: $why" ]]
	done <<- 'ROWS'
		tap_prefix : bang|line 1: neither key = value nor a # comment
		owner = banger\ntap_prefix = bang ;er|line 2: neither key = value nor a # comment
		admins = admin, stranger|line 1: admins must be a user's name in /etc/passwd or a uid, not root or nobody (65534); several are separated by spaces, 32 at most
		runtime_dir = /var/lib/banger|runtime_dir is state_dir, or above it
		runtime_dir = /var/lib|runtime_dir is state_dir, or above it
		jail_dir = /j\nruntime_dir = /j/run|runtime_dir is jail_dir, or above or below it
		state_dir = /a/b\njail_dir = /a|state_dir lies in jail_dir
	ROWS
	run ! ip link show banger-a
}

@test "an /etc/passwd with a line that is none is read past it, with one that is too long not at all" {
	cp -p /etc/passwd "$BATS_TEST_TMPDIR"
	printf 'banger\nbanger:x\nbanger:x:0:0\nbanger:x:zero:0::/:/bin/sh\n' | cat - "$BATS_TEST_TMPDIR/passwd" > /etc/passwd
	expect 0 - banger-priv create-tap banger-a
	ip link delete banger-a
	{ cat "$BATS_TEST_TMPDIR/passwd"; echo "long:x:77:77:$(head -c 16384 /dev/zero | tr '\0' a)::"; } > /etc/passwd
	expect 4 config banger-priv create-tap banger-a
	[[ $err == *"/etc/passwd cannot be read, or has a line of more than 16384 bytes"* ]]
	run ! ip link show banger-a
	# Of two entries the first is the one that sudo takes.
	{ cat "$BATS_TEST_TMPDIR/passwd"; echo 'banger:x:1902:1902::/:/bin/sh'; echo 'other:x:1900:1902::/:/bin/sh'; } > /etc/passwd
	for owner in banger 1900; do
		configure "owner = $owner"
		expect 0 - own create-tap banger-a
		ip -j -d link show banger-a | gojq -e '.[0].linkinfo.info_data | .user == "banger" and .group == "banger"'
		expect 3 caller env SUDO_UID=1902 banger-priv create-tap banger-a
		ip link delete banger-a
	done
	sed 's/^banger:x:1900:/banger:x:0:0:::\n&/' "$BATS_TEST_TMPDIR/passwd" > /etc/passwd
	configure "owner = banger"
	expect 4 config banger-priv create-tap banger-a
	[[ $err == *"owner banger is not in /etc/passwd, or is root" ]]
	# Nothing of the owner's gets root's group.
	sed 's/^banger:x:1900:1900:/banger:x:1900:0:/' "$BATS_TEST_TMPDIR/passwd" > /etc/passwd
	rmdir /run/banger 2> /dev/null || :
	for owner in banger 1900; do
		configure "owner = $owner"
		expect 4 config banger-priv ensure-socket-dir
		[[ $err == *"owner $owner has root's group; give it one of its own with usermod --gid" ]]
		[ ! -e /run/banger ]
	done
	# One without an entry has the group of the same number.
	configure "owner = 1955"
	expect 0 - banger-priv ensure-socket-dir
	[ "$(stat -c %u:%g /run/banger)" = 1955:1955 ]
	rmdir /run/banger
	cp -p "$BATS_TEST_TMPDIR/passwd" /etc/passwd
}

@test "other values of the configuration are used" {
	configure "tap_prefix = tx-" "bridge = br-test" "bridge_address = 10.77.0.1/16" "vm_uid = 5000-5009" \
		"vm_gid = 6000"
	expect 0 - banger-priv ensure-bridge
	ip -j -4 addr show br-test | gojq -e '.[0].addr_info[0] | .local == "10.77.0.1" and .prefixlen == 16'
	expect 3 malformed banger-priv create-tap banger-a
	expect 0 - banger-priv create-tap tx-a uid=5009
	ip -j -d link show tx-a | gojq -e '.[0] | .master == "br-test" and .linkinfo.info_data.user == 5009
		and .linkinfo.info_data.group == 6000'
	expect 3 not-allowed banger-priv create-tap tx-b uid=5010
	ip link delete tx-a
	ip link delete br-test
}

@test "every operand of more than 4096 bytes, empty, or with control bytes is refused" {
	local verb
	for verb in create-tap delete-tap; do
		expect 3 malformed banger-priv "$verb" ""
		expect 3 malformed banger-priv "$verb" "banger-$(head -c 4090 /dev/zero | tr '\0' a)"
		expect 3 malformed banger-priv "$verb" $'banger-\x01'
		expect 3 malformed banger-priv "$verb" $'banger-\x7f'
	done
}

#!/usr/bin/env bats
# resolve-binary: where the configured firecracker or jailer is, if it may be run as root.

load lib/common

setup() {
	canaries_plant
	install_configuration
	rm -rf /usr/local/bin/firecracker /usr/local/bin/jailer /usr/bin/jailer /opt/banger
	install -m 0755 /bin/true /usr/local/bin/firecracker
}
teardown() {
	rm -rf /usr/local/bin/firecracker /usr/local/bin/jailer /usr/bin/jailer /opt/banger /opt/open /opt/link
	install_configuration
	canaries_end
}

# The message's command, done, is the remedy.
remedy_works() {
	local command=${err#*: install }
	[ "$command" != "$err" ]
	(cd "$BATS_TEST_TMPDIR" && install -m 0755 /bin/true firecracker && install -m 0755 /bin/true jailer &&
		eval "install $command")
}

@test "does: the configured path" {
	expect 0 - own resolve-binary firecracker
	[ "$out" = '{"path":"/usr/local/bin/firecracker"}' ]
	install -m 0755 /bin/true /usr/local/bin/jailer
	expect 0 - own resolve-binary jailer
	[ "$out" = '{"path":"/usr/local/bin/jailer"}' ]
	canaries_same
}

@test "does: a bare name in its three places, in their order, whatever PATH says" {
	echo "jailer = jailer" > /etc/banger/priv.conf
	install -D -m 0755 /bin/true /opt/banger/bin/jailer
	expect 0 - env PATH=/tmp:/usr/sbin:/usr/bin:/bin banger-priv resolve-binary jailer
	[ "$out" = '{"path":"/opt/banger/bin/jailer"}' ]
	install -m 0755 /bin/true /usr/bin/jailer
	expect 0 - own resolve-binary jailer
	[ "$out" = '{"path":"/usr/bin/jailer"}' ]
	install -m 0755 /bin/true /usr/local/bin/jailer
	expect 0 - own resolve-binary jailer
	[ "$out" = '{"path":"/usr/local/bin/jailer"}' ]
	# One that is not as it must be is not passed over.
	chmod 0777 /usr/local/bin/jailer
	expect 4 host own resolve-binary jailer
	# Where none is, the first place is where it belongs.
	rm /usr/local/bin/jailer /usr/bin/jailer /opt/banger/bin/jailer
	expect 4 host own resolve-binary jailer
	[[ $err == *"/usr/local/bin/jailer is not there: install -D -o root -g root -m 0755 jailer /usr/local/bin/jailer" ]]
	canaries_same
}

@test "does: behind directories that are closed to others" {
	install -d -m 0700 /opt/banger
	install -D -m 0700 /bin/true /opt/banger/bin/firecracker
	chmod 0700 /opt/banger
	echo "firecracker = /opt/banger/bin/firecracker" > /etc/banger/priv.conf
	expect 0 - own resolve-binary firecracker
}

@test "unsafe: each kind of wrong, and the command that mends it" {
	local kind file=/usr/local/bin/firecracker
	for kind in absent link owner group others setuid setgid plain; do
		rm -rf "$file"
		install -m 0755 /bin/true "$file"
		case $kind in
		absent) rm "$file" ;;
		link) ln -sf /bin/true "$file" ;;
		owner) chown banger "$file" ;;
		group) chmod 0775 "$file" ;;
		others) chmod 0757 "$file" ;;
		setuid) chmod 4755 "$file" ;;
		setgid) chmod 2755 "$file" ;;
		plain) chmod 0644 "$file" ;;
		esac
		echo "$kind"
		expect 4 host own resolve-binary firecracker
		remedy_works
		expect 0 - own resolve-binary firecracker
	done
	rm "$file"
	mkdir "$file"
	expect 4 host own resolve-binary firecracker
	rmdir "$file"
	mkfifo "$file"
	expect 4 host own resolve-binary firecracker
	canaries_same
}

@test "unsafe: a directory above it that somebody else may change, and the command that mends it" {
	install -D -m 0755 /bin/true /opt/open/bin/firecracker
	echo "firecracker = /opt/open/bin/firecracker" > /etc/banger/priv.conf
	local kind
	for kind in owner group others; do
		case $kind in
		owner) chown banger /opt/open ;;
		group) chmod 0775 /opt/open ;;
		others) chmod 1777 /opt/open ;;
		esac
		expect 4 host own resolve-binary firecracker
		remedy_works
		expect 0 - own resolve-binary firecracker
	done
	ln -s open /opt/link
	echo "firecracker = /opt/link/bin/firecracker" > /etc/banger/priv.conf
	expect 4 host own resolve-binary firecracker
	[[ $err == *priv.conf* ]]
}

@test "refuses: every other name" {
	local name
	for name in sh /bin/sh firecracker2 ../firecracker /usr/local/bin/firecracker Firecracker ''; do
		expect 3 malformed banger-priv resolve-binary "$name"
	done
	expect 2 usage banger-priv resolve-binary
	expect 2 usage banger-priv resolve-binary firecracker jailer
}

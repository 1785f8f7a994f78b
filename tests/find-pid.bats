#!/usr/bin/env bats
# find-pid: which process is the firecracker that listens at a socket, or that is a VM's.

load lib/common
load lib/vmm

setup_file() { vmm_install; }
setup() {
	canaries_plant
	banger-priv ensure-socket-dir
	mkdir /run/foreign
}
teardown() {
	vmm_clean
	canaries_end
}

jail=/var/lib/banger/jail/firecracker

@test "does: the listener, by one connection that the owner makes" {
	vmm_start banger vm1 /run/banger/a.sock
	expect 0 - own find-pid /run/banger/a.sock
	[ "$out" = "{\"pid\":$pid}" ]
	# Not one that was told the same, and started later.
	local listener=$pid
	start as banger bash -c 'exec -a "firecracker --api-sock /run/banger/a.sock" sleep 60'
	expect 0 - own find-pid /run/banger/a.sock
	[ "$out" = "{\"pid\":$listener}" ]
	canaries_same
}

@test "does: in a jail, by a socket that is the owner's to connect to" {
	jail_start vm1 1900
	expect 0 - own find-pid $jail/vm1/root/run/api.sock
	[ "$out" = "{\"pid\":$pid}" ]
}

@test "does: in the jail of a VM with a uid of its own, once the socket is given to the owner" {
	echo "vm_uid = 1900000000-1900000009" > /etc/banger/priv.conf
	jail_start vm1 1900000003
	chmod 0600 $jail/vm1/root/run/api.sock
	expect 3 foreign own find-pid $jail/vm1/root/run/api.sock
	[[ $err == *ensure-socket-access* ]]
	own ensure-socket-access $jail/vm1/root/run/api.sock
	expect 0 - own find-pid $jail/vm1/root/run/api.sock
	[ "$out" = "{\"pid\":$pid}" ]
}

@test "does: as on a kernel before 6.5, without SO_PEERPIDFD" {
	vmm_start banger vm1 /run/banger/a.sock
	# SO_PEERCRED comes first.
	expect 0 - inject fail:ENOPROTOOPT getsockopt 2 banger-priv find-pid /run/banger/a.sock
	[ "$out" = "{\"pid\":$pid}" ]
}

@test "does: a VM whose id stands behind an equals sign" {
	local id
	mv /usr/local/bin/firecracker "$BATS_TEST_TMPDIR"
	echo '#include <unistd.h>
	int main(void) { for (;;) pause(); }' | cc -o /usr/local/bin/firecracker -x c -
	for id in vm1 vm2; do
		start setpriv --reuid banger --regid banger --clear-groups /usr/local/bin/firecracker --api-sock=/run/banger/x.sock \
			"--id=$id"
		until_true grep -qz "^--id=$id" "/proc/$pid/cmdline"
		# Outside any cgroup it is what its command line says.
		expect 0 - own process-running "$pid" /run/banger/x.sock
		expect 0 - own signal-process "$pid" CONT "vm=$id"
		expect 3 foreign own signal-process "$pid" CONT vm=vm3
		cgroup_put "$id" "$pid"
		expect 0 - own find-pid "vm=$id"
		[ "$out" = "{\"pid\":$pid}" ]
		end "$pid"
	done
	mv "$BATS_TEST_TMPDIR/firecracker" /usr/local/bin
}

@test "no firecracker is there where the listener is in no PID namespace of the caller's" {
	vmm_start banger vm1 /run/banger/a.sock
	expect 7 no unshare --pid --fork --mount-proc banger-priv find-pid /run/banger/a.sock
}

@test "does: vm=, by the cgroup, and not the jailer" {
	start sleep 60
	cgroup_put vm1 "$pid"
	expect 7 no own find-pid vm=vm1
	vmm_start banger vm1 /run/banger/a.sock
	cgroup_put vm1 "$pid"
	expect 0 - own find-pid vm=vm1
	[ "$out" = "{\"pid\":$pid}" ]
	expect 7 no own find-pid vm=vm2
	end "$pid"
	expect 7 no own find-pid vm=vm1
}

@test "fails: what cannot be looked at is no answer that nobody is there" {
	jail_start vm1 1900
	cgroup_put vm1 "$pid"
	expect 4 kernel inject fail:ENOSYS pidfd_open 1 banger-priv find-pid vm=vm1
	expect 5 no-space inject fail:EMFILE pidfd_open 1 banger-priv find-pid vm=vm1
	local n status
	for n in $(seq 100); do
		status=0
		inject fail:EIO caged "$n" banger-priv find-pid vm=vm1 > /dev/null 2>&1 || status=$?
		[ "$status" != 125 ] || break
		[ "$status" != 7 ] || { echo "call $n"; return 1; }
	done
	[ "$n" -gt 10 ]
}

# A second VMM in the jail of vm1 that was told $1, at the socket that launch-firecracker names.
listener_in_jail() {
	local root=$jail/vm1/root
	mkdir -p $root/sockets
	mountpoint -q $root/sockets || mount --bind $jail/vm1/sockets $root/sockets
	rm -f $jail/vm1/sockets/api.sock
	start chroot --userspec=1900:1900 $root /firecracker --id "$1" --api-sock /sockets/api.sock
	until_true test -S $jail/vm1/sockets/api.sock
	until_true is_listening /sockets/api.sock
}

@test "does: vm= of a VM without a cgroup, by its socket; and no other VM's process there" {
	jail_start vm1 1900
	expect 7 no own find-pid vm=vm1
	listener_in_jail vm2
	expect 7 no own find-pid vm=vm1
	listener_in_jail vm1
	expect 0 - own find-pid vm=vm1
	[ "$out" = "{\"pid\":$pid}" ]
	expect 7 no own find-pid vm=vm2
	end "${started[@]}"
	umount $jail/vm1/root/sockets
}

@test "no: nothing there, nobody listens, somebody else listens; with the same words" {
	local words
	expect 7 no own find-pid /run/banger/a.sock
	words=$err
	make_socket banger /run/banger/a.sock
	expect 7 no own find-pid /run/banger/a.sock
	[ "$err" = "$words" ]
	rm /run/banger/a.sock
	peer banger /run/banger/a.sock silent
	expect 7 no own find-pid /run/banger/a.sock
	[ "$err" = "$words" ]
	expect 7 no own find-pid vm=vm1
	expect 7 no own find-pid $jail/vm1/root/run/api.sock
}

@test "no: a VMM of ours that listens in another VM's jail" {
	jail_start vm1 1900
	vmm_start banger vm2 $jail/vm1/sockets/other.sock
	expect 7 no own find-pid $jail/vm1/sockets/other.sock
}

@test "refuses: a symlink, another user's socket, root's behind a parent; none sees a connection" {
	peer root /run/foreign/docker.sock silent
	as banger ln -s /run/foreign/docker.sock /run/banger/a.sock
	as banger ln -s /run/foreign /run/banger/d
	expect 3 foreign own find-pid /run/banger/a.sock
	expect 3 foreign own find-pid /run/banger/d/docker.sock
	[ "$(peer_connections)" = 0 ]
	chmod 0777 /run/banger
	peer stranger /run/banger/s.sock silent
	chmod 0711 /run/banger
	chmod 0666 /run/banger/s.sock
	expect 3 foreign own find-pid /run/banger/s.sock
	[ "$(peer_connections)" = 0 ]
}

@test "the listener sees the owner, never root" {
	peer banger /run/banger/a.sock nothing
	chmod 0666 /run/banger/a.sock
	expect 7 no own find-pid /run/banger/a.sock
	expect 7 no banger-priv find-pid /run/banger/a.sock
	until_true grep -q 'connection 1900' /run/peer
	run ! grep 'connection 0' /run/peer
}

@test "busy: one that takes no connection, after two seconds" {
	peer banger /run/banger/a.sock deaf
	local began=$EPOCHREALTIME
	expect 6 timeout own find-pid /run/banger/a.sock
	[ "$(((${EPOCHREALTIME/./} - ${began/./}) / 1000))" -lt 3000 ]
}

@test "looks at no other process: the same calls with 300 more" {
	vmm_start banger vm1 /run/banger/a.sock
	local few many n
	few=$(inject count any 0 banger-priv find-pid /run/banger/a.sock | tail -1)
	for n in $(seq 300); do start sleep 60; done
	many=$(inject count any 0 banger-priv find-pid /run/banger/a.sock | tail -1)
	[ "$few" = "$many" ]
}

@test "refuses: operands that are not of the shape" {
	local word
	for word in vm= vm=A vm=-a "vm=$(printf 'a%.0s' {1..33})" VM=a x /run/docker.sock -n /run/banger; do
		expect 3 malformed banger-priv find-pid "$word"
	done
	expect 2 usage banger-priv find-pid
	expect 2 usage banger-priv find-pid /run/banger/a.sock vm=a
}

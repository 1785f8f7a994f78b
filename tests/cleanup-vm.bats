#!/usr/bin/env bats
# cleanup-vm: nothing of one VM is left on the host, whatever state it was in.  Snapshots: tests/vm/cleanup-vm.bats.

load lib/common
load lib/vmm
load lib/jail
load lib/launch

setup() {
	launch_setup
	canaries_plant
	banger-priv ensure-bridge
	# The first of a boot binds the jail to itself, which stays.
	prepare_vm first 1900 1900
	own cleanup-jailer-chroot first
	before=$(everything)
}
teardown() {
	canaries_same
	canaries_end
	end "${started[@]}"
	! mountpoint -q /var/lib/banger || launch_teardown
	vmm_clean
	for tap in $(ip -j link show | gojq -r '.[].ifname | select(startswith("banger-"))'); do ip link delete "$tap"; done
	ip link delete banger0
	nft list tables | grep banger-priv | while read -r table; do nft delete $table; done
}

# What is of VMs on this host, and the owner's files.
everything() {
	jail_state
	host_state
	pgrep -x firecracker || :
}

same() { diff <(echo "$before") <(everything); }

vm_plant() { # VM ADDRESS [TAP]: running, with tap and NAT
	local tap=${3:-banger-${1//[^a-z0-9]/}}
	prepare_vm "$1" 1900 1900
	own launch-firecracker "$1" > /dev/null
	own create-tap "$tap" vm="$1"
	own ensure-nat "$2" "$tap" vm="$1"
}

running() { grep -q 'populated 1' "/sys/fs/cgroup/banger/$1/cgroup.events"; }

@test "does: a running VM with tap and NAT; absent is done" {
	vm_plant vm1 172.30.0.2
	own create-tap banger-more vm=vm1
	own ensure-nat 172.30.0.3 banger-more vm=vm1
	running vm1
	expect 0 - own cleanup-vm vm1
	[ -z "$out" ]
	rmdir /sys/fs/cgroup/banger
	same
	expect 0 - own cleanup-vm vm1
	expect 0 - own cleanup-vm never-there
	same
}

@test "does: from each state on the way there and back" {
	local state
	for state in tap nat prepared half launched ended killed cgroup; do
		case $state in
		tap) own create-tap banger-a vm=vm1 ;;
		nat) own create-tap banger-a vm=vm1; own ensure-nat 172.30.0.2 banger-a vm=vm1; ip link delete banger-a ;;
		prepared) prepare_vm vm1 1900 1900 ;;
		half) prepare_vm vm1 1900 1900; umount -R "$jails/vm1/root" ;;
		launched) vm_plant vm1 172.30.0.2 ;;
		ended) vm_plant vm1 172.30.0.2; own send-ctrl-alt-del "$jails/vm1/sockets/api.sock" ;;
		killed) vm_plant vm1 172.30.0.2; own kill-process "$(own find-pid vm=vm1 | gojq .pid)" vm=vm1 ;;
		cgroup) mkdir -p /sys/fs/cgroup/banger/vm1 ;;
		esac
		echo "$state"
		expect 0 - own cleanup-vm vm1
		[ ! -d /sys/fs/cgroup/banger ] || rmdir /sys/fs/cgroup/banger
		same
	done
}

@test "does: other VMs are untouched, also those whose ids begin alike" {
	local vm others
	for vm in vm1 vm10 vm1-a; do vm_plant "$vm" "172.30.0.$((n += 2))"; done
	own create-tap banger-none
	own ensure-nat 172.30.0.77 banger-none
	others() { ps -C firecracker -o args= | grep -v -e '--id vm1$' -e '--id vm1 ' | sort
		ip -j -d link show | gojq '.[] | select(.ifalias != "banger:vm1") | {ifname, ifindex, ifalias}'
		grep -v "$jails/vm1/" /proc/self/mountinfo
		nft list ruleset | grep -o '[^{},]*comment "banger:[^"]*"' | grep -v '"banger:vm1"' | tr -s '\t ' ' ' | sort; }
	others=$(others)
	expect 0 - own cleanup-vm vm1
	[ "$(others)" = "$others" ]
	[ ! -e "$jails/vm1" ]
	running vm10
	running vm1-a
	expect 0 - own cleanup-vm vm10
	expect 0 - own cleanup-vm vm1-a
	own remove-nat 172.30.0.77 banger-none
	own delete-tap banger-none
	rmdir /sys/fs/cgroup/banger
	same
}

@test "does: what only looks like the VM's stays" {
	local alias
	ip link add banger-bridge type bridge
	ip link set banger-bridge alias banger:vm1
	ip tuntap add banger-tun mode tun
	ip link set banger-tun alias banger:vm1
	for alias in 'banger: vm1' 'banger:vm1 ' 'banger:vm1x' 'Banger:vm1' 'banger:vm' 'xbanger:vm1' $'banger:vm1\n' banger; do
		ip tuntap add "banger-x$((n += 1))" mode tap
		ip link set "banger-x$n" alias "$alias"
	done
	nft add table ip other
	nft add set ip other guests '{ type ipv4_addr; }'
	nft add element ip other guests '{ 172.30.0.9 comment "banger:vm1" }'
	start setpriv --reuid banger --regid banger --clear-groups bash -c 'exec -a "firecracker --id vm1" sleep 60'
	local sleeper=$pid links rules
	until_true grep -aq '^firecracker --id vm1' "/proc/$sleeper/cmdline"
	links=$(ip -j link show) rules=$(nft list ruleset)
	expect 0 - own cleanup-vm vm1
	[ "$(ip -j link show)" = "$links" ]
	[ "$(nft list ruleset)" = "$rules" ]
	alive "$sleeper"
	end "$sleeper"
	nft delete table ip other
	ip link delete banger-bridge
	ip link delete banger-tun
}

@test "in time: where a stranger has a process whose command line nobody gets to read" {
	local its=/run/its
	install -d -o stranger "$its"
	head -c 8192 /dev/zero > "$its/file"
	mount_fuse "$its" holds "$(id -u stranger)" bash -c "exec 9< /usr/local/bin/firecracker 3>&-
		setpriv --reuid stranger --regid stranger --clear-groups $BANGER_BUILD/tests/hold-memory $its/file 9<&- &
		while timeout -s KILL .5 cat /proc/\$!/cmdline > $BATS_TEST_TMPDIR/words; do :; done
		test -d /proc/\$! || exit
		timeout -s KILL 10 banger-priv cleanup-vm vm1"
	rm -r "$its"
}

@test "does: all in the VM's cgroup is killed, whatever it is and whoever's" {
	local one
	for one in 1 2 3; do
		start sleep 60
		cgroup_put vm1 "$pid"
		disown "$pid"
	done
	start as stranger sh -c 'trap "" TERM HUP INT; while :; do sleep 1; done'
	cgroup_put vm1 "$pid"
	disown "$pid"
	echo 1 > /sys/fs/cgroup/banger/vm1/cgroup.freeze
	expect 0 - own cleanup-vm vm1
	[ ! -d /sys/fs/cgroup/banger/vm1 ]
	run ! alive "$pid"
}

@test "busy: a tap that is held open stays, all else goes, and the message says so" {
	vm_plant vm1 172.30.0.2
	own create-tap banger-held vm=vm1
	start "$BANGER_BUILD/tests/hold-tap" banger-held sh -c "touch $BATS_TEST_TMPDIR/held; exec sleep 60"
	until_true test -e "$BATS_TEST_TMPDIR/held"
	expect 6 in-use own cleanup-vm vm1
	[[ $err == *"left: the tap banger-held (in use)" ]]
	end "$pid" "$(pgrep -P "$pid")"
	expect 0 - own cleanup-vm vm1
	rmdir /sys/fs/cgroup/banger
	same
}

@test "busy: a chroot that somebody works in stays, NAT and taps go" {
	vm_plant vm1 172.30.0.2
	own kill-process "$(own find-pid vm=vm1 | gojq .pid)"
	(cd "$jails/vm1/root" && exec sleep 60) < /dev/null > /dev/null 2>&1 3>&- &
	local worker=$!
	until_true test "/proc/$worker/cwd" -ef "$jails/vm1/root"
	expect 6 in-use own cleanup-vm vm1
	[[ $err == *"left: the chroot (in use)" ]]
	run ! ip link show banger-vm1
	end "$worker"
	expect 0 - own cleanup-vm vm1
	rmdir /sys/fs/cgroup/banger
	same
}

@test "busy: while another verb has the network's lock, the rest goes" {
	vm_plant vm1 172.30.0.2
	lock_network_for 60
	expect 6 timeout own cleanup-vm vm1
	[ "$(grep -o "cannot take the lock" <<< "$err" | wc -l)" = 1 ]
	[[ $err == *"(network)"* ]]
	[ ! -e "$jails/vm1" ]
	[ ! -e /sys/fs/cgroup/banger/vm1 ]
	ip link show banger-vm1
	end "$pid"
	expect 0 - own cleanup-vm vm1
	rmdir /sys/fs/cgroup/banger
	same
}

@test "does: a VM that root took out of its cgroup, and its chroot" {
	vm_plant vm1 172.30.0.2
	local one
	one=$(own find-pid vm=vm1 | gojq .pid)
	echo "$one" > /sys/fs/cgroup/cgroup.procs
	expect 0 - own cleanup-vm vm1
	until_true eval "! alive $one"
	rmdir /sys/fs/cgroup/banger
	same
}

@test "does: with and without cgroup v2, the firecracker with that id that was started without us, by its executable" {
	local one other way
	banger-priv ensure-socket-dir
	for way in with without; do
		vmm_start banger vm1 /run/banger/a.sock
		one=$pid
		disown "$pid"
		vmm_start banger vm10 /run/banger/b.sock
		other=$pid
		[ "$way" = with ] || mount -t tmpfs none /sys/fs/cgroup
		expect 0 - own cleanup-vm vm1
		[ "$way" = with ] || umount /sys/fs/cgroup
		until_true eval "! alive $one"
		alive "$other"
		end "$other"
	done
}

@test "in time: processes with that id that the owner starts again as they end" {
	local n loops=()
	banger-priv ensure-socket-dir
	for n in $(seq 32); do
		start as banger bash -c "while :; do /usr/local/bin/firecracker --id vm1 --api-sock /run/banger/\$BASHPID.\$RANDOM; done"
		loops+=("$pid")
	done
	until_true pgrep -x firecracker > /dev/null
	# Traced, it takes longer for each than they take to come again.
	expect 6 in-use timeout -s KILL 60 strace -f -qq -o /dev/null banger-priv cleanup-vm vm1
	[[ $err == *"left: processes that are started again as they end, with chroot and snapshots" ]]
	pkill -KILL -u banger -x bash
	end "${loops[@]}"
	expect 0 - own cleanup-vm vm1
	[ -z "$(pgrep -x firecracker)" ]
}

# Which of its calls of fcntl is that for a lease, the NTH time.
lease_at() { # NTH COMMAND...
	trace "$BATS_TEST_TMPDIR/fcntl" -e trace=fcntl "${@:2}"
	grep '^[0-9]* *fcntl(' "$BATS_TEST_TMPDIR/fcntl" | grep -n F_SETLEASE | sed -n "$1s/:.*//p"
}

@test "does: where the kernel gives no leases, all processes are looked at, and of the chroot nothing goes on a guess" {
	local n
	banger-priv ensure-socket-dir
	n=$(lease_at 1 banger-priv cleanup-vm vm2)
	vmm_start banger vm1 /run/banger/a.sock
	disown "$pid"
	expect 0 - inject fail:EINVAL fcntl "$n" banger-priv cleanup-vm vm1
	until_true eval "! alive $pid"
	launched_once
	# The configured one, its copy, and the copy when it is about to go.
	n=$(lease_at 3 banger-priv cleanup-vm vm1)
	launched_once
	expect 5 failed inject fail:EINVAL fcntl "$n" banger-priv cleanup-vm vm1
	[[ $err == *"left: the chroot (whether"*fs.leases-enable* ]]
	[ -e "$jails/vm1/root/firecracker" ]
	own cleanup-vm vm1
}

@test "fails: a jail that is not root's alone; what lies elsewhere goes" {
	vm_plant vm1 172.30.0.2
	chmod 0777 "$jails"
	expect 5 failed own cleanup-vm vm1
	[[ $err == *"left: the chroot ("*" must be "* ]]
	run ! ip link show banger-vm1
	[ -e "$jails/vm1/root" ]
	chmod 0711 "$jails"
	expect 0 - own cleanup-vm vm1
}

@test "unsafe: the same, where there was nothing of the VM to touch; not where there was one thing" {
	chmod 0777 "$jails"
	expect 4 host own cleanup-vm vm1
	[[ $err == *"left: the chroot ("*" must be "* ]]
	own create-tap banger-a vm=vm1
	expect 5 failed own cleanup-vm vm1
	own create-tap banger-a vm=vm1
	own ensure-nat 172.30.0.2 banger-a vm=vm1
	ip link delete banger-a
	expect 5 failed own cleanup-vm vm1
	expect 4 host own cleanup-vm vm1
	start sleep 60
	cgroup_put vm1 "$pid"
	disown "$pid"
	expect 5 failed own cleanup-vm vm1
	banger-priv ensure-socket-dir
	vmm_start banger vm1 /run/banger/a.sock
	disown "$pid"
	expect 5 failed own cleanup-vm vm1
	chmod 0711 "$jails"
	expect 0 - own cleanup-vm vm1
}

@test "refuses: what is no VM id; nothing is touched" {
	vm_plant vm1 172.30.0.2
	local state id
	state=$(everything)
	for id in '' . .. ../vm1 vm1/ /vm1 Vm1 -vm1 vm_1 'vm1*' "$(printf 'a%.0s' {1..33})"; do
		expect 3 malformed banger-priv cleanup-vm "$id"
	done
	expect 2 usage banger-priv cleanup-vm
	expect 2 usage banger-priv cleanup-vm vm1 vm2
	expect 3 caller as stranger env SUDO_UID=1902 banger-priv cleanup-vm vm1 || :
	[ "$(everything)" = "$state" ]
	running vm1
	own cleanup-vm vm1
}

@test "killed at any call, it is done by the next" {
	local n calls
	vm_plant vm1 172.30.0.2
	calls=$(inject count caged 0 banger-priv cleanup-vm vm1 2>&1 | tail -1)
	for n in $(seq 1 23 "$calls"); do
		vm_plant vm1 172.30.0.2
		inject kill caged "$n" banger-priv cleanup-vm vm1 2> /dev/null || :
		until_true expect 0 - banger-priv cleanup-vm vm1
		[ ! -d /sys/fs/cgroup/banger ] || rmdir /sys/fs/cgroup/banger
		same
	done
}

@test "busy: what cannot begin and what is left are one line, and what is held outweighs what failed" {
	vm_plant vm1 172.30.0.2
	own kill-process "$(own find-pid vm=vm1 | gojq .pid)"
	until_true gone_from /sys/fs/cgroup/banger/vm1
	(cd "$jails/vm1/root" && exec sleep 60) < /dev/null > /dev/null 2>&1 3>&- &
	local worker=$!
	until_true eval '[ "$(readlink "/proc/$worker/cwd")" = "$jails/vm1/root" ]'
	# conclude, end_processes, remove_chroot, remove_nat
	expect 6 in-use inject fail:EPERM seccomp 4 banger-priv cleanup-vm vm1
	[ "${err#*: }" = "in-use: cannot install the system call filter; left: the chroot (in use)" ]
	run ! ip link show banger-vm1
	end "$worker"
	own cleanup-vm vm1
}

@test "fails: whichever stage's cage cannot close, the code is true" {
	local n status state codes=
	for n in $(seq 20); do
		[ -d "$jails/vm1" ] || vm_plant vm1 172.30.0.2
		state=$(everything)
		status=0
		inject fail:EPERM seccomp "$n" banger-priv cleanup-vm vm1 > /dev/null 2> "$BATS_TEST_TMPDIR/err" || status=$?
		[ "$status" != 125 ] || break
		codes=$codes$status
		one_clean_line
		[ "$status" != 4 ] || { [ "$(everything)" = "$state" ] && running vm1; }
		own cleanup-vm vm1
		rmdir /sys/fs/cgroup/banger
		same
	done
	# conclude; end_processes, remove_chroot, remove_nat, remove_taps
	[ "$codes" = 45555 ]
}

@test "fails: whichever step of closing a cage or of looking fails, what is left is told, in one line" {
	local call n status
	for call in openat prctl seccomp fstatfs; do
		for n in $(seq 200); do
			[ -d "$jails/vm1" ] || prepare_vm vm1 1900 1900
			mkdir -p /sys/fs/cgroup/banger/vm1
			status=0
			inject fail:EIO "$call" "$n" banger-priv cleanup-vm vm1 > /dev/null 2> "$BATS_TEST_TMPDIR/err" || status=$?
			[ "$status" != 125 ] || break
			echo "$call $n: $status $(cat "$BATS_TEST_TMPDIR/err")"
			if [ "$status" = 0 ]; then
				[ ! -e "$jails/vm1" ]
				[ ! -e /sys/fs/cgroup/banger/vm1 ]
			else
				one_clean_line
			fi
		done
	done
	own cleanup-vm vm1
}

@test "does: what a kernel without nf_tables has of a VM" {
	local n
	own create-tap banger-a vm=vm1
	n=$(strace -f -e trace=socket banger-priv cleanup-vm vm2 2>&1 | grep 'socket(' | grep -n NETLINK_NETFILTER | cut -d: -f1 | head -1)
	expect 0 - inject fail:EPROTONOSUPPORT socket "$n" banger-priv cleanup-vm vm1
	run ! ip link show banger-a
}

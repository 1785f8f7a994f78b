#!/usr/bin/env bats
# A kernel without one of the newer calls: unsafe, and nothing touched; or done, with the same result.

load lib/common
load lib/vmm
load lib/jail
load lib/launch

newer=(openat2 statx close_range pidfd_open fchmodat2 open_tree move_mount mount_setattr fsopen fsconfig fsmount
	renameat2 457 458)

# without_each STATE UNDO VERB OPERAND...: VERB, once without each of them; 0 or 4 and no other code.  After 4
# there is what was there before, after 0 what there is with all of them.
without_each() {
	local state=$1 undo=$2 call before after status met=0
	shift 2
	before=$($state)
	banger-priv "$@" > /dev/null
	after=$($state)
	$undo
	for call in "${newer[@]}"; do
		status=0
		inject "fail:ENOSYS" "$call" 1 banger-priv "$@" > /dev/null 2> "$BATS_TEST_TMPDIR/err" || status=$?
		case $status in
		0) [ "$($state)" = "$after" ] || { echo "without $call: another result"; return 1; } ;;
		4)
			one_clean_line
			[ "$($state)" = "$before" ] || { echo "without $call: unsafe, and something was touched"; return 1; } ;;
		125) $undo; continue ;;
		*) echo "without $call: exit $status, $(cat "$BATS_TEST_TMPDIR/err")"; return 1 ;;
		esac
		met=$((met + 1))
		$undo
	done
	[ "$met" -ge 2 ]
}

jails_as_seen() { find "$jails" -printf '%P %U %G %m %y\n' 2> /dev/null | sort; grep " $jails/" /proc/self/mountinfo | cut -d' ' -f5,6 | sort; }
no_chroot() { banger-priv cleanup-jailer-chroot vm1; }
a_chroot() { [ -d "$jails/vm1" ] || prepare drive=rootfs:"$images/root.ext4" > /dev/null; }

@test "the jail" {
	jail_setup
	without_each jails_as_seen no_chroot prepare-jailer-chroot vm1 "$images/vmlinux" initrd="$images/initrd" \
		drive=rootfs:"$images/root.ext4" scratch=yes
	a_chroot
	without_each jails_as_seen a_chroot cleanup-jailer-chroot vm1
	no_chroot
	jail_teardown
}

sockets_as_seen() { stat -c '%n %U %G %a' /run/banger /run/banger/*; }
no_access() { chmod 0666 /run/banger/a.sock && chown root: /run/banger/a.sock; }

@test "sockets and their directory" {
	without_each true true ensure-socket-dir
	make_socket banger /run/banger/a.sock
	no_access
	without_each sockets_as_seen no_access ensure-socket-access /run/banger/a.sock
	rm -r /run/banger
}

vmm_is_there() { ! alive "$pid" || echo there; }
a_vmm() { alive "$pid" || vmm_start banger vm1 /run/banger/a.sock; }

@test "processes" {
	vmm_install
	banger-priv ensure-socket-dir
	vmm_start banger vm1 /run/banger/a.sock
	without_each vmm_is_there a_vmm process-running "$pid" /run/banger/a.sock
	without_each vmm_is_there a_vmm find-pid /run/banger/a.sock
	vmm_clean
}

taps_as_seen() { ip -j link show | jq -c 'map([.ifname, .ifalias, .master])'; }
no_tap() { banger-priv delete-tap banger-a; }

@test "the network" {
	banger-priv ensure-bridge
	without_each taps_as_seen no_tap create-tap banger-a
	ip link delete banger0
}

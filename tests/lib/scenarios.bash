# scenarios.bash: for each verb, calls that together use everything that its row keeps.
#
# scenario_<verb>_<n> PROGRAM...: sets up, runs `PROGRAM... VERB OPERANDS`, and fails unless it ended as it
# must.  tests/cage.bats runs them with one line less in the row and wants one of them to fail.

ends() { # CODE COMMAND...
	local code=$1 status=0
	shift
	{ "$@" > /dev/null || status=$?; } 2> /dev/null
	[ "$status" = "$code" ]
}

failing() { # CALL: the program, with its first CALL answered with EIO
	echo "$BANGER_BUILD/tests/inject fail:EIO $1 1"
}

fresh_network() {
	ip link delete banger-a 2> /dev/null || :
	ip link delete banger0 2> /dev/null || :
	banger-priv ensure-bridge
}

scenario_ensure_bridge_1() { ip link delete banger0 2> /dev/null || :; ends 0 "$@" ensure-bridge; }

scenario_create_tap_1() { fresh_network; ends 0 "$@" create-tap banger-a; }
scenario_create_tap_2() { fresh_network; ends 5 $(failing ioctl) "$@" create-tap banger-a; }

scenario_delete_tap_1() { fresh_network; banger-priv create-tap banger-a; ends 0 "$@" delete-tap banger-a; }

scenario_ensure_socket_dir_1() { rm -rf /run/banger; ends 0 "$@" ensure-socket-dir; }
scenario_ensure_socket_dir_2() {
	rm -rf /run/banger
	ends 5 $(failing fchownat) "$@" ensure-socket-dir && [ ! -e /run/banger ]
}
scenario_ensure_socket_dir_3() { # as on a kernel before 6.6
	rm -rf /run/banger
	ends 0 "$BANGER_BUILD/tests/inject" fail:ENOSYS fchmodat2 1 "$@" ensure-socket-dir &&
		[ "$(stat -c %a /run/banger)" = 711 ]
}
scenario_ensure_socket_dir_4() { # the mode of one that is the owner's already
	rm -rf /run/banger
	install -d -o banger -g banger -m 0700 /run/banger
	ends 0 "$@" ensure-socket-dir
}

scenario_ensure_socket_dir_5() { # where fchmodat2 is there, chmod is never asked
	rm -rf /run/banger
	ends 125 $(failing chmod) "$@" ensure-socket-dir
}

scenario_help_1() { ends 0 "$@" help; }
scenario_version_1() { ends 0 "$@" version; }
scenario_verbs_1() { ends 0 "$@" verbs; }
scenario_explain_1() { ends 0 "$@" explain create-tap; }
scenario_explain_2() { ends 2 "$@" explain nosuch; }
scenario_sudoers_1() { ends 0 "$@" sudoers; }

scenarios_of() { # VERB: their names
	declare -F | sed -nE "s/^declare -f (scenario_${1//-/_}_[0-9]+)$/\1/p"
}

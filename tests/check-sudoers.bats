#!/usr/bin/env bats
# check: the rules by which the owner calls, and those of others by which it would get further; against sudo itself.

load lib/common
load lib/vmm
load lib/jail
load lib/check

more=/etc/sudoers.d/more
rules=/etc/sudoers.d/banger-priv

teardown() {
	rm -rf "$more" "$more".* /etc/more
	gpasswd --delete banger users > /dev/null 2>&1 || :
	install_configuration
}

@test "mends: our sudoers rules: absent, another's, another owner's, wider, with another mode" {
	rm $rules
	mends sudoers "$rules is not there"
	[ "$(stat -c '%U:%G %a' $rules)" = "root:root 440" ]
	visudo -cq
	own ensure-bridge
	chmod 0640 $rules
	mends sudoers "$rules is not root:root with mode 0440"
	chgrp banger $rules
	mends sudoers "$rules is not root:root"
	chmod 0660 $rules
	mends sudoers "$rules is not root:root with mode 0440"
	chown banger $rules
	mends sudoers "$rules is not root:root with mode 0440"
	chmod 0777 /etc/sudoers.d
	mends sudoers "/etc/sudoers.d is not root's alone"
	sed -i 's/^banger /admin /' $rules
	mends sudoers "line 6 is not a rule of this version for the owner banger"
	echo 'banger ALL=(root:root) NOPASSWD: NOSETENV: /usr/sbin/banger-priv *' >> $rules
	mends sudoers "is not a rule of this version"
	sed -i 's/create-tap banger-/create-tap .*/' $rules
	mends sudoers "is not a rule of this version"
	sed -i 's/NOSETENV/SETENV/' $rules
	mends sudoers "line 6 is not a rule"
	# The rules go with the configuration.
	echo 'tap_prefix = vm' >> /etc/banger/priv.conf
	mends sudoers "is not a rule of this version"
	sed -i '$d' /etc/banger/priv.conf
	mends sudoers "is not a rule of this version"
}

@test "does: the portable rules are as good; fewer rules are a choice" {
	banger-priv sudoers form=portable | install -m 0440 /dev/stdin $rules
	[ "$(said sudoers ok | head -1 | gojq -r .text)" = "$rules: banger may call every verb" ]
	is_ready
	sed -i '/ kill-process /d' $rules
	is_ready
	[[ "$(said sudoers note | gojq -r .text)" == "$rules: banger may call "*" verbs" ]]
	bash -c "$(said sudoers note | gojq -r .command)"
	[ -z "$(said sudoers note)" ]
}

@test "does: an owner that is a uid has rules as one, by which it calls; nobody has any whose name is that number" {
	local form
	sed -i '$a owner = 1900' /etc/banger/priv.conf
	echo '1900:x:1950:1950::/:/bin/sh' >> /etc/passwd
	for form in regex portable; do
		mends sudoers "is not a rule of this version for the owner 1900"
		banger-priv sudoers form=$form | install -m 0440 /dev/stdin $rules
		visudo -cq
		is_ready
		[ "$(said sudoers ok | head -1 | gojq -r .text)" = "$rules: 1900 may call every verb" ]
		own version
		expect 0 - own ensure-socket-dir
		run ! setpriv --reuid 1950 --regid 1950 --clear-groups sudo -n banger-priv version
		# A uid is no comment: another's is a rule too many.
		sed -i '$s/^#1900 \(.*\)/&\n#1901 \1/' $rules
		mends sudoers "is not a rule of this version for the owner 1900"
		sed -i 's/^#1900/1900/' $rules
	done
	sed -i '/^1900:/d' /etc/passwd
}

# What is wrong with $more when it holds these lines: nothing, others, program or anything; and the command.
lets() { # LINE...
	printf '%s\n' "$@" > "$more"
	local line
	line=$(banger-priv check format=json | gojq -c '.checks[] | select(.check == "sudoers" and (.text | contains("may call every verb") | not))')
	command=$(gojq -r '.command // ""' <<< "$line")
	case $(gojq -r .text <<< "$line") in
	*" lets banger run any command") lets=anything ;;
	*" lets banger call /usr/sbin/banger-priv by other rules") lets=program ;;
	*" lets banger run other commands too; "*) lets=others ;;
	"no other rule gives banger more") lets=nothing ;;
	*) echo "$line"; return 1 ;;
	esac
}

@test "mends: a rule that gives the owner more, whoever else it is for; whoever else it is for keeps it" {
	local rule
	while IFS= read -r rule; do
		printf '# a file\nroot ALL=(ALL:ALL) ALL\n%s\n' "$rule" > "$more"
		mends sudoers "$more, line 3, lets banger "
		diff <(printf '# a file\nroot ALL=(ALL:ALL) ALL\n# %s\n' "$rule") "$more"
	done <<- 'RULES'
		banger ALL=(ALL:ALL) NOPASSWD: ALL
		banger ALL = (root) NOPASSWD: /usr/bin/true, ALL
		banger	ALL=(ALL) ALL
		Banger ALL=ALL
		"banger" ALL=ALL
		#1900 ALL=(ALL) ALL
		%banger ALL=(ALL) NOPASSWD: ALL
		banger ALL=(root) NOPASSWD: /usr/sbin/banger-priv create-tap *
		banger ALL=(root) SETENV: /usr/sbin/banger-priv
		banger ALL=(root) NOPASSWD: /usr/bin/id ^(a|b)$, /bin/bash
	RULES
	# With others in it, it is for an editor.
	for rule in 'admin, banger ALL=(ALL) ALL' 'ALL ALL=(ALL) NOPASSWD: ALL' 'banger, %nosuch ALL=ALL'; do
		printf '# a file\nroot ALL=(ALL:ALL) ALL\n%s\n' "$rule" > "$more"
		EDITOR="sed -i 3d" mends sudoers "$more, line 3, lets banger run any command"
		[ "$command" = "visudo -f $more" ]
	done
	# A group is left.
	for rule in '%users ALL=(ALL) NOPASSWD: ALL' '%#100 ALL=(ALL) ALL' 'admin, %Users ALL=ALL'; do
		usermod -a -G users banger
		printf '%s\n' "$rule" > "$more"
		mends sudoers "$more, line 1, lets banger run any command"
		[ "$command" = "gpasswd --delete banger users" ]
		[ "$(cat "$more")" = "$rule" ]
	done
	cp /etc/sudoers "$BATS_TEST_TMPDIR"
	echo 'banger ALL=(ALL) ALL' >> /etc/sudoers
	mends sudoers "/etc/sudoers, line "
	diff /etc/sudoers <(cat "$BATS_TEST_TMPDIR/sudoers" <(echo '# banger ALL=(ALL) ALL'))
	cp "$BATS_TEST_TMPDIR/sudoers" /etc/sudoers
}

@test "does: rules for others, and what only looks like a rule, give the owner nothing" {
	local rule
	lets 'admin ALL=(ALL:ALL) NOPASSWD: ALL' '%nosuch ALL=(ALL) ALL' '%users ALL=ALL' 'Defaults env_reset' '# banger ALL=(ALL) ALL' \
		'Defaults passprompt="a # b, \' 'banger ALL=(ALL) ALL"' '#190 ALL=ALL' 'banger2 ALL=ALL' 'ALL, !banger ALL=ALL' \
		'ALL, !%banger ALL=ALL' '!admin ALL=ALL' 'banger ALL=!ALL' 'banger ALL=(ALL) !/bin/sh, !/usr/sbin/banger-priv' \
		'Runas_Alias banger = root'
	[ "$lets" = nothing ]
	lets 'banger ALL=(root) NOPASSWD: /usr/bin/systemctl restart bangerd'
	[ "$lets" = others ]
	[ -z "$command" ]
	is_ready
	lets '# nothing'
	# Names that sudo passes over.
	printf 'banger ALL=ALL\n' | tee "$more.old" > "$more~"
	is_ready
	rm "$more~"
}

@test "follows aliases: of users, of commands, of aliases; defined further down, in another file, negated" {
	lets 'User_Alias ADMINS = admin, banger' 'ADMINS ALL=(ALL) ALL'
	[ "$lets" = anything ]
	[ "$command" = "visudo -f $more" ]
	lets 'ADMINS ALL=(ALL) ALL' 'User_Alias OPS = stranger : ADMINS = OPS, #1900'
	[ "$lets" = anything ]
	lets 'User_Alias ADMINS = ALL, !banger' 'ADMINS ALL=ALL'
	[ "$lets" = nothing ]
	lets 'User_Alias OTHERS = ALL, !banger' 'ALL, !OTHERS ALL=ALL'
	[ "$lets" = anything ]
	lets 'User_Alias ADMINS = %users' 'ADMINS ALL=ALL'
	[ "$lets" = nothing ]
	usermod -a -G users banger
	lets 'User_Alias ADMINS = %users' 'ADMINS ALL=ALL'
	[ "$lets" = anything ]
	[ "$command" = "gpasswd --delete banger users" ]
	gpasswd --delete banger users > /dev/null
	lets 'Cmnd_Alias TOOLS = /usr/bin/true, ALL' 'banger ALL=(root) NOPASSWD: TOOLS'
	[ "$lets" = anything ]
	[ "$command" = "sed -i '2s/^/# /' $more" ]
	lets 'banger ALL=(root) /usr/bin/id, TOOLS' 'Cmnd_Alias SHELLS = /bin/sh : TOOLS = /usr/bin/true, SHELLS'
	[ "$lets" = anything ]
	lets 'Cmnd_Alias NOTALL = !ALL' 'banger ALL=!NOTALL'
	[ "$lets" = anything ]
	lets 'Cmnd_Alias OURS = /usr/sbin/banger-priv ^.*$' 'banger ALL=NOPASSWD: OURS'
	[ "$lets" = program ]
	lets 'Cmnd_Alias TOOLS = /usr/bin/true' 'banger ALL=TOOLS, !ALL'
	[ "$lets" = others ]
	# Neither a name nor a list of hosts nor whom to become makes a difference.
	lets 'Host_Alias HERE = ALL, !otherhost' 'Runas_Alias ROOT = root' 'banger HERE, fe80::1 = (ROOT) ALL'
	[ "$lets" = anything ]
	lets 'Cmnd_Alias A = B' 'Cmnd_Alias B = A' 'banger ALL=A'
	[ "$lets" != anything ]
}

@test "finds them in every file that sudo reads: included, of another directory, behind a symlink, with the host's name" {
	local name
	printf 'Cmnd_Alias TOOLS = ALL\nbanger ALL=ALL\n' > /etc/more
	for name in '@include /etc/more' '#include "/etc/more"' '@include ../more' '@include /etc/mo\re'; do
		lets 'banger ALL=/usr/bin/true' "$name"
		mends sudoers "/more, line 2, lets banger run any command"
		printf 'Cmnd_Alias TOOLS = ALL\nbanger ALL=ALL\n' > /etc/more
	done
	lets '@include /etc/more' 'banger ALL=TOOLS'
	[ "$lets" = anything ]
	rm /etc/more
	mkdir /etc/more
	echo 'banger ALL=ALL' > /etc/more/a
	lets '@includedir /etc/more/'
	mends sudoers "/etc/more/a, line 1, lets banger"
	echo 'banger ALL=ALL' > "/etc/more/$(hostname -s)"
	lets '@include /etc/more/%h'
	[ "$lets" = anything ]
	lets '#nothing' ' #include /etc/more/a' '@includes' '@include ""' '@include /nosuch' '@includedir /nosuch' "@include $more"
	[ "$lets" = nothing ]
	rm "$more"
	echo 'banger ALL=ALL' > /etc/more/a
	ln -s ../more/a "$more"
	[[ "$(said sudoers wrong | gojq -r .text)" == "$more, line 1, lets banger run any command" ]]
	rm -r /etc/more
	# What is no regular file, sudo does not read, and nobody waits for.
	is_ready
	mkfifo /etc/more
	ln -sf ../more "$more"
	is_ready
	rm "$more" /etc/more
}

@test "sees lines as sudo does: joined ones, comments, quotes, commas in arguments, several lists in one rule" {
	lets 'banger \' '  ALL = (root) \' '  NOPASSWD: /usr/bin/true, \' '  ALL'
	[ "$lets" = anything ]
	[ "$command" = "visudo -f $more" ]
	lets '# for all \' 'banger ALL=ALL'
	[ "$lets" = anything ]
	lets 'banger ALL=/usr/bin/true # and \' 'banger ALL=ALL'
	[ "$lets" = anything ]
	lets 'banger ALL=/usr/bin/printf "a, ALL'
	[ "$lets" = anything ]
	lets 'banger ALL=/usr/bin/printf a\, ALL'
	[ "$lets" = others ]
	lets 'banger ALL=/usr/bin/printf ^(a, ALL)$'
	[ "$lets" = others ]
	lets 'banger otherhost = /usr/bin/true : ALL = ALL'
	[ "$lets" = anything ]
	lets 'banger ALL = CWD=/tmp TIMEOUT=9 NOPASSWD : sha224:0GomF8mNN3wlDt1HD9XldjJ3SNgpFdbjO1+NsQ== ALL'
	[ "$lets" = anything ]
	lets 'banger ALL = CWD="/tmp, /" ALL'
	[ "$lets" = anything ]
	# A user may be called like a tag, or with a quote in the name; a command is nobody.
	lets 'PASSWD ALL=ALL' '"ban\"ger" ALL=ALL' '/usr/bin/true ALL=ALL'
	[ "$lets" = nothing ]
	lets '"ban\"ger", banger ALL=ALL'
	[ "$lets" = anything ]
	# An expression ends at its dollar, at a comment or at the line, unless that is joined to the next.
	lets 'banger ALL=^/bin/\(x\)?id$, ALL'
	[ "$lets" = anything ]
	lets 'banger ALL=^/bin/id, ALL'
	[ "$lets" = others ]
	lets 'banger ALL=^/bin/id # $, ALL'
	[ "$lets" = others ]
	lets 'banger ALL=^/usr/bin/\' '  id$, ALL'
	[ "$lets" = anything ]
	[ "$command" = "visudo -f $more" ]
	# What is longer than can be kept may end in anything.
	lets "banger ALL=/usr/bin/$(head -c 600 /dev/zero | tr '\0' a)"
	[ "$lets" = anything ]
	# A wide pattern is the program too, and a directory is all that is in it.
	for name in '/usr/sbin/' /sbin/ '/usr/sbin/banger-*' '/*/*/banger-priv' '^/usr/sbin/b.*$' /sbin/banger-priv; do
		lets "banger ALL=$name"
		[ "$lets" = program ]
	done
	for name in '^/.*$' /usr/bin/ '/usr/bin/*' /bin/sh '/bin/ba??'; do
		lets "banger ALL=$name"
		[ "$lets" = anything ]
	done
	# No expression is compiled that could fill the memory.
	for name in '^/(a{1000}){1000}$' "^/a$(printf '+%.0s' {1..60})\$"; do
		lets "banger ALL=$name"
		[ "$lets" = anything ]
	done
	lets 'banger ALL=/bin/sh /usr/local/bin/restart'
	[ "$lets" = others ]
}

@test "says so when there is more than it can follow, and does not take long over it" {
	local n
	{ for n in $(seq 60); do echo "Cmnd_Alias A$n = A$((n + 1)), A$((n + 1)), A$((n + 1))"; done; echo 'banger ALL=A1'; } > "$more"
	timeout 5 banger-priv check > "$BATS_TEST_TMPDIR/check" && false
	grep -q "^wrong: sudoers: $more, line 61, lets banger run any command" "$BATS_TEST_TMPDIR/check"
	for n in $(seq 1100); do echo "Cmnd_Alias A$n = /usr/bin/true"; done > "$more"
	[ "$(said sudoers wrong | gojq -r .text)" = "what other rules give banger cannot be read: File too large" ]
	head -c 600000 /dev/zero | tr '\0' '#' > "$more"
	[ "$(said sudoers wrong | gojq -r .text)" = "what other rules give banger cannot be read: File too large" ]
	for n in $(seq 260); do echo "@include /nosuch/$n"; done > "$more"
	[ "$(said sudoers wrong | gojq -r .text)" = "what other rules give banger cannot be read: File too large" ]
	printf '@include %s\n' "$(head -c 4090 /dev/zero | tr '\0' a)" > "$more"
	[ "$(said sudoers wrong | gojq -r .text)" = "what other rules give banger cannot be read: File name too long" ]
	# Bytes of any kind are words, and no end.
	printf 'a\0b \xff\nbanger ALL=ALL\n' > "$more"
	[[ "$(said sudoers wrong | gojq -r .text)" == "$more, line 2, lets banger run any command" ]]
}

@test "says so when the owner is in more groups than it can follow, or their file is longer" {
	local n
	cp -p /etc/group "$BATS_TEST_TMPDIR"
	for n in $(seq 129); do echo "many$n:x:$((7000 + n)):banger"; done >> /etc/group
	[ "$(said sudoers wrong | gojq -r .text)" = "what other rules give banger cannot be read: File too large" ]
	{ cat "$BATS_TEST_TMPDIR/group"; head -c 300000 /dev/zero | tr '\0' '#'; } > /etc/group
	[ "$(said sudoers wrong | gojq -r .text)" = "what other rules give banger cannot be read: File too large" ]
	cp -p "$BATS_TEST_TMPDIR/group" /etc/group
}

@test "over forty texts check finds whatever sudo itself grants" {
	local n wanted missed=0 granted=0 quiet=0 texts=${BANGER_FULL:+800}
	usermod -a -G users banger
	install -m 0755 /bin/true /unlikely
	mkdir "$BATS_TEST_TMPDIR/corpus"
	tests/lib/sudoers-corpus.py "$BATS_TEST_TMPDIR/corpus" "${texts:=40}" "${BANGER_SEED:-1}"
	for n in $(seq 0 $((texts - 1))); do
		# Our own rules, which sudo would grant by, are away.
		rm -f "$rules"
		install -m 0440 "$BATS_TEST_TMPDIR/corpus/$n" "$more"
		wanted=nothing
		! grants /usr/bin/true && ! grants /usr/bin/id a && ! grants /usr/bin/kill -9 1 || wanted=others
		! grants /usr/sbin/banger-priv nosuch && ! grants /usr/sbin/banger-priv create-tap banger-a || wanted=program
		! grants /unlikely || wanted=anything
		install -m 0440 sudoers.d/banger-priv "$rules"
		lets "$(cat "$BATS_TEST_TMPDIR/corpus/$n")"
		[ "$(rank "$lets")" -ge "$(rank "$wanted")" ] || { echo "sudo grants $wanted, and check says $lets:"; cat "$more"; missed=1; }
		[ "$wanted" = nothing ] || granted=$((granted + 1))
		[ "$lets" != nothing ] || quiet=$((quiet + 1))
	done
	rm /unlikely
	[ "$missed" = 0 ]
	# The texts say something.
	echo "granted by $granted, nothing in $quiet"
	[ $((granted * 10)) -gt "$texts" ] && [ $((quiet * 10)) -gt "$texts" ]
}

grants() { sudo -n -l -U banger "$@" > /dev/null 2>&1; }
rank() { case $1 in nothing) echo 0 ;; others) echo 1 ;; program) echo 2 ;; anything) echo 3 ;; esac; }

@test "mends: a sudoers file that does not have the directory read" {
	cp -p /etc/sudoers "$BATS_TEST_TMPDIR"
	sed -i '/includedir/d' /etc/sudoers
	mends sudoers "/etc/sudoers has no @includedir /etc/sudoers.d"
	visudo -cq
	own ensure-bridge
	cp -p "$BATS_TEST_TMPDIR/sudoers" /etc/sudoers
}

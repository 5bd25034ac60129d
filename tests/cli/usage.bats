# SPDX-License-Identifier: MIT
#
# Wrong usage is 64, says what is wrong, and does nothing. Output that cannot be
# written is 74.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# refused TEXT WORD...: sigslot WORD... is wrong usage and says TEXT.
refused() {
	local text=$1

	shift
	run -64 --separate-stderr sigslot "$@"
	assert_output ''
	assert_stderr "sigslot: $text"
}

@test "no command at all" {
	refused 'which command? (see sigslot help)'
}

@test "an unknown command, near to one and near to none" {
	refused "there is no command 'emti': did you mean 'emit'?" emti
	refused "there is no command 'xyzzy' (see sigslot help)" xyzzy
	refused "there is no command '' (see sigslot help)" ''
}

@test "an unknown option before the command" {
	refused "there is no option '--jsn' (see sigslot help)" --jsn ps
	refused "there is no option '--versoin': did you mean '--version'? (see sigslot help)" \
		--versoin
}

@test "an unknown option of a command" {
	refused "ps: there is no option '--jsno': did you mean '--json'? (see sigslot ps --help)" \
		ps --jsno
	refused "ps: there is no option '-x' (words that begin with a dash go behind '--') (see sigslot ps --help)" \
		ps -x
}

@test "an abbreviation is not an option, but a hint" {
	refused "stop: there is no option '--time': did you mean '--timeout'? (see sigslot stop --help)" \
		stop --time 5s x
}

@test "a value where none is taken, and none where one is needed" {
	refused 'run: --detach takes no value (see sigslot run --help)' run --detach=yes
	refused 'run: --name needs a value: NAME (see sigslot run --help)' run -n
}

@test "a bad duration, number and choice" {
	refused "stop: --timeout: '5' is not a duration such as 250ms, 5s or 1h (see sigslot stop --help)" \
		stop x --timeout 5
	refused "run: --ready-fd: 'x' is not a number from 0 to 2147483647 (see sigslot run --help)" \
		run --ready-fd=x
	refused "wait: --for: there is no 'idel': did you mean 'idle'? (see sigslot wait --help)" \
		wait --for idel x
}

@test "operands that are missing" {
	refused 'emit: an operand is missing: sigslot emit ADDRESS [VALUE...]' emit
	for name in stop start kill restart wait; do
		refused "$name: an operand is missing: sigslot $name TARGET..." "$name"
	done
}

@test "operands that are too many" {
	refused "run: 'b' is one operand too many: sigslot run [FILE]" run a b
	refused "check: 'b' is one operand too many: sigslot check [FILE]" check a b
	refused "version: 'a' is one operand too many: sigslot version" version a
	refused "help: 'b' is one operand too many" help run b
}

@test "options that exclude each other" {
	refused 'emit: --string and --json exclude each other' emit -sj x 1
	refused 'stop: --now and --until-idle exclude each other' stop --now --until-idle x
	refused 'check: --json and --print exclude each other' check --json --print
	refused "emit: with --lines the messages come from standard input, so '1' is one operand too many" \
		emit -l x 1
}

@test "a descriptor for --ready-fd that is not open" {
	refused 'run: --ready-fd: descriptor 77 is not open' run --ready-fd 77 x.yaml
}

@test "control characters in a message are not passed to the terminal" {
	refused "there is no command '?[31mred' (see sigslot help)" $'\e[31mred'
}

@test "a full disk behind standard output is 74 and said" {
	for command in 'help' 'version' '--version' 'ps' 'ps --help'; do
		run -74 --separate-stderr bash -c "sigslot $command >/dev/full"
		assert_output ''
		assert_stderr 'sigslot: cannot write to standard output: No space left on device'
	done
}

@test "a closed standard output is 74 and said" {
	for command in 'help' 'version' 'ps'; do
		run -74 --separate-stderr bash -c "sigslot $command >&-"
		assert_output ''
		assert_stderr 'sigslot: cannot write to standard output: Bad file descriptor'
	done
}

@test "a reader that has gone is 74 and said" {
	mkfifo pipe
	# the reader ends before anything is written
	: <pipe 3>&- &
	exec 4>pipe
	wait $!
	run -74 --separate-stderr bash -c 'sigslot help >&4'
	exec 4>&-
	assert_output ''
	assert_stderr 'sigslot: cannot write to standard output: Broken pipe'
}

@test "a command without output does not care for a closed standard output" {
	run -64 --separate-stderr bash -c 'sigslot emit -sj x >&-'
	assert_stderr 'sigslot: emit: --string and --json exclude each other'
}

@test "the front without its sibling says what is missing" {
	cp "$SIGSLOT_BUILD/sigslot" .
	run -71 --separate-stderr ./sigslot run x.yaml
	assert_output ''
	assert_stderr "sigslot: cannot start $PWD/../libexec/sigslot/sigslot, the part of sigslot that runs and checks: No such file or directory"
	run -0 --separate-stderr ./sigslot version
	assert_output --partial 'sigslot '
}

# SPDX-License-Identifier: MIT
#
# connect SIGNAL -- COMMAND: a command that reads a signal for as long as it lives.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

setup() {
	setup_sigslot
	printf '%s\n' 'name: t' 'processes: {p: {}, q: {}}' 'loops:' \
		'  la: {process: p, objects: {a: {signals: {s: any, u: any}}, f: {filter: cat}}}' \
		"  lb: {process: q, objects: {b: {run: 'echo b \$1 >> seen'}, c: {filter: cat >> all}}}" \
		'connections: [a.s -> a.u, a.u -> b]' >t.yaml
	start_run t.yaml
}

# guest ADDRESS -- COMMAND...: in the background; returns when it is connected. Sets
# GUEST to its pid.
guest() {
	local before

	before=$(guests)
	sigslot connect "$@" 3>&- >guest.out 2>guest.err &
	GUEST=$!
	wait_until more_guests "$before"
	# its queue is there before its connection is: whoever is answered now comes after both
	sigslot connect a.s a.u 2>guest.next
}

guests() {
	find "$SIGSLOT_RUNTIME_DIR/t/q" -name '.guest-*' | wc -l
}

more_guests() {
	[ "$(guests)" -gt "$1" ]
}

no_guests() {
	[ "$(guests)" -eq 0 ]
}

@test "it reads payloads as lines, also through signals, until the instance ends" {
	guest a.u -- sh -c 'cat; echo end; exit 3'
	sigslot emit a.s '"one"'
	sigslot emit a.u '{"two": [2, 3]}'
	wait_until has_lines guest.out 2
	sigslot emit f x
	stop_run
	status=0
	wait "$GUEST" || status=$?
	assert_equal "$status" 3
	run -0 cat guest.out
	assert_output "$(printf '%s\n' one '{"two":[2,3]}' end)"
}

@test "the next emit takes it, also that of a process, and others have theirs" {
	guest f -- cat
	sigslot emit f x
	sigslot emit a.s 1
	wait_until has_lines guest.out 1
	wait_until has_lines seen 1
	run -0 cat guest.out seen
	assert_output "$(printf '%s\n' x 'b 1')"
	kill "$GUEST"
	wait "$GUEST" || true
	wait_until no_guests
	sigslot emit f y
	stop_run
}

@test "when the command ends the connection goes, with its exit status, and nobody waits" {
	run -7 --separate-stderr timeout 20 sigslot connect a.u -- sh -c 'exit 7'
	wait_until no_guests
	guest a.u -- head -n1
	for i in 1 2 3; do sigslot emit a.u "$i"; done
	wait "$GUEST"
	wait_until no_guests
	run -0 cat guest.out
	assert_output 1
	for i in $(seq 100); do sigslot emit a.u "$i" --timeout 5s; done
	stop_run
}

@test "one that reads no more, and lives, holds nobody up" {
	guest a.u -- sh -c 'exec <&-; echo started; exec sleep 1000'
	wait_until has_lines guest.out 1
	sigslot emit a.u 1
	wait_until no_guests
	head -c 3000000 /dev/zero | tr '\0' x | fold -w 1000 >big
	run -0 timeout 20 sigslot emit -l -s a.u <big
	kill "$GUEST"
	status=0
	wait "$GUEST" || status=$?
	assert_equal "$status" 143
	stop_run
}

@test "killed by SIGKILL it takes its command and all that this started with it" {
	guest a.u -- sh -c 'sleep 1000 & sleep 1001 & echo $! >pid; cat >/dev/null; sleep 1000'
	wait_until has_lines pid 1
	kill -KILL "$GUEST"
	wait "$GUEST" || true
	wait_until process_gone "$(cat pid)"
	wait_until no_guests
	sigslot emit a.u 1
	stop_run
}

@test "stopped by SIGSTOP it is waited for, and what was queued for it is counted when it is gone" {
	guest a.u -- cat
	kill -STOP "$GUEST"
	for i in 1 2 3; do sigslot emit a.u "$i"; done
	kill -KILL "$GUEST"
	wait "$GUEST" || true
	wait_until no_guests
	stop_run
	run -0 cat "$RUN_ERR"
	assert_line 'sigslot | 3 messages for a command that was connected and is gone dropped (disconnected)'
}

@test "after the death of the supervisor it ends, and the next run counts what was left" {
	guest a.u -- cat
	kill -STOP "$GUEST"
	sigslot emit a.u 1
	kill -KILL "$RUN_PID"
	wait_run || true
	kill -KILL "$GUEST"
	wait "$GUEST" || true
	start_run t.yaml
	wait_until no_guests
	guest a.u -- cat
	kill -KILL "$RUN_PID"
	wait_run || true
	wait "$GUEST"
	start_run t.yaml
	stop_run
	run -0 grep -h disconnected "$BATS_TEST_TMPDIR"/err.2
	assert_output 'sigslot | 1 message for a command that was connected and is gone dropped (disconnected)'
}

@test "a worker that emits all the time loses no message of others when guests come and go" {
	local emitter

	sigslot connect f c
	: >lines
	until [ -e enough ]; do
		seq -f "$(wc -l <lines).%g" 20 >some
		sigslot emit -s -l f <some
		cat some >>lines
	done 3>&- &
	emitter=$!
	for _ in $(seq 10); do
		guest f -- cat
		kill -KILL "$GUEST"
		wait "$GUEST" || true
		wait_until no_guests
	done
	touch enough
	wait "$emitter"
	stop_run
	run -0 cmp all lines
}

@test "a message that is more than one line is left out, and told of" {
	guest a.u -- cat
	sigslot emit -s a.u $'one\ntwo'
	sigslot emit -s a.u three
	wait_until has_lines guest.out 1
	stop_run
	wait "$GUEST"
	run -0 cat guest.out guest.err
	assert_output "$(printf '%s\n' three 'sigslot: a message that is more than one line was left out')"
}

@test "what is no signal, no program or no such instance is told at once" {
	run -64 --separate-stderr sigslot connect b.in -- cat
	assert_stderr "sigslot: 'b.in' is a slot: a command reads a signal"
	run -69 --separate-stderr sigslot connect a.x -- cat
	run -69 --separate-stderr sigslot connect t/none -- cat
	run -127 --separate-stderr sigslot connect a.u -- no-such-program
	assert_stderr "sigslot: cannot start 'no-such-program': not found"
	run -126 --separate-stderr sigslot connect a.u -- ./t.yaml
	run -64 --separate-stderr sigslot connect a.u --
	run -64 --separate-stderr sigslot connect a.u b -- cat
	run -64 --separate-stderr sigslot connect --once a.u -- cat
	assert no_guests
	stop_run
}

# SPDX-License-Identifier: MIT
#
# Unix signals to a run, terminals, closed descriptors, and what it exits with.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

up() {
	sigslot wait --timeout 10s t 2>/dev/null
}

# started PID: of a run that was not started by start_run.
started() {
	RUN_PID=$1
	RUN_PIDS="$RUN_PIDS $1"
}

gate='until [ -e gate ]; do sleep 0.02; done'

@test "INT, TERM and HUP work off what is queued, and it is 0" {
	for signal in INT TERM HUP; do
		start 'objects:' "  a: {run: '$gate; cat >> seen'}" '  b: {filter: wc -l}' \
			'  c: {filter: cat >> seen}' 'connections: [b -> c]'
		seq 3 | sigslot emit -l a
		seq 5 | sigslot emit -l b
		kill "-$signal" "$RUN_PID"
		wait_until loop_is a .state draining
		touch gate
		run_ended 0
		run -0 sort seen
		assert_output $'1\n2\n3\n5'
		run -0 grep -c 'ended: 9 messages in, 1 out, 0 failed, 0 dropped, 0 kept' "$RUN_ERR"
		rm seen gate
	done
}

@test "a second signal ends it at once with 1, and what is queued is kept" {
	for second in INT TERM; do
		start 'objects:' "  a: {run: 'echo >> began; $gate; cat >> seen'}"
		seq 3 | sigslot emit -l a
		wait_until has_lines began 1
		kill -INT "$RUN_PID"
		wait_until loop_is a .state draining
		kill "-$second" "$RUN_PID"
		run_ended 1
		run -0 grep -c '3 kept' "$RUN_ERR"
		sigslot clean --force
		rm began
	done
}

@test "commands get SIGTERM at a stop at once, and may clean up" {
	start 'objects:' '  a: {run: "trap \"echo bye >> seen; exit 0\" TERM; echo >> began; while :; do sleep 0.02; done"}'
	sigslot emit a
	wait_until has_lines began 1
	sigslot stop --now t || :
	run_ended 1
	run -0 cat seen
	assert_output bye
	sigslot clean --force
}

@test "a command that does not care for SIGTERM is killed" {
	start 'objects:' '  a: {run: "trap \"\" TERM; echo >> began; while :; do sleep 0.1; done"}'
	sigslot emit a
	wait_until has_lines began 1
	sigslot stop --now t || :
	run_ended 1
	wait_until no_processes
	sigslot clean --force
}

@test "a third signal waits for nobody" {
	start 'objects:' '  a: {run: "trap \"echo >> told\" TERM; echo >> began; while :; do sleep 0.1; done"}'
	sigslot emit a
	wait_until has_lines began 1
	kill -INT "$RUN_PID"
	wait_until loop_is a .state draining
	kill -INT "$RUN_PID"
	wait_until has_lines told 1
	kill -INT "$RUN_PID"
	# else it would be killed in 5 s
	wait_until -t 4 process_gone "$RUN_PID"
	run_ended 1
	wait_until no_processes
	sigslot clean --force
}

@test "E1: a terminal's Ctrl-C reaches the run alone; commands are ended by it" {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  a: {run: 'trap "echo int >> seen" INT; echo >> began; until [ -e gate ]; do sleep 0.02; done; echo whole >> seen'}
	END
	mkfifo keys
	# script gives it a terminal of its own; 003 is Ctrl-C there
	script -qfec 'exec sigslot run t.yaml' /dev/null <keys >screen 2>&1 3>&- &
	started $!
	exec 4>keys
	up
	sigslot emit a
	wait_until has_lines began 1
	printf '\003' >&4
	wait_until loop_is a .state draining
	touch gate
	wait_until process_gone "$RUN_PID"
	exec 4>&-
	wait "$RUN_PID"
	run -0 cat seen
	assert_output whole
	run -0 grep -c "stopping 't'" screen
}

@test "E3: when its terminal goes away it stops in order" {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  a: {filter: 'cat > read; wc -l < read >> seen'}
	END
	mkfifo keys
	script -qfec 'exec sigslot run t.yaml' /dev/null <keys >screen 2>&1 3>&- &
	started $!
	exec 4>keys
	up
	seq 5 | sigslot emit -l a
	kill -KILL "$RUN_PID"
	exec 4>&-
	wait "$RUN_PID" || :
	wait_until no_processes
	run -0 cat seen
	assert_output 5
	run -0 ls "$SIGSLOT_RUNTIME_DIR"
	assert_output ''
}

@test "E3: under nohup SIGHUP is nothing" {
	printf '%s\n' 'sigslot: 1' 'objects: {a: {filter: cat >> seen}}' >t.yaml
	nohup sigslot run t.yaml </dev/null >out 2>&1 3>&- &
	started $!
	up
	kill -HUP "$RUN_PID"
	sigslot emit a 1
	wait_until has_lines seen 1
	assert loop_is a .state ready
	kill -HUP "$RUN_PID"
	stop_run
}

@test "run -d does not depend on who started it: no terminal, no parent, no directory" {
	mkdir sub
	printf '%s\n' 'sigslot: 1' 'objects: {a: {run: "pwd >> seen"}}' >sub/t.yaml
	(cd sub && exec setsid sigslot run -d t.yaml </dev/null >/dev/null 2>&1 3>&-)
	up
	pid=$(sigslot ps --json | jq .supervisor)
	kill -HUP "$pid"
	sigslot emit a
	wait_until has_lines sub/seen 1
	run -0 bash -c "ls -l /proc/$pid/fd/0 /proc/$pid/fd/1 /proc/$pid/fd/2 | grep -c /dev/null"
	assert_output 3
	sigslot stop t
	run -0 cat sub/seen
	assert_output "$PWD/sub"
	wait_until no_processes
}

@test "it runs with standard input, output or error closed" {
	printf '%s\n' 'sigslot: 1' 'objects: {a: {filter: "sed s/^/x/"}, b: {filter: cat >> seen}}' \
		'connections: [a -> b]' >t.yaml
	for closed in '<&-' '>&-' '2>&-' '<&- >&- 2>&-'; do
		eval "sigslot run t.yaml 3>&- $closed &"
		started $!
		up
		sigslot emit a 1
		wait_until has_lines seen 1
		stop_run
		run -0 cat seen
		assert_output x1
		rm seen
	done
}

@test "it runs on when nobody reads its standard error" {
	printf '%s\n' 'sigslot: 1' 'objects: {a: {run: "echo $1 >&2; echo $1 >> seen"}}' >t.yaml
	sigslot run t.yaml 2> >(:) 3>&- &
	started $!
	up
	seq 20 | sigslot emit -l a
	wait_until has_lines seen 20
	stop_run
}

@test "C12: a reader of the log that stands still holds up nothing" {
	mkfifo log
	printf '%s\n' 'sigslot: 1' 'objects: {a: {filter: "tee -a seen >&2"}}' >t.yaml
	sigslot run t.yaml 2>log 3>&- &
	started $!
	exec 4<log
	up
	yes "$(printf %200s x)" | head -n 20000 | sigslot emit -l a
	wait_until has_lines seen 20000
	stop_run
	exec 4<&-
}

@test "--strict is 74 if something was dropped" {
	printf '%s\n' 'sigslot: 1' 'objects: {a: {source: "echo 1; echo x; echo 2", out: integer}, b: {filter: cat >> seen}}' \
		'connections: [a -> b]' >t.yaml
	run -74 --separate-stderr sigslot run --strict --until-idle t.yaml
	assert_stderr_has '1 dropped'
	run -0 cat seen
	assert_output $'1\n2'
	run -0 --separate-stderr sigslot run --until-idle t.yaml
}

@test "a failed message is no failure of the run" {
	printf '%s\n' 'sigslot: 1' 'objects: {a: {source: "seq 3"}, b: {run: "exit 3"}}' \
		'connections: [a -> b]' >t.yaml
	run -0 --separate-stderr sigslot run --until-idle t.yaml
	assert_stderr_has '3 failed'
}

# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# `slow` writes what it gets to ./seen, once there is a file `gate`.
start_slow() {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  slow: {run: 'echo >> began; until [ -e gate ]; do sleep 0.02; done; cat >> seen'}
		  fast: {filter: cat >> quick}
	END
	start_run t.yaml
}

@test "an instance ends in order, with 0, and leaves nothing" {
	start_slow
	run -0 --separate-stderr sigslot stop t
	assert_output ''
	assert_stderr ''
	run_ended 0
	run -0 ls "$SIGSLOT_RUNTIME_DIR"
	assert_output ''
}

@test "F5: what is queued is worked off first, and it says what it waits for" {
	start_slow
	seq 3 | sigslot emit -l slow
	sigslot stop t 2>said 3>&- &
	stopping=$!
	wait_until grep -q slow said
	touch gate
	wait "$stopping"
	run_ended 0
	run -0 cat seen
	assert_output $'1\n2\n3'
}

@test "a time-out is 124, and the stop goes on" {
	start_slow
	sigslot emit slow 1
	run -124 --separate-stderr sigslot stop --timeout 200ms t
	assert_output ''
	assert_stderr_has slow
	touch gate
	run_ended 0
	run -0 cat seen
	assert_output 1
}

@test "a loop handles exactly what was queued, keeps the rest, and starts again" {
	start_slow
	sigslot emit fast a
	sigslot stop fast
	assert loop_is fast .state stopped
	assert loop_is slow .state ready
	run -0 cat quick
	assert_output a
	sigslot emit fast b
	assert loop_is fast .queued 1
	run -0 --separate-stderr sigslot start t/fast
	wait_until has_lines quick 2
	stop_run
	run -0 cat quick
	assert_output $'a\nb'
}

@test "F5: --now leaves what is queued, and the next run goes on with it" {
	start_slow
	seq 3 | sigslot emit -l slow
	run -0 --separate-stderr sigslot stop --now t
	assert_output ''
	assert_stderr 'sigslot: left: slow (3 messages)'
	run_ended 1
	run -0 grep keeps "$RUN_ERR"
	assert_output "sigslot | loop 'slow' keeps 3 messages"
	run -0 --separate-stderr sigslot ps --json
	assert_output --partial '"queued":3'
	start_run t.yaml
	touch gate
	wait_until has_lines seen 3
	stop_run
	run -0 cat seen
	assert_output $'1\n2\n3'
}

@test "--until-idle lets the sources end by themselves" {
	mkfifo feed
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  src: {source: cat feed}
		  sink: {filter: cat >> seen}
		connections:
		  - src -> sink
	END
	start_run t.yaml
	exec 4>feed
	echo a >&4
	sigslot stop --until-idle t 3>&- 4>&- &
	stopping=$!
	wait_until has_lines seen 1
	echo b >&4
	wait_until has_lines seen 2
	exec 4>&-
	wait "$stopping"
	run_ended 0
	run -0 cat seen
	assert_output $'a\nb'
}

@test "--until-idle of a loop is wrong usage" {
	start_slow
	run -64 --separate-stderr sigslot stop --until-idle fast
	assert_output ''
	assert_stderr 'sigslot: this is for whole instances, not for a loop or a process'
	stop_run
}

@test "an unknown target is 69, the others are stopped all the same" {
	start_slow
	run -69 --separate-stderr sigslot stop nothing fast
	assert_output ''
	assert_stderr_has nothing
	assert loop_is fast .state stopped
	stop_run
}

@test "an unknown target is answered with a guess" {
	start_slow
	run -69 --separate-stderr sigslot stop fsat
	assert_stderr_has "did you mean 'fast'?"
	run -69 --separate-stderr sigslot stop t/slwo
	assert_stderr_has "did you mean 'slow'?"
	mv t.yaml shopping.yaml
	start_run shopping.yaml
	run -69 --separate-stderr sigslot stop shoping
	assert_stderr_has "did you mean 'shopping'?"
	run -69 --separate-stderr sigslot ps shoping
	assert_stderr_has "did you mean 'shopping'?"
}

@test "a malformed target is wrong usage" {
	for target in '' 'a b' a/b/c; do
		run -64 --separate-stderr sigslot stop "$target"
		assert_output ''
	done
}

@test "to stop what has stopped is no error" {
	start_slow
	sigslot stop fast
	run -0 --separate-stderr sigslot stop fast
	stop_run
}

@test "the second SIGINT ends at once" {
	start_slow
	seq 3 | sigslot emit -l slow
	wait_until has_lines began 1
	kill -INT "$RUN_PID"
	wait_until loop_is slow .state draining
	kill -INT "$RUN_PID"
	run_ended 1
	run -0 bash -c "sigslot ps --json | jq -s 'map(.queued) | add'"
	assert_output 3
	run -0 wc -l began
	assert_output '1 began'
	sigslot clean --force
}

@test "of forty orders at a time 32 are taken, and the others told so with 75" {
	start_slow
	sigslot emit slow 1
	wait_until has_lines began 1
	for i in $(seq 40); do
		bash -c "sigslot stop slow 2>said.$i; echo \$? >>ended" 3>&- &
	done
	wait_until has_lines ended 8
	run -0 sort -u ended
	assert_output 75
	run -0 grep -l 'sigslot: it carries out 32 orders already: try again' said.*
	[ "${#lines[@]}" = 8 ]
	touch gate
	wait_until has_lines ended 40
	run -0 bash -c 'sort ended | uniq -c | tr -s " "'
	assert_output $' 32 0\n 8 75'
	stop_run
}

@test "an instance that dies has not done what it was asked for" {
	start_slow
	sigslot emit slow 1
	wait_until has_lines began 1
	sigslot stop slow 2>said 3>&- &
	stopping=$!
	wait_until grep -q 'waiting for slow' said
	kill -KILL "$RUN_PID"
	status=0
	wait "$stopping" || status=$?
	assert_equal "$status" 69
	run -0 grep -v waiting said
	assert_output "sigslot: instance 't' has ended before that was done"
	run_ended 137
	wait_until no_processes
	sigslot clean --force
}

@test "F5: what is left is told queue by queue, to who stopped it and in the log" {
	start 'objects:' \
		'  slow: {run: "echo >> began; sleep 100 & wait"}' \
		'  end: {run: "false", retry: {max: 1, backoff: 1ms}}' \
		'queues: {jobs: {}}'
	sigslot emit slow 1
	wait_until has_lines began 1
	sigslot emit slow 2
	sigslot emit jobs 1
	seq 3 | sigslot emit -l end
	wait_until loop_is end .dead 3
	run -0 --separate-stderr sigslot stop --now t/slow
	assert_output ''
	assert_stderr 'sigslot: left: slow (2 messages)'
	run -0 --separate-stderr sigslot stop t
	assert_output ''
	assert_stderr 'sigslot: left: slow (2 messages), end (3 dead), jobs (1 message)'
	run_ended 1
	run -0 grep keeps "$RUN_ERR"
	assert_line "sigslot | loop 'slow' keeps 2 messages"
	assert_line "sigslot | loop 'end' keeps 3 dead"
	assert_line "sigslot | queue 'jobs' keeps 1 message"
	assert_equal "${#lines[@]}" 3
	sigslot clean --force
}

# A topology whose `deaf` is at it for ever, and does not hear SIGTERM where it is told to.
start_deaf() {
	start 'stop_timeout: 300ms' 'objects:' \
		"  deaf: {run: \"$1 echo >> began; sleep 100 & wait; wait\"}" \
		'  fast: {filter: cat >> quick}'
	seq 2 | sigslot emit -l deaf
	wait_until has_lines began 1
}

@test "F5: a stop that takes longer than stop_timeout is cut short, and says what it left" {
	start_deaf ''
	run -0 --separate-stderr sigslot stop t
	assert_output ''
	assert_stderr_has 'sigslot: waiting for deaf (2 messages)'
	assert_stderr_has 'sigslot: left: deaf (2 messages)'
	run_ended 1
	run -0 grep 'stopped at once' "$RUN_ERR"
	assert_output 'sigslot | stopped at once after 300ms, its `stop_timeout`; not done: deaf (2 messages), fast'
	run -0 grep keeps "$RUN_ERR"
	assert_output "sigslot | loop 'deaf' keeps 2 messages"
	run -0 wc -l began
	assert_output '1 began'
	sigslot clean --force
}

@test "a command that stands still or does not listen is killed when stop_timeout is over" {
	start 'stop_timeout: 300ms' 'objects:' \
		'  still: {run: "echo $$ > still; kill -STOP $$"}' \
		'  deaf: {run: "trap \"\" TERM; echo $$ > deaf; until [ -e gate ]; do sleep 0.1; done"}'
	sigslot emit still 1
	sigslot emit deaf 1
	wait_until has_lines still 1
	wait_until has_lines deaf 1
	kill -TERM "$RUN_PID"
	wait_until process_gone "$(cat still)"
	refute process_gone "$(cat deaf)"
	run_ended 1
	assert process_gone "$(cat deaf)"
	sigslot clean --force
}

@test "a loop that does not stop within stop_timeout is ended, keeps its messages, and starts again" {
	start_deaf ''
	run -0 --separate-stderr sigslot stop deaf
	assert_output ''
	assert_stderr_has 'sigslot: left: deaf (2 messages)'
	assert loop_is deaf .state stopped
	assert loop_is fast .state ready
	wait_until grep -q 'deaf | ended at once: it did not stop within `stop_timeout`' "$RUN_ERR"
	run -0 --separate-stderr sigslot start deaf
	wait_until has_lines began 2
	kill -TERM "$RUN_PID"
	run_ended 1
	sigslot clean --force
}

@test "stop_timeout hurries nobody who is within it, nor a run whose sources have ended" {
	start 'stop_timeout: 20s' 'objects: {slow: {run: "echo >> began; until [ -e gate ]; do sleep 0.02; done"}}'
	sigslot emit slow 1
	wait_until has_lines began 1
	kill -TERM "$RUN_PID"
	wait_until loop_is slow .state draining
	touch gate
	run_ended 0
	printf '%s\n' 'stop_timeout: 1ms' 'objects: {s: {source: seq 3}, slow: {run: "sleep 0.05; echo >> did"}}' \
		'connections: [s -> slow]' >u.yaml
	run -0 --separate-stderr sigslot run --until-idle u.yaml
	run -0 wc -l did
	assert_output "3 did"
}

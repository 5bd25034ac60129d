# SPDX-License-Identifier: MIT
#
# What becomes of a message that failed: `retry:` and `dead:`.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

@test "a message that failed is tried again as often as retry says, while others go on" {
	start 'objects:' '  a: {run: "echo \"$1 $SIGSLOT_ATTEMPT\" >> seen; [ \"$1\" != 2 ]", retry: {max: 3, backoff: 20ms}}'
	seq 5 | sigslot emit -l a
	wait_until loop_is a .dead 1
	run -0 grep -v '^2 ' seen
	assert_output $'1 1\n3 1\n4 1\n5 1'
	run -0 grep '^2 ' seen
	assert_output $'2 1\n2 2\n2 3\n2 4'
	assert_equal "$(loop a '[.in, .retried, .failed, .queued] | join(" ")')" '8 3 0 0'
	wait_until grep -q "it is given up: 'sigslot queue retry a' sends it back" "$RUN_ERR"
	run -0 grep -c 'a | failed: exited with status 1; it is tried again' "$RUN_ERR"
	assert_output 3
	sigslot queue get --dead a >/dev/null
	kill -TERM "$RUN_PID"
	run_ended 1
}

@test "what succeeds in the end was done once, and nobody gave it up" {
	start 'objects:' '  a: {run: "[ $SIGSLOT_ATTEMPT = 3 ] && echo \"$1\" >> seen", retry: {max: 9, backoff: 1ms}}'
	seq 20 | sigslot emit -l a
	wait_until has_lines seen 20
	run -0 bash -c 'sort -n seen | cmp - <(seq 20)'
	stop_run
	assert grep -q "'t' ended: 60 messages in, 0 out, 0 failed, 0 dropped, 0 kept" "$RUN_ERR"
}

@test "only the slot that failed is tried again, with what it was told before" {
	start 'loops:' '  l:' '    objects:' \
		'      x: {signals: [go]}' \
		'      a: {run: "echo a >> seen"}' \
		'      b: {run: "echo \"b $1 $SIGSLOT_SENDER.$SIGSLOT_SIGNAL\" >> seen; [ $SIGSLOT_ATTEMPT = 3 ]", retry: {max: 5, backoff: 1ms}}' \
		'      c: {run: "echo c >> seen"}' \
		'connections: [x.go -> a, x.go -> b, x.go -> c]'
	sigslot emit x.go 7
	wait_until has_lines seen 5
	run -0 sort seen
	assert_output $'a\nb 7 x.go\nb 7 x.go\nb 7 x.go\nc'
	stop_run
}

@test "finished comes once, after the last retry, and failed where it was given up" {
	start 'objects:' \
		'  a: {run: "[ \"$1\" = 1 ]", retry: {max: 2, backoff: 1ms}}' \
		'  f: {run: "echo \"finished $1\" >> seen", args: [.payload]}' \
		'  g: {run: "echo \"failed $1 $2\" >> seen", args: [.payload, .attempt]}' \
		'connections: [a.finished -> f, a.failed -> g]'
	sigslot emit a 1
	sigslot emit a 2
	wait_until has_lines seen 3
	run -0 sort seen
	assert_output $'failed 2 3\nfinished 1\nfinished 2'
	sigslot queue get --dead a >/dev/null
	kill -TERM "$RUN_PID"
	run_ended 1
}

@test "A5: 65, 125, 126 and 127 are not tried again" {
	start 'objects:' '  a: {run: "echo \"$1\" >> seen; exit $1", retry: {max: 3, backoff: 1ms}}'
	for status in 65 125 126 127 0; do
		sigslot emit a "$status"
	done
	wait_until has_lines seen 5
	wait_until loop_is a .dead 4
	run -0 sigslot queue get --dead -n 9 a
	assert_output $'65\n125\n126\n127'
	assert_equal "$(wc -l <seen)" 5
	kill -TERM "$RUN_PID"
	run_ended 1
}

@test "without retry and dead a message has failed, and that is all" {
	start 'objects: {a: {run: "false"}}'
	sigslot emit a 1
	wait_until loop_is a .failed 1
	run -124 sigslot queue get --dead --timeout 0s a
	assert_equal "$(loop a .dead)" 0
	stop_run
}

@test "dead ones are sent back where they died, and their attempts begin anew" {
	start 'loops:' '  l:' '    objects:' \
		'      x: {signals: [go]}' \
		'      a: {run: "echo \"$1 $SIGSLOT_ATTEMPT\" >> seen; [ -e gate ]", retry: {max: 1, backoff: 1ms}}' \
		'      b: {run: "echo b >> others"}' \
		'connections: [x.go -> a, x.go -> b]'
	seq 3 | sigslot emit -l x.go
	wait_until loop_is l .dead 3
	run -0 sort seen
	assert_output $'1 1\n1 2\n2 1\n2 2\n3 1\n3 2'
	touch gate
	rm seen
	run -0 sigslot queue retry l
	assert_output 3
	wait_until has_lines seen 3
	run -0 cat seen
	assert_output $'1 1\n2 1\n3 1'
	assert_equal "$(wc -l <others)" 3
	kill -TERM "$RUN_PID"
	run_ended 1
	assert grep -q "'t' ended: .* 0 failed, 3 dead, 0 dropped, 0 kept" "$RUN_ERR"
}

@test "dead ones outlive the run, which then ends with 1, and come back in the next one" {
	printf '%s\n' 'sigslot: 1' 'objects:' '  s: {source: echo 1}' \
		'  a: {run: "[ -e gate ] && echo \"$1\" >> seen", retry: {max: 1, backoff: 1ms}}' \
		'connections: [s -> a]' >t.yaml
	run -1 --separate-stderr sigslot run --until-idle t.yaml
	assert_stderr_has '1 dead, 0 dropped, 1 kept'
	run -0 sigslot queue get --dead --peek a
	assert_output 1
	touch gate
	start_run t.yaml
	wait_until has_lines seen 1
	run -0 sigslot queue retry a
	assert_output 1
	wait_until has_lines seen 2
	stop_run
}

@test "dead names a queue, which gets the message with the reason" {
	start 'objects:' \
		'  a: {run: "echo no luck >&2; [ \"$1\" != 2 ]", retry: {max: 1, backoff: 1ms}, dead: letters}' \
		'  mail: {run: "echo \"$1: $2\" >> seen", args: [.payload, .reason]}' \
		'queues: {letters: {}}' 'connections: [letters -> mail]'
	seq 3 | sigslot emit -l a
	wait_until has_lines seen 1
	run -0 cat seen
	assert_output '2: exited with status 1'
	kill -TERM "$RUN_PID"
	run_ended 1
}

@test "dead at the top holds for all slots that do not say otherwise" {
	start 'dead: letters' 'objects:' \
		'  a: {run: "echo no luck >&2; exit 3"}' \
		'  b: {exec: [false], dead: others}' \
		'queues: {letters: , others: }'
	sigslot emit a 1
	sigslot emit b 2
	run -0 bash -c "sigslot queue get letters | jq -c '[.payload, .exit, .attempt, .stderr, .slot]'"
	assert_output '[1,3,1,"no luck\n","in"]'
	run -0 bash -c "sigslot queue get others | jq -c .payload"
	assert_output 2
	kill -TERM "$RUN_PID"
	run_ended 1
}

@test "a worker killed while a message backs off: it is tried again, and its tries count on" {
	start 'processes: {p: }' 'loops: {l: {process: p, objects: {a: {run: "echo $SIGSLOT_ATTEMPT >> seen; [ -e gate ]", retry: {max: 1, backoff: 3s..3s}}}}}'
	sigslot emit a 1
	wait_until has_lines seen 1
	# the first attempt is acknowledged, too: else a kill would repeat that
	wait_until bash -c '[ "$(sigslot ledger --json l | jq .retried)" = 1 ]'
	kill -KILL "$(loop l .pid)"
	wait_until loop_is l .dead 1
	run -0 cat seen
	assert_output $'1\n2'
	sigslot queue get --dead l >/dev/null
	kill -TERM "$RUN_PID"
	run_ended 1
}

@test "a stop waits until what backs off is done" {
	start 'objects:' '  a: {run: "echo $SIGSLOT_ATTEMPT >> seen; [ $SIGSLOT_ATTEMPT = 3 ]", retry: {max: 5, backoff: 100ms}}'
	sigslot emit a 1
	wait_until has_lines seen 1
	stop_run
	run -0 cat seen
	assert_output $'1\n2\n3'
}

@test "stop --now leaves what backs off in the queue for the next run" {
	start 'objects:' '  a: {run: "echo $SIGSLOT_ATTEMPT >> seen; [ -e gate ]", retry: {max: 5, backoff: 30s}}'
	sigslot emit a 1
	wait_until loop_is a .retried 1
	run -0 --separate-stderr sigslot stop --now t
	wait_run || :
	assert_equal "$(sigslot ps --json | jq .queued)" 1
	sigslot clean --force t
}

@test "from a named queue any of the slots tries it again" {
	start 'loops:' \
		'  l: {objects: {a: {run: "echo a >> seen; [ $SIGSLOT_ATTEMPT = 5 ]", retry: {max: 9, backoff: 1ms}}}}' \
		'  m: {objects: {b: {run: "echo b >> seen; [ $SIGSLOT_ATTEMPT = 5 ]", retry: {max: 9, backoff: 1ms}}}}' \
		'queues: {jobs: }' 'connections: ["jobs -> a, b"]'
	seq 10 | sigslot queue put -l jobs
	sigslot queue join jobs
	assert_equal "$(wc -l <seen)" 50
	assert_equal "$(sigslot queue stat --json jobs | jq .dead)" 0
	stop_run
}

@test "raw bytes of a named queue are tried again as the string that they are" {
	start 'objects: {a: {run: "cat >> seen; [ $SIGSLOT_ATTEMPT = 2 ]", retry: {max: 3, backoff: 1ms}}}' \
		'queues: {jobs: }' 'connections: [jobs -> a]'
	printf 'x "y"' | sigslot queue put --raw jobs
	wait_until has_lines seen 2
	sigslot queue join jobs
	run -0 cat seen
	assert_output $'x "y"\nx "y"'
	stop_run
}

@test "where there is no room for a retry the whole message goes back" {
	start 'loops:' '  l:' '    queue: {size: 64KiB}' '    objects:' \
		'      x: {signals: [go]}' \
		'      a: {run: "wc -c >> seen; [ $SIGSLOT_ATTEMPT -gt 1 ]", args: none, retry: {max: 3, backoff: 1ms}}' \
		'      b: {run: "echo b >> others", args: none}' 'connections: [x.go -> a, x.go -> b]'
	head -c 30000 /dev/zero | tr '\0' x >one
	echo >>one
	cat one one | sigslot emit -l x.go
	wait_until has_lines seen 4
	run -0 sort -u seen
	assert_output 30001
	wait_until loop_is l .queued 0
	assert [ "$(wc -l <others)" -ge 2 ]
	stop_run
}

@test "what a dying filter had in hand is tried again" {
	start 'objects:' '  a: {reply: line, retry: {max: 3, backoff: 1ms}, filter: "while read -r x; do echo \"$x\" >> seen; [ -e gate ] || { touch gate; exit 1; }; echo \"$x\"; done"}' \
		'  b: {filter: cat >> answers}' 'connections: [a -> b]'
	seq 3 | sigslot emit -l a
	wait_until has_lines answers 3
	run -0 sort -n answers
	assert_output $'1\n2\n3'
	stop_run
}

@test "on_error: stop ends the loop at the first failure, keeps what is queued, and start goes on" {
	start 'loops:' '  l: {on_error: stop, objects: {a: {run: "echo \"$1\" >> seen; [ \"$1\" != 3 ] || [ -e gate ]"}}}' \
		'objects: {other: {run: "echo \"$1\" >> others"}}'
	seq 6 | sigslot emit -l a
	wait_until loop_is l .state stopped
	run -0 cat seen
	assert_output $'1\n2\n3'
	assert_equal "$(loop l '[.failed, .queued] | join(" ")')" '1 3'
	wait_until grep -q "loop 'l' ends, as .on_error: stop. says" "$RUN_ERR"
	sigslot emit other x
	wait_until has_lines others 1
	sigslot start l
	wait_until has_lines seen 6
	run -0 cat seen
	assert_output $'1\n2\n3\n4\n5\n6'
	kill -TERM "$RUN_PID"
	run_ended 1
}

@test "on_error: what is said next to a slot holds, and retries come first" {
	start 'on_error: stop' 'objects:' \
		'  a: {run: "false", on_error: continue}' \
		'  b: {run: "echo >> seen; false", retry: {max: 2, backoff: 1ms}}'
	sigslot emit a 1
	wait_until loop_is a .failed 1
	sigslot emit b 1
	wait_until loop_is b .state stopped
	assert_equal "$(loop a .state)" ready
	assert_equal "$(wc -l <seen)" 3
	sigslot queue get --dead b >/dev/null
	kill -TERM "$RUN_PID"
	run_ended 1
}

@test "what dead put into a queue is sent back to the slots that it died in" {
	start 'loops:' '  l:' '    objects:' \
		'      x: {signals: [go]}' \
		'      a: {run: "echo \"a $1 $SIGSLOT_SENDER.$SIGSLOT_SIGNAL\" >> seen; [ -e gate ]", dead: letters}' \
		'      b: {slots: {other: {run: "echo \"b $1\" >> seen; [ -e gate ]", dead: letters}}}' \
		'queues: {letters: }' 'connections: [x.go -> a]'
	sigslot emit x.go 1
	sigslot emit -j b.other '{"n": 1.50}'
	wait_until loop_is l .dead 2
	sigslot queue put letters mine
	rm seen
	touch gate
	run -0 sigslot queue retry -n 1 letters
	assert_output 1
	wait_until has_lines seen 1
	run -0 sigslot queue retry letters
	assert_output 1
	wait_until has_lines seen 2
	run -0 cat seen
	assert_output $'a 1 x.go\nb {"n":1.50}'
	run -0 sigslot queue get letters
	assert_output mine
	kill -TERM "$RUN_PID"
	run_ended 1
}

@test "what the queue of dead: cannot take waits beside its own, and is not lost" {
	start 'objects:' '  a: {run: "false", dead: letters}' 'queues: {letters: {size: 64KiB}}'
	head -c 50000 /dev/zero | tr '\0' x >large
	sigslot emit a "$(cat large)"
	sigslot emit a small
	wait_until loop_is a .dead 2
	wait_until loop_is letters .queued 1
	wait_until grep -qx 'a | failed: exited with status 1; it is given up' "$RUN_ERR"
	run -0 cat "$RUN_ERR"
	assert_line "sigslot | a message of 50136 bytes is too big for queue 'letters', which takes 32656: give it a larger \`queue: {size: ...}\`"
	assert_line "a | failed: exited with status 1; it is given up: 'sigslot queue retry a' sends it back"
	assert_line "a | failed: exited with status 1; it is given up"
	run -0 sigslot queue get letters
	assert_output --partial small
	run -0 bash -c 'sigslot queue get --dead --peek a | wc -c'
	assert [ "$output" -gt 50000 ]
	run -0 --separate-stderr sigslot stop t
	assert_stderr 'sigslot: left: a (1 dead)'
	run_ended 1
	sigslot clean --force
}

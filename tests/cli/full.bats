# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# What `full:` of a connection does, from scripts and from loops.

stat_of() { # QUEUE MEMBER
	sigslot queue stat --json "$1" | jq ".$2"
}

stat_is() {
	[ "$(stat_of "$1" "$2")" = "$3" ]
}

ps_of() { # LOOP MEMBER
	sigslot ps --json | jq "select(.loop == \"$1\") | .$2"
}

ps_is() {
	[ "$(ps_of "$1" "$2")" = "$3" ]
}

# held FULL: what a script and a loop emit goes to a slot that waits at a gate, whose
# queue has room for three, and to a queue of three.
held() {
	mkfifo gate
	cat >t.yaml <<-END
		objects:
		  in: {signals: {line: any}}
		  pass: {filter: cat}
		loops:
		  last: {queue: {messages: 3}, objects: {slow: {run: 'echo "\$1" >> seen; read -r _ < gate', out: any}}}
		queues: {few: {messages: 3}}
		connections:
		  - in.line -> slow: {full: $1}
		  - in.line -> pass
		  - pass -> few: {full: $1}
	END
	start_run t.yaml
}

# let_go COUNT: opens the gate for so many, and for what comes after them.
let_go() {
	exec 8<>gate
	yes | head -n "$1" >&8
	stop_run
	exec 8>&-
}

@test "drop-new keeps the old ones, and all is counted, from scripts and from loops" {
	held drop-new
	sigslot emit in.line 1
	wait_until has_lines seen 1
	seq 2 20 | sigslot emit -l in.line
	wait_until ps_is pass in 20
	wait_until stat_is few refused 17
	assert_equal "$(stat_of few put)" 3
	assert_equal "$(ps_of last dropped)" 17
	run -0 sigslot queue get -n 3 few
	assert_output $'1\n2\n3'
	let_go 20
	run -0 cat seen
	assert_output $'1\n2\n3'
	assert grep -q "queue 'last' was full: 17 dropped (drop-new)" "$RUN_ERR"
	assert grep -q "queue 'few' was full: 17 dropped (drop-new)" "$RUN_ERR"
	assert grep -q '23 messages in, 20 out, 0 failed, 34 dropped, 0 kept' "$RUN_ERR"
}

@test "drop-old keeps the newest ones, and the one that is being done" {
	held drop-old
	sigslot emit in.line 1
	wait_until has_lines seen 1
	seq 2 20 | sigslot emit -l in.line
	wait_until ps_is pass in 20
	wait_until bash -c '[ "$(sigslot queue stat --json few | jq .put)" = 20 ]'
	assert_equal "$(stat_of few evicted)" 17
	run -0 sigslot queue get -n 3 few
	assert_output $'18\n19\n20'
	let_go 20
	run -0 cat seen
	assert_output $'1\n19\n20'
	assert grep -q "queue 'last' was full: 17 dropped (drop-old)" "$RUN_ERR"
	assert grep -q '23 messages in, 20 out, 0 failed, 34 dropped, 0 kept' "$RUN_ERR"
}

@test "latest keeps the newest one alone, also where there is room for more" {
	held latest
	sigslot emit in.line 1
	wait_until has_lines seen 1
	seq 2 20 | sigslot emit -l in.line
	wait_until ps_is pass in 20
	wait_until bash -c '[ "$(sigslot queue stat --json few | jq .put)" = 20 ]'
	wait_until bash -c '[ "$(sigslot queue stat --json few | jq .messages)" = 1 ]'
	run -0 sigslot queue get few
	assert_output 20
	let_go 20
	run -0 cat seen
	assert_output $'1\n20'
	assert grep -q "queue 'last' was full: 18 dropped (latest)" "$RUN_ERR"
	assert grep -q "queue 'few' was full: 19 dropped (latest)" "$RUN_ERR"
}

@test "fail: emit ends with 75 at once, and nobody else gets the message" {
	held fail
	seq 3 | sigslot emit -l in.line
	wait_until has_lines seen 1
	run -75 --separate-stderr sigslot emit in.line 4
	assert_output ''
	assert_stderr "sigslot: queue 'last' is full: its connection says \`full: fail\` (reached 0 of 2)"
	wait_until ps_is pass in 3
	let_go 10
	run -0 cat seen
	assert_output $'1\n2\n3'
	assert grep -q "queue 'last' was full: 1 dropped (fail)" "$RUN_ERR"
	run -0 sigslot clean --force
}

@test "fail: in a loop the message fails whose slot emitted it" {
	cat >t.yaml <<-'END'
		objects:
		  in: {source: seq 3}
		  work: {run: 'echo "$1"', out: any}
		  failures: {run: 'echo "$1 $2" >> seen', args: [.payload, .exit]}
		queues: {one: {messages: 1}}
		connections:
		  - in -> work
		  - work -> one: {full: fail}
		  - work.failed -> failures
	END
	run -0 --separate-stderr sigslot run --until-idle t.yaml
	assert_stderr_has "work | failed: queue 'one' is full"
	assert_stderr_has "queue 'one' was full: 2 dropped (fail)"
	assert_stderr_has "2 failed, 2 dropped, 1 kept"
	run -0 cat seen
	assert_output $'2 0\n3 0'
	run -0 sigslot clean --force
}

@test "a slow branch that drops does not hold up its sibling, nor a source" {
	mkfifo gate
	cat >t.yaml <<-'END'
		objects:
		  in: {source: seq 50000}
		  quick: {filter: cat > seen}
		loops:
		  pool: {queue: {messages: 10}, objects: {slow: {run: 'echo "$1" >> late; read -r _ < gate'}}}
		connections:
		  - in -> quick
		  - in -> slow: {full: drop-old}
	END
	start_run t.yaml
	wait_until has_lines seen 50000
	run -0 cmp seen <(seq 50000)
	wait_until has_lines late 1
	exec 8<>gate
	yes | head -n 40 >&8
	stop_run
	exec 8>&-
	assert_equal "$(tail -n 1 late)" 50000
	sum=$(($(wc -l <late) + $(sed -n "s/.*'pool' was full: \([0-9]*\) .*/\1/p" "$RUN_ERR")))
	assert_equal "$sum" 50000
}

@test "what drops does not wait behind what blocks in the same queue" {
	mkfifo gate
	cat >t.yaml <<-'END'
		objects: {in: {signals: {sure: any, loose: any}}}
		loops:
		  pass:
		    objects:
		      a: {filter: cat}
		      b: {filter: cat}
		  last: {queue: {messages: 2}, objects: {slow: {run: 'echo "$1" >> seen; read -r _ < gate'}}}
		connections:
		  - in.sure -> a -> slow
		  - in.loose -> b
		  - b -> slow: {full: drop-new}
	END
	start_run t.yaml
	seq 4 | sigslot emit -l in.sure
	wait_until has_lines seen 1
	wait_until ps_is last queued 2
	seq 3000 | sigslot emit -l in.loose
	wait_until ps_is last dropped 3000
	exec 8<>gate
	yes | head -n 4 >&8
	stop_run
	exec 8>&-
	run -0 cat seen
	assert_output $'1\n2\n3\n4'
}

@test "who waits for five seconds is named once, and the slot that it waits for" {
	mkfifo gate
	cat >t.yaml <<-'END'
		objects:
		  in: {source: seq 3000}
		  slow: {run: 'read -r _ < gate'}
		loops:
		  pool: {queue: {messages: 2}, objects: {late: {run: 'read -r _ < gate'}}}
		connections: [in -> late]
	END
	start_run t.yaml
	wait_until grep -q "loop 'in' has waited for 5 s for room in the queue of 'pool'; slot 'late.in' is behind, and takes nothing" "$RUN_ERR"
	sigslot stop --now t
	run_ended 1
	assert_equal "$(grep -c 'has waited' "$RUN_ERR")" 1
	run -0 sigslot clean --force
}

@test "at 80 % the slot that is behind is named, once until the queue was half empty" {
	mkfifo gate
	start 'loops:' '  pool: {queue: {messages: 100}, objects: {late: {run: "read -r _ < gate; echo >> seen"}}}' \
		'objects: {f: {filter: cat}, g: {filter: cat}}' 'connections: ["f, g -> late"]'
	exec 8<>gate
	seq 70 | sigslot emit -l f
	wait_until loop_is pool .queued 70
	run ! grep -q behind "$RUN_ERR"
	seq 12 | sigslot emit -l f
	wait_until grep -q "the queue of loop 'pool' is 8. % full, with 8. messages; slot 'late.in' is behind: 0.0 messages/s are done" "$RUN_ERR"
	seq 5 | sigslot emit -l g
	wait_until loop_is pool .queued 87
	yes | head -n 10 >&8
	wait_until loop_is pool .queued 77
	seq 10 | sigslot emit -l f
	wait_until loop_is pool .queued 87
	assert_equal "$(grep -c 'is behind' "$RUN_ERR")" 1
	yes | head -n 87 >&8
	stop_run
	exec 8>&-
}

@test "behind a named queue the slots that are behind are counted, scripts fill it, too" {
	mkfifo gate
	start 'queues: {jobs: {messages: 20}}' 'objects:' '  a: {run: "read -r _ < gate"}' '  b: {run: "read -r _ < gate"}' \
		'connections: ["jobs -> a, b"]'
	exec 8<>gate
	seq 19 | sigslot queue put -l jobs
	echo >&8
	wait_until grep -q "queue 'jobs' is 9. % full, with 1. messages; its 2 slots are behind" "$RUN_ERR"
	yes | head -n 18 >&8
	sigslot queue join jobs
	stop_run
	exec 8>&-
}


# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# why NAME FILTER: what jq makes of it.
why() {
	sigslot why --json "$1" | jq -c "$2"
}

why_is() {
	[ "$(why "$1" "$2")" = "$3" ]
}

# A chain of three, of which the last one waits until something is written to `gate`.
start_chain() {
	cat >chain.yaml <<-'END'
		loops:
		  first: {objects: {a: {run: 'seq 20', out: integer}}}
		  second: {queue: {messages: 1}, objects: {b: {run: 'seq 3', out: integer}}}
		  third: {queue: {messages: 1}, objects: {c: {run: 'read -r _ < gate'}}}
		connections: [a -> b -> c]
	END
	mkfifo gate
	start_run chain.yaml
	sigslot emit a go
	wait_until why_is first .behind '["second","third"]'
}

@test "of a chain whose last loop is slow the first one names it and its slot" {
	start_chain
	run -0 --separate-stderr sigslot why first
	assert_stderr ''
	assert_output --partial "Loop 'first' of instance 'chain' is ready."
	assert_output --regexp "Process 'main' \([0-9]+\) has run for [0-9.]+m?s\."
	assert_output --partial "it waits for room in the queue of 'second', which waits for that of 'third', which is busy with slot 'c.in', and began a message "
	assert_equal "$(why first .behind_slot)" '"c.in"'
	run -0 --separate-stderr sigslot why b
	assert_output --partial "Object 'b' lives on loop 'second', which of instance 'chain' is ready."
	assert_output --partial "For room in its queue waits 'first'."
	run -0 --separate-stderr sigslot why third
	assert_output --partial "It is busy with slot 'c.in', and began a message "
	assert_output --partial "For room in its queue waits 'second'."
	assert_output --regexp "In its queue is 1 message, 1 of them taken, the oldest for [0-9.]+m?s; it is full\."
	assert_equal "$(why third '[.blocks, .queued, (.oldest > 0), .slot]')" \
		'[["second"],1,true,"c.in"]'
	exec 7<>gate
	sigslot stop --now chain
	run_ended 1
	exec 7>&-
	sigslot clean --force
}

@test "an idle loop has nothing to do" {
	echo 'objects: {a: {run: true}}' >t.yaml
	start_run t.yaml
	sigslot emit a 1
	wait_until why_is a '[.queued, .slot]' '[0,null]'
	run -0 --separate-stderr sigslot why a
	assert_output --partial "Loop 'a' of instance 't' is ready."
	assert_output --partial 'Nothing waits in its queue.'
	refute_output --partial busy
	stop_run
}

@test "a process tells of each of its loops, how it ended and when it starts again" {
	cat >t.yaml <<-'END'
		processes:
		  workers: {restart: {backoff: 1h}}
		loops:
		  l: {process: workers, objects: {a: {run: 'echo "$1" >&2'}}}
		  m: {process: workers, objects: {b: {run: true}}}
	END
	start_run t.yaml
	sigslot emit a 'last words'
	wait_until why_is a .log '["a | last words"]'
	sigslot kill --timeout 0 workers || :
	wait_until why_is l .state '"waiting"'
	run -0 --separate-stderr sigslot why l
	assert_output --regexp "Loop 'l' of instance 't' waits for its next start in (4[789]|5[0-9])m"
	assert_output --partial 'It last ended by SIGKILL, and was started again 0 times.'
	run -0 --separate-stderr sigslot why workers
	assert_output --partial "    sigslot | process 'workers' was ended by SIGKILL"
	run -0 bash -c "sigslot why --json workers | jq -c '[.loop, .kind, .exit, .pid, .next > 2800]'"
	assert_output $'["l","process","SIGKILL",0,true]\n["m","process","SIGKILL",0,true]'
	sigslot stop --now t
	run_ended 1
}

@test "a named queue tells what waits in it, and who takes it" {
	cat >t.yaml <<-'END'
		loops:
		  l: {objects: {a: {run: 'read -r _ < gate'}}}
		queues: {q: {}}
		connections: [q -> a]
	END
	mkfifo gate
	start_run t.yaml
	seq 3 | sigslot emit -l q
	wait_until why_is q .leased 1
	run -0 --separate-stderr sigslot why q
	assert_output --regexp "^Queue 'q' of instance 't' is open\. In it are 3 messages, 1 of them taken, the oldest for [0-9.]+m?s\. Loop 'l' takes from it\.$"
	exec 7<>gate
	sigslot stop --now t
	run_ended 1
	exec 7>&-
	sigslot clean --force
}

@test "a dead instance can be asked about by its name" {
	echo 'objects: {a: {run: true}, b: {run: true}}' >t.yaml
	start_run t.yaml
	sigslot stop a
	sigslot emit a 1
	kill -KILL "$RUN_PID"
	run_ended 137
	wait_until no_processes
	run -0 --separate-stderr sigslot why t/a
	assert_output --partial "Loop 'a' of instance 't' is dead"
	assert_output --partial 'In its queue is 1 message, the oldest for '
	sigslot clean --force
}

@test "it works while everybody is stopped, and changes nothing" {
	start_chain
	worker=$(why first .pid)
	kill -STOP "$RUN_PID" "$worker"
	before=$(sigslot ps --json | jq -c 'del(.up)')
	run -0 --separate-stderr sigslot why first
	assert_output --partial "which is busy with slot 'c.in'"
	assert_equal "$(sigslot ps --json | jq -c 'del(.up)')" "$before"
	kill -CONT "$RUN_PID" "$worker"
	exec 7<>gate
	sigslot stop --now chain
	run_ended 1
	exec 7>&-
	sigslot clean --force
}

@test "an unknown name is 69 with a guess" {
	echo 'objects: {parse: {run: true}}' >t.yaml
	start_run t.yaml
	run -69 --separate-stderr sigslot why prase
	assert_output ''
	assert_stderr "sigslot: no running instance has 'prase': did you mean 'parse'?"
	run -69 --separate-stderr sigslot why t/prase
	assert_stderr "sigslot: instance 't' has no 'prase': did you mean 'parse'?"
	stop_run
}

# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# Commands that wait for room in a queue, and so for themselves.

small() { # NAME COMMAND: a loop with room for one message
	printf '  l_%s: {queue: {messages: 1}, objects: {%s: {run: %s}}}\n' "$1" "$1" "'$2'"
}

ps_is() {
	[ "$(sigslot ps --json | jq "select(.loop == \"$1\") | .$2")" = "$3" ]
}

@test "a command that emits to its own full loop gets 75" {
	{
		echo loops:
		small a 'sigslot emit a 1; echo "$?" >> seen; sigslot emit a 2; echo "$?" >> seen'
	} >t.yaml
	start_run t.yaml
	sigslot emit a 0
	wait_until has_lines seen 1
	assert_equal "$(head -n 1 seen)" 75
	wait_until grep -q "queue 'l_a' is full: its loop waits for this very command" "$RUN_ERR"
	sigslot stop --now t
	run_ended 1
	run -0 sigslot clean --force
}

@test "two commands that wait for each other: one is told by name, and the other goes on" {
	{
		echo loops:
		small a 'echo a >> begun; read -r _ < gate_a; sigslot emit b 1; echo "a $?" >> seen'
		small b 'echo b >> begun; read -r _ < gate_b; sigslot emit a 1; echo "b $?" >> seen'
	} >t.yaml
	mkfifo gate_a gate_b
	start_run t.yaml
	sigslot emit a 0
	sigslot emit b 0
	wait_until has_lines begun 2
	echo go >gate_a
	echo go >gate_b
	wait_until has_lines seen 2
	assert_equal "$(grep -c ' 75' seen)" 1
	assert_equal "$(grep -c ' 0' seen)" 1
	wait_until grep -Eq "would wait for itself: (l_a -> l_b -> l_a|l_b -> l_a -> l_b)" "$RUN_ERR"
	exec 7<>gate_a 8<>gate_b
	yes | head -n 100 >&7
	yes | head -n 100 >&8
	sigslot stop --now t
	run_ended 1
	exec 7>&- 8>&-
	run -0 sigslot clean --force
}

@test "three in a circle, of which one waits by its connection" {
	cat >t.yaml <<-'END'
		loops:
		  l_a: {queue: {messages: 1}, objects: {a: {run: 'echo a >> begun; read -r _ < gate; sigslot emit b 1; echo "a $?" >> seen'}}}
		  l_b: {queue: {messages: 1}, objects: {b: {run: 'read -r _ < gate_b; echo 1; echo 2', out: any}}}
		  l_c: {queue: {messages: 1}, objects: {c: {run: 'sigslot emit a 1; echo "c $?" >> seen'}}}
		connections: [b -> c]
	END
	mkfifo gate gate_b
	start_run t.yaml
	sigslot emit a 0
	sigslot emit b 0
	wait_until has_lines begun 1
	exec 7<>gate 8<>gate_b
	echo go >&8
	wait_until ps_is l_c queued 1
	echo go >&7
	wait_until has_lines seen 2
	wait_until grep -q "would wait for itself: l_a -> l_b -> l_c -> l_a" "$RUN_ERR"
	run -0 sort seen
	assert_output $'a 75\nc 0'
	sigslot stop --now t
	run_ended 1
	exec 7>&- 8>&-
	run -0 sigslot clean --force
}

@test "a queue that only one's own loop takes from is the same" {
	cat >t.yaml <<-'END'
		objects:
		  a: {run: 'sigslot queue put jobs 1; sigslot emit s.x 2; echo "$?" >> seen'}
		  s: {signals: {x: any}}
		queues: {jobs: {messages: 2}}
		connections:
		  - s.x -> jobs -> a
	END
	start_run t.yaml
	sigslot emit s.x 0
	wait_until has_lines seen 1
	assert_equal "$(head -n 1 seen)" 75
	wait_until grep -q "queue 'jobs' is full: it would wait for itself: a -> a" "$RUN_ERR"
	sigslot stop --now t
	run_ended 1
	run -0 sigslot clean --force
}

@test "a put that waits for its own loop is told, too" {
	cat >t.yaml <<-'END'
		objects:
		  a: {run: 'sigslot queue put jobs 1; echo "$?" >> seen'}
		queues: {jobs: {messages: 1}}
		connections: [jobs -> a]
	END
	start_run t.yaml
	sigslot queue put jobs 0
	wait_until has_lines seen 1
	assert_equal "$(head -n 1 seen)" 75
	wait_until grep -q "queue 'jobs' is full: it would wait for itself: a -> a" "$RUN_ERR"
	sigslot stop --now t
	run_ended 1
	run -0 sigslot clean --force
}

@test "who waits for one that is only slow gets there" {
	{
		echo loops:
		small a 'sigslot emit b 1; echo "a $?" >> seen'
		small b 'read -r _ < gate; echo b >> seen'
	} >t.yaml
	mkfifo gate
	start_run t.yaml
	sigslot emit b 0
	sigslot emit a 0
	run -124 sigslot wait t --for idle --timeout 700ms
	exec 8<>gate
	yes | head -n 2 >&8
	wait_until has_lines seen 3
	run -0 sort seen
	assert_output $'a 0\nb\nb'
	stop_run
	exec 8>&-
}

@test "who waits beside a command that still works gets there" {
	cat >t.yaml <<-'END'
		loops:
		  l:
		    queue: {messages: 2}
		    objects:
		      a: {run: 'case $1 in wait) echo >> begun; read -r _ < gate;; put) sigslot emit a; echo "$?" >> seen; esac', parallel: 2}
	END
	mkfifo gate
	start_run t.yaml
	sigslot emit a wait
	wait_until has_lines begun 1
	sigslot emit a put
	run -124 sigslot wait t --for idle --timeout 700ms
	assert_file_not_exists seen
	echo go >gate
	wait_until has_lines seen 1
	assert_equal "$(cat seen)" 0
	stop_run
}

@test "parallel commands that all wait for their own loop are told" {
	cat >t.yaml <<-'END'
		loops:
		  l:
		    queue: {messages: 2}
		    objects:
		      a: {run: '[ "$1" = put ] || exit 0; echo >> begun; read -r _ < gate; sigslot emit a; echo "$?" >> seen', parallel: 3}
	END
	mkfifo gate
	start_run t.yaml
	sigslot emit a put
	sigslot emit a put
	wait_until has_lines begun 2
	exec 8<>gate
	yes | head -n 2 >&8
	wait_until has_lines seen 2
	exec 8>&-
	run -0 sort -r seen
	assert_line --index 0 75
	wait_until grep -q "queue 'l' is full: its loop waits for this very command" "$RUN_ERR"
	stop_run
}

@test "a source is not what its loop waits for" {
	cat >t.yaml <<-'END'
		loops:
		  l:
		    queue: {messages: 1}
		    objects:
		      s: {source: 'for i in 1 2 3; do sigslot emit a $i; echo "$?" >> seen; done'}
		      a: {run: 'read -r _ < gate'}
	END
	mkfifo gate
	start_run t.yaml
	wait_until has_lines seen 1
	run -124 sigslot wait t --for idle --timeout 700ms
	exec 8<>gate
	yes | head -n 3 >&8
	wait_until has_lines seen 3
	assert_equal "$(sort -u seen)" 0
	stop_run
	exec 8>&-
}

# Two objects, a and b, take from `jobs`, which holds two messages.
two_workers() { # COMMAND
	printf '%s\n' 'objects:' "  a: {run: '$1'}" "  b: {run: '$1'}" \
		'queues: {jobs: {messages: 2}}' 'connections: [jobs -> a, jobs -> b]' >t.yaml
	mkfifo gate
	start_run t.yaml
}

@test "of all who take from a queue and put into it one is told, and the rest goes on" {
	two_workers '[ "$1" -gt 7 ] || for i in 0 1; do sigslot queue put jobs $(($1 * 2 + i)); echo "$?" >> seen; done'
	sigslot queue put jobs 1
	sigslot wait t --for idle
	wait_until grep -Eq "queue 'jobs' is full: it would wait for itself: (a|b) -> " "$RUN_ERR"
	run -0 sort -u seen
	assert_output $'0\n75'
	stop_run
}

@test "a queue is not stuck while one who takes from it still works" {
	two_workers 'case $1 in wait) echo >> begun; read -r _ < gate;; go) for i in 1 2; do sigslot queue put jobs "$i"; echo "$?" >> seen; done; esac'
	sigslot queue put jobs wait
	wait_until has_lines begun 1
	sigslot queue put jobs go
	run -124 sigslot wait t --for idle --timeout 700ms
	assert_file_not_exists seen
	exec 8<>gate
	yes | head -n 3 >&8
	wait_until has_lines seen 2
	assert_equal "$(sort -u seen)" 0
	stop_run
	exec 8>&-
}

halves='[ "$1" = 0 ] || { echo $(($1 - 1)); echo $(($1 - 1)); }'

@test "F4: loops that wait for each other with full queues are found by name within 5 s, one edge fails, and the rest goes on" {
	start 'processes: {p: , q: }' 'loops:' \
		"  l_a: {process: p, queue: {messages: 2}, objects: {a: {run: '$halves', out: integer}}}" \
		"  l_b: {process: q, queue: {messages: 2}, objects: {b: {run: '$halves', out: integer}}}" \
		'objects: {c: {run: "echo \"$1\" >> seen"}}' 'connections: [a -> b, b -> a]'
	sigslot emit a 6
	wait_until bash -c 'sigslot why l_b | grep -q "waits for room in the queue of .l_a."'
	wait_until -t 5 grep -q "loop 'l_b' waits for itself: l_b -> l_a -> l_b, and all their queues are full: 1 message to 'l_a' failed" "$RUN_ERR"
	sigslot emit c 1
	wait_until has_lines seen 1
	run -0 sigslot wait --for idle --timeout 40s t
	stop_run
	run -0 grep -c 'waits for itself' "$RUN_ERR"
	assert [ "$output" -le 3 ]
	# all that went out came in, or is counted as failed; 1 came from outside
	run -0 sed -nE "s/.*'t' ended: ([0-9]+) messages in, ([0-9]+) out, ([0-9]+) failed, 0 dropped, 0 kept/\1 \2 \3/p" "$RUN_ERR"
	read -r in out failed <<<"$output"
	assert [ "$failed" -gt 0 ]
	assert_equal "$((in - 2))" "$((out - failed))"
}

@test "F4: filters that feed each other through a named queue, in one process" {
	start 'loops:' \
		"  l_a: {queue: {size: 64KiB}, objects: {a: {filter: 'while read -r x; do echo \"\$x\"; echo \"\$x\"; done'}}}" \
		"  l_b: {queue: {size: 64KiB}, objects: {b: {filter: cat}}}" \
		'queues: {jobs: {messages: 5}}' 'connections: [a -> jobs, jobs -> b, b -> a]'
	sigslot emit a 1
	wait_until grep -Eq "waits for itself: (l_a -> l_b -> l_a|l_b -> l_a -> l_b), and all" "$RUN_ERR"
	# it goes on, round and round
	n=$(loop l_b .in)
	wait_until bash -c "[ \"\$(sigslot ps --json | jq 'select(.loop == \"l_b\") | .in')\" -gt $n ]"
	sigslot stop --now t
	run_ended 1
	run -0 sigslot clean --force
}

@test "F4: a loop that feeds itself more than its queue takes" {
	start 'loops:' "  l_a: {queue: {messages: 2}, objects: {a: {run: '$halves', out: integer}}}" \
		'connections: [a -> a]'
	sigslot emit a 4
	wait_until grep -q "loop 'l_a' waits for itself: l_a -> l_a, and all their queues are full" "$RUN_ERR"
	run -0 sigslot wait --for idle --timeout 40s t
	stop_run
}

@test "F4: large messages that wait for each other, where small ones would find room" {
	start 'processes: {p: , q: }' 'loops:' \
		'  l_a: {process: p, queue: {size: 64KiB}, objects: {a: {run: "x=$(cat); echo \"$x\"; echo \"$x\"", args: none, out: any}}}' \
		'  l_b: {process: q, queue: {size: 64KiB}, objects: {b: {run: "cat", args: none, out: any}}}' \
		'connections: [a -> b, b -> a]'
	head -c 20000 /dev/zero | tr '\0' x | sigslot emit -l a
	wait_until grep -q "loop 'l_b' waits for itself: l_b -> l_a -> l_b" "$RUN_ERR"
	sigslot stop --now t
	run_ended 1
	run -0 sigslot clean --force
}

@test "F4: objects of one loop that feed each other go on, however much comes from outside" {
	printf '%s\n' 'sigslot: 1' 'objects: {src: {source: seq 1200}}' 'loops:' \
		'  l: {queue: {size: 64KiB}, objects: {a: {run: cat, out: any}, b: {run: "echo \"$1\" >> seen"}}}' \
		'connections: [src -> a -> b]' >t.yaml
	run -0 --separate-stderr sigslot run --until-idle t.yaml
	assert_stderr_has ' 0 failed, 0 dropped, 0 kept'
	run -0 cmp seen <(seq 1200)
}

@test "F4: two loops that ask and answer each other go on, however much comes from outside" {
	printf '%s\n' 'sigslot: 1' 'processes: {p: , q: }' 'objects: {src: {source: seq 1200}}' 'loops:' \
		'  la: {process: p, queue: {size: 64KiB}, objects: {a: {slots: {req: {filter: cat, emit: ask, reply: line}, answer: {filter: "cat >> seen"}}}}}' \
		'  lb: {process: q, queue: {size: 64KiB}, objects: {b: {run: cat, out: any}}}' \
		'connections: [src -> a.req, a.ask -> b, b -> a.answer]' >t.yaml
	run -0 --separate-stderr sigslot run --until-idle t.yaml
	assert_stderr_has ' 0 failed, 0 dropped, 0 kept'
	run -0 cmp seen <(seq 1200)
}

@test "scripts leave half of a queue to what goes round in its circle, commands inside need not" {
	mkfifo gate
	exec 8<>gate
	start 'loops:' '  l: {queue: {messages: 10}, objects: {a: {run: "read -r _ < gate; [ \"$1\" != put ] || seq 5 | sigslot emit -l --timeout 1s a 2>> said; echo \"$?\" >> status", out: any}}}' \
		'connections: [a -> a]'
	seq 4 | sed 's/.*/put/' | sigslot emit -l a
	wait_until loop_is l .queued 4
	run -0 sigslot emit --timeout 0s a x
	run -75 sigslot emit --timeout 0s a x
	echo >&8
	wait_until has_lines status 1
	run -0 cat status
	assert_output 0
	wait_until loop_is l .queued 9
	sigslot stop --now t
	wait_run || :
	exec 8>&-
	sigslot clean --force t
}

@test "why goes round a circle once" {
	start 'loops:' "  l_a: {queue: {messages: 2}, objects: {a: {run: '$halves', out: integer}}}" \
		"  l_b: {queue: {messages: 2}, objects: {b: {run: '$halves', out: integer}}}" \
		'connections: [a -> b, b -> a]'
	sigslot emit a 6
	wait_until bash -c 'sigslot why l_a | grep -q "waits for room in the queue of .l_b., which waits for that of .l_a.\."'
	sigslot stop --now t
	run_ended 1
	run -0 sigslot clean --force
}

@test "circles are warned of by check and run, unless an arrow on it does not wait" {
	printf '%s\n' 'objects: {a: {filter: cat}, b: {filter: cat}}' 'connections:' '  - a -> b' '  - b -> a' >t.yaml
	run -0 --separate-stderr sigslot check t.yaml
	assert_output ''
	assert_stderr 'sigslot: t.yaml: warning: messages go round in a circle: a -> b -> a; when all of its queues are full, what leads back fails: `full: fail` or `drop-new` on one arrow says which'
	start_run t.yaml
	stop_run
	assert grep -q 'warning: messages go round in a circle: a -> b -> a' "$RUN_ERR"
	printf '%s\n' 'objects: {a: {filter: cat}, b: {filter: cat}}' 'connections:' '  - a -> b' '  - b -> a: {full: drop-new}' >t.yaml
	run -0 --separate-stderr sigslot check t.yaml
	assert_stderr ''
}

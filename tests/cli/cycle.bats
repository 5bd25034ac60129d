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

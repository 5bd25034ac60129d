# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# Named queues between signals and slots: each message to one of the slots.

loop_is_not() {
	! loop_is "$@"
}

# three_workers COMMAND: three processes behind one queue.
three_workers() {
	cat >t.yaml <<-END
		processes: {p1: , p2: , p3: }
		loops:
		  w1: {process: p1, objects: {a: {run: '$1'}}}
		  w2: {process: p2, objects: {b: {run: '$1'}}}
		  w3: {process: p3, objects: {c: {run: '$1'}}}
		objects:
		  in: {signals: {line: any}}
		queues: {jobs: }
		connections:
		  - in.line -> jobs -> a, b, c
	END
	start_run t.yaml
}

@test "each message goes to exactly one of the slots, and to each of them some" {
	# each is busy until all three have got one
	three_workers 'echo "$1 $SIGSLOT_OBJECT" >> seen; touch "got.$SIGSLOT_OBJECT";
		until [ -e got.a -a -e got.b -a -e got.c ]; do sleep 0.02; done'
	seq 60 | sigslot emit -l in.line
	wait_until has_lines seen 60
	stop_run
	run -0 bash -c "sort -n seen | cut -d' ' -f1 | cmp - <(seq 60)"
	run -0 bash -c "cut -d' ' -f2 seen | sort -u | tr -d '\n'"
	assert_output abc
}

@test "a worker killed with a message in hand: another gets it, as the second attempt" {
	three_workers 'echo "$1 $SIGSLOT_ATTEMPT $SIGSLOT_LOOP" >> seen;
		[ "$1" != 5 ] || [ "$SIGSLOT_ATTEMPT" != 1 ] || exec sleep 1000'
	seq 20 | sigslot emit -l in.line
	wait_until has_lines seen 20
	kill -KILL "$(loop "$(sed -n 's/^5 1 //p' seen)" .pid)"
	wait_until has_lines seen 21
	assert grep -q '^5 2 ' seen
	stop_run
	run -0 bash -c "cut -d' ' -f1 seen | sort -nu | cmp - <(seq 20)"
	assert_equal "$(wc -l <seen)" 21
}

@test "idle first: a slot that is busy gets nothing meanwhile" {
	mkfifo gate
	cat >t.yaml <<-'END'
		objects:
		  in: {signals: {line: any}}
		  fast: {run: 'echo "fast $1" >> seen'}
		  slow: {run: 'echo "slow $1" >> seen; read -r _ < gate'}
		queues: {jobs: }
		connections:
		  - in.line -> jobs -> slow, fast
	END
	start_run t.yaml
	seq 40 | sigslot emit -l in.line
	wait_until has_lines seen 40
	assert_equal "$(grep -c slow seen)" 1
	wait_until loop_is jobs .queued 1
	echo go >gate
	stop_run
	assert_equal "$(grep -c slow seen)" 1
}

@test "a slot with parallel takes as many as it can begin, and leaves the rest" {
	mkfifo gate
	cat >t.yaml <<-'END'
		objects:
		  in: {signals: {line: any}}
		  three: {run: 'echo "three $1" >> seen; read -r _ < gate', parallel: 3}
		  late: {run: 'echo "late $1" >> seen; read -r _ < gate'}
		queues: {jobs: }
		connections:
		  - in.line -> jobs -> three, late
	END
	start_run t.yaml
	seq 10 | sigslot emit -l in.line
	wait_until has_lines seen 4
	wait_until loop_is jobs .queued 10
	assert_equal "$(grep -c three seen)" 3
	exec 8<>gate
	yes | head -n 10 >&8
	wait_until has_lines seen 10
	wait_until loop_is jobs .queued 0
	exec 8>&-
	stop_run
}

@test "one slot gets all in the order of the queue" {
	cat >t.yaml <<-'END'
		objects:
		  in: {source: seq 3000}
		  one: {filter: cat > seen}
		queues: {jobs: }
		connections:
		  - in -> jobs -> one
	END
	run -0 --separate-stderr sigslot run --until-idle t.yaml
	assert_stderr_has "3000 messages in, 3000 out, 0 failed, 0 dropped, 0 kept"
	run -0 cmp seen <(seq 3000)
}

@test "filters and builtins behind a queue share it, and nothing comes twice" {
	cat >t.yaml <<-'END'
		processes: {p1: }
		loops:
		  far: {process: p1, objects: {f: {filter: cat >> seen}}}
		objects:
		  in: {source: seq 5000}
		  print: {builtin: print}
		queues: {jobs: }
		connections:
		  - in -> jobs -> f, print
	END
	run -0 sigslot run --until-idle t.yaml
	run -0 bash -c "sort -n seen <(printf '%s\n' '$output' | grep -v '|') | cmp - <(seq 5000)"
}

@test "loops behind a queue are drained whatever they were busy with" {
	cat >t.yaml <<-'END'
		objects:
		  in: {source: seq 6}
		  a: {run: 'echo "$1"', out: string}
		  b: {run: 'sleep 0.2; echo "$1"', out: string}
		  print: {builtin: print}
		queues: {jobs: }
		connections:
		  - in -> jobs
		  - jobs -> a, b
		  - a, b -> print
	END
	for _ in {1..8}; do
		run -0 --separate-stderr timeout -k 1 20 sigslot run --until-idle t.yaml
		assert_equal "$(sort <<<"$output" | tr '\n' ' ')" '1 2 3 4 5 6 '
	done
}

@test "several slots of one loop behind a queue get messages in turn" {
	cat >t.yaml <<-'END'
		objects: {in: {signals: {line: any}}}
		loops:
		  both:
		    objects:
		      x: {run: 'echo "x $1" >> seen'}
		      y: {run: 'echo "y $1" >> seen'}
		queues: {jobs: }
		connections:
		  - in.line -> jobs
		  - jobs -> x, y
	END
	start_run t.yaml
	seq 6 | sigslot emit -l in.line
	wait_until has_lines seen 6
	stop_run
	run -0 cat seen
	assert_output $'x 1\ny 2\nx 3\ny 4\nx 5\ny 6'
}

@test "the slot is told who emitted it, and what it says is queued before it is done" {
	cat >t.yaml <<-'END'
		objects:
		  in: {signals: {line: any}}
		  a: {run: 'echo "$1 from $SIGSLOT_SENDER.$SIGSLOT_SIGNAL to $SIGSLOT_OBJECT.$SIGSLOT_SLOT"', out: string}
		  b: {filter: cat >> seen}
		queues: {jobs: , more: }
		connections:
		  - in.line -> jobs -> a -> more -> b
	END
	start_run t.yaml
	sigslot emit in.line 7
	wait_until has_lines seen 1
	stop_run
	run -0 cat seen
	assert_output '7 from in.line to a.in'
}

@test "a loop takes from its own queue and from named ones side by side" {
	mkfifo gate
	cat >t.yaml <<-'END'
		objects:
		  in: {signals: {line: any}}
		  a: {run: 'echo "$1" >> seen; [ "$1" != own1 ] || read -r _ < gate'}
		queues: {jobs: , more: }
		connections:
		  - in.line -> jobs
		  - jobs -> a
		  - more -> a
	END
	start_run t.yaml
	sigslot emit a own1
	wait_until has_lines seen 1
	printf '%s\n' q1 q2 | sigslot emit -l in.line
	printf '%s\n' own2 own3 | sigslot emit -l a
	echo go >gate
	wait_until has_lines seen 5
	run -0 bash -c 'tail -n 4 seen | sort | tr "\n" " "'
	assert_output 'own2 own3 q1 q2 '
	assert_not_equal "$(sed -n '2,3s/[0-9]//p' seen | sort -u | wc -l)" 1
	stop_run
}

@test "a stop drains a queue that slots are connected to" {
	mkfifo gate
	cat >t.yaml <<-'END'
		objects:
		  in: {signals: {line: any}}
		  a: {run: 'read -r _ < gate; echo "$1" >> seen', out: string}
		  b: {run: 'echo "b $1" >> seen'}
		queues: {jobs: }
		connections:
		  - in.line -> jobs -> a
	END
	start_run t.yaml
	seq 4 | sigslot emit -l in.line
	kill -TERM "$RUN_PID"
	wait_until grep -q 'in the order of its flow' "$RUN_ERR"
	exec 8<>gate
	yes | head -n 4 >&8
	run_ended 0
	exec 8>&-
	assert grep -q '4 messages in, 0 out, 0 failed, 0 dropped, 0 kept' "$RUN_ERR"
	run -0 cmp seen <(seq 4)
}

@test "what nobody takes is kept, said, and taken by the next run" {
	cat >t.yaml <<-'END'
		objects: {in: {source: seq 3}}
		queues: {jobs: }
		connections: [in -> jobs]
	END
	run -0 --separate-stderr sigslot run --until-idle t.yaml
	assert_stderr_has "0 failed, 0 dropped, 3 kept"
	assert_stderr_has "queue 'jobs' keeps 3 messages"
	assert_equal "$(loop jobs .queued)" 3
	run -1 --separate-stderr sigslot clean
	assert_output --partial '3 messages wait in it'
	cat >t.yaml <<-'END'
		objects: {a: {run: 'echo "$1" >> seen'}}
		queues: {jobs: }
		connections: [jobs -> a]
	END
	run -0 --separate-stderr sigslot run --until-idle t.yaml
	assert_stderr_has "3 messages in, 0 out, 0 failed, 0 dropped, 0 kept"
	run -0 cmp seen <(seq 3)
}

@test "a loop that is stopped leaves the queue to the others" {
	mkfifo gate
	cat >t.yaml <<-'END'
		objects:
		  in: {signals: {line: any}}
		  a: {run: 'echo "a $1" >> seen; read -r _ < gate'}
		  b: {run: 'echo "b $1" >> seen'}
		queues: {jobs: }
		connections:
		  - in.line -> jobs
		  - jobs -> a
		  - jobs -> b
	END
	start_run t.yaml
	sigslot stop b
	seq 3 | sigslot emit -l in.line
	wait_until has_lines seen 1
	sigslot stop a 3>&- 2>stop.err &
	wait_until loop_is a .state draining
	echo go >gate
	wait $!
	run -0 cat seen
	assert_output 'a 1'
	assert loop_is jobs .queued 2
	sigslot start b
	wait_until has_lines seen 3
	stop_run
	run -0 cat seen
	assert_output $'a 1\nb 2\nb 3'
}

@test "a worker that is restarted does not empty the queue first" {
	mkfifo gate
	cat >t.yaml <<-'END'
		processes: {p: }
		loops:
		  l: {process: p, objects: {a: {run: 'echo "$1" >> seen; read -r _ < gate'}}}
		queues: {jobs: }
		connections: [jobs -> a]
	END
	start_run t.yaml
	seq 4 | sigslot queue put -l jobs
	wait_until has_lines seen 1
	sigslot restart p 3>&- 2>restart.err &
	wait_until loop_is_not l .state ready
	echo go >gate
	wait $!
	wait_until has_lines seen 2
	assert loop_is jobs .queued 3
	exec 8<>gate
	yes | head -n 3 >&8
	stop_run
	exec 8>&-
	run -0 cmp seen <(seq 4)
}

@test "idle means that its queues are empty, too" {
	mkfifo gate
	cat >t.yaml <<-'END'
		objects:
		  in: {signals: {line: any}}
		  a: {run: 'read -r _ < gate'}
		queues: {jobs: , rest: }
		connections:
		  - in.line -> jobs -> a
		  - in.line -> rest
	END
	start_run t.yaml
	sigslot emit in.line 1
	run -124 sigslot wait t --for idle --timeout 100ms
	echo go >gate
	run -0 sigslot wait t --for idle --timeout 10s
	run -0 --separate-stderr bash -c 'sigslot ps | grep -o "jobs .*"'
	assert_output --regexp '^jobs +- +queue +- +0 +1 +1 +0 +0$'
	stop_run
	sigslot clean --force
}

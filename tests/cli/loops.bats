# SPDX-License-Identifier: MIT
#
# Loops and processes have members of their own: what stops, starts and ends them by
# connections, and what they say of it.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# start LINE...: a topology of these lines, with `keep` in a process of its own, which
# writes what it is told to ./told.
start() {
	printf '%s\n' 'sigslot: 1' "$@" \
		'  last: {process: apart, objects: {keep: {run: "echo \"$SIGSLOT_SENDER.$SIGSLOT_SIGNAL $(cat)\" >> told"}}}' \
		>t.yaml
	start_run t.yaml
}

gate='until [ -e gate ]; do sleep 0.02; done'

@test "a loop says start when it is up, terminate and exit when it goes down, once each" {
	start 'processes: {apart: {}}' \
		'connections: ["l.start, l.terminate, l.exit -> keep"]' \
		'loops:' '  l: {objects: {a: {filter: cat >> seen}}}'
	sigslot stop l
	wait_until has_lines told 3
	sigslot start l
	wait_until has_lines told 4
	sigslot stop --now l || :
	wait_until has_lines told 6
	run -0 cat told
	assert_output "\
l.start null
l.terminate null
l.exit {\"code\":0,\"signal\":null,\"reason\":\"stopped\"}
l.start null
l.terminate null
l.exit {\"code\":0,\"signal\":null,\"reason\":\"stopped\"}"
	kill -TERM "$RUN_PID"
	wait_run || :
}

@test "a worker that is killed is an exit of each of its loops and of its process, once" {
	start 'processes: {apart: {}, w: {}}' \
		'connections: ["l.exit, m.exit, w.exit, w.ready -> keep"]' \
		'loops:' '  l: {process: w, objects: {a: {filter: cat >> seen}}}' \
		'  m: {process: w, objects: {b: {filter: cat >> seen}}}'
	wait_until has_lines told 1
	kill -KILL "$(sigslot ps --json | jq 'select(.loop == "l").pid')"
	wait_until has_lines told 5
	cp told before
	stop_run
	run -0 cat before
	killed='{"code":null,"signal":"SIGKILL","reason":"killed"}'
	assert_output "\
w.ready null
l.exit $killed
m.exit $killed
w.exit $killed
w.ready null"
}

@test "start, stop, terminate and kill are slots" {
	start 'processes: {apart: {}, w: {}}' \
		'connections:' '  - ctl.stop -> l.stop' '  - ctl.start -> l.start' \
		'  - ctl.end -> l.terminate' '  - ctl.kill -> w.kill' '  - ctl.halt -> w.stop' \
		'  - ctl.go -> w.start' '  - "l.start, l.exit -> keep"' \
		'objects: {ctl: {signals: [stop, start, end, kill, halt, go]}}' \
		'loops:' '  l: {process: w, objects: {a: {filter: cat >> seen}}}'
	wait_until has_lines told 1
	n=1
	for pair in stop.start end.start kill.none halt.go; do
		sigslot emit "ctl.${pair%.*}"
		if [ "$pair" != kill.none ]; then
			wait_until has_lines told $((n + 1))
			wait_until loop_is l .state stopped
			sigslot emit "ctl.${pair#*.}"
		fi
		wait_until has_lines told $((n + 2))
		n=$((n + 2))
		wait_until loop_is l .state ready
	done
	run -0 cut -d ' ' -f 1 told
	assert_output "$(printf '%s\n' l.start l.exit l.start l.exit l.start l.exit l.start l.exit l.start)"
	sigslot emit a x
	wait_until has_lines seen 1
	kill -TERM "$RUN_PID"
	wait_run || :
}

@test "a stop handles exactly what was queued when it came, the rest is dropped and counted" {
	start 'processes: {apart: {}}' 'connections: [l.terminate -> keep]' \
		'loops:' "  l: {objects: {a: {run: '[ \"\$1\" != 1 ] || { echo >> began; $gate; }; echo \$1 >> seen'}}}"
	seq 200 | sigslot emit -l a
	wait_until has_lines began 1
	sigslot stop l 3>&- &
	stopping=$!
	wait_until loop_is l .state draining
	seq 201 400 | sigslot emit -l a
	touch gate
	wait "$stopping"
	run -0 cmp seen <(seq 200)
	assert loop_is l .state stopped
	assert loop_is l .dropped 200
	assert loop_is l .queued 0
	wait_until grep -q '200 messages dropped' "$RUN_ERR"
	# and it is none the worse for it
	sigslot start l
	sigslot emit a again
	wait_until has_lines seen 201
	stop_run
}

@test "2000 before the stop are handled, 2000 after it are not, also through a filter" {
	start 'processes: {apart: {}}' 'connections: [l.terminate -> keep]' \
		'loops:' "  l: {objects: {hold: {run: 'echo >> began; $gate'}, a: {filter: cat >> seen}}}"
	sigslot emit hold
	wait_until has_lines began 1
	seq 2000 | sigslot emit -l a
	sigslot stop l 3>&- &
	stopping=$!
	wait_until loop_is l .state draining
	seq 2001 4000 | sigslot emit -l a
	touch gate
	wait "$stopping"
	run -0 cmp seen <(seq 2000)
	assert loop_is l .dropped 2000
	stop_run
}

@test "stop --now of a loop keeps what is queued, and counts it" {
	start 'processes: {apart: {}}' 'connections: [l.exit -> keep]' \
		'loops:' "  l: {objects: {a: {run: 'echo \$1 >> began; [ -e gate ] || exec sleep 1000; echo \$1 \$SIGSLOT_ATTEMPT >> seen'}}}"
	seq 5 | sigslot emit -l a
	wait_until has_lines began 1
	run -0 --separate-stderr sigslot stop --now l
	assert loop_is l .queued 5
	assert loop_is l .dropped 0
	touch gate
	sigslot start l
	wait_until has_lines seen 5
	run -0 bash -c 'cut -d " " -f 1 seen | xargs'
	assert_output '1 2 3 4 5'
	kill -TERM "$RUN_PID"
	wait_run || :
}

@test "what a slot emits in the last iteration of its own loop is dropped, to others it goes" {
	start 'processes: {apart: {}}' 'connections: ["a.said -> b, keep"]' \
		'loops:' '  l:' '    objects:' \
		"      a: {signals: [said], run: '[ -e gate ] || { echo >> began; $gate; }; sigslot emit said \$1'}" \
		'      b: {filter: cat >> seen}'
	seq 3 | sigslot emit -l a
	wait_until has_lines began 1
	sigslot stop l 3>&- &
	stopping=$!
	wait_until loop_is l .state draining
	touch gate
	wait "$stopping"
	wait_until has_lines told 3
	run -0 cat told
	assert_output $'a.said 1\na.said 2\na.said 3'
	assert [ ! -s seen ]
	assert loop_is l .dropped 3
	stop_run
}

@test "a loop may stop itself, and another one start it" {
	start 'processes: {apart: {}}' \
		'connections: [a.enough -> l.stop, l.exit -> again -> l.start]' \
		'objects: {again: {run: "[ $(wc -l < seen) -ge 3 ] || echo go", out: any}}' \
		'loops:' '  l: {objects: {a: {signals: [enough], run: "cat >> seen; sigslot emit enough"}}}'
	for i in 1 2; do
		sigslot emit a "$i"
		wait_until has_lines seen "$i"
		wait_until loop_is again .in "$i"
		wait_until loop_is l .state ready
	done
	# the third time nobody starts it
	sigslot emit a 3
	wait_until loop_is l .state stopped
	stop_run
	run -0 cat seen
	assert_output $'1\n2\n3'
}

@test "run ends by itself when the last loop has stopped" {
	start 'processes: {apart: {}}' \
		'connections: [once -> l.stop, l.exit -> last.stop]' \
		'loops:' '  l: {objects: {once: {after: 50ms}}}'
	run_ended 0
}

@test "every stop of an instance says exit of no loop twice" {
	start 'processes: {apart: {}}' \
		'connections: ["l.exit, m.exit, n.exit -> keep"]' \
		'loops:' '  l: {objects: {a: {filter: cat}}}' '  m: {objects: {b: {filter: cat}}}' \
		'  n: {process: apart, objects: {c: {filter: cat}}}'
	sigslot stop l m n
	wait_until has_lines told 3
	stop_run
	run -0 bash -c 'cut -d " " -f 1 told | sort | uniq -c | xargs'
	assert_output '1 l.exit 1 m.exit 1 n.exit'
}

@test "drain follows the flow: what a filter says at the end of its input reaches the next" {
	printf '%s\n' 'sigslot: 1' 'objects:' '  a: {source: seq 2000}' \
		'  b: {filter: "sort -rn"}' '  c: {filter: "wc -l"}' '  d: {filter: cat >> seen}' \
		'connections: [a -> b -> c -> d]' >t.yaml
	start_run t.yaml
	wait_until loop_is b .in 2000
	stop_run
	run -0 cat seen
	assert_output 2000
}

@test "a cycle drains, too: each message goes its rounds to the end" {
	printf '%s\n' 'sigslot: 1' 'processes: {one: {}, two: {}}' 'loops:' \
		'  x: {process: one, objects: {a: {signals: {on: integer}, run: "[ $1 -le 0 ] && echo end >> seen || sigslot emit on $(($1 - 1))"}}}' \
		'  y: {process: two, objects: {b: {signals: {on: integer}, run: "echo $1 >> rounds; sigslot emit on $1"}}}' \
		'connections: [a.on -> b, b.on -> a]' >t.yaml
	start_run t.yaml
	sigslot emit a 20
	sigslot emit a 10
	stop_run
	run -0 cat seen
	assert_output $'end\nend'
	run -0 wc -l rounds
	assert_output '30 rounds'
}

@test "a hundred loops in a hundred processes come up and go down" {
	{
		printf '%s\n' 'sigslot: 1' 'processes:'
		seq -f '  p%g: {}' 100
		echo 'loops:'
		seq 100 | sed 's/.*/  l&: {process: p&, queue: {size: 64KiB}, objects: {o&: {filter: cat >> seen&}}}/'
		echo 'connections:'
		seq 99 | awk '{ print "  - o" $1 " -> o" $1 + 1 }'
	} >t.yaml
	start_run t.yaml
	run -0 bash -c 'sigslot ps --json | jq .pid | sort -u | wc -l'
	assert_output 100
	sigslot emit o1 x
	sigslot emit o100 y
	wait_until has_lines seen100 1
	stop_run
	run -0 cat seen1
	assert_output x
}

@test "a loop takes orders by its own slots, though it has signals of these names" {
	printf '%s\n' 'sigslot: 1' 'loops: {l: {objects: {a: {filter: cat}}}, m: {objects: {b: {filter: cat >> seen}}}}' \
		'connections: [l.start -> b, l.terminate -> b]' >t.yaml
	start_run t.yaml
	sigslot emit l.terminate
	wait_until loop_is l .state stopped
	sigslot emit l.start
	wait_until loop_is l .state ready
	sigslot emit l.stop
	wait_until loop_is l .state stopped
	kill -TERM "$RUN_PID"
	run_ended 1 # as after stop --now
}

@test "an object of the short form may have members named as those of its loop" {
	printf '%s\n' 'sigslot: 1' 'objects:' \
		'  a: {signals: [start], slots: {stop: {run: "echo $1 >> seen; sigslot emit start $1"}}}' \
		'  b: {filter: cat >> started}' 'connections: [a.start -> b]' >t.yaml
	start_run t.yaml
	sigslot emit a.stop 1
	sigslot emit a.start 2
	wait_until has_lines started 2
	assert loop_is a .state ready
	sigslot stop a
	assert loop_is a .state stopped
	stop_run
	run -0 cat seen
	assert_output 1
	# and its loop's `start` was no message
	run -0 sort started
	assert_output $'1\n2'
}

@test "a stop ends also where a loop that was stopped before has a full queue" {
	printf '%s\n' 'sigslot: 1' 'objects: {a: {filter: cat}}' \
		'loops: {l: {queue: {size: 64KiB}, objects: {b: {filter: cat >> seen}}}}' \
		'connections: [a -> b]' >t.yaml
	start_run t.yaml
	sigslot stop l
	yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | head -n 5000 | sigslot emit -l a
	kill -TERM "$RUN_PID"
	run_ended 1
	run -0 grep -c "the queue of 'l', which has stopped, is full" "$RUN_ERR"
	kept=$(sed -n 's/.* \([0-9]*\) kept$/\1/p' "$RUN_ERR")
	assert [ "$kept" -gt 300 ]
	start_run t.yaml
	wait_until has_lines seen "$kept"
	stop_run
}

@test "a stop ends also where loops feed each other for ever" {
	printf '%s\n' 'sigslot: 1' 'objects:' '  a: {filter: cat}' '  b: {filter: cat}' \
		'connections: [a -> b, b -> a]' >t.yaml
	start_run t.yaml
	sigslot emit a round
	kill -TERM "$RUN_PID"
	run_ended 1
	run -0 grep -c 'stopped at once after 10 s: not drained: a' "$RUN_ERR"
	run -0 --separate-stderr sigslot clean --force
}

@test "whichever of many queues cannot be made is named, and nothing has started" {
	printf '%s\n' 'sigslot: 1' 'name: t' 'objects:' >t.yaml
	seq -f '  l%g: {source: touch started}' 40 >>t.yaml
	for one in l1 l20 l21 l40; do
		install -d -m 700 "$SIGSLOT_RUNTIME_DIR/t" "$SIGSLOT_RUNTIME_DIR/t/q"
		touch "$SIGSLOT_RUNTIME_DIR/t/q/$one"
		run -66 --separate-stderr sigslot run t.yaml
		assert_output ''
		assert_stderr_has "queue '$one': "
		assert_not_exists started
		rm -rf "$SIGSLOT_RUNTIME_DIR/t"
	done
}

anonymous() {
	awk '/^RssAnon/ { print $2 }' "/proc/$1/status"
}

@test "a loop that is ended over and over with messages under way keeps nothing of them" {
	local i worker before

	{
		printf '%s\n' 'objects:' '  y: {run: "true"}' \
			'  a: {filter: "while read -r x; do echo >> began; done", reply: line}' \
			'loops:' '  l:' '    objects:'
		for i in {1..40}; do
			echo "      o$i: {signals: [$(printf 's%s, ' {1..199}) s]}"
		done
	} >t.yaml
	start_run t.yaml
	worker=$(loop a .pid)
	sigslot emit a 1
	for i in {1..25}; do
		wait_until has_lines began "$i"
		[ "$i" != 5 ] || before=$(anonymous "$worker")
		sigslot connect o1.s y
		sigslot stop --now a 2>/dev/null
		sigslot disconnect o1.s y
		sigslot start a
		sigslot wait a
	done
	# the routes of each round, half a MiB, would stay
	assert [ "$(anonymous "$worker")" -lt $((before + 4096)) ]
	sigslot stop --now t 2>/dev/null
	run_ended 1
	sigslot clean --force
}

# SPDX-License-Identifier: MIT
#
# Workers, supervisors and all at once are killed: nothing is lost, nothing is left.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

worker() {
	sigslot ps --json | jq "select(.loop == \"$1\").pid"
}

# kill_worker LOOP: and waits until there is a new one.
kill_worker() {
	local old

	old=$(worker "$1")
	kill -KILL "$old"
	wait_until another_worker "$1" "$old"
}

another_worker() {
	local now

	now=$(worker "$1")
	[ "$now" != null ] && [ "$now" != "$2" ] && loop_is "$1" .state ready
}

gate='until [ -e gate ]; do sleep 0.02; done'

@test "a killed worker is back at once, and only the message under way is repeated, with attempt 2" {
	start 'objects:' \
		"  a: {run: 'echo \$1 \$SIGSLOT_ATTEMPT >> seen; [ \$1 != 3 ] || [ \$SIGSLOT_ATTEMPT -gt 1 ] || exec sleep 1000'}"
	seq 6 | sigslot emit -l a
	wait_until grep -q '^3 1' seen
	kill -KILL "$(worker a)"
	wait_until has_lines seen 7
	stop_run
	run -0 cat seen
	assert_output $'1 1\n2 1\n3 1\n3 2\n4 1\n5 1\n6 1'
}

@test "with parallel: N only the N under way are repeated" {
	start 'objects:' \
		"  a: {parallel: 2, run: 'echo \$1 \$SIGSLOT_ATTEMPT >> seen; [ \$SIGSLOT_ATTEMPT -gt 1 ] || $gate'}"
	seq 4 | sigslot emit -l a
	wait_until has_lines seen 2
	kill -KILL "$(worker a)"
	wait_until has_lines seen 4
	touch gate
	wait_until has_lines seen 6
	stop_run
	run -0 bash -c 'sort seen | xargs -n 2 | paste -sd ,'
	assert_output '1 1,1 2,2 1,2 2,3 1,4 1'
}

@test "a message whose command asks for reply: line is given again when its worker dies" {
	start 'objects:' \
		"  a: {reply: line, filter: 'while read -r x; do [ \$x != 2 ] || $gate; echo \$x; done'}" \
		'  b: {filter: cat >> seen}' 'connections: [a -> b]'
	seq 3 | sigslot emit -l a
	wait_until has_lines seen 1
	kill_worker a
	touch gate
	wait_until has_lines seen 3
	stop_run
	run -0 cat seen
	assert_output $'1\n2\n3'
}

@test "a worker killed again and again amid a flow loses nothing" {
	start 'processes: {left: {restart: {backoff: 10ms..20ms, max: 1000 per 1m}}}' \
		'loops:' '  l: {process: left, objects: {a: {run: "sleep 0.01; echo $1", out: integer}}}' \
		'objects: {b: {filter: cat >> seen}}' 'connections: [a -> b]'
	: >seen
	for round in 1 2 3 4 5; do
		last=$((round * 60))
		seq $((last - 59)) $last | sigslot emit -l a
		wait_until another_worker l 0
		# so many come for certain, whoever was quicker
		n=$(($(wc -l <seen) + 5))
		wait_until has_lines seen $((n < last ? n : last))
		kill -KILL "$(worker l)"
	done
	sigslot wait --for idle --timeout 20s t
	stop_run
	run -0 bash -c 'sort -nu seen | cmp - <(seq 300)'
	# at most the one under way came twice
	run -0 wc -l seen
	assert [ "${output% *}" -le 305 ]
}

@test "a source starts again with its worker" {
	start 'objects:' '  a: {source: "echo up; exec sleep 1000"}' '  b: {filter: cat >> seen}' \
		'connections: [a -> b]'
	wait_until has_lines seen 1
	kill_worker a
	wait_until has_lines seen 2
	stop_run
}

@test "A8: the commands of a killed worker end with it, in the background or not" {
	start 'objects:' \
		'  a: {run: "sleep 1000 & echo $! >> pids; sleep 1000 & echo $! >> pids; wait"}' \
		'  b: {filter: "echo $$ >> pids; sleep 1000 & echo $! >> pids; wait"}' \
		'  c: {run: "setsid sleep 1000 & echo $! >> pids; exit 0"}' \
		'  d: {source: "echo $$ >> pids; exec sleep 1000"}'
	sigslot emit a
	sigslot emit c
	wait_until has_lines pids 6
	cp pids before
	kill -KILL "$(worker a)"
	gone() {
		while read -r pid; do
			process_gone "$pid" || return 1
		done <before
	}
	wait_until gone
	wait_until another_worker a 0
	sigslot stop --now t || :
	wait_run || :
	sigslot clean --force
}

@test "A7: kill -9 of the supervisor: within a second nothing of it runs, and ps says dead" {
	start 'processes: {p: {}, q: {}}' 'loops:' \
		"  l: {process: p, objects: {a: {run: 'echo \$1 >> seen; sleep 1000 & echo >> up; $gate'}}}" \
		'  m: {process: q, objects: {b: {filter: "trap : TERM HUP; sleep 1000 & echo >> up; cat"}}}' \
		'objects:' '  c: {run: "setsid sleep 1000 & echo >> up; exit 0"}' \
		'  d: {source: "trap : TERM; echo >> up; while :; do sleep 1000; done"}'
	seq 5 | sigslot emit -l a
	sigslot emit c
	wait_until has_lines up 4
	kill -KILL "$RUN_PID"
	run_ended 137
	wait_until -t 1 no_processes
	run -0 bash -c 'sigslot ps --json | jq -r "[.loop, .state, .queued, .pid] | join(\" \")"'
	assert_line 'l dead 5 '
	assert_line 'm dead 0 '
	run -69 --separate-stderr sigslot emit a 6
	assert_output ''
	run -69 --separate-stderr sigslot emit t/a 6
	assert_stderr_has dead
	run -69 --separate-stderr sigslot stop t
	assert_stderr_has dead
	touch gate
	rm seen
	start_run t.yaml
	wait_until has_lines seen 5
	sigslot stop --now t || :
	run_ended 1
	run -0 cat seen
	assert_output $'1\n2\n3\n4\n5'
	sigslot clean --force
}

# Each of a hundred workers looking through all processes would take several.
@test "A9: kill -9 of a supervisor of a hundred: within a second nothing of it runs, sessions of their own included" {
	local i processes=() loops=()

	for i in {1..100}; do
		processes+=("  p$i: {}")
		loops+=("  l$i: {process: p$i, objects: {a$i: {source: 'setsid sleep 1000 & sleep 1000 & echo >> up; wait'}}}")
	done
	start 'processes:' "${processes[@]}" 'loops:' "${loops[@]}"
	wait_until has_lines up 100
	left_processes >before
	all_gone() {
		while read -r pid; do
			process_gone "$pid" || return 1
		done <before
	}
	kill -KILL "$RUN_PID"
	wait_until -t 1 all_gone
	run_ended 137
	no_processes
	run -0 --separate-stderr sigslot clean --force
}

@test "a stopped worker does not outlive its supervisor" {
	start 'objects: {a: {filter: cat}}'
	pid=$(worker a)
	kill -STOP "$pid"
	kill -KILL "$RUN_PID"
	run_ended 137
	# it cannot act itself; the next run, or clean, ends it
	run -0 --separate-stderr timeout 10 sigslot clean --force
	wait_until no_processes
}

@test "what was emitted right after run -d is kept, and comes in order" {
	printf '%s\n' 'sigslot: 1' 'objects: {a: {filter: cat >> seen}}' >t.yaml
	for _ in 1 2 3; do
		sigslot run -d t.yaml 3>&-
		seq 50 | sigslot emit -l a
		sigslot emit a 51
		sigslot stop t
		run -0 cmp seen <(seq 51)
		rm seen
	done
	wait_until no_processes
}

@test "what is emitted while the worker backs off is kept" {
	start 'processes: {w: {restart: {backoff: 1h}}}' \
		'loops: {l: {process: w, objects: {a: {filter: cat >> seen}}}}'
	kill -KILL "$(worker l)"
	wait_until loop_is l .pid null
	seq 100 | sigslot emit -l a
	assert loop_is l .queued 100
	assert [ ! -s seen ]
	sigslot start w
	wait_until has_lines seen 100
	stop_run
	run -0 cmp seen <(seq 100)
}

@test "a stop while the worker backs off is carried out when it is back, and loses nothing" {
	start 'processes: {w: {restart: {backoff: 500ms..1s}}}' \
		'loops: {l: {process: w, objects: {a: {filter: cat >> seen}}}}'
	kill -KILL "$(worker l)"
	wait_until loop_is l .pid null
	seq 100 | sigslot emit -l a
	stop_run
	run -0 cmp seen <(seq 100)
}

@test "F6: a process that dies too often is given up: the run ends with 1, and keeps the messages" {
	start 'processes: {w: {restart: {backoff: 10ms..20ms, max: 3 per 1m}}}' \
		'loops: {l: {process: w, objects: {a: {run: "kill -9 $PPID"}}}}' \
		'objects: {other: {filter: cat >> seen}}'
	seq 5 | sigslot emit -l a
	sigslot emit other x
	run_ended 1
	run -0 cat seen
	assert_output x
	run -0 grep -c "'w' was ended by SIGKILL" "$RUN_ERR"
	assert_output 7 # two with each of three messages, of which the second is not counted
	run -0 grep -c "'w' is given up" "$RUN_ERR"
	assert_output 1
	run -0 bash -c 'sigslot ps --json | jq -r "select(.loop == \"l\") | .queued"'
	assert_output 2
	sigslot clean --force
}

@test "when one is given up, those that feed it end, too, and their messages are kept" {
	start 'processes: {w: {restart: {backoff: 10ms..20ms, max: 1 per 1m}}}' \
		'loops: {l: {process: w, queue: {size: 64KiB}, objects: {a: {run: "until [ -e gate ]; do sleep 0.02; done; kill -9 $PPID"}}}}' \
		'objects: {src: {filter: cat}}' 'connections: [src -> a]'
	yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | head -n 20000 | sigslot emit -l src 2>/dev/null 3>&- &
	many() {
		[ "$(loop src .queued)" -gt 2000 ]
	}
	wait_until many
	touch gate
	run_ended 1
	wait $! || :
	run -0 bash -c 'sigslot ps --json | jq -s "map(.queued) | add"'
	assert [ "$output" -gt 1000 ]
	sigslot clean --force
}

@test "restart: never gives up at the first death" {
	start 'processes: {w: {restart: {when: never}}}' \
		'loops: {l: {process: w, objects: {a: {filter: cat}}}}'
	kill -KILL "$(worker l)"
	run_ended 1
}

@test "A6: a plugin that crashes costs one worker and no message" {
	cat >crash.c <<-'END'
		#include <sigslot.h>
		#include <signal.h>
		#include <string.h>
		#include <stdlib.h>
		static int open_it(struct sigslot_slot *s, void **ret) { (void)s; *ret = 0; return 0; }
		static int take(struct sigslot_slot *s, void *state, const struct sigslot_message *m)
		{
			(void)state;
			if (m->attempt < 2 && m->size >= 3 && memcmp(m->payload, "500", 3) == 0)
				raise(SIGSEGV);
			return sigslot_slot_emit(s, "out", m->payload, m->size);
		}
		static void end(struct sigslot_slot *s, void *state) { (void)s; (void)state; }
		const struct sigslot_plugin sigslot_plugin = {.abi = SIGSLOT_PLUGIN_ABI,
			.size = sizeof(sigslot_plugin), .open = open_it, .deliver = take, .close = end};
	END
	"${CC:-cc}" -shared -fPIC -I"$ROOT/lib" -o crash.so crash.c
	chmod 755 . crash.so
	start 'processes: {w: {}}' \
		'loops: {l: {process: w, objects: {a: {plugin: ./crash.so, slots: {in: {}}, signals: {out: integer}}}}}' \
		'objects: {b: {filter: cat >> seen}, other: {filter: cat >> others}}' 'connections: [a.out -> b]'
	other=$(worker other)
	seq 1000 | sigslot emit -l a
	wait_until grep -q '^1000$' seen
	sigslot wait --for idle --timeout 10s t
	assert loop_is l .restarts 1
	assert_equal "$(worker other)" "$other"
	stop_run
	run -0 bash -c 'sort -nu seen | cmp - <(seq 1000)'
}

@test "everything is killed at once, twenty times: nothing that was emitted is lost" {
	printf '%s\n' 'sigslot: 1' 'processes: {w: {}}' 'loops:' \
		'  l: {process: w, objects: {a: {run: "sleep 0.01; echo $1", out: integer}}}' \
		'objects: {b: {run: "echo $1 >> seen"}}' 'connections: [a -> b]' >t.yaml
	: >sent
	i=0
	for round in $(seq 20); do
		start_run t.yaml
		workers=$(sigslot ps --json | jq .pid | sort -u)
		for _ in $(seq $((round % 7 + 1))); do
			i=$((i + 1))
			! sigslot emit a "$i" || echo "$i" >>sent
		done
		# shellcheck disable=SC2086 # several
		kill -KILL "$RUN_PID" $workers
		run_ended 137
	done
	start_run t.yaml
	sigslot wait --for idle --timeout 20s t
	stop_run
	run -0 bash -c 'sort -nu seen | cmp - sent'
}

@test "a queue that was kept keeps its size, whatever the topology says then" {
	topology() {
		printf '%s\n' 'sigslot: 1' \
			"loops: {l: {queue: {size: $1}, objects: {a: {run: '$2'}}}}" >t.yaml
	}
	topology 64KiB 'sleep 100'
	start_run t.yaml
	sigslot emit a 1
	sigslot emit a 2
	run -0 --separate-stderr sigslot stop --now t
	topology 1MiB 'cat >/dev/null'
	start_run t.yaml
	run -65 --separate-stderr sigslot emit a "$(printf '%040000d' 0)"
	assert_stderr_has "queue 'l' takes messages of up to 32656 bytes"
	sigslot emit a 3
	run -0 sigslot wait --for idle --timeout 10s t
	stop_run
}

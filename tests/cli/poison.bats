# SPDX-License-Identifier: MIT
#
# Messages that kill the worker that handles them.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# A plugin that emits what it gets, and crashes when that is "bad", unless a gate is there.
make_plugin() {
	cat >crash.c <<-END
		#include <sigslot.h>
		#include <stdlib.h>
		#include <string.h>
		#include <unistd.h>

		static int take(struct sigslot_slot *s, void *state, const struct sigslot_message *m)
		{
			if (m->size == 5 && memcmp(m->payload, "\"bad\"", 5) == 0 && access("gate", F_OK) < 0)
				raise(SIGSEGV);
			return sigslot_slot_emit(s, "out", m->payload, m->size);
		}

		const struct sigslot_plugin sigslot_plugin = {
			.abi = SIGSLOT_PLUGIN_ABI, .size = sizeof(sigslot_plugin), .deliver = take};
	END
	sed -i 's/<stdlib.h>/<signal.h>/' crash.c
	cc -shared -fPIC -I"$ROOT/lib" -o crash.so crash.c
	chmod 755 crash.so
}

@test "a message that crashes a plugin is given up, all others arrive, and the rest goes on" {
	make_plugin
	start 'processes: {p: {restart: {backoff: 1ms, max: 2 per 1h}}}' \
		'loops: {l: {process: p, objects: {a: {plugin: ./crash.so}}}}' \
		'objects: {f: {filter: cat >> seen}}' 'connections: [a.out -> f]'
	{ seq 30; echo '"bad"'; seq 31 60; } | sigslot emit -l -j a
	wait_until loop_is l .dead 1
	wait_until bash -c '[ "$(sort -u seen | wc -l)" = 60 ]'
	wait_until grep -q "a message of 'l' is given up: process 'p' died twice with it alone" "$RUN_ERR"
	assert_equal "$(loop l .state)" ready
	run -0 sigslot queue get --dead --peek l
	assert_output bad
	# it would take it now
	touch gate
	sigslot queue retry l
	wait_until grep -q bad seen
	kill -TERM "$RUN_PID"
	run_ended 1
}

@test "A10: a command that kills its worker does so twice, and never again" {
	start 'processes: {p: {restart: {backoff: 1ms}}}' \
		'loops: {l: {process: p, objects: {a: {run: "echo \"$1 $SIGSLOT_ATTEMPT\" >> seen; [ \"$1\" != 3 ] || { kill -KILL $PPID; exec sleep 1000; }"}}}}'
	seq 5 | sigslot emit -l a
	wait_until loop_is l .dead 1
	wait_until has_lines seen 6
	run -0 cat seen
	assert_output $'1 1\n2 1\n3 1\n3 2\n4 1\n5 1'
	assert_equal "$(loop l .restarts)" 2
	sigslot queue get --dead l >/dev/null
	kill -TERM "$RUN_PID"
	run_ended 1
}

@test "from a named queue it is given up as well, and waits beside that" {
	start 'processes: {p: {restart: {backoff: 1ms}}}' \
		'loops: {l: {process: p, objects: {a: {run: "[ \"$1\" != 3 ] || { kill -KILL $PPID; exec sleep 1000; }; echo \"$1\" >> seen"}}}}' \
		'queues: {jobs: }' 'connections: [jobs -> a]'
	seq 5 | sigslot queue put -l jobs
	wait_until has_lines seen 4
	wait_until loop_is l .dead 1
	run -0 sigslot queue get --dead jobs
	assert_output 3
	kill -TERM "$RUN_PID"
	run_ended 1
}

@test "a worker that somebody else kills takes no message with it" {
	start 'processes: {p: {restart: {backoff: 1ms}}}' \
		'loops: {l: {process: p, objects: {a: {run: "echo \"$1\" >> seen; until [ -e gate$1 ]; do sleep 0.02; done; echo \"$1\" >> ended"}}}}'
	seq 4 | sigslot emit -l a
	for n in 1 2 3 4; do
		wait_until grep -q "^$n\$" seen
		old=$(loop l .pid)
		kill -KILL "$old"
		wait_until bash -c "[ \$(grep -c '^$n\$' seen) = 2 ]"
		touch "gate$n"
		wait_until grep -q "^$n\$" ended
	done
	assert_equal "$(loop l .dead)" 0
	stop_run
}

@test "while a message is taken alone, a long one holds up no other loop for good" {
	start 'processes: {p: {restart: {backoff: 1ms}}}' \
		'loops:' \
		'  l: {process: p, objects: {a: {run: "echo >> began; until [ -e gate ]; do sleep 0.02; done"}}}' \
		'  m: {process: p, objects: {b: {run: "echo \"$1\" >> seen"}}}'
	sigslot emit a 1
	wait_until has_lines began 1
	kill -KILL "$(loop l .pid)"
	wait_until has_lines began 2
	seq 3 | sigslot emit -l b
	wait_until has_lines seen 3
	touch gate
	stop_run
}

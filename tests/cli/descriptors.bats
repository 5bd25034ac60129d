# SPDX-License-Identifier: MIT
#
# What processes inherit: commands of every kind, and workers.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

look='ls /proc/self/fd | sort -n | xargs > fds.$SIGSLOT_OBJECT; grep -E "^Sig(Blk|Ign)" /proc/self/status > sig.$SIGSLOT_OBJECT; echo > done.$SIGSLOT_OBJECT'

# Commands of all kinds, beside queues, timers, other processes, and descriptors that
# whoever starts the run has left open.
all_kinds() {
	cat >t.yaml <<-END
		sigslot: 1
		processes: {other: {}}
		loops:
		  l:
		    process: other
		    objects:
		      r: {run: '$look'}
		      p: {run: '$look', parallel: 3}
		      f: {filter: '$look; cat'}
		  m: {process: other, objects: {t: {every: 1h}, d: {builtin: drop}}}
		objects:
		  e: {exec: [sh, -c, '$look']}
		  s: {source: '$look; exec sleep 1000'}
		  y: {reply: line, filter: '$look; cat'}
		connections: [s -> f -> r, s -> d, t -> y]
	END
}

check_all() {
	sigslot emit r
	sigslot emit p
	sigslot emit e
	for object in r p f e s y; do
		wait_until test -e "done.$object"
		# the fourth is the directory that ls reads
		assert_equal "$(cat "fds.$object")" '0 1 2 3'
		assert_equal "$(awk '$2 !~ /^0+$/' "sig.$object")" ''
	done
}

@test "E4, E5, E6: commands of all kinds have 0, 1 and 2, an empty mask and nothing ignored" {
	all_kinds
	start_run t.yaml
	check_all
	stop_run
}

@test "E4, E5, E6: what whoever starts a run has left open or ignored does not get through" {
	all_kinds
	(
		trap '' PIPE QUIT USR1 USR2 CHLD
		exec 7</etc/passwd 8>leak 50</etc/passwd
		exec sigslot run t.yaml 3>&- >out 2>err
	) &
	RUN_PID=$!
	RUN_PIDS="$RUN_PIDS $RUN_PID"
	sigslot wait --timeout 10s t
	check_all
	stop_run
}

@test "a worker that was started again is no different" {
	all_kinds
	start_run t.yaml
	for object in r p f e s y; do
		wait_until sigslot wait --timeout 10s t
	done
	old=$(sigslot ps --json | jq 'select(.loop == "l").pid')
	wait_until test -e done.f
	rm -f done.* fds.* sig.*
	kill -KILL "$old"
	wait_until test -e done.f
	assert_equal "$(cat fds.f)" '0 1 2 3'
	stop_run
}

@test "a worker holds no descriptor of another worker, nor of its supervisor" {
	all_kinds
	start_run t.yaml
	check_all
	count() { find "/proc/$1/fd" -type l | wc -l; }
	other=$(sigslot ps --json | jq 'select(.loop == "m").pid')
	main=$(sigslot ps --json | jq 'select(.loop == "e").pid')
	for pid in "$other" "$main"; do
		# nobody's standard streams, no log file, no lock
		run bash -c "ls -l /proc/$pid/fd | grep -E '/lock|$RUN_OUT.*|signalfd'"
		refute_output --partial /lock
		refute_output --partial signalfd
	done
	assert [ "$(count "$other")" -lt 40 ]
	stop_run
}

@test "E8: a thousand commands leave no descriptor and no process behind in their worker" {
	printf '%s\n' 'sigslot: 1' 'objects: {a: {run: "exit 0", parallel: 4}, b: {exec: [/bin/true]}}' >t.yaml
	start_run t.yaml
	pid=$(sigslot ps --json | jq 'select(.loop == "a").pid')
	sigslot emit a
	sigslot emit b
	sigslot wait --for idle --timeout 10s t
	fds() { find "/proc/$pid/fd" -type l | wc -l; }
	before=$(fds)
	seq 500 | sigslot emit -l a
	seq 500 | sigslot emit -l b
	wait_until sigslot wait --for idle --timeout 20s t
	# of each that ran beside another, both ends of the two pipes into the log
	assert [ "$(fds)" -le $((before + 3 * 4)) ]
	run -0 bash -c "cat /proc/$pid/task/$pid/children"
	assert_output ''
	stop_run
}

@test "the environment of commands is that of run, with sigslot's own, and no secrets between runs" {
	printf '%s\n' 'sigslot: 1' 'processes: {w: {env: {MINE: "1"}}}' \
		'loops: {l: {process: w, objects: {a: {run: "env | sort > env.a"}}}}' \
		'objects: {b: {run: "env | sort > env.b"}}' >t.yaml
	YOURS=2 start_run t.yaml
	sigslot emit a
	sigslot emit b
	sigslot wait --for idle --timeout 10s t
	stop_run
	run -0 grep -c -x 'MINE=1\|YOURS=2' env.a
	assert_output 2
	run -0 grep -c -x 'MINE=1\|YOURS=2' env.b
	assert_output 1
	run -0 grep -x 'SIGSLOT_PROCESS=.*' env.a env.b
	assert_output $'env.a:SIGSLOT_PROCESS=w\nenv.b:SIGSLOT_PROCESS=main'
}

@test "what a plugin ignores its worker's commands do not ignore" {
	cat >deaf.c <<-END
		#include <errno.h>
		#include <signal.h>
		#include <sigslot.h>

		static int take(struct sigslot_slot *s, void *state, const struct sigslot_message *m)
		{
			return signal(SIGUSR2, SIG_IGN) == SIG_ERR ? -EINVAL : 0;
		}

		const struct sigslot_plugin sigslot_plugin = {
			.abi = SIGSLOT_PLUGIN_ABI, .size = sizeof(sigslot_plugin), .deliver = take};
	END
	cc -shared -fPIC -I"$ROOT/lib" -o deaf.so deaf.c
	chmod 755 deaf.so
	cat >t.yaml <<-END
		sigslot: 1
		loops: {l: {objects: {r: {run: '$look'}, deaf: {plugin: ./deaf.so}}}}
	END
	start_run t.yaml
	sigslot emit r
	wait_until test -e done.r
	rm done.r sig.r
	sigslot emit deaf
	sigslot emit r
	wait_until test -e done.r
	assert_equal "$(awk '$2 !~ /^0+$/' sig.r)" ''
	stop_run
}

@test "a detached run lets go of what its caller has open: a lock is free again" {
	cat >t.yaml <<-END
		sigslot: 1
		objects: {a: {builtin: drop}}
	END
	flock lock sigslot run -d t.yaml
	run -0 flock -n lock true
	run -0 --separate-stderr bash -c 'sigslot run -d -n u --ready-fd 9 t.yaml 9>ready 8>lock'
	assert_equal "$(wc -c <ready)" 1
	run -0 flock -n lock true
	sigslot stop t
	sigslot stop u
}

# SPDX-License-Identifier: MIT
#
# Connections that deliver one message and are gone.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# start LINE...: a topology of these lines, in two processes.
start() {
	printf '%s\n' 'name: t' 'processes: {p: {}, q: {}}' 'loops:' \
		'  la: {process: p, objects: {a: {signals: {s: any, u: any}}}}' \
		'  lb:' '    process: q' '    objects:' "$@" >t.yaml
	start_run t.yaml
}

b="      b: {run: 'echo b \$1 >> seen'}"

seen() {
	sigslot wait --for idle --timeout 20s t
	run -0 cat seen
	assert_output "$(printf '%s\n' "$@")"
}

disconnected() {
	run -1 sigslot disconnect "$@"
}

@test "it delivers one message, is gone, and can be made again" {
	start "$b"
	sigslot connect --once a.s b
	for i in 1 2 3; do sigslot emit a.s "$i"; done
	seen 'b 1'
	wait_until disconnected a.s b
	sigslot connect --once a.s b
	for i in 4 5; do sigslot emit a.s "$i"; done
	seen 'b 1' 'b 4'
	wait_until disconnected a.s b
	run -0 find "$SIGSLOT_RUNTIME_DIR/t" -name 'once-*'
	assert_output ''
	stop_run
}

@test "in a topology, beside others, and through signals, it delivers one a run" {
	for n in 1 2; do
		start "$b" "      c: {run: 'echo c \$1 >> seen'}" 'connections:' \
			'  - a.s -> a.u' '  - a.u -> b: {once: true}' '  - a.s -> c'
		for i in 1 2; do sigslot emit a.s "$n$i"; done
		sigslot emit a.u "${n}3"
		wait_until disconnected a.u b
		stop_run
	done
	run -0 cat seen
	assert_output "$(printf '%s\n' 'b 11' 'c 11' 'c 12' 'b 21' 'c 21' 'c 22')"
}

@test "of a hundred who emit at the same time one is heard" {
	local all=

	start "$b" "      c: {run: 'echo c \$1 >> seen', parallel: 8}"
	sigslot connect --once a.s b
	sigslot connect --once a.s c
	for i in $(seq 100); do
		sigslot emit a.s "$i" 3>&- &
		all="$all $!"
	done
	# shellcheck disable=SC2086 # several words
	wait $all
	sigslot wait --for idle --timeout 20s t
	wait_until disconnected a.s b
	wait_until disconnected a.s c
	run -0 sort seen
	assert_equal "$(cut -d' ' -f1 seen | sort | tr '\n' ' ')" 'b c '
	run -0 sigslot ps --json t
	refute_output --regexp '"dropped":[1-9]'
	stop_run
}

@test "a worker that is killed delivers the same message again, and no other one" {
	start "      b: {run: 'echo \$1 \$SIGSLOT_ATTEMPT >> begun; until read x <go; do :; done; echo \$1 >> seen'}"
	mkfifo go
	sigslot connect --once a.s b
	sigslot emit a.s 1
	sigslot emit a.s 2
	wait_until has_lines begun 1
	sigslot kill q
	wait_until has_lines begun 2
	sigslot emit a.s 3
	echo >go
	seen 1
	wait_until disconnected a.s b
	sigslot emit a.s 4
	seen 1
	run -0 cat begun
	assert_output "$(printf '%s\n' '1 1' '1 2')"
	stop_run
}

@test "killed again and again while it emits, it is heard once each time" {
	start "$b"
	for i in $(seq 15); do
		sigslot connect --once a.s b
		sigslot emit a.s "$i" 3>&- &
		sigslot emit a.s "$i" 3>&- &
		sigslot kill q
		wait $! || true
		sigslot wait t
		sigslot restart q
		wait_until disconnected a.s b
	done
	sigslot wait --for idle --timeout 20s t
	run -0 bash -c 'sort -u seen | wc -l'
	assert_output 15
	stop_run
}

@test "the message that it is for is tried again, and is no other one" {
	start "      b: {run: 'echo \$1 >> begun; test -e good', retry: {max: 9999, backoff: 10ms..50ms}}"
	sigslot connect --once a.s b
	sigslot emit a.s 1
	sigslot emit a.s 2
	wait_until has_lines begun 2
	touch good
	sigslot wait --for idle --timeout 20s t
	wait_until disconnected a.s b
	run -0 sort -u begun
	assert_output 1
	stop_run
}

@test "one that has delivered nothing when its run dies is gone, and that is counted" {
	start "      b: {run: 'echo \$1 >> begun; until read x <go; do :; done'}"
	mkfifo go
	sigslot emit b 1
	wait_until has_lines begun 1
	sigslot connect --once a.s b
	sigslot emit a.s 2
	sigslot kill q
	wait_until has_lines begun 2
	kill -KILL "$RUN_PID"
	wait_run || true
	start_run t.yaml
	wait_until has_lines begun 3
	echo >go
	sigslot wait --for idle --timeout 20s t
	run -0 sort -u begun
	assert_output 1
	stop_run
	run -0 cat "$RUN_ERR"
	assert_line 'sigslot | 1 dropped (disconnected)'
}

@test "it cannot be said of queues, signals and what steers" {
	start "$b" 'queues: {jobs: {}}'
	for to in jobs a.u lb.stop; do
		run -78 --separate-stderr sigslot connect --once a.s "$to"
		assert_stderr_has 'it belongs on an arrow from a signal into a slot of an object'
	done
	run -78 sigslot connect --once jobs b
	stop_run
}

@test "done while its run stops, it is there again in the next one, also after a stop at once" {
	start "      b: {run: 'echo \$1 >> began; until [ -e gate ]; do sleep 0.02; done; echo \$1 >> seen'}" \
		'objects: {z: {run: "echo >> hangs; sleep 100 & wait"}}' 'connections:' '  - a.s -> b: {once: true}'
	sigslot emit z 1
	sigslot emit a.s 1
	wait_until has_lines began 1
	wait_until has_lines hangs 1
	kill -TERM "$RUN_PID"
	wait_until loop_is lb .state draining
	touch gate
	wait_until loop_is lb .queued 0
	wait_until has_lines seen 1
	sigslot stop --now t
	run_ended 1
	start_run t.yaml
	sigslot emit a.s 2
	sigslot emit a.s 3
	wait_until has_lines seen 2
	wait_until disconnected a.s b
	sigslot stop --now t
	run_ended 1
	run -0 cat seen
	assert_output $'1\n2'
	sigslot clean --force
}

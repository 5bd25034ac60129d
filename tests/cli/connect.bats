# SPDX-License-Identifier: MIT
#
# Connections that come and go while an instance runs. That each emit after connecting
# arrives, and none after disconnecting, is counted by tests/unit/connect_test.c.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# start LINE...: two processes; `a` emits in one, the objects of the lines are in the
# other one. Slots append what they get to ./seen.
start() {
	printf '%s\n' 'name: t' 'processes: {p: {}, q: {}}' 'loops:' \
		'  la: {process: p, objects: {a: {signals: {s: any, n: integer}}}}' \
		'  lb:' '    process: q' '    objects:' "$@" >t.yaml
	start_run t.yaml
}

slots=("      b: {run: 'echo b \$1 >> seen'}"
	"      c: {slots: {x: {run: 'echo x \$1 >> seen'}, y: {run: 'echo y \$1 >> seen'}}}"
	"      f: {filter: sed -u 's/^/f/'}")

# connect and disconnect that have nothing to say
connect() {
	run -0 --separate-stderr sigslot connect "$@"
	assert_output ''
	assert_stderr ''
}

disconnect() {
	run -0 --separate-stderr sigslot disconnect "$@"
	assert_output ''
	assert_stderr ''
}

seen() {
	sigslot wait --for idle --timeout 20s t
	run -0 cat seen
	assert_output "$(printf '%s\n' "$@")"
}

# waits COUNT QUEUE: so many messages wait in it
waits() {
	[[ $(sigslot queue size "$2") == "$1 "* ]]
}

# A slot that begins a message, says so, and waits for ./go.
held="      b: {run: 'echo \$1 >> begun; until read x <go; do :; done; echo \$1 >> seen'}"

@test "what is emitted after connecting arrives in another process, and before it does not" {
	start "${slots[@]}"
	sigslot emit a.s 1
	connect a.s b
	sigslot emit a.s 2
	disconnect a.s b
	sigslot emit a.s 3
	connect t/a.s t/b.in
	sigslot emit a.s 4
	seen 'b 2' 'b 4'
	stop_run
}

@test "what a process emits by itself takes the connection, too" {
	start "${slots[@]}"
	connect f b
	sigslot emit f 1
	seen 'b f1'
	disconnect f b
	sigslot emit f 2
	seen 'b f1'
	stop_run
}

@test "connecting twice is one connection, and says so" {
	start "${slots[@]}"
	connect a.s b
	run -0 --separate-stderr sigslot connect a.s b.in
	assert_stderr 'sigslot: connected already: a.s -> b.in'
	sigslot emit a.s 1
	seen 'b 1'
	disconnect a.s b
	sigslot emit a.s 2
	seen 'b 1'
	stop_run
}

@test "several slots of one object are several connections, and one can go alone" {
	start "${slots[@]}"
	connect a.s c.y
	connect a.s c.x
	sigslot emit a.s 1
	disconnect a.s c.y
	sigslot emit a.s 2
	connect a.s c.y
	sigslot emit a.s 3
	seen 'y 1' 'x 1' 'x 2' 'x 3' 'y 3'
	stop_run
}

@test "what is not connected cannot be disconnected: 1" {
	start "${slots[@]}" 'connections: [a.s -> b]'
	run -1 --separate-stderr sigslot disconnect a.s c.x
	assert_stderr 'sigslot: not connected: a.s -> c.x'
	run -1 --separate-stderr sigslot disconnect a.n b
	assert_stderr 'sigslot: not connected: a.n -> b'
	disconnect a.s b
	run -1 --separate-stderr sigslot disconnect a.s b
	sigslot emit a.s 1
	connect a.s b
	sigslot emit a.s 2
	seen 'b 2'
	stop_run
}

@test "signals and queues can be connected to, and queues to slots of any process" {
	start "${slots[@]}" 'queues: {jobs: {}}'
	connect a.s f.out
	connect f.out b
	sigslot emit a.s '"1"'
	seen 'b 1'
	connect a.s jobs
	disconnect a.s f.out
	sigslot emit a.s 2
	wait_until waits 1 jobs
	connect jobs c.x
	seen 'b 1' 'x 2'
	sigslot emit a.s 3
	seen 'b 1' 'x 2' 'x 3'
	disconnect jobs c.x
	sigslot emit a.s 4
	wait_until waits 1 jobs
	connect jobs c.y
	seen 'b 1' 'x 2' 'x 3' 'y 4'
	stop_run
}

@test "the checks of the topology hold, and names have suggestions" {
	start '      b: {run: "true", in: string}' \
		'      f: {filter: cat}' 'connections: [a.s -> f: {full: drop-old}]'
	run -69 --separate-stderr sigslot connect a.s ff.in
	assert_stderr_has "has no 'ff': did you mean"
	run -69 --separate-stderr sigslot connect a.x b
	assert_stderr_has "has no signal or slot 'x'"
	run -69 --separate-stderr sigslot connect ab.s b
	assert_stderr_has 'did you mean'
	run -78 --separate-stderr sigslot connect a.n b
	assert_stderr 'sigslot: these types cannot meet: `a.n` sends integer (line 4), `b.in` takes string (line 8)'
	run -78 --separate-stderr sigslot connect a.s b
	assert_stderr 'sigslot: `a.s` has `full: block` for the queue of `lb` here, and `full: drop-old` in line 10: a signal has one for each queue, write the same'
	run -78 --separate-stderr sigslot connect f.out f.out
	assert_stderr_has 'a circle of signals'
	run -78 --separate-stderr sigslot connect --full latest f la.stop
	assert_stderr_has 'what steers never waits'
	run -78 --separate-stderr sigslot connect b f
	assert_stderr_has '`b` emits nothing'
	run -64 --separate-stderr sigslot connect 'a.s, a.n' f
	run -64 --separate-stderr sigslot connect a.s 'f -> b'
	run -64 --separate-stderr sigslot connect t/a.s u/f
	connect --full drop-old a.s b
	stop_run
}

@test "what is queued for a connection that goes is dropped, and counted" {
	start "$held" 'connections: [a.s -> b]'
	mkfifo go
	for i in 1 2 3; do sigslot emit a.s "$i"; done
	wait_until has_lines begun 1
	disconnect a.s b
	sigslot emit b 4
	connect a.s b
	sigslot emit a.s 5
	for i in 1 4 5; do
		wait_until grep -qx "$i" begun
		echo >go
	done
	seen 1 4 5
	run -0 --separate-stderr sigslot ps --json t
	assert_output --partial '"dropped":2'
	stop_run
	run -0 cat "$RUN_ERR"
	assert_line 'sigslot | 2 dropped (disconnected)'
}

@test "with --drain it is delivered first, and waited for" {
	start "$held" 'connections: [a.s -> b]'
	mkfifo go
	for i in 1 2 3; do sigslot emit a.s "$i"; done
	wait_until has_lines begun 1
	run -124 --separate-stderr sigslot disconnect --drain --timeout 10ms a.s b
	assert_stderr "sigslot: 'lb' has not taken all yet"
	sigslot emit a.s 4
	connect a.s b
	sigslot disconnect --drain a.s b 3>&- &
	for i in 1 2 3; do
		wait_until grep -qx "$i" begun
		process_gone $! && fail 'it did not wait'
		echo >go
	done
	wait $!
	seen 1 2 3
	stop_run
	run -0 cat "$RUN_ERR"
	refute_output --partial disconnected
}

@test "who waits for the full queue of a connection that goes waits no longer" {
	start "$held" '      f: {filter: cat}' '    queue: {messages: 2}' \
		'connections: [a.s -> b]'
	mkfifo go
	for i in 1 2; do sigslot emit a.s "$i"; done
	sigslot emit a.s 3 3>&- &
	wait_until has_lines begun 1
	run -75 sigslot emit --timeout 50ms a.s 4
	disconnect a.s b
	wait $!
	echo >go
	seen 1
	stop_run
}

@test "a loop or a worker that is stuck does not hold up a connection" {
	start "$held" 'objects: {o: {run: "echo o $1 >> seen"}}'
	mkfifo go
	sigslot emit b 1
	wait_until has_lines begun 1
	worker=$(sigslot ps --json t | sed -n 's/.*"loop":"lb".*"pid":\([0-9]*\).*/\1/p')
	kill -STOP "$worker"
	connect a.s b
	connect a.s o
	sigslot emit a.s 2
	wait_until has_lines seen 1
	kill -CONT "$worker"
	for i in 1 2; do
		wait_until grep -qx "$i" begun
		echo >go
	done
	seen 'o 2' 1 2
	stop_run
}

@test "a worker that is killed has its connections again, those of queues, too" {
	start "${slots[@]}" 'queues: {jobs: {}}'
	connect a.s b
	connect jobs c.x
	sigslot kill q
	sigslot wait t
	sigslot emit a.s 1
	seen 'b 1'
	sigslot emit jobs 2
	seen 'b 1' 'x 2'
	sigslot kill p
	sigslot wait t
	disconnect a.s b
	sigslot emit a.s 3
	seen 'b 1' 'x 2'
	stop_run
}

@test "after the death of the supervisor the topology says what is connected" {
	start "$held" '      c: {run: "echo c $1 >> seen"}' 'connections: [a.s -> b]'
	mkfifo go
	connect a.s c
	sigslot emit a.s 1
	wait_until has_lines begun 1
	sigslot emit a.s 2
	kill -KILL "$RUN_PID"
	wait_run || true
	start_run t.yaml
	for i in 1 2; do
		wait_until grep -qx "$i" begun
		echo >go
	done
	seen 1 2
	stop_run
	run -0 cat "$RUN_ERR"
	assert_line 'sigslot | 2 dropped (disconnected)'
}

@test "somebody who emits all the time finds new connections by himself" {
	start "${slots[@]}"
	mkfifo lines
	sigslot emit -l a.s <lines 3>&- &
	exec 8>lines
	connect a.s b
	echo 1 >&8
	wait_until has_lines seen 1
	disconnect a.s b
	connect a.s c.x
	echo 2 >&8
	wait_until has_lines seen 2
	exec 8>&-
	wait $!
	seen 'b 1' 'x 2'
	stop_run
}

@test "whoever listens for failed while it runs is told of the next failure" {
	start '      b: {run: "exit 3"}' '      c: {run: "echo $2 >> seen", args: [.slot, .exit]}'
	sigslot emit b 1
	connect b.failed c
	sigslot emit b 2
	seen 3
	disconnect b.failed c
	sigslot emit b 3
	seen 3
	stop_run
}

@test "dead: of the topology cannot be disconnected, nor a plugin get new members" {
	start "      b: {run: exit 1, dead: letters}" \
		"      e: {plugin: $SIGSLOT_BUILD/tests/plugins/bounce.so}" \
		'queues: {letters: {}}' 'connections: [a.s -> e.one]'
	run -78 --separate-stderr sigslot disconnect b.dead letters
	assert_stderr_has '`dead:` of the topology makes that connection'
	run -69 --separate-stderr sigslot connect a.s e.two
	run -78 --separate-stderr sigslot connect a.s e
	assert_stderr_has 'was started without'
	disconnect a.s e.one
	connect a.s e.one
	stop_run
}

@test "an instance that stops, or is dead, is not rewired: 69" {
	start "$held" 'connections: [a.s -> b]'
	mkfifo go
	sigslot emit a.s 1
	wait_until has_lines begun 1
	kill -TERM "$RUN_PID"
	wait_until grep -q stopping "$RUN_ERR"
	run -69 --separate-stderr sigslot connect a.n b
	assert_stderr "sigslot: instance 't' is stopping"
	kill -KILL "$RUN_PID"
	wait_run || true
	run -69 --separate-stderr sigslot connect t/a.n b
	assert_stderr_has "instance 't' is dead"
	sigslot clean --force t
}

@test "many at once are done one after the other" {
	local all=

	start "${slots[@]}"
	for _ in $(seq 30); do
		sigslot connect a.s c.x 3>&- 2>/dev/null &
		all="$all $!"
		sigslot connect a.s c.y 3>&- 2>/dev/null &
		all="$all $!"
		sigslot disconnect a.s c.x 3>&- 2>/dev/null &
		all="$all $!"
	done
	# shellcheck disable=SC2086 # several words
	wait $all || true
	connect a.s b
	sigslot disconnect a.s c.x || true
	sigslot disconnect a.s c.y || true
	sigslot emit a.s 1
	seen 'b 1'
	stop_run
}

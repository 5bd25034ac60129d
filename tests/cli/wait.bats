# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

start_slow() {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  slow: {run: 'until [ -e gate ]; do sleep 0.02; done; cat >> seen'}
	END
	start_run t.yaml
}

@test "what is ready is waited for no longer" {
	start_slow
	for target in t slow t/slow; do
		run -0 --separate-stderr sigslot wait "$target"
		assert_output ''
		assert_stderr ''
	done
	stop_run
}

@test "an instance that does not exist yet is waited for" {
	sigslot wait t 3>&- &
	waiting=$!
	start_slow
	wait "$waiting"
	stop_run
}

@test "idle is when nothing is queued and nothing runs" {
	start_slow
	run -0 --separate-stderr sigslot wait --for idle t
	sigslot emit slow 1
	run -124 --separate-stderr sigslot wait --for idle --timeout 200ms t
	assert_output ''
	[[ $stderr == 'sigslot: '* ]]
	sigslot wait --for idle t 3>&- &
	waiting=$!
	touch gate
	wait "$waiting"
	assert_file_exist seen
	stop_run
}

@test "stopped is when it has ended, also when it is gone" {
	start_slow
	run -124 --separate-stderr sigslot wait --for stopped --timeout 200ms t
	sigslot wait --for stopped t 3>&- &
	waiting=$!
	sigslot stop t
	wait "$waiting"
	run_ended 0
	run -0 --separate-stderr sigslot wait --for stopped t
	assert_stderr ''
}

@test "the time-out is for all targets together, and is 124" {
	run -124 --separate-stderr sigslot wait --timeout 200ms a b c
	assert_output ''
	[[ $stderr == *a*b*c* ]]
}

@test "a malformed target is wrong usage" {
	run -64 --separate-stderr sigslot wait --timeout 1s 'a b'
	assert_output ''
}

@test "an instance comes before what has its name in it" {
	cat >t.yaml <<-'END'
		sigslot: 1
		loops: {l: {objects: {t: {filter: cat}}}}
	END
	start_run t.yaml
	run -0 --separate-stderr sigslot wait --timeout 5s t
	stop_run
}

# --- any ---

# What a test made goes with it, so that the helper's look for leftovers finds nothing.
teardown() {
	local path

	for path in "$SIGSLOT_RUNTIME_DIR"/*/queue; do
		[ ! -e "$path" ] || rm -rf "${path%/queue}"
	done
	teardown_sigslot
}

make_queues() {
	local name

	for name; do
		sigslot queue create "$name"
	done
}

# any WORD...: in the background; WAIT_PID, and the file `out`. Sleeps when it returns.
any() {
	sigslot wait --any "$@" >out 2>err 3>&- &
	WAIT_PID=$!
	wait_until asleep "$WAIT_PID"
}

any_ended() {
	local ended=0

	wait "$WAIT_PID" || ended=$?
	assert_equal "$ended" "$1"
}

switches() {
	sed -n 's/^voluntary_ctxt_switches:[^0-9]*//p' "/proc/$1/status"
}

holds_one() {
	[ "$(sigslot queue stat --json "$1" | jq .leased)" = 1 ]
}

@test "--any tells the queues that have something, in the order given, and takes nothing" {
	make_queues a b c
	sigslot queue put c 1
	sigslot queue put a 2
	for _ in 1 2; do
		run -0 --separate-stderr sigslot wait --any c b a
		assert_output $'c\na'
		assert_stderr ''
	done
	run -0 sigslot queue get --timeout 0s a
	assert_output 2
	run -0 sigslot queue get --timeout 0s c
	assert_output 1
}

@test "--any wakes up by a message, and leaves it to who waits for it" {
	make_queues a b
	any a b
	sigslot queue get b >got 3>&- &
	getting=$!
	wait_until asleep "$getting"
	sigslot queue put b hello
	wait "$getting"
	run -0 cat got
	assert_output hello
	sigslot queue put a 1 # the getter may have been quicker
	any_ended 0
	run -0 cat out err
	assert_output --regexp '^[ab]$'
}

@test "--any does not tell a queue whose bell rings for nothing, and sleeps" {
	make_queues a b
	exec 5<>"$SIGSLOT_RUNTIME_DIR/a/q/a/data" # as if it were watched by somebody else
	sigslot queue put a 1
	sigslot queue get a
	run -124 --separate-stderr sigslot wait --any --timeout 50ms a b
	assert_output ''
	assert_stderr 'sigslot: nothing of 2 targets was ready in time'
	sigslot queue put a 1
	sigslot queue get a
	any a b
	before=$(switches "$WAIT_PID")
	for _ in {1..60}; do
		sigslot queue size a >/dev/null
	done
	# to look every few milliseconds would be dozens
	[ $(($(switches "$WAIT_PID") - before)) -le 5 ]
	sigslot queue put b 1
	any_ended 0
	exec 5>&-
	run -0 cat out err
	assert_output b
}

@test "--any is not ready for a closed queue, and ends with 69 when all are" {
	make_queues a b
	sigslot queue close a
	any a b
	sigslot queue put b 1
	any_ended 0
	run -0 cat out err
	assert_output b
	sigslot queue close b
	run -0 --separate-stderr sigslot wait --any a b
	assert_output b
	sigslot queue get b
	run -69 --separate-stderr sigslot wait --any a b
	assert_output ''
	assert_stderr 'sigslot: nothing of 2 targets can come any more: queues are closed and empty, instances have ended'
	run -69 --separate-stderr sigslot wait --any a
	assert_stderr "sigslot: queue 'a' is closed, and empty"
}

@test "--any sees the end of a queue, and all who wait do" {
	make_queues a
	any a
	sigslot queue get a 2>got 3>&- &
	getting=$!
	wait_until asleep "$getting"
	sigslot queue rm a
	any_ended 69
	ended=0
	wait "$getting" || ended=$?
	assert_equal "$ended" 69
}

@test "--any sees what a killed process had taken" {
	make_queues a
	head -c 200000 /dev/zero | sigslot queue put --raw a
	mkfifo pipe
	exec 4<>pipe
	sigslot queue get --raw a >pipe 3>&- 4>&- & # more than the pipe holds
	getting=$!
	wait_until holds_one a
	run -124 --separate-stderr sigslot wait --any --timeout 0s a
	kill -KILL "$getting"
	wait "$getting" || :
	run -0 --separate-stderr sigslot wait --any --timeout 20s a
	assert_output a
	exec 4>&-
}

@test "--any tells of an exit: what was killed and is back, and what was stopped" {
	cat >t.yaml <<-'END'
		sigslot: 1
		processes: {p: {}}
		loops:
		  l: {process: p, objects: {x: {filter: cat}}}
		  m: {objects: {y: {filter: cat}}}
	END
	start_run t.yaml
	make_queues a
	killed=0
	for target in p.exit t/l.exit; do
		sigslot wait --any a "$target" m.exit >out 2>err 3>&- &
		WAIT_PID=$!
		wait_until test -n "$(sigslot ps --json t | jq -r 'select(.loop == "l") | .pid')"
		wait_until asleep "$WAIT_PID"
		kill -KILL "$(sigslot ps --json t | jq -r 'select(.loop == "l") | .pid')"
		any_ended 0
		run -0 cat out err
		assert_output "$target"
		killed=$((killed + 1))
		wait_until loop_is l .restarts "$killed"
		sigslot wait t
	done
	sigslot stop m
	run -0 --separate-stderr sigslot wait --any l.exit m.exit
	assert_output m.exit
	sigslot wait --any t.exit >out 2>err 3>&- &
	WAIT_PID=$!
	wait_until asleep "$WAIT_PID"
	sigslot stop t
	any_ended 0
	run -0 cat out err
	assert_output t.exit
	run_ended 0
}

start_signals() {
	start 'name: s' 'objects:' '  a: {filter: cat}' '  b: {builtin: drop}' '  c: {builtin: drop}' \
		'  lone: {filter: cat}' 'connections: [a -> b]'
}

@test "--any waits until a signal is emitted, or something is put into a slot" {
	start_signals
	make_queues jobs
	sigslot emit a before
	sigslot wait --for idle s
	for target in a.out s/c.in; do
		any jobs "$target"
		sigslot emit b unheard
		sigslot emit "$target" x
		any_ended 0
		run -0 cat out err
		assert_output "$target"
	done
	run -124 --separate-stderr sigslot wait --any --timeout 50ms a.out
	assert_stderr "sigslot: 'a.out' was not ready in time"
	stop_run
}

@test "--any takes signals that nobody is connected to" {
	start_signals
	sigslot wait --any lone.out >out 2>err 3>&- &
	WAIT_PID=$!
	emitted() {
		sigslot emit lone.out x
		process_gone "$WAIT_PID"
	}
	wait_until emitted
	any_ended 0
	run -0 cat out err
	assert_output lone.out
	stop_run
}

@test "--any ends when the instance of a signal does" {
	start_signals
	run -69 --separate-stderr sigslot wait --any a.outt
	assert_stderr "sigslot: 'a' of instance 's' has no signal or slot 'outt': did you mean 'out'?"
	any a.out
	stop_run
	any_ended 69
	run -0 cat out err
	assert_output "sigslot: instance 's' has ended"
}

@test "--any is refused for what it cannot wait for" {
	make_queues jobs
	while IFS='|' read -r status target text; do
		run "-$status" --separate-stderr sigslot wait --any jobs "$target"
		assert_output ''
		assert_stderr "sigslot: $text"
	done <<-'END'
		69|job|there is no queue 'job': did you mean 'jobs'?
		69|nothing.exit|no running instance has 'nothing': 'sigslot ps' lists what runs
		69|a.out|no running instance has 'a': 'sigslot ps' lists what runs
	END
	run -64 --separate-stderr sigslot wait --any --for idle jobs
	assert_stderr 'sigslot: wait: --any and --for exclude each other'
	run -69 --separate-stderr sigslot wait --any jobs.exit
	assert_output ''
}

# --- exit ---

start_workers() {
	cat >t.yaml <<-'END'
		sigslot: 1
		processes: {w: {restart: {backoff: 1h}}}
		loops:
		  l: {process: w, objects: {a: {filter: cat}}}
		  m: {objects: {b: {filter: cat}}}
	END
	start_run t.yaml
}

worker() {
	sigslot ps --json | jq "select(.loop == \"$1\") | .pid"
}

# exit_of TARGET...: waits in the background; WAIT_PID, and the file `out`.
exit_of() {
	sigslot wait --for exit "$@" >out 2>err 3>&- &
	WAIT_PID=$!
	wait_until asleep "$WAIT_PID"
}

@test "--for exit tells by which signal a process ended, by whatever name it is meant" {
	start_workers
	for target in w l a t/w; do
		exit_of "$target"
		kill -ABRT "$(worker l)"
		any_ended 0
		run -0 cat out
		assert_output SIGABRT
		run -0 --separate-stderr sigslot wait --for exit "$target"
		assert_output SIGABRT
		sigslot restart t/l
	done
	stop_run
}

@test "it tells the status of one that is stopped, also as the last act of a run" {
	start_workers
	exit_of main
	stop_run
	any_ended 0
	run -0 cat out
	assert_output 0
}

@test "when its time is up it is 124, not before and not much later" {
	start_workers
	least=999999999
	for _ in {1..5}; do
		began=${EPOCHREALTIME/./}
		run -124 --separate-stderr sigslot wait --for exit --timeout 50ms w
		took=$((${EPOCHREALTIME/./} - began))
		assert_output ''
		assert_stderr "sigslot: 'w' has not ended in time"
		assert [ "$took" -ge 50000 ]
		[ "$took" -gt "$least" ] || least=$took
	done
	# a busy machine may be late, but not each time
	assert [ "$least" -lt 500000 ]
	run -124 --separate-stderr sigslot wait --for exit --timeout 0 w
	stop_run
}

@test "nobody knows how a worker ended whose supervisor died with it" {
	start_workers
	exit_of w
	kill -KILL "$RUN_PID"
	any_ended 69
	assert_file_contains err "nobody knows how 'w' ended"
	run_ended 137
	sigslot clean t
}

@test "--for exit of what is no process is 69, and of a member 64" {
	start_workers
	run -69 --separate-stderr sigslot wait --for exit t/nothing
	assert_stderr_has nothing
	run -64 --separate-stderr sigslot wait --for exit a.in
	run -69 --separate-stderr sigslot wait --for exit t
	stop_run
}

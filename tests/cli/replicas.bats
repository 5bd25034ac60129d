# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

start_pool() {
	cat >t.yaml <<-'END'
		sigslot: 1
		processes: {workers: {}}
		loops:
		  pool:
		    process: workers
		    replicas: 3
		    objects:
		      pay:
		        signals: {done: string}
		        slots:
		          charge: {run: 'until [ -e gate ]; do sleep 0.02; done; echo "$SIGSLOT_OBJECT $SIGSLOT_LOOP $1"', emit: done}
		objects:
		  orders: {signals: {new: any}}
		  seen: {filter: 'cat >> seen'}
		queues: {jobs: {}}
		connections:
		  - jobs -> pay.charge
		  - orders.new -> pay.charge
		  - pay.done -> seen
	END
	start_run t.yaml
}

# workers_have NAME VALUES: one of the numbers of `ps`, of all replicas.
workers_have() {
	[ "$(sigslot ps --json | jq "select(.process == \"workers\") | .$1" | xargs)" = "$2" ]
}

taken() {
	workers_have in "$1"
}

@test "a queue gives each message to one replica, and all of them work at once" {
	start_pool
	sigslot emit -l jobs < <(seq 3)
	wait_until taken '1 1 1'
	touch gate
	wait_until has_lines seen 3
	run -0 bash -c 'cut -d" " -f1,2 seen | sort'
	assert_output $'pay-1 pool-1\npay-2 pool-2\npay-3 pool-3'
	run -0 bash -c 'cut -d" " -f3 seen | sort'
	assert_output $'1\n2\n3'
	stop_run
}

@test "a signal reaches all replicas, and each can be meant alone" {
	start_pool
	touch gate
	sigslot emit orders.new x
	wait_until has_lines seen 3
	run -0 sort seen
	assert_output $'pay-1 pool-1 x\npay-2 pool-2 x\npay-3 pool-3 x'
	sigslot emit pay-2.charge y
	wait_until has_lines seen 4
	run -0 sed -n 4p seen
	assert_output 'pay-2 pool-2 y'
	sigslot stop t/pool-3
	run -0 bash -c 'sigslot ps --json | jq -r "select(.loop == \"pool-3\") | .state"'
	assert_output stopped
	stop_run
}

@test "the plain name means all: emit, tap and what steers" {
	start_pool
	touch gate
	mkfifo on
	sigslot tap --ready-fd 9 -c 3 t/pay.charge >tapped 9>on 3>&- &
	tapping=$!
	read -r <on
	run -0 --separate-stderr sigslot emit pay.charge x
	wait_until has_lines seen 3
	run -0 sort seen
	assert_output $'pay-1 pool-1 x\npay-2 pool-2 x\npay-3 pool-3 x'
	wait "$tapping"
	sort -u tapped >once
	run -0 cat once
	assert_output x
	seq 100 | sigslot emit -l pay.charge
	wait_until has_lines seen 303
	run -0 --separate-stderr sigslot stop pool
	assert_equal "$(states)" 'stopped stopped stopped'
	run -0 --separate-stderr sigslot wait --for stopped --timeout 1s pool
	sigslot emit pay.charge y
	run -0 --separate-stderr sigslot start pay
	run -0 --separate-stderr sigslot wait --timeout 10s pool
	wait_until has_lines seen 306
	run -0 --separate-stderr sigslot restart pool
	assert_equal "$(states)" 'ready ready ready'
	run -0 --separate-stderr sigslot kill pool
	run -0 --separate-stderr sigslot wait --timeout 10s pool
	stop_run
}

states() {
	sigslot ps --json | jq -r 'select(.process == "workers") | .state' | xargs
}

@test "the plain name means all: what is looked at" {
	start_pool
	touch gate
	sigslot emit pay.charge x
	wait_until has_lines seen 3
	run -0 --separate-stderr sigslot why pay
	assert_line --partial "Object 'pay-1' lives on loop 'pool-1', which"
	assert_line --partial "Object 'pay-3' lives on loop 'pool-3', which"
	assert_equal "$(sigslot why --json pool | jq -r .name | xargs)" 'pool-1 pool-2 pool-3'
	assert_equal "$(sigslot ledger --json pool | jq -c '[.queue, .sent]' | xargs)" '[pool-1,1] [pool-2,1] [pool-3,1]'
	assert_equal "$(sigslot stats --json pay | jq -r .name | xargs)" 'pay-1.charge pay-2.charge pay-3.charge'
	run -0 --separate-stderr sigslot logs t/pool
	assert_output ''
	run -0 --separate-stderr sigslot errors t/pay.charge
	run -69 --separate-stderr sigslot why payy
	assert_stderr_has "did you mean 'pay-1'?"
	run -69 --separate-stderr sigslot emit pay.chrge x
	assert_stderr_has "'pay' of instance 't' has no signal or slot 'chrge': did you mean 'charge'?"
	stop_run
}

@test "the plain name means all: what is connected while it runs, and cut off again" {
	start_pool
	touch gate
	run -0 --separate-stderr sigslot disconnect orders.new pay.charge
	run -1 --separate-stderr sigslot disconnect orders.new pay.charge
	sigslot emit orders.new nobody
	run -0 --separate-stderr sigslot connect orders.new pay-2.charge
	run -0 --separate-stderr sigslot connect --save saved.yaml orders.new pay.charge
	run -0 --separate-stderr sigslot connect orders.new pay.charge
	assert_stderr 'sigslot: connected already: orders.new -> pay.charge'
	sigslot emit orders.new x
	wait_until has_lines seen 3
	run -0 sort seen
	assert_output $'pay-1 pool-1 x\npay-2 pool-2 x\npay-3 pool-3 x'
	run -0 --separate-stderr sigslot disconnect --drain orders.new pay.charge
	run -1 --separate-stderr sigslot disconnect orders.new pay-2.charge
	run -0 --separate-stderr sigslot disconnect jobs pay.charge
	sigslot emit jobs 1
	run -0 --separate-stderr sigslot connect --once orders.new pay.charge
	sigslot emit orders.new once
	wait_until has_lines seen 6
	sigslot emit orders.new twice
	run -69 --separate-stderr sigslot connect orders.new pay.nothing
	run -64 --separate-stderr sigslot connect pay.done -- cat
	assert_stderr "sigslot: 'pay' stands for several: a command reads the signal of one, such as 'pay-1'"
	assert_equal "$(sigslot check --print saved.yaml | grep -c '^connection  orders.new')" 3
	sigslot emit pay-1.charge y
	wait_until has_lines seen 7
	run -1 grep twice seen
	run -0 --separate-stderr sigslot queue get -n 9 jobs
	stop_run
}

@test "a thing that is only called like a replica is none, and a name that is there comes first" {
	start 'objects:' '  a-1: {filter: "cat >> one"}' '  a-2: {filter: "cat >> two"}' \
		'  b: {filter: "cat >> three"}' \
		'loops:' '  c: {replicas: 2, objects: {d: {filter: "cat >> four"}}}'
	run -69 --separate-stderr sigslot emit a x
	run -69 --separate-stderr sigslot stop t/a
	sigslot emit b x
	wait_until has_lines three 1
	sigslot emit d x
	wait_until has_lines four 2
	stop_run
}

@test "who asks twice for a restart waits for what is queued, as who asks once" {
	start_pool
	sigslot emit pay.charge x
	wait_until taken '1 1 1'
	for i in 1 2; do
		sigslot restart workers 2>"said.$i" 3>&- &
	done
	wait_until grep -q waiting said.1
	wait_until grep -q waiting said.2
	touch gate
	wait_until has_lines seen 3
	wait_until workers_have queued '0 0 0'
	wait_until taken '1 1 1'
	stop_run
}

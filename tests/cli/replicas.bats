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

taken() {
	[ "$(sigslot ps --json | jq 'select(.process == "workers") | .in' | xargs)" = "$1" ]
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

@test "what means all is not what a script can emit to, or connect while it runs" {
	start_pool
	run -69 --separate-stderr sigslot emit t/pay.charge x
	assert_stderr_has "has no 'pay'"
	run ! --separate-stderr sigslot connect t/orders.new pay.charge
	assert_stderr_has "has no 'pay'"
	stop_run
}

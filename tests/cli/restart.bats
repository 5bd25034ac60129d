# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

start_one() {
	cat >t.yaml <<-'END'
		sigslot: 1
		processes:
		  workers: {}
		loops:
		  a: {process: workers, objects: {x: {filter: 'echo started >> starts; cat >> seen'}}}
		  b: {objects: {y: {filter: cat >> other}}}
	END
	start_run t.yaml
}

@test "a process gets a new worker, and loses nothing" {
	start_one
	old=$(loop a .pid)
	other=$(loop b .pid)
	seq 100 | sigslot emit -l x
	run -0 --separate-stderr sigslot restart workers
	assert_output ''
	assert_equal "$(loop a .state)" ready
	assert [ "$(loop a .pid)" != "$old" ]
	assert_equal "$(loop b .pid)" "$other"
	seq 101 200 | sigslot emit -l x
	wait_until has_lines seen 200
	run -0 cmp seen <(seq 200)
	stop_run
}

@test "a loop starts its commands again" {
	start_one
	wait_until has_lines starts 1
	run -0 --separate-stderr sigslot restart t/a
	wait_until has_lines starts 2
	assert_equal "$(loop a .state)" ready
	stop_run
}

@test "an unknown target is 69" {
	start_one
	run -69 --separate-stderr sigslot restart nothing
	assert_output ''
	assert_stderr_has nothing
	stop_run
}

@test "what a filter has been given is read to the end before it is started again" {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects: {x: {filter: 'sleep 0.2; cat >> seen'}}
	END
	start_run t.yaml
	seq 1000 | sigslot emit -l x
	run -0 --separate-stderr sigslot restart t/x
	seq 1001 1100 | sigslot emit -l x
	wait_until has_lines seen 1100
	run -0 cmp seen <(seq 1100)
	stop_run
}

# The first message of each stays for ever, until somebody ends it.
start_stuck() {
	cat >t.yaml <<-'END'
		stop_timeout: 300ms
		processes: {w: {}}
		loops:
		  l:
		    process: w
		    objects:
		      x: {run: '[ $SIGSLOT_ATTEMPT = 2 ] || { echo >>began; exec sleep 1000; }; echo "$1" >>did', retry: 3}
		  m: {process: w, objects: {y: {filter: cat >>seen}}}
	END
	start_run t.yaml
	sigslot emit x 1
	sigslot emit x 2
	wait_until has_lines began 1
}

@test "a restart ends what does not stop within stop_timeout, and loses nothing" {
	start_stuck
	run -0 --separate-stderr sigslot restart t/w
	run -0 grep -c 'l | ended at once: it did not stop within `stop_timeout`; 1 message that it had begun or taken goes back' "$RUN_ERR"
	assert_output 1
	wait_until has_lines did 1
	# the second one has its first try now
	wait_until has_lines began 2
	run -0 --separate-stderr sigslot restart t/l
	wait_until has_lines did 2
	seq 3 | sigslot emit -l y
	stop_run
	run -0 cat did
	assert_output $'1\n2'
	run -0 cat seen
	assert_output $'1\n2\n3'
}

@test "so does a reload" {
	start_stuck
	sed -i 's/{w: {}}/{w: {nice: 1}}/' t.yaml
	run -0 --separate-stderr sigslot reload t
	wait_until has_lines did 1
	wait_until has_lines began 2
	run -0 --separate-stderr sigslot restart t/l
	wait_until has_lines did 2
	stop_run
}

@test "a restart works off what is queued, and does not wait for what comes meanwhile" {
	start 'objects: {s: {source: "while :; do echo x; done"}}' 'processes: {w: {}}' \
		'loops: {l: {process: w, queue: {messages: 8}, objects: {c: {run: sleep 0.02}}}}' \
		'connections: [s -> c]'
	wait_until loop_is l '.in > 2' true
	run -0 --separate-stderr sigslot restart --timeout 20s t/w
	sigslot stop --now t
	run_ended 1
	sigslot clean --force
}

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

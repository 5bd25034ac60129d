# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

start_one() {
	cat >t.yaml <<-'END'
		sigslot: 1
		processes:
		  workers: {}
		loops:
		  a: {process: workers, objects: {x: {filter: cat >> seen}}}
		  b: {process: workers, objects: {y: {filter: cat >> seen}}}
		objects:
		  c: {filter: cat >> seen}
	END
	start_run t.yaml
}

states() {
	sigslot ps --json | jq -r .state | xargs
}

@test "a loop that was stopped starts again, and gets what came meanwhile" {
	start_one
	sigslot stop a
	assert_equal "$(states)" 'stopped ready ready'
	sigslot emit x kept
	run -0 --separate-stderr sigslot start a
	assert_output ''
	assert_equal "$(states)" 'ready ready ready'
	wait_until has_lines seen 1
	stop_run
}

@test "a process starts with all its loops" {
	start_one
	sigslot stop workers
	assert_equal "$(states)" 'stopped stopped ready'
	run -0 --separate-stderr sigslot start workers
	assert_equal "$(states)" 'ready ready ready'
	stop_run
}

@test "to start what runs is no error" {
	start_one
	run -0 --separate-stderr sigslot start a t/b
	assert_output ''
	assert_stderr ''
	stop_run
}

@test "an unknown target is 69" {
	start_one
	run -69 --separate-stderr sigslot start nothing
	assert_output ''
	assert_stderr_has nothing
	run -69 --separate-stderr sigslot start other/a
	assert_output ''
	stop_run
}

# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

start_one() {
	cat >t.yaml <<-'END'
		sigslot: 1
		processes:
		  workers: {}
		loops:
		  a: {process: workers, objects: {x: {run: 'echo "$1 $SIGSLOT_ATTEMPT" >> seen; [ "$SIGSLOT_ATTEMPT" -gt 1 ] || exec sleep 1000'}}}
		  b: {objects: {y: {filter: cat >> seen}}}
	END
	start_run t.yaml
}

@test "the worker and its command end, it is started again, and nothing is lost" {
	start_one
	sigslot emit x 7
	wait_until has_lines seen 1
	run -0 --separate-stderr sigslot kill a
	assert_output ''
	wait_until has_lines seen 2
	run -0 cat seen
	assert_output $'7 1\n7 2'
	wait_until loop_is a .restarts 1
	assert loop_is a .exit -9
	assert loop_is b .restarts 0
	stop_run
}

@test "an unknown target is 69" {
	start_one
	run -69 --separate-stderr sigslot kill nothing
	assert_output ''
	assert_stderr_has nothing
	stop_run
}

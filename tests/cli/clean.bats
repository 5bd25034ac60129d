# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

start_one() {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  slow: {run: 'until [ -e gate ]; do sleep 0.02; done; cat >> seen'}
	END
	start_run t.yaml
}

die() {
	kill -KILL "$RUN_PID"
	wait_run || :
	wait_until no_processes
}

@test "without dead instances there is nothing to do" {
	run -0 --separate-stderr sigslot clean
	assert_output ''
	assert_stderr ''
}

@test "what a dead instance left is removed, and told of" {
	start_one
	die
	run -0 --separate-stderr sigslot clean
	assert_output --partial t
	assert_stderr ''
	run -0 ls -A "$SIGSLOT_RUNTIME_DIR"
	assert_output ''
}

@test "one that has messages is kept with 1, until it is forced" {
	start_one
	seq 3 | sigslot emit -l slow
	die
	run -1 --separate-stderr sigslot clean
	assert_output --partial 3
	assert_dir_exist "$SIGSLOT_RUNTIME_DIR/t"
	run -1 --separate-stderr sigslot clean t
	run -0 --separate-stderr sigslot clean --force t
	assert_output --partial 3
	run -0 ls -A "$SIGSLOT_RUNTIME_DIR"
	assert_output ''
}

@test "a live instance is never touched" {
	start_one
	run -0 --separate-stderr sigslot clean --force
	assert_output ''
	run -75 --separate-stderr sigslot clean --force t
	assert_output ''
	assert_stderr_has t
	run -0 --separate-stderr sigslot emit slow 1
	touch gate
	wait_until has_lines seen 1
	stop_run
}

@test "an unknown instance is 69" {
	run -69 --separate-stderr sigslot clean nothing
	assert_output ''
	assert_stderr_has nothing
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The helper itself: that it fails a test which leaves something behind, and waits.

load helper

@test "a test that leaves a process, a runtime entry or shared memory fails" {
	mkdir shm
	SHM_DIR=$PWD/shm run -1 bats --tap "$BATS_TEST_DIRNAME/bad/leftover.bats"
	assert_line "not ok 1 a process is left"
	assert_line --partial "left behind: process"
	assert_line "not ok 2 an entry of the runtime directory is left"
	assert_line "not ok 3 a file in shared memory is left"
	assert_line "ok 4 nothing is left"
}

@test "wait_until gives up at its deadline and says what it waited for" {
	run -1 wait_until -t 0 test -e missing
	assert_output "not within 0 s: test -e missing"
}

@test "wait_until returns as soon as the command succeeds" {
	(sleep 0.1 && : >there) 3>&- &
	wait_until test -e there
}

@test "process_gone knows a running process, an ended one and a zombie" {
	sleep 1000 3>&- &
	run -1 process_gone $!
	kill $!
	wait_until process_gone $!
}

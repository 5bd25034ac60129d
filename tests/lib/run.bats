#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The runner itself: what it counts as passed and as failed, and its last line.

load helper

# stage NAME LINE...: a test script of the stage lint that runs these lines.
stage() {
	mkdir -p tests/lint
	cp -n "$ROOT/tests/run" tests/
	[ -e Makefile ] || echo 'all:' >Makefile
	printf '%s\n' "${@:2}" >"tests/lint/$1.sh"
}

# closes STATUS LINE: how a run of the stage ends.
closes() {
	run "-$1" tests/run out lint
	assert_equal "${lines[-1]}" "$2"
}

@test "what passed and what failed is added up over all files" {
	stage one 'echo "ok 1 - a"; echo "ok 2 - b"; echo 1..2'
	stage two 'echo 1..3; echo "ok 1 - a"; echo "not ok 2 - b"; echo "# why"; echo "ok 3"; exit 1'
	closes 1 "4 passed, 1 failed"
	assert_line --partial "not ok 2 - b"
	assert_line --partial "# why"
	refute_line --partial "ok 3"
}

@test "when all pass it ends with 0" {
	stage one 'echo "ok 1 - a"; echo 1..1'
	closes 0 "1 passed, 0 failed"
}

@test "a file that dies before its plan has failed, whatever passed" {
	stage one 'echo "ok 1 - a"; kill -9 $$'
	closes 1 "1 passed, 1 failed"
}

@test "a file that runs less than it planned has failed" {
	stage one 'echo 1..2; echo "ok 1 - a"'
	closes 1 "1 passed, 1 failed"
	assert_line --partial "planned 2, ran 1"
}

@test "a file that says nothing has failed" {
	stage one ':'
	closes 1 "0 passed, 1 failed"
}

@test "a file whose tests pass but that ends with a status has failed" {
	stage one 'echo "ok 1 - a"; echo 1..1; exit 3'
	closes 1 "1 passed, 1 failed"
}

@test "a build that fails is a failure, and what there is still runs" {
	stage one 'echo "ok 1 - a"; echo 1..1'
	printf 'all:\n\tfalse\n' >Makefile
	closes 1 "1 passed, 1 failed"
}

@test "a skipped test is told, and failed where STRICT=1" {
	stage one 'echo "ok 1 - a"; echo "ok 2 - b # SKIP no"; echo 1..2'
	STRICT=0 closes 0 "1 passed, 0 failed, 1 skipped"
	STRICT=1 closes 1 "1 passed, 1 failed"
}

@test "a stage without tests is failed where STRICT=1" {
	stage one :
	rm tests/lint/one.sh
	STRICT=0 closes 0 "0 passed, 0 failed"
	STRICT=1 closes 1 "0 passed, 1 failed"
}

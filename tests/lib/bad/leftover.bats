#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Each of these must fail at its end; helper.bats sees to it.

load ../helper

@test "a process is left" {
	sleep 1000 >/dev/null 2>&1 3>&- &
}

@test "an entry of the runtime directory is left" {
	mkdir "$SIGSLOT_RUNTIME_DIR/shop"
}

@test "a file in shared memory is left" {
	: >"$SHM_DIR/sigslot-left"
}

@test "nothing is left" {
	:
}

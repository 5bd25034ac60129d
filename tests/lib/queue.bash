# SPDX-License-Identifier: MIT
#
# What the tests of `sigslot queue` share: load it behind the helper.
# shellcheck disable=SC2154 # run sets output and stderr

# What a test made goes with it, so that the helper's look for leftovers finds nothing
# but what no test made: a pipe goes by itself.
teardown() {
	local path

	for path in "$SIGSLOT_RUNTIME_DIR"/*/queue; do
		path=${path%/queue}
		[ ! -e "$path" ] || [ -e "$path/q/left" ] || rm -rf "$path"
	done
	teardown_sigslot
}

# q WORD...: sigslot queue WORD... ends with 0 and says nothing on standard error.
q() {
	run -0 --separate-stderr sigslot queue "$@"
	assert_stderr ''
}

# refused STATUS PART WORD...: ends with STATUS, says PART and prints nothing.
refused() {
	local status=$1 part=$2

	shift 2
	run "-$status" --separate-stderr sigslot queue "$@"
	assert_output ''
	assert_stderr_has "$part"
	[[ $stderr == 'sigslot: '* ]]
}

# number QUEUE NAME: one of the numbers of `stat`.
number() {
	sigslot queue stat "$1" | awk -v name="$2" '$1 == name { print $2 }'
}

# has_number QUEUE NAME VALUE: for wait_until.
has_number() {
	[ "$(number "$1" "$2")" = "$3" ]
}

# ended STATUS PID: waits for a child of the test, and asserts how it ended.
ended() {
	local status=0

	wait_until process_gone "$2"
	wait "$2" || status=$?
	assert_equal "$status" "$1"
}

# quiet PID: it did not run while others did something that takes a while.
quiet() {
	local before

	before=$(grep ctxt "/proc/$1/status")
	for _ in {1..20}; do
		sigslot queue ls >/dev/null
	done
	[ "$(grep ctxt "/proc/$1/status")" = "$before" ]
}

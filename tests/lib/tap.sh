# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# TAP for test scripts in plain sh: `. tests/lib/tap.sh`, checks, `checked` at the end.

tap_count=0
tap_failures=0

# check SENTENCE COMMAND...: holds if the command succeeds and prints nothing. What it
# prints is what is wrong, one place a line.
check() {
	tap_name=$1
	shift
	tap_count=$((tap_count + 1))
	if tap_told=$("$@" 2>&1) && [ -z "$tap_told" ]; then
		echo "ok $tap_count - $tap_name"
		return
	fi
	tap_failures=$((tap_failures + 1))
	echo "not ok $tap_count - $tap_name"
	[ -z "$tap_told" ] || printf '%s\n' "$tap_told" | sed 's/^/#   /'
}

# note TEXT...: something to read that is no failure.
note() {
	echo "# $*"
}

checked() {
	echo "1..$tap_count"
	exit $((tap_failures > 0))
}

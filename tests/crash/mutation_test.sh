#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Tests the crash tests: each bug of lib/queue/fault.h is compiled into the queue, and
# the stepping harness must notice it.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${SIGSLOT_BUILD:-build/release}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
faults=$(sed -n 's/^\tFAULT_\([A-Z_]*\)\( = 1\)\{0,1\},.*/\1/p' lib/queue/fault.h)

compile() { # NUMBER
	# shellcheck disable=SC2046
	gcc -std=gnu11 -O2 -D_GNU_SOURCE -Ilib -DMUTATION="$1" -o "$work/step$1" \
		tests/crash/step_test.c lib/queue/*.c "$build/lib/libsigslot.a" -lpthread
}

count=0
for fault in $faults; do
	count=$((count + 1))
	sentence="the seeded bug $count ($fault) is caught"
	compile "$count" || { echo "not ok $count - $sentence"; continue; }
	if STOP=1 KILLS=0 TMPDIR=$work "$work/step$count" >"$work/log" 2>&1; then
		echo "not ok $count - $sentence"
	elif grep -q '^not ok' "$work/log"; then
		echo "ok $count - $sentence"
		sed -n '1,$s/^# .*after/#  after/p' "$work/log" | head -n 1
		grep '^not ok' "$work/log" | sed 's/^/#   /' | head -n 1
	else
		echo "not ok $count - $sentence"
		sed 's/^/#   /' "$work/log" | tail -n 5
	fi
done
echo "1..$count"

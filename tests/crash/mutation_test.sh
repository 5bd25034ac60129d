#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Tests the crash tests: each bug of lib/queue/fault.h is compiled into the queue, and
# both the stepping and the weaving harness must notice it.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${SIGSLOT_BUILD:-build/release}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
faults=$(sed -n 's/^\tFAULT_\([A-Z_]*\)\( = 1\)\{0,1\},.*/\1/p' lib/queue/fault.h)
flags='-std=gnu11 -O2 -D_GNU_SOURCE -Ilib'
weaving='-w -fsanitize=thread -include tests/crash/calls.h'
weave_only='JUDGED_TWICE' # it takes three who move
number=0
count=0
unset CRASH_LONG CRASH_SECONDS # the first failure is enough

# mutate FAULT OBJECT_DIRECTORY [FLAG...]: compiles what the bug changes, and only that
mutate() {
	files=$(grep -l "FAULTY(FAULT_$1)" lib/queue/*.c)
	to=$2
	shift 2
	mkdir -p "$to"
	for file in $files; do
		# shellcheck disable=SC2086
		gcc $flags "-DMUTATION=$number" "$@" -c -o "$to/$(basename "$file" .c).o" \
			"$file" || return 1
	done
}

step() { # FAULT
	# shellcheck disable=SC2086
	mutate "$1" "$work/step.$1" &&
		gcc $flags -o "$work/step" tests/crash/step_test.c "$work/step.$1"/*.o \
			"$build/lib/libsigslot.a" -lpthread &&
		STOP=1 KILLS=0 TMPDIR=$work "$work/step" >"$work/log" 2>&1
}

weave() { # FAULT
	# shellcheck disable=SC2086
	mutate "$1" "$work/weave.$1" $weaving &&
		gcc -o "$work/weave" "$build/tests/crash/weave_test.o" \
			"$build/tests/crash/machine.o" "$work/weave.$1"/*.o \
			"$build/tests/crash/woven.a" "$build/lib/libsigslot.a" &&
		STOP=1 ROUNDS=2000000 "$work/weave" >"$work/log" 2>&1
}

# caught HARNESS FAULT: whether it fails, in a failed check
caught() {
	count=$((count + 1))
	sentence="the seeded bug $number ($2) is caught by the $1 harness"
	: >"$work/log"
	if "$1" "$2"; then
		echo "not ok $count - $sentence"
	elif grep -q '^not ok' "$work/log"; then
		echo "ok $count - $sentence"
		grep '^not ok' "$work/log" | sed 's/^/#   /' | head -n 1
	else
		echo "not ok $count - $sentence"
		sed 's/^/#   /' "$work/log" | tail -n 5
	fi
}

for fault in $faults; do
	number=$((number + 1))
	[ "$fault" = "$weave_only" ] || caught step "$fault"
	caught weave "$fault"
done
echo "1..$count"

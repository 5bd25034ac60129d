#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs cppcheck over lib/, cmd/ and examples/. A suppression stands in the code, with its
# reason. Cleanup by scope is beyond it, so leaks are the address sanitizer's business;
# and readdir() is safe as long as two threads do not share a directory. It reads
# `r = f() ?: r` as `r = r`.
tap=$(cd "${0%/*}/../lib" && pwd)/tap.sh
cd "${1:-.}" || exit 1
# shellcheck source=tests/lib/tap.sh
. "$tap"

says() {
	find lib cmd examples -name '*.c' -exec cppcheck --quiet --std=c11 -Ilib -D__linux__ \
		-D__x86_64__ -D_GNU_SOURCE --enable=warning,performance,portability \
		--inline-suppr --library=posix,gnu -j 2 --suppress=resourceLeak \
		--suppress=memleak --suppress=readdirCalled --suppress=selfAssignment \
		--template='{file}:{line}: {id}: {message}' {} +
}

reasons() {
	grep -rn 'cppcheck-suppress' lib cmd examples --include='*.[ch]' |
		grep -vE 'cppcheck-suppress [A-Za-z]+ ; [a-z]'
	return 0
}

check "cppcheck has nothing to say" says
check "every suppression says why" reasons
checked

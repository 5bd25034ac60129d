#!/bin/sh
# SPDX-License-Identifier: MIT
#
# clang-format decides about layout.
tap=$(cd "${0%/*}/../lib" && pwd)/tap.sh
cd "${1:-.}" || exit 1
# shellcheck source=tests/lib/tap.sh
. "$tap"

says() {
	find . \( -path ./build -o -path ./tests/lint/bad \) -prune -o -name '*.[ch]' \
		-exec clang-format --dry-run -Werror --style=file {} + 2>&1 | grep 'error:'
	return 0
}

check "clang-format would change nothing" says
checked

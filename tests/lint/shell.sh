#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs shellcheck over every script, the bats files included.
tap=$(cd "${0%/*}/../lib" && pwd)/tap.sh
cd "${1:-.}" || exit 1
# shellcheck source=tests/lib/tap.sh
. "$tap"

says() {
	find . \( -name .git -o -path ./build -o -path ./dist -o -path ./tests/lint/bad \) -prune \
		-o \( -name '*.sh' -o -name '*.bash' -o -name '*.bats' -o -path './.ci/run' \) \
		-exec shellcheck -f gcc {} +
}

check "shellcheck has nothing to say about the scripts" says
checked

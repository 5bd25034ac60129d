#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The catalogue of faults: every row of tests/catalogue has a test whose name begins with
# it, or a reason why it has none; and no test names a row that is not there.
tap=$(cd "${0%/*}/../lib" && pwd)/tap.sh
cd "${1:-.}" || exit 1
# shellcheck source=tests/lib/tap.sh
. "$tap"

rows() {
	grep -o '^[A-G][0-9]\+' tests/catalogue
}

# The rows that names of tests begin with; in C a name may be put together.
tested() {
	grep -rshoE '"([A-G][0-9]+, )*[A-G][0-9]+(:|")' tests/cli tests/unit tests/crash |
		grep -oE '[A-G][0-9]+' | sort -u
}

without_test() {
	tested >"$known"
	grep -E '^[A-G][0-9]+ +[^ -]' tests/catalogue | while read -r row what; do
		grep -qx "$row" "$known" || echo "tests/catalogue: no test of $row: $what"
	done
}

without_row() {
	rows >"$known"
	tested | while read -r row; do
		grep -qx "$row" "$known" || echo "tests/catalogue: no row $row, which a test names"
	done
}

known=$(mktemp) || exit 1
trap 'rm -f "$known"' EXIT
check "every row of the catalogue has a test, or a reason" without_test
check "every row that a test names is in the catalogue" without_row
checked

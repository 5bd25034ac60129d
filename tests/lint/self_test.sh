#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Tests the lint: each script is given a tree of tests/lint/bad/ in which everything
# that it checks is wrong, and must refuse all of it.
# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
case ${SIGSLOT_BUILD:=build/release} in
/*) ;;
*) SIGSLOT_BUILD=$PWD/$SIGSLOT_BUILD ;;
esac
export SIGSLOT_BUILD

accepted() {
	told=$(sh "$1" "$2") && echo "$1 accepted $2"
	printf '%s\n' "$told" | grep '^ok'
	printf '%s\n' "$told" | grep -q '^not ok' || echo "$1 refused nothing"
}

for script in "${0%/*}"/*.sh; do
	name=$(basename "$script" .sh)
	[ "$name" = self_test ] ||
		check "$name.sh refuses everything in its bad tree" accepted "$script" \
			"${0%/*}/bad/$name"
done
checked

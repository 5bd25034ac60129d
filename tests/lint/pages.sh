#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The manual pages: mandoc finds nothing to say about them, and each has its sections.
tap=$(cd "${0%/*}/../lib" && pwd)/tap.sh
cd "${1:-.}" || exit 1
# shellcheck source=tests/lib/tap.sh
. "$tap"

pages() {
	ls man/*.[1-8] 2>/dev/null
}

mandoc_says() {
	# where pages refer to is checked below, against the tree
	pages | xargs -r mandoc -T lint -W warning,stop
	return 0
}

missing_sections() {
	for page in $(pages); do
		grep -q '^\.Sh EXAMPLES' "$page" || echo "$page: no EXAMPLES"
		case $page in *.1)
			grep -q '^\.Sh EXIT STATUS' "$page" || echo "$page: no EXIT STATUS"
			;;
		esac
	done
}

# .Xr sigslot-x 1 must be one of our pages.
dangling_references() {
	[ -z "$(pages)" ] || grep -Hno '^\.Xr \(lib\)\?sigslot[a-z.-]* [1-8]' man/*.[1-8] |
		while IFS=: read -r file line reference; do
			name=${reference#.Xr }
			[ -e "man/${name% *}.${name#* }" ] || echo "$file:$line: no page ${name% *}(${name#* })"
		done
}

check "mandoc has nothing to say about the pages" mandoc_says
check "every page has EXAMPLES, every command an EXIT STATUS" missing_sections
check "every page that is referred to exists" dangling_references
checked

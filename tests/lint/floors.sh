#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Who may include whom: reads the table of floors in lib/README.md and compares every
# include of lib/ and cmd/ with it. Rows look like: | `loop` | base | yaml.h | ... |
tap=$(cd "${0%/*}/../lib" && pwd)/tap.sh
cd "${1:-.}" || exit 1
# shellcheck source=tests/lib/tap.sh
. "$tap"

rows() {
	sed -n '/^## Floors/,/^## [^F]/s/^| `\([a-z]*\)` |\([^|]*\)|\([^|]*\)|.*/\1|\2|\3/p' \
		lib/README.md
}

folders_without_row() {
	for dir in lib/*/; do
		floor=${dir#lib/}
		rows | grep -q "^${floor%/}|" || echo "$dir has no row in lib/README.md"
	done
}

rows_without_folder() {
	rows | while IFS='|' read -r floor _; do
		[ -d "lib/$floor" ] || [ -d "$floor" ] || echo "there is no floor '$floor'"
	done
}

# FILE:LINE:#include "x/y.h" of what is not under its own floor
includes() {
	find lib cmd -name '*.[ch]' -exec grep -Hn "^#include $1" {} +
}

# A floor may be included only by floors written below it, so the table has no cycle.
upward_rows() {
	rows | awk -F'|' '{
		n = split($2, may, /[ ,]+/)
		for (i = 1; i <= n; i++)
			if (may[i] != "" && !(may[i] in seen))
				print $1 " may include " may[i] ", which stands below it"
		seen[$1]
	}'
}

wrong_floor() {
	includes '"' | awk -v table="$(rows)" '
	BEGIN {
		n = split(table, row, "\n")
		for (i = 1; i <= n; i++) {
			split(row[i], col, "|")
			m = split(col[2], may, /[ ,]+/)
			for (j = 1; j <= m; j++)
				allowed[col[1], may[j]]
		}
	}
	{
		split($0, part, ":")
		split(part[1], path, "/")
		split($0, quoted, "\"")
		file = quoted[2]
		floor = path[1] == "lib" ? path[2] : path[1]
		slash = index(file, "/")
		target = slash ? substr(file, 1, slash - 1) : ""
		if (file ~ /^sigslot[a-z-]*\.h$/)
			next
		if (path[1] == "cmd" ? slash : !slash)
			print part[1] ":" part[2] ": \"" file "\" does not name its floor"
		else if (slash && target != floor && !((floor, target) in allowed))
			print part[1] ":" part[2] ": " floor " may not include " file
	}'
}

# The walled third-party headers, and where they may be included.
wrong_header() {
	includes '<' | grep -E '<(yaml|jansson|jq|jv|nats)\.h>' |
		while IFS=: read -r file line include; do
			header=${include#*<}
			header=${header%>*}
			floor=${file#lib/}
			rows | grep "^${floor%%/*}|" | cut -d'|' -f3 | grep -qw "$header" ||
				echo "$file:$line: ${floor%%/*} may not include $header"
		done
}

check "every folder of lib/ has a row in the table of floors" folders_without_row
check "every row of the table has a folder" rows_without_folder
check "a row names only floors above it" upward_rows
check "every include goes to its own floor or to one in its row" wrong_floor
check "third-party headers stay behind their walls" wrong_header
checked

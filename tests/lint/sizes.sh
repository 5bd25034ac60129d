#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The budgets of files and functions in lib/ and cmd/. What is over a limit fails;
# what is only large is printed as a question.
tap=$(cd "${0%/*}/../lib" && pwd)/tap.sh
cd "${1:-.}" || exit 1
# shellcheck source=tests/lib/tap.sh
. "$tap"

# LINES FILE, of the files that match $1
file_lines() {
	find lib cmd -name "$1" | while read -r file; do
		echo "$(wc -l <"$file") $file"
	done
}

# LINES PARAMETERS DEPTH FILE:LINE, one function a line. Linux braces make it easy: a
# body opens and closes in the first column.
functions() {
	find lib cmd -name '*.c' -exec awk '
	FNR == 1 { body = start = 0 }
	/^[A-Za-z_].*\(/ && !/;$/ && !/^#/ { start = FNR; head = "" }
	!body { head = head " " $0 }
	/^\{/ && start {
		body = 1; first = start; depth = 0
		sub(/^[^(]*\(/, "", head)
		commas = head ~ /^void\)/ ? 0 : gsub(/,/, ",", head) + 1
	}
	body && /^\t+(if|for|while|switch|do) / {
		match($0, /^\t+/)
		if (RLENGTH > depth)
			depth = RLENGTH
	}
	/^\}/ {
		if (body)
			print FNR - first + 1, commas, depth, FILENAME ":" first
		body = start = 0; head = ""
	}' {} +
}

over() {
	awk -v limit="$1" -v what="$2" '$1 > limit { print $NF ": " $1 " lines, over the " what " of " limit }'
}

long_files() {
	file_lines '*.c' | over 400 limit
}

long_headers() {
	file_lines '*.h' | grep -v 'lib/sigslot[a-z-]*.h$' | over 150 limit
	file_lines 'sigslot*.h' | over 400 limit
}

long_functions() {
	functions | over 70 limit
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print NR ? v[int((NR + 1) / 2)] : 0 }'
}

check "no source file has more than 400 lines" long_files
check "no header has more than 150 lines, sigslot*.h not more than 400" long_headers
check "no function has more than 70 lines" long_functions
note "median of a source file: $(file_lines '*.c' | median) lines (about 150)"
note "median of a function: $(functions | median) lines (about 15)"
functions | awk '
	$2 > 6 { print "# question: " $4 ": " $2 " parameters, more than 6" }
	$3 > 3 { print "# question: " $4 ": nested " $3 " deep, more than 3" }'
checked

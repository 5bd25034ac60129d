#!/bin/sh
# SPDX-License-Identifier: MIT
#
# How files begin and end: the licence line, the paragraph that says what the file is,
# include guards, no leftovers of writing.
tap=$(cd "${0%/*}/../lib" && pwd)/tap.sh
cd "${1:-.}" || exit 1
# shellcheck source=tests/lib/tap.sh
. "$tap"

# Our files with one of the given endings; bad examples are bad on purpose.
ours() {
	for end in "$@"; do
		find . \( -name .git -o -path ./build -o -path ./dist -o -path './tests/*/bad' \
			-o -path ./tests/fuzz/corpus \) -prune -o -type f -name "*$end" -print
	done
}

without_licence() {
	ours .c .h .sh .bash .bats .pml | while read -r file; do
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' ||
			echo "$file: no SPDX line"
	done
	for file in man/*; do
		[ ! -e "$file" ] || head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' ||
			echo "$file: no SPDX line"
	done
}

without_paragraph() {
	ours .c .h | while read -r file; do
		sed -n 2,3p "$file" | tr '\n' '~' | grep -qE '^/\*(~ \*)? [^ ]' ||
			echo "$file: the second line does not begin the comment that says what it is"
	done
}

wrong_guards() {
	find lib cmd -name '*.h' | while read -r file; do
		guard=$(echo "${file#lib/}" | tr 'a-z/.-' 'A-Z___')
		case $file in cmd/*) guard=$(echo "$file" | tr 'a-z/.-' 'A-Z___') ;; esac
		[ "$(grep -cE "^#(ifndef|define) $guard\$" "$file")" = 2 ] ||
			echo "$file: its include guard is not $guard"
	done
}

leftovers() {
	ours .c .h .sh .bash .bats .md .yaml Makefile |
		xargs -r grep -HnwE 'TO[D]O|FIX[M]E|X[X]X|HAC[K]'
	return 0
}

commented_code() {
	ours .c .h | xargs -r grep -HnE '^\s*//|^\s*/\*.*;\s*\*/$|^#if 0'
	return 0
}

# What people read goes through the log callback; what ends is told to the caller.
prints_or_exits() {
	find lib -name '*.c' -exec grep -HnwE \
		'(v?f?printf|puts|fputs|putchar|putc|perror|exit|abort) ?\(.*' {} +
	return 0
}

untidy() {
	ours .c .h .sh .bash .bats .md .yaml | while read -r file; do
		grep -nH ' $\|	$' "$file"
		[ -z "$(tail -c 1 "$file")" ] || echo "$file: no newline at its end"
	done
	ours .c .h | while read -r file; do
		expand "$file" | awk -v file="$file" 'length > 88 {
			print file ":" NR ": " length " columns, more than 88" }'
	done
}

check "every source begins with the licence" without_licence
check "every C file says in a paragraph what it is" without_paragraph
check "include guards are named after their files" wrong_guards
check "nothing is left to be done" leftovers
check "no code is commented out" commented_code
check "lib/ never prints and never exits" prints_or_exits
check "no line is too long or ends in blanks, every file ends in a newline" untidy
checked

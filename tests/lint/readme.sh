#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What README.md and lib/README.md tell people to type, open and read exists.
tap=$(cd "${0%/*}/../lib" && pwd)/tap.sh
cd "${1:-.}" || exit 1
# shellcheck source=tests/lib/tap.sh
. "$tap"
front=${SIGSLOT_BUILD:-build/release}/sigslot

# The lines of README.md that stand in code blocks or between backquotes.
typed() {
	awk '/^```/ { code = !code; next } code' README.md
	grep -o '`[^`]*`' README.md | tr -d '`'
}

unknown_targets() {
	typed | grep -oE '\bmake( [a-z-]+)+' | tr ' ' '\n' | sort -u | while read -r target; do
		[ "$target" = make ] || grep -qE "^([a-z -]* )?$target( [a-z -]*)?:" Makefile ||
			echo "there is no 'make $target'"
	done
}

unknown_commands() {
	typed | grep -oE '(^|[$|(;] *)sigslot [a-z]+' | sed 's/.*sigslot //' | sort -u |
		while read -r name; do
			"$front" help "$name" >/dev/null 2>&1 || echo "there is no 'sigslot $name'"
		done
}

missing_files() {
	typed | grep -oE '\b(examples|tests|man|lib)/[A-Za-z0-9_./-]+' | sed 's/[.]$//' | sort -u |
		while read -r file; do
			[ -e "$file" ] || [ -e "build/release/$file" ] || echo "README.md: there is no $file"
		done
}

dangling_links() {
	find . \( -name .git -o -path ./build -o -path ./tests/lint/bad \) -prune \
		-o -name '*.md' -print | while read -r file; do
		grep -oE '\]\([^)#]+' "$file" | sed 's/^](//' | grep -v '://' | while read -r link; do
			[ -e "${file%/*}/$link" ] || echo "$file: there is no $link"
		done
	done
}

check "every make target that README.md names exists" unknown_targets
check "every command that README.md names exists" unknown_commands
check "every file that README.md names exists" missing_files
check "every relative link leads somewhere" dangling_links
checked

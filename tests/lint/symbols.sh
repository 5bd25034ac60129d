#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What libsigslot.so exports: exactly lib/sigslot.sym, and each of it is in sigslot.h.
tap=$(cd "${0%/*}/../lib" && pwd)/tap.sh
cd "${1:-.}" || exit 1
# shellcheck source=tests/lib/tap.sh
. "$tap"
shared=${SIGSLOT_BUILD:-build/release}/lib/libsigslot.so.0

listed() {
	sed -n 's/^	\([a-z0-9_]*\);$/\1/p' lib/sigslot.sym | LC_ALL=C sort
}

exported() {
	nm -D --defined-only "$shared" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' |
		LC_ALL=C sort
}

unequal() {
	listed >"$scratch/listed"
	exported >"$scratch/exported"
	diff "$scratch/listed" "$scratch/exported" |
		sed -n 's/^< /not exported: /p; s/^> /not in lib\/sigslot.sym: /p'
}

undeclared() {
	for name in $(listed); do
		cat lib/sigslot*.h | grep -q "[ *]$name(" || echo "$name is not in sigslot.h"
	done
	for name in $(cat lib/sigslot*.h | grep -o '\bsigslot_[a-z_]*(' | tr -d '(' | sort -u); do
		listed | grep -qx "$name" || echo "$name is not in lib/sigslot.sym"
	done
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
check "the shared library exports exactly lib/sigslot.sym" unequal
check "lib/sigslot.sym and sigslot.h name the same functions" undeclared
checked

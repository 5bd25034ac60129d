# SPDX-License-Identifier: MIT
load ../lib/helper

@test "version prints name and version" {
	run -0 --separate-stderr sigslot version
	assert_output --regexp '^sigslot [0-9]+\.[0-9]+\.[0-9]+$'
	assert_stderr ''
}

@test "the version is that of the header" {
	run -0 --separate-stderr sigslot version
	assert_output "sigslot $(sed -n 's/^#define SIGSLOT_VERSION "\(.*\)"/\1/p' \
		"$ROOT/lib/sigslot.h")"
}

@test "--version and -V are version" {
	wanted=$(sigslot version)
	for word in --version -V; do
		run -0 --separate-stderr sigslot "$word"
		assert_output "$wanted"
		assert_stderr ''
	done
}

@test "version --json is an object" {
	run -0 --separate-stderr bash -c 'sigslot version --json | jq -c keys_unsorted'
	assert_output '["version","plugin_abi"]'
}

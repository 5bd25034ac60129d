# SPDX-License-Identifier: MIT
#
# What pages and README.md show can be typed as it stands there.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# topologies FILE...: writes each topology that stands in a literal block to
# FILE_LINE.yaml, one that begins with an object as what stands below `objects:`.
topologies() {
	awk '
		function finish() { if (file) close(file); file = indent = "" }
		FNR == 1 { inside = 0; base = FILENAME; sub(/.*\//, "", base); gsub(/[.-]/, "_", base) }
		/^(\.Bd -literal|```[a-z])/ { finish(); inside = fresh = 1; next }
		/^(\.Ed|```$)/ { finish(); inside = 0; next }
		/^\$ / || /^EOF$/ { finish(); fresh = 1; next }
		inside && fresh && /^(sigslot: 1|(name: .*|objects:|loops:|processes:))$/ {
			file = base "_" FNR ".yaml"
		}
		inside && fresh && !file && /^[a-z]+:$/ {
			file = base "_" FNR ".yaml"
			print "objects:" >file
			indent = "  "
		}
		{ fresh = 0 }
		file {
			gsub(/\\e/, "\\")
			gsub(/\\&/, "")
			print indent $0 >file
		}
	' "$@"
}

@test "every topology that is shown in a page or in README.md is in order" {
	topologies "$ROOT"/man/* "$ROOT/README.md"
	assert_file_exists README_md_*.yaml
	[ "$(printf '%s\n' *.yaml | wc -l)" -ge 12 ]
	for file in *.yaml; do
		echo "$file"
		run -0 --separate-stderr sigslot check "$file"
		assert_stderr ''
	done
}

@test "README.md: the first session prints what it shows" {
	sed -n '/^```console/,/^```$/p' "$ROOT/README.md" | sed '/^```/d' >session
	sed -n '/^sigslot: 1$/,/^\$/p' session | sed '/^\$/d' >hello.yaml
	sed -n '/^\$ sigslot run/,$p' session | sed -n 's/^\$ //p' >typed
	echo 'wait' >>typed
	sed -n '/^\$ sigslot run/,$p' session | sed '/^\$ /d' >wanted
	run -0 --separate-stderr bash typed 3>&-
	assert_output "$(cat wanted)"
}

@test "README.md: the example of a log finds in a line what it should" {
	topologies "$ROOT/README.md"
	touch access.log
	for file in *.yaml; do
		! grep -q '^name: access$' "$file" || mv "$file" access
	done
	start_run access
	sigslot emit parse.in '10.0.0.7 503'
	wait_until has_lines "$RUN_OUT" 1
	stop_run
	assert_equal "$(cat "$RUN_OUT")" '10.0.0.7 got 503'
}

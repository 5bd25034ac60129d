# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

good() {
	cat <<-'END'
		sigslot: 1
		objects:
		  a: {source: echo hello}
		  b: {builtin: print}
		connections:
		  - a -> b
	END
}

bad() {
	cat <<-'END'
		sigslot: 1
		objects:
		  a: {run: cat, timoeut: 5s}
		connections:
		  - a -> bb
	END
}

@test "a good topology is passed in silence" {
	good >t.yaml
	run -0 --separate-stderr sigslot check t.yaml
	assert_output ''
	assert_stderr ''
}

@test "without a file it is ./sigslot.yaml" {
	run -66 --separate-stderr sigslot check
	assert_output ''
	assert_stderr_has sigslot.yaml
	good >sigslot.yaml
	run -0 --separate-stderr sigslot check
	assert_stderr ''
}

@test "a dash is standard input" {
	run -0 --separate-stderr sigslot check - < <(good)
	assert_stderr ''
	run -78 --separate-stderr sigslot check - < <(bad)
	assert_stderr_has timoeut
}

@test "a file that is not there is 66" {
	run -66 --separate-stderr sigslot check nothing.yaml
	assert_output ''
	assert_stderr_has nothing.yaml
	run -66 --separate-stderr sigslot check /
	assert_output ''
}

@test "every error is told with place, line, caret and guess, and it is 78" {
	bad >t.yaml
	run -78 --separate-stderr sigslot check t.yaml
	assert_output ''
	assert_stderr_has 'sigslot: t.yaml:3:17: '
	assert_stderr_has 'did you mean `timeout`?'
	assert_stderr_has $'\n  a: {run: cat, timoeut: 5s}\n                ^\n'
	assert_stderr_has 'sigslot: t.yaml:5:'
	assert_stderr_has '`bb`'
}

@test "the caret stands below the spot behind tabs and wide characters" {
	printf 'sigslot: 1\nobjects:\n  a:\t{run: "\u00e4\u00f6", timoeut: 5s}\n' >t.yaml
	run -78 --separate-stderr sigslot check t.yaml
	assert_stderr_has $'\n  a:\t{run: "\u00e4\u00f6", timoeut: 5s}\n    \t            ^\n'
}

@test "--json tells each problem as an object" {
	bad >t.yaml
	run -78 --separate-stderr bash -c 'sigslot check --json t.yaml | jq -c "
		[.file, .line, .column, .source]"; exit "${PIPESTATUS[0]}"'
	assert_line --index 0 '["t.yaml",3,17,"  a: {run: cat, timoeut: 5s}"]'
	assert_line --index 1 --partial '["t.yaml",5,'
}

@test "--print prints the plan" {
	good >t.yaml
	run -0 --separate-stderr sigslot check --print t.yaml
	assert_output --partial a
	assert_output --partial b
	assert_stderr ''
}

@test "nothing is run" {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  a: {source: touch ran}
		  b: {exec: [./nothing]}
	END
	run -0 --separate-stderr sigslot check t.yaml
	assert_file_not_exist ran
	run -0 ls "$SIGSLOT_RUNTIME_DIR"
	assert_output ''
}

# SPDX-License-Identifier: MIT
#
# emit: types, forms, addresses, many lines, and every way to be refused.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# One object with a signal of each type; what is emitted arrives in ./seen as JSON.
start_types() {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  src:
		    signals:
		      text: string
		      num: integer
		      any: any
		      obj: object
		      pair: [string, integer]
		      loose: string
		  sink: {filter: cat >> seen, input: json}
		connections:
		  - src.text, src.num, src.any, src.obj, src.pair -> sink
	END
	start_run t.yaml
}

# seen LINE...: exactly these payloads have arrived, in this order.
seen() {
	wait_until has_lines seen $#
	run -0 cat seen
	assert_output "$(printf '%s\n' "$@")"
	rm seen
	stop_run
}

emit() {
	run -0 --separate-stderr sigslot emit "$@"
	assert_output ''
	assert_stderr ''
}

# refused STATUS PART WORD...: emit WORD... ends with STATUS and says PART.
refused() {
	local status=$1 part=$2

	shift 2
	run "-$status" --separate-stderr sigslot emit "$@"
	assert_output ''
	assert_stderr_has "$part"
	[[ $stderr == 'sigslot: '* ]]
}

@test "on a string signal text is a string, whatever it looks like" {
	start_types
	emit src.text hello
	emit src.text 42
	emit src.text '{"a":1}'
	emit src.text ''
	emit src.text $'a "b"\n\tc'
	seen '"hello"' '"42"' '"{\"a\":1}"' '""' '"a \"b\"\n\tc"'
}

@test "on any, text is JSON if it is JSON, and else a string" {
	start_types
	emit src.any 42
	emit src.any hello
	emit src.any '{"a": 1}'
	emit src.any '"x"'
	emit src.any '{a}'
	seen 42 '"hello"' '{"a":1}' '"x"' '"{a}"'
}

@test "on any other type text must be JSON of that type" {
	start_types
	emit src.num 42
	emit src.obj '{"a":{}}'
	refused 65 'offset 0' src.num hello
	refused 65 integer src.num 1.5
	refused 65 object src.obj '[1]'
	seen 42 '{"a":{}}'
}

@test "no operand is null, one the value, several an array" {
	start_types
	emit src.any
	emit src.any 1
	emit src.any 1 two '[3]'
	emit src.pair x 7
	refused 65 'offset 0' src.pair x y
	refused 65 'integer' src.pair x '"y"'
	seen null 1 '[1,"two",[3]]' '["x",7]'
}

@test "-s makes strings, -j takes only JSON" {
	start_types
	emit -s src.any 42
	emit --string src.any 1 2
	emit -j src.any '"x"' null
	refused 65 offset -j src.any x
	seen '"42"' '["1","2"]' '["x",null]'
}

@test "a hundred operands are an array of a hundred" {
	start_types
	# shellcheck disable=SC2046
	emit src.any $(seq 100)
	seen "[$(seq -s, 100)]"
}

@test "what begins with a dash stands behind --" {
	start_types
	emit src.num -- -5
	emit -s src.any -- -l --
	seen -5 '["-l","--"]'
}

@test "numbers are carried digit by digit" {
	start_types
	emit -j src.any '[0.1, 1.0, 12345678901234567890, 1e400, -0]'
	seen '[0.1,1.0,12345678901234567890,1e400,-0]'
}

@test "bad JSON is 65 with the offset of the first bad byte, and nothing is emitted" {
	start_types
	refused 65 'offset 7' -j src.any '{"a":1 x}'
	refused 65 'offset' -j src.any '{"a":1,"a":2}'
	refused 65 'offset' -j src.any "$(printf '[%.0s' {1..200})"
	refused 65 'offset' src.text $'\xff'
	emit src.any 1
	seen 1
}

@test "too big a message is 65 with both sizes" {
	start_types
	head -c 3000000 /dev/zero | tr '\0' a >big
	run -65 --separate-stderr sigslot emit -l src.text <big
	assert_output ''
	assert_stderr_has 3000002
	[[ $stderr =~ line\ 1:.*[0-9]{6,7}.*0\ lines\ were\ emitted ]]
	emit src.text after
	seen '"after"'
}

@test "an unknown object, signal or instance is 69 and guesses" {
	start_types
	refused 69 "did you mean" scr.text x
	refused 69 "did you mean" src.txet x
	refused 69 "t" u/src.text x
	refused 69 "" t/nothing x
	stop_run
}

@test "a malformed address is wrong usage" {
	start_types
	for address in '' . a.b.c / 'a b' t// t/src. 'src.tex t'; do
		refused 64 '' -- "$address" x
	done
	stop_run
}

@test "without any instance every name is unknown" {
	refused 69 '' src.text x
	SIGSLOT_INSTANCE=t refused 69 't' src.text x
}

@test "a name that two instances have is ambiguous, until one is named" {
	start_types
	cp t.yaml u.yaml
	mkdir other
	cp t.yaml other/u.yaml
	start_run other/u.yaml
	refused 64 't, u' src.text x
	emit u/src.text to-u
	SIGSLOT_INSTANCE=t emit src.text to-t
	wait_until has_lines seen 1
	wait_until has_lines other/seen 1
	run -0 cat seen other/seen
	assert_output $'"to-t"\n"to-u"'
}

@test "nobody connected is no error, but 1 with --require" {
	start_types
	emit src.loose x
	refused 1 'nobody is connected to src.loose' --require src.loose x
	emit --require src.text y
	seen '"y"'
}

@test "a slot can be addressed by itself" {
	start_types
	emit sink.in direct
	emit sink 5
	seen '"direct"' 5
}

@test "inside a slot a lone name is a signal of its own object" {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  work:
		    run: sigslot emit done "$(($1 * 2))"
		    signals: {done: integer}
		  sink: {filter: cat >> seen}
		connections:
		  - work.done -> sink
	END
	start_run t.yaml
	emit work 21
	seen 42
}

@test "standard input is left alone" {
	start_types
	printf 'a\nb\nc\n' | while read -r line; do
		sigslot emit src.text "$line"
	done
	seen '"a"' '"b"' '"c"'
}

@test "-l emits a message for each line, the last without newline too" {
	start_types
	printf 'a\n\n b \nc' | sigslot emit -l src.text
	seen '"a"' '""' '" b "' '"c"'
}

@test "-l follows the type, -s and -j" {
	start_types
	printf '1\nx\n' | sigslot emit -l src.any
	printf '1\n2\n' | sigslot emit -ls src.any
	printf '"q"\n' | sigslot emit -l -j src.any
	seen 1 '"x"' '"1"' '"2"' '"q"'
}

@test "-l takes JSON as it stands and makes strings of the rest, side by side in one block" {
	start_types
	printf '%s\n' ' 1 ' x '[2]' '"q"' 'y z' '{"a":3}' '' 4 | sigslot emit -l src.any
	seen 1 '"x"' '[2]' '"q"' '"y z"' '{"a":3}' '""' 4
}

@test "-l of nothing emits nothing" {
	start_types
	run -0 --separate-stderr sigslot emit -l src.text </dev/null
	assert_output ''
	assert_stderr ''
	emit src.text x
	seen '"x"'
}

@test "-l emits a line as soon as it is written" {
	start_types
	mkfifo pipe
	sigslot emit -l src.text <pipe 3>&- &
	exec 4>pipe
	echo first >&4
	wait_until has_lines seen 1
	printf sec >&4
	echo ond >&4
	wait_until has_lines seen 2
	exec 4>&-
	wait $!
	seen '"first"' '"second"'
}

@test "-l stops at a bad line, says which, and has emitted those before it" {
	start_types
	run -65 --separate-stderr bash -c \
		'printf "1\n2\nx\n4\n" | sigslot emit -l src.num'
	assert_output ''
	assert_stderr_has 'sigslot: line 3: '
	assert_stderr_has '; 2 lines were emitted before it'
	emit src.num 9
	seen 1 2 9
}

@test "-l cannot read a directory" {
	start_types
	run -66 --separate-stderr bash -c 'sigslot emit -l src.text </'
	assert_stderr 'sigslot: cannot read standard input: Is a directory; 0 lines were emitted'
	stop_run
}

@test "100000 lines all arrive, in order" {
	start_types
	seq 100000 | sigslot emit -l src.num
	wait_until has_lines seen 100000
	run -0 cmp seen <(seq 100000)
	stop_run
}

@test "emitters side by side all get through" {
	start_types
	seq 200 | xargs -P 8 -I {} sigslot emit src.num {} 3>&-
	wait_until has_lines seen 200
	run -0 cmp <(sort -n seen) <(seq 200)
	stop_run
}

@test "a full queue is 75 when the time is up, and loses nothing" {
	cat >t.yaml <<-'END'
		sigslot: 1
		loops:
		  slow:
		    queue: {size: 64KiB}
		    objects:
		      sink: {run: 'until [ -e gate ]; do sleep 0.02; done; cat >> seen'}
	END
	start_run t.yaml
	head -c 20000 /dev/zero | tr '\0' a >line
	emit sink "$(cat line)"
	count=1
	while run --separate-stderr sigslot emit --timeout 300ms sink "$(cat line)"; do
		[ "$status" = 0 ] || break
		count=$((count + 1))
		[ "$count" -lt 20 ]
	done
	assert_equal "$status" 75
	assert_output ''
	[[ $stderr == 'sigslot: '* ]]
	touch gate
	wait_until has_lines seen "$count"
	stop_run
	run -0 wc -l <seen
	assert_output "$count"
}

@test "an emit that waits says so after five seconds, and is done when there is room" {
	cat >t.yaml <<-'END'
		sigslot: 1
		loops:
		  slow:
		    queue: {size: 64KiB}
		    objects:
		      sink: {run: 'until [ -e gate ]; do sleep 0.02; done; echo >> seen'}
	END
	start_run t.yaml
	head -c 20000 /dev/zero | tr '\0' a >line
	for _ in 1 2 3 4; do cat line; echo; done >lines
	sigslot emit -l sink <lines 2>said 3>&- &
	wait_until grep -q . said
	touch gate
	wait $!
	run -0 cat said
	assert_output 'sigslot: still waiting for room in the queue behind sink'
	wait_until has_lines seen 4
	stop_run
}

@test "another user's runtime directory is refused" {
	chmod 755 "$SIGSLOT_RUNTIME_DIR"
	refused 77 "$SIGSLOT_RUNTIME_DIR" src.text x
}

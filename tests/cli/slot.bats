# SPDX-License-Identifier: MIT
#
# The contract of a command, as sigslot-slot(7) has it, section by section.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# start LINE...: runs a topology with these objects and connections; `sink` writes
# what it gets to ./seen, as JSON.
start() {
	{
		printf '%s\n' 'sigslot: 1' 'objects:' \
			'  sink: {filter: cat >> seen, input: json}'
		printf '%s\n' "$@"
	} >t.yaml
	start_run t.yaml
}

# seen LINE...: exactly this has arrived.
seen() {
	wait_until has_lines seen $#
	run -0 cat seen
	assert_output "$(printf '%s\n' "$@")"
}

logged() {
	wait_until grep -q -- "$1" "$RUN_ERR"
}

@test "a source emits each line that it writes, the last without newline too" {
	start '  a: {source: "printf \"x\\n7\\n\\nlast\""}' \
		'connections:' '  - a -> sink'
	seen '"x"' '"7"' '""' '"last"'
	stop_run
}

@test "a filter reads strings as they are and anything else as compact JSON" {
	start '  a: {filter: cat >> read}'
	sigslot emit -s a 'x "y"'
	sigslot emit a 7
	sigslot emit -j a '{"k": [1, null]}'
	wait_until has_lines read 3
	stop_run
	run -0 cat read
	assert_output $'x "y"\n7\n{"k":[1,null]}'
}

@test "with input: json a filter reads strings as JSON, too" {
	start '  a: {filter: cat >> read, input: json}'
	sigslot emit a 'x "y"'
	wait_until has_lines read 1
	stop_run
	run -0 cat read
	assert_output '"x \"y\""'
}

@test "a string with a newline is a failure of a filter's message, never two lines" {
	start '  a: {filter: cat >> read}' 'connections:' '  - a.failed -> sink'
	sigslot emit -s a $'two\nlines'
	sigslot emit -s a one
	wait_until has_lines read 1
	wait_until has_lines seen 1
	stop_run
	run -0 cat read
	assert_output one
	run -0 jq -c '[.slot, .payload]' seen
	assert_output '["in","two\nlines"]'
}

@test "run gets the elements of an array, or the one value, as arguments" {
	start "  a: {run: 'printf \"%s,\" \"\$#\" \"\$@\" >> args; echo >> args'}"
	sigslot emit a x '{"k": 1}' '*' 'b c'
	sigslot emit a 7
	sigslot emit a
	sigslot emit -s a ''
	wait_until has_lines args 4
	stop_run
	run -0 cat args
	assert_output $'4,x,{"k":1},*,b c,\n1,7,\n0,\n1,,'
}

@test "run and exec read the payload from standard input" {
	start "  a: {run: cat >> read}" \
		"  b: {exec: [tee, -a, read]}"
	sigslot emit -s a $'two\nlines'
	wait_until has_lines read 2
	sigslot emit b '{"k": "v"}'
	wait_until grep -q k read
	stop_run
	run -0 cat read
	assert_output $'two\nlines\n{"k":"v"}'
}

@test "exec gets arguments only with args" {
	cat >show <<-'END'
		#!/bin/sh
		echo "$# $*" >>args
	END
	chmod +x show
	start '  a: {exec: [./show, first]}' '  b: {exec: [./show, first], args: [.ip, ".n"]}'
	sigslot emit a 1 2
	wait_until has_lines args 1
	sigslot emit b '{"ip": "::1", "n": [2]}'
	wait_until has_lines args 2
	stop_run
	run -0 cat args
	assert_output $'1 first\n3 first ::1 [2]'
}

@test "args: none passes none" {
	start "  a: {run: 'echo \"\$#\" >> args', args: none}"
	sigslot emit a 1 2
	wait_until has_lines args 1
	stop_run
	run -0 cat args
	assert_output 0
}

@test "C11: an argument that cannot be passed fails the message" {
	start "  a: {run: 'echo \"\$1\" >> args', args: [.x]}" \
		'connections:' '  - a.failed -> sink'
	sigslot emit -j a '{"y": 1}'
	sigslot emit -j a '{"x": "a\u0000b"}'
	{
		printf '{"x": "'
		head -c 140000 /dev/zero | tr '\0' a
		printf '"}\n'
	} | sigslot emit -jl a
	sigslot emit -j a '{"x": "good"}'
	wait_until has_lines args 1
	wait_until has_lines seen 3
	stop_run
	run -0 cat args
	assert_output good
}

@test "nothing of a payload is ever run" {
	start "  a: {run: 'echo \"\$1\" >> args'}" '  b: {filter: cat >> args}'
	# shellcheck disable=SC2016 # it must not expand
	for text in '$(touch pwned)' '`touch pwned`' '"; touch pwned #' "'; touch pwned #"; do
		sigslot emit -s a "$text"
		sigslot emit -s b "$text"
	done
	wait_until has_lines args 8
	stop_run
	assert_file_not_exist pwned
}

@test "on a typed signal a line must be JSON of that type; others are counted" {
	start "  a: {source: 'echo 1; echo two; echo 3', out: integer}" \
		'connections:' '  - a -> sink'
	seen 1 3
	logged 'line 2'
	stop_run
}

@test "on any, a line is JSON if it is JSON, else a string" {
	start "  a: {source: 'echo 1; echo two; echo \"[3]\"', out: any}" \
		'connections:' '  - a -> sink'
	seen 1 '"two"' '[3]'
	stop_run
}

@test "what run writes is emitted with out or emit, and else logged" {
	start "  a: {run: 'echo \"logged \$1\"'}" \
		"  b: {run: 'echo \"\$1\"; echo 2', out: integer}" \
		"  c: {run: 'echo \"\$1\"', emit: done, signals: {done: string}}" \
		'connections:' '  - b -> sink' '  - c.done -> sink'
	sigslot emit a hello
	logged 'logged hello'
	sigslot emit b 1
	seen 1 2
	sigslot emit c x
	seen 1 2 '"x"'
	stop_run
}

@test "standard error is the log, and no failure" {
	start "  a: {run: 'echo oops >&2'}" 'connections:' '  - a.finished -> sink'
	sigslot emit a
	logged oops
	wait_until has_lines seen 1
	stop_run
	run -0 jq -c '[.slot, .exit, .attempt, .stderr]' seen
	assert_output '["in",0,1,"oops\n"]'
}

@test "a message that failed is told of by failed and by finished" {
	start "  a: {run: 'exit \"\$1\"'}" 'connections:' \
		'  - a.failed, a.finished -> sink'
	for status in 9 65 126 127; do
		sigslot emit a "$status"
	done
	wait_until has_lines seen 8
	stop_run
	run -0 jq -c '[.slot, .exit, .signal, .attempt, .payload]' seen
	assert_output "$(printf '["in",%s,null,1,%s]\n' 9 9 9 9 65 65 65 65 \
		126 126 126 126 127 127 127 127)"
}

@test "a signal that ends a command is told by name" {
	start "  a: {run: 'kill -KILL \$\$'}" 'connections:' '  - a.failed -> sink'
	sigslot emit a
	wait_until has_lines seen 1
	run -0 jq -c .signal seen
	assert_output '"SIGKILL"'
	stop_run
}

@test "a command that takes too long is ended" {
	start "  a: {run: 'sleep 1000', timeout: 100ms}" 'connections:' '  - a.failed -> sink'
	sigslot emit a
	wait_until has_lines seen 1
	stop_run
}

@test "the environment says where a command is, and for which message" {
	cat >t.yaml <<-'END'
		sigslot: 1
		name: shop
		processes:
		  workers: {env: {COLOUR: red}}
		loops:
		  pool:
		    process: workers
		    objects:
		      a:
		        slots:
		          take: {run: 'env | grep -E "^(SIGSLOT_|COLOUR)" | sort > env'}
		      src: {signals: {s: any}}
		connections:
		  - src.s -> a.take
	END
	start_run t.yaml
	sigslot emit src.s 1
	wait_until has_lines env 11
	stop_run
	run -0 grep -v -e _SEQ= -e _RUNTIME_DIR= -e _STATE_DIR= -e _BUILD= -e _RUN= env
	assert_output "$(printf '%s\n' COLOUR=red SIGSLOT_ATTEMPT=1 SIGSLOT_INSTANCE=shop \
		SIGSLOT_LOOP=pool SIGSLOT_OBJECT=a SIGSLOT_PROCESS=workers SIGSLOT_SENDER=src \
		SIGSLOT_SIGNAL=s SIGSLOT_SLOT=take)"
	run -0 grep -Ec '^SIGSLOT_SEQ=[0-9]+$' env
}

@test "a command starts in the topology's directory with clean signals and descriptors" {
	mkdir -p sub
	cat >sub/t.yaml <<-'END'
		sigslot: 1
		objects:
		  a: {run: 'pwd > where; ls /proc/self/fd > fds; grep -E "^Sig(Blk|Ign)" /proc/self/status > signals; ps -o pid=,pgid= $$ > group; touch done'}
		  b: {source: 'ls /proc/self/fd > fds2; touch done2'}
		  c: {filter: 'ls /proc/self/fd > fds3; touch done3; cat'}
	END
	start_run sub/t.yaml
	sigslot emit a
	wait_until test -e sub/done -a -e sub/done2 -a -e sub/done3
	stop_run
	run -0 cat sub/where
	assert_output "$PWD/sub"
	for file in fds fds2 fds3; do
		# the fourth is that of ls
		run -0 bash -c "sort -n sub/$file | xargs"
		assert_output '0 1 2 3'
	done
	run -0 awk '{ print $2 }' sub/signals
	assert_output $'0000000000000000\n0000000000000000'
	read -r pid group <sub/group
	assert_equal "$pid" "$group"
}

@test "shell replaces sh" {
	start "  a: {run: 'echo \"\${BASH_VERSION:+bash} \$1\" >> args; false; echo no >> args'," \
		"      shell: bash -euo pipefail}"
	sigslot emit a 1
	wait_until has_lines args 1
	stop_run
	run -0 cat args
	assert_output 'bash 1'
}

@test "a filter that uses stdio answers line by line" {
	start "  a: {filter: 'grep -v x | sed s/a/b/ | cut -c 1-3'}" \
		'connections:' '  - a -> sink'
	sigslot emit a aaaa
	seen '"baa"'
	stop_run
}

@test "a filter that dies is started again" {
	start "  a: {filter: 'echo \$\$ > pid; read -r x; echo \"\$x\"'}" \
		'connections:' '  - a -> sink'
	sigslot emit a 1
	seen '"1"'
	wait_until process_gone "$(cat pid)"
	sigslot emit a 2
	seen '"1"' '"2"'
	stop_run
}

@test "what a filter says at the end of its input is emitted before the stop is done" {
	start "  a: {filter: 'wc -l', out: integer}" 'connections:' '  - a -> sink'
	seq 1000 | sigslot emit -l a
	stop_run
	run -0 cat seen
	assert_output 1000
}

@test "with reply: line a message is done when its answer came" {
	start "  a: {filter: 'while read -r x; do echo \"\$((x * 2))\"; done', reply: line, out: integer}" \
		'connections:' '  - a -> sink'
	seq 3 | sigslot emit -l a
	seen 2 4 6
	run -0 --separate-stderr sigslot wait --for idle --timeout 10s t
	stop_run
}

@test "print writes to standard output of run, log to the log, drop nowhere" {
	start '  p: {builtin: print}' '  l: {builtin: log}' '  d: {builtin: drop}'
	sigslot emit p 'to print'
	sigslot emit l 'to log'
	sigslot emit d 'to drop'
	wait_until has_lines "$RUN_OUT" 1
	logged 'to log'
	stop_run
	run -0 cat "$RUN_OUT"
	assert_output 'to print'
	run -1 grep -r 'to drop' "$RUN_ERR"
}

@test "a plugin that nobody connects to is loaded, and missed if it is not there" {
	printf '%s\n' 'sigslot: 1' 'objects: {p: {plugin: ./gone.so}}' >t.yaml
	run -1 --separate-stderr sigslot run t.yaml
	assert_stderr_has "cannot open plugin '$PWD/./gone.so': No such file or directory"
}

@test "of failures alike in a row ten are logged, then the 100th and 1000th; all count" {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  a: {source: seq 2000}
		  p: {builtin: print}
		connections:
		  - a -> p
	END
	run -74 sh -c 'sigslot run --until-idle t.yaml >/dev/full 2>said'
	run -0 grep -c '^p | failed: cannot write to standard output: No space left on device$' said
	assert_output 10
	run -0 sed -n 's/^p | failed: .*, \(.*\) times in a row$/\1/p' said
	assert_output $'100\n1000'
	run -0 grep -c ' 2000 failed' said
}

@test "a run whose print nobody reads any more ends with 74, but one that prints nothing with 0" {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  a: {source: seq 20000}
		  p: {builtin: print}
		  d: {builtin: drop}
		connections:
		  - a -> p
	END
	run -0 bash -c 'sigslot run --until-idle t.yaml 2>said | head -n 1; echo "${PIPESTATUS[0]}"'
	assert_output $'1\n74'
	run -0 grep -c '^p | failed: cannot write to standard output: Broken pipe$' said
	sed -i 's/a -> p/a -> d/' t.yaml
	run -0 sh -c 'sigslot run --until-idle t.yaml >/dev/full 2>said'
}

@test "parallel lets commands of a slot run side by side" {
	mkfifo one two
	start "  a: {run: 'echo \"\$1\" > \"\$1\" & cat \"\$2\" >> seen2; wait', parallel: 2}"
	sigslot emit a one two
	sigslot emit a two one
	wait_until has_lines seen2 2
	stop_run
}

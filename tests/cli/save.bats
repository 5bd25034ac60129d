# SPDX-License-Identifier: MIT
#
# What runs, saved as a topology. That it means the same is checked for every good one by
# tests/unit/wiring_test.c.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

@test "the connections of now are saved, and all else as it was written" {
	cat >t.yaml <<-'END'
		# orders
		sigslot: 1
		objects:
		  a: {signals: [s, u]} # emits
		  b: {run: "echo b $1 >> seen"}
		  c: {run: 'echo c $1 >> seen'}
		connections:
		  # to be lost with its arrow
		  - a.s -> a.u -> b
		  - a.s -> c: {full: drop-old}

		# the rest
		queues:
		  jobs: {size: 64KiB}
	END
	start_run t.yaml
	run -0 --separate-stderr sigslot disconnect a.u b --save new.yaml
	assert_output ''
	assert_stderr ''
	run -0 cat new.yaml
	assert_output "$(
		cat <<-'END'
			# orders
			name: t
			sigslot: 1
			objects:
			  a: {signals: [s, u]} # emits
			  b: {run: "echo b $1 >> seen"}
			  c: {run: 'echo c $1 >> seen'}
			connections:
			  - a.s -> a.u
			  - a.s -> c.in: {full: drop-old}

			# the rest
			queues:
			  jobs: {size: 64KiB}
		END
	)"
	sigslot connect a.s jobs
	sigslot connect jobs c
	sigslot connect --once --full drop-old a.u c
	chmod 640 new.yaml
	run -0 --separate-stderr sigslot connect a.u b --save "$PWD/new.yaml"
	run -0 stat -c %a new.yaml
	assert_output 640
	run -0 sed -n '/^connections/,/^$/p' new.yaml
	assert_output "$(printf '%s\n' connections: '  - a.s -> a.u' \
		'  - a.s -> c.in: {full: drop-old}' '  - a.s -> jobs' '  - jobs -> c.in' \
		'  - a.u -> c.in: {full: drop-old, once: true}' '  - a.u -> b.in')"
	stop_run
	start_run new.yaml
	run -1 sigslot disconnect a.s b
	run -0 --separate-stderr sigslot connect a.u b --save again.yaml
	assert_stderr 'sigslot: connected already: a.u -> b'
	run -0 diff new.yaml again.yaml
	sigslot emit t/a.u 1
	sigslot wait --for idle t
	run -0 sort seen
	assert_output "$(printf '%s\n' 'b 1' 'c 1')"
	stop_run
}

@test "it is saved beside the topology, where relative paths mean the same, or not at all" {
	mkdir sub
	printf '%s\n' 'objects: {a: {signals: [s]}, b: {run: "true"}}' >sub/t.yaml
	start_run sub/t.yaml
	run -64 --separate-stderr sigslot connect --save new.yaml a.s b
	assert_stderr "sigslot: relative paths of a topology begin at its directory: save it in $PWD/sub"
	assert_not_exist new.yaml
	run -0 --separate-stderr sigslot connect --save sub/new.yaml a.s b
	assert_stderr 'sigslot: connected already: a.s -> b'
	run -0 sigslot check sub/new.yaml
	run -66 --separate-stderr sigslot connect --save sub/none/new.yaml a.s b
	stop_run
}

@test "what is written in braces cannot be saved: 78" {
	printf '%s\n' '{objects: {a: {signals: [s]}, b: {run: "true"}}}' >t.yaml
	start_run t.yaml
	run -78 --separate-stderr sigslot connect --save new.yaml a.s b
	assert_stderr 'sigslot: this topology cannot be saved: its top is written in braces, write a key in each line'
	run -0 sigslot disconnect a.s b
	assert_not_exist new.yaml
	stop_run
}

@test "what keys connect by themselves is not written, also behind what was connected" {
	printf '%s\n' 'sigslot: 1' 'dead: letters' 'objects:' '  a: {source: sleep 100, ready: signal}' \
		'  b: {run: "true"}' 'queues: {letters: {}}' 'connections: []' >t.yaml
	sigslot run --ready-fd 9 t.yaml 9>ready </dev/null >out 2>said 3>&- &
	RUN_PIDS="$RUN_PIDS $!"
	wait_until sigslot emit a.ready
	run -0 --separate-stderr sigslot connect --save saved.yaml a b
	run -78 --separate-stderr sigslot disconnect a.ready a.ready
	assert_stderr_has '`ready: signal` of the topology makes that connection'
	run -0 --separate-stderr sigslot check --print saved.yaml
	assert_line --regexp '^connection +a.out +-> b.in$'
	assert_equal "$(grep -c '^ *- ' saved.yaml)" 1
}

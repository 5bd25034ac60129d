# SPDX-License-Identifier: MIT
#
# run: starting, being refused, ending. What topologies do is tested elsewhere.
# shellcheck disable=SC2153,SC2154 # run sets output and stderr
load ../lib/helper

hello() {
	cat <<-'END'
		sigslot: 1
		objects:
		  a: {source: 'echo hello; echo world'}
		  b: {builtin: print}
		connections:
		  - a -> b
	END
}

forever() {
	cat <<-'END'
		sigslot: 1
		objects:
		  b: {filter: cat >> seen}
	END
}

@test "--until-idle ends by itself, prints what is printed, and leaves nothing" {
	hello >t.yaml
	run -0 --separate-stderr sigslot run --until-idle t.yaml
	assert_output $'hello\nworld'
	run -0 ls "$SIGSLOT_RUNTIME_DIR"
	assert_output ''
}

@test "without a file it is ./sigslot.yaml, and its directory gives no name" {
	run -66 --separate-stderr sigslot run
	assert_stderr_has sigslot.yaml
	forever >sigslot.yaml
	start_run
	run -0 bash -c 'sigslot ps --json | jq -r .instance'
	assert_output sigslot
	stop_run
}

@test "a dash reads standard input" {
	run -0 --separate-stderr sigslot run --until-idle -n x - < <(hello)
	assert_output $'hello\nworld'
}

@test "-n names the instance" {
	forever >t.yaml
	start_run -n other t.yaml
	run -0 bash -c 'sigslot ps --json | jq -r .instance'
	assert_output other
	stop_run
}

@test "a name that cannot be one is wrong usage, whatever the file says" {
	{
		forever
		echo 'name: fine'
	} >t.yaml
	for name in 'a b' ../x '' .; do
		run -64 --separate-stderr sigslot run -n "$name" t.yaml
		assert_output ''
		assert_stderr "sigslot: '$name' cannot name an instance: letters, digits, _ and -, at most 63"
	done
}

@test "-d returns when all is ready, and it runs until it is stopped" {
	forever >t.yaml
	run -0 --separate-stderr sigslot run -d t.yaml 3>&-
	assert_output ''
	run -0 --separate-stderr sigslot emit b x
	wait_until has_lines seen 1
	run -0 --separate-stderr sigslot stop t
	wait_until no_processes
}

@test "-d goes on writing to the files that it was given" {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  b: {builtin: print}
		  l: {builtin: log}
	END
	sigslot run -d t.yaml >out 2>log 3>&-
	sigslot emit b printed
	sigslot emit l logged
	run -0 --separate-stderr sigslot stop t
	wait_until no_processes
	run -0 cat out
	assert_output printed
	run -0 cat log
	assert_line --regexp '^l .*logged$'
}

@test "-d of a broken topology fails before it detaches" {
	echo 'sigslot: 2' >t.yaml
	run -78 --separate-stderr sigslot run -d t.yaml
	assert_output ''
	assert_stderr_has t.yaml:1:
	run -0 ls "$SIGSLOT_RUNTIME_DIR"
	assert_output ''
}

@test "a broken topology is 78 with every error, and nothing is started" {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  a: {source: touch ran, timoeut: 5s}
		connections:
		  - a -> bb
	END
	run -78 --separate-stderr sigslot run t.yaml
	assert_output ''
	assert_stderr_has t.yaml:3:
	assert_stderr_has t.yaml:5:
	assert_file_not_exist ran
	run -0 ls "$SIGSLOT_RUNTIME_DIR"
	assert_output ''
}

@test "a name that is running already is 73 with its pid and since when" {
	forever >t.yaml
	start_run t.yaml
	run -73 --separate-stderr sigslot run t.yaml
	assert_output ''
	assert_stderr_has "$RUN_PID"
	assert_stderr_has 'already running'
	assert_stderr_has since
	run -0 --separate-stderr sigslot emit b x
	wait_until has_lines seen 1
	stop_run
}

@test "of many that start at once exactly one wins" {
	forever >t.yaml
	pids=
	for _ in 1 2 3 4 5 6 7 8; do
		sigslot run -d t.yaml 2>/dev/null 3>&- &
		pids="$pids $!"
	done
	for pid in $pids; do
		status=0
		wait "$pid" || status=$?
		echo "$status" >>statuses
	done
	run -0 bash -c 'sort statuses | uniq -c | xargs'
	assert_output '1 0 7 73'
	sigslot stop t
	wait_until no_processes
}

@test "an unsafe runtime directory is 77, and nothing is started" {
	forever >t.yaml
	chmod 755 "$SIGSLOT_RUNTIME_DIR"
	run -77 --separate-stderr sigslot run t.yaml
	assert_output ''
	assert_stderr_has "$SIGSLOT_RUNTIME_DIR"
	chmod 700 "$SIGSLOT_RUNTIME_DIR"
	mv "$SIGSLOT_RUNTIME_DIR" real
	ln -s "$PWD/real" "$SIGSLOT_RUNTIME_DIR"
	run -77 --separate-stderr sigslot run t.yaml
	rm "$SIGSLOT_RUNTIME_DIR"
	mv real "$SIGSLOT_RUNTIME_DIR"
}

@test "SIGTERM and SIGINT drain and end with 0" {
	forever >t.yaml
	for signal in TERM INT; do
		start_run t.yaml
		seq 1000 | sigslot emit -l b
		kill "-$signal" "$RUN_PID"
		run_ended 0
		run -0 cmp seen <(seq 1000)
		rm seen
	done
}

@test "after SIGKILL of the supervisor nothing runs, and run takes up what was queued" {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  slow: {run: 'until [ -e gate ]; do sleep 0.02; done; cat >> seen'}
	END
	start_run t.yaml
	seq 3 | sigslot emit -l slow
	kill -KILL "$RUN_PID"
	run_ended 137
	wait_until no_processes
	start_run t.yaml
	touch gate
	wait_until has_lines seen 3
	stop_run
	run -0 cat seen
	assert_output $'1\n2\n3'
}

@test "--strict is 0 if nothing was dropped" {
	hello >t.yaml
	run -0 --separate-stderr sigslot run --strict --until-idle t.yaml
	assert_output $'hello\nworld'
}

@test "--ready-fd gets one newline" {
	forever >t.yaml
	mkfifo ready
	sigslot run --ready-fd 8 t.yaml 8>ready 3>&- &
	RUN_PIDS="$RUN_PIDS $!"
	run -0 od -An -tx1 ready
	assert_output " 0a"
	kill "${RUN_PIDS##* }"
	run_ended 0 "${RUN_PIDS##* }"
}

@test "a detached run that cannot start says why where it was started, and ends like one in front" {
	printf '%s\n' 'sigslot: 1' 'objects: {a: {plugin: ./none.so, slots: {in: {}}}}' >t.yaml
	run -1 --separate-stderr bash -c 'sigslot run -d t.yaml 3>&-'
	assert_output ''
	assert_stderr_has "cannot open plugin '$PWD/./none.so'"
	assert_stderr_has "process 'main' is given up"
}

# SPDX-License-Identifier: MIT
#
# What stays after runs that ended in all ways: nothing, or what was queued.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# A background child, a new session, a double fork, a filter and a source.
untidy() {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  child: {run: 'sleep 1000 & echo >> up'}
		  session: {run: 'setsid sleep 1000 > /dev/null 2>&1 < /dev/null & echo >> up'}
		  twice: {run: '(setsid sh -c "sleep 1000 & sleep 1000" &) ; echo >> up'}
		  deaf: {filter: 'trap "" TERM HUP INT; echo >> up; cat'}
		  src: {source: 'sleep 1000 & echo >> up; wait'}
	END
	start_run t.yaml
	sigslot emit child
	sigslot emit session
	sigslot emit twice
	wait_until has_lines up 5
}

nothing_left() {
	wait_until -t 10 no_processes
	run -0 ls "$SIGSLOT_RUNTIME_DIR"
	assert_output ''
}

@test "A9: a stop in order leaves no process and no file" {
	untidy
	stop_run
	nothing_left
}

@test "a stop at once neither" {
	untidy
	run -0 --separate-stderr sigslot stop --now t
	run_ended 1
	nothing_left
}

@test "nor a kill of every worker and of the supervisor, after clean" {
	untidy
	sigslot wait --for idle --timeout 10s t
	# shellcheck disable=SC2046 # several
	kill -KILL "$RUN_PID" $(sigslot ps --json | jq .pid | sort -u)
	run_ended 137
	run -0 --separate-stderr sigslot clean
	assert_output --partial "'t'"
	nothing_left
}

@test "nor a run that was refused, by its topology, its name or its directory" {
	printf '%s\n' 'sigslot: 1' 'objects: {a: {plugin: ./none.so, slots: {in: {}}}}' >t.yaml
	run --separate-stderr sigslot run t.yaml
	[ "$status" -ne 0 ]
	assert_stderr_has none.so
	nothing_left
	printf '%s\n' 'sigslot: 1' 'objects: {a: {filter: cat}}' >t.yaml
	run -64 --separate-stderr sigslot run -n 'no good' t.yaml
	nothing_left
}

@test "E7: a command that waits for its own background child is not waited for longer than it runs" {
	printf '%s\n' 'sigslot: 1' 'objects: {a: {run: "sleep 1000 & echo hi"}, b: {filter: cat >> seen}}' >t.yaml
	start_run t.yaml
	sigslot emit a
	sigslot emit a
	# the child keeps the output open; the command's end decides
	run -0 --separate-stderr sigslot wait --for idle --timeout 20s t
	run -0 --separate-stderr timeout 20 sigslot stop t
	run_ended 0
	nothing_left
}

@test "a dead instance keeps what is queued, exactly, until it is run or cleaned" {
	printf '%s\n' 'sigslot: 1' 'objects: {a: {run: "cat >> seen"}, b: {source: "true"}}' >t.yaml
	start_run t.yaml
	sigslot stop a
	seq 10 | sigslot emit -l a
	kill -KILL "$RUN_PID"
	run_ended 137
	run -1 --separate-stderr sigslot clean
	run -0 --separate-stderr sigslot run --until-idle t.yaml
	run -0 cmp seen <(seq 10)
	nothing_left
}

@test "F7: a run whose directory is taken away goes on, and ends" {
	printf '%s\n' 'sigslot: 1' 'objects: {a: {every: 20ms}, b: {filter: cat >> seen}}' \
		'connections: [a -> b]' >t.yaml
	start_run t.yaml
	wait_until has_lines seen 1
	rm -r "${SIGSLOT_RUNTIME_DIR:?}/t"
	n=$(wc -l <seen)
	wait_until has_lines seen $((n + 5))
	kill -TERM "$RUN_PID"
	run_ended 0
	nothing_left
	run -0 grep -c removed "$RUN_ERR"
	assert_output 1
	run -0 grep removed "$RUN_ERR"
	assert_output "sigslot | the directory of 't' has been removed: it goes on, but no command reaches it, and what it leaves is lost"
}

@test "F7: a run in the background whose directory is taken away stops, and says why" {
	printf '%s\n' 'sigslot: 1' 'objects: {a: {every: 20ms}, b: {filter: cat >> seen}, c: {source: "exec sleep 1000"}}' \
		'connections: [a -> b]' >t.yaml
	sigslot run -d t.yaml 2>said
	wait_until has_lines seen 1
	supervisor=$(sigslot ps --json | jq .supervisor | head -1)
	rm -r "${SIGSLOT_RUNTIME_DIR:?}/t"
	wait_until process_gone "$supervisor"
	wait_until no_processes
	nothing_left
	run -0 grep removed said
	assert_output "sigslot | stopping 't' in the order of its flow: its directory has been removed, and no command reaches it any more"
}

@test "F7: a run whose directory is taken away leaves alone that of the next one of its name" {
	printf '%s\n' 'sigslot: 1' 'objects: {b: {filter: cat >> seen}}' >t.yaml
	start_run t.yaml
	first=$RUN_PID
	rm -r "${SIGSLOT_RUNTIME_DIR:?}/t"
	start_run t.yaml
	stop_run "$first"
	sigslot emit b 1
	wait_until has_lines seen 1
	assert_equal "$(loop b .state)" ready
	stop_run
	nothing_left
}

@test "ten runs on top of each other leave what one would" {
	printf '%s\n' 'sigslot: 1' 'objects: {a: {source: seq 10}, b: {filter: cat >> seen}}' \
		'connections: [a -> b]' >t.yaml
	for i in 1 2 3 4 5 6 7 8 9 10; do
		sigslot run --until-idle -n "t$i" t.yaml 2>/dev/null 3>&- &
		echo $! >>pids
	done
	while read -r pid; do
		wait "$pid"
	done <pids
	run -0 bash -c 'sort -n seen | uniq -c | awk "{ print \$1 }" | sort -u'
	assert_output 10
	nothing_left
}

# SPDX-License-Identifier: MIT
#
# `key:` keeps the messages of one key in order, and lets the others run beside them.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# in_order FILE: whether the numbers of each key ("KEY NUMBER" in each line) rise.
in_order() {
	awk '$2 <= last[$1] {exit 1} {last[$1] = $2}' "$1"
}

# numbers COUNT KEYS: messages [KEY, NUMBER], key by key in turn.
numbers() {
	seq "$1" | awk -v k="$2" '{print "[" $1 % k "," $1 "]"}'
}

# A command that says when it begins and ends, and waits for the gate of its key.
gated='echo "$1 $2" >> began; until [ -e "gate$1" ]; do sleep 0.02; done; echo "$1 $2" >> ended'

@test "messages of one key run one after the other, others beside them" {
	start 'objects:' "  a: {run: '$gated', parallel: 3, key: '.[0]'}"
	printf '%s\n' '["x",1]' '["x",2]' '["x",3]' '["y",1]' '["z",1]' '["y",2]' | sigslot emit -l a
	wait_until has_lines began 3
	run -0 sort began
	assert_output $'x 1\ny 1\nz 1'
	touch gatey
	wait_until has_lines ended 2
	run -0 cat ended
	assert_output $'y 1\ny 2'
	run -0 grep -c x began
	assert_output 1
	touch gatex gatez
	wait_until has_lines ended 6
	run -0 grep x ended
	assert_output $'x 1\nx 2\nx 3'
	stop_run
}

@test "a busy key with hundreds of messages holds up no other" {
	start 'objects:' "  a: {run: '$gated', parallel: 2, key: '.[0]'}"
	numbers 500 1 | sigslot emit -l a
	printf '%s\n' '["y",1]' '["z",1]' | sigslot emit -l a
	touch gatey gatez
	wait_until has_lines ended 2
	run -0 sort ended
	assert_output $'y 1\nz 1'
	wait_until grep -qx '0 1' began
	run -0 cat began
	refute_line '0 2'
	sigslot stop --now t
	wait_run || :
	# all but what had begun come as untried
	printf '%s\n' 'sigslot: 1' 'name: t' \
		'objects: {a: {run: "echo \"$1 $2 $SIGSLOT_ATTEMPT\" >> again"}}' >u.yaml
	start_run u.yaml
	wait_until has_lines again 500
	run -0 in_order again
	run -0 grep -vc ' 1$' again
	assert_output 1
	stop_run
}

@test "more than may stand in a row stay in the queue until one of them has begun" {
	start 'objects:' "  a: {run: '$gated', parallel: 2, key: '.[0]'}"
	numbers 1100 1 | sigslot emit -l a
	sigslot emit -j a '["y",1]'
	touch gatey
	wait_until has_lines began 1
	wait_until loop_is a .in 1026
	run ! grep -q y began
	sigslot stop --now t
	wait_run || :
	sigslot clean --force t
}

@test "strings and numbers that read the same are one key, what has none is one, too" {
	start 'objects:' '  a: {run: "echo \"$1\" >> began; until [ -e gate ]; do sleep 0.02; done", args: none, parallel: 8, key: .k}'
	printf '%s\n' '{"k":1}' '{"k":"1"}' '{}' '{"k":null}' '{"k":[2]}' '3' | sigslot emit -l -j a
	wait_until loop_is a .in 6
	wait_until has_lines began 2
	assert_equal "$(wc -l <began)" 2
	touch gate
	wait_until has_lines began 6
	stop_run
}

@test "what backs off keeps its key waiting, and no other" {
	start 'objects:' \
		'  a: {run: "echo \"$1 $2 $SIGSLOT_ATTEMPT\" >> seen; [ -e gate ] || [ \"$1\" = y ]", parallel: 2, key: ".[0]", retry: {max: 99, backoff: 50ms..50ms}}'
	printf '%s\n' '["x",1]' '["x",2]' '["y",1]' '["y",2]' | sigslot emit -l a
	wait_until grep -q '^x 1 3' seen
	wait_until grep -q '^y 2 1' seen
	run ! grep -q '^x 2' seen
	touch gate
	wait_until grep -q '^x 2 1' seen
	stop_run
	assert grep -q "0 failed, 0 dropped, 0 kept" "$RUN_ERR"
}

@test "what is given up lets the next of its key begin" {
	start 'objects:' \
		'  a: {run: "echo \"$1 $2 $SIGSLOT_ATTEMPT\" >> seen; [ \"$2\" != 1 ]", parallel: 2, key: ".[0]", retry: {max: 2, backoff: 1ms}}' \
		'  f: {run: "echo \"$1\" >> failed", args: [.attempt]}' 'connections: [a.failed -> f]'
	printf '%s\n' '["x",1]' '["x",2]' | sigslot emit -l a
	wait_until has_lines failed 1
	wait_until has_lines seen 4
	run -0 cat seen
	assert_output $'x 1 1\nx 1 2\nx 1 3\nx 2 1'
	run -0 cat failed
	assert_output 3
	run -0 sigslot queue get --dead a
	kill -TERM "$RUN_PID"
	run_ended 1
}

@test "a worker killed again and again: every key stays in order, and nothing is lost" {
	start 'processes: {p: {restart: {when: always, backoff: 1ms, max: 1000 per 1m}}}' 'loops:' '  l:' '    process: p' '    objects:' \
		'      a: {run: "echo \"$1 $2\" >> begun; [ $(($2 % 5)) != 0 ] || [ $SIGSLOT_ATTEMPT -gt 1 ] || exit 1; echo \"$1 $2\" >> seen", parallel: 4, key: ".[0]", retry: {max: 9, backoff: 10ms}}'
	numbers 300 7 | sigslot emit -l a
	for n in 20 60 120 200; do
		wait_until has_lines begun "$n"
		wait_until loop_is l .state ready
		kill -KILL "$(loop l .pid)"
	done
	wait_until bash -c '[ "$(sort -u seen | wc -l)" = 300 ]'
	wait_until loop_is l .queued 0
	# a message comes again only before any later one of its key is done
	run -0 awk '$2 < last[$1] {print; exit 1} {last[$1] = $2}' seen
	stop_run
}

@test "from a named queue, one slot behind it gets each key in order" {
	start 'objects:' '  a: {run: "echo \"$1 $2\" >> seen", parallel: 4, key: ".[0]"}' \
		'queues: {jobs: }' 'connections: [jobs -> a]'
	numbers 200 5 | sigslot queue put -l jobs
	sigslot queue join jobs
	assert_equal "$(wc -l <seen)" 200
	run -0 in_order seen
	stop_run
}

@test "what a newer message may replace is not claimed ahead for its key" {
	start 'loops:' '  l:' '    queue: {messages: 4}' '    objects:' \
		'      x: {signals: [go]}' \
		"      a: {run: '$gated', parallel: 2, key: '.[0]'}" \
		'connections:' '  - x.go -> a: {full: drop-old}'
	numbers 20 1 | sigslot emit -l x.go
	wait_until has_lines began 1
	touch gate0
	wait_until loop_is l .queued 0
	run -0 in_order ended
	# two were with the loop when the others came
	assert [ "$(wc -l <ended)" -le 6 ]
	run -0 tail -n 1 ended
	assert_output '0 20'
	stop_run
}

@test "on_error: stop gives back what stands behind the one that failed, untried" {
	start 'objects:' '  a: {run: "echo \"$1 $2 $SIGSLOT_ATTEMPT\" >> seen; [ \"$2\" != 1 ] || [ -e gate ]", parallel: 2, key: ".[0]", on_error: stop}' '  other: {run: "true"}'
	printf '%s\n' '["x",1]' '["x",2]' '["x",3]' | sigslot emit -l a
	wait_until loop_is a .state stopped
	touch gate
	sigslot start a
	wait_until has_lines seen 3
	run -0 cat seen
	assert_output $'x 1 1\nx 2 1\nx 3 1'
	kill -TERM "$RUN_PID"
	run_ended 1
}

# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# The balance of each queue, at every moment and whoever is killed.

# book QUEUE FILTER: what jq makes of that queue's ledger.
book() {
	sigslot ledger --json "$1" | jq -c "$2"
}

book_is() { # QUEUE FILTER VALUE
	[ "$(book "$1" "$2")" = "$3" ]
}

@test "each message is delivered, failed, tried again or dead, and the sum is what was sent" {
	start 'objects:' \
		'  in: {signals: {line: any}}' \
		"  good: {run: 'true'}" \
		"  bad: {run: 'test \"\$1\" != 4'}" \
		"  again: {run: 'test \"\$1\" != 3 || [ \$SIGSLOT_ATTEMPT = 2 ]', retry: {max: 3, backoff: 1ms}}" \
		"  mortal: {run: 'test \"\$1\" != 5', retry: {max: 1, backoff: 1ms}, dead: letters}" \
		'queues: {letters: {}}' \
		'connections: [in.line -> good, in.line -> bad, in.line -> again, in.line -> mortal]'
	seq 1 10 | sigslot emit -l in.line
	wait_until book_is mortal '[.dead, .delivered]' '[1,9]'
	wait_until book_is again .delivered 10
	wait_until book_is bad .queued 0
	wait_until book_is good .queued 0
	run -0 --separate-stderr sigslot ledger
	assert_stderr ''
	assert_line --index 0 --regexp '^INSTANCE +QUEUE +SENT +DELIVERED +FILTERED +FAILED +RETRIED +DEAD +DROPPED +REFUSED +QUEUED +BALANCE$'
	assert_line --regexp '^t +good +10 +10 +0 +0 +0 +0 +0 +0 +0 +holds$'
	assert_line --regexp '^t +bad +10 +9 +0 +1 +0 +0 +0 +0 +0 +holds$'
	assert_line --regexp '^t +again +11 +10 +0 +0 +1 +0 +0 +0 +0 +holds$'
	assert_line --regexp '^t +mortal +11 +9 +0 +0 +1 +1 +0 +0 +0 +holds$'
	assert_line --regexp '^t +letters +1 +0 +0 +0 +0 +0 +0 +0 +1 +holds$'
	stop_run || true
	run -0 cat "$RUN_ERR"
	assert_line "sigslot | queue 'bad': 10 sent, 9 delivered, 1 failed"
	assert_line "sigslot | queue 'mortal': 11 sent, 9 delivered, 1 retried, 1 dead"
	refute_line --partial "queue 'good'"
	refute_line --partial "queue 'again'"
	# it is dead now, and still tells
	run -0 sigslot ledger t/mortal
	assert_line --regexp '^t +mortal +11 +9 +0 +0 +1 +1 +0 +0 +0 +holds$'
	sigslot clean --force t
}

@test "a message is failed if one of its slots failed, whatever became of the others" {
	start 'objects: {in: {signals: {line: any}}}' \
		'loops:' \
		'  two:' \
		'    objects:' \
		"      a: {run: 'true'}" \
		"      b: {run: 'test \"\$1\" != 2'}" \
		'connections: [in.line -> a, in.line -> b]'
	seq 1 3 | sigslot emit -l in.line
	wait_until book_is two '[.delivered, .failed, .queued]' '[2,1,0]'
	run -0 book two '[.sent, .balance]'
	assert_output '[3,"holds"]'
}

# account NAME FROM TO FILTER: what jq makes of that connection's balance.
account() {
	sigslot ledger --connections --json "$1" |
		jq -c --arg from "$2" --arg to "$3" 'select(.from == $from and .to == $to) | '"$4"
}

@test "each connection has a balance: a message for several slots is one at each of them" {
	start 'objects: {in: {signals: {line: any, other: any}}}' \
		'loops:' \
		'  two:' \
		'    objects:' \
		"      a: {run: 'true'}" \
		"      b: {run: 'test \"\$1\" != 2 || [ \$SIGSLOT_ATTEMPT = 2 ]', retry: {max: 1, backoff: 1ms}}" \
		"      c: {run: 'test \"\$1\" != 3'}" \
		'connections: [in.line -> a, in.line -> b, in.line -> c, in.other -> a]'
	seq 1 3 | sigslot emit -l in.line
	sigslot emit in.other 4
	sigslot emit a 5
	wait_until book_is two '[.delivered, .failed, .retried, .queued]' '[4,1,1,0]'
	run -0 --separate-stderr sigslot ledger --connections
	assert_stderr ''
	assert_line --index 0 --regexp '^INSTANCE +FROM +TO +SENT +DELIVERED +FILTERED +FAILED +RETRIED +DEAD +DROPPED +REFUSED +QUEUED +BALANCE$'
	assert_line --regexp '^t +in.line +a.in +3 +3 +0 +0 +0 +0 +0 +0 +0 +holds$'
	assert_line --regexp '^t +in.line +b.in +4 +3 +0 +0 +1 +0 +0 +0 +0 +holds$'
	assert_line --regexp '^t +in.line +c.in +3 +2 +0 +1 +0 +0 +0 +0 +0 +holds$'
	assert_line --regexp '^t +in.other +a.in +1 +1 +0 +0 +0 +0 +0 +0 +0 +holds$'
	assert_line --regexp '^t +- +a.in +1 +1 +0 +0 +0 +0 +0 +0 +0 +holds$'
	assert_equal "${#lines[@]}" 6
	run -0 sigslot ledger --connections --json two
	assert_line --index 2 --partial '"queue":"two","kind":"connection","from":"in.line","to":"c.in","balance":"holds","sent":3,"delivered":2,'
	stop_run || true
	run -0 cat "$RUN_ERR"
	assert_line "sigslot | queue 'two': 6 sent, 4 delivered, 1 failed, 1 retried"
	assert_line "sigslot |   in.line -> c.in: 3 sent, 2 delivered, 1 failed"
	refute_line --partial 'in.line -> b.in'
}

@test "what waits counts for the connections that it is for, also once they are others" {
	start 'objects:' \
		'  in: {signals: {line: any}}' \
		"  a: {run: 'until [ -e go ]; do sleep 0.01; done'}" \
		"  b: {run: 'true'}" \
		'connections: [in.line -> a]'
	sigslot emit in.line 1
	sigslot emit in.line 2
	wait_until book_is a .leased 1
	sigslot disconnect in.line a
	sigslot connect in.line b
	sigslot emit in.line 3
	wait_until book_is b .delivered 1
	run -0 account t in.line a.in '[.sent, .queued, .leased]'
	assert_output '[2,2,1]'
	run -0 account t in.line b.in '[.sent, .delivered]'
	assert_output '[1,1]'
	touch go
	wait_until book_is a .queued 0
	run -0 account t in.line a.in '[.sent, .delivered, .disconnected]'
	assert_output '[2,1,1]'
	stop_run
}

@test "a queue has one balance for each signal and one for each slot behind it" {
	start 'objects:' \
		'  in: {signals: {line: any, more: any}}' \
		"  a: {run: 'true'}" \
		"  b: {run: 'false'}" \
		'queues: {jobs: {}, left: {messages: 2}}' \
		'connections:' \
		'  - in.line -> jobs' \
		'  - in.more -> jobs' \
		'  - jobs -> a, b' \
		'  - in.line -> left: {full: drop-old}'
	seq 1 6 | sigslot emit -l in.line
	sigslot emit in.more 7
	wait_until book_is jobs .queued 0
	run -0 account jobs in.line jobs '[.sent, .delivered + .failed]'
	assert_output '[6,6]'
	run -0 account jobs in.more jobs '[.sent, .delivered + .failed]'
	assert_output '[1,1]'
	run -0 account jobs jobs a.in '.sent == .delivered and .sent > 0'
	assert_output true
	run -0 account jobs jobs b.in '.sent == .failed and .sent > 0'
	assert_output true
	sigslot queue get left >/dev/null
	run -0 account left in.line left '[.sent, ."drop-old", .delivered, .queued]'
	assert_output '[6,4,1,1]'
	sigslot queue get left >/dev/null
	stop_run || true
}

@test "what full: dropped is in the ledger, what never came in beside it" {
	start 'objects:' \
		'  in: {signals: {line: any, late: any}}' \
		'queues: {old: {messages: 3}, new: {messages: 3}}' \
		'connections:' \
		'  - in.line -> old: {full: drop-old}' \
		'  - in.late -> new: {full: drop-new}'
	seq 1 10 | sigslot emit -l in.line
	seq 1 10 | sigslot emit -l in.late
	run -0 book old '[.sent, .queued, ."drop-old", ."drop-new", .balance]'
	assert_output '[10,3,7,0,"holds"]'
	run -0 book new '[.sent, .queued, ."drop-old", ."drop-new", .balance]'
	assert_output '[3,3,0,7,"holds"]'
	sigslot queue get -n 2 old >/dev/null
	run -0 book old '[.sent, .queued, .delivered, .leased]'
	assert_output '[10,1,2,0]'
	stop_run
	sigslot clean --force t
}

@test "what lost its connections is dropped as disconnected, also after a kill of all" {
	mkfifo gate
	start 'objects:' \
		'  in: {signals: {line: any}}' \
		"  slow: {run: 'read -r _ < gate'}" \
		'connections: [in.line -> slow]'
	seq 1 5 | sigslot emit -l in.line
	wait_until book_is slow .leased 1
	sigslot disconnect in.line slow
	exec 8<>gate
	echo >&8
	wait_until book_is slow '[.sent, .delivered, .disconnected, .queued]' '[5,1,4,0]'
	exec 8>&-
	kill -9 "$RUN_PID"
	wait_run || true
	run -0 book t/slow '[.sent, .delivered, .disconnected, .queued, .balance]'
	assert_output '[5,1,4,0,"holds"]'
	# what happened in the last run is no news in this one
	start_run t.yaml --strict
	run -0 book slow '[.sent, .delivered, .disconnected, .balance]'
	assert_output '[5,1,4,"holds"]'
	stop_run
	run ! grep 'sent' "$RUN_ERR"
}

@test "run --strict ends with 74 for what was dropped, and says of what and why" {
	cat >t.yaml <<-'END'
		objects:
		  in: {signals: {line: any}}
		  slow: {run: 'read -r _ < gate'}
		connections: [in.line -> slow]
	END
	mkfifo gate
	start_run t.yaml --strict
	seq 1 3 | sigslot emit -l in.line
	wait_until book_is slow .leased 1
	sigslot disconnect in.line slow
	exec 8<>gate
	echo >&8
	wait_until book_is slow .disconnected 2
	exec 8>&-
	status=0
	stop_run || status=$?
	assert_equal "$status" 74
	run -0 cat "$RUN_ERR"
	assert_line "sigslot | queue 'slow': 3 sent, 1 delivered, 2 dropped (disconnected)"
}

@test "a balance that cannot be read is said, and ends with 1; the others are told" {
	start 'objects:' \
		'  in: {signals: {line: any}}' \
		'queues: {one: {}, two: {}}' \
		'connections: [in.line -> one, in.line -> two]'
	sigslot emit in.line 1
	stop_run
	# the seq of both meta blocks
	for at in 288 480; do
		printf '\7' | dd of="$SIGSLOT_RUNTIME_DIR/t/q/one/ring" bs=1 seek=$at conv=notrunc status=none
	done
	run -1 --separate-stderr sigslot ledger t
	assert_line --regexp '^t +one .* damaged$'
	assert_line --regexp '^t +two +1 .* 1 +holds$'
	assert_stderr 'sigslot: t/one: its counts are damaged'
	rm -r "$SIGSLOT_RUNTIME_DIR/t/q/one"
	sigslot clean --force t
}

@test "the ledger of a free-standing queue, and of a name that there is not" {
	sigslot queue create jobs
	printf '%s\n' a b c | sigslot queue put -l jobs
	sigslot queue get jobs >/dev/null
	run -0 book jobs '[.instance, .queue, .kind, .sent, .delivered, .queued]'
	assert_output '["jobs","jobs","queue",3,1,2]'
	run -69 --separate-stderr sigslot ledger --json nobody
	assert_output ''
	sigslot queue close --now jobs
	run -0 book jobs '[.sent, .delivered, .stopping, .queued, .balance]'
	assert_output '[3,1,2,0,"holds"]'
	sigslot queue rm jobs
}

# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# start LINE...: runs them as `objects:` of instance t.
start() {
	printf '%s\n' 'sigslot: 1' 'objects:' "$@" >t.yaml
	start_run t.yaml
}

errors_are() { # FILTER WANTED
	[ "$(sigslot errors --json | jq -sc "$1")" = "$2" ]
}

@test "what failed is told in the order of time, with reason, payload, stderr and attempt" {
	start '  pay: {slots: {charge: {run: "echo no money >&2; exit 3", retry: {max: 1, backoff: 1ms}}}}' \
		'  a: {run: "kill -9 $$"}'
	sigslot emit pay.charge 7
	wait_until errors_are 'map(.outcome)' '["retried","dead"]'
	sigslot emit a '{"id": 1}'
	wait_until errors_are 'length' 3
	run -0 --separate-stderr sigslot errors
	assert_stderr ''
	date='[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}'
	assert_line --index 0 --regexp "^$date  t/pay.charge  exited with status 3; it is tried again\$"
	assert_line --index 1 '    payload: 7'
	assert_line --index 2 '    stderr: no money'
	assert_line --index 3 --regexp "^$date  t/pay.charge  exited with status 3; it is given up \\(attempt 2\\)\$"
	assert_line --index 6 --regexp "^$date  t/a  was ended by signal 9 \\(SIGKILL\\)\$"
	assert_line --index 7 '    payload: {"id": 1}'
	assert_equal "$(sigslot errors --json a | jq -c '[.instance,.process,.loop,.object,.slot,.group,.outcome,.exit,.signal,.attempt,.times,.payload,.payload_size,.sender]')" \
		'["t","main","a","a","in",null,"failed",null,"SIGKILL",1,1,"{\"id\": 1}",9,""]'
	assert_equal "$(sigslot errors --json pay.charge | jq -s length)" 2
	assert_equal "$(sigslot errors --json t/pay t/a a | jq -s length)" 3
	kill -TERM "$RUN_PID"
	run_ended 1
	sigslot clean --force
}

@test "failures are counted by the group of the slot, else of its object, else together" {
	start '  pay: {group: money, slots: {charge: {run: "exit 3"}, other: {run: "exit 4", group: rest}}}' \
		'  a: {run: "exit 5", group: money}' '  b: {run: "exit 6"}'
	sigslot emit pay.charge 1
	sigslot emit pay.other 1
	wait_until errors_are length 2
	sigslot emit a 1
	wait_until errors_are length 3
	sigslot emit b 1
	wait_until errors_are length 4
	run -0 sigslot errors --group
	assert_line --index 0 --regexp '^GROUP +FAILURES +LAST +WHERE +REASON$'
	assert_line --regexp '^money +2 +[0-9: -]+ t/a +exited with status 5$'
	assert_line --regexp '^rest +1 +[0-9: -]+ t/pay.other +exited with status 4$'
	assert_line --regexp '^- +1 +[0-9: -]+ t/b +exited with status 6$'
	assert_equal "$(sigslot errors --group --json | jq -c '[.group,.failures]' | sort)" \
		"$(printf '%s\n' '["money",2]' '["rest",1]' '[null,1]' | sort)"
	assert_equal "$(sigslot errors --group --json money | jq -c .exit | paste -sd,)" 3,5
	assert_equal "$(sigslot errors --group nobody | wc -l)" 0
	stop_run
}

@test "--raise is 1 if anything failed for good, and 0 if it was only tried again" {
	start '  a: {run: "[ $SIGSLOT_ATTEMPT = 2 ]", retry: {max: 1, backoff: 1ms}, group: g}' '  b: {run: "exit 1"}'
	run -0 --separate-stderr sigslot errors --raise
	assert_output ''
	sigslot emit a 1
	wait_until errors_are 'map(.outcome)' '["retried"]'
	run -0 --separate-stderr sigslot errors --raise
	assert_stderr ''
	sigslot emit b 1
	wait_until errors_are length 2
	run -1 --separate-stderr sigslot errors --raise
	assert_stderr 'sigslot: 1 failed'
	run -0 --separate-stderr sigslot errors --raise --group g
	stop_run
}

@test "many alike are counted in few records, the newest are kept, and what is not is told" {
	start '  a: {run: "exit $1"}' '  b: {exec: ["false"], parallel: 4}'
	seq 300 | sigslot emit -l b
	wait_until errors_are '[map(.times) | add, length]' '[300,10]'
	seq 100 | sigslot emit -l a
	wait_until errors_are 'map(select(.object == "a")) | [length, .[-1].exit]' '[64,100]'
	run -0 --separate-stderr sigslot errors
	assert_stderr 'sigslot: 46 older ones are not kept any more'
	stop_run
}

@test "a source that ended, a filter and a worker that died are failures without a message" {
	printf '%s\n' 'sigslot: 1' 'processes: {w: {}}' \
		'loops: {l: {process: w, objects: {a: {run: "true"}}}}' \
		'objects: {s: {source: "exit 7"}}' >t.yaml
	start_run t.yaml
	wait_until errors_are 'map([.object,.slot,.outcome,.exit,.payload_size])' '[["s","source","ended",7,0]]'
	sigslot kill w
	wait_until errors_are 'map(.outcome)' '["ended","died"]'
	assert_equal "$(sigslot errors --json w | jq -c '[.object,.process,.signal,.reason]')" \
		'["w","w","SIGKILL","was ended by SIGKILL"]'
	stop_run
}

@test "bytes of others neither break the JSON nor steer the terminal" {
	start '  a: {run: "printf \"\\033[2J\\377\\000\\nx\" >&2; exit 1"}'
	sigslot emit a -- "$(head -c 350 /dev/zero | sed 's/\x0/ää/g')"
	wait_until errors_are length 1
	run -0 bash -c 'sigslot errors --json | jq -c "[.payload_size > 600, .exit]"'
	assert_output '[true,1]'
	run -1 bash -c "sigslot errors | tr -d '\\n' | LC_ALL=C grep '[[:cntrl:]]'"
	stop_run
}

@test "what was written down stays when worker and supervisor are killed, and a run goes on with it" {
	start '  a: {run: "exit 3"}'
	sigslot emit a 1
	wait_until errors_are length 1
	supervisor=$(sigslot ps --json | jq .supervisor)
	kill -9 "$supervisor"
	wait_until loop_is a .state dead
	assert_equal "$(sigslot errors --json t | jq .exit)" 3
	run_ended 137
	start_run t.yaml
	sigslot emit a 1
	wait_until errors_are 'map(.exit)' '[3,3]'
	stop_run
}

@test "what is not there is 69 with a guess; nothing that failed is nothing to say" {
	run -0 --separate-stderr sigslot errors
	assert_output ''
	run -69 --separate-stderr sigslot errors nobody
	start '  alpha: {run: "true"}'
	run -0 --separate-stderr sigslot errors alpha
	assert_output ''
	assert_stderr ''
	run -69 --separate-stderr sigslot errors t/alpa
	assert_stderr "sigslot: instance 't' has no 'alpa': did you mean 'alpha'?"
	stop_run
}

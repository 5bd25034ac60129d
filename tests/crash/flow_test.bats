# SPDX-License-Identifier: MIT
#
# A storm over a whole topology: ten processes with sources, filters, commands, plugins,
# a timer and a queue, while workers, commands and the supervisor, which is run again
# each time, are killed at random. Every line whose emit ended with 0 must be done, or
# be among the dead, and nothing may be left. The ledger of each queue and connection
# balances whenever the supervisor has died, and at the end.
#
#   SEED=n: the same choices; CRASH_SECONDS=n or CRASH_LONG=1 (120 s): for so long
# shellcheck disable=SC2154,SC2034 # run sets output and stderr; names by reference
load ../lib/helper

seconds=${CRASH_SECONDS:-${CRASH_LONG:+120}}
seconds=${seconds:-20}

topology() {
	local p again='{max: 100000, backoff: 1ms..20ms}'

	echo 'processes:'
	for p in 0 1 2 3 4 5 6 7 8 9; do
		echo "  p$p: {restart: {when: always, backoff: 1ms..20ms, max: 1000 per 1s}}"
	done
	cat <<-END
		loops:
		  l0: {process: p0, queue: {size: 64KiB}, objects: {in: {filter: cat, reply: line, out: integer, retry: $again}}}
		  l1: {process: p1, queue: {size: 64KiB}, objects: {first: {filter: cat, reply: line, out: integer, retry: $again}}}
		  l2: {process: p2, queue: {size: 64KiB}, objects: {one: {run: 'cat', out: integer, retry: $again}}}
		  l3: {process: p3, queue: {size: 64KiB}, objects: {two: {run: 'cat', out: integer, parallel: 2, retry: $again}}}
		  l4: {process: p4, queue: {size: 64KiB}, objects: {less: {plugin: $SIGSLOT_BUILD/tests/plugins/bounce.so}}}
		  l5: {process: p5, queue: {size: 64KiB}, objects: {last: {run: 'echo "\$1" >> seen', parallel: 2, key: ., retry: $again}}}
		  l6: {process: p6, queue: {size: 64KiB}, objects: {lines: {source: 'while echo line; do sleep 0.01; done'}}}
		  l7: {process: p7, queue: {size: 64KiB}, objects: {words: {source: 'yes | head -n 1000; sleep 1000'}}}
		  l8: {process: p8, queue: {size: 64KiB}, objects: {tick: {every: 5ms}}}
		  l9: {process: p9, queue: {size: 64KiB}, objects: {rest: {filter: 'cat > /dev/null'}, gone: {builtin: drop}}}
		queues: {jobs: {size: 64KiB}}
		connections:
		  - in -> first -> jobs
		  - jobs -> one, two
		  - one.out, two.out -> less -> last
		  - lines, words -> rest: {full: drop-old}
		  - tick -> gone
	END
}

# feed: emits numbers from 1 on, twenty at a time, until there is a file `enough`.
feed() {
	local n=1

	until [ -e enough ]; do
		if seq "$n" $((n + 19)) | sigslot emit -l --timeout 2s t/in 2>/dev/null; then
			seq "$n" $((n + 19)) >>committed
		else
			sleep 0.02 # there is nobody, until it is run again
		fi
		n=$((n + 20))
	done
}

# pick VARIABLE PID...: one of them at random; empty: there is none.
pick() {
	local -n picked=$1

	shift
	picked=
	[ $# = 0 ] || picked=${*:RANDOM % $# + 1:1}
}

# children VARIABLE PID: its children, if it is still there.
children() {
	local -n found=$1

	read -r -a found 2>/dev/null <"/proc/$2/task/$2/children" || :
}

# balanced: whether the ledger holds for all queues and connections.
balanced() {
	local option

	for option in '' --connections; do
		# shellcheck disable=SC2086 # none
		sigslot ledger $option t >books || {
			cat books
			return 1
		}
	done
}

account() { # FROM TO FILTER
	sigslot ledger --connections --json t |
		jq --arg from "$1" --arg to "$2" 'select(.from == $from and .to == $to) | '"$3"
}

# harm: kills one worker, one command, or now and then the supervisor.
harm() {
	local worker victim those=()

	since=$((since + 1))
	if [ $((RANDOM % 40)) = 0 ] || [ "$since" = 80 ]; then
		since=0
		kill -KILL "$RUN_PID"
		wait_run || :
		supervisors=$((supervisors + 1))
		balanced
		start_run t.yaml
		return
	fi
	children those "$RUN_PID"
	pick worker "${those[@]}"
	victim=$worker
	if [ $((RANDOM % 3)) != 0 ] && [ -n "$worker" ]; then
		those=()
		children those "$worker"
		pick victim "${those[@]}"
	fi
	[ -z "$victim" ] || kill -KILL "$victim" 2>/dev/null || return 0
	kills=$((kills + 1))
}

@test "A4, A6, A7, A10: ten processes in a storm of kills: every committed line is done or dead, and nothing is left" {
	local kills=0 supervisors=0 since=0 end lost feeder

	RANDOM=${SEED:=$RANDOM}
	echo "# seed $SEED" >&3
	topology >t.yaml
	start_run t.yaml
	feed 3>&- &
	feeder=$!
	end=$((SECONDS + seconds))
	while [ "$SECONDS" -lt "$end" ] || [ "$supervisors" = 0 ] || [ "$kills" -le 100 ]; do
		harm
		sleep 0.01
	done
	touch enough
	wait "$feeder"
	# what is left is worked off undisturbed; a source that goes on keeps no loop busy
	quiet() {
		[ "$(sigslot ps --json | jq -s 'map(select(.loop | test("^l[0-5]$|jobs")) | .queued) | add')" = 0 ]
	}
	wait_until quiet
	balanced
	# each line is sent again as often as it was tried again, and then done or dead
	assert [ "$(wc -l <committed)" -le "$(account '' in.in '.sent - .retried')" ]
	assert_equal "$(account '' in.in '.sent - .delivered - .retried - .dead')" 0
	assert_equal "$(account in.out first.in '.sent - .delivered - .retried - .dead')" 0
	assert_equal "$(account first.out jobs '.sent - .delivered - .retried - .dead')" 0
	assert_equal "$(account less.out last.in '.sent - .delivered - .retried - .dead')" 0
	assert_equal "$(sigslot ledger --connections --json t |
		jq -s 'map(select(.from == "jobs").sent) | add')" "$(account first.out jobs .sent)"
	echo "# $(account '' in.in '"\(.sent) sent to the first loop, \(.retried) of them again"' | tr -d '"')" >&3
	touch dead
	for queue in l0 l1 l2 l3 l4 l5 jobs; do
		sigslot queue get --dead --timeout 0s -n 1000000 "t/$queue" >>dead 2>/dev/null || :
	done
	run -0 sigslot stop --timeout 40s t
	wait_run || :
	run -0 grep -o "'t' ended: .*" "$RUN_ERR"
	assert_output --partial ' 0 failed'
	assert_output --partial ' 0 kept'
	# the last one but one of them is one less
	awk '{print $1 + 1}' seen | sort -nu >arrived
	sort -nu dead >given_up
	awk '{print $1 + 1}' given_up >>given_up.more
	sort -nu committed | comm -23 <(sort -u committed) <(sort -u arrived given_up given_up.more) >lost
	lost=$(wc -l <lost)
	printf '#| %-11s | %9d | %4d | %18s | %7d | %5d | %13s |\n' topology $((kills + supervisors)) \
		"$lost" - "$(awk '!/^[0-9]+$/' seen dead | wc -l)" 0 - >&3
	echo "# $(wc -l <committed) lines committed, $(wc -l <arrived) arrived, $(wc -l <dead) dead; $kills workers and commands killed, $supervisors supervisors" >&3
	assert_equal "$lost" 0
	run -0 awk '!/^[0-9]+$/' seen
	assert_output ''
	assert [ "$(wc -l <committed)" -gt 500 ]
	assert [ "$supervisors" -gt 0 ]
	assert [ "$kills" -gt 100 ]
}

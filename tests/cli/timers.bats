# SPDX-License-Identifier: MIT
#
# Timers: every, after, tight, what is missed, started and stopped by connections.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

stamp='while read -r x; do date +%s%N; done >> stamps'

@test "every ticks with null, for ever" {
	start 'objects:' '  t: {every: 20ms}' '  sink: {filter: cat >> seen}' \
		'connections: [t -> sink]'
	wait_until has_lines seen 5
	stop_run
	run -0 bash -c 'sort -u seen'
	assert_output null
}

@test "every does not drift, and never ticks early" {
	start 'objects:' '  t: {every: 50ms}' "  sink: {filter: '$stamp'}" \
		'connections: [t -> sink]'
	wait_until has_lines stamps 41
	stop_run
	# 40 intervals last 2 s; had each begun when its tick was done, they would last longer
	run -0 awk 'NR == 1 { first = $1 }
		NR == 41 { took = ($1 - first) / 1e6; print (took > 1900 && took < 2150) ? "right" : took }' stamps
	assert_output right
}

@test "after ticks once" {
	start 'objects:' '  once: {after: 10ms}' '  t: {every: 20ms}' \
		'  sink: {filter: cat >> seen}' '  other: {filter: cat >> other}' \
		'connections: [once -> sink, t -> other]'
	wait_until has_lines other 10
	stop_run
	run -0 cat seen
	assert_output null
}

@test "after 0s ticks at once" {
	start 'objects:' '  once: {after: 0s}' '  sink: {filter: cat >> seen}' \
		'connections: [once -> sink]'
	wait_until has_lines seen 1
	stop_run
}

@test "tight ticks as fast as its receivers take it, and loses nothing" {
	start 'loops: {l: {queue: {size: 64KiB}, objects: {sink: {filter: cat >> seen}}}}' \
		'objects:' '  t: {tight: true}' 'connections: [t -> sink]'
	wait_until has_lines seen 20000
	wait_until loop_is t .state ready
	stop_run
	n=$(wc -l <seen)
	run -0 grep -c "'t' ended: $n messages in, $n out, 0 failed, 0 dropped, 0 kept" "$RUN_ERR"
}

@test "a timer that begins disabled is started and stopped by connections" {
	start 'objects:' '  t: {every: 20ms, enabled: false}' '  go: {signals: [start, stop]}' \
		'  other: {every: 20ms}' \
		'  sink: {filter: cat >> seen}' '  clock: {filter: cat >> ticks}' \
		'connections: [t -> sink, go.start -> t.start, go.stop -> t.stop, other -> clock]'
	wait_until has_lines ticks 5
	assert [ ! -s seen ]
	sigslot emit go.start
	wait_until has_lines seen 3
	sigslot emit go.stop
	settled() {
		local before after

		before=$(wc -l <seen)
		: >ticks
		wait_until has_lines ticks 5
		after=$(wc -l <seen)
		[ "$before" = "$after" ]
	}
	wait_until settled
	n=$(wc -l <seen)
	sigslot emit go.start
	wait_until has_lines seen $((n + 2))
	stop_run
}

@test "to start a running timer is to begin its interval again" {
	start 'objects:' '  t: {after: 400ms}' '  beat: {every: 100ms}' \
		'  stopper: {after: 900ms}' '  sink: {run: "cat ticks >> seen"}' \
		'  count: {run: "echo x >> ticks"}' \
		'connections: [t -> sink, beat -> t.start, beat -> count, stopper -> beat.stop]'
	wait_until has_lines seen 1
	# it came only after the beat had stopped
	run -0 wc -l ticks
	assert [ "${output%% *}" -ge 7 ]
	stop_run
	assert_equal "$(sort -u seen)" x
}

# A worker that is stopped for a second misses ten ticks.
pause_worker() {
	pid=$(sigslot ps --json | jq 'select(.loop == "t").pid')
	wait_until has_lines seen 2
	kill -STOP "$pid"
	before=$(wc -l <seen)
	wait_until has_lines clock 10
	kill -CONT "$pid"
	wait_until has_lines seen $((before + 2))
}

missing() {
	start 'processes: {other: {}}' \
		'loops:' '  c: {process: other, objects: {tick: {every: 100ms}, clock: {run: "echo >> clock"}}}' \
		'objects:' "  t: {every: 100ms, missed: $1}" "  sink: {filter: '$stamp'}" \
		'  count: {filter: cat >> seen}' \
		'connections: [t -> sink, t -> count, tick -> clock]'
	pause_worker
	wait_until has_lines clock 14
	stop_run
}

@test "missed: skip lets go of what was missed, and counts it" {
	missing skip
	# nowhere two ticks on top of each other
	run -0 awk 'NR > 1 && $1 - last < 2e7 { near++ } { last = $1 } END { print near + 0 }' stamps
	assert [ "$output" -le 1 ]
}

@test "missed: burst makes up for all of it" {
	missing burst
	run -0 awk 'NR > 1 && $1 - last < 2e7 { near++ } { last = $1 } END { print near + 0 }' stamps
	assert [ "$output" -ge 6 ]
}

@test "timers that are due together tick in the order of their deadlines" {
	start 'loops:' '  l:' '    objects:' '      c: {after: 30ms}' '      a: {after: 10ms}' \
		'      b: {after: 20ms}' '      sink: {run: "echo $SIGSLOT_SENDER >> seen"}' \
		'connections: ["a, b, c -> sink"]'
	wait_until has_lines seen 3
	stop_run
	run -0 xargs <seen
	assert_output 'a b c'
}

@test "a thousand timers all tick" {
	{
		printf '%s\n' 'sigslot: 1' 'loops:' '  l:' '    objects:'
		seq -f '      t%g: {after: 10ms}' 1000
		printf '%s\n' 'objects: {sink: {run: "echo $SIGSLOT_SENDER >> seen", parallel: 8}}' 'connections:'
		seq -f '  - t%g -> sink' 1000
	} >t.yaml
	sed -i 's/{run: .*}}/{filter: cat >> seen}}/' t.yaml
	start_run t.yaml
	wait_until has_lines seen 1000
	stop_run
	run -0 wc -l seen
	assert_output '1000 seen'
}

@test "an idle instance does not wake up" {
	start 'objects:' '  a: {filter: cat >> seen}' '  t: {every: 1h}' 'connections: [t -> a]'
	sigslot emit a x
	wait_until has_lines seen 1
	run -0 sigslot wait --for idle --timeout 5s t
	pids=$(sigslot ps --json | jq '.pid, .supervisor' | sort -u)
	switches() {
		for pid in $pids; do
			grep -h voluntary_ctxt "/proc/$pid/status"
		done
	}
	switches >before
	sleep 0.5
	switches >after
	run -0 diff before after
	stop_run
}

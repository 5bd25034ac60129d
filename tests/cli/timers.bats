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
	local began

	began=$(date +%s%N)
	start 'objects:' '  t: {every: 50ms, missed: burst}' "  sink: {filter: '$stamp'}" \
		'connections: [t -> sink]'
	# had each begun when its tick was done, all from the 41st on would be later, by more
	# than 75 ms, than the first ones were: some that a busy machine did not hold up
	punctual() {
		awk '{ late = $1 / 1e6 - 50 * NR }
			NR <= 10 && (NR == 1 || late < least) { least = late }
			NR > 40 && late < least + 75 { found = 1 }
			END { exit !found }' stamps
	}
	wait_until punctual
	stop_run
	run -0 awk -v began="$began" '($1 - began) / 1e6 < 50 * NR' stamps
	assert_output ''
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

@test "a timer of the short form is started and stopped by its own slots, not its loop's" {
	start 'objects: {t: {every: 10ms, enabled: false}, sink: {filter: cat >> seen}}' \
		'connections: [t -> sink]'
	sigslot emit t.start
	wait_until has_lines seen 3
	sigslot emit t.stop
	sigslot emit t.start
	wait_until has_lines seen $(($(wc -l <seen) + 3))
	stop_run
}

@test "to start a running timer is to begin its interval again" {
	local last

	start 'loops: {l: {objects: {t: {after: 500ms, enabled: false}}}}' \
		"objects: {sink: {filter: '$stamp'}}" 'connections: [t -> sink]'
	for _ in {1..20}; do
		last=$(date +%s%N)
		sigslot emit t.start
	done
	# the first interval ends before that
	whole() {
		[ "$(tail -n 1 stamps)" -ge $((last + 500000000)) ]
	}
	wait_until whole
	stop_run
}

now_ms() {
	echo $((${EPOCHREALTIME/./} / 1000))
}

# missing HOW: a worker with a timer of 100 ms is stopped for a second, which is ten ticks.
# Sets when it was started and ready, and for how long it stood still, in ms.
missing() {
	local pid

	started=$(now_ms)
	start "objects: {t: {every: 100ms, missed: $1}, count: {filter: cat >> seen}}" \
		'processes: {other: {}}' 'connections: [t -> count, tick -> clock]' \
		'loops: {c: {process: other, objects: {tick: {every: 100ms}, clock: {run: "echo >> clock"}}}}'
	ready=$(now_ms)
	pid=$(loop t .pid)
	wait_until has_lines seen 2
	kill -STOP "$pid"
	wait_until process_stopped "$pid"
	: >clock
	stood=$(now_ms)
	wait_until has_lines clock 11
	stood=$(($(now_ms) - stood))
	kill -CONT "$pid"
}

@test "missed: skip lets go of what was missed, and counts it" {
	missing skip
	wait_until has_lines seen $(($(wc -l <seen) + 3))
	stop_run
	# one for each interval that it ran, and one for the pause
	assert [ "$(wc -l <seen)" -le $((($(now_ms) - started - stood) / 100 + 2)) ]
}

@test "missed: burst makes up for all of it" {
	missing burst
	made_up() {
		local since=$(($(now_ms) - ready))

		has_lines seen $((since / 100 - 1))
	}
	wait_until made_up
	stop_run
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
	slept() {
		local before

		before=$(switches)
		sleep 0.5
		[ "$(switches)" = "$before" ]
	}
	wait_until slept
	stop_run
}

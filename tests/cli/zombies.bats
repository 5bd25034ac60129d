# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# A hundred processes, each with a source, a filter and a command per message.
make_many() {
	local i

	echo 'sigslot: 1'
	echo 'processes:'
	for i in $(seq 100); do
		echo "  p$i: {restart: {when: always, backoff: 10ms, max: 1000 per 1h}}"
	done
	echo 'loops:'
	for i in $(seq 100); do
		echo "  l$i: {process: p$i, objects: {a$i: {source: 'echo 1; exec sleep 100'}, b$i: {run: 'true'}}}"
	done
	echo 'connections:'
	for i in $(seq 100); do
		echo "  - a$i -> b$i"
	done
}

# zombies: those of this run that are there at one look, and who left them.
zombies() {
	ps -o pid=,ppid=,stat=,comm= --ppid "$(family | paste -sd,)" 2>/dev/null | awk '$3 ~ /^Z/'
}

# The supervisor and its workers.
family() {
	echo "$RUN_PID"
	pgrep -P "$RUN_PID"
}

# workers_are COUNT: so many live.
workers_are() {
	[ "$(pgrep -cP "$RUN_PID")" = "$1" ]
}

# no_zombie_stays: at this moment. One that is there at two looks in a row, with time for
# whoever has to reap it to do so, was not reaped at once.
no_zombie_stays() {
	local first second

	first=$(zombies)
	[ -n "$first" ] || return 0
	second=$first
	for _ in $(seq 50); do
		second=$(comm -12 <(sort <<<"$first") <(zombies | sort))
		[ -n "$second" ] || return 0
	done
	echo "still there: $second" >&2
	return 1
}

@test "a hundred workers go up and down, and no zombie stays at any moment" {
	make_many >t.yaml
	start_run t.yaml
	for _ in 1 2 3 4 5 6 7 8; do
		pgrep -P "$RUN_PID" | shuf -n 20 | xargs kill -KILL
		no_zombie_stays
	done
	wait_until -t 60 workers_are 100
	no_zombie_stays
	kill -TERM "$RUN_PID"
	while ! process_gone "$RUN_PID"; do
		no_zombie_stays
	done
	run_ended 0
}

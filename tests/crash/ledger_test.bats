# SPDX-License-Identifier: MIT
#
# The ledger over random topologies: loops with one slot or two, of random kinds, behind
# signals or a queue, with random `retry:` and `dead:`, to which several scripts emit
# while workers, commands, scripts and the supervisor, which is run again each time, are
# killed. The balance of each queue must hold whenever it is read, and in the end agree
# with what the scripts were told and what the slots wrote down.
#
#   SEED=n: the same choices; LEDGER_ROUNDS=n: so many topologies (1)
# shellcheck disable=SC2154,SC2034,SC2016 # run sets output; names by reference; for slots
load ../lib/helper

WAIT_SECONDS=30
KILLS=20

one_of() {
	local those=("$@")

	printf '%s' "${those[RANDOM % ${#those[@]}]}"
}

# slot NAME: a command that writes down what it gets, and fails now and then.
slot() {
	local fails=$((RANDOM % 9 + 3))

	printf '{run: '"'"'echo "$1" >> seen.%s; test $(($1 %% %s)) != 0 || [ $SIGSLOT_ATTEMPT -gt %s ]'"'"', %s%s' \
		"$1" "$fails" $((RANDOM % 4)) \
		"$(one_of '' 'parallel: 2, ')" \
		"$(one_of '' 'retry: {max: 2, backoff: 1ms}' 'retry: {max: 1, backoff: 5ms}, dead: letters')"
	printf '}'
}

# topology: loops l1... of one or two slots; the signal of each; a queue with two loops.
topology() {
	local i

	loops=$((RANDOM % 3 + 2))
	echo 'processes:'
	echo '  p0: {restart: {when: always, backoff: 1ms..20ms, max: 1000 per 1s}}'
	echo '  p1: {restart: {when: always, backoff: 1ms..20ms, max: 1000 per 1s}}'
	echo 'objects: {in: {signals: {all: integer, some: integer}}}'
	echo 'loops:'
	for ((i = 1; i <= loops; i++)); do
		echo "  l$i:"
		echo "    process: p$((RANDOM % 2))"
		echo "    queue: {messages: 30}"
		echo '    objects:'
		echo "      a$i: $(slot "l$i")"
		[ $((RANDOM % 2)) = 0 ] || echo "      b$i: $(slot "l$i")"
	done
	echo "  q1: {process: p0, queue: {messages: 30}, objects: {c1: $(slot jobs)}}"
	echo "  q2: {process: p1, queue: {messages: 30}, objects: {c2: $(slot jobs)}}"
	echo 'queues: {letters: {size: 4MiB}, jobs: {messages: 30}, few: {messages: 5}}'
	echo 'connections:'
	echo '  - in.all -> jobs'
	echo '  - jobs -> c1, c2'
	echo "  - in.some -> few: {full: $(one_of drop-new drop-old latest)}"
}

connect() {
	local i

	for ((i = 1; i <= loops; i++)); do
		echo "  - in.all -> a$i"
		! grep -q " b$i:" t.yaml || echo "  - in.all -> b$i"
	done
}

# feed FROM: emits numbers from there on, ten at a time, until there is a file `enough`.
feed() {
	local n=$1

	until [ -e enough ]; do
		if seq "$n" $((n + 9)) | sigslot emit -l --timeout 2s t/in.all 2>/dev/null; then
			seq "$n" $((n + 9)) >>"committed.$1"
		fi
		seq "$n" $((n + 9)) | sigslot emit -l --timeout 2s t/in.some 2>/dev/null || :
		n=$((n + 10))
	done
}

children() { # VARIABLE PID
	local -n found=$1

	found=()
	read -r -a found 2>/dev/null <"/proc/$2/task/$2/children" || :
}

pick() { # VARIABLE PID...
	local -n picked=$1

	shift
	picked=
	[ $# = 0 ] || picked=${*:RANDOM % $# + 1:1}
}

# harm: kills the supervisor, a worker, a command or a script that emits.
harm() {
	local what=$((RANDOM % 12)) those victim

	case $what in
	0)
		kill -KILL "$RUN_PID"
		wait_run || :
		balanced
		start_run t.yaml
		return
		;;
	[1-4]) children those "${feeders[RANDOM % 2]}" ;;
	*) children those "$RUN_PID" ;;
	esac
	pick victim "${those[@]}"
	if [ "$what" -gt 7 ] && [ -n "$victim" ]; then
		children those "$victim"
		pick victim "${those[@]}"
	fi
	[ -z "$victim" ] || kill -KILL "$victim" 2>/dev/null || :
}

balanced() {
	sigslot ledger t >books || {
		cat books
		return 1
	}
}

sum() { # QUEUE FILTER
	sigslot ledger --json "t/$1" | jq "$2"
}

# agrees QUEUE: no more delivered than was written down, no fewer than was committed.
agrees() {
	local wrote arrived lost missing

	touch "seen.$1"
	wrote=$(wc -l <"seen.$1")
	assert [ "$(sum "$1" .delivered)" -le "$wrote" ]
	arrived=$(sum "$1" '.sent - .retried')
	assert [ "$(wc -l <committed)" -le "$arrived" ]
	lost=$(sum "$1" '.failed + .dead')
	missing=$(sort -u "seen.$1" | comm -13 - committed | wc -l)
	assert [ "$missing" -le "$lost" ]
	assert_equal "$(sum "$1" '.queued + .stopping + .disconnected + .damaged')" 0
}

# moved: whether more was sent to the queue than when it was last asked.
moved() {
	local now

	now=$(sum jobs .sent)
	[ "$now" -gt "$sent" ] && sent=$now
}

round() {
	local i feeders=() loops=0 sent=0

	rm -f -- seen.* committed* enough
	topology >t.yaml
	connect >>t.yaml
	start_run t.yaml
	feed 1 3>&- &
	feeders+=($!)
	feed 1000001 3>&- &
	feeders+=($!)
	for ((i = 0; i < KILLS; i++)); do
		wait_until moved
		harm
		balanced
	done
	touch enough
	wait "${feeders[@]}"
	sort -u committed.* >committed
	assert [ -s committed ]
	idle() {
		[ "$(sigslot ledger --json t | jq -s 'map(select(.queue | test("^l[0-9]|^jobs")) | .queued) | add')" = 0 ]
	}
	wait_until idle
	balanced
	for ((i = 1; i <= loops; i++)); do
		agrees "l$i"
	done
	agrees jobs
	stop_run || :
	run ! grep 'does not add up' "$RUN_ERR"
	balanced
	sigslot clean --force t 2>/dev/null || :
}

@test "the ledger balances over random topologies and kills, and agrees with slots and scripts" {
	local i

	RANDOM=${SEED:=$RANDOM}
	echo "# seed $SEED" >&3
	for ((i = 0; i < ${LEDGER_ROUNDS:-1}; i++)); do
		round
	done
	printf '#| %-11s | %9d | %4d | %18s | %7d | %5d | %13s |\n' ledger $((KILLS * i)) 0 - 0 0 - >&3
}

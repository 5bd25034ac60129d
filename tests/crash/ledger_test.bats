# SPDX-License-Identifier: MIT
#
# The ledger over random topologies: loops with one slot or two, of random kinds, behind
# signals or a queue, with random `retry:` and `dead:`, to which several scripts emit
# while workers, commands, scripts and the supervisor, which is run again each time, are
# killed. The balance of each queue and of each connection must hold whenever it is read,
# and in the end agree with each other, with what the scripts were told and with what the
# slots wrote down.
#
#   SEED=n: the same choices; LEDGER_ROUNDS=n: so many topologies (1)
# shellcheck disable=SC2154,SC2034,SC2016 # run sets output; names by reference; for slots
load ../lib/helper

KILLS=20

one_of() {
	local those=("$@")

	printf '%s' "${those[RANDOM % ${#those[@]}]}"
}

# slot OBJECT: a command that writes down what it gets, and fails now and then.
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
		echo "      a$i: $(slot "a$i")"
		[ $((RANDOM % 2)) = 0 ] || echo "      b$i: $(slot "b$i")"
	done
	echo "  q1: {process: p0, queue: {messages: 30}, objects: {c1: $(slot c1)}}"
	echo "  q2: {process: p1, queue: {messages: 30}, objects: {c2: $(slot c2)}}"
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
# Each of its children may be killed, also the one that writes them down; so it runs in
# a shell of its own, of which none works for bats.
feed() {
	local n=$(($1 - 10))

	until [ -e enough ]; do
		n=$((n + 10))
		seq "$n" $((n + 9)) >"batch.$1" || continue
		if sigslot emit -l --timeout 2s t/in.all <"batch.$1" 2>/dev/null; then
			cat "batch.$1" >>"committed.$1" || :
		fi
		sigslot emit -l --timeout 2s t/in.some <"batch.$1" 2>/dev/null || :
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
	sigslot ledger --connections t >books || {
		cat books
		return 1
	}
}

sum() { # QUEUE FILTER
	sigslot ledger --json "t/$1" | jq "$2"
}

part() { # FROM TO FILTER
	sigslot ledger --connections --json t |
		jq --arg from "$1" --arg to "$2" 'select(.from == $from and .to == $to) | '"$3"
}

# adds_up FROM TO QUEUE: what one of several slots had is no more than the queue was sent.
adds_up() {
	assert [ "$(part "$1" "$2" '.sent - (.delivered + .failed + .retried + .dead + .stopping + .disconnected + .damaged + .queued)')" = 0 ]
	assert [ "$(part "$1" "$2" .sent)" -le "$(sum "$3" .sent)" ]
}

# slot_agrees SLOT LOOP: the same as agrees, of one connection.
slot_agrees() {
	local missing

	touch "seen.$1"
	adds_up in.all "$1.in" "$2"
	assert [ "$(part in.all "$1.in" .delivered)" -le "$(wc -l <"seen.$1")" ]
	assert [ "$(wc -l <committed)" -le "$(part in.all "$1.in" '.sent - .retried')" ]
	missing=$(sort -u "seen.$1" | comm -13 - committed | wc -l)
	assert [ "$missing" -le "$(part in.all "$1.in" '.failed + .dead')" ]
	assert_equal "$(part in.all "$1.in" '.queued + .stopping + .disconnected + .damaged')" 0
}

# loop_agrees LOOP: what its slots had is what its queue was sent, once for each of them.
loop_agrees() {
	local both

	slot_agrees "a${1#l}" "$1"
	if ! grep -q " b${1#l}:" t.yaml; then
		assert_equal "$(part in.all "a${1#l}.in" .sent)" "$(sum "$1" .sent)"
		return
	fi
	slot_agrees "b${1#l}" "$1"
	both=$(($(part in.all "a${1#l}.in" .sent) + $(part in.all "b${1#l}.in" .sent)))
	# a retry is for one of them, everything else for both
	assert [ "$(wc -l <committed)" -le $((both - $(sum "$1" .sent))) ]
	assert [ "$both" -le $((2 * $(sum "$1" .sent) - $(part in.all "a${1#l}.in" .retried) - $(part in.all "b${1#l}.in" .retried))) ]
}

# agrees QUEUE SEEN...: no more delivered than was written down, no fewer than was
# committed.
agrees() {
	local wrote arrived lost missing

	touch "seen.$1" "${@:2}"
	cat -- "${@:2}" >"seen.$1"
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

	rm -f -- seen.* committed* batch.* enough
	topology >t.yaml
	connect >>t.yaml
	start_run t.yaml
	export -f feed
	for i in 1 1000001; do
		bash -c "feed $i" 3>&- &
		feeders+=($!)
	done
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
		agrees "l$i" "seen.a$i" "seen.b$i"
		loop_agrees "l$i"
	done
	agrees jobs seen.c1 seen.c2
	adds_up in.all jobs jobs
	assert_equal "$(part in.all jobs .sent)" "$(sum jobs .sent)"
	assert_equal "$(part jobs c1.in .sent) + $(part jobs c2.in .sent)" \
		"$(part jobs c1.in '.delivered + .failed + .retried + .dead') + $(part jobs c2.in '.delivered + .failed + .retried + .dead')"
	assert_equal "$(($(part jobs c1.in .sent) + $(part jobs c2.in .sent)))" "$(sum jobs .sent)"
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

# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

start_shop() {
	cat >shop.yaml <<-'END'
		sigslot: 1
		objects:
		  a: {filter: cat}
		  b: {run: 'cat >>b.txt'}
		  c: {run: 'cat >>c.txt'}
		  d: {run: 'echo "$1" >>d.txt', emit: out}
		  lone: {filter: cat}
		queues:
		  q: {size: 1MiB}
		connections:
		  - a -> b
		  - a -> c
		  - a -> q
	END
	start_run shop.yaml
}

# tap FILE [ARGUMENT...]: in the background, once it looks on; sets TAP.
tap() {
	local fifo

	fifo=$BATS_TEST_TMPDIR/tap.$RANDOM
	mkfifo "$fifo"
	sigslot tap --ready-fd 9 "${@:2}" >"$1" 2>"$1.err" 9>"$fifo" 3>&- &
	TAP=$!
	read -r -t "$WAIT_SECONDS" _ <"$fifo"
}

# tap_ends STATUS [PID]
tap_ends() {
	local ended=0

	wait_until process_gone "${2:-$TAP}"
	wait "${2:-$TAP}" || ended=$?
	assert_equal "$ended" "$1"
}

drop_kept() {
	sigslot queue get --timeout 0s -n 1000 q >/dev/null || :
}

@test "a signal's messages are seen once, however many receive them" {
	start_shop
	tap seen a.out
	printf '%s\n' one two three | sigslot emit -l a
	sigslot emit b other
	wait_until has_lines seen 3
	drop_kept
	stop_run
	tap_ends 0
	assert_equal "$(cat seen)" $'one\ntwo\nthree'
	assert_equal "$(cat seen.err)" ''
}

@test "a slot's input is what signals and scripts send it" {
	local first

	start_shop
	tap seen b
	first=$TAP
	tap others 'shop/c.in'
	sigslot emit a one
	wait_until has_lines seen 1
	sigslot emit b '[1, {"x": 2}]'
	wait_until has_lines seen 2
	drop_kept
	stop_run
	tap_ends 0 "$first"
	tap_ends 0
	assert_equal "$(cat seen)" $'one\n[1,{"x":2}]'
	assert_equal "$(cat others)" one
}

@test "what scripts emit as a signal is seen, too" {
	start_shop
	tap seen -c 2 a.out
	sigslot emit a.out one
	sigslot emit a.out two
	tap_ends 0
	assert_equal "$(cat seen)" $'one\ntwo'
	drop_kept
	stop_run
}

@test "a named queue: what is put, by signals, scripts and as raw bytes" {
	start_shop
	tap seen -c 3 q
	sigslot emit a.out one
	sigslot queue put q two
	printf 'th\xffree' | sigslot queue put --raw q
	tap_ends 0
	assert_equal "$(od -c <seen)" "$(printf 'one\ntwo\nth\xffree\n' | od -c)"
	drop_kept
	stop_run
}

@test "a free-standing queue is tapped without any run, until it is removed" {
	sigslot queue create todo
	tap seen todo
	sigslot queue put todo one
	sigslot queue get todo >/dev/null
	sigslot queue put todo two
	sigslot queue get todo >/dev/null
	wait_until has_lines seen 2
	sigslot queue rm todo
	tap_ends 0
	assert_equal "$(cat seen)" $'one\ntwo'
}

@test "patterns stand for all that match, each message under its name" {
	start_shop
	tap seen --json '*.in' 'a.*'
	sigslot emit a one
	wait_until has_lines seen 4
	drop_kept
	stop_run
	assert_equal "$(jq -r .name seen | sort | tr '\n' ' ')" 'a.in a.out b.in c.in '
	assert_equal "$(jq -r 'select(.name == "a.out" or .name == "c.in") | .id' seen | uniq | wc -l)" 1
	run ! sigslot tap 'shop/nobody.*'
}

@test "--meta tells where a message comes from" {
	start_shop
	tap seen --meta -c 1 b
	sigslot emit a 'x "y"'
	tap_ends 0
	assert_equal "$(jq -c '[.instance, .name, .sender, .signal, .queue, .seq, .attempt, .size, .payload]' seen)" \
		'["shop","b.in","a","out","b",0,1,9,"x \"y\""]'
	run -0 jq -e '.time > 1600000000 and (.id | length) == 16' seen
	drop_kept
	stop_run
}

@test "a string of several lines is one line" {
	start_shop
	tap seen -c 2 b
	sigslot emit b $'two\nlines'
	sigslot emit b 'one'
	tap_ends 0
	assert_equal "$(cat seen)" $'"two\\nlines"\none'
	stop_run
}

@test "a megabyte passes whole" {
	start_shop
	head -c 500000 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >big
	tap seen -c 1 b
	sigslot emit -l b <big
	tap_ends 0
	cmp <(cat big && echo) seen
	stop_run
}

@test "a message that is tried again is seen again, with its attempt" {
	start 'objects:' "  a: {run: 'echo >>tries; [ \$(wc -l <tries) -ge 3 ]', retry: {max: 5, backoff: 1ms}}"
	tap seen --meta -c 3 a
	sigslot emit a x
	tap_ends 0
	assert_equal "$(jq .attempt seen | tr '\n' ' ')" '1 2 3 '
	sigslot wait --for idle t
	stop_run
}

@test "it goes on when workers are killed and started again" {
	start_shop
	tap seen a.out
	sigslot emit a.out one
	sigslot kill main
	wait_until loop_is b .state ready
	sigslot emit a.out two
	wait_until grep -q two seen
	drop_kept
	stop_run
	tap_ends 0
	assert_equal "$(sort -u seen)" $'one\ntwo'
}

@test "a message that comes again as its worker died is seen again, with its attempt" {
	start 'objects:' '  a: {run: "echo $SIGSLOT_ATTEMPT >> began; until [ -e gate ]; do sleep 0.02; done; cat >> did"}' \
		'  b: {filter: cat}' 'connections: [b -> a]'
	tap seen --meta a.in b.out
	sigslot emit b one
	wait_until has_lines began 1
	sigslot emit b two
	wait_until has_lines seen 4
	sigslot kill main
	wait_until has_lines began 2
	wait_until has_lines seen 6
	touch gate
	wait_until has_lines did 2
	stop_run
	tap_ends 0
	assert_equal "$(cat began)" $'1\n2\n1'
	assert_equal "$(jq -r '[.name, .payload, .attempt] | join(" ")' seen | sort)" $'a.in one 1\na.in one 2\na.in two 1\nb.out one 1\nb.out one 2\nb.out two 1'
	assert_equal "$(cat seen.err)" ''
}

@test "a command that is stopped holds up nobody who emits to it with drop-old" {
	start_shop
	mkfifo pipe
	sigslot connect --full drop-old lone.out -- cat >got 2>said 3>&- &
	heard() {
		sigslot emit lone.out up
		grep -q '^up$' got
	}
	wait_until heard
	kill -STOP $!
	head -c 100000 /dev/zero | tr '\0' x >large
	for i in {1..30}; do
		sigslot emit --timeout 5s lone.out "$(cat large)"
	done
	sigslot emit lone.out last
	kill -CONT $!
	wait_until grep -q '^last$' got
	stop_run
	wait $! || :
}

# What is there for taps alone, besides the queues of the topology.
tapped() {
	find "$SIGSLOT_RUNTIME_DIR" -path '*/q/.tap-*' -prune | wc -l
}

tapped_is() {
	[ "$(tapped)" = "$1" ]
}

@test "what nobody is connected to is seen, from scripts and workers, and changes nothing" {
	start 'objects:' '  s: {signals: {x: any, y: any}, slots: {in: {run: cat, emit: x}}}' 'connections: [s.x -> s.y]'
	tap seen --meta s.x
	assert_equal "$(tapped)" 1
	tap seen.y s.x s.y
	sigslot emit s.x one
	run -1 --separate-stderr sigslot emit --require s.x no
	assert_stderr 'sigslot: nobody is connected to s.x'
	sigslot emit s two
	sigslot emit s.y three
	wait_until has_lines seen 2
	wait_until has_lines seen.y 5
	sigslot wait --for idle --timeout 20s t
	run -0 sigslot stats --connections --json t
	assert_equal "$(jq -r .name <<<"$output")" '- -> s.in'
	run -0 sigslot ledger --json t
	assert_equal "$(jq -r '.queue' <<<"$output" | sort -u)" s
	assert_equal "$(tapped)" 1
	stop_run
	tap_ends 0
	assert_equal "$(jq -r '[.name, .sender, .signal, .payload] | join(" ")' seen)" $'s.x s x one\ns.x s x two'
	assert_equal "$(sort seen.y)" $'one\none\nthree\ntwo\ntwo'
	assert_equal "$(cat seen.err seen.y.err)" ''
}

@test "what is tapped leads nowhere when all taps of it are gone, however they went" {
	local first

	start_shop
	tap one lone.out
	first=$TAP
	tap two lone.out
	kill -KILL "$first"
	wait "$first" || :
	sigslot emit lone.out both
	wait_until grep -q both two
	assert_equal "$(tapped)" 1
	kill -KILL "$TAP"
	wait "$TAP" || :
	wait_until tapped_is 0
	sigslot emit lone.out nobody
	tap three -c 1 lone.out
	sigslot emit lone.out third
	tap_ends 0
	assert_equal "$(cat three)" third
	wait_until tapped_is 0
	stop_run
}

@test "a stopped tap of what nobody is connected to holds nothing up, and counts all" {
	start_shop
	tap seen --meta lone.out
	kill -STOP "$TAP"
	seq 100000 | sigslot emit -l --timeout 20s lone.out
	head -c 3000000 /dev/zero | tr '\0' x >large
	sigslot emit -l --timeout 20s lone.out <large
	kill -CONT "$TAP"
	sigslot emit lone.out last
	wait_until grep -q '"last"' seen
	stop_run
	tap_ends 0
	assert_equal "$(jq -s 'map(.missed // 1) | add' seen)" 100002
	run jq -s 'map(.missed // 0) | add > 0' seen
	assert_output true
	run grep -c 'messages went by too fast to be seen' seen.err
	assert_output 1
}

@test "a worker emits what is tapped alone through kills, and dead runs leave nothing of it" {
	start 'objects:' '  s: {slots: {in: {run: cat, emit: x}}, signals: {x: any}}' 'processes: {}'
	tap seen s.x
	sigslot emit s one
	wait_until has_lines seen 1
	kill -KILL "$(loop s .pid)"
	wait_until loop_is s .restarts 1
	wait_until loop_is s .state ready
	sigslot emit s two
	wait_until grep -q two seen
	kill -KILL "$RUN_PID"
	run_ended 137
	tap_ends 0
	assert_equal "$(tapped)" 1
	start_run t.yaml
	assert_equal "$(tapped)" 0
	stop_run
}

@test "connections that come and go are followed, and nobody at all, too" {
	start_shop
	tap seen lone.out
	sigslot emit lone.out alone
	sigslot connect lone b
	sigslot emit lone.out one
	sigslot connect lone c
	sigslot disconnect lone b
	sigslot emit lone.out two
	sigslot disconnect lone c
	sigslot emit lone.out three
	wait_until has_lines seen 4
	stop_run
	tap_ends 0
	assert_equal "$(cat seen)" $'alone\none\ntwo\nthree'
	assert_equal "$(cat seen.err)" ''
}

@test "a signal whose last connection goes while it is tapped is led to it from then on" {
	start_shop
	sigslot connect lone b
	tap seen lone.out
	sigslot emit lone.out one
	assert_equal "$(tapped)" 0
	sigslot disconnect lone b
	two_seen() {
		sigslot emit lone.out two
		grep -q two seen
	}
	wait_until two_seen
	stop_run
	tap_ends 0
	assert_equal "$(uniq seen)" $'one\ntwo'
}

@test "hundreds of signals that nobody is connected to are tapped at once, a pattern taps none" {
	local i

	{
		echo 'objects:'
		for i in {1..300}; do echo "  o$i: {signals: {x: any}}"; done
	} >t.yaml
	start_run t.yaml
	tap none '*.x'
	assert_equal "$(tapped)" 0
	# shellcheck disable=SC2046
	tap seen $(printf 'o%d.x ' {1..300})
	for i in 1 150 300; do sigslot emit "o$i.x" "$i"; done
	wait_until has_lines seen 3
	assert_equal "$(xargs <seen)" '1 150 300'
	assert_equal "$(tapped)" 1
	stop_run
	tap_ends 0
	assert_equal "$(cat seen.err)" ''
}

@test "a tap that the run cannot help says what it does not see" {
	start_shop
	kill -STOP "$RUN_PID"
	tap seen lone.out
	kill -CONT "$RUN_PID"
	run cat seen.err
	assert_output --partial "nobody is connected to 'lone.out', and it cannot be seen: "
	stop_run
	tap_ends 0
}

@test "-c and -t end it, and the status says if it was enough" {
	start_shop
	run -0 --separate-stderr sigslot tap -t 10ms b
	assert_output ''
	assert_stderr ''
	run -124 --separate-stderr sigslot tap -t 10ms -c 2 b
	assert_stderr 'sigslot: the time was over after 0 of 2 messages'
	tap seen -c 2 b
	sigslot emit b one
	wait_until has_lines seen 1
	stop_run
	tap_ends 69
	assert_equal "$(cat seen.err)" 'sigslot: the instance ended after 1 of 2 messages'
}

@test "what there is not is said at once" {
	run -69 --separate-stderr sigslot tap nobody
	run -69 --separate-stderr sigslot tap '*'
	start_shop
	run -69 --separate-stderr sigslot tap a b.inn
	assert_stderr "sigslot: 'b' of instance 'shop' has no signal or slot 'inn': did you mean 'in'?"
	run -69 --separate-stderr sigslot tap '*.nothing'
	assert_stderr "sigslot: no signal, slot or queue of instance 'shop' matches '*.nothing'"
	run -64 --separate-stderr sigslot tap
	run -64 --separate-stderr sigslot tap -c 0 a
	run -64 --separate-stderr sigslot tap --ready-fd 77 a
	stop_run
}

@test "a closed reader is the end, also while nothing comes" {
	start_shop
	tap_first() {
		sigslot tap b 2>first.err | head -n 1
		echo "${PIPESTATUS[0]}"
	}
	tap_first >first 3>&- &
	reader=$!
	until_first() {
		sigslot emit b x
		has_lines first 1
	}
	wait_until until_first
	wait_until has_lines first 2
	tap_ends 0 "$reader"
	assert_equal "$(cat first first.err)" $'x\n0'
	stop_run
}

@test "a tap that is stopped holds nothing up, and counts what it missed" {
	start 'objects:' '  a: {builtin: drop}' 'loops:' '  l: {queue: {size: 64KiB}, objects: {b: {slots: {in: {builtin: drop}}}}}'
	tap seen --meta b
	kill -STOP "$TAP"
	seq 20000 | sigslot emit -l b
	sigslot wait --for idle t
	kill -CONT "$TAP"
	sigslot emit b last
	wait_until grep -q '"last"' seen
	stop_run
	tap_ends 0
	assert_equal "$(jq -s 'map(.missed // 1) | add' seen)" 20001
	run jq -s 'map(.missed // 0) | add > 0' seen
	assert_output true
	run grep -c 'messages went by too fast to be seen' seen.err
	assert_output 1
}

@test "one that is ended by a signal says what it missed, and how it ended" {
	start 'objects:' '  a: {builtin: drop}' 'loops:' '  l: {queue: {size: 64KiB}, objects: {b: {slots: {in: {builtin: drop}}}}}'
	tap idle b
	kill -TERM "$TAP"
	tap_ends 143
	assert_equal "$(cat idle.err)" ''
	tap seen b
	kill -STOP "$TAP"
	seq 20000 | sigslot emit -l b
	sigslot wait --for idle t
	kill -CONT "$TAP"
	sigslot emit b last
	wait_until grep -q last seen
	kill -TERM "$TAP"
	tap_ends 143
	run grep -c 'messages went by too fast to be seen' seen.err
	assert_output 1
	stop_run
}

@test "killed taps leave nothing, and many look on at once" {
	local i pids=

	start_shop
	for i in {1..64}; do
		sigslot tap '*' >"seen.$i" 2>&1 3>&- &
		pids="$pids $!"
	done
	all_see() {
		sigslot emit b x
		! find . -name 'seen.*' -size 0 | grep -q .
	}
	wait_until all_see
	# shellcheck disable=SC2086
	kill -KILL $pids
	# shellcheck disable=SC2086
	wait $pids || :
	tap seen -c 1 c
	sigslot emit c one
	tap_ends 0
	stop_run
}

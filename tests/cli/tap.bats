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

@test "what nobody is connected to is got by what it says then, and holds up nobody" {
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

@test "connections that come and go are followed" {
	start_shop
	tap seen lone.out
	run cat seen.err
	assert_output "sigslot: nobody is connected to 'lone.out': what nobody gets is not seen. 'sigslot connect --full drop-old lone.out -- cat' gets it"
	sigslot connect lone b
	sigslot emit lone.out one
	sigslot connect lone c
	sigslot disconnect lone b
	sigslot emit lone.out two
	wait_until has_lines seen 2
	stop_run
	tap_ends 0
	assert_equal "$(cat seen)" $'one\ntwo'
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

# SPDX-License-Identifier: MIT
#
# Who gets what is emitted, in which order, and what they are told of where it came
# from.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

seen() {
	wait_until has_lines seen $#
	stop_run
	run -0 cat seen
	assert_output "$(printf '%s\n' "$@")"
}

told='echo "$SIGSLOT_OBJECT.$SIGSLOT_SLOT $SIGSLOT_SENDER.$SIGSLOT_SIGNAL $1" >> seen'

@test "a slot is told who emitted which signal" {
	start 'objects:' "  a: {signals: [s]}" "  b: {run: '$told'}" \
		'connections: [a.s -> b]'
	sigslot emit a.s 1
	sigslot emit b 2
	seen 'b.in a.s 1' 'b.in . 2'
}

@test "through a signal it is told of the last one on the way" {
	start 'objects:' '  a: {signals: [s]}' '  b: {signals: [t]}' '  c: {signals: [u]}' \
		"  d: {run: '$told'}" 'connections: [a.s -> b.t, b.t -> c.u -> d, a.s -> d]'
	sigslot emit a.s 1
	sigslot emit b.t 2
	seen 'd.in c.u 1' 'd.in a.s 1' 'd.in c.u 2'
}

@test "several slots of one object are several connections, called in the order of connecting" {
	start 'objects:' '  a: {signals: [s]}' '  b:' '    slots:' \
		"      one: {run: '$told'}" "      two: {run: '$told'}" \
		"      three: {run: '$told'}" \
		'connections: [a.s -> b.three, a.s -> b.one, a.s -> b.two]'
	sigslot emit a.s 1
	sigslot emit a.s 2
	seen 'b.three a.s 1' 'b.one a.s 1' 'b.two a.s 1' \
		'b.three a.s 2' 'b.one a.s 2' 'b.two a.s 2'
}

@test "several objects of one loop are called in the order of connecting" {
	start 'loops:' '  l:' '    objects:' "      x: {run: '$told'}" "      y: {run: '$told'}" \
		"      z: {run: '$told'}" 'objects:' '  a: {signals: [s]}' \
		'connections: [a.s -> z, a.s -> x, a.s -> y]'
	sigslot emit a.s 1
	seen 'z.in a.s 1' 'x.in a.s 1' 'y.in a.s 1'
}

@test "one emit is one record for a loop, however many slots it has there" {
	start 'loops:' '  l:' '    objects:' "      x: {run: '$told'}" "      y: {run: '$told'}" \
		'objects:' '  a: {signals: [s]}' 'connections: [a.s -> x, a.s -> y]'
	sigslot stop l
	sigslot emit a.s 1
	run -0 bash -c 'sigslot ps --json | jq "select(.loop == \"l\").queued"'
	assert_output 1
	sigslot start l
	seen 'x.in a.s 1' 'y.in a.s 1'
}

@test "to connect twice is to connect once" {
	start 'objects:' '  a: {signals: [s]}' "  b: {run: '$told'}" \
		'connections: [a.s -> b, a.s -> b]'
	sigslot emit a.s 1
	sigslot emit a.s 2
	seen 'b.in a.s 1' 'b.in a.s 2'
}

@test "with lists on both sides everybody on the right gets all of the left" {
	start 'objects:' '  a: {signals: [s, t]}' '  b: {filter: cat >> b}' \
		'  c: {filter: cat >> c}' '  d: {filter: cat >> d}' \
		'connections: ["a.s, a.t -> b, c", "a.t -> d"]'
	for i in 1 2 3; do
		sigslot emit a.s "s$i"
		sigslot emit a.t "t$i"
	done
	stop_run
	run -0 xargs <b
	assert_output 's1 t1 s2 t2 s3 t3'
	run -0 cmp b c
	run -0 xargs <d
	assert_output 't1 t2 t3'
}

@test "a chain passes on what each of them says" {
	start 'objects:' '  a: {source: seq 1000}' '  b: {filter: "sed s/^/b/"}' \
		'  c: {filter: "sed s/^/c/"}' '  d: {filter: cat >> seen}' \
		'connections: [a -> b -> c -> d]'
	wait_until has_lines seen 1000
	stop_run
	run -0 cmp seen <(seq 1000 | sed s/^/cb/)
}

@test "four loops get it all, each in order" {
	start 'objects:' '  a: {signals: {s: integer}}' '  b: {filter: cat >> b}' \
		'  c: {filter: cat >> c}' '  d: {filter: cat >> d}' '  e: {filter: cat >> e}' \
		'connections: ["a.s -> b, c, d, e"]'
	seq 5000 | sigslot emit -l a.s
	stop_run
	seq 5000 >all
	for file in b c d e; do
		run -0 cmp all "$file"
	done
}

@test "signals of one object to one loop keep their order among each other" {
	start 'objects:' '  a: {signals: {s: integer, t: integer}}' '  b: {filter: cat >> seen}' \
		'  src:' '    run: |' '      for i in $(seq 0 2 98); do' \
		'        sigslot emit a.s $i; sigslot emit a.t $((i + 1))' '      done' \
		'connections: [a.s -> b, a.t -> b]'
	sigslot emit src
	wait_until has_lines seen 100
	stop_run
	run -0 cmp seen <(seq 0 99)
}

@test "what is broadcast reaches those that subscribe to the name, told of its emitter" {
	start 'loops:' '  field:' '    objects:' \
		"      x: {run: '$told', subscribe: {flush: in}}" \
		"      y: {run: '$told'}" \
		'      z:' "        slots: {one: {run: '$told'}, two: {run: '$told'}}" \
		'        subscribe: {flush: two, reset: one}' \
		'objects:' '  a: {signals: [flush, reset, other]}' '  b: {signals: [flush]}' \
		'connections: ["a.flush, a.reset, a.other, b.flush -> field.broadcast"]'
	sigslot emit a.flush 1
	sigslot emit a.other 2
	sigslot emit a.reset 3
	sigslot emit b.flush 4
	seen 'x.in a.flush 1' 'z.two a.flush 1' 'z.one a.reset 3' \
		'x.in b.flush 4' 'z.two b.flush 4'
}

@test "a slot that emits its own signal runs again, after what was queued" {
	start 'objects:' '  a:' '    signals: {again: integer}' \
		'    slots: {count: {run: "echo $1 >> seen; [ $1 -ge 5 ] || sigslot emit again $(($1 + 1))"}}' \
		'connections: [a.again -> a.count]'
	sigslot emit a.count 1
	seen 1 2 3 4 5
}

@test "while one loop of a process waits for its command, the others take their turns" {
	start 'loops:' '  x: {objects: {slow: {run: "until [ -e gate ]; do sleep 0.02; done; cat >> seen"}}}' \
		'  y: {objects: {quick: {run: "cat >> quick"}}}' \
		'  z: {objects: {flow: {filter: cat >> flow}}}'
	run -0 bash -c 'sigslot ps --json | jq .pid | sort -u | wc -l'
	assert_output 1
	seq 3 | sigslot emit -l slow
	seq 20 | sigslot emit -l quick
	seq 100 | sigslot emit -l flow
	wait_until has_lines quick 20
	wait_until has_lines flow 100
	assert_file_not_exist seen
	touch gate
	seen 1 2 3
}

@test "slots of a loop run one at a time, those of other loops beside them" {
	start 'loops:' '  l:' '    objects:' \
		'      x: {run: "mkdir one && sleep 0.05 && rmdir one && echo x >> ended"}' \
		'      y: {run: "mkdir one && sleep 0.05 && rmdir one && echo y >> ended"}' \
		'objects: {a: {signals: [s]}}' 'connections: [a.s -> x, a.s -> y]'
	for _ in 1 2 3; do
		sigslot emit a.s
	done
	wait_until has_lines ended 6
	stop_run
	run -0 xargs <ended
	assert_output 'x y x y x y'
}

@test "parallel: N run at once, and the next one waits" {
	start 'objects:' '  a: {run: "echo $1 >> began; until [ -e go$1 ]; do sleep 0.02; done; echo $1 >> ended", parallel: 3}'
	seq 5 | sigslot emit -l a
	wait_until has_lines began 3
	run -0 sort began
	assert_output $'1\n2\n3'
	touch go2
	wait_until has_lines began 4
	assert_equal "$(tail -n 1 began)" 4
	touch go1 go3
	wait_until has_lines began 5
	touch go4 go5
	stop_run
	run -0 bash -c 'wc -l <ended; head -n 1 ended'
	assert_output $'5\n2'
}

@test "two loops of one process each run their own parallel commands" {
	start 'loops:' \
		'  x: {objects: {a: {run: "echo a >> began; until [ -e gate ]; do sleep 0.02; done", parallel: 2}}}' \
		'  y: {objects: {b: {run: "echo b >> began; until [ -e gate ]; do sleep 0.02; done", parallel: 2}}}'
	seq 3 | sigslot emit -l a
	seq 3 | sigslot emit -l b
	wait_until has_lines began 4
	run -0 bash -c 'sort began | xargs'
	assert_output 'a a b b'
	touch gate
	stop_run
	run -0 wc -l began
	assert_output '6 began'
}

# SPDX-License-Identifier: MIT
#
# A chain whose last loop is slow: what holds back is felt at the source, and costs
# nobody memory.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# pss: KiB of all processes of this run, shared pages by their share.
pss() {
	local pid sum=0 kib

	for pid in $(left_processes); do
		kib=$(awk '/^Pss:/ {print $2}' "/proc/$pid/smaps_rollup" 2>/dev/null)
		sum=$((sum + ${kib:-0}))
	done
	echo "$sum"
}

chain='
processes: {p: , q: , r: }
objects:
  src: {source: "yes abcdefghijklmnopqrstuvwxyz"}
loops:
  l_a: {process: p, queue: {size: 64KiB}, objects: {a: {filter: cat}}}
  l_b: {process: q, queue: {size: 64KiB}, objects: {b: {filter: cat}}}
  l_c: {process: r, queue: {size: 64KiB}, objects: {c: {run: "read -r _ < gate; echo >> handled"}}}
connections: [src -> a -> b -> c]'

held_back() {
	sigslot why src | grep -q "waits for room in the queue of 'l_a', which waits for that of 'l_b', which waits for that of 'l_c'"
}

@test "a slow last loop holds the source back, why names its slot, and memory stays flat" {
	local before after out

	mkfifo gate
	exec 8<>gate
	start "$chain"
	wait_until held_back
	run -0 sigslot why src
	assert_output --partial "c.in"
	yes | head -n 20 >&8
	wait_until has_lines handled 20
	wait_until held_back
	before=$(pss)
	out=$(loop src .out)
	yes | head -n 300 >&8
	wait_until has_lines handled 320
	wait_until held_back
	after=$(pss)
	# as many as had to make way for those, in the batches of pipes and queues
	assert [ "$(($(loop src .out) - out))" -lt 10000 ]
	assert [ "$((after - before))" -lt 1024 ]
	assert_equal "$(sigslot ps --json | jq -s 'map(.dropped + .failed) | add')" 0
	sigslot stop --now t
	run_ended 1
	exec 8>&-
	run -0 sigslot clean --force
}

@test "with drop-old on the slow branch its sibling goes at full speed, and the drops are counted" {
	mkfifo gate
	exec 8<>gate
	start 'objects:' '  src: {source: "until [ -e go ]; do sleep 0.02; done; seq 100000"}' '  fast: {filter: "cat > fast"}' \
		'loops:' '  slow: {queue: {size: 64KiB}, objects: {late: {run: "read -r _ < gate; echo \"$1\" >> late"}}}' \
		'connections:' '  - src -> fast' '  - src -> late: {full: drop-old}'
	touch go
	wait_until has_lines fast 100000
	run -0 cmp fast <(seq 100000)
	wait_until loop_is src .out 100000
	wait_until loop_is slow '.queued + .dropped' 100000
	evicted=$(loop slow .dropped)
	n=$(loop slow .queued)
	assert [ "$n" -lt 2000 ]
	yes | head -n "$n" >&8
	stop_run
	exec 8>&-
	assert_equal "$(wc -l <late)" "$n"
	assert_equal "$(tail -n 1 late)" 100000
	assert grep -q "queue 'slow' was full: $evicted dropped (drop-old)" "$RUN_ERR"
}

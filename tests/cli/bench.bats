# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

no_files() {
	[ -z "$(ls -A "$SIGSLOT_RUNTIME_DIR")" ]
}

# Two producers and one consumer, and their queue has lost its name already.
under_way() {
	[ "$(pgrep -c -P "$BENCH_PID")" = 3 ] && no_files
}

start_endless() {
	# what runs in the background ignores INT otherwise
	env --default-signal=INT sigslot bench queue -p 2 -n 2147483647 >out 2>err 3>&- &
	BENCH_PID=$!
	wait_until under_way
}

@test "each message comes once, one at a time and in batches" {
	for batch in 1 7 100; do
		run -0 --separate-stderr sigslot bench queue -p 3 -c 2 -n 500 --size 40 \
			--batch "$batch"
		assert_stderr ''
		run -0 jq -c '[.bench, .producers, .consumers, .messages, .size, .batch,
			.received, .redelivered]' <<<"$output"
		assert_output "[\"queue\",3,2,500,40,$batch,1500,0]"
		no_files
	done
}

@test "the rates are those of the messages and of their bytes" {
	run -0 --separate-stderr sigslot bench queue -n 1000 --size 100
	run -0 jq '.messages_per_s > 0 and .sleeps >= 0 and
		(.bytes_per_s / .messages_per_s - 100 | fabs) < 1' <<<"$output"
	assert_output true
}

@test "messages that are larger than the usual queue find room" {
	run -0 --separate-stderr sigslot bench queue -n 5 --size 3000000 --batch 2
	assert_stderr ''
	run -0 jq .received <<<"$output"
	assert_output 5
}

@test "no messages at all are received as well" {
	run -0 --separate-stderr sigslot bench queue -c 3 -n 0
	run -0 jq .received <<<"$output"
	assert_output 0
}

@test "what is no load is wrong usage" {
	while IFS='|' read -r options text; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr sigslot bench queue $options
		assert_output ''
		assert_stderr "sigslot: $text"
	done <<-'END'
		-p 0|there must be 1 to 256 producers, and 1 to 256 consumers
		-c 257|there must be 1 to 256 producers, and 1 to 256 consumers
		--batch 0|a batch has 1 to 1024 messages
		--batch 1025|a batch has 1 to 1024 messages
		--size 15|a message has at least 16 bytes, a batch at most 67108864
		--size 70000 --batch 1000|a message has at least 16 bytes, a batch at most 67108864
	END
	run -64 --separate-stderr sigslot bench stack
	assert_stderr_has "there is no command 'bench stack'"
	no_files
}

@test "interrupted or killed, it leaves nothing" {
	for signal in INT TERM KILL; do
		start_endless
		kill -"$signal" "$BENCH_PID"
		ended=0
		wait "$BENCH_PID" || ended=$?
		assert_equal "$ended" "$((128 + $(kill -l "$signal")))"
		wait_until no_processes
		no_files
		assert_file_empty out
	done
}

@test "a process that is killed ends it, and is told of" {
	start_endless
	pkill -KILL -o -P "$BENCH_PID"
	ended=0
	wait "$BENCH_PID" || ended=$?
	assert_equal "$ended" 71
	run -0 cat out err
	assert_output 'sigslot: a producer was ended by SIGKILL'
	no_processes
}

# SPDX-License-Identifier: MIT
#
# queue: made, filled, drained, looked at, closed and removed from scripts.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper
load ../lib/queue

@test "what was put comes out in order, as text" {
	q create jobs
	q put jobs hello
	q put jobs a b 1
	q put jobs '{"a": [1, "x"]}'
	q put jobs
	q get jobs
	assert_output hello
	q get -n 9 jobs
	assert_output $'["a","b",1]\n{"a":[1,"x"]}\nnull'
	q empty jobs
}

@test "values are JSON if they are, and -s and -j decide" {
	q create jobs
	q put jobs 42
	q put -s jobs 42
	q put -j jobs '"42"'
	q put jobs '{no'
	q get --raw -n 4 jobs
	assert_output '42"42""42""{no"'
	refused 65 'not JSON at offset 1' put -j jobs '{no'
	refused 64 'exclude each other' put -j -s jobs 1
}

@test "after put returns, get --timeout 0 succeeds" {
	q create jobs
	for number in {1..20}; do
		q put jobs "$number"
		q get --timeout 0 jobs
		assert_output "$number"
	done
}

@test "an empty queue has nothing in time: 124, and nothing on standard output" {
	q create jobs
	refused 124 "queue 'jobs' had no message in time" get --timeout 0s jobs
	refused 124 "queue 'jobs' had no message in time" get --timeout 30ms jobs
}

@test "-l puts a message for each line, the last without a newline too" {
	q create jobs
	printf '1\ntwo\n\n{"a":3}\nlast' | sigslot queue put -l jobs
	q size jobs
	assert_output --regexp '^5 [0-9]+$'
	q get --raw -0 -n 9 jobs
	printf '%s\0' 1 '"two"' '""' '{"a":3}' '"last"' >wanted
	sigslot queue put jobs x
	sigslot queue get jobs >/dev/null
	printf '1\ntwo\n\n{"a":3}\nlast' | sigslot queue put -l jobs
	sigslot queue get --raw -0 -n 9 jobs >seen
	cmp seen wanted
}

@test "a bad line is named, and how many went before it" {
	q create jobs
	run -65 --separate-stderr sigslot queue put -j -l jobs <<<$'1\n2\n{'
	assert_stderr_has 'line 3: not JSON'
	assert_stderr_has '2 lines were put before it'
	q get -n 9 jobs
	assert_output $'1\n2'
}

@test "raw bytes come out equal: empty, every byte, 16 MiB" {
	q create --size 40MiB jobs
	for ((i = 0; i < 256; i++)); do
		printf '%b' "\\x$(printf %x "$i")"
	done >every
	head -c 16M /dev/urandom >large
	: >empty
	for file in empty every large; do
		sigslot queue put --raw jobs <"$file"
	done
	q size jobs
	assert_output --regexp '^3 '
	for file in empty every large; do
		sigslot queue get --raw jobs >seen
		cmp seen "$file"
	done
	q empty jobs
}

@test "raw lines keep their bytes, and -0 ends them with NUL" {
	q create jobs
	printf 'a\xff\n\n"x"\n' >lines
	sigslot queue put -l --raw jobs <lines
	sigslot queue get -n 9 jobs >seen
	cmp seen lines
	printf 'a\nb\0\0c' | sigslot queue put -0 --raw jobs
	sigslot queue get -0 -n 9 jobs >seen
	printf 'a\nb\0\0c\0' | cmp - seen
	q put --raw jobs '{"a": 1}'
	q get jobs
	assert_output '{"a": 1}'
}

@test "a message that is too big is refused at once, with both sizes" {
	q create --size 64KiB jobs
	head -c 40000 /dev/zero >large
	run -65 --separate-stderr sigslot queue put --raw jobs <large
	assert_stderr "sigslot: queue 'jobs' takes messages of up to 32656 bytes, this one has 40000"
	tr '\0' 'x' <large >text
	run -65 --separate-stderr sigslot queue put -s -l jobs <text
	assert_stderr_has 'takes messages of up to 32656 bytes, this one has 40002'
	q empty jobs
}

@test "a full queue makes put wait, give up in time, or fail" {
	q create --messages 2 jobs
	run -1 sigslot queue full jobs
	q put jobs 1
	q put jobs 2
	q full jobs
	refused 75 "queue 'jobs' is full: no room in time" put --timeout 30ms jobs 3
	sigslot queue put jobs 3 3>&- &
	q get jobs
	assert_output 1
	wait $!
	q get -n 9 jobs
	assert_output $'2\n3'
}

@test "--full drop-new, drop-old and latest drop, and count it" {
	q create --messages 3 jobs
	seq 5 | sigslot queue put -l --full drop-new jobs
	q get -n 9 jobs
	assert_output $'1\n2\n3'
	seq 5 | sigslot queue put -l --full drop-old jobs
	q get -n 9 jobs
	assert_output $'3\n4\n5'
	q put jobs 1
	q put --full latest jobs 2
	q put --full latest jobs 3
	q get -n 9 jobs
	assert_output 3
	run -0 bash -c 'sigslot queue stat --json jobs | jq -c "[.refused, .evicted, .outdated, .failed]"'
	assert_output '[2,2,2,0]'
	seq 3 | sigslot queue put -l jobs
	refused 75 "queue 'jobs' is full" put --full fail jobs 4
	run -0 bash -c 'sigslot queue stat --json jobs | jq .failed'
	assert_output 1
}

@test "a get that waits is woken by the next put" {
	q create jobs
	sigslot queue get jobs >seen 3>&- &
	q put jobs here
	wait $!
	run -0 cat seen
	assert_output here
}

@test "after close put fails and get drains, then fails" {
	q create jobs
	seq 3 | sigslot queue put -l jobs
	q close jobs
	refused 69 "queue 'jobs' is closed" put jobs 4
	q get -n 2 jobs
	assert_output $'1\n2'
	q get jobs
	assert_output 3
	refused 69 "queue 'jobs' is closed, and empty" get jobs
	q close jobs
}

@test "close wakes everybody who waits, and close --now drops what is left" {
	q create jobs
	pids=()
	for i in 1 2 3 4 5; do
		{ sigslot queue get jobs 2>/dev/null || echo $?; } >"end.$i" 3>&- &
		pids+=($!)
	done
	wait_until has_waiters 5
	q close jobs
	wait "${pids[@]}"
	run -0 cat end.*
	assert_output $'69\n69\n69\n69\n69'
	q create more
	seq 3 | sigslot queue put -l more
	run -0 --separate-stderr sigslot queue close --now more
	assert_stderr "sigslot: queue 'more': dropped 3 messages"
	refused 69 'closed' get more
	run -0 bash -c 'sigslot queue stat --json more | jq .dropped'
	assert_output 3
}

# Whether so many processes of this test have a queue open to get from it, and sleep.
has_waiters() {
	local pid waiting=0

	for pid in $(left_processes); do
		if tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q 'queue get' &&
			readlink "/proc/$pid/fd/"* | grep -q '/data$' &&
			grep -q '^State:.S' "/proc/$pid/status"; then
			waiting=$((waiting + 1))
		fi
	done
	[ "$waiting" -ge "$1" ]
}

@test "rm keeps what has messages, unless forced" {
	q create jobs
	q put jobs 1
	refused 1 "queue 'jobs' is kept: 1 message is in it; --force drops them" rm jobs
	q put jobs 2
	run -0 --separate-stderr sigslot queue rm -f jobs
	assert_stderr "sigslot: queue 'jobs' was removed with 2 messages"
	refused 69 "there is no queue 'jobs'" size jobs
	assert_file_not_exists "$SIGSLOT_RUNTIME_DIR/jobs"
}

@test "a mistyped queue is guessed" {
	q create letters
	refused 69 "there is no queue 'leters': did you mean 'letters'?" get leters
}

@test "ls and stat show what is in a queue" {
	q create --size 64KiB --messages 7 jobs
	q put jobs 1
	q put jobs 2
	q get jobs
	q ls
	assert_line --index 0 --regexp '^QUEUE +STATE +MESSAGES +BYTES +SIZE$'
	assert_line --index 1 --regexp '^jobs +open +1 +128 +65536$'
	q stat jobs
	assert_line --regexp '^put +2$'
	assert_line --regexp '^done +1$'
	run -0 bash -c 'sigslot queue ls --json | jq -c "[.queue,.state,.messages,.size,.limit,.put,.done]"'
	assert_output '["jobs","open",1,65536,7,2,1]'
}

@test "a name that is taken, or is none, is refused" {
	q create jobs
	refused 73 "queue 'jobs' exists already" create jobs
	refused 64 "'9' is not a name" create 9
	refused 64 "'a/b' is not a name" create a/b
}

@test "an unsafe directory is refused" {
	mkdir -m 755 open
	SIGSLOT_RUNTIME_DIR=$PWD/open refused 77 'is open to others' create jobs
	SIGSLOT_RUNTIME_DIR=$PWD/open refused 77 'is open to others' get jobs
}

@test "a queue is no dead instance: ps, clean and run leave it alone" {
	q create jobs
	q put jobs 1
	run -0 --separate-stderr sigslot ps
	refute_output --partial jobs
	run -0 --separate-stderr sigslot clean --force
	assert_output ''
	run -64 --separate-stderr sigslot clean --force jobs
	assert_stderr "sigslot: 'jobs' is a queue: 'sigslot queue rm jobs' removes it"
	run -64 --separate-stderr sigslot stop jobs
	assert_stderr_has "'jobs' is a queue"
	echo 'objects: {a: {builtin: print}}' >t.yaml
	run -73 --separate-stderr sigslot run -n jobs t.yaml
	assert_stderr_has "'jobs' is a queue"
	q get jobs
	assert_output 1
}

@test "emit to a queue puts into it" {
	q create jobs
	run -0 --separate-stderr sigslot emit jobs a 2
	assert_stderr ''
	seq 2 | sigslot emit -l jobs
	q get -n 9 jobs
	assert_output $'["a",2]\n1\n2'
}

# produce NAME: 5,001 raw lines, "NAME NUMBER".
produce() {
	seq -f "$1 %.0f" 0 5000 | sigslot queue put -l --raw jobs
}

# Every line of the producers 1 to $1 was seen once in ./seen.*, and each file has those
# of one producer in their order.
seen_once_in_order() {
	cat seen.* | sort | uniq -d >twice
	assert_file_empty twice
	run -0 bash -c 'cat seen.* | wc -l'
	assert_output "$(($1 * 5001))"
	for file in seen.*; do
		awk '$1 in last && $2 <= last[$1] { print FILENAME ": " $0; exit 1 }
			{ last[$1] = $2 }' "$file"
	done
}

@test "twenty producers, three consumers: each line once, in the order of its producer" {
	q create --size 1MiB jobs
	getters=() putters=()
	for consumer in 1 2 3; do
		sigslot queue get -n 1000 --until-closed jobs >"seen.$consumer" 3>&- &
		getters+=($!)
	done
	for producer in {1..20}; do
		produce "$producer" 3>&- &
		putters+=($!)
	done
	wait "${putters[@]}"
	q close jobs
	for pid in "${getters[@]}"; do
		wait "$pid"
	done
	seen_once_in_order 20
	q empty jobs
}

# kill_some PID...: SIGKILL to each in turn, as soon as something has moved on.
kill_some() {
	local pid before

	for pid in "$@"; do
		before=$(sigslot queue stat --json jobs | jq '.put + .done')
		wait_until moved_on "$before"
		kill -KILL "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
}

moved_on() {
	[ "$(sigslot queue stat --json jobs | jq '.put + .done')" != "$1" ] ||
		sigslot queue empty jobs
}

@test "producers and consumers killed with -9 lose nothing that was put" {
	q create --size 256KiB jobs
	getters=() putters=()
	for consumer in {1..8}; do
		sigslot queue get -n 100 --until-closed jobs >"seen.$consumer" 3>&- &
		getters+=($!)
	done
	for producer in {1..10}; do
		seq -f "$producer %.0f" 0 5000 >"lines.$producer"
		sigslot queue put -l --raw jobs <"lines.$producer" 3>&- &
		putters+=($!)
	done
	kill_some "${putters[@]:0:4}" "${getters[@]:0:5}"
	for pid in "${putters[@]:4}"; do
		wait "$pid"
	done
	q close jobs
	for pid in "${getters[@]:5}"; do
		wait "$pid"
	done
	q empty jobs
	# of the others each line, of the killed ones the lines up to some one
	for producer in {1..10}; do
		cat seen.* | grep "^$producer [0-9]*\$" | sort -u -n -k2 >got
		head -n "$(wc -l <got)" "lines.$producer" | cmp - got
		[ "$producer" -le 4 ] || cmp got "lines.$producer"
	done
	run -0 bash -c 'sigslot queue stat --json jobs | jq "[.damaged, .dropped, .dead]"'
	assert_output --regexp '0,[[:space:]]+0,[[:space:]]+0'
}

@test "E4: what a closed reader did not get stays: get -n 3 | head -1" {
	q create --size 8MiB jobs
	for number in 1 2 3; do
		{ echo "$number"; head -c 1M /dev/zero; } | sigslot queue put --raw jobs
	done
	mkfifo pipe
	head -n 1 pipe >seen 3>&- &
	run -74 --separate-stderr bash -c 'sigslot queue get -n 3 jobs >pipe'
	assert_stderr_has 'cannot write to standard output: Broken pipe; 3 messages were given back'
	wait $!
	run -0 cat seen
	assert_output 1
	# in their order, and not counted as tried
	for number in 1 2 3; do
		sigslot queue get jobs >whole
		run -0 head -n 1 whole
		assert_output "$number"
	done
}

@test "a message longer than --max-bytes stays, and its size is said" {
	q create jobs
	q put -s jobs short
	q put -s jobs 'too long'
	q put -s jobs next
	q get -n 9 --max-bytes 7B jobs
	assert_output short
	refused 1 "queue 'jobs': the next message has 10 bytes, more than 7: it stays" \
		get --max-bytes 7B jobs
	q get -n 9 jobs
	assert_output $'too long\nnext'
}

@test "a get that is killed gives its messages back to who waits" {
	q create jobs
	mkfifo pipe
	exec 8<>pipe
	head -c 200000 /dev/zero | tr '\0' x | sigslot queue put --raw jobs
	sigslot queue get jobs >pipe 3>&- 8>&- &
	victim=$!
	wait_until is_leased
	sigslot queue get jobs >seen 3>&- 8>&- &
	waiter=$!
	kill -KILL "$victim"
	wait "$victim" || :
	wait "$waiter"
	exec 8>&-
	[ "$(stat -c %s seen)" = 200001 ]
	q empty jobs
}

is_leased() {
	[ "$(sigslot queue stat --json jobs | jq .leased)" = 1 ]
}

# The context switches of process $1: none while it sleeps.
switches() {
	grep -h voluntary_ctxt "/proc/$1/status"
}

# Whether process $1 slept all the time that a get from ./clock waited.
slept_on() {
	local before

	before=$(switches "$1")
	! sigslot queue get --timeout 300ms clock && [ "$(switches "$1")" = "$before" ]
}

@test "a get that waits does not wake" {
	q create jobs
	q create clock
	sigslot queue get jobs >seen 3>&- &
	pid=$!
	wait_until has_waiters 1
	wait_until slept_on "$pid"
	q put jobs 1
	wait "$pid"
}

@test "twenty gets on an empty queue all get their message" {
	q create jobs
	pids=()
	for number in {1..20}; do
		sigslot queue get jobs >"seen.$number" 3>&- &
		pids+=($!)
	done
	wait_until has_waiters 20
	for number in {1..20}; do
		q put jobs "$number"
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	run -0 bash -c 'cat seen.* | sort -n | tr "\n" " "'
	assert_output "$(seq -s ' ' 20) "
}

@test "a queue of a topology is found by its name, alone or with its instance" {
	cat >shop.yaml <<-'END'
		objects:
		  idle: {builtin: drop}
		queues:
		  jobs: {size: 64KiB}
	END
	start_run shop.yaml
	q put jobs 1
	q put shop/jobs 2
	q ls
	assert_line --index 1 --regexp '^shop/jobs +open +2 '
	q get -n 9 jobs
	assert_output $'1\n2'
	run -0 --separate-stderr sigslot emit jobs 3
	q get shop/jobs
	assert_output 3
	refused 69 "instance 'shop' has no queue 'idle'" size shop/idle
	refused 69 "there is no queue 'idle'" size idle
	refused 64 "belongs to the topology of instance 'shop'" rm jobs
	stop_run
	refused 69 "there is no queue 'jobs'" size jobs
}

@test "two queues of one name need their instance, and say so" {
	echo '{objects: {idle: {builtin: drop}}, queues: {jobs: {size: 64KiB}}}' >shop.yaml
	start_run shop.yaml
	q create jobs
	refused 64 "several instances have 'jobs': say which one, as INSTANCE/jobs: jobs, shop" \
		put jobs 1
	q put jobs/jobs alone
	q put shop/jobs shop
	q get jobs/jobs
	assert_output alone
	SIGSLOT_INSTANCE=shop q get jobs
	assert_output shop
	stop_run
	q get --timeout 0s jobs || :
}

@test "the queue of a dead instance can be emptied, and takes nothing" {
	echo '{objects: {idle: {builtin: drop}}, queues: {jobs: {size: 64KiB}}}' >shop.yaml
	start_run shop.yaml
	q put jobs 1
	q put jobs 2
	kill -KILL "$RUN_PID"
	wait_run || :
	wait_until no_processes
	refused 69 "instance 'shop' is dead" put jobs 3
	q ls
	assert_line --index 1 --regexp '^shop/jobs +open +2 '
	q get -n 9 jobs
	assert_output $'1\n2'
	refused 69 "instance 'shop' is dead" get jobs
	run -0 --separate-stderr sigslot clean
	assert_output "removed 'shop'"
}

@test "a get that waits ends when the run dies" {
	echo '{objects: {idle: {builtin: drop}}, queues: {jobs: {size: 64KiB}}}' >shop.yaml
	start_run shop.yaml
	sigslot queue get jobs 2>err 3>&- &
	pid=$!
	wait_until has_waiters 1
	kill -KILL "$RUN_PID"
	ended=0
	wait "$pid" || ended=$?
	assert_equal "$ended" 69
	run -0 cat err
	assert_output "sigslot: instance 'shop' is dead: run it again to resume it"
	wait_run || :
	run -0 --separate-stderr sigslot clean
}

@test "commands of a topology use its queues and free-standing ones" {
	q create free
	cat >shop.yaml <<-'END'
		objects:
		  work:
		    run: |
		      sigslot queue put -s jobs "$1"
		      sigslot queue put -s free "$1"
		      sigslot emit -s free again
		queues:
		  jobs: {size: 64KiB}
	END
	start_run shop.yaml
	run -0 sigslot emit -s work hello
	q get jobs
	assert_output hello
	q get free
	assert_output hello
	q get free
	assert_output again
	stop_run
}

@test "--peek shows what is next and leaves it" {
	q create jobs
	refused 124 'no message in time' get --peek --timeout 0s jobs
	seq 3 | sigslot queue put -l jobs
	q get --peek jobs
	assert_output 1
	q get --peek -n 2 jobs
	assert_output $'1\n2'
	q get --peek -n 9 --raw -0 jobs
	q get -n 9 jobs
	assert_output $'1\n2\n3'
	run -0 bash -c 'sigslot queue stat --json jobs | jq -c "[.done, .redelivered]"'
	assert_output '[3,0]'
	refused 64 'exclude each other' get --peek --until-closed jobs
}

@test "a peek waits for a message, and so can a get beside it" {
	q create jobs
	sigslot queue get --peek jobs >seen.peek 3>&- &
	peek=$!
	wait_until has_waiters 1
	q put jobs 1
	wait "$peek"
	q get jobs
	assert_output 1
	run -0 cat seen.peek
	assert_output 1
}

@test "--atomic puts all lines or none" {
	q create --size 64KiB --messages 1000 jobs
	seq 200 | sigslot queue put -l --atomic jobs
	q get -n 1000 jobs
	assert_output "$(seq 200)"
	run -65 --separate-stderr sigslot queue put -l -j --atomic jobs <<<$'1\n2\n{'
	assert_stderr_has 'line 3: not JSON'
	seq 2000 >many
	run -65 --separate-stderr sigslot queue put -l --atomic jobs <many
	assert_stderr "sigslot: queue 'jobs' takes up to 32768 bytes at once, these 2000 messages need 256000"
	seq 300 >many
	run -65 --separate-stderr sigslot queue put -l --atomic jobs <many
	assert_stderr_has "takes up to 32768 bytes at once, these 300 messages need 38400"
	seq 100000 >many
	run -65 --separate-stderr sigslot queue put -l --atomic jobs <many
	assert_stderr_has "takes up to 32768 bytes at once, these lines have 588895"
	q empty jobs
	q create --messages 3 few
	seq 4 >many
	run -65 --separate-stderr sigslot queue put -l --atomic few <many
	assert_stderr "sigslot: queue 'few' takes up to 3 messages, these are 4"
	refused 64 'give --lines or --null' put --atomic jobs 1
	refused 64 '--full drop-old is not for it' put -l --atomic --full drop-old jobs
}

@test "--atomic waits until there is room for all of it" {
	q create --messages 3 jobs
	q put jobs 1
	seq 2 4 >three
	run -75 --separate-stderr sigslot queue put -l --atomic --timeout 30ms jobs <three
	assert_stderr "sigslot: queue 'jobs' is full: no room in time"
	run -75 --separate-stderr sigslot queue put -l --atomic --full fail jobs <three
	sigslot queue put -l --atomic jobs <three 3>&- &
	q size jobs
	assert_output --regexp '^1 '
	q get jobs
	wait $!
	q get -n 9 jobs
	assert_output $'2\n3\n4'
}

@test "an --atomic put that is killed while it reads puts nothing" {
	q create jobs
	mkfifo pipe
	sigslot queue put -l --atomic jobs <pipe 3>&- &
	pid=$!
	exec 8>pipe
	seq 5 >&8
	wait_until is_reading "$pid"
	kill -KILL "$pid"
	wait "$pid" || :
	exec 8>&-
	q empty jobs
	run -0 bash -c 'sigslot queue stat --json jobs | jq .put'
	assert_output 0
}

# Whether process $1 has read something.
is_reading() {
	grep -Eq '^rchar: [1-9]' "/proc/$1/io" && grep -q '^State:.S' "/proc/$1/status"
}

@test "a slot gets raw bytes as a string, and fails where they are no text" {
	cat >shop.yaml <<-'END'
		objects:
		  take: {filter: cat >> seen, input: json}
		queues:
		  jobs: {size: 64KiB}
		connections:
		  - jobs -> take
	END
	start_run shop.yaml
	q put --raw jobs 'say "hi"'
	printf '\xff\0' | sigslot queue put --raw jobs
	printf '' | sigslot queue put --raw jobs
	q put jobs '{"a": 1}'
	wait_until has_lines seen 3
	run -0 cat seen
	assert_output $'"say \\"hi\\""\n""\n{"a":1}'
	wait_until grep -q 'raw bytes, which are no text' "$RUN_ERR"
	stop_run
}

@test "nothing can be put from outside while an instance drains" {
	cat >shop.yaml <<-'END'
		objects:
		  slow: {run: read -r _ <fifo}
		queues:
		  jobs: {size: 64KiB}
	END
	mkfifo fifo
	start_run shop.yaml
	run -0 sigslot emit slow 1
	wait_until slot_is_busy
	kill -TERM "$RUN_PID"
	wait_until loop_is slow .state draining
	refused 69 "instance 'shop' is stopping" put jobs 1
	echo go >fifo
	run_ended 0
}

slot_is_busy() {
	[ "$(sigslot ps --json | jq -s '.[0].queued')" = 1 ]
}

@test "get -n N takes all that are there, however many" {
	q create jobs
	seq 3000 | sigslot queue put -l jobs
	q get -n 2999 jobs
	assert_output "$(seq 2999)"
	seq 3001 3010 | sigslot queue put -l jobs
	q get -n 5000 jobs
	assert_output "$(seq 3000 3010)"
	refused 64 '0 messages are none to get' get -n 0 jobs
}

@test "close and rm wake a put and a get that wait" {
	q create --messages 1 jobs
	q put jobs 1
	sigslot queue put jobs 2 2>err.put 3>&- &
	put=$!
	q create idle
	sigslot queue get idle 2>err.get 3>&- &
	get=$!
	wait_until has_waiters 1
	q close jobs
	ended=0
	wait "$put" || ended=$?
	assert_equal "$ended" 69
	run -0 cat err.put
	assert_output "sigslot: queue 'jobs' is closed"
	q rm idle
	ended=0
	wait "$get" || ended=$?
	assert_equal "$ended" 69
	run -0 cat err.get
	assert_output "sigslot: queue 'idle' is closed, and empty"
}

@test "get --until-closed ends with 0 when all is drained, and waits for what others hold" {
	q create jobs
	q put jobs 1
	mkfifo pipe
	exec 8<>pipe
	head -c 200000 /dev/zero | sigslot queue put --raw jobs
	sigslot queue get -n 2 jobs >pipe 3>&- 8>&- &
	holder=$!
	wait_until holds_two
	q close jobs
	sigslot queue get --until-closed jobs >seen 3>&- 8>&- &
	getter=$!
	wait_until has_waiters 2
	refused 124 'no message in time' get --timeout 0s jobs
	kill -KILL "$holder"
	wait "$holder" || :
	wait "$getter"
	exec 8>&-
	[ "$(stat -c %s seen)" = 200003 ]
	refused 69 'is closed, and empty' get jobs
}

holds_two() {
	[ "$(sigslot queue stat --json jobs | jq .leased)" = 2 ]
}

@test "of twenty who make one queue, one does" {
	for number in {1..20}; do
		{ sigslot queue create jobs 2>/dev/null || echo $?; } >"end.$number" 3>&- &
		pids[number]=$!
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	run -0 bash -c 'cat end.* | uniq -c | tr -s " "'
	assert_output ' 19 73'
	q put jobs 1
	q get jobs
	assert_output 1
}

@test "F3: a queue that is not whole is nobody's, and made anew or cleaned" {
	(umask 077 && mkdir -p "$SIGSLOT_RUNTIME_DIR"/.new-{jobs,more}/q)
	q ls
	assert_output --regexp '^QUEUE +STATE +MESSAGES +BYTES +SIZE$'
	q create jobs
	assert_dir_not_exists "$SIGSLOT_RUNTIME_DIR/.new-jobs"
	run -0 --separate-stderr sigslot clean
	assert_dir_not_exists "$SIGSLOT_RUNTIME_DIR/.new-more"
	q put jobs 1
}

@test "C2: a queue for which there is no room is not made, and the sizes are said" {
	run -73 --separate-stderr bash -c 'ulimit -f 100; sigslot queue create --size 1MiB jobs'
	assert_stderr_has "queue 'jobs': cannot reserve"
	assert_stderr_has '1048576'
	refused 69 "there is no queue 'jobs'" size jobs
	run -0 ls -A "$SIGSLOT_RUNTIME_DIR"
	assert_output ''
}

@test "the workers of the manual share the work, and end when the queue is closed" {
	q create files
	workers=()
	for worker in 1 2 3 4; do
		(while file=$(sigslot queue get files); do echo "$file"; done >"seen.$worker") 2>"err.$worker" 3>&- &
		workers+=($!)
	done
	seq -f 'file %.0f' 50 | sigslot queue put -l -s files
	q close files
	for pid in "${workers[@]}"; do
		wait "$pid"
	done
	run -0 bash -c 'cat seen.* | sort -k2 -n'
	assert_output "$(seq -f 'file %.0f' 50)"
	run -0 bash -c 'cat err.* | sort -u'
	assert_output "sigslot: queue 'files' is closed, and empty"
}

@test "a get that waits ends when the run ends" {
	echo '{objects: {idle: {builtin: drop}}, queues: {jobs: {size: 64KiB}}}' >shop.yaml
	start_run shop.yaml
	sigslot queue get jobs 2>err 3>&- &
	pid=$!
	wait_until has_waiters 1
	stop_run
	ended=0
	wait "$pid" || ended=$?
	assert_equal "$ended" 69
}

@test "stat tells how old the oldest message is" {
	oldest() {
		sigslot queue stat --json q | jq "$1"
	}
	old() {
		[ "$(oldest '.oldest > 0.2')" = true ]
	}
	sigslot queue create q
	assert_equal "$(oldest .oldest)" null
	run -0 sigslot queue stat q
	assert_line --regexp '^oldest +-$'
	sigslot queue put q 1
	assert_equal "$(oldest '.oldest >= 0 and .oldest < 100')" true
	wait_until old
	run -0 sigslot queue stat q
	assert_line --regexp '^oldest +[0-9]+\.[0-9]{3}s$'
	sigslot queue put q 2
	assert_equal "$(oldest '.oldest > 0.2')" true
	sigslot queue get q
	sigslot queue get q
	assert_equal "$(oldest .oldest)" null
	sigslot queue rm q
}

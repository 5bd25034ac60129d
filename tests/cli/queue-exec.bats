# SPDX-License-Identifier: MIT
#
# queue get --exec, dead ones, retry and join: commands that work off a queue.
# shellcheck disable=SC2154 # run sets output and stderr
# shellcheck disable=SC2016 # the commands are for another shell
load ../lib/helper
load ../lib/queue

# says PATTERN: standard error matches.
says() {
	[[ $stderr =~ $1 ]] || batslib_print_kv_single_or_multi 6 wanted "$1" stderr "$stderr" |
		batslib_decorate 'standard error does not match' | fail
}

@test "a command gets the message on standard input and as arguments" {
	q create jobs
	q put jobs hello
	q put jobs '{"a": "x y"}'
	q put jobs 1 'two words' '$(touch oops)' '"; touch oops #'
	q put jobs
	q get -n 9 --exec 'echo "<$(cat)> $#:$1:$2:$3:$4"' jobs
	assert_line --index 0 '<hello> 1:hello:::'
	assert_line --index 1 '<{"a":"x y"}> 1:{"a":"x y"}:::'
	assert_line --index 2 '<[1,"two words","$(touch oops)","\"; touch oops #"]> 4:1:two words:$(touch oops):"; touch oops #'
	assert_line --index 3 '<null> 0::::'
	assert_not_exist oops
	q empty jobs
	assert_equal "$(number jobs 'done')" 4
}

@test "raw bytes are its standard input, byte for byte" {
	q create jobs
	head -c 300000 /dev/urandom >bytes
	sigslot queue put --raw jobs <bytes
	q get --exec 'cat >seen; echo $#' jobs
	assert_output 0
	cmp seen bytes
}

@test "a command need not read its input" {
	q create jobs
	head -c 300000 /dev/zero | tr '\0' x | sigslot queue put --raw jobs
	q get --exec 'exec <&-' jobs
	q empty jobs
}

@test "it takes what is there, up to -n, and waits only for the first" {
	q create jobs
	printf '1\n2\n3\n' | sigslot queue put -l jobs
	q get -n 2 --exec cat jobs
	assert_output $'1\n2'
	q get -n 9 --exec cat jobs
	assert_output 3
	refused 124 'had no message in time' get --timeout 0s --exec cat jobs
	q close jobs
	refused 69 'is closed, and empty' get --exec cat jobs
	q get --until-closed --exec cat jobs
}

@test "the environment has the attempt, and what there was before" {
	q create jobs
	q put jobs x
	export MINE=yes SIGSLOT_ATTEMPT=77
	run -1 --separate-stderr sigslot queue get --backoff 1ms --exec \
		'echo $SIGSLOT_ATTEMPT $MINE; [ $SIGSLOT_ATTEMPT = 2 ]' jobs
	assert_output '1 yes'
	q get --exec 'echo $SIGSLOT_ATTEMPT $MINE; [ $SIGSLOT_ATTEMPT = 2 ]' jobs
	assert_output '2 yes'
}

@test "a command that fails is tried again after a pause that grows" {
	q create jobs
	q put jobs x
	q close jobs
	run -1 --separate-stderr sigslot queue get --until-closed --backoff 2ms --exec \
		'[ $SIGSLOT_ATTEMPT = 4 ] || exit 7' jobs
	assert_output ''
	assert_equal "$stderr" "$(
		for n in 1 2 3; do
			echo "sigslot: queue 'jobs': message 0: exited with status 7 (attempt $n of 5): again in $((1 << n))ms"
		done
	)"
	assert_equal "$(number jobs 'done')" 1
	assert_equal "$(number jobs kept)" 0
}

@test "a message that always fails is given up while others are done" {
	q create jobs
	printf '1\n2\npoison\n3\n4\n' | sigslot queue put -l jobs
	q close jobs
	run -1 --separate-stderr sigslot queue get --until-closed --retry 2 --backoff 1ms --exec \
		'[ "$1" != poison ] || kill -SEGV $$; echo $1' jobs
	assert_equal "$(sort <<<"$output")" $'1\n2\n3\n4'
	says 'message 2: was ended by signal 11 \(SIGSEGV\) \(attempt 1 of 3\): again in 1ms'
	says 'attempt 3 of 3\): given up; .sigslot queue retry jobs. sends it back'
	assert_equal "$(number jobs 'done')" 4
	assert_equal "$(number jobs dead)" 1
	assert_equal "$(number jobs kept)" 1
	q empty jobs
	q get --dead --timeout 0s jobs
	assert_output poison
	assert_equal "$(number jobs kept)" 0
	refused 124 'had no message' get --dead --timeout 0s jobs
}

@test "65 and 125 give a message up at once" {
	q create jobs
	for code in 65 125; do
		q put jobs x
		run -1 --separate-stderr sigslot queue get --exec "exit $code" jobs
		says "exited with status $code \(attempt 1 of 5\): given up"
	done
	assert_equal "$(number jobs kept)" 2
}

@test "a command that cannot run ends it with 126 or 127, and the message stays" {
	q create jobs
	q put jobs x
	q put jobs y
	run -127 --separate-stderr sigslot queue get -n 9 --exec ./missing jobs
	says 'exited with status 127 .*: the command cannot run, the message stays'
	: >here
	run -126 --separate-stderr sigslot queue get -n 9 --exec ./here jobs
	q get -n 9 --exec 'echo $1 $SIGSLOT_ATTEMPT' jobs
	assert_output $'x 1\ny 1'
}

@test "a message that cannot be an argument is given up, not run with an empty one" {
	q create jobs
	head -c 140000 /dev/zero | tr '\0' x | sigslot queue put -s -l jobs
	run -1 --separate-stderr sigslot queue get --exec 'echo ran' jobs
	assert_output ''
	says 'argument 1 has 140000 bytes, more than the 131071 .*given up'
	assert_equal "$(number jobs kept)" 1
}

@test "retry sends dead ones back, the oldest first, and their attempts begin anew" {
	q create jobs
	printf '1\n2\n3\n' | sigslot queue put -l jobs
	run -1 sigslot queue get -n 3 --exec 'exit 65' jobs
	assert_equal "$(number jobs kept)" 3
	q retry -n 2 jobs
	assert_output 2
	q get -n 9 --exec 'echo $1 $SIGSLOT_ATTEMPT' jobs
	assert_output $'1 1\n2 1'
	q retry jobs
	assert_output 1
	q retry jobs
	assert_output 0
	q get jobs
	assert_output 3
}

@test "retry waits for room, and says when there was none in time" {
	q create --messages 1 jobs
	q put jobs x
	run -1 sigslot queue get --exec 'exit 65' jobs
	q put jobs y
	run -75 --separate-stderr sigslot queue retry --timeout 10ms jobs
	assert_output 0
	assert_stderr_has "queue 'jobs' is full"
	sigslot queue retry jobs >sent 3>&- &
	q get jobs
	assert_output y
	ended 0 $!
	assert_equal "$(cat sent)" 1
	q get jobs
	assert_output x
}

@test "a queue with dead ones is not removed without force" {
	q create jobs
	q put jobs x
	run -1 sigslot queue get --exec 'exit 65' jobs
	run -1 --separate-stderr sigslot queue rm jobs
	assert_stderr "sigslot: queue 'jobs' is kept: 1 message is in it; --force drops them"
	run -0 --separate-stderr sigslot queue rm -f jobs
	assert_stderr "sigslot: queue 'jobs' was removed with 1 message"
	assert_not_exist "$SIGSLOT_RUNTIME_DIR/jobs"
}

@test "a run that ends keeps the dead ones of its queues" {
	printf '%s\n' 'queues: {jobs: {}}' 'objects: {a: {run: ":"}}' >t.yaml
	start_run t.yaml
	q put t/jobs x
	run -1 sigslot queue get --exec 'exit 65' t/jobs
	stop_run
	grep -q '1 kept' "$RUN_ERR"
	assert_exist "$SIGSLOT_RUNTIME_DIR/t/q/jobs.dead"
	start_run t.yaml
	q retry t/jobs
	assert_output 1
	q get t/jobs
	assert_output x
	stop_run
}

# begun FILE: the command has written it.
begun() {
	[ -s "$1" ]
}

@test "four workers and one join: all is done when it ends" {
	local pid pids=

	q create jobs
	for _ in 1 2 3 4; do
		sigslot queue get --until-closed --exec 'echo $1 >>$PPID.done' jobs 3>&- &
		pids="$pids $!"
	done
	seq 200 | sigslot queue put -l jobs
	q join jobs
	assert_equal "$(sort -n ./*.done)" "$(seq 200)"
	q close jobs
	for pid in $pids; do
		ended 0 "$pid"
	done
	assert_equal "$(number jobs 'done')" 200
}

@test "join waits for what is handed out or backs off, and not for dead ones" {
	q create jobs
	q join jobs
	q put jobs x
	refused 124 "queue 'jobs' still has 1 message, 0 of them handed out" join --timeout 0s jobs
	mkfifo go
	sigslot queue get --exec 'cat >seen; read -r _ <go; exit 3' --backoff 1h jobs 2>err 3>&- &
	wait_until begun seen
	refused 124 "still has 1 message, 1 of them handed out" join --timeout 20ms jobs
	echo >go
	ended 1 $!
	refused 124 "still has 1 message, 0 of them handed out" join --timeout 20ms jobs
	q create others
	q put others x
	run -1 sigslot queue get --exec 'exit 65' others
	q join others
}

@test "a worker that is killed takes its command with it, and another one goes on" {
	local worker shell sleeper

	q create jobs
	sigslot queue get --exec 'sleep 1000 & sleep 1000 & echo $$ $! >pids; wait' jobs 3>&- &
	worker=$!
	q put jobs x
	wait_until begun pids
	sigslot queue join jobs 3>&- &
	kill -KILL "$worker"
	read -r shell sleeper <pids
	wait_until process_gone "$shell"
	wait_until process_gone "$sleeper"
	q get --exec 'echo $1 $SIGSLOT_ATTEMPT' jobs
	assert_output 'x 2'
	ended 0 $!
}

@test "a waiting worker gets what another one died with" {
	local first

	q create jobs
	sigslot queue get --exec 'echo >begun; sleep 1000' jobs 3>&- &
	first=$!
	q put jobs x
	wait_until begun begun
	sigslot queue get --exec 'echo $1 $SIGSLOT_ATTEMPT >seen' jobs 3>&- &
	kill -KILL "$first"
	ended 0 $!
	assert_equal "$(cat seen)" 'x 2'
}

@test "a message whose workers always die is given up, too" {
	q create jobs
	q put jobs x
	for _ in 1 2 3; do
		run -137 sigslot queue get --retry 2 --exec 'kill -KILL $PPID; sleep 1000' jobs
	done
	run -1 --separate-stderr sigslot queue get --retry 2 --exec 'echo ran' jobs
	assert_output ''
	says 'whoever had it before died \(attempt 4 of 3\): given up'
	assert_equal "$(number jobs kept)" 1
}

# storm: three workers, one of which is killed again and again.
storm() {
	local kills=0 pids=() which

	while ((kills < 30)); do
		for which in 0 1 2; do
			[ -n "${pids[which]}" ] && ! process_gone "${pids[which]}" && continue
			sigslot queue get --until-closed --retry 2 --backoff 1ms --exec \
				'case $1 in *7) exit 65 ;; *) echo $1 >>"$HOME/did" ;; esac' \
				jobs 2>/dev/null 3>&- &
			pids[which]=$!
		done
		wait_until has_lines did "$kills"
		kill -KILL "${pids[kills % 3]}"
		kills=$((kills + 1))
	done
	kill -TERM "${pids[@]}" 2>/dev/null
	for which in 0 1 2; do
		wait_until process_gone "${pids[which]}"
	done
}

@test "workers killed at random: each message is done or dead, none is lost" {
	export HOME=$PWD
	: >did
	q create jobs
	seq 100 | sigslot queue put -l jobs
	storm
	sigslot queue close jobs
	run sigslot queue get --until-closed --exec \
		'case $1 in *7) exit 65 ;; *) echo $1 >>did ;; esac' jobs
	q empty jobs
	sigslot queue get --dead -n 1000 --timeout 0s jobs >dead
	assert_equal "$(sort -nu did dead)" "$(seq 100)"
	assert_equal "$(grep -c 7$ <(sort -u dead))" 10
}

@test "TERM ends the command first, and the message goes back as not tried" {
	local worker

	q create jobs
	q put jobs x
	sigslot queue get --exec 'trap "echo term >>seen; exit 9" TERM; echo >begun; sleep 1000 & wait' \
		jobs 3>&- &
	worker=$!
	wait_until begun begun
	kill -TERM "$worker"
	ended 143 "$worker"
	assert_equal "$(cat seen)" term
	q get --exec 'echo $SIGSLOT_ATTEMPT' jobs
	assert_output 1
}

@test "HUP as well; and what a command finishes in spite of it is done" {
	local worker

	q create jobs
	q put jobs x
	sigslot queue get --exec 'trap "exit 0" TERM; echo >begun; sleep 1000 & wait' jobs 3>&- &
	worker=$!
	wait_until begun begun
	kill -HUP "$worker"
	ended 129 "$worker"
	q empty jobs
}

@test "what a command leaves in the background ends with the worker" {
	q create jobs
	q put jobs x
	q get --exec 'sleep 1000 >/dev/null 2>&1 & echo $!' jobs
	wait_until process_gone "$output"
}

@test "a command has a process group of its own, and only 0, 1 and 2" {
	q create jobs
	q put jobs x
	q get --exec 'ls /proc/self/fd | tr "\n" " "; ps -o pgid= -p $PPID; ps -o pgid= -p $$' jobs
	assert_equal "$(sed -n '1s/ [0-9]* *[0-9]*$//p' <<<"$output")" '0 1 2'
	[ "$(sed -n '1s/.* //p' <<<"$output")" != "$(sed -n '2s/.* //p' <<<"$output")" ]
}

@test "while it waits nothing wakes it" {
	local worker

	q create jobs
	sigslot queue get --exec cat jobs 3>&- >seen &
	worker=$!
	wait_until quiet "$worker"
	q put jobs x
	ended 0 "$worker"
	assert_equal "$(cat seen)" x
}

@test "what does not go together is wrong usage" {
	q create jobs
	refused 64 'do not go with it' get --exec cat --raw jobs
	refused 64 'do not go with it' get --exec cat --dead jobs
	refused 64 'go together' get --lease jobs
	refused 64 'go together' get --for 1 jobs
}

@test "a message too long for an argument is given up, and with --no-args it is input of any size" {
	head -c 300000 /dev/zero | tr '\0' x >large
	sigslot queue create q
	sigslot queue put -l q <large
	run -1 --separate-stderr sigslot queue get --timeout 0s --exec 'cat >got' q
	assert_stderr_has 'given up'
	assert_file_not_exist got
	sigslot queue retry q
	run -0 --separate-stderr sigslot queue get --timeout 0s --no-args --exec 'echo $# >args; cat >got' q
	assert_output ''
	assert_stderr ''
	run -0 cat args
	assert_output 0
	run -0 cmp got <(cat large; echo)
	run -64 --separate-stderr sigslot queue get --no-args q
	assert_stderr_has '--no-args is for the command of --exec'
	sigslot queue rm q
}

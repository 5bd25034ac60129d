# SPDX-License-Identifier: MIT
#
# queue pipe: two scripts talk to each other.
# shellcheck disable=SC2154 # run sets output and stderr
# shellcheck disable=SC2030,SC2031 # each test has its own RIGHT_PID
load ../lib/helper
load ../lib/queue

# side left|right [NAME]: one side in the background; LEFT_PID or RIGHT_PID. It reads
# the FIFO SIDE.in, which the test has open as 7 or 8, and writes SIDE.out.
side() {
	mkfifo "$1.in"
	case $1 in
	left) exec 7<>left.in ;;
	right) exec 8<>right.in ;;
	esac
	sigslot queue pipe "${2:-talk}" "$1" <"$1.in" >"$1.out" 2>"$1.err" 3>&- 7>&- 8>&- &
	case $1 in
	left) LEFT_PID=$! ;;
	right) RIGHT_PID=$! ;;
	esac
}

nothing_left() {
	[ -z "$(ls -A "$SIGSLOT_RUNTIME_DIR")" ]
}

sleeps() {
	grep -q '^State:.*S' "/proc/$1/status"
}

@test "lines go both ways, whoever comes first" {
	local first second

	for first in left right; do
		second=$([ "$first" = left ] && echo right || echo left)
		printf 'a\nb\n' | sigslot queue pipe talk "$first" >first.out 3>&- &
		printf '1\n\n3' | sigslot queue pipe talk "$second" >second.out
		ended 0 $!
		printf '1\n\n3\n' | cmp - first.out
		printf 'a\nb\n' | cmp - second.out
		nothing_left
	done
}

@test "a side may say all before the other one comes" {
	side left
	seq 10 >&7
	exec 7>&-
	wait_until sleeps "$LEFT_PID"
	sigslot queue pipe talk right </dev/null >seen
	assert_equal "$(cat seen)" "$(seq 10)"
	ended 0 "$LEFT_PID"
}

@test "much in both directions at the same time, and all of it arrives" {
	seq 200000 | sigslot queue pipe talk left >left.out 3>&- &
	seq 200001 400000 | sigslot queue pipe talk right >right.out
	ended 0 $!
	seq 200000 | cmp - right.out
	seq 200001 400000 | cmp - left.out
}

@test "any bytes are a line, and 400,000 of them too" {
	head -c 400000 /dev/urandom | tr '\n' x >line
	printf '\xff\0\n' >>line
	sigslot queue pipe talk left <line >/dev/null 3>&- &
	sigslot queue pipe talk right </dev/null >seen
	ended 0 $!
	cmp seen line
}

@test "a line that is too long is refused" {
	head -c 600000 /dev/zero | tr '\0' x >line
	refused 65 'a line has more than the' pipe talk left <line
	nothing_left
}

@test "an answer comes while both sides are open" {
	side left
	side right
	for n in 1 2 3; do
		echo "question $n" >&7
		wait_until has_lines right.out "$n"
		echo "answer $n" >&8
		wait_until has_lines left.out "$n"
	done
	assert_equal "$(tail -n 1 right.out)" 'question 3'
	assert_equal "$(tail -n 1 left.out)" 'answer 3'
	exec 7>&- 8>&-
	ended 0 "$LEFT_PID"
	ended 0 "$RIGHT_PID"
	nothing_left
}

@test "standard output ends with the other side's input, while one's own goes on" {
	mkfifo heard
	side right
	sigslot queue pipe talk left </dev/null >first.out 3>&- 8>&- &
	echo here >&8
	wait_until has_lines first.out 1
	kill -KILL "$RIGHT_PID"
	ended 69 $!
	rm right.in
	mkfifo right.in
	sigslot queue pipe talk right <right.in >heard 3>&- 8>&- &
	RIGHT_PID=$!
	exec 8>right.in
	echo bye | sigslot queue pipe talk left >left.out 3>&- 8>&- &
	# this reads to the end of the right one's standard output
	assert_equal "$(cat heard)" bye
	run process_gone "$RIGHT_PID"
	assert_failure
	echo still here >&8
	wait_until has_lines left.out 1
	exec 8>&-
	ended 0 "$RIGHT_PID"
	ended 0 $!
	nothing_left
}

@test "kill -9 of one side: the other gets all that was said, and the end" {
	local one

	for one in left right; do
		rm -f ./*.in
		side left
		side right
		echo hello >&7
		wait_until has_lines right.out 1
		echo hello >&8
		wait_until has_lines left.out 1
		if [ "$one" = left ]; then
			kill -KILL "$LEFT_PID"
			ended 69 "$RIGHT_PID"
			assert_equal "$(cat right.err)" \
				"sigslot: the left side of the pipe 'talk' has ended before its input did"
		else
			kill -KILL "$RIGHT_PID"
			ended 69 "$LEFT_PID"
		fi
		wait "$LEFT_PID" "$RIGHT_PID" || :
		exec 7>&- 8>&-
		nothing_left
	done
}

@test "what a killed side had not read is told" {
	side left
	side right
	echo x >&7
	wait_until has_lines right.out 1
	kill -STOP "$RIGHT_PID"
	echo y >&7
	wait_until has_number talk/right messages 1
	kill -KILL "$RIGHT_PID"
	ended 69 "$LEFT_PID"
	grep -q "did not read all lines" left.err
	nothing_left
}

@test "after both were killed the name can be used again" {
	side left
	side right
	echo old >&7
	wait_until has_lines right.out 1
	kill -STOP "$LEFT_PID" "$RIGHT_PID"
	kill -KILL "$LEFT_PID" "$RIGHT_PID"
	wait "$LEFT_PID" "$RIGHT_PID" || :
	echo new | sigslot queue pipe talk left >left.out 3>&- &
	sigslot queue pipe talk right </dev/null >right.out
	ended 0 $!
	assert_equal "$(cat right.out)" new
	nothing_left
}

@test "clean removes what is left when both were killed, and leaves what lives" {
	side left
	wait_until test -e "$SIGSLOT_RUNTIME_DIR/talk/q/left"
	wait_until sleeps "$LEFT_PID"
	run -0 sigslot clean
	assert_output ''
	kill -KILL "$LEFT_PID"
	wait "$LEFT_PID" || :
	run -0 --separate-stderr sigslot clean
	assert_output "removed 'talk'"
	assert_stderr ''
	nothing_left
}

@test "a side that ends alone leaves nothing behind" {
	side left
	wait_until sleeps "$LEFT_PID"
	wait_until test -e "$SIGSLOT_RUNTIME_DIR/talk"
	kill -TERM "$LEFT_PID"
	ended 143 "$LEFT_PID"
	nothing_left
}

@test "a side is one process's, and a name one thing's" {
	side left
	wait_until test -e "$SIGSLOT_RUNTIME_DIR/talk/q/left"
	wait_until sleeps "$LEFT_PID"
	refused 75 "somebody has the left side of the pipe 'talk'" pipe talk left </dev/null
	refused 64 "'top' is no side: say left or right" pipe talk top
	refused 64 'is not a name' pipe a.b left
	q create jobs
	refused 73 "the name 'jobs' is taken by a queue or an instance" pipe jobs left </dev/null
	q size jobs
	kill -TERM "$LEFT_PID"
	ended 143 "$LEFT_PID"
}

@test "a closed reader ends it, and the other side is told" {
	side right
	sigslot queue pipe talk left </dev/null >/dev/full 2>err 3>&- 8>&- &
	echo x >&8
	ended 74 $!
	grep -q 'cannot write to standard output: No space left on device' err
	ended 69 "$RIGHT_PID"
	grep -q "the left side of the pipe 'talk' has ended" right.err
	exec 8>&-
	nothing_left
}

@test "an open pipe in which nobody speaks wakes nobody" {
	side left
	side right
	echo x >&7
	wait_until has_lines right.out 1
	echo x >&8
	wait_until has_lines left.out 1
	wait_until quiet "$LEFT_PID"
	wait_until quiet "$RIGHT_PID"
	exec 7>&- 8>&-
	ended 0 "$LEFT_PID"
	ended 0 "$RIGHT_PID"
}

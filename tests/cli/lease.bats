# SPDX-License-Identifier: MIT
#
# queue get --lease, done, nack: messages that a script holds for as long as it lives.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper
load ../lib/queue

# owner: a process for which something is leased: OWNER.
owner() {
	sleep 1000 3>&- &
	OWNER=$!
}

end_owner() {
	kill -KILL "$OWNER"
	wait "$OWNER" || :
}

# lease QUEUE [OPTION...]: sets TOKEN and MESSAGE.
lease() {
	local line

	line=$(sigslot queue get --lease --for "$OWNER" "$@")
	TOKEN=${line%%$'\t'*} MESSAGE=${line#*$'\t'}
}

keepers() {
	local file name

	for file in $(left_processes); do
		read -r name 2>/dev/null <"/proc/$file/comm" || continue
		[ "$name" != sigslot-keeper ] || echo "$file"
	done
}

# keeper: the pid of the only one.
keeper() {
	local all

	all=$(keepers)
	[ "$(wc -w <<<"$all")" = 1 ]
	echo "$all"
}

no_keepers() {
	[ -z "$(keepers)" ]
}

@test "a leased message is nobody else's until it is done" {
	owner
	q create jobs
	q put jobs hello
	lease jobs
	assert_equal "$MESSAGE" hello
	assert_regex "$TOKEN" '^jobs/jobs:[0-9a-f-]+$'
	assert_equal "$(number jobs leased)" 1
	refused 124 'had no message' get --timeout 0s jobs
	q 'done' "$TOKEN"
	assert_output ''
	assert_equal "$(number jobs 'done')" 1
	q empty jobs
	wait_until no_keepers
	end_owner
}

@test "a message comes back at once when its process ends, and its attempt counts" {
	owner
	q create jobs
	q put jobs x
	lease jobs
	sigslot queue get --exec 'echo "$1 $SIGSLOT_ATTEMPT" >seen' jobs 3>&- &
	end_owner
	ended 0 $!
	assert_equal "$(cat seen)" 'x 2'
	wait_until no_keepers
	run -1 --separate-stderr sigslot queue 'done' "$TOKEN"
	assert_stderr_has 'is not leased under this token any more'
}

@test "what is done twice is refused the second time" {
	owner
	q create jobs
	q put jobs x
	lease jobs
	q 'done' "$TOKEN"
	for word in 'done' nack; do
		run -1 --separate-stderr sigslot queue "$word" "$TOKEN"
		assert_output ''
		assert_stderr "sigslot: queue 'jobs': message 0 is not leased under this token any more: it was settled before, or its lease was lost"
	done
	assert_equal "$(number jobs 'done')" 1
	end_owner
}

@test "nack gives a message back, with --delay later" {
	owner
	q create jobs
	q put jobs x
	lease jobs
	q nack "$TOKEN"
	lease jobs --timeout 0s
	assert_equal "$MESSAGE" x
	q nack --delay 1h "$TOKEN"
	refused 124 'had no message' get --timeout 0s jobs
	assert_equal "$(number jobs waiting)" 1
	wait_until no_keepers
	q put jobs y
	lease jobs
	q nack --delay 20ms "$TOKEN"
	q get --exec 'echo $1 $SIGSLOT_ATTEMPT' jobs
	assert_output 'y 2'
	end_owner
}

@test "nack --dead gives it up, and retry sends it back" {
	owner
	q create jobs
	q put jobs x
	lease jobs
	q nack --dead "$TOKEN"
	q empty jobs
	assert_equal "$(number jobs kept)" 1
	q retry jobs
	assert_output 1
	q get jobs
	assert_output x
	refused 64 'exclude each other' nack --dead --delay 1s "$TOKEN"
	end_owner
}

@test "two leases of one process are two, and both come back" {
	local first

	owner
	q create jobs
	printf 'a\nb\n' | sigslot queue put -l jobs
	lease jobs
	first=$TOKEN
	lease jobs
	[ "$first" != "$TOKEN" ]
	q 'done' "$first"
	assert_equal "$(number jobs leased)" 1
	end_owner
	q get jobs
	assert_output b
	wait_until no_keepers
}

@test "several messages have a token each, and one keeper until the last is settled" {
	local tokens

	owner
	q create jobs
	printf 'a\nb\nc\n' | sigslot queue put -l jobs
	sigslot queue get --lease --for "$OWNER" -n 9 jobs >lines
	assert_equal "$(cut -f 2 lines)" $'a\nb\nc'
	mapfile -t tokens < <(cut -f 1 lines)
	q 'done' "${tokens[0]}" "${tokens[2]}"
	keeper
	assert_equal "$(number jobs leased)" 1
	q nack "${tokens[1]}"
	wait_until no_keepers
	q get jobs
	assert_output b
	end_owner
}

@test "messages come back in order when their process ends" {
	owner
	q create jobs
	printf 'a\nb\nc\n' | sigslot queue put -l jobs
	sigslot queue get --lease --for "$OWNER" -n 9 jobs >lines
	q put jobs d
	end_owner
	wait_until has_number jobs waiting 4
	q get -n 9 jobs
	assert_output $'a\nb\nc\nd'
}

@test "a killed keeper: the message comes back" {
	owner
	q create jobs
	q put jobs x
	lease jobs
	kill -KILL "$(keeper)"
	wait_until no_keepers
	q get --exec 'echo $1 $SIGSLOT_ATTEMPT' jobs
	assert_output 'x 2'
	run -1 sigslot queue 'done' "$TOKEN"
	end_owner
}

@test "a stopped keeper holds nobody up: done works, and it ends" {
	owner
	q create jobs
	q put jobs x
	lease jobs
	kill -STOP "$(keeper)"
	q 'done' "$TOKEN"
	wait_until no_keepers
	q empty jobs
	end_owner
}

@test "a keeper has nothing open but what it needs, and is a session of its own" {
	local pid

	owner
	q create jobs
	q put jobs x
	lease jobs
	pid=$(keeper)
	assert_equal "$(ps -o sid= -p "$pid" | tr -d ' ')" "$pid"
	assert_equal "$(readlink "/proc/$pid/cwd")" /
	for fd in 0 1 2; do
		assert_equal "$(readlink "/proc/$pid/fd/$fd")" /dev/null
	done
	run bash -c "readlink /proc/$pid/fd/* | LC_ALL=C sort -u"
	assert_output - <<-EOF
	/dev/null
	$SIGSLOT_RUNTIME_DIR/jobs/id
	$SIGSLOT_RUNTIME_DIR/jobs/q/jobs/data
	$SIGSLOT_RUNTIME_DIR/jobs/q/jobs/space
	anon_inode:[pidfd]
	EOF
	end_owner
}

@test "a keeper sleeps: nothing wakes it while its process lives" {
	local n pid

	owner
	q create jobs
	q put jobs x
	lease jobs
	pid=$(keeper)
	for n in {1..5}; do
		q put jobs "$n"
		q get jobs
	done
	wait_until quiet "$pid"
	end_owner
}

@test "who closes its input before the token was read has leased nothing" {
	owner
	q create jobs
	q put jobs x
	run -74 --separate-stderr bash -c "sigslot queue get --lease --for $OWNER jobs >/dev/full"
	assert_stderr_has '1 message was given back'
	wait_until no_keepers
	q get --exec 'echo $SIGSLOT_ATTEMPT' jobs
	assert_output 1
	end_owner
}

@test "a wait for a process that ends is over" {
	local get

	owner
	q create jobs
	sigslot queue get --lease --for "$OWNER" jobs 2>err 3>&- &
	get=$!
	wait_until asleep "$get"
	end_owner
	ended 69 "$get"
	grep -q "queue 'jobs': the process has ended" err
	q put jobs x
	refused 69 "there is no process $OWNER, or not any more" get --lease --for "$OWNER" jobs
	refused 69 'there is no process 4194999' get --lease --for 4194999 jobs
}

@test "a queue of a topology gives leases, too" {
	printf '%s\n' 'queues: {jobs: {}}' 'objects: {a: {run: ":"}}' >t.yaml
	start_run t.yaml
	owner
	q put t/jobs x
	lease t/jobs
	assert_regex "$TOKEN" '^t/jobs:'
	q 'done' "$TOKEN"
	wait_until no_keepers
	end_owner
	stop_run
}

@test "what is no token is refused, and one of a queue that is gone" {
	owner
	q create jobs
	q put jobs x
	lease jobs
	refused 64 "'x' is not a token" 'done' x
	refused 64 'is not a token' nack jobs/jobs:1-2-3
	q 'done' "$TOKEN"
	q rm jobs
	refused 69 "there is no instance 'jobs'" 'done' "$TOKEN"
	q create jobs
	q put jobs x
	run -1 sigslot queue 'done' "$TOKEN"
	end_owner
}

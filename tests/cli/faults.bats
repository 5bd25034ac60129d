# SPDX-License-Identifier: MIT
#
# Faults of the machine and of others, by their rows in the catalogue: stopped processes
# (B), files cut off and resources that are used up (C).
# shellcheck disable=SC2154,SC2030,SC2031 # run sets output and stderr; tests are subshells
load ../lib/helper

# One loop in a worker of its own, which writes what it gets.
collector() {
	cat >t.yaml <<-END
		sigslot: 1
		processes: {other: {}}
		loops: {l: {process: other, objects: {b: {filter: cat >> seen}}}}
	END
	start_run t.yaml
	worker=$(sigslot ps --json t | jq -r 'select(.loop == "l") | .pid')
}

ring() {
	echo "$SIGSLOT_RUNTIME_DIR/t/q/l/ring"
}

# Makes the lock of a queue look as if that place had taken it.
latch() { # PLACE
	perl -e '
		my ($dir, $place) = @ARGV;
		my ($generation, $word) = (0, 0);
		if ($place) {
			open my $id, "<", "$dir/id" or die;
			seek $id, 8192 + 4 * $place, 0;
			read $id, $generation, 4;
			$word = $place | unpack("L", $generation) << 13;
		}
		open my $ring, "+<", "$dir/q/l/ring" or die;
		seek $ring, 128, 0;
		print $ring pack("L", $word);' "$SIGSLOT_RUNTIME_DIR/t" "$1"
}

# The place of a process: the byte of the file of places that it has a lock on.
place_of() { # PID
	local inode

	inode=$(stat -c %i "$SIGSLOT_RUNTIME_DIR/t/id")
	awk -v pid="$1" -v inode="$inode" '
		$5 == pid && $6 ~ ":" inode "$" && $7 == $8 { print $7; exit }' /proc/locks
}

@test "B2: who stops while it holds the lock of a queue is named, and then waited for no longer" {
	collector
	sigslot emit b first
	wait_until has_lines seen 1
	sigslot wait --for idle t # or it might hold the lock indeed
	kill -STOP "$worker"
	latch "$(place_of "$worker")"
	run -75 --separate-stderr sigslot emit --timeout 100ms b late
	assert_stderr_has "queue 'l' is locked by process $worker (sigslot run"
	assert_stderr_has 'which does not run: continue or kill it'
	sigslot emit b second &
	emit=$!
	latch 0
	kill -CONT "$worker"
	wait "$emit"
	wait_until has_lines seen 2
	stop_run
	run -0 cat seen
	assert_output "first
second"
}

# up: for how long the machine is up, in hundredths of a second.
up() {
	local text

	read -r text _ </proc/uptime
	echo $((10#${text/./}))
}

# steady SINCE: ticks beside the wall clock, and what has passed of it since the machine
# is up. Succeeds if no more came than their time since then, however late a busy machine
# writes them down, and none was left out for long.
steady() {
	awk -v first="$1" '
	NR > 1 && $1 - last > 5 { gap = 1 }
	{ last = $1; if ($2 > most) most = $2; if (!least || $2 < least) least = $2 }
	END { exit gap || NR > (last - first / 100) / 0.05 + 1 || most - least < 172790 }' ticks
}

@test "B4: a wall clock that jumps by a day, and back by two, moves no timer" {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  t: {every: 50ms}
		  b: {run: 'echo "$(cut -d" " -f1 /proc/uptime) $(date +%s)" >> ticks'}
		connections: [t -> b]
	END
	echo 0 >offset
	since=$(up)
	LD_PRELOAD=$SIGSLOT_BUILD/tests/plugins/jump.so JUMP_FILE=$PWD/offset start_run t.yaml
	wait_until has_lines ticks 10
	echo 86400 >offset
	wait_until has_lines ticks 30
	echo -86400 >offset
	wait_until has_lines ticks 50
	stop_run
	run -0 steady "$since"
}

@test "B5: what was stopped for a while makes up for no tick that it missed" {
	printf '%s\n' 'sigslot: 1' 'objects: {t: {every: 20ms}, b: {run: echo >> ticks}}' \
		'connections: [t -> b]' >t.yaml
	since=$(up)
	start_run t.yaml
	worker=$(sigslot ps --json t | jq -r 'select(.loop == "b") | .pid')
	wait_until has_lines ticks 3
	kill -STOP "$worker"
	wait_until process_stopped "$worker"
	stopped=$(up)
	sleep 1 # fifty ticks
	still=$(($(up) - stopped))
	before=$(wc -l <ticks)
	kill -CONT "$worker"
	wait_until has_lines ticks $((before + 3))
	stop_run
	ran=$(($(up) - since - still))
	# one in two hundredths of a second, and one more when it goes on
	assert [ "$(wc -l <ticks)" -le $((ran / 2 + 2)) ]
}

@test "C3: a queue cut off under emit: it names the queue and ends with 70" {
	collector
	# emit -l has the queue mapped before the second line comes
	mkfifo lines
	sigslot emit -l b <lines >out 2>err &
	emit=$!
	exec 8>lines
	echo first >&8
	wait_until has_lines seen 1
	sigslot wait --for idle t
	kill -STOP "$worker" "$RUN_PID"
	truncate -s 0 "$(ring)"
	echo second >&8
	exec 8>&-
	status=0
	wait "$emit" || status=$?
	assert_equal "$status" 70
	run -0 cat err
	assert_output "sigslot: queue 'l' is damaged: its file was cut off while it was in use"
	kill -KILL "$worker" "$RUN_PID"
	wait_run || :
	sigslot clean --force
}

@test "C3: a queue cut off under a worker: it says so, and nobody else is harmed" {
	cat >t.yaml <<-END
		sigslot: 1
		processes: {other: {restart: {when: never}}}
		loops: {l: {process: other, objects: {b: {filter: cat >> seen}}}}
		objects: {c: {filter: cat >> others}}
	END
	start_run t.yaml
	sigslot emit b first
	wait_until has_lines seen 1
	seq 1000 | sigslot emit -l c
	truncate -s 0 "$(ring)"
	# a token makes the worker look
	echo x >"$SIGSLOT_RUNTIME_DIR/t/q/l/data"
	wait_until grep -q "queue 'l' is damaged: its file was cut off" "$RUN_ERR"
	# without that loop the instance ends, as after any other death of it, in order
	run_ended 1
	run -0 wc -l <others
	assert_output 1000
	run -0 grep -E "process '(main|other)' (ended|was)" "$RUN_ERR"
	assert_output --regexp "^sigslot . process 'other' [^0-9]*70\$"
	sigslot clean --force
}

@test "C3: a queue cut off under the supervisor: it ends with 70, and nothing survives it" {
	collector
	sigslot emit b first
	wait_until has_lines seen 1
	truncate -s 0 "$SIGSLOT_RUNTIME_DIR/t/q/.control/ring"
	echo x >"$SIGSLOT_RUNTIME_DIR/t/q/.control/data"
	run_ended 70
	run -0 cat "$RUN_ERR"
	assert_output --partial "sigslot: queue '.control' is damaged: its file was cut off while it was in use"
	wait_until process_gone "$worker"
	sigslot clean --force
}

@test "C4: out of descriptors is 71, and says so" {
	collector
	for n in 3 4 5 6 7; do
		status=0
		(ulimit -n "$n" && exec sigslot emit b "$n") 2>err || status=$?
		[ "$status" != 0 ] || continue
		assert_equal "$status" 71
		run -0 cat err
		assert_output --partial 'Too many open files'
	done
	sigslot emit b last
	stop_run
	assert_equal "$(tail -n 1 seen)" last
}

@test "C9: a message that no queue of that size can take is refused at once, with both sizes" {
	collector
	head -c 3000000 /dev/zero | tr '\0' x >large
	run -65 --separate-stderr sigslot emit -l b <large
	assert_stderr_has "queue 'l' takes messages of up to 1048464 bytes, this one has 3000002"
	stop_run
}

@test "C10: when every place of an instance is taken emit says so with 75" {
	collector
	perl -MFcntl -e '
		open my $id, "+<", "$ARGV[0]/id" or die;
		my $all = pack("ss x4 qq l x4", F_WRLCK, 0, 1024, 8191 - 1024 + 1, 0);
		fcntl $id, F_SETLK, $all or die "$!";
		$| = 1; print "held\n"; sleep 100' "$SIGSLOT_RUNTIME_DIR/t" >held 3>&- &
	holder=$!
	wait_until has_lines held 1
	run -75 --separate-stderr sigslot emit --timeout 100ms b late
	assert_stderr_has 'all 7168 places of the instance are in use'
	kill "$holder"
	wait_until process_gone "$holder"
	sigslot emit b early
	stop_run
	run -0 cat seen
	assert_output early
}

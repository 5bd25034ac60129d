# SPDX-License-Identifier: MIT
#
# Rows of the catalogue of faults that no test of something else proves: commands that
# cannot be run, a full disk under the log, interrupted calls, numbers of processes that
# are others' by now.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets output and stderr; tests are subshells
load ../lib/helper

@test "A5: a command that fails, dies or cannot be executed: its attempts, its end and its words are told" {
	printf '#!/bin/sh\n' >nox
	printf '#!/no/such/shell\n' >bad
	chmod +x bad
	start 'dead: letters' 'objects:' \
		'  fails: {run: "echo no luck >&2; exit 3", retry: {max: 2, backoff: 1ms}}' \
		'  dies: {run: "kill -SEGV $$", retry: {max: 2, backoff: 1ms}}' \
		'  missing: {exec: [./missing], retry: {max: 2, backoff: 1ms}}' \
		'  nox: {exec: [./nox], retry: {max: 2, backoff: 1ms}}' \
		'  bad: {exec: [./bad], retry: {max: 2, backoff: 1ms}}' \
		'queues: {letters: }'
	for name in fails dies missing nox bad; do
		sigslot emit "$name" "$name"
	done
	wait_until loop_is letters .queued 5
	run -0 bash -c 'for i in 1 2 3 4 5; do sigslot queue get letters; done | jq -c "[.payload, .exit, .signal, .attempt, .stderr]" | sort'
	assert_output "$(printf '%s\n' '["bad",127,null,1,""]' '["dies",null,"SIGSEGV",3,""]' \
		'["fails",3,null,3,"no luck\n"]' '["missing",127,null,1,""]' '["nox",126,null,1,""]')"
	kill -TERM "$RUN_PID"
	run_ended 1
}

@test "C5: a command that cannot be started for the moment: its message waits, untried" {
	start 'processes: {p: }' 'loops: {l: {process: p, objects: {a: {run: "echo \"$1 $SIGSLOT_ATTEMPT\" >> seen"}}}}'
	worker=$(loop l .pid)
	old=$(prlimit --raw --noheadings --nofile -o SOFT,HARD --pid "$worker" | awk '{print $1 ":" $2}')
	prlimit --nofile="1:${old#*:}" --pid "$worker"
	sigslot emit a x
	wait_until grep -q 'Too many open files; it waits for that' "$RUN_ERR"
	run ! test -e seen
	assert_equal "$(loop l '[.queued, .failed] | join(" ")')" '1 0'
	prlimit --nofile="$old" --pid "$worker"
	wait_until has_lines seen 1
	run -0 cat seen
	assert_output 'x 1'
	stop_run
}

@test "C7: a full disk under the log costs lines of the log, and no message" {
	make_small
	printf '%s\n' 'sigslot: 1' 'objects:' \
		'  a: {run: "seq 2000 >&2; echo \"$1\" >> seen"}' >t.yaml
	unshare -m bash -c '
		mount -t tmpfs -o size=4m,mode=700 tmpfs small || exit
		export SIGSLOT_RUNTIME_DIR=$PWD/small
		sigslot run -d t.yaml || exit
		until [ "$(stat -c %b small/t/q/a/ring)" -ge 4096 ]; do :; done
		cat /dev/zero >small/other 2>/dev/null
		seq 30 | sigslot emit -l a
		timeout 20 sigslot wait --for idle t
		timeout 20 sigslot stop t; echo $? >status
		rm small/other'
	run -0 cat status
	assert_output 0
	run -0 cmp seen <(seq 30)
}

@test "C13: a command that reads nothing, and one that writes 8 MiB before it reads, hold up nothing" {
	start 'loops: {l: {queue: {size: 4MiB}, objects: {' \
		'  deaf: {run: "sleep 60", args: none, timeout: 500ms},' \
		'  loud: {run: "head -c 8388608 /dev/zero | tr \"\\\\000\" x | fold -w 1023; echo; wc -c", args: none, emit: line, out: string}}}}' \
		'objects: {b: {filter: "cat > lines"}, c: {run: "echo >> seen"}}' 'connections: [loud.line -> b]'
	head -c 900000 /dev/zero | tr '\0' y >big
	echo >>big
	sigslot emit -l deaf <big
	sigslot emit -l loud <big
	sigslot emit c 1
	wait_until has_lines seen 1
	wait_until loop_is l .failed 1
	wait_until grep -qx 900001 lines
	sigslot wait --for idle t
	stop_run
	assert_equal "$(grep -c x lines)" 8201
}

# suspended FILE...: whether all processes whose numbers are in these files stand still.
suspended() {
	local file

	for file; do
		process_stopped "$(cat "$file")" || return 1
	done
}

running() {
	! suspended "$1"
}

# start_job: a run in a shell with job control that has a command, a filter, and what a
# command left behind; each says who it is. What is written to fd 4 is typed.
start_job() {
	printf '%s\n' 'sigslot: 1' 'processes: {p: }' 'objects:' \
		'  a: {run: "echo $$ >a; echo \"$1 $SIGSLOT_ATTEMPT\" >> seen; until [ -e gate ]; do sleep 0.02; done"}' \
		'  c: {run: "sleep 1000 >/dev/null 2>&1 & echo $! >c"}' \
		'loops: {l: {process: p, objects: {b: {filter: "echo $$ >b; echo $PPID >p; cat >> lines", ready: fd}}}}' >t.yaml
	sed -i 's/; cat >> lines/; echo >\&$SIGSLOT_READY_FD; cat >> lines/' t.yaml
	mkfifo keys
	# shellcheck disable=SC2016 # for that shell
	script -qfec 'set -m; sigslot run t.yaml; echo " stopped $?"; read -r _; fg' /dev/null <keys >screen 2>&1 3>&- &
	shell=$!
	exec 4>keys
	wait_until sigslot wait --for ready --timeout 1s t
	sigslot ps --json | jq .supervisor | head -1 >s
	sigslot emit a 1
	sigslot emit c 1
	wait_until has_lines seen 1
	wait_until has_lines c 1
}

# The job has ended, and so has the shell.
end_job() {
	wait_until process_gone "$shell"
	exec 4>&-
	wait "$shell" || :
}

@test "E2: Ctrl-Z stops a run with its workers and commands, fg lets all go on, and nothing is lost" {
	start_job
	printf '\032' >&4
	wait_until grep -q 'stopped 148' screen
	wait_until suspended s p a b c
	sigslot emit a 2
	sigslot emit b line
	touch gate
	run -0 cat seen
	assert_output '1 1'
	printf '\n' >&4
	wait_until has_lines seen 2
	wait_until has_lines lines 1
	wait_until running c
	sigslot stop t
	end_job
	run -0 cat seen
	assert_output $'1 1\n2 1'
}

@test "E2: Ctrl-Z and fg, again and again at once, leave nobody behind that stands still" {
	start_job
	touch gate
	for _ in {1..100}; do
		kill -TSTP "$(cat s)"
		kill -CONT "$(cat s)"
	done
	wait_until running s
	seq 100 | sigslot emit -l b
	wait_until has_lines lines 100
	wait_until running a
	wait_until running c
	sigslot stop t
	printf '\n' >&4
	end_job
}

@test "E2: a run that is killed while it stands still leaves nothing running" {
	start_job
	printf '\032' >&4
	wait_until grep -q 'stopped 148' screen
	kill -KILL "$(cat s)"
	printf '\n' >&4
	end_job
	wait_until no_processes
	sigslot clean --force t
}

@test "E9: everybody stopped and continued a thousand times a second loses no message and no order" {
	start 'processes: {p: }' 'objects: {f: {filter: cat}}' \
		'loops: {l: {process: p, objects: {a: {filter: "cat >> seen"}}}}' 'connections: [f -> a]'
	(exec perl -e 'my @pids = @ARGV; $SIG{TERM} = sub { kill "CONT", @pids; exit };
		for (1 .. 20000) { kill "STOP", @pids; kill "CONT", @pids; select undef, undef, undef, 0.001; }' \
		"$RUN_PID" "$(loop l .pid)" "$(loop f .pid)") 3>&- &
	storm=$!
	seq 50000 | sigslot emit -l f
	wait_until -t 50 has_lines seen 50000
	kill -TERM "$storm"
	wait "$storm" || :
	stop_run
	run -0 cmp seen <(seq 50000)
}

@test "F2: numbers of processes that a dead instance left are nobody's by now, and nothing is signalled by them" {
	start 'objects: {a: {run: "echo \"$1\" >> seen; until [ -e gate ]; do sleep 0.02; done"}}'
	worker=$(loop a .pid)
	sigslot emit a 1
	sigslot emit a 2
	wait_until has_lines seen 1
	kill -KILL "$RUN_PID"
	wait_run || :
	wait_until process_gone "$worker"
	# another process under these numbers: what they stand in is made to name a bystander
	sleep 1000 3>&- &
	other=$!
	perl -pi -e "s/\\b$RUN_PID\\b/$other/g" "$SIGSLOT_RUNTIME_DIR/t/lock"
	perl -e 'my ($file, $old, $new) = @ARGV; local $/; open my $f, "+<", $file or die;
		my $text = <$f>; my ($o, $n) = (pack("l", $old), pack("l", $new)); $text =~ s/\Q$o\E/$n/g;
		seek $f, 0, 0; print $f $text' "$SIGSLOT_RUNTIME_DIR/t/status" "$worker" "$other"
	run -0 bash -c 'sigslot ps --json | jq -r .state'
	assert_output dead
	run -69 --separate-stderr sigslot stop t
	run -69 --separate-stderr sigslot kill t
	touch gate
	start_run t.yaml
	wait_until has_lines seen 3
	stop_run
	run ! process_gone "$other"
	kill -KILL "$other"
}

@test "F3: a run killed at any moment of its start leaves nothing that the next one minds" {
	printf '%s\n' 'sigslot: 1' 'processes: {p: , q: }' \
		'loops: {l: {process: p, objects: {a: {filter: cat}}}, m: {process: q, objects: {b: {filter: cat >> seen}}}}' \
		'queues: {jobs: , more: }' 'connections: [a -> b]' >t.yaml
	for us in $(seq 200 700 14000); do
		perl -e 'my $pid = fork // die; exec "sigslot", "run", "t.yaml" unless $pid;
			select undef, undef, undef, $ARGV[0] / 1e6; kill "KILL", $pid; waitpid $pid, 0' "$us" 2>/dev/null 3>&-
		wait_until no_processes
	done
	start_run t.yaml
	sigslot emit a 1
	wait_until has_lines seen 1
	stop_run
}

@test "F10: when the last consumer has left, producers feel a full queue, and ps says so" {
	start 'loops: {l: {queue: {messages: 3}, objects: {a: {run: "echo \"$1\" >> seen"}}}}' 'objects: {b: {filter: cat}}'
	sigslot stop l
	run -0 loop l .state
	assert_output stopped
	seq 3 | sigslot emit -l a
	run -75 --separate-stderr sigslot emit --timeout 100ms a 4
	assert_stderr_has "queue 'l' is full"
	assert_equal "$(loop l .queued)" 3
	sigslot start l
	wait_until has_lines seen 3
	stop_run
}

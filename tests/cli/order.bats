# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# --- after ---

start_chain() {
	cat >t.yaml <<-'END'
		sigslot: 1
		processes: {web: {after: db}, db: {}}
		loops:
		  first: {process: web, objects: {a: {filter: 'echo a >> order; cat >> seen'}}}
		  second: {after: first, objects: {b: {filter: 'echo b >> order; cat >> seen'}}}
		  store:
		    process: db
		    objects: {s: {filter: 'echo s >> order; until [ -e gate ]; do sleep 0.02; done; echo ok; cat', ready: line}}
	END
	background t.yaml
	wait_until has_lines order 1
}

@test "what comes after another starts when that is ready, not when it has started" {
	start_chain
	sigslot emit a early
	run -124 sigslot wait --timeout 200ms t
	run -0 cat order
	assert_output s
	run -0 --separate-stderr sigslot why t/first t/second
	assert_line --partial "Loop 'first' of instance 't' is about to start when 'db' is ready, as \`after:\` says."
	assert_line --partial "Loop 'second' of instance 't' is about to start when 'first' is ready, as \`after:\` says."
	touch gate
	run -0 sigslot wait --timeout 10s t
	run -0 bash -c 'sigslot why --json t/first t/second t/store | jq -c .after'
	assert_output $'null\nnull\nnull'
	wait_until has_lines order 3
	run -0 sed -n 1p order
	assert_output s
	wait_until has_lines seen 1
	stop_run
}

@test "a run that is stopped before all has started keeps what was sent" {
	start_chain
	sigslot emit b early
	kill -TERM "$RUN_PID"
	wait_until grep -q 'in the order of' "$RUN_ERR"
	touch gate
	run_ended 1
	run -0 cat order
	assert_output s
	touch gate
	start_run t.yaml
	wait_until has_lines seen 1
	stop_run
}

@test "when a worker comes back, what was ready once is not waited for again" {
	start_chain
	touch gate
	run -0 sigslot wait --timeout 10s t
	rm gate
	sigslot kill db
	wait_until has_lines order 4
	sigslot restart t/second
	wait_until has_lines order 5
	run -0 sort order
	assert_output $'a\nb\nb\ns\ns'
	touch gate
	run -0 sigslot wait --timeout 10s t
	stop_run
}

@test "who waits for one that will never be ready is told of, and the run ends with 1" {
	cat >t.yaml <<-'END'
		sigslot: 1
		processes: {w: {}}
		loops:
		  a: {process: w, objects: {x: {filter: 'exec cat', ready: line}}}
		  b: {after: a, objects: {y: {filter: cat}}}
		  c: {after: b, objects: {z: {filter: cat}}}
	END
	background t.yaml
	wait_until loop_is a .state starting
	sigslot stop t/a
	run_ended 1
	assert_file_contains "$RUN_ERR" "loop 'b' does not start: 'a' has ended before it was ready"
	assert_file_contains "$RUN_ERR" "loop 'c' does not start: 'b' has ended before it was ready"
}

# --- init ---

@test "init runs before the loops of its process, each time, and its words are logged" {
	cat >t.yaml <<-'END'
		sigslot: 1
		processes: {w: {init: 'echo "$SIGSLOT_PROCESS $X" >&2; echo init >> order; [ -z "$(cat)" ]', env: {X: y}}}
		loops: {l: {process: w, objects: {a: {filter: 'echo a >> order; cat'}}}}
	END
	start_run t.yaml
	wait_until has_lines order 2
	run -0 cat order
	assert_output $'init\na'
	wait_until grep -qx 'w | w y' "$RUN_ERR"
	sigslot restart w
	wait_until has_lines order 4
	run -0 cat order
	assert_output $'init\na\ninit\na'
	stop_run
}

@test "an init that fails fails the start of the run" {
	cat >t.yaml <<-'END'
		sigslot: 1
		processes: {w: {init: 'echo "no disk" >&2; exit 3'}}
		loops: {l: {process: w, objects: {a: {filter: 'touch started; cat'}}}}
	END
	run -1 --separate-stderr sigslot run -d t.yaml
	assert_stderr_has 'w | no disk'
	assert_stderr_has "process 'w' cannot start: its init exited with status 3"
	assert_file_not_exist started
	[[ $(sigslot ps) != *t* ]]
}

@test "an init that takes long is ended with the run" {
	cat >t.yaml <<-'END'
		sigslot: 1
		processes: {w: {init: 'echo $$ >> pid; exec sleep 60'}}
		loops: {l: {process: w, objects: {a: {filter: cat}}}}
	END
	background t.yaml
	wait_until has_lines pid 1
	kill -KILL "$(sigslot ps --json | jq .pid)"
	wait_until has_lines pid 2
	process_gone "$(head -1 pid)"
	loop_is l .state starting
	sigslot stop --now t
	run_ended 1
	process_gone "$(tail -1 pid)"
}

# --- on_exit ---

@test "on_exit: stop-all passes the status of a source on, after all has been done" {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  a: {source: 'seq 100; exit 3', on_exit: stop-all}
		  b: {source: 'exec sleep 60'}
		  c: {filter: 'cat >> seen'}
		connections: [a -> c]
	END
	run -3 --separate-stderr sigslot run t.yaml
	assert_stderr_has "'a' has ended, and with it all stops"
	run -0 cmp seen <(seq 100)
	sed -i 's/exit 3/exit 0/' t.yaml
	run -0 --separate-stderr sigslot run t.yaml
	sed -i 's/exit 0/kill -KILL $$/' t.yaml
	run -137 --separate-stderr sigslot run t.yaml
}

@test "a process that is given up stops all with 1, or its status, or is ignored" {
	cat >t.yaml <<-'END'
		sigslot: 1
		processes: {w: {restart: {when: never}}}
		loops: {l: {process: w, objects: {a: {run: cat}}}}
		objects: {b: {filter: 'cat >> seen'}}
	END
	start_run t.yaml
	kill -KILL "$(sigslot ps --json | jq 'select(.loop == "l") | .pid')"
	run_ended 1
	sed -i 's/never}/never}, on_exit: stop-all/' t.yaml
	start_run t.yaml
	kill -KILL "$(sigslot ps --json | jq 'select(.loop == "l") | .pid')"
	run_ended 137
	sed -i 's/stop-all/ignore/' t.yaml
	start_run t.yaml
	kill -KILL "$(sigslot ps --json | jq 'select(.loop == "l") | .pid')"
	wait_until loop_is l .state failed
	sigslot emit b on
	wait_until has_lines seen 1
	kill -TERM "$RUN_PID"
	run_ended 1
}

@test "a loop that stops may stop all" {
	cat >t.yaml <<-'END'
		sigslot: 1
		loops:
		  l: {on_exit: stop-all, on_error: stop, objects: {a: {run: 'exit 4'}}}
		  m: {objects: {b: {filter: cat}}}
	END
	start_run t.yaml
	sigslot restart t/l
	sigslot stop t/l
	run_ended 0
	start_run t.yaml
	sigslot emit a 1
	run_ended 1
}

# --- sd_notify ---

# listener SOCKET: writes what it gets to the file `told`. A leading @ is abstract.
listener() {
	perl -MSocket -e '
		my $at = $ARGV[0] =~ s/^@/\0/r;
		socket(S, AF_UNIX, SOCK_DGRAM, 0) && bind(S, pack_sockaddr_un($at)) or die;
		$| = 1;
		print "up\n";
		while (defined recv(S, $x, 4096, 0)) {
			print "$x\n";
			last if $x =~ /STOPPING/;
		}
	' "$1" >told 3>&- &
	LISTENER=$!
	wait_until has_lines told 1
}

tells() {
	run -0 wait_until process_gone "$LISTENER"
	run -0 cat told
	assert_output "up
READY=1
MAINPID=$1
STATUS=ready
STOPPING=1
STATUS=stopping in the order of the flow"
}

@test "a service manager is told when all is ready, and when it stops" {
	printf '%s\n' 'sigslot: 1' 'objects:' \
		'  a: {filter: "echo ${NOTIFY_SOCKET-none} > env; cat"}' >t.yaml
	listener "$PWD/notify"
	NOTIFY_SOCKET=$PWD/notify start_run t.yaml
	stop_run
	tells "$RUN_PID"
	run -0 cat env
	assert_output none
}

monotonic() { perl -MTime::HiRes -e 'printf "%d\n", 1e6 * Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC())'; }

@test "it is told when the topology is read again, and when that is over or refused" {
	printf '%s\n' 'name: t' 'objects:' '  a: {filter: cat}' >t.yaml
	listener "$PWD/notify"
	NOTIFY_SOCKET=$PWD/notify sigslot run -d t.yaml
	pid=$(sigslot ps --json | jq .supervisor)
	wait_until has_lines told 4
	before=$(monotonic)
	sed -i 's/cat/cat -u/' t.yaml
	sigslot reload t
	wait_until has_lines told 9
	after=$(monotonic)
	run -0 sigslot wait --timeout 0 t
	run -0 sed -n 's/MONOTONIC_USEC=//p' told
	assert [ "$output" -ge "$before" ]
	assert [ "$output" -le "$after" ]
	echo x >>t.yaml
	kill -HUP "$pid"
	wait_until has_lines told 14
	sigslot stop t
	run -0 wait_until process_gone "$LISTENER"
	run -0 sed 's/[0-9][0-9]*$/N/' told
	assert_output "$(printf '%s\n' up READY=N MAINPID=N STATUS=ready \
		RELOADING=N MONOTONIC_USEC=N STATUS=reloading READY=N STATUS=ready \
		RELOADING=N MONOTONIC_USEC=N STATUS=reloading READY=N STATUS=ready \
		STOPPING=N 'STATUS=stopping in the order of the flow')"
}

@test "it may listen on an abstract socket, and to a detached run" {
	printf '%s\n' 'sigslot: 1' 'objects: {a: {filter: cat}}' >t.yaml
	listener "@sigslot.$$"
	NOTIFY_SOCKET="@sigslot.$$" sigslot run -d t.yaml
	pid=$(sigslot ps --json | jq .supervisor)
	sigslot stop t
	tells "$pid"
}

@test "nobody who listens is no failure" {
	printf '%s\n' 'sigslot: 1' 'objects: {a: {filter: cat}}' >t.yaml
	for address in "$PWD/nothing" relative @ '' "$(printf '%0200d' 1)"; do
		NOTIFY_SOCKET=$address start_run t.yaml
		stop_run
	done
}

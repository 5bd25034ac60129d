# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

row() {
	sigslot ps --json | jq -c "select(.loop == \"$1\") | $2"
}

row_is() {
	[ "$(row "$1" "$2")" = "$3" ]
}

# --- restart ---

@test "a source that ended has ended for good, unless its restart says otherwise" {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  once: {source: 'echo once'}
		  again: {source: 'echo again', restart: {when: always, backoff: 5ms, max: 3 per 1h}}
		  failing: {source: 'echo failing; exit 3', restart: {backoff: 5ms, max: 2 per 1h}}
		  well: {source: 'echo well', restart: {backoff: 5ms}}
		  out: {filter: 'cat >> seen'}
		  ends: {filter: 'jq -c --unbuffered "[.slot, .exit]" >> ended', in: object}
		connections:
		  - once, again, failing, well -> out
		  - again.finished, failing.finished, well.finished -> ends
	END
	run -1 --separate-stderr sigslot run --until-idle t.yaml
	run -0 sort seen
	assert_output "$(printf '%s\n' again again again again failing failing failing once well)"
	run -0 sort ended
	assert_output '["source",0]
["source",0]
["source",3]'
	[[ $(sigslot ps) != *t* ]]
}

@test "who is given up costs the run its status, and says how often it was tried" {
	printf '%s\n' 'sigslot: 1' 'objects:' \
		'  a: {source: "exit 3", restart: {backoff: 1ms, max: 2 per 1h}}' >t.yaml
	run -1 --separate-stderr sigslot run --until-idle t.yaml
	assert_stderr_has 'a | ended: exited with status 3; it is given up, as it was started again 2 times within 1h'
}

@test "ps and why show how a source ended, and when it starts again" {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  a: {source: 'kill -SEGV $$', restart: {backoff: 1h}}
	END
	background t.yaml
	wait_until row_is a .state '"waiting"'
	assert_equal "$(row a '[.command_exit, .command_restarts, .exit, .restarts]')" '[-11,0,null,0]'
	assert [ "$(row a .next | cut -d. -f1)" -gt 2870 ]
	run -0 --separate-stderr sigslot ps
	assert_output --partial 'waiting SIGSEGV'
	run -0 --separate-stderr sigslot why t/a
	assert_output --regexp "waits for the next start of its command in (4[789]|5[0-9])m"
	assert_output --partial "The command of 'a' last ended by SIGSEGV."
	run -124 sigslot wait --timeout 100ms t
	run -0 --separate-stderr sigslot stop --timeout 10s t
	run_ended 0
}

@test "a filter that may not be started again fails its messages" {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  a: {filter: 'read -r x; exit 3', restart: {when: never}}
		  b: {filter: 'head -1 >> seen', restart: {when: failure}}
		  bad: {filter: 'jq --unbuffered -c .payload >> failed', in: object}
		connections: [a.failed -> bad, b.failed -> bad]
	END
	start_run t.yaml
	sigslot emit a one
	wait_until row_is a .command_exit 3
	sigslot emit a two
	wait_until has_lines failed 1
	sigslot emit b three
	wait_until has_lines seen 1
	wait_until row_is b .command_exit 0
	sigslot emit b four
	wait_until has_lines failed 2
	run -0 cat failed
	assert_output $'"two"\n"four"'
	stop_run
}

@test "a budget is not refilled by starting well" {
	cat >t.yaml <<-'END'
		sigslot: 1
		processes: {w: {restart: {backoff: 1ms, max: 3 per 1h}}}
		loops: {l: {process: w, objects: {a: {run: 'kill -KILL $PPID'}}}}
	END
	start_run t.yaml
	sigslot emit a 1
	sigslot emit a 2
	sigslot emit a 3
	sigslot emit a 4
	run_ended 1
	run -0 grep -c "process 'w' is started again" "$RUN_ERR"
	assert [ "$output" -le 8 ]
	assert_file_contains "$RUN_ERR" "process 'w' is given up"
	sigslot clean --force t
}

@test "workers and commands that die together do not come back in one instant" {
	{
		printf '%s\n' 'sigslot: 1' 'processes:'
		printf '  w%d: {restart: {backoff: 1h..1h}}\n' {1..12}
		printf '%s\n' 'loops:'
		for i in {1..12}; do
			echo "  l$i: {process: w$i, objects: {o$i: {filter: cat}}}"
		done
		printf '%s\n' 'objects:'
		printf '  s%d: {source: "until [ -e gate ]; do sleep 0.02; done; exit 1", restart: {backoff: 1h..1h}}\n' {1..12}
	} >t.yaml
	start_run t.yaml
	touch gate
	# shellcheck disable=SC2046 # as many as there are
	kill -KILL $(sigslot ps --json | jq -r 'select(.process != "main") | .pid')
	wait_until waiting 24
	spread '!='
	spread '=='
	sigslot stop --now t
	run_ended 1
}

waiting() {
	[ "$(sigslot ps --json | jq -r 'select(.next) | .loop' | wc -l)" = "$1" ]
}

# spread OP: a minute between the first and the last, none before four fifths.
spread() {
	run -0 bash -c "sigslot ps --json | jq -s '[.[] | select(.process $1 \"main\" and .next) | .next] |
		[length, (max - min > 60), (min > 2870), (max < 3600)]' | xargs"
	assert_output '[ 12, true, true, true ]'
}

# --- ready ---

@test "a run is ready when its sources and filters say that they are" {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  a: {source: 'until [ -e gate ]; do sleep 0.02; done; echo up; echo a; exec sleep 60', ready: line}
		  b: {filter: 'until [ -e gate2 ]; do sleep 0.02; done; echo >&$SIGSLOT_READY_FD; cat >> seen', ready: fd}
		connections: [a -> b]
	END
	background t.yaml
	sigslot emit b first
	run -124 sigslot wait --timeout 200ms t
	assert_equal "$(row a .state) $(row b .state)" '"starting" "starting"'
	touch gate
	run -0 sigslot wait --timeout 10s t/a
	run -124 sigslot wait --timeout 200ms t
	assert_file_empty ready
	assert_file_not_exist seen
	touch gate2
	run -0 sigslot wait --timeout 10s t
	wait_until has_lines ready 1
	wait_until has_lines seen 2
	run -0 cat seen
	assert_output $'first\na'
	wait_until grep -qx 'a | up' "$RUN_ERR"
	stop_run
}

@test "who does not get ready in time is ended, and the run does not start" {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  a: {source: 'echo >&2 "no licence"; exec sleep 60', ready: {within: 2s}}
		  b: {filter: cat}
	END
	run -1 --separate-stderr sigslot run t.yaml
	assert_stderr_has 'a | no licence'
	assert_stderr_has 'a | ended: was not ready within 2s and was ended'
	assert_stderr_has "loop 'a' cannot start: a command of it never became ready"
	run -1 --separate-stderr sigslot run -d t.yaml
	assert_stderr_has 'was not ready within 2s'
	[[ $(sigslot ps) != *t* ]]
}

@test "who ends before it is ready may try again, within its budget" {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  a:
		    source: 'echo x >> tries; [ "$(wc -l <tries)" -lt 3 ] && exit 1; echo up; exec sleep 60'
		    ready: line
		    restart: {backoff: 5ms}
	END
	start_run t.yaml
	run -0 cat tries
	assert_output $'x\nx\nx'
	assert_equal "$(row a .command_restarts)" 2
	stop_run
}

@test "a run that is not ready yet can be stopped" {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  a: {source: 'exec sleep 60', ready: line}
		  b: {filter: 'exec cat', ready: fd}
	END
	background t.yaml
	wait_until row_is b .state '"starting"'
	run -0 --separate-stderr sigslot stop --timeout 15s t
	run_ended 0
	assert_file_empty ready
}

@test "ready: signal is said by the object's own signal, which others hear, too" {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  a: {source: 'until [ -e gate ]; do sleep 0.02; done; sigslot emit ready up; echo a; exec sleep 60', ready: signal}
		  b: {filter: 'until [ -e gate2 ]; do sleep 0.02; done; sigslot emit ready; cat >> seen', ready: {by: signal, within: 1m}}
		  told: {filter: cat >> told}
		connections: [a -> b, a.ready -> told]
	END
	background t.yaml
	sigslot emit b first
	run -124 sigslot wait --timeout 200ms t
	assert_equal "$(row a .state) $(row b .state)" '"starting" "starting"'
	touch gate
	run -0 sigslot wait --timeout 10s t/a
	wait_until has_lines told 1
	assert_file_contains told '^up$'
	run -124 sigslot wait --timeout 200ms t
	assert_file_not_exist seen
	touch gate2
	run -0 sigslot wait --timeout 10s t
	wait_until has_lines seen 2
	run -0 cat seen
	assert_output $'first\na'
	stop_run
}

@test "ready: signal is said anew after each start, and in time, or it is ended" {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  a: {source: 'echo x >> tries; sigslot emit ready; until [ -e go ]; do sleep 0.02; done; rm go; exit 1', ready: signal, restart: {backoff: 5ms}}
		  b: {filter: 'echo x >> bs; [ "$(wc -l <bs)" -gt 1 ] && sigslot emit ready; cat', ready: {by: signal, within: 2s}}
	END
	start_run t.yaml
	wait_until grep -q 'b | ended: was not ready within 2s and was ended' "$RUN_ERR"
	run -0 wc -l bs
	assert_output '2 bs'
	touch go
	wait_until has_lines tries 2
	run -0 sigslot wait --timeout 10s a
	assert_equal "$(row a '[.state, .command_restarts]')" '["ready",1]'
	stop_run
}

@test "ready: signal can be said by anybody, and to who does not wait it means nothing" {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  a: {filter: 'cat >> seen', ready: signal}
	END
	background t.yaml
	sigslot emit a one
	run -124 sigslot wait --timeout 100ms t
	sigslot emit a.ready
	run -0 sigslot wait --timeout 10s t
	sigslot emit a.ready
	sigslot emit a two
	wait_until has_lines seen 2
	stop_run
}

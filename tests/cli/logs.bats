# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# shop: two objects that speak, one of them in a process of its own.
start_shop() { # [ARGUMENT...]
	cat >shop.yaml <<-'END'
		processes:
		  workers: {}
		loops:
		  front:
		    objects:
		      a: {run: 'echo "a $1" >&2'}
		      b:
		        slots: {in: {run: 'echo "b $1" >&2'}, other: {run: 'echo "other $1" >&2'}}
		  pool:
		    process: workers
		    objects:
		      c: {run: 'echo "c $1" >&2'}
	END
	start_run shop.yaml "$@"
}

says() { # NAME LINES
	[ "$(sigslot logs "$1" | wc -l)" -ge "$2" ]
}

speak() {
	sigslot emit a 1
	wait_until says a 1
	sigslot emit b 2
	wait_until says b.in 1
	sigslot emit b.other 3
	wait_until says b.other 1
	sigslot emit c 4
	wait_until says c 1
}

# follow FILE [ARGUMENT...]: in the background; sets FOLLOWER.
follow() {
	sigslot logs -f "${@:2}" >"$1" 2>&1 3>&- &
	FOLLOWER=$!
}

follower_ends() {
	wait_until process_gone "$FOLLOWER"
	wait "$FOLLOWER"
}

@test "the lines of a foreground run are shown with the names of who wrote them" {
	start_shop
	speak
	run -0 --separate-stderr sigslot logs
	assert_output $'a | a 1\nb | b 2\nb.other | other 3\nc | c 4'
	assert_stderr ''
	wait_until has_lines "$RUN_ERR" 4
	assert_equal "$(cat "$RUN_ERR")" "$output"
	run -0 --separate-stderr sigslot logs shop
	assert_line --index 3 'c | c 4'
	stop_run
}

@test "the lines of a detached run are shown, too" {
	start_shop -d
	speak
	run -0 --separate-stderr sigslot logs
	assert_output $'a | a 1\nb | b 2\nb.other | other 3\nc | c 4'
	sigslot stop shop
}

@test "only the lines of those that are named: objects, slots, loops, processes" {
	start_shop
	speak
	run -0 --separate-stderr sigslot logs a shop/c
	assert_output $'a | a 1\nc | c 4'
	run -0 --separate-stderr sigslot logs b
	assert_output $'b | b 2\nb.other | other 3'
	run -0 --separate-stderr sigslot logs b.in
	assert_output 'b | b 2'
	run -0 --separate-stderr sigslot logs b.other
	assert_output 'b.other | other 3'
	run -0 --separate-stderr sigslot logs front
	assert_output $'a | a 1\nb | b 2\nb.other | other 3'
	run -0 --separate-stderr sigslot logs workers
	assert_output 'c | c 4'
	stop_run
}

@test "what the run says of a process belongs to it" {
	start_shop
	sigslot kill workers
	wait_until says workers 2
	run -0 --separate-stderr sigslot logs workers
	assert_line --index 0 "sigslot | process 'workers' was ended by SIGKILL"
	run -0 --separate-stderr sigslot logs front
	assert_output ''
	stop_run
}

@test "-n shows the last lines of those that belong" {
	start_shop
	speak
	run -0 --separate-stderr sigslot logs -n 2
	assert_output $'b.other | other 3\nc | c 4'
	run -0 --separate-stderr sigslot logs -n 1 front
	assert_output 'b.other | other 3'
	run -0 --separate-stderr sigslot logs -n 0
	assert_output ''
	stop_run
}

@test "--json is one object per line" {
	start_shop
	sigslot emit a '"q'
	wait_until says a 1
	run -0 --separate-stderr sigslot logs --json
	assert_output '{"name":"a","line":"a \"q"}'
	stop_run
}

@test "colours are for terminals alone, and not with NO_COLOR" {
	start_shop
	sigslot emit a $'x\033[2J'
	wait_until says a 1
	run -0 --separate-stderr sigslot logs
	assert_output $'a | a x\033[2J'
	run -0 env -u NO_COLOR TERM=xterm script -qec 'sigslot logs' /dev/null
	assert_output --regexp $'^\033\\[[0-9]+ma \\|\033\\[0m a x\\?\\[2J.?$'
	run -0 env NO_COLOR=1 TERM=xterm script -qec 'sigslot logs' /dev/null
	assert_output --regexp $'^a \\| a x\\?\\[2J.?$'
	stop_run
}

@test "-f goes on with what comes, and ends when the instance does" {
	start_shop
	sigslot emit a 1
	wait_until says a 1
	sigslot emit a 2
	wait_until says a 2
	follow seen -n 1 a c
	wait_until grep -qx 'a | a 2' seen
	sigslot restart workers
	sigslot emit c 3
	wait_until grep -qx 'c | c 3' seen
	stop_run
	follower_ends
	run -0 cat seen
	assert_output $'a | a 2\nc | c 3'
}

@test "-f ends, too, when the supervisor is killed, and tells its last words" {
	start_shop
	follow seen
	sigslot emit a 1
	wait_until grep -qx 'a | a 1' seen
	kill -KILL "$RUN_PID"
	run_ended 137
	follower_ends
	wait_until no_processes
	run -0 --separate-stderr sigslot logs shop
	assert_output 'a | a 1'
	run -0 --separate-stderr timeout 10 sigslot logs -f shop
	assert_output 'a | a 1'
	sigslot clean
}

@test "the log is bounded, and -f follows it over the change of files" {
	cat >t.yaml <<-'END'
		objects:
		  loud: {filter: 'while read -r n; do yes "$(printf "%01000d" "$n")" | head -n 100 >&2; done'}
	END
	start_run t.yaml -d
	follow seen
	for i in $(seq 40); do
		sigslot emit loud "$i"
		wait_until has_lines seen "$((i * 100))"
	done
	dir=$SIGSLOT_RUNTIME_DIR/t
	assert [ "$(stat -c %s "$dir/log")" -lt 1200000 ]
	assert [ "$(stat -c %s "$dir/log.1")" -lt 1200000 ]
	run -0 --separate-stderr sigslot logs
	assert [ "${#output}" -gt 1048576 ]
	assert_line --index -1 --partial 00040
	refute_line --regexp '^[^l]'
	sigslot stop t
	follower_ends
	assert_equal "$(grep -c '^loud | 0*[0-9]*$' seen)" 4000
}

@test "the log of an earlier run of a dead instance goes on" {
	start_shop
	sigslot emit a 1
	wait_until says a 1
	kill -KILL "$RUN_PID"
	run_ended 137
	wait_until no_processes
	start_run shop.yaml
	sigslot emit a 2
	wait_until says a 2
	run -0 --separate-stderr sigslot logs a
	assert_output $'a | a 1\na | a 2'
	stop_run
}

@test "what is not there is 69 with a guess, and several instances are named" {
	run -69 --separate-stderr sigslot logs
	assert_stderr "sigslot: there is no instance: 'sigslot run' starts one"
	start_shop
	run -69 --separate-stderr sigslot logs shop/pol
	assert_stderr "sigslot: instance 'shop' has no 'pol': did you mean 'pool'?"
	assert_output ''
	cp shop.yaml second.yaml
	start_run second.yaml
	run -64 --separate-stderr sigslot logs
	assert_stderr 'sigslot: there are several instances: say which one: second, shop'
	run -64 --separate-stderr sigslot logs shop/a second/a
	assert_stderr_has 'are not of one instance'
}

# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

start_two() {
	cat >shop.yaml <<-'END'
		sigslot: 1
		processes:
		  workers: {}
		loops:
		  front:
		    objects:
		      in: {signals: {line: string}}
		  pool:
		    process: workers
		    objects:
		      sink: {filter: cat >> seen}
		connections:
		  - in.line -> sink
	END
	start_run shop.yaml
}

@test "without instances there are only the headings" {
	run -0 --separate-stderr sigslot ps
	assert_output 'INSTANCE  LOOP  PID  STATE  UP  QUEUE  IN  OUT  DROPPED  RESTARTS'
	assert_stderr ''
	run -0 --separate-stderr sigslot ps --json
	assert_output ''
	assert_stderr ''
}

@test "every loop of a live instance is listed in the order of the file" {
	start_two
	run -0 --separate-stderr sigslot ps
	assert_stderr ''
	assert_line --index 0 --regexp \
		'^INSTANCE  LOOP +PID  STATE +UP  QUEUE +IN +OUT  DROPPED  RESTARTS$'
	assert_line --index 1 --regexp '^shop      front +[0-9]+  ready +[0-9]+s +0 +0 +0 +0 +0$'
	assert_line --index 2 --regexp '^shop      pool  +[0-9]+  ready +[0-9]+s +0 +0 +0 +0 +0$'
	assert_equal "${#lines[@]}" 3
	stop_run
}

@test "--json has every member, with the right types" {
	start_two
	run -0 --separate-stderr bash -c 'sigslot ps --json | jq -c "
		select(.loop == \"pool\") | map_values(type)"'
	assert_stderr ''
	assert_output '{"instance":"string","loop":"string","process":"string","pid":"number","supervisor":"number","state":"string","exit":"null","up":"number","queued":"number","queued_bytes":"number","in":"number","out":"number","dropped":"number","failed":"number","retried":"number","dead":"number","restarts":"number","command_exit":"null","command_restarts":"number","next":"null"}'
	assert_equal "$(loop pool .process)" workers
	assert_equal "$(loop pool .supervisor)" "$RUN_PID"
	stop_run
}

@test "messages in and out are counted" {
	start_two
	seq 5 | sigslot emit -l in.line
	wait_until has_lines seen 5
	wait_until loop_is pool .in 5
	wait_until loop_is pool .queued 0
	stop_run
}

@test "a worker that was killed shows as a restart and how it ended" {
	start_two
	old=$(loop pool .pid)
	kill -KILL "$old"
	wait_until loop_is pool .restarts 1
	wait_until loop_is pool .state ready
	assert_equal "$(loop pool .exit)" -9
	assert [ "$(loop pool .pid)" != "$old" ]
	assert_equal "$(loop front .restarts)" 0
	stop_run
}

@test "a dead instance is shown as dead, with what is queued" {
	start_two
	sigslot stop pool
	seq 3 | sigslot emit -l in.line
	kill -KILL "$RUN_PID"
	run_ended 137
	wait_until no_processes
	run -0 --separate-stderr sigslot ps
	assert_stderr ''
	assert_line --index 2 --regexp '^shop      pool  +-  dead.* - +3 '
	assert_equal "$(loop pool '"\(.pid) \(.supervisor) \(.state) \(.queued)"')" \
		'null null dead 3'
	sigslot clean --force
}

@test "only the instances that are named are listed" {
	start_two
	sed 's/front/other/' shop.yaml >second.yaml
	start_run second.yaml
	run -0 --separate-stderr bash -c 'sigslot ps --json second | jq -r .loop'
	assert_output $'other\npool'
	run -0 --separate-stderr bash -c 'sigslot ps --json | jq -r .instance'
	assert_output $'second\nsecond\nshop\nshop'
}

@test "an unknown instance is 69, and the others are listed all the same" {
	start_two
	run -69 --separate-stderr bash -c 'sigslot ps --json shpo shop | jq -r .loop
		exit "${PIPESTATUS[0]}"'
	assert_output $'front\npool'
	assert_stderr_has shpo
	stop_run
}

@test "it works while the supervisor is stopped" {
	start_two
	kill -STOP "$RUN_PID"
	run -0 --separate-stderr sigslot ps
	kill -CONT "$RUN_PID"
	assert_line --index 1 --partial 'ready'
	stop_run
}

# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# stats NAME FILTER: what jq makes of it.
stats() {
	sigslot stats --json "$1" | jq -c "$2"
}

stats_is() {
	[ "$(stats "$1" "$2")" = "$3" ]
}

@test "each slot tells how long messages waited and how long it took" {
	start 'objects: {slow: {run: sleep 0.2}}'
	seq 3 | sigslot emit -l slow
	wait_until stats_is slow .out 3
	assert_equal "$(stats slow '[.instance, .name, .kind, .in, .failed]')" \
		'["t","slow.in","slot",3,0]'
	assert_equal "$(stats slow '[.service_p50, .service_max] | map(. >= 0.18 and . < 5)')" \
		'[true,true]'
	# the third waited for two, the second for one
	assert_equal "$(stats slow '[.wait_max >= 0.3, .wait_p50 >= 0.1, .wait_p50 < .wait_max]')" \
		'[true,true,true]'
}

@test "one that is slow among many is seen, and so is all that waited for it" {
	start 'objects: {f: {filter: "while read -r n; do [ $n != 5 ] || sleep 0.5; echo $n; done", reply: line}}'
	seq 100 | sigslot emit -l f
	wait_until stats_is f .out 100
	assert_equal "$(stats f '[.service_p50 < 0.1, .service_max >= 0.5]')" '[true,true]'
	assert_equal "$(stats f '[.wait_p50 >= 0.4, .wait_max >= 0.5]')" '[true,true]'
}

@test "a table tells it to people, and a slot that nothing came to has no times" {
	start 'objects: {a: {builtin: drop}, b: {run: true}}' 'queues: {jobs: {}}'
	seq 1000 | sigslot emit -l a
	wait_until stats_is a .out 1000
	run -0 --separate-stderr sigslot stats
	assert_stderr ''
	assert_line --index 0 --regexp '^INSTANCE +NAME +IN +OUT +FAILED +WAIT P50 +P99 +MAX +SERVICE P50 +P99 +MAX$'
	assert_line --index 1 --regexp '^t +a\.in +1000 +1000 +0( +[0-9.]+(ns|us|ms|s)){6}$'
	assert_line --index 2 --regexp '^t +b\.in +0 +0 +0( +-){6}$'
	assert_line --index 3 --regexp '^t +jobs +0 +0 +0( +-){6}$'
	assert_equal "${#lines[@]}" 4
	assert_equal "$(stats b '[.wait_p50, .service_max]')" '[null,null]'
}

@test "every slot of a plugin, and every kind of slot, counts all of its messages" {
	cat >t.yaml <<-END
		loops:
		  l:
		    objects:
		      p: {plugin: $SIGSLOT_BUILD/tests/plugins/probe.so, slots: {one: {}, two: {}, fail: {}}}
		      f: {filter: cat}
		      s: {signals: {out: any}}
		connections: [s.out -> p.one, s.out -> p.two, s.out -> f.in]
	END
	start_run t.yaml
	seq 5000 | sigslot emit -l s.out
	seq 700 | sigslot emit -l p.one
	sigslot emit p.fail 1
	sigslot emit f 1
	sigslot wait --for idle --timeout 20s t
	wait_until stats_is f .out 5001
	assert_equal "$(stats l '[.name, .in, .out, .failed]')" \
		'["p.one",5700,5700,0]
["p.two",5000,5000,0]
["p.fail",1,1,1]
["f.in",5001,5001,0]'
	assert_equal "$(stats l '[.wait_p50, .service_p50] | map(. < 1)' | sort -u)" '[true,true]'
}

@test "tries count, and waiting is that for the first one" {
	start 'objects: {a: {run: "[ $SIGSLOT_ATTEMPT = 3 ]", retry: {max: 5, backoff: 1s..1s}}}'
	sigslot emit a 1
	wait_until stats_is a .out 3
	assert_equal "$(stats a '[.in, .failed, .wait_max < 0.9]')" '[1,2,true]'
}

@test "a name is an instance, an object, a slot, a loop, a process or a queue" {
	cat >t.yaml <<-'END'
		processes: {work: {}}
		loops:
		  l: {process: work, objects: {a: {builtin: drop}, b: {builtin: drop}}}
		objects: {c: {slots: {go: {run: true}, come: {run: true}}}}
		queues: {jobs: {}}
	END
	start_run t.yaml
	seq 3 | sigslot queue put -l jobs
	sigslot queue get jobs
	assert_equal "$(stats t .name | xargs)" 'a.in b.in c.go c.come jobs'
	assert_equal "$(stats t/b .name | xargs)" 'b.in'
	assert_equal "$(stats l .name | xargs)" 'a.in b.in'
	assert_equal "$(stats work .name | xargs)" 'a.in b.in'
	assert_equal "$(stats c.come .name | xargs)" 'c.come'
	assert_equal "$(stats jobs '[.kind, .in, .out]')" '["queue",3,1]'
	run -69 --separate-stderr sigslot stats nobody
	assert_output 'INSTANCE  NAME  IN  OUT  FAILED  WAIT P50  P99  MAX  SERVICE P50  P99  MAX'
	assert_stderr_has "'nobody'"
	stop_run
	sigslot clean --force
}

@test "killed workers, a dead instance and its next run lose nothing of it" {
	cat >t.yaml <<-'END'
		processes: {w: {}}
		loops:
		  l: {process: w, objects: {a: {builtin: drop}}}
		  m: {process: w, objects: {b: {run: sleep 100}}}
	END
	start_run t.yaml
	seq 500 | sigslot emit -l a
	wait_until stats_is a .out 500
	kill -9 "$(loop l .pid)"
	wait_until loop_is l .restarts 1
	wait_until loop_is l .state ready
	sigslot emit a 1
	wait_until stats_is a .out 501
	sigslot emit b 1
	wait_until stats_is b .in 1
	kill -9 "$RUN_PID"
	run_ended 137
	wait_until loop_is l .state dead
	assert_equal "$(stats t/a '[.in, .out]')" '[501,501]'
	assert_equal "$(stats t/b '[.in, .out, .service_max]')" '[1,0,null]'
	start_run t.yaml
	sigslot emit a 1
	wait_until stats_is a .out 502
	sigslot stop --now t
	run_ended 1
	sigslot clean --force
}

@test "what nothing came to costs no memory" {
	start 'objects: {a: {builtin: drop}, b: {run: true}, c: {filter: cat}}'
	assert_equal "$(ls "$SIGSLOT_RUNTIME_DIR/t/stats")" ''
	run grep -c /stats "/proc/$(sigslot ps --json | jq -s '.[0].pid')/maps"
	assert_output 0
	sigslot emit a 1
	wait_until stats_is a .out 1
	sigslot stats >/dev/null
	assert_equal "$(stat -c %s "$SIGSLOT_RUNTIME_DIR"/t/stats/*)" 8192
}

@test "where there is no room for it messages go on" {
	start 'objects: {a: {builtin: drop}}'
	rmdir "$SIGSLOT_RUNTIME_DIR/t/stats"
	sigslot emit a 1
	wait_until loop_is a '"\(.in) \(.queued)"' '1 0'
	assert_equal "$(stats a '[.in, .wait_max]')" '[0,null]'
}

# connection NAME FILTER: what jq makes of that one.
connection() {
	sigslot stats --connections --json | jq -c --arg name "$1" 'select(.name == $name) | '"$2"
}

# What it counts is booked when it is acknowledged, after it was timed.
connection_is() {
	[ "$(connection "$1" "$2")" = "$3" ]
}

@test "connections are counted and timed, each by itself" {
	start 'objects:' \
		'  s: {signals: {x: any, y: any}}' \
		"  a: {run: 'test \"\$1\" != 2 || [ \$SIGSLOT_ATTEMPT = 2 ]', retry: {max: 1, backoff: 1ms}}" \
		"  b: {run: 'sleep \$1'}" \
		'queues: {jobs: {}}' \
		'connections: [s.x -> a, s.y -> b, s.x -> b, s.y -> jobs]'
	sigslot emit s.y 0.5
	seq 1 3 | sed 's/.*/0.0&/' | sigslot emit -l s.x
	sigslot emit b 0.25
	wait_until stats_is b .out 5
	wait_until connection_is 's.x -> a.in' '[.kind, .in, .out, .failed, .wait_max > 0, .service_max > 0]' \
		'["connection",3,3,0,true,true]'
	wait_until connection_is 's.y -> b.in' '[.in, .out, .failed]' '[1,1,0]'
	wait_until connection_is 's.x -> b.in' '[.in, .out, .failed]' '[3,3,0]'
	wait_until connection_is '- -> b.in' '[.in, .out, .failed]' '[1,1,0]'
	assert_equal "$(connection 's.y -> b.in' '.service_p50 >= 0.45')" true
	assert_equal "$(connection 's.x -> b.in' '[.service_p50, .wait_p50] | map(. > 0)')" '[true,true]'
	assert_equal "$(connection '- -> b.in' '[.service_p50, .service_max] | map(. >= 0.23)')" '[true,true]'
	assert_equal "$(stats b '[.service_p50 < .service_max, .service_max >= 0.45, .wait_p50 > 0]')" \
		'[true,true,true]'
	assert_equal "$(connection 's.y -> jobs' '[.in, .out, .wait_max]')" '[1,0,null]'
	run -0 --separate-stderr sigslot stats --connections b
	assert_stderr ''
	assert_line --index 1 --regexp '^t +s\.y -> b\.in +1 +1 +0( +[0-9.]+(ns|us|ms|s)){6}$'
	assert_equal "${#lines[@]}" 4
	sigslot queue get jobs >/dev/null
	stop_run
}

@test "tries count for the connection that they are of, also from a queue" {
	start 'objects:' \
		'  s: {signals: {x: any, y: any}}' \
		"  a: {run: '[ \$SIGSLOT_ATTEMPT = 2 ]', retry: {max: 1, backoff: 200ms..200ms}}" \
		'queues: {jobs: {}, more: {}}' \
		'connections: [s.x -> a, s.y -> jobs -> a, more -> a]'
	sigslot emit s.x 1
	sigslot emit s.y 2
	sigslot queue put more 3
	wait_until stats_is a .out 6
	for from in s.x jobs more; do
		wait_until connection_is "$from -> a.in" '[.in, .out, .failed, .wait_max > 0, .service_max > 0]' \
			'[1,2,1,true,true]'
	done
	# told by what is measured, not by what is booked
	assert_equal "$(find "$SIGSLOT_RUNTIME_DIR/t/stats" -type f | wc -l)" 3
}

@test "a connection made while it runs has times of its own, and keeps them when it goes" {
	start 'objects: {s: {signals: {x: any, y: any}}, a: {run: sleep 0.2}}' 'connections: [s.x -> a]'
	sigslot connect s.y a
	sigslot emit s.y 1
	wait_until stats_is a .out 1
	sigslot disconnect s.y a
	sigslot emit s.x 1
	wait_until stats_is a .out 2
	wait_until connection_is 's.y -> a.in' '[.in, .out, .service_max >= 0.18]' '[1,1,true]'
	assert_equal "$(stats a '[.in, .out]')" '[2,2]'
}

# SPDX-License-Identifier: MIT
#
# What is promised of messages: none is lost in silence, whatever is wrong with them,
# with their receivers or with the room for them.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

gate='until [ -e gate ]; do sleep 0.02; done'

@test "a command that emits into its own full loop gets 75 at once, by name" {
	start 'loops:' '  l:' '    queue: {size: 64KiB}' '    objects:' '      a:' \
		'        signals: [again]' \
		'        run: |' \
		'          [ "$1" = go ] || exit 0' \
		'          seq 100000 | sigslot emit -l again 2> said' \
		'          echo $? > status' 'connections: [a.again -> a]'
	sigslot emit a go
	wait_until has_lines status 1
	run -0 cat status
	assert_output 75
	run -0 cat said
	assert_output --partial "queue 'l' is full: its loop waits for this very command"
	sigslot wait --for idle t # a stop cuts what feeds itself short after a while
	stop_run
}

@test "a message that is too big for a filter's receiver is named and counted, the rest goes on" {
	start 'loops: {l: {queue: {size: 64KiB}, objects: {b: {filter: cat >> seen}}}}' \
		'objects: {a: {filter: cat}}' 'connections: [a -> b]'
	head -c 40000 /dev/zero | tr '\0' x >big
	{ echo 1; cat big; echo; echo 2; } | sigslot emit -l a
	wait_until has_lines seen 2
	run -0 cat seen
	assert_output $'1\n2'
	wait_until grep -q 'too big' "$RUN_ERR"
	run -0 grep -E -c "a message of 40002 bytes is too big for queue 'l', which takes [0-9]+" "$RUN_ERR"
	assert_equal "$(loop a .dropped)" 1
	stop_run
}

@test "a plain emit that is too big is 65 with both sizes, at once" {
	start 'loops: {l: {queue: {size: 64KiB}, objects: {b: {filter: cat >> seen}}}}'
	head -c 40000 /dev/zero | tr '\0' x >big
	run -65 --separate-stderr timeout 5 sigslot emit -l b <big
	assert_stderr_has 40002
	assert_stderr_has "'l'"
	stop_run
}

@test "lines of 900 KiB pass through everything as they are" {
	printf '%s\n' 'sigslot: 1' 'objects:' '  a: {source: cat lines}' '  b: {filter: cat}' \
		'  c: {run: cat, args: none, out: string}' '  d: {filter: cat >> seen}' \
		'connections: [a -> b -> c -> d]' >t.yaml
	for n in 900000 1 800000 0 700000; do
		head -c "$n" /dev/zero | tr '\0' "$((n % 7))"
		echo
	done >lines
	run -0 --separate-stderr sigslot run --until-idle t.yaml
	run -0 cmp lines seen
}

@test "lines that are not UTF-8 are counted and told of, and the others arrive" {
	printf '1\n\377\376\n2\nx\300y\n3\n' >lines
	start 'objects:' '  a: {source: cat lines}' '  b: {filter: cat >> seen}' 'connections: [a -> b]'
	wait_until has_lines seen 3
	wait_until loop_is a .dropped 2
	stop_run
	run -0 grep -c 'of its output is not a message' "$RUN_ERR"
	assert_output 2
	run -0 grep -c 'line 2 of its output' "$RUN_ERR"
	run -0 cat seen
	assert_output $'1\n2\n3'
}

@test "a message that nobody is connected for is let go of, without a word" {
	start 'objects: {a: {filter: cat}, b: {filter: cat >> seen}}'
	seq 100 | sigslot emit -l a
	stop_run
	run -0 grep -c 'ended: 100 messages in, 0 out, 0 failed, 0 dropped, 0 kept' "$RUN_ERR"
}

@test "a slow receiver slows down those that feed it, and nothing is lost" {
	printf '%s\n' 'sigslot: 1' 'loops:' \
		'  l: {queue: {size: 64KiB}, objects: {b: {filter: "while read -r x; do echo $x >> seen; echo; done", reply: line}}}' \
		'  m: {queue: {size: 64KiB}, objects: {a: {filter: cat}}}' \
		'objects: {src: {source: seq 3000}}' 'connections: [src -> a -> b]' >t.yaml
	run -0 --separate-stderr sigslot run --until-idle t.yaml
	run -0 cmp seen <(seq 3000)
}

@test "with fan-out to a slow and a fast one both get all" {
	start 'loops: {l: {queue: {size: 64KiB}, objects: {slow: {filter: "until [ -e gate ]; do sleep 0.02; done; cat >> slow"}}}}' \
		'objects: {a: {source: seq 30000}, fast: {filter: cat >> fast}}' \
		'connections: ["a -> slow, fast"]'
	wait_until has_lines fast 1000
	assert_file_not_exist slow
	touch gate
	stop_run || :
	run -0 cmp fast slow
}

@test "the kept bytes of a payload are those that were emitted" {
	start 'objects: {a: {filter: cat >> seen, input: json}}'
	printf '%s\n' '{"b":1,"a":[0.1,1e400,12345678901234567890,-0]}' '"\u00e9\/"' '[ ]' | sigslot emit -lj a
	wait_until has_lines seen 3
	stop_run
	run -0 head -n 2 seen
	assert_output $'{"b":1,"a":[0.1,1e400,12345678901234567890,-0]}\n"\\u00e9\\/"'
}

@test "attempt, sequence and instance are told to each command" {
	start 'objects: {a: {run: "echo $SIGSLOT_INSTANCE $SIGSLOT_LOOP $SIGSLOT_PROCESS $SIGSLOT_ATTEMPT >> seen; echo $SIGSLOT_SEQ >> seqs"}}'
	seq 5 | sigslot emit -l a
	wait_until has_lines seqs 5
	stop_run
	run -0 sort -u seen
	assert_output 't a main 1'
	run -0 sort -n -u -c seqs
}

@test "ten thousand messages through a ring of two processes, none lost, none twice" {
	printf '%s\n' 'sigslot: 1' 'processes: {p: {}, q: {}}' 'loops:' \
		'  x: {process: p, objects: {a: {source: seq 10000}}}' \
		'  y: {process: q, objects: {b: {filter: cat}}}' \
		'  z: {process: p, objects: {c: {filter: cat}}}' \
		'  v: {process: q, objects: {d: {filter: cat >> seen}}}' \
		'connections: [a -> b -> c -> d]' >t.yaml
	run -0 --separate-stderr sigslot run --until-idle t.yaml
	run -0 cmp seen <(seq 10000)
	assert_stderr_has "'t' ended: 30000 messages in, 30000 out, 0 failed, 0 dropped, 0 kept"
}

@test "--until-idle waits for what the last messages cause" {
	printf '%s\n' 'sigslot: 1' 'objects:' '  a: {source: seq 3}' \
		'  b: {signals: [s], run: "sleep 0.1; sigslot emit s $1; sigslot emit s $1"}' \
		'  c: {run: "sleep 0.05; cat", out: any}' '  d: {filter: "cat >> seen"}' \
		'connections: [a -> b, b.s -> c -> d]' >t.yaml
	run -0 --separate-stderr sigslot run --until-idle t.yaml
	run -0 xargs <seen
	assert_output '1 1 2 2 3 3'
}

@test "a source that is quicker than everybody is held back, not buffered" {
	start 'loops: {l: {queue: {size: 64KiB}, objects: {b: {run: "until [ -e gate ]; do sleep 0.02; done"}}}}' \
		'objects: {a: {source: yes}}' 'connections: [a -> b]'
	wait_until loop_is a .state ready
	settled() {
		local was

		was=$(loop a .out)
		sleep 0.2
		[ "$was" -gt 0 ] && [ "$was" = "$(loop a .out)" ]
	}
	wait_until settled
	rss=$(awk '/VmRSS/ { print $2 }' "/proc/$(loop a .pid)/status")
	assert [ "$rss" -lt 30000 ]
	sigslot stop --now t || :
	wait_run || :
	sigslot clean --force
}

@test "C1: no space for the queues is 73, and nothing is started" {
	make_small
	unshare -m bash -c '
		mount -t tmpfs -o size=1m,mode=700 tmpfs small || exit
		export SIGSLOT_RUNTIME_DIR=$PWD/small
		printf "%s\n" "sigslot: 1" "objects: {a: {source: touch ran}, b: {filter: cat}}" >t.yaml
		sigslot run t.yaml 2>said; echo $? >status
		ls small >left'
	run -0 cat status
	assert_output 73
	run -0 cat said
	assert_output --regexp '^sigslot: the queues need 4[0-9]{6} bytes, the file system has [0-9]+ left: '
	assert_file_not_exist ran
	run -0 cat left
	assert_output ''
}

@test "C1: a run that goes on needs no room for the queues that stand" {
	make_small
	printf '%s\n' 'sigslot: 1' 'objects: {b: {filter: cat >> seen}}' >t.yaml
	unshare -m bash -c '
		mount -t tmpfs -o size=4m,mode=700 tmpfs small || exit
		export SIGSLOT_RUNTIME_DIR=$PWD/small
		sigslot run -d t.yaml || exit
		until [ "$(stat -c %b small/t/q/b/ring)" -ge 4096 ]; do :; done
		kill -KILL "$(sed -n "s/^pid //p" small/t/lock)"
		sigslot wait --for stopped --timeout 20s t
		sigslot run -d t.yaml 2>said; echo $? >status
		sigslot emit b kept && sigslot stop t'
	run -0 cat status
	assert_output 0
	run -0 cat seen
	assert_output kept
}

@test "soon after the start every byte of every queue is reserved" {
	printf '%s\n' 'sigslot: 1' 'objects: {a: {filter: cat}, b: {filter: cat}}' \
		'queues: {spare: {size: 3MiB}}' >t.yaml
	sigslot run -d t.yaml 3>&-
	reserved() {
		[ "$(stat -c %b "$SIGSLOT_RUNTIME_DIR/t/q/$1/ring")" -ge $(($2 / 512)) ]
	}
	wait_until reserved a 2097152
	wait_until reserved b 2097152
	wait_until reserved spare 3145728
	sigslot stop t
}

@test "C1: where the file system is full emit says so with 73, and nothing is lost" {
	make_small
	printf '%s\n' 'sigslot: 1' 'objects: {b: {filter: cat >> seen}}' >t.yaml
	unshare -m bash -c '
		mount -t tmpfs -o size=4m,mode=700 tmpfs small || exit
		export SIGSLOT_RUNTIME_DIR=$PWD/small
		sigslot run -d t.yaml || exit
		until [ "$(stat -c %b small/t/q/b/ring)" -ge 4096 ]; do :; done
		# as if the rest had not been reserved yet, and others had taken it
		printf "\0\0\0\0\0\0\0\0" | dd of=small/t/q/b/ring bs=1 seek=168 conv=notrunc status=none
		fallocate -p -o 65536 -l 2097152 small/t/q/b/ring
		fallocate -l 3800K small/other 2>said || cat /dev/zero >small/other 2>said
		sigslot emit b lost 2>said; echo $? >status
		rm small/other
		sigslot emit b kept && sigslot stop t'
	run -0 cat status
	assert_output 73
	run -0 cat said
	assert_output --regexp "^sigslot: queue 'b' has no place for a message of 6 bytes, the file system has [0-9]+ left"
	run -0 cat seen
	assert_output kept
}

@test "C2: a file size limit is 73 as well, and no crash" {
	printf '%s\n' 'sigslot: 1' 'objects: {a: {source: touch ran}, b: {filter: cat}}' >t.yaml
	run -73 --separate-stderr bash -c 'ulimit -f 100; exec sigslot run t.yaml'
	assert_file_not_exist ran
	run -0 ls "$SIGSLOT_RUNTIME_DIR"
	assert_output ''
}

@test "F1: fifty runs of one name at once: one wins, the others are 73 with its pid" {
	printf '%s\n' 'sigslot: 1' 'objects: {b: {filter: cat >> seen}}' >t.yaml
	for i in $(seq 50); do
		sigslot run -d t.yaml 2>"said.$i" 3>&- &
		echo "$!" >>pids
	done
	while read -r pid; do
		status=0
		wait "$pid" || status=$?
		echo "$status" >>statuses
	done <pids
	run -0 bash -c 'sort statuses | uniq -c | xargs'
	assert_output '1 0 49 73'
	pid=$(loop b .supervisor)
	run -0 bash -c "cat said.* | grep -c \"'t' is already running (pid $pid, since 2\""
	assert_output 49
	sigslot stop t
	wait_until no_processes
}

@test "two instances of one file, by name, are apart" {
	printf '%s\n' 'sigslot: 1' 'objects: {b: {run: "cat >> seen.$SIGSLOT_INSTANCE"}}' >t.yaml
	start_run -n one t.yaml
	start_run -n two t.yaml
	sigslot emit one/b 1
	sigslot emit two/b 2
	sigslot stop one two
	run -0 cat seen.one
	assert_output 1
	run -0 cat seen.two
	assert_output 2
}

@test "a message with several slots is done when the last of them is" {
	start 'loops:' '  l:' '    objects:' "      x: {run: 'echo x >> seen'}" \
		"      y: {run: '$gate; echo y >> seen'}" 'objects: {a: {signals: [s]}}' \
		'connections: [a.s -> x, a.s -> y]'
	sigslot emit a.s
	wait_until has_lines seen 1
	assert loop_is l .queued 1
	touch gate
	wait_until loop_is l .queued 0
	stop_run
	run -0 xargs <seen
	assert_output 'x y'
}

@test "a message that is too big for one receiver reaches none, whatever their order" {
	printf '%s\n' 'sigslot: 1' 'loops:' \
		'  large: {queue: {size: 1MiB}, objects: {a: {filter: cat >> seen}}}' \
		'  small: {queue: {size: 64KiB}, objects: {b: {filter: cat >> seen}}}' \
		'  from: {objects: {s: {signals: {out: string}}}}' \
		'connections: [s -> a, s -> b]' >t.yaml
	start_run t.yaml
	run -65 --separate-stderr sigslot emit s.out "$(printf '%040000d' 0)"
	assert_stderr_has "queue 'small' takes messages of up to 32656 bytes, this one has 40002"
	printf 'one\n%040000d\nthree\n' 0 >lines
	run -65 --separate-stderr sigslot emit -l s.out <lines
	assert_stderr_has "line 2: queue 'small' takes messages of up to 32656 bytes"
	sigslot wait --for idle t
	stop_run
	run -0 cat seen
	assert_output $'one\none'
}

@test "what was emitted while a run ended was delivered or is counted" {
	printf '%s\n' 'sigslot: 1' 'loops: {l: {objects: {a: {filter: cat >> seen}}}}' >t.yaml
	for round in $(seq 20); do
		start_run t.yaml
		(
			sent=0
			while sigslot emit t/a "$round.$sent" 2>said; do sent=$((sent + 1)); done
			echo "$sent" >sent
		) 3>&- &
		feeder=$!
		wait_until grep -q "^$round\\." seen
		sigslot stop t/l 2>/dev/null
		wait_run
		wait "$feeder"
		dropped=$(sed -n 's/.* \([0-9]*\) dropped, .*/\1/p' "$RUN_ERR")
		assert_equal "$(($(grep -c "^$round\\." seen) + dropped))" "$(cat sent)"
	done
}

@test "the loops of a process take turns: none waits for more than 1,024 messages of another" {
	printf '%s\n' 'sigslot: 1' 'processes: {p: {}}' 'loops:' \
		"  x: {process: p, objects: {a: {plugin: '$SIGSLOT_BUILD/tests/plugins/probe.so', signals: {out: any}, slots: {echo: {}}}}}" \
		"  y: {process: p, objects: {b: {plugin: '$SIGSLOT_BUILD/tests/plugins/probe.so', signals: {out: any}, slots: {echo: {}}}}}" \
		'objects: {c: {filter: cat >> seen}}' 'connections: ["a.out, b.out -> c"]' >t.yaml
	start_run t.yaml
	pid=$(sigslot ps --json | jq 'select(.loop == "x") | .pid')
	kill -STOP "$pid"
	yes a | head -n 3000 | sigslot emit -l a.echo
	yes b | head -n 3000 | sigslot emit -l b.echo
	kill -CONT "$pid"
	wait_until has_lines seen 6000
	stop_run
	run -0 awk '$0 != last { n = 0; last = $0 } ++n > most { most = n } END { print most <= 1024 }' \
		<(head -n 6000 seen)
	assert_output 1
}

# SPDX-License-Identifier: MIT
#
# A topology that is read again while it runs.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# write WORD CONNECTION...: two processes; b says WORD of what it gets.
write() {
	printf '%s\n' 'name: t' 'processes: {p: {}, q: {}}' 'loops:' \
		'  la: {process: p, objects: {a: {signals: [s, u]}, f: {filter: cat}}}' \
		'  lb:' '    process: q' '    objects:' "      b: {run: 'echo $1 \$1 >> seen'}" \
		"      c: {run: 'echo c \$1 >> seen'}" 'connections:' >t.yaml
	shift
	printf -- '  - %s\n' "$@" >>t.yaml
}

seen() {
	sigslot wait --for idle --timeout 20s t
	run -0 cat seen
	assert_output "$(printf '%s\n' "$@")"
}

# reload [INSTANCE [LINE...]]: and that is what it says it did.
reload() {
	run -0 --separate-stderr sigslot reload ${1:+"$1"}
	assert_stderr ''
	[ $# -lt 2 ] || assert_output "$(printf '%s\n' "${@:2}")"
}

pid_of() {
	sigslot ps --json t | sed -n 's/.*"loop":"'"$1"'".*"pid":\([0-9]*\).*/\1/p'
}

@test "connections become as the file says, and nothing is restarted for it" {
	write b 'a.s -> b'
	start_run t.yaml
	pids="$(pid_of la) $(pid_of lb)"
	sigslot connect a.u b
	sigslot emit a.s 1
	write b 'a.s -> c' 'a.u -> c: {full: latest}'
	reload t 'disconnected a.s -> b.in' 'disconnected a.u -> b.in' \
		'connected a.s -> c.in' 'connected a.u -> c.in'
	write b 'a.s -> c' 'a.u -> c: {full: drop-old}'
	reload t 'changed a.u -> c.in'
	sigslot emit a.s 2
	sigslot emit a.u 3
	seen 'b 1' 'c 2' 'c 3'
	assert_equal "$(pid_of la) $(pid_of lb)" "$pids"
	run -1 sigslot disconnect a.u b
	stop_run
	run -0 cat "$RUN_ERR"
	assert_line 'sigslot | reloaded t.yaml: 2 connections came, 2 went, restarts nothing'
}

@test "a loop of which something else is written is restarted, its process is not" {
	write b 'a.s -> b'
	start_run t.yaml
	la=$(pid_of la) lb=$(pid_of lb)
	sigslot emit a.s 1
	write bb 'a.s -> b' 'a.s -> c'
	reload t 'connected a.s -> c.in' 'restarted loop lb'
	sigslot emit a.s 2
	sigslot wait t
	seen 'b 1' 'bb 2' 'c 2'
	# the layout of the file says nothing
	sed 's/{run: /{ run:   /; s/^/ /; s/$/  # x/' t.yaml >x && mv x t.yaml
	reload t ''
	assert_equal "$(pid_of la) $(pid_of lb)" "$la $lb"
	stop_run
	run -0 cat "$RUN_ERR"
	assert_line "sigslot | reloaded t.yaml: 1 connection came, 0 went, restarts loops 'lb'"
	assert_output --partial ' 0 failed, 0 dropped, 0 kept'
}

@test "a process whose own settings are others is restarted with all of its loops" {
	write b 'a.s -> b'
	start_run t.yaml
	la=$(pid_of la) lb=$(pid_of lb)
	sed -i 's/q: {}/q: {env: {X: y}}/; s/echo b/echo $X/' t.yaml
	reload t 'restarted process q'
	sigslot emit a.s 1
	sigslot wait t
	seen 'y 1'
	assert_equal "$(pid_of la)" "$la"
	refute [ "$(pid_of lb)" = "$lb" ]
	stop_run
}

# steady WORD [LINE]: x says WORD; nothing else is written otherwise.
steady() {
	cat >t.yaml <<END
name: t
objects:
  x: {run: 'echo $1 \$1 >> seen'}
  src: {source: 'echo src \$\$ >> started; exec sleep 600'}
  f: {filter: 'echo f \$\$ >> started; exec sed -u s/^/f/'}
  slow: {run: 'echo slow \$1 >> started; read line <go; echo done \$1 >> seen'}
  p: {plugin: '$SIGSLOT_BUILD/tests/plugins/probe.so', slots: {echo: {}}, signals: {out: any}}
  tick: {after: 500ms}
  ticked: {run: 'echo tick >> ticked'}
  ${2:-}
connections: [f -> x, p.out -> x, tick -> ticked]
END
}

@test "commands, sources, filters, plugins and timers of other loops do not notice" {
	mkfifo go
	steady A
	start_run t.yaml
	pid=$(pid_of x)
	sigslot emit slow 1
	wait_until has_lines started 3
	for i in $(seq 200); do
		steady "$i" "n$((i % 3)): {run: 'echo new \$1 >> seen'}"
		run -0 sigslot reload t
		refute_output --partial process
		assert_line 'restarted loop x'
		[ ! -s ticked ] || break
	done
	wait_until has_lines ticked 1
	steady B "n: {run: 'echo new \$1 >> seen'}"
	run -0 sigslot reload t
	sigslot emit f hello
	sigslot emit p.echo 2
	sigslot emit n 3
	wait_until has_lines seen 3
	echo >go
	seen_sorted() { sort seen; }
	wait_until has_lines seen 4
	run -0 seen_sorted
	assert_output "$(printf '%s\n' 'B 2' 'B fhello' 'done 1' 'new 3')"
	run -0 bash -c 'cut -d" " -f1 started | sort'
	assert_output "$(printf '%s\n' f slow src)"
	assert_equal "$(pid_of x)" "$pid"
	stop_run
	run -0 sort seen
	assert_output "$(printf '%s\n' 'B 2' 'B closed' 'B fhello' 'done 1' 'new 3')"
	run -0 cat "$RUN_ERR"
	assert_output --partial ' 0 failed, 0 dropped, 0 kept'
}

@test "a loop that was stopped stays so until it is written otherwise itself" {
	steady A
	start_run t.yaml
	sigslot stop --timeout 20s x
	sigslot stop --timeout 20s ticked
	sigslot emit x 1
	steady A "n: {run: 'true'}"
	reload t 'added loop n'
	sigslot wait n
	refute [ -e seen ]
	steady B "n: {run: 'true'}"
	reload t 'restarted loop x'
	wait_until has_lines seen 1
	run -0 loop ticked .state
	assert_output stopped
	stop_run || :
}

@test "a restart that is asked for in the middle of a reload is done after it" {
	mkfifo go
	steady A
	sed -i "s/echo A/echo >> begun; read line <go; echo A/" t.yaml
	start_run t.yaml
	pid=$(pid_of x)
	sigslot emit x 1
	wait_until has_lines begun 1
	steady B "n: {run: 'echo new \$1 >> seen'}"
	reload t 'added loop n' 'restarted loop x'
	sigslot restart --timeout 20s main 3>&- &
	restart=$!
	sigslot emit n 2
	sigslot emit x 3
	echo >go
	wait "$restart"
	wait_until has_lines seen 3
	run -0 cat seen
	assert_line --index 0 'A 1'
	refute [ "$(pid_of x)" = "$pid" ]
	stop_run
}

@test "a worker that is killed while loops of it leave, and others come, loses nothing" {
	mkfifo go
	steady A
	sed -i "s/echo A/echo >> begun; read line <go; echo A/" t.yaml
	start_run t.yaml
	sigslot emit x 1
	wait_until has_lines begun 1
	steady B "n: {run: 'echo new \$1 >> seen'}"
	reload t 'added loop n' 'restarted loop x'
	sigslot emit n 2
	kill -9 "$(pid_of x)"
	wait_until has_lines begun 2
	echo >go
	wait_until has_lines seen 2
	sigslot wait --timeout 20s t
	sigslot emit x 3
	wait_until has_lines seen 3
	run -0 cat seen
	assert_line --index 0 'A 1'
	assert_line 'new 2'
	assert_line 'B 3'
	stop_run
}

@test "workers die again and again while their loops are exchanged, and nothing is lost" {
	write b 'a.s -> b'
	start_run t.yaml
	for i in $(seq 100); do
		sigslot emit a.s "$i"
		[ $((i % 5)) -ne 0 ] || {
			write "b$i" 'a.s -> b'
			[ $((i % 10)) -ne 0 ] || sed -i '/^      b:/i\      k: {run: "true"}' t.yaml
			sigslot reload --timeout 20s t
		}
		[ $((i % 7)) -ne 0 ] || kill -9 "$(pid_of lb)" || :
	done
	sigslot wait --timeout 20s t
	sigslot wait --for idle --timeout 30s t
	run -0 bash -c 'cut -d" " -f2 seen | sort -n | uniq | wc -l'
	assert_output 100
	stop_run || :
}

@test "objects come and go, and what is queued for others is kept" {
	write b 'a.s -> b'
	sed -i "s/      b: .*/      b: {run: 'until read x <go; do :; done; echo b \$1 >> seen'}/" t.yaml
	mkfifo go
	start_run t.yaml
	for i in 1 2 3; do sigslot emit a.s "$i"; done
	write new 'a.s -> b' 'b -> d'
	sed -i "/      c: /d; s/ >> seen'/'/; /      b: /s/}/, out: string}/; /^connections/i\\      d: {run: 'echo d \$1 >> seen'}" t.yaml
	reload t
	for i in 1 2 3; do
		echo >go
		wait_until has_lines seen "$i"
	done
	sigslot wait t
	sigslot emit a.s 4
	seen 'b 1' 'b 2' 'b 3' 'd new 4'
	run -69 sigslot emit c 1
	sigslot emit d 5
	seen 'b 1' 'b 2' 'b 3' 'd new 4' 'd 5'
	stop_run
}

@test "a file with problems changes nothing, and all of them are told: 78" {
	write b 'a.s -> b'
	start_run t.yaml
	write b 'a.t -> b' 'a.s -> bb'
	run -78 --separate-stderr sigslot reload t
	assert_output ''
	assert_stderr "$(
		cat <<-'END'
			sigslot: t.yaml:11:5: `a` has no signal `t`
			  - a.t -> b
			    ^
			sigslot: t.yaml:12:12: there is no object, loop, process or queue `bb`: did you mean `b`?
			  - a.s -> bb
			           ^
			sigslot: 2 problems in t.yaml
		END
	)"
	sigslot emit a.s 1
	seen 'b 1'
	rm t.yaml
	run -66 --separate-stderr sigslot reload t
	stop_run
}

@test "objects, loops, processes and queues come, and what is emitted then is delivered" {
	write b 'a.s -> b'
	start_run t.yaml
	la=$(pid_of la) lb=$(pid_of lb)
	cat >t.yaml <<'END'
name: t
objects:
  top: {run: 'echo top $1 >> seen'}
processes: {new: {}, p: {}, q: {}}
loops:
  ln: {process: new, objects: {n: {run: 'echo n $1 >> seen'}}}
  la: {process: p, objects: {a: {signals: [s, u]}, f: {filter: cat}}}
  lb:
    process: q
    objects:
      b: {run: 'echo b $1 >> seen'}
      c: {run: 'echo c $1 >> seen'}
queues: {box: {}, jobs: {}}
connections: [a.s -> b, a.s -> top, a.s -> n, a.u -> jobs, jobs -> c, a.u -> box]
END
	reload t 'connected a.s -> top.in' 'connected a.s -> n.in' \
		'connected a.u -> jobs' 'connected jobs -> c.in' 'connected a.u -> box' \
		'added object n' 'added loop top' 'added loop ln' 'added queue box' 'added queue jobs' \
		'started process main' 'started process new'
	sigslot emit a.s 1
	sigslot emit a.u 2
	sigslot emit n 3
	sigslot wait t
	sigslot wait --for idle --timeout 20s t
	run -0 sort seen
	assert_output "$(printf '%s\n' 'b 1' 'c 2' 'n 1' 'n 3' 'top 1')"
	assert_equal "$(pid_of la) $(pid_of lb)" "$la $lb"
	run -0 sigslot queue get box
	assert_output 2
	run -0 sigslot ps t
	assert_output --regexp 'ln .* ready .*box .* queue '
	sigslot restart --timeout 20s new
	sigslot emit n 4
	sigslot stop --timeout 20s ln
	wait_until has_lines seen 6
	stop_run
	run -0 cat "$RUN_ERR"
	assert_line "sigslot | reloaded t.yaml: 5 connections came, 0 went, starts 'main', 'new'"
	assert_output --partial ' 0 failed, 0 dropped, 0 kept'
}

@test "a loop that comes to a process begins beside the others, which go on" {
	printf '%s\n' 'name: t' 'objects: {a: {signals: [s]}}' 'processes: {q: {}}' \
		'loops: {lb: {process: q, objects: {b: {run: "echo b $1 >> seen"}}}}' \
		'connections: [a.s -> b]' >t.yaml
	start_run t.yaml
	a=$(pid_of a) lb=$(pid_of lb)
	sed -i 's/objects: {a: /objects: {x: {run: "echo x $1 >> seen"}, a: /; s/-> b/-> b, a.s -> x/' t.yaml
	reload t 'connected a.s -> x.in' 'added loop x'
	sigslot emit a.s 1
	sigslot wait t
	sigslot wait --for idle --timeout 20s t
	run -0 sort seen
	assert_output "$(printf '%s\n' 'b 1' 'x 1')"
	assert_equal "$(pid_of a) $(pid_of x) $(pid_of lb)" "$a $a $lb"
	stop_run
	run -0 cat "$RUN_ERR"
	assert_line 'sigslot | reloaded t.yaml: 1 connection came, 0 went, restarts nothing'
}

@test "a new queue that there is no room for changes nothing: 73" {
	write b 'a.s -> b'
	bash -c 'ulimit -f 3000; exec sigslot run -d t.yaml'
	cp t.yaml old.yaml
	(cat old.yaml && echo 'queues: {one: {size: 1MiB}, large: {size: 8MiB}}') >t.yaml
	run -73 --separate-stderr sigslot reload t
	assert_stderr_has 'large'
	run -0 ls "$SIGSLOT_RUNTIME_DIR/t/q"
	refute_output --partial one
	run -0 sigslot ps t
	refute_output --partial one
	(cat old.yaml && echo 'queues: {two: {size: 1MiB}}') >t.yaml
	reload t 'added queue two'
	sigslot queue put two 1
	sigslot emit a.s 1
	seen 'b 1'
	run -0 sigslot queue get two
	sigslot stop t
}

@test "a plugin that cannot be loaded is a problem of the file: 78, and nothing changes" {
	write b 'a.s -> b'
	start_run t.yaml
	lb=$(pid_of lb)
	cat >crash.c <<-'END'
		#include <unistd.h>
		static __attribute__((constructor)) void end(void) { _exit(3); }
	END
	cc -shared -fPIC -o crash.so crash.c
	cp t.yaml old.yaml
	write bb 'a.s -> b'
	sed -i "/      c: /i\\      g: {plugin: ./gone.so}\\n      h: {plugin: ./gone.so}\\n      o: {plugin: '$SIGSLOT_BUILD/tests/plugins/stranger.so'}\\n      k: {plugin: crash.so}" t.yaml
	run -78 --separate-stderr sigslot reload t
	assert_output ''
	assert_stderr_has 't.yaml:9:19: cannot open plugin '"'$PWD/./gone.so'"
	assert_stderr_has 't.yaml:11:19: plugin '
	assert_stderr_has "t.yaml:12:19: to load plugin 'crash.so' ends the process"
	assert_stderr_has '3 problems in t.yaml'
	sigslot emit a.s 1
	seen 'b 1'
	assert_equal "$(pid_of lb)" "$lb"
	cp old.yaml t.yaml
	sed -i "/      c: /i\\      pl: {plugin: '$SIGSLOT_BUILD/tests/plugins/probe.so'}" t.yaml
	reload t 'added object pl' 'restarted loop lb'
	sigslot wait --timeout 20s t
	stop_run
}

# crowd COUNT: so many processes, each with a loop.
crowd() {
	printf '%s\n' 'name: t' 'objects: {a: {run: "echo $1 >> seen"}}' 'processes:'
	seq -f '  p%g: {}' "$1"
	echo 'loops:'
	seq "$1" | sed 's/.*/  l&: {process: p&, queue: {size: 64KiB}, objects: {o&: {signals: [s]}}}/'
}

@test "more processes than there are places for: 73 with both numbers, and nothing changes" {
	crowd 1 >t.yaml
	start_run t.yaml
	crowd 1500 >t.yaml
	run -73 --separate-stderr sigslot reload t
	assert_output ''
	assert_stderr 'sigslot: an instance has places for 1022 processes, not for 1501: let more loops share one; those that went while it ran count until it is run again'
	run -0 ls "$SIGSLOT_RUNTIME_DIR/t/q"
	assert_output "$(printf '%s\n' a l1)"
	sigslot emit a 1
	seen 1
	stop_run
	run -73 --separate-stderr sigslot run t.yaml
	assert_stderr_has 'places for 1022 processes, not for 1501'
	refute [ -e "$SIGSLOT_RUNTIME_DIR/t" ]
}

@test "after a thousand queues came and went there is no room for more: 73, nothing changes" {
	for from in 1 301 601 901; do
		printf '%s\n' 'name: t' 'objects: {a: {run: "echo $1 >> seen"}}' 'queues:' \
			"$(seq -f '  q%g: {size: 64KiB}' "$from" $((from + 299)))" >t.yaml
		case $from in
		1) start_run t.yaml ;;
		901) sed -i 's/  q950:.*/&\n  q1400: {size: 64KiB}/' t.yaml ;;&
		*) run -0 sigslot reload t ;;
		esac
	done
	for i in $(seq 1401 1700); do echo "  q$i: {size: 64KiB}"; done >>t.yaml
	run -73 --separate-stderr sigslot reload t
	assert_output ''
	assert_stderr_has 'more than 1024 loops, processes or queues have come since it was run'
	run -0 bash -c 'ls "$SIGSLOT_RUNTIME_DIR/t/q" | wc -l'
	assert_output 302
	sigslot queue put q901 1
	run -0 sigslot queue get q901
	assert_output 1
	run -69 sigslot queue put t/q1 1
	sigslot emit a 1
	seen 1
	stop_run
}

# grow COUNT: so many processes, loops, objects and queues came before the others.
grow() {
	local i
	echo 'name: t'
	echo 'processes:'
	for i in $(seq "$1" -1 1); do echo "  p$i: {}"; done
	printf '%s\n' '  p: {}' 'queues: {last: {}' "$(for i in $(seq "$1" -1 1); do
		echo ", j$i: {}"
	done)" '  }' 'loops:'
	for i in $(seq "$1" -1 1); do
		echo "  l$i: {process: p$i, objects: {o$i: {run: 'echo o$i \$1 >> seen'}}}"
	done
	echo "  la: {process: p, objects: {a: {signals: [s, u]}, c: {run: 'echo c \$1 >> seen'}}}"
	echo 'connections:'
	echo '  - a.u -> last -> c'
	for i in $(seq "$1"); do printf -- '  - %s\n' "a.s -> o$i" "a.u -> j$i -> c"; done
}

@test "after many came, all are still found by their names and numbers" {
	grow 0 >t.yaml
	sed -i 's/^connections/#&/; s/^  - /#&/; $aconnections: [a.u -> last, last -> c]' t.yaml
	start_run t.yaml
	for round in 1 2 3 4 5; do
		grow "$round" >t.yaml
		reload t
		sigslot emit a.s "$round"
		sigslot emit a.u "$round$round"
	done
	sigslot wait t
	sigslot wait --for idle --timeout 20s t
	run -0 sort seen
	assert_output "$(for i in 1 2 3 4 5; do
		for n in $(seq 0 "$i"); do echo "c $i$i"; done
		for n in $(seq "$i"); do echo "o$n $i"; done
	done | sort)"
	run -0 sigslot why o3
	assert_output --partial 'p3'
	run -0 bash -c 'sigslot ps t | awk "{ printf \"%s \", \$2 }"'
	assert_output 'LOOP la l1 l2 l3 l4 l5 last j1 j2 j3 j4 j5 '
	stop_run
	run -0 cat "$RUN_ERR"
	assert_output --partial ' 0 failed, 0 dropped, 0 kept'
}

@test "another name, or a queue for a loop, needs a new run: 78, and nothing changes" {
	write b 'a.s -> b'
	start_run t.yaml
	cp t.yaml old.yaml
	sed 's/name: t/name: u/' old.yaml >t.yaml
	run -78 --separate-stderr sigslot reload t
	assert_stderr "sigslot: it has another name: 't' stays what it is called"
	sed 's/  la: /  lc: /' old.yaml >t.yaml
	echo 'queues: {la: {}}' >>t.yaml
	run -78 --separate-stderr sigslot reload t
	assert_stderr_has "'la' was a loop"
	sigslot emit a.s 1
	seen 'b 1'
	stop_run
}

# flow: s feeds a, which feeds b; jobs feeds c. Slow ones.
flow() {
	cat >t.yaml <<'END'
name: t
processes: {p: {}, q: {}}
objects:
  s: {signals: [x, y]}
loops:
  la: {process: p, objects: {a: {run: 'sleep 0.03; echo a $1 >> seen; echo $1', out: string}}}
  lb: {process: q, objects: {b: {run: 'sleep 0.01; echo b $1 >> seen'}}}
  lc: {process: q, objects: {c: {run: 'sleep 0.01; echo c $1 >> seen'}}}
queues: {jobs: {}}
connections: [s.x -> a, a -> b, s.y -> jobs, jobs -> c]
END
}

# shrunk: of that a, c, jobs and process p have gone.
shrunk() {
	cat >t.yaml <<'END'
name: t
processes: {q: {}}
objects:
  s: {signals: [x, y]}
loops:
  lb: {process: q, objects: {b: {run: 'echo B $1 >> seen'}}}
connections: [s.x -> b]
END
}

feed() {
	seq "$1" "$2" | sigslot emit -l s.x
	seq "$1" "$2" | sigslot emit -l s.y
}

# settled INSTANCE: also those that go have gone.
settled() {
	! sigslot ps "$1" | grep -Eq ' (la|lc|jobs) ' && sigslot wait --timeout 0 "$1"
}

@test "what goes is worked off before, by what there was, and then nothing of it is left" {
	flow
	start_run t.yaml
	feed 1 9
	shrunk
	reload t 'disconnected s.x -> a.in' 'disconnected a.out -> b.in' \
		'disconnected s.y -> jobs' 'disconnected jobs -> c.in' 'connected s.x -> b.in' \
		'removed object a' 'removed object c' 'removed loop la' 'removed loop lc' 'removed queue jobs' 'stopped process p' \
		'restarted loop lb'
	sigslot emit s.x 100
	wait_until settled t
	sigslot wait --for idle --timeout 20s t
	run -0 bash -c 'grep a seen'
	assert_output "$(seq -f 'a %g' 1 9)"
	run -0 bash -c 'grep -i b seen | cut -d" " -f2 | sort -n'
	assert_output "$(seq 1 9 && echo 100)"
	run -0 bash -c 'grep c seen'
	assert_output "$(seq -f 'c %g' 1 9)"
	run -0 ls "$SIGSLOT_RUNTIME_DIR/t/q"
	assert_output "$(printf '%s\n' lb s)"
	run -0 bash -c 'sigslot ps --json t | jq -r .loop'
	assert_output "$(printf '%s\n' s lb)"
	run -69 sigslot emit a 1
	run -69 sigslot queue put t/jobs 1
	run -69 sigslot why t/p
	sigslot emit s.y 1
	stop_run
	run -0 cat "$RUN_ERR"
	assert_line "sigslot | reloaded t.yaml: 1 connection came, 4 went, restarts loops 'lb', stops 'p'"
	assert_output --partial ' 0 failed, 0 dropped, 0 kept'
}

@test "what has gone comes back, also while it is going" {
	flow
	cp t.yaml large.yaml
	start_run t.yaml
	feed 1 5
	for round in 1 2 3 4 5; do
		shrunk
		reload t
		[ "$round" != 3 ] || wait_until settled t
		cp large.yaml t.yaml
		reload t
		feed "${round}0" "${round}4"
	done
	sigslot wait t
	sigslot wait --for idle --timeout 20s t
	all() {
		seq 1 5
		for round in 1 2 3 4 5; do seq "${round}0" "${round}4"; done
	}
	for name in a b c; do
		run -0 bash -c "grep -i $name seen | cut -d' ' -f2 | sort -n"
		assert_output "$(all | sort -n)"
	done
	stop_run
	run -0 cat "$RUN_ERR"
	assert_output --partial ' 0 failed, 0 dropped, 0 kept'
}

@test "an object or a loop that moves takes over when the old one is done, in order" {
	cat >t.yaml <<'END'
name: t
processes: {p: {}, q: {}}
objects: {s: {signals: [x]}}
loops:
  la: {process: p, objects: {a: {run: 'sleep 0.02; echo a $1 >> seen'}, k: {run: 'true'}}}
  lb: {process: q, objects: {b: {run: 'echo b $1 >> seen'}}}
  lm: {process: p, objects: {m: {run: 'sleep 0.02; echo m $1 >> seen'}}}
connections: [s.x -> a, s.x -> b, s.x -> m]
END
	cp t.yaml one.yaml
	sed 's/{a: .*, k:/{k:/; s/{b: /{a: {run: "echo a $1 >> seen"}, b: /; s/lm: {process: p/lm: {process: q/' \
		t.yaml >other.yaml
	start_run t.yaml
	for round in 0 1 2 3; do
		seq "${round}1" "${round}9" | sigslot emit -l s.x
		sigslot emit a "\"$round\""
		case $round in
		0 | 2)
			cp other.yaml t.yaml
			reload t 'moved object a to loop lb' 'moved loop lm to process q' \
				'restarted loop la' 'restarted loop lb'
			;;
		1)
			cp one.yaml t.yaml
			reload t 'moved object a to loop la' 'moved loop lm to process p' \
				'restarted loop la' 'restarted loop lb'
			;;
		esac
	done
	sigslot wait t
	sigslot wait --for idle --timeout 20s t
	for round in 0 1 2 3; do seq "${round}1" "${round}9"; done | sed 's/^0//' >numbers
	for name in b m; do
		run -0 bash -c "grep $name seen"
		assert_output "$(sed "s/^/$name /" numbers)"
	done
	run -0 bash -c 'grep a seen'
	assert_output "$(for round in 0 1 2 3; do
		seq -f 'a %g' "${round}1" "${round}9"
		echo "a $round"
	done)"
	stop_run
	run -0 cat "$RUN_ERR"
	assert_output --partial ' 0 failed, 0 dropped, 0 kept'
}

@test "what nobody would work off does not go: 75, and nothing changes" {
	flow
	sed -i 's/queues: {jobs/queues: {box: {}, jobs/' t.yaml
	cp t.yaml old.yaml
	start_run t.yaml
	sigslot queue put box 1
	sigslot queue put box 2
	sed -i 's/box: {}, //' t.yaml
	run -75 --separate-stderr sigslot reload t
	assert_stderr "sigslot: queue 'box' is not in the file, and keeps 2 messages: take them out with 'sigslot queue get' first; nothing has changed"
	run -0 sigslot queue get box
	run -0 sigslot queue get box
	reload t 'removed queue box'
	sigslot stop la
	sigslot emit s.x 1
	shrunk
	run -75 --separate-stderr sigslot reload t
	assert_stderr "sigslot: loop 'la' is not in the file, and keeps 1 message: it does not run: start it first; nothing has changed"
	sigslot start la
	reload t
	wait_until settled t
	run -0 grep a seen
	assert_output 'a 1'
	stop_run
}

@test "a worker that is killed while it has to go is started again, and loses nothing" {
	flow
	start_run t.yaml
	feed 1 30
	shrunk
	reload t
	for victim in la lc; do
		pid=$(pid_of "$victim")
		[ -z "$pid" ] || kill -9 "$pid" || :
	done
	wait_until settled t
	sigslot wait --for idle --timeout 20s t
	for name in a b c; do
		run -0 bash -c "grep -i $name seen | cut -d' ' -f2 | sort -n | uniq"
		assert_output "$(seq 1 30)"
	done
	stop_run
}

@test "what a supervisor that is killed in a reload leaves goes on with the file of before" {
	flow
	cp t.yaml old.yaml
	run -0 sigslot run -d t.yaml
	pid=$(sed -n 's/^pid //p' "$SIGSLOT_RUNTIME_DIR/t/lock")
	feed 1 30
	shrunk
	reload t
	kill -9 "$pid"
	wait_until process_gone "$pid"
	run -73 --separate-stderr sigslot run -d t.yaml
	assert_stderr_has 'put it back'
	run -0 sigslot run -d old.yaml
	sigslot wait --for idle --timeout 20s t
	for name in a b c; do
		run -0 bash -c "grep -i $name seen | cut -d' ' -f2 | sort -n | uniq"
		assert_output "$(seq 1 30)"
	done
	sigslot stop t
}

@test "a stop in the middle of a reload ends all, in good order or at once" {
	flow
	start_run t.yaml
	feed 1 9
	shrunk
	reload t
	stop_run
	for name in a b c; do
		run -0 bash -c "grep -i $name seen | cut -d' ' -f2 | sort -n"
		assert_output "$(seq 1 9)"
	done
	flow
	start_run t.yaml
	feed 1 99
	shrunk
	reload t
	run sigslot stop --now --timeout 20s t
	wait_run || :
	sigslot clean --force
}

@test "between two files again and again while messages come, each is there once" {
	flow
	sed -i 's/sleep 0.0[0-9]; //; s/run: .echo \(.\) .*seen.}/filter: "sed -u s\/^\/\1\/ >> seen.\1"}/' t.yaml
	sed -i 's/lc: {process: q, objects: {/&m: {run: "echo m $1 >> seen"}, /; s/jobs -> c]/jobs -> c, s.x -> m]/' t.yaml
	cp t.yaml one.yaml
	cat >other.yaml <<'END'
name: t
processes: {r: {}, q: {}}
objects:
  s: {signals: [x, y]}
loops:
  la: {process: r, objects: {a: {run: 'echo a $1 >> seen; echo $1', out: string}, m: {run: 'echo m $1 >> seen'}}}
  lb: {process: q, objects: {b: {run: 'echo b $1 >> seen'}, c: {run: 'echo c $1 >> seen'}}}
  ln: {process: r, objects: {n: {run: 'echo n $1 >> seen'}}}
queues: {jobs: {}}
connections: [s.x -> a, a -> b, s.y -> jobs, jobs -> c, s.x -> n, s.x -> m]
END
	sigslot run -d t.yaml 2>log
	pid=$(sed -n 's/^pid //p' "$SIGSLOT_RUNTIME_DIR/t/lock")
	(for i in $(seq 300); do
		sigslot emit s.x "$i"
		sigslot emit s.y "$i"
	done) 3>&- &
	emitter=$!
	while kill -0 "$emitter" 2>/dev/null; do
		cp other.yaml t.yaml
		kill -HUP "$pid"
		cp one.yaml t.yaml
		sigslot reload t >>said
	done
	wait "$emitter"
	sigslot wait --timeout 20s t
	sigslot wait --for idle --timeout 20s t
	for name in a b c m; do
		run -0 bash -c "cat seen* | grep $name | tr -dc '0-9\n' | sort -n"
		assert_output "$(seq 1 300)"
	done
	sigslot stop --timeout 20s t
	run -0 cat log
	assert_output --partial ' 0 failed, 0 dropped, 0 kept'
}

@test "SIGHUP reloads a detached run, and says what is wrong in its log" {
	write b 'a.s -> b'
	run -0 sigslot run -d t.yaml
	pid=$(sed -n "s/^pid //p" "$SIGSLOT_RUNTIME_DIR/t/lock")
	write b 'a.s -> c'
	kill -HUP "$pid"
	wait_until eval 'sigslot logs t | grep -q reloaded'
	sigslot emit a.s 1
	seen 'c 1'
	write b 'a.x -> c'
	kill -HUP "$pid"
	wait_until eval 'sigslot logs t | grep -q "not reloaded: 1 problem in t.yaml"'
	run -0 sigslot logs t
	assert_output --partial 't.yaml:11:5: `a` has no signal `x`'
	sigslot emit a.s 2
	seen 'c 1' 'c 2'
	sigslot stop t
}

@test "timers are still found by name after objects came before them" {
	printf '%s\n' 'name: t' 'processes: {q: {}}' 'loops:' \
		'  la: {objects: {tick: {every: 10ms, enabled: false}}}' \
		'  lb: {process: q, objects: {a: {run: "true"}, b: {run: "echo $1 >> seen"}}}' \
		'connections: [tick -> b]' >t.yaml
	start_run t.yaml
	sed -i 's/objects: {a:/objects: {a0: {every: 1h}, a:/' t.yaml
	reload t
	sigslot wait t
	sigslot emit tick.start
	wait_until has_lines seen 2
	sigslot emit tick.stop
	stop_run
}

@test "what was read from standard input cannot be read again: 66" {
	echo 'objects: {a: {run: "true"}}' | sigslot run -d -n t -
	run -66 --separate-stderr sigslot reload t
	assert_stderr_has 'it was read from standard input'
	sigslot stop t
}

@test "again and again, while messages come, nothing is lost" {
	write b 'a.s -> b'
	start_run t.yaml
	seq 200 | while read -r i; do
		sigslot emit a.s "$i"
		[ $((i % 20)) -ne 0 ] || {
			write "b$i" 'a.s -> b'
			sigslot reload t
		}
	done
	sigslot wait t
	sigslot wait --for idle --timeout 20s t
	run -0 bash -c 'cut -d" " -f2 seen | sort -n | uniq | wc -l'
	assert_output 200
	stop_run
	run -0 cat "$RUN_ERR"
	assert_output --partial ' 0 failed, 0 dropped, 0 kept'
}

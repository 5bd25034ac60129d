# SPDX-License-Identifier: MIT
#
# Every example does what its first comment says.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

setup() {
	setup_sigslot
	cp -r "$ROOT/examples" .
	chmod 755 examples
	rm -f examples/*.so
}

@test "each example has a comment that says how to run it, and a test here" {
	for file in examples/*.yaml; do
		run -0 grep -q "^# .*sigslot run .*examples/${file##*/}" "$file"
		run -0 grep -q "^@test \"${file##*/}:" "$BATS_TEST_FILENAME"
		run -0 --separate-stderr sigslot check "$file"
		assert_stderr ''
	done
}

@test "upkeep.yaml: three ticks, then the status of the source" {
	run -3 --separate-stderr sigslot run examples/upkeep.yaml
	assert_output $'TICK\nTICK\nTICK'
	assert_stderr_has 'it is given up, as it was started again 2 times within 1m'
}

@test "pingpong.yaml: two objects talk for ten seconds, then Done!" {
	start_run examples/pingpong.yaml
	wait_until has_lines "$RUN_OUT" 2
	# each loop in a process of its own
	sigslot ps --json >loops
	run -0 jq -r '[.loop, .process] | join(" ")' loops
	assert_output $'loop_a left\nloop_b right\nfront main'
	run -0 bash -c 'jq .pid loops | sort -u | wc -l'
	assert_output 3
	wait_until -t 30 process_gone "$RUN_PID"
	run_ended 0
	run -0 sed -n '1p;2p;3p;$p' "$RUN_OUT"
	assert_output "\
b received signal_a: Initial hello from A 1337
a received signal_b: hello from B 41
b received signal_a: hello from A 42
Done!"
	run -0 bash -c "sed '1,3d;\$d' '$RUN_OUT' | sort | uniq -c | wc -l"
	assert_output 2
	said=$(wc -l <"$RUN_OUT")
	assert [ "$said" -ge 6 ]
	assert [ "$said" -le 13 ]
	run -0 grep -c Done! "$RUN_OUT"
	assert_output 1
}

@test "workers.yaml: each number is factored once, by one of three" {
	run -0 --separate-stderr sigslot run --until-idle examples/workers.yaml
	assert_stderr_has "0 failed, 0 dropped, 0 kept"
	run -0 cmp <(sort -n <<<"$output") <(seq 1001 1030 | factor)
}

@test "packages.yaml: the report agrees with what dpkg-query counts" {
	dpkg-query -W -f='${Section}\t${Package}\t${Installed-Size}\n' >packages
	run -0 --separate-stderr sigslot run --until-idle examples/packages.yaml
	total=$(awk -F '\t' '{ s += $3 } END { printf "%d packages, %.1f MB", NR, s / 1024 }' packages)
	assert_line "In all: $total"
	section=$(cut -f 1 packages | sed 's:.*/::; s/^$/none/' | sort | uniq -c | sort -nr |
		awk 'NR == 1 { print $2, $1, "packages" }')
	run -0 bash -c 'tr -s " " <<<"$1" | sed "s/^ //" | grep -c "^$2 "' - "$output" "$section"
	assert_output 1
	run -0 sort -t "$(printf '\t')" -k3,3nr packages
	largest=$(cut -f 2 <<<"${lines[0]}")
	run -0 --separate-stderr sigslot run --until-idle examples/packages.yaml
	assert_line --partial " $largest "
	# each section has its line
	run -0 bash -c 'grep -c " packages  *[0-9.]* MB" <<<"$1"' - "$output"
	assert_output "$(cut -f 1 packages | sed 's:.*/::' | sort -u | wc -l)"
}

@test "logs.yaml: a line that is appended raises an alert" {
	start_run examples/logs.yaml
	wait_until test -e examples/access.log
	# tail may not have opened it yet: a line of no interest shows when it has
	written() { echo '10.0.0.1 GET / 500' >>examples/access.log; test -s "$RUN_OUT"; }
	wait_until written
	printf '%s\n' '10.0.0.7 GET /ok 200' '10.0.0.7 GET /cart 503' >>examples/access.log
	wait_until grep -q 503 "$RUN_OUT"
	stop_run
	run -0 grep -v 500 "$RUN_OUT"
	assert_output 'alert: 10.0.0.7 got 503 for /cart'
}

@test "logs.yaml: in the background it is there for ps, until it is stopped" {
	run -0 --separate-stderr sigslot run -d examples/logs.yaml 3>&-
	assert_output ''
	run -0 --separate-stderr sigslot ps
	assert_line --index 0 --regexp '^INSTANCE +LOOP +PID +STATE +UP +QUEUE +IN +OUT +DROPPED +RESTARTS$'
	assert_line --index 1 --regexp '^logs +log +[0-9]+ +ready '
	run -0 --separate-stderr sigslot stop logs
	wait_until no_processes
}

@test "fan-out.yaml: three receivers get it all, each in order" {
	run -0 --separate-stderr sigslot run --until-idle examples/fan-out.yaml
	run -0 sort <<<"$output"
	assert_output $'count 10\nmax 10\nsum 55'
}

@test "broadcast.yaml: those that subscribe hear it, in order" {
	run -0 --separate-stderr sigslot run examples/broadcast.yaml
	assert_output $'red heard: flush 1\ngreen heard: flush 1'
}

@test "plugin.yaml: a plugin counts a million lines" {
	run -0 "${CC:-cc}" -shared -fPIC -I"$ROOT/lib" -o examples/plugin.so examples/plugin.c
	chmod 755 examples/plugin.so
	run -0 --separate-stderr sigslot run --until-idle examples/plugin.yaml
	assert_output $'250000\n500000\n750000\n1000000'
	assert_stderr_has '1000000 lines in all'
}

# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

start_slow() {
	cat >t.yaml <<-'END'
		sigslot: 1
		objects:
		  slow: {run: 'until [ -e gate ]; do sleep 0.02; done; cat >> seen'}
	END
	start_run t.yaml
}

@test "what is ready is waited for no longer" {
	start_slow
	for target in t slow t/slow; do
		run -0 --separate-stderr sigslot wait "$target"
		assert_output ''
		assert_stderr ''
	done
	stop_run
}

@test "an instance that does not exist yet is waited for" {
	sigslot wait t 3>&- &
	waiting=$!
	start_slow
	wait "$waiting"
	stop_run
}

@test "idle is when nothing is queued and nothing runs" {
	start_slow
	run -0 --separate-stderr sigslot wait --for idle t
	sigslot emit slow 1
	run -124 --separate-stderr sigslot wait --for idle --timeout 200ms t
	assert_output ''
	[[ $stderr == 'sigslot: '* ]]
	sigslot wait --for idle t 3>&- &
	waiting=$!
	touch gate
	wait "$waiting"
	assert_file_exist seen
	stop_run
}

@test "stopped is when it has ended, also when it is gone" {
	start_slow
	run -124 --separate-stderr sigslot wait --for stopped --timeout 200ms t
	sigslot wait --for stopped t 3>&- &
	waiting=$!
	sigslot stop t
	wait "$waiting"
	run_ended 0
	run -0 --separate-stderr sigslot wait --for stopped t
	assert_stderr ''
}

@test "the time-out is for all targets together, and is 124" {
	run -124 --separate-stderr sigslot wait --timeout 200ms a b c
	assert_output ''
	[[ $stderr == *a*b*c* ]]
}

@test "a malformed target is wrong usage" {
	run -64 --separate-stderr sigslot wait --timeout 1s 'a b'
	assert_output ''
}

@test "an instance comes before what has its name in it" {
	cat >t.yaml <<-'END'
		sigslot: 1
		loops: {l: {objects: {t: {filter: cat}}}}
	END
	start_run t.yaml
	run -0 --separate-stderr sigslot wait --timeout 5s t
	stop_run
}

# SPDX-License-Identifier: MIT
#
# What every .bats file loads: `load ../lib/helper`. Each test gets a directory to
# work in, a runtime directory of its own and the built sigslot on PATH. A test never
# sleeps to wait: it waits for an event, and everything that waits has a deadline.
#
# The end of a test fails if it left a process, something in its runtime directory or
# a file in /dev/shm. A file that needs a setup or teardown of its own calls
# setup_sigslot first and teardown_sigslot last.

bats_require_minimum_version 1.5.0
BATS_LIB_PATH=${BATS_LIB_PATH:-/usr/lib/bats}
bats_load_library bats-support
bats_load_library bats-assert
bats_load_library bats-file

ROOT=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
SIGSLOT_BUILD=${SIGSLOT_BUILD:-$ROOT/build/release}
WAIT_SECONDS=${WAIT_SECONDS:-40}
SHM_DIR=${SHM_DIR:-/dev/shm}

setup_sigslot() {
	local name

	for name in "${!SIGSLOT_@}"; do
		[ "$name" = SIGSLOT_BUILD ] || unset "$name"
	done
	export SIGSLOT_RUNTIME_DIR=$BATS_TEST_TMPDIR/run
	export SIGSLOT_STATE_DIR=$BATS_TEST_TMPDIR/state
	export PATH=$SIGSLOT_BUILD:$PATH LC_ALL=C.UTF-8
	mkdir -m 700 "$SIGSLOT_RUNTIME_DIR" "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work" || return 1
	SHM_BEFORE=$(shared_memory)
	RUNS=0
	RUN_PIDS=
}

setup() {
	setup_sigslot
}

# start_run TOPOLOGY [ARGUMENT...]: starts `sigslot run` in the background and waits
# until it is ready. Sets RUN_PID, RUN_OUT and RUN_ERR (files of this run's output).
start_run() {
	local fifo

	RUNS=$((RUNS + 1))
	fifo=$BATS_TEST_TMPDIR/ready.$RUNS
	RUN_OUT=$BATS_TEST_TMPDIR/out.$RUNS
	RUN_ERR=$BATS_TEST_TMPDIR/err.$RUNS
	mkfifo "$fifo"
	# what keeps bats' descriptor 3 open would hang the file
	sigslot run --ready-fd 9 "$@" 9>"$fifo" </dev/null >"$RUN_OUT" 2>"$RUN_ERR" 3>&- &
	RUN_PID=$!
	RUN_PIDS="$RUN_PIDS $RUN_PID"
	if ! read -r -t "$WAIT_SECONDS" _ <"$fifo"; then
		{
			echo "sigslot run $* did not become ready; it said:"
			cat "$RUN_ERR"
		} >&2
		return 1
	fi
}

# background FILE: the same of a run `t` that may take long to be ready: returns when it
# is there. A file `ready` gets the newline of --ready-fd.
background() {
	RUNS=$((RUNS + 1))
	RUN_OUT=$BATS_TEST_TMPDIR/out.$RUNS
	RUN_ERR=$BATS_TEST_TMPDIR/err.$RUNS
	sigslot run --ready-fd 9 "$1" 9>ready </dev/null >"$RUN_OUT" 2>"$RUN_ERR" 3>&- &
	RUN_PID=$!
	RUN_PIDS="$RUN_PIDS $RUN_PID"
	wait_until test -e "$SIGSLOT_RUNTIME_DIR/t/status"
}

# start LINE...: runs a topology t.yaml of these lines.
start() {
	printf '%s\n' 'sigslot: 1' "$@" >t.yaml
	start_run t.yaml
}

# loop NAME FILTER: what jq makes of that loop's line of `ps`.
loop() {
	sigslot ps --json | jq -r "select(.loop == \"$1\") | $2"
}

# loop_is NAME FILTER VALUE: for wait_until.
loop_is() {
	[ "$(loop "$1" "$2")" = "$3" ]
}

# wait_run [PID]: waits until that run (the last one) has ended. Returns its status.
wait_run() {
	local pid=${1:-$RUN_PID}

	wait_until process_gone "$pid" || return 1
	RUN_PIDS=" $RUN_PIDS "
	RUN_PIDS=${RUN_PIDS/ $pid / }
	wait "$pid"
}

# run_ended STATUS [PID]: waits, and asserts that it ended with this status. (In a
# subshell, as of `run`, it would be nobody's child.)
run_ended() {
	local ended=0

	wait_run "${2:-$RUN_PID}" || ended=$?
	assert_equal "$ended" "$1"
}

# stop_run [PID]: SIGTERM, which drains. Returns its status.
stop_run() {
	kill -TERM "${1:-$RUN_PID}"
	wait_run "${1:-$RUN_PID}"
}

# wait_until [-t SECONDS] COMMAND...: polls until COMMAND succeeds.
wait_until() {
	local seconds=$WAIT_SECONDS deadline

	if [ "$1" = -t ]; then
		seconds=$2
		shift 2
	fi
	deadline=$((${EPOCHREALTIME/./} + seconds * 1000000))
	until "$@" >/dev/null 2>&1; do
		if [ "${EPOCHREALTIME/./}" -gt "$deadline" ]; then
			echo "not within $seconds s: $*" >&2
			return 1
		fi
		sleep 0.02
	done
}

# process_gone PID: whether it has ended; a zombie has.
process_gone() {
	local stat

	read -r stat 2>/dev/null <"/proc/$1/stat" || return 0
	stat=${stat##*) }
	[ "${stat%% *}" = Z ]
}

# process_stopped PID: whether it stands still.
process_stopped() {
	local stat

	read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
	stat=${stat##*) }
	[ "${stat%% *}" = T ]
}

# asleep PID: whether it is in poll(), from where an event or a time-out wakes it.
asleep() {
	grep -q poll "/proc/$1/wchan" 2>/dev/null || grep -q '^7 ' "/proc/$1/syscall"
}

# make_small: a directory to mount a file system on, in a name space of its own; skips the
# test where that cannot be done.
make_small() {
	[ "$(id -u)" = 0 ] || skip 'only root may mount'
	mkdir -m 700 small
	unshare -m mount -t tmpfs tmpfs small || skip 'no mount name space here'
}

# has_lines FILE COUNT: for wait_until.
has_lines() {
	[ -e "$1" ] && [ "$(wc -l <"$1")" -ge "$2" ]
}

# assert_stderr TEXT, assert_stderr_has PART: after `run --separate-stderr`.
assert_stderr() {
	# shellcheck disable=SC2154 # stderr is set by run
	[ "$stderr" = "$1" ] || batslib_print_kv_single_or_multi 6 wanted "$1" stderr "$stderr" |
		batslib_decorate 'standard error differs' | fail
}

assert_stderr_has() {
	[[ $stderr == *"$1"* ]] || batslib_print_kv_single_or_multi 6 wanted "$1" stderr "$stderr" |
		batslib_decorate 'standard error does not contain it' | fail
}

# The processes that were started with this test's runtime directory, one a line.
left_processes() {
	local file

	# env -u: or grep would find itself
	env -u SIGSLOT_RUNTIME_DIR grep -lszxF "SIGSLOT_RUNTIME_DIR=$SIGSLOT_RUNTIME_DIR" \
		/proc/[0-9]*/environ | while IFS=/ read -r _ _ file _; do
		process_gone "$file" || echo "$file"
	done
}

no_processes() {
	[ -z "$(left_processes)" ]
}

# Files in shared memory that might be ours, but for those of a benchmark beside us.
shared_memory() {
	find "$SHM_DIR" -maxdepth 1 -user "$(id -u)" -name '*sigslot*' \
		! -name 'sigslot-bench*'
}

# teardown_sigslot: fails if something is left, says what it was, and ends it.
teardown_sigslot() {
	local pid left=0 path

	for pid in $RUN_PIDS; do
		kill -TERM "$pid" 2>/dev/null || :
	done
	for pid in $RUN_PIDS; do
		wait_until -t 10 process_gone "$pid" || left=1
	done
	# what was killed a moment ago may still be on its way out
	wait_until -t 10 no_processes || left=1
	for pid in $(left_processes); do
		echo "left behind: process $pid: $(tr "\0" " " 2>/dev/null <"/proc/$pid/cmdline")" >&2
		kill -KILL "$pid" 2>/dev/null || :
	done
	for path in "$SIGSLOT_RUNTIME_DIR"/* $(shared_memory); do
		[ -e "$path" ] || continue
		[[ $'\n'$SHM_BEFORE$'\n' != *$'\n'$path$'\n'* ]] || continue
		echo "left behind: $path" >&2
		left=1
	done
	if [ "$left" = 1 ]; then
		for path in "$BATS_TEST_TMPDIR"/err.*; do
			[ ! -s "$path" ] || tail -n 20 "$path" >&2
		done
	fi
	return "$left"
}

teardown() {
	teardown_sigslot
}

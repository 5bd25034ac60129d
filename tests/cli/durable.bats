# SPDX-License-Identifier: MIT
#
# durable queues: over a reboot, which takes the runtime directory and changes the boot
# that a ring was written in; damaged; repaired; in unsafe places.
# shellcheck disable=SC2154 # run sets output and stderr
load ../lib/helper

# Nothing may be left in the state directory but what a test has kept.
teardown() {
	local path

	for path in "$SIGSLOT_RUNTIME_DIR"/*/queue; do
		[ ! -e "$path" ] || rm -rf "${path%/queue}"
	done
	teardown_sigslot
}

# q WORD...: sigslot queue WORD... ends with 0 and says nothing on standard error.
q() {
	run -0 --separate-stderr sigslot queue "$@"
	assert_stderr ''
}

reboot() {
	rm -rf "${SIGSLOT_RUNTIME_DIR:?}"/*
	find "$SIGSLOT_STATE_DIR" -name ring | while read -r ring; do
		patch_file "$ring" 4104 'an earlier boot'
	done
}

# patch_file FILE OFFSET TEXT
patch_file() {
	printf %s "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

into_queue() {
	cat >"$1" <<-'END'
		name: shop
		objects:
		  take: {filter: cat, out: string}
		queues:
		  jobs: {size: 64KiB, durable: true}
		connections:
		  - take -> jobs
	END
}

through_queue() {
	cat >"$1" <<-'END'
		name: shop
		objects:
		  take: {filter: cat, out: string}
		  show: {builtin: print}
		queues:
		  jobs: {size: 64KiB, durable: true}
		connections:
		  - take -> jobs -> show
	END
}

# left_in_jobs COUNT: a run has ended with so many messages in its durable queue.
left_in_jobs() {
	into_queue in.yaml
	start_run in.yaml
	seq "$1" | sigslot emit -l take
	wait_until jobs_hold "$1"
	stop_run
	assert_file_contains "$RUN_ERR" "queue 'jobs' keeps $1 message"
}

jobs_hold() {
	[ "$(sigslot queue size jobs | awk '{ print $1 }')" = "$1" ]
}

@test "a free-standing durable queue survives a reboot in order" {
	q create --durable --size 64KiB mail
	seq 100 | sigslot queue put -l mail
	q get mail
	assert_output 1
	reboot
	q get -n 200 mail
	assert_output "$(seq 2 100)"
	reboot
	q ls
	assert_output --regexp 'mail +open +0 '
	q rm mail
	assert_dir_not_exists "$SIGSLOT_STATE_DIR/.queues"
	reboot
	run -69 sigslot queue get mail
}

@test "a queue that is not durable does not" {
	q create mail
	q put mail one
	reboot
	run -69 --separate-stderr sigslot queue get mail
	assert_stderr_has "there is no queue 'mail'"
	assert_dir_not_exists "$SIGSLOT_STATE_DIR"
}

@test "creating one that the reboot has left says that it exists" {
	q create --durable --size 64KiB mail
	q put mail one
	reboot
	run -73 --separate-stderr sigslot queue create --durable mail
	assert_stderr "sigslot: queue 'mail' exists already"
	q get mail
	assert_output one
	q rm mail
}

@test "the durable queue of a topology is found again by its next run" {
	left_in_jobs 50
	reboot
	through_queue through.yaml
	run -0 --separate-stderr sigslot run --until-idle through.yaml
	assert_output "$(seq 50)"
	assert_dir_not_exists "$SIGSLOT_STATE_DIR/shop"
}

@test "a durable queue that is not empty outlives its topology's end" {
	left_in_jobs 3
	run -1 --separate-stderr sigslot clean shop
	assert_output "kept 'shop': 3 messages wait in it; --force drops them"
	reboot
	run -1 --separate-stderr sigslot clean shop
	assert_output "kept 'shop': 3 messages wait in it; --force drops them"
	run -0 --separate-stderr sigslot clean --force shop
	assert_output "removed 'shop' with 3 messages"
	assert_dir_not_exists "$SIGSLOT_STATE_DIR/shop"
}

@test "clean --force takes the durable queues of a dead instance along" {
	left_in_jobs 2
	run -0 --separate-stderr sigslot clean --force shop
	assert_output "removed 'shop' with 2 messages"
	assert_dir_not_exists "$SIGSLOT_STATE_DIR/shop"
}

@test "a topology does not forget messages of a queue that is not durable any more" {
	left_in_jobs 2
	reboot
	into_queue in.yaml
	sed -i 's/, durable: true//' in.yaml
	run -73 --separate-stderr sigslot run --until-idle in.yaml
	assert_stderr_has "left 2 messages in queue 'jobs', which was durable then"
	run -0 sigslot clean --force shop
}

@test "a torn message is cut, with its place and size" {
	q create --durable --size 64KiB mail
	q put mail one
	cp "$SIGSLOT_STATE_DIR/.queues/mail/ring" before
	q put mail two
	# the safe points as they were before the second put
	dd if=before of="$SIGSLOT_STATE_DIR/.queues/mail/ring" bs=4096 skip=1 seek=1 \
		count=1 conv=notrunc status=none
	reboot
	run -0 --separate-stderr sigslot queue get --timeout 0s mail
	assert_output one
	assert_stderr "sigslot: queue 'mail': cut 128 bytes of a torn message at position 128"
	run -124 sigslot queue get --timeout 0s mail
	q rm mail
}

@test "damage is refused with its position, and repair saves the rest" {
	q create --durable --size 64KiB mail
	q put mail one two
	q put mail three
	q put mail four
	patch_file "$SIGSLOT_STATE_DIR/.queues/mail/ring" $((65536 + 128 + 113)) X
	reboot
	run -65 --separate-stderr sigslot queue get mail
	assert_output ''
	assert_stderr "sigslot: queue 'mail' is damaged: no whole record where one must be, at position 128: 'sigslot queue repair mail' saves the rest"
	run -1 --separate-stderr sigslot queue repair mail
	assert_output --regexp "^queue 'mail': saved 2 messages, lost 1; the damaged file is kept as $SIGSLOT_STATE_DIR/.queues/mail/ring.damaged-"
	assert_stderr ''
	q get -n 9 mail
	assert_output $'["one","two"]\nfour'
	q repair mail
	assert_output "queue 'mail' is intact: 0 messages"
	q rm mail
	assert_file_exists "$SIGSLOT_STATE_DIR"/.queues/mail/ring.damaged-*
}

@test "a run whose durable queue is damaged does not start before it is repaired" {
	left_in_jobs 3
	patch_file "$SIGSLOT_STATE_DIR/shop/jobs/ring" $((65536 + 112)) X
	reboot
	through_queue through.yaml
	run -65 --separate-stderr sigslot run --until-idle through.yaml
	assert_stderr_has "sigslot: queue 'jobs' is damaged"
	run -1 --separate-stderr sigslot queue repair jobs
	assert_output --partial "queue 'jobs': saved 2 messages, lost 1"
	run -0 --separate-stderr sigslot run --until-idle through.yaml
	assert_output $'2\n3'
}

@test "a queue that is not durable is repaired as well" {
	q create --size 64KiB mail
	q put mail one
	q put mail two
	patch_file "$SIGSLOT_RUNTIME_DIR/mail/q/mail/ring" 0 XXXX
	run -65 --separate-stderr sigslot queue get mail
	q repair mail
	assert_output --partial "queue 'mail': saved 2 messages, lost 0"
	q get -n 9 mail
	assert_output $'one\ntwo'
}

@test "a queue that is in use is not repaired" {
	into_queue in.yaml
	start_run in.yaml
	run -75 --separate-stderr sigslot queue repair jobs
	assert_stderr "sigslot: queue 'jobs' is in use: stop 'shop' and whoever has it open first"
	stop_run
}

@test "an unsafe state directory is refused, and there is no way around it" {
	mkdir -m 755 "$SIGSLOT_STATE_DIR"
	run -77 --separate-stderr sigslot queue create --durable mail
	assert_stderr "sigslot: '$SIGSLOT_STATE_DIR' is open to others (mode 755): chmod 700 it, or set SIGSLOT_STATE_DIR to a private directory"
	into_queue in.yaml
	run -77 --separate-stderr sigslot run --until-idle in.yaml
	chmod 700 "$SIGSLOT_STATE_DIR"
	ln -s /tmp "$SIGSLOT_STATE_DIR/.queues"
	run -77 --separate-stderr sigslot queue create --durable mail
	SIGSLOT_STATE_DIR=relative run -64 --separate-stderr sigslot queue create --durable mail
	assert_stderr_has 'must be an absolute path'
}

@test "without SIGSLOT_STATE_DIR it is XDG_STATE_HOME, else below HOME" {
	unset SIGSLOT_STATE_DIR
	export HOME=$PWD/home XDG_STATE_HOME=$PWD/xdg
	mkdir home
	q create --durable --size 64KiB mail
	assert_file_exists xdg/sigslot/.queues/mail/ring
	q rm mail
	export XDG_STATE_HOME=relative
	q create --durable --size 64KiB mail
	assert_file_exists home/.local/state/sigslot/.queues/mail/ring
	run -0 stat -c %a home/.local/state/sigslot
	assert_output 700
	q rm mail
}

@test "check --print tells which queues are durable" {
	into_queue in.yaml
	run -0 sigslot check --print in.yaml
	assert_line --regexp '^queue +jobs +64KiB, durable$'
}

@test "the runtime directory cannot be the one of durable queues, too" {
	export SIGSLOT_STATE_DIR=$SIGSLOT_RUNTIME_DIR
	start 'objects: {a: {builtin: drop}}'
	sigslot emit a 1
	stop_run
	printf '%s\n' 'name: t' 'objects: {a: {builtin: drop}}' 'queues: {q: {durable: true}}' >d.yaml
	run -64 sigslot run d.yaml
	assert_output --partial "'$SIGSLOT_RUNTIME_DIR' is the runtime directory: set SIGSLOT_STATE_DIR to another one"
	run -64 --separate-stderr sigslot queue create --durable q
	assert_output ''
	assert_stderr_has "'$SIGSLOT_RUNTIME_DIR' is the runtime directory"
	run -0 ls -A "$SIGSLOT_RUNTIME_DIR"
	assert_output ''
}

/* SPDX-License-Identifier: MIT */
/*
 * What supervisor and worker say to each other: small packets on a socket pair. Its end
 * of file is the death of the other side. Both are the same program, so the packets are
 * structs.
 */
#ifndef WORKER_WIRE_H
#define WORKER_WIRE_H

#include <stdint.h>

/* How far a loop is on its way down. Each includes the ones before it. */
enum phase {
	PHASE_UP,
	PHASE_QUIET, /* its sources have ended, its timers stand still */
	PHASE_DRAINED, /* what was queued is done, and what that emitted is queued */
	PHASE_FINISHED, /* its filters and plugins have said their last */
	PHASE_DOWN, /* `terminate` was emitted; nothing runs */
};

enum wire_op {
	WIRE_PHASE, /* to: bring loop `index` to phase `value`; from: it is there */
	WIRE_STOP, /* to: all phases, what is queued now is the end; within `value` */
	WIRE_LEAVE, /* the same, and what comes after it stays for the next worker */
	WIRE_NOW, /* to: down at once; what is queued stays */
	WIRE_START, /* to: loop `index` up */
	WIRE_TIMER, /* to: the timer whose id is `index`: start (value 1) or stop (0) */
	WIRE_HERALD, /* to: the object whose id is `index` has said that it is ready */
	WIRE_UP, /* from: loop `index` takes messages, but its commands not yet */
	WIRE_READY, /* from: it does, and so do its commands, the first time */
	WIRE_ENDED, /* from: the command of slot `index` has ended for good */
	WIRE_FAULT, /* from: loop `index` cannot go on; the text is in the log */
	WIRE_ERROR, /* from: loop `index` has to end at once; the log says why */
	WIRE_SPENT, /* from: a connection has had its one message; value: its fuse */
	WIRE_EXIT, /* to: nothing more to do */
	WIRE_PLAN, /* to: a newer one, in a descriptor; what is not in it is down */
	WIRE_RENEWED, /* from: it has it, and what is new waits to be started */
	WIRE_ROUTES, /* to: there are new ones, and it concerns what it takes from */
};

/* The value of WIRE_ENDED: how it ended, as of waitpid(); whether it did too often. */
#define WIRE_GIVEN_UP  (1ull << 32)
#define WIRE_BY_ITSELF (1ull << 33) /* nobody asked it to */

struct wire {
	uint32_t op, index;
	uint64_t value;
};

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Seeded bugs, to test the tests: -DMUTATION=n compiles bug n in, and tests/crash must
 * find it. Without it nothing is left of this.
 */
#ifndef QUEUE_FAULT_H
#define QUEUE_FAULT_H

#ifndef MUTATION
#define MUTATION 0
#endif

enum fault {
	FAULT_FLIP_BEFORE_COPY = 1,
	FAULT_FLIP_BEFORE_BELL,
	FAULT_COMMIT_BEFORE_BELL,
	FAULT_STATE_BEFORE_CURSOR,
	FAULT_DRAIN_UNMARKED,
	FAULT_NO_RECOUNT,
	FAULT_SLIDE_BEFORE_GAP,
	FAULT_RELEASE_BEFORE_FLIP,
	FAULT_RECOVER_SILENTLY,
	FAULT_BLIND_TAKEOVER,
};

#define FAULTY(n) (MUTATION == (n))

#endif

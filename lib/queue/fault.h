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
	FAULT_FLIP_BEFORE_COPY = 1, /* push: visible before it is whole */
	FAULT_FLIP_BEFORE_BELL, /* push: committed before the bell rang */
	FAULT_STATE_BEFORE_BELL, /* late commit: the same */
	FAULT_STATE_BEFORE_CURSOR, /* return: claimable where nobody looks */
	FAULT_DRAIN_UNMARKED, /* bell: emptied while the word says rung */
	FAULT_NO_RECOUNT, /* takeover: believes the counts of the dead */
	FAULT_NO_GAP, /* slide: overwrites headers that a walk needs */
	FAULT_CURSOR_BEFORE_LEASE, /* claim: passed over before it is leased */
	FAULT_RECOVER_SILENTLY, /* recover: gives back without ringing */
	FAULT_LEASES_KEPT, /* recover: forgets the leases of the dead */
	FAULT_SWEEP_UNCOUNTED, /* sweep: head passes what is not counted yet */
	FAULT_EVICT_OTHERS, /* drop: takes messages of any signal */
	FAULT_JUDGED_TWICE, /* recover: gives back what it did not announce */
	FAULT_BOOK_AT_ONCE, /* book: counts before the commit that lets go */
	FAULT_BOOK_KEPT, /* takeover: keeps what the dead counted for a commit */
};

#define FAULTY(n) (MUTATION == (n))

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Messages that kill. A worker that dies with one message alone in its hands may have
 * died of it. Who does so twice with the same one has: that message is given up, and
 * the second death costs the process none of its restarts.
 *
 * After a death a worker takes what was tried before one by one, see turn_doubt(), so
 * that one bad message among many comes to be alone.
 */
#ifndef SUPERVISOR_SUSPECT_H
#define SUPERVISOR_SUSPECT_H

#include <stdbool.h>
#include <stdint.h>

struct hand;

/* A message that a worker died with, alone in its hands. */
struct suspect {
	uint32_t key; /* of its queue's ring */
	uint64_t seq;
	unsigned deaths;
};

/* The last ones. {0} is a valid one. */
struct suspects {
	struct suspect at[32];
	unsigned next; /* is forgotten for a new one */
};

/*
 * Whether a death is the fault of one message, which then has been given up. Before
 * what the dead one held is recovered.
 */
bool suspect_blame(struct hand *h, int status);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a message that failed in a slot.
 */
#ifndef PLAN_FATE_H
#define PLAN_FATE_H

#include <stdbool.h>
#include <stdint.h>

struct plan_fate {
	bool mortal; /* what it gives up is kept as dead, not only counted as failed */
	const char *group; /* of its failures; NULL: none */
	bool stop; /* the loop ends then */
	uint32_t retries;
	uint64_t backoff_ns, backoff_max_ns; /* before the first retry, and at most */
	uint32_t dead; /* signal of what was given up; NONE: to the dead of its queue */
};

struct topology;
struct model_object;
struct model_fate;

/* From what was written for a slot and around it. to->dead is NONE before. */
void fate_make(const struct topology *t, const struct model_object *o,
	       const struct model_fate *slot, struct plan_fate *to);

#endif

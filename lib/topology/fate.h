/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a message that failed: `retry:` and `dead:`.
 */
#ifndef TOPOLOGY_FATE_H
#define TOPOLOGY_FATE_H

#include "topology/section.h"

/* What `on_error` says: MODEL_UNSAID, MODEL_CONTINUE, MODEL_STOP. */
unsigned fate_on_error(const struct section *s);

/* Reads both keys of a slot, or of an object for its slots, and what the top says. */
void fate_read(struct reader *r, const struct section *s, struct model_object *o,
	       struct model_fate *ret);

#endif

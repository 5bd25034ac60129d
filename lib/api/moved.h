/* SPDX-License-Identifier: MIT */
/*
 * A queue that is shut while something is emitted into it: its loop has gone, or what
 * was on it has moved.
 */
#ifndef API_MOVED_H
#define API_MOVED_H

#include "api/emitter.h"

/*
 * Pushes payloads that receiver i did not get, as the newest routes say: to the slots
 * that they were for, where these are now, and to nobody if they are gone. `like` is
 * the envelope of the first. Returns 0; -ESHUTDOWN: the routes lead nowhere else; or as
 * of queue_push_many().
 */
int moved_push(struct sigslot_emitter *e, unsigned i, const struct envelope *like,
	       const struct payload *payloads, size_t len, struct sigslot_error *err);

#endif

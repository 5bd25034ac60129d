/* SPDX-License-Identifier: MIT */
/*
 * The start of a worker process, in two steps: see hands_start().
 */
#ifndef SUPERVISOR_FORK_H
#define SUPERVISOR_FORK_H

#include "supervisor/super.h"

/*
 * Whether each process of a plan can have a worker, which has an identity of its own
 * below those of scripts. 0, or -ENOSPC with both numbers.
 */
int fork_places(const struct plan *p, struct sigslot_error *err);

/*
 * Chooses its plan, the newest one, or that which it had if it has to work something
 * off; which of its loops begin; and counts their sources.
 */
void fork_prepare(struct hand *h);

/* Forks it. Its pid and the supervisor's end of the channel are in h. 0 or -errno. */
int fork_worker(struct hand *h, struct sigslot_error *err);

/* How many sources of that plan a loop has, as they start. */
void fork_count_sources(struct hand *h, const struct plan *p, uint32_t loop);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Durable queues: those that were created with a site, a directory of their own, in
 * which their ring outlives a reboot.
 *
 * A push to one returns 0 when the message is on the medium; -EIO when that failed, now
 * or before: from then on it takes nothing. What was claimed and not settled is there
 * again after a reboot, and so may be what was settled last. queue_create() goes on
 * with the ring that it finds, with the size that this has; the parent of the site must
 * be there. It returns -EPERM: the site is unsafe, -EBUSY: the ring is in use by others
 * than those of this queue directory, -EBADMSG: it is damaged, see repair.h.
 */
#ifndef QUEUE_DURABLE_H
#define QUEUE_DURABLE_H

#include "queue/queue.h"

bool queue_durable(const struct queue *q);

/* The same of a queue that is not open. */
bool queue_sited(int dir, const char *name);

/*
 * As queue_remove(), but what is in a durable queue stays, for the next one that is
 * created with its site.
 */
int queue_leave(int dir, const char *name, struct sigslot_error *err);

/* queue_peek() for a site, of which there may be no queue. */
int site_peek(const char *site, const char *name, struct queue_counts *ret,
	      struct sigslot_error *err);

/* Removes a site with its ring; what repairs have put aside stays. 0 or -errno. */
int site_remove(const char *site);

#endif

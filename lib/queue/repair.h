/* SPDX-License-Identifier: MIT */
/*
 * Saving what is whole in the file of a damaged ring. It trusts nothing but checksums:
 * a header, a safe point or a mark that is right makes the search surer, and none of
 * them must be there.
 */
#ifndef QUEUE_REPAIR_H
#define QUEUE_REPAIR_H

#include "queue/queue.h"

enum { REPAIR_PATH = 512 };

struct repair {
	bool intact; /* nothing was wrong, and nothing was changed */
	uint64_t saved; /* messages that are in the queue now, each as never leased */
	uint64_t lost; /* records that could not be read, as far as numbers tell */
	char kept[REPAIR_PATH]; /* where the old file is now, beside the new one */
};

/*
 * Puts a new ring with all whole messages, in their order, in the place of the old one,
 * which is kept. Nobody may have the queue open, see identity_used(). Returns 0;
 * -EBUSY: the ring is in use; -ENOENT; -EPERM; -errno.
 */
int queue_repair(int dir, const char *name, struct repair *ret,
		 struct sigslot_error *err);

/* The same for the site of a durable ring that has no queue directory. */
int site_repair(const char *site, const char *name, struct repair *ret,
		struct sigslot_error *err);

#endif

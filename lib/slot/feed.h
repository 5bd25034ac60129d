/* SPDX-License-Identifier: MIT */
/*
 * Jobs as bytes on their way into a descriptor, in order: many small texts become few
 * large writes, and each job is known to be written when its last byte is.
 * {0} is a valid, empty feed.
 */
#ifndef SLOT_FEED_H
#define SLOT_FEED_H

#include <sys/types.h>

#include "base/buf.h"
#include "slot/slot.h"

struct feed_job {
	struct slot *slot; /* NULL: it is gone, only its bytes are left */
	struct slot_job *job;
	uint64_t end; /* where its bytes end in the stream */
};

struct feed {
	struct buf bytes; /* append a job's text here, then call feed_add() */
	size_t sent; /* of bytes */
	uint64_t before; /* bytes that were written and dropped */
	uint64_t settled; /* where the oldest job begins in the stream */
	struct feed_job *jobs; /* a ring */
	size_t first, len, cap;
};

/* The bytes that were appended last are this job's. Returns 0 or -ENOMEM. */
int feed_add(struct feed *f, struct slot *slot, struct slot_job *job);

static inline size_t feed_unsent(const struct feed *f)
{
	return f->bytes.size - f->sent;
}

/* Notes that `size` more bytes were written. */
void feed_wrote(struct feed *f, size_t size);

/* Takes out the oldest job if all its bytes are written. */
bool feed_take_written(struct feed *f, struct feed_job *ret);

/* Takes out the oldest job with what is left of its bytes. */
bool feed_take(struct feed *f, struct feed_job *ret);

/* Begins again with the first byte of the oldest job, for another reader. */
void feed_rewind(struct feed *f);

/* The jobs of that slot are nobody's from now on; their bytes stay. */
void feed_forget(struct feed *f, const struct slot *slot);

void feed_done(struct feed *f);

#endif

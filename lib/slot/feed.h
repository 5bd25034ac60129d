/* SPDX-License-Identifier: MIT */
/*
 * Jobs as bytes on their way into a descriptor, in order: many small texts become few
 * large writes, and each job is known to be written when its last byte is.
 * {0} is a valid, empty feed; with {.keep = N} it remembers the last N bytes that were
 * written, as a reader that dies may not have read them.
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
	size_t keep;
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

/* Takes out the oldest job if it ends at or before that point of the stream. */
bool feed_take_before(struct feed *f, uint64_t point, struct feed_job *ret);

/* Takes out the oldest job if all its bytes are written. */
static inline bool feed_take_written(struct feed *f, struct feed_job *ret)
{
	return feed_take_before(f, f->before + f->sent, ret);
}

/* Takes out the oldest job with what is left of its bytes. */
bool feed_take(struct feed *f, struct feed_job *ret);

/* How much was written of the whole stream. */
static inline uint64_t feed_written(const struct feed *f)
{
	return f->before + f->sent;
}

/*
 * Another reader: goes back to the first line that the last one, who read the stream
 * up to there, did not read whole; a job that is still here is written from its start.
 */
void feed_rewind(struct feed *f, uint64_t read);

/* How many lines are to be written again whose jobs are not here any more. */
size_t feed_orphans(const struct feed *f);

/* All that was written has been read: forgets it, and gives memory back. */
void feed_settle(struct feed *f);

/* The jobs of that slot are nobody's from now on; their bytes stay. */
void feed_forget(struct feed *f, const struct slot *slot);

void feed_done(struct feed *f);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What there is to count in a queue, read without its latch: asking never disturbs.
 */
#ifndef QUEUE_COUNTS_H
#define QUEUE_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct queue;

/*
 * How a message leaves a queue: of what befell it at its slots, the last one here. Who
 * acknowledges it says so, and the commit that lets it go counts it.
 */
enum queue_end {
	QUEUE_DONE,
	QUEUE_SPENT, /* its connection was for one message, and had that */
	QUEUE_CUT_OFF, /* no connection that it was for is left */
	QUEUE_RETRIED, /* a slot failed; it is there again, as one of its own */
	QUEUE_FAILED, /* a slot failed, and that was all */
	QUEUE_GIVEN_UP, /* it was put among the dead, or where `dead:` says */
	QUEUE_ENDS,
};

/*
 * One message ends differently at several slots: three bits for each of them, in the
 * order of its account. The last place is that of all who have none of their own.
 */
enum {
	QUEUE_END_BITS = 3,
	QUEUE_END_WORDS = 2,
	QUEUE_END_EACH = 64 / QUEUE_END_BITS,
	QUEUE_END_PLACES = QUEUE_END_WORDS * QUEUE_END_EACH,
};

static inline unsigned queue_end_of(const uint64_t ends[QUEUE_END_WORDS],
				    unsigned place)
{
	return ends[place / QUEUE_END_EACH] >> place % QUEUE_END_EACH * QUEUE_END_BITS &
	       7;
}

/* Unless something worse is there already. */
static inline void queue_end_note(uint64_t ends[QUEUE_END_WORDS], unsigned place,
				  enum queue_end end)
{
	unsigned at = place < QUEUE_END_PLACES ? place : QUEUE_END_PLACES - 1;
	unsigned before = queue_end_of(ends, at);

	if (end > before)
		ends[at / QUEUE_END_EACH] ^= (uint64_t)(before ^ end)
					     << at % QUEUE_END_EACH * QUEUE_END_BITS;
}

/*
 * A snapshot; pushed = acked + faulted + voided + dropped + dead + damaged + evicted +
 * outdated + records, always. What was refused or failed never was pushed. Of faulted
 * and dropped a kill may leave uncounted which they were, never that they were.
 */
struct queue_counts {
	uint64_t size; /* capacity of the ring in bytes */
	uint64_t limit; /* at most so many records; 0 = only size counts */
	uint64_t used; /* bytes taken, dead gaps included */
	uint64_t records, ready, leased; /* present / claimable / in flight */
	uint64_t unfinished; /* present, and their producer still writes them */
	uint64_t pushed, acked, voided, dropped, dead, damaged; /* since its creation */
	uint64_t faulted, retried; /* a slot failed on it; of these, there again */
	uint64_t cut_off, spent; /* of the dropped */
	uint64_t evicted, outdated, refused, failed; /* by `full:`, see drop.h */
	uint64_t redelivered, takeovers;
	uint64_t high_bytes, high_records;
	uint64_t wanted; /* bytes that a producer waits for; 0: nobody does */
	bool closed;
	bool full; /* no room for one more record, of one byte */
};

/* Returns 0, -EINVAL after fork(), -EBADMSG. */
int queue_counts(const struct queue *q, struct queue_counts *ret);

/* The same without a handle: for ps, also of a dead instance. */
int queue_peek(int dir, const char *name, struct queue_counts *ret,
	       struct sigslot_error *err);

#endif

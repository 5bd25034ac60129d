/* SPDX-License-Identifier: MIT */
/*
 * Messages on their way in, wrapped: what push.c and whole.c share.
 */
#ifndef QUEUE_PARCEL_H
#define QUEUE_PARCEL_H

#include "queue/section.h"

struct parcel {
	struct record header;
	const void *data;
	uint32_t sum;
};

/*
 * Wraps the nth payload of one envelope; its sum is the caller's, and what depends on
 * the place in the ring is set there.
 */
static inline void parcel_wrap(struct parcel *p, const struct envelope *e, uint64_t nth,
			       const struct payload *payload)
{
	struct record *r = &p->header;

	/* each by itself, as to clear all of it first takes longer */
	r->due = r->since = 0;
	r->handle = r->account = 0;
	r->verdict = 0;
	r->size = (uint32_t)payload->size;
	r->count = 1;
	r->envelope = *e;
	r->envelope.id += nth;
	r->envelope.emit_seq += nth;
	p->data = payload->data;
	p->sum = 0;
}

/* Pushes all of them, which need `room` bytes, or none. As queue_push_whole(). */
int push_whole(struct queue *q, struct parcel *parcels, size_t len, uint64_t room,
	       struct sigslot_error *err);

#endif

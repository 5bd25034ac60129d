/* SPDX-License-Identifier: MIT */
/*
 * All or none. Everything is copied under the latch, beyond the tail where nobody
 * looks, and one commit moves the tail over all of it.
 */
#include "queue/whole.h"

#include <inttypes.h>

#include "queue/parcel.h"
#include "queue/safe.h"

/* Not more than half, or who puts single messages could keep it waiting for ever. */
static int check(const struct queue *q, uint64_t room, size_t len,
		 struct sigslot_error *err)
{
	if (room > q->ring.capacity / 2)
		return fail(err, -EMSGSIZE,
			    "queue '%s' takes up to %" PRIu64
			    " bytes at once, these %zu "
			    "messages need %" PRIu64,
			    q->name, q->ring.capacity / 2, len, room);
	if (q->ring.messages && len > q->ring.messages)
		return fail(err, -EMSGSIZE,
			    "queue '%s' takes up to %" PRIu64
			    " messages, these are %zu",
			    q->name, q->ring.messages, len);
	return 0;
}

/* The safe point of a durable ring has its tail before all of them, or behind. */
static int push(struct queue *q, struct parcel *parcels, size_t len, uint64_t room,
		struct sigslot_error *err)
{
	int r, safe = 0;

	do {
		r = push_whole(q, parcels, len, room, err);
		if (!q->ring.safe || (r && r != -EINPROGRESS))
			return r;
		safe = safe_sync(q, q->m.tail, r ? q->m.version : 0, err);
	} while (r && !safe);
	return safe;
}

int queue_push_whole(struct queue *q, const struct envelope *e,
		     const struct payload *payloads, size_t len,
		     struct sigslot_error *err)
{
	_free_ struct parcel *parcels = calloc(len ?: 1, sizeof(*parcels));
	uint64_t room = 0;
	int r;

	if (!parcels)
		return fail(err, -ENOMEM, "queue '%s': out of memory", q->name);
	for (size_t i = 0; i < len; i++)
		room += record_room(payloads[i].size);
	r = check(q, room, len, err);
	for (size_t i = 0; r == 0 && i < len; i++) {
		struct parcel *p = &parcels[i];

		parcel_wrap(p, e, i, &payloads[i]);
		p->sum = record_sum(&p->header, p->data, p->header.size);
	}
	return r == 0 && len ? push(q, parcels, len, room, err) : r;
}

/* SPDX-License-Identifier: MIT */
/*
 * Counting: from one copy of the meta block, never from the records.
 */
#include "queue/counts.h"

#include <fcntl.h>

#include "queue/site.h"
#include "queue/safe.h"

static uint64_t gone(const struct ring_meta *m, unsigned state)
{
	return m->swept[state - RECORD_ACKED] + m->present[state];
}

/* Of `all` so many as are known to be of that kind: a count of its own, so checked. */
static uint64_t known(const struct ring *r, const struct ring_meta *m,
		      enum queue_end end, uint64_t all)
{
	uint64_t n = book_known(r, m, end);

	return n < all ? n : all;
}

static void sum_up(const struct ring *r, const struct ring_meta *m,
		   struct queue_counts *ret)
{
	const uint32_t *n = m->present;

	*ret = (struct queue_counts){
		.size = r->capacity,
		.limit = r->messages,
		.used = m->tail - m->head,
		.ready = (uint64_t)n[RECORD_READY] + n[RECORD_PARKED],
		.leased = (uint64_t)n[RECORD_PINNED] + n[RECORD_LEASED],
		.unfinished = n[RECORD_BUSY],
		.pushed = m->seq,
		.acked = gone(m, RECORD_ACKED),
		.voided = gone(m, RECORD_VOIDED),
		.dropped = gone(m, RECORD_DROPPED),
		.dead = gone(m, RECORD_DEAD),
		.damaged = gone(m, RECORD_DAMAGED),
		.faulted = gone(m, RECORD_FAULTED),
		.evicted = gone(m, RECORD_EVICTED),
		.outdated = gone(m, RECORD_OUTDATED),
		.refused = r->head->stats.refused,
		.failed = r->head->stats.failed,
		.redelivered = r->head->stats.redelivered,
		.takeovers = r->head->stats.takeovers,
		.high_bytes = r->head->stats.high_bytes,
		.high_records = r->head->stats.high_records,
		.wanted = r->head->want.room,
		.closed = m->flags & RING_SHUT,
	};
	ret->retried = known(r, m, QUEUE_RETRIED, ret->faulted);
	ret->cut_off = known(r, m, QUEUE_CUT_OFF, ret->dropped);
	ret->spent = known(r, m, QUEUE_SPENT, ret->dropped - ret->cut_off);
	ret->records = ret->ready + ret->leased + ret->unfinished;
	ret->full = ret->used + record_room(1) > ret->size ||
		    (ret->limit && ret->records >= ret->limit);
}

int queue_counts(const struct queue *q, struct queue_counts *ret)
{
	struct ring_meta m;
	int r = identity_here(q->id) ? ring_snapshot(&q->ring, &m) : -EINVAL;

	if (r < 0)
		return r;
	sum_up(&q->ring, &m, ret);
	return 0;
}

static int peek(int fd, const char *name, bool durable, struct queue_counts *ret,
		struct sigslot_error *err)
{
	struct ring_meta m;
	struct ring ring;
	int r = ring_map_head(fd, false, &ring, name, err);

	if (r < 0)
		return r;
	if (durable && safe_attach(&ring) < 0)
		r = -EBADMSG;
	else if (durable && !safe_same_boot(&ring))
		r = safe_newest(&ring, &m) < 0 ? -EBADMSG : 0;
	else
		r = ring_snapshot(&ring, &m);
	if (!r)
		sum_up(&ring, &m, ret);
	else
		fail(err, r, "queue '%s' is damaged: its header makes no sense", name);
	ring_unmap(&ring);
	return r;
}

int queue_peek(int dir, const char *name, struct queue_counts *ret,
	       struct sigslot_error *err)
{
	_close_ int at =
		openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_close_ int fd = -1;
	bool durable;

	if (at < 0)
		return fail_errno(err, "queue '%s': cannot open it", name);
	fd = site_open(at, name, O_RDONLY, &durable, err);
	return fd < 0 ? fd : peek(fd, name, durable, ret, err);
}

int site_peek(const char *site, const char *name, struct queue_counts *ret,
	      struct sigslot_error *err)
{
	_close_ int at = site_enter(site, err);
	_close_ int fd = at < 0 ? -1 : openat(at, "ring", RING_OPEN | O_RDONLY);

	if (fd < 0)
		return at < 0 ? at : fail_errno(err, "queue '%s'", name);
	return peek(fd, name, true, ret, err);
}

/* SPDX-License-Identifier: MIT */
/*
 * Pushing. Small payloads are copied under the lock and committed at once; large ones
 * are reserved, copied outside the lock and committed late, under their owner's name.
 */
#include "queue/queue.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "queue/bell.h"
#include "queue/fault.h"
#include "queue/latch.h"
#include "queue/parcel.h"
#include "queue/reserve.h"
#include "queue/safe.h"

enum {
	BATCH = 64, /* records per lock, at most */
	BATCH_BYTES = 65536,
	WANT_FRESH_NS = 250000000, /* a waiter comes back within 100 ms */
};

/* Leaves room for one who waits longer than we, as long as that one still asks. */
static bool yields(const struct queue *q, uint64_t room)
{
	const struct ring_want *want = &q->ring.head->want;
	uint64_t wanted = want->room;

	if (!wanted || want->who == q->me || wanted > q->ring.capacity / 2 ||
	    section_fits(q, room + wanted))
		return false;
	return clock_now() - want->since < WANT_FRESH_NS;
}

/*
 * Whether somebody was first, who asks on. Who leaves half of the ring to others comes
 * after them, also in his own process.
 */
static bool taken(const struct queue *q, uint64_t room, uint64_t now)
{
	const struct ring_want *want = &q->ring.head->want;
	uint64_t half = q->ring.capacity / 2;
	bool before = want->who != q->me;

	if ((want->room > half) != (room > half))
		before = room > half;
	return want->room && before && now - want->since < WANT_FRESH_NS;
}

static void ask_for(struct queue *q, uint64_t room)
{
	struct ring_want *want = &q->ring.head->want;
	uint64_t now = clock_now();

	bell_hush(&q->ring.head->space_bell, q->space_fd);
	if (taken(q, room, now))
		return; /* only he may renew that */
	want->who = q->me;
	want->since = now;
	want->room = room;
}

/* A dead process must not keep the head for ever, also where nobody supervises. */
static int free_head(struct queue *q)
{
	struct record_word w;
	struct entry e;
	int r = section_look(q, q->m.head, &e);

	if (r <= 0)
		return r;
	w = record_parts(e.word);
	if (w.state != RECORD_BUSY && !record_held(w.state))
		return 0;
	if (identity_alive(q->id, w.slot, w.generation))
		return 0;
	return recover_held(q, w.slot, w.generation);
}

static int cover(struct queue *q, uint64_t room)
{
	uint64_t to = q->m.tail + room;

	if (q->ring.safe)
		return safe_claim(q, room);
	return reserve_covers(&q->ring, to) ? 0 : reserve_more(&q->ring, to);
}

/* Returns 0 if there is room now, -EAGAIN, -ENOSPC, -EBADMSG, or as safe_claim(). */
static int make_room(struct queue *q, uint64_t room)
{
	int r;

	if (section_admits(q, room) && !yields(q, room))
		return cover(q, room);
	r = free_head(q);
	if (!r)
		r = section_sweep(q);
	if (!r && !section_admits(q, room))
		r = slide_head(q);
	if (r < 0)
		return r;
	if (section_admits(q, room) && !yields(q, room))
		return cover(q, room);
	ask_for(q, section_need(q, room));
	section_commit(q);
	return -EAGAIN;
}

/* Writes a header beyond the tail, where nobody looks yet. Counts it. */
static struct record *lay_down(struct queue *q, struct parcel *p, unsigned state)
{
	struct record *r = ring_at(&q->ring, q->m.tail);
	struct record_word w = {.state = state};

	if (state == RECORD_BUSY) {
		w.slot = latch_slot(q->me);
		w.generation = latch_generation(q->me);
		p->header.since = clock_now();
	}
	p->header.mark = ring_mark(&q->ring, q->m.tail);
	p->header.seq = q->m.seq;
	p->header.crc = record_seal(p->sum, p->header.seq);
	p->header.state = record_word(w);
	memcpy(r, &p->header, sizeof(*r));
	q->changed = true;
	q->m.seq++;
	q->m.present[state]++;
	q->m.tail += record_room(p->header.size);
	return r;
}

static void note_high(struct queue *q)
{
	struct ring_stats *s = &q->ring.head->stats;
	const uint32_t *n = q->m.present;
	uint64_t records = (uint64_t)n[RECORD_READY] + n[RECORD_PARKED] +
			   n[RECORD_BUSY] + n[RECORD_PINNED] + n[RECORD_LEASED];

	if (q->m.tail - q->m.head > s->high_bytes)
		s->high_bytes = q->m.tail - q->m.head;
	if (records > s->high_records)
		s->high_records = records;
}

static void commit_pushed(struct queue *q)
{
	section_commit(q);
	if (FAULTY(FAULT_FLIP_BEFORE_BELL))
		section_ring_data(q);
	note_high(q);
}

static int put(struct queue *q, struct parcel *p)
{
	struct record *r;
	int e = make_room(q, record_room(p->header.size));

	if (e < 0)
		return e;
	/* before the record: to make room for the next one may commit this one */
	if (!FAULTY(FAULT_FLIP_BEFORE_BELL))
		section_ring_data(q);
	r = lay_down(q, p, RECORD_READY);
	if (FAULTY(FAULT_FLIP_BEFORE_COPY))
		section_commit(q);
	memcpy(r + 1, p->data, p->header.size);
	return 0;
}

static int explain(const struct queue *q, int r, uint64_t size,
		   struct sigslot_error *err)
{
	if (r == -ESHUTDOWN)
		return fail(err, r, "queue '%s' is closed", q->name);
	if (r == -EIO)
		return safe_failed(q, err);
	if (r == -EINPROGRESS)
		return r;
	if (r == -EAGAIN)
		return fail(err, r,
			    "queue '%s' is full: %" PRIu64 " of %" PRIu64
			    " bytes in use, no room for a message of %" PRIu64,
			    q->name, q->m.tail - q->m.head, q->ring.capacity, size);
	if (r == -ENOSPC)
		return fail(err, r,
			    "queue '%s' has no place for a message of %" PRIu64
			    " bytes, the file system has %" PRIu64 " left: free space",
			    q->name, size, reserve_left(q->space_fd));
	return section_damaged(q, q->m.head, err);
}

static int closed(const struct queue *q)
{
	if (!q->m.flags)
		return 0;
	return q->m.flags & RING_FAILED ? -EIO : -ESHUTDOWN;
}

static int put_batch(struct queue *q, struct parcel *parcels, size_t len, size_t *ret,
		     struct sigslot_error *err)
{
	size_t done = 0;
	int r = section_enter(q, err);

	if (r < 0)
		return r;
	r = closed(q);
	while (!r && done < len) {
		r = put(q, &parcels[done]);
		done += !r;
	}
	if (done)
		commit_pushed(q);
	section_leave(q);
	*ret += done;
	return r ? explain(q, r, parcels[done].header.size, err) : 0;
}

int push_whole(struct queue *q, struct parcel *parcels, size_t len, uint64_t room,
	       struct sigslot_error *err)
{
	int r = section_enter(q, err);

	if (r < 0)
		return r;
	r = closed(q);
	if (!r && !section_counts(q, len))
		r = -EAGAIN;
	if (!r)
		r = make_room(q, room);
	/* the room is there for each of them: none can fail, so nothing is committed */
	for (size_t i = 0; !r && i < len; i++)
		r = put(q, &parcels[i]);
	if (!r)
		commit_pushed(q);
	section_leave(q);
	return r ? explain(q, r, room, err) : 0;
}

static int reserve(struct queue *q, struct parcel *p, uint64_t *ret_at,
		   struct sigslot_error *err)
{
	int r = section_enter(q, err);

	if (r < 0)
		return r;
	r = closed(q) ?: make_room(q, record_room(p->header.size));
	if (!r) {
		*ret_at = q->m.tail;
		lay_down(q, p, RECORD_BUSY);
		section_commit(q);
		note_high(q);
	}
	section_leave(q);
	return r ? explain(q, r, p->header.size, err) : 0;
}

static int finish(struct queue *q, uint64_t at, struct sigslot_error *err)
{
	struct entry e;
	uint64_t word = record_word((struct record_word){.state = RECORD_READY});
	int r;

	do
		r = section_enter(q, err);
	while (r == -ETIMEDOUT); /* it is in by half: only its owner can finish it */
	if (r < 0)
		return r;
	r = section_look(q, at, &e);
	if (r <= 0 || e.state != RECORD_BUSY) {
		section_leave(q);
		return section_damaged(q, at, err);
	}
	if (FAULTY(FAULT_STATE_BEFORE_BELL))
		__atomic_store_n(&e.record->state, word, __ATOMIC_RELEASE);
	section_ring_data(q);
	section_count(q, &e, RECORD_READY);
	if (q->m.next > at)
		q->m.next = at;
	section_commit(q);
	/* release: after the payload; nobody looks before `next` was lowered */
	__atomic_store_n(&e.record->state, word, __ATOMIC_RELEASE);
	section_leave(q);
	return 0;
}

static void copy_in(struct queue *q, uint64_t at, struct parcel *p)
{
	struct record *r = ring_at(&q->ring, at);
	uint32_t sum;

	if (p->header.size < SUM_LONG) { /* a handle with a smaller inline_max */
		memcpy(r + 1, p->data, p->header.size);
		sum = record_sum(&p->header, p->data, p->header.size);
	} else {
		sum = record_sum_long(&p->header,
				      sum_copy(r + 1, p->data, p->header.size));
	}
	r->crc = record_seal(sum, p->header.seq);
}

static int put_large(struct queue *q, struct parcel *p, struct sigslot_error *err)
{
	uint64_t at = 0;
	int r = reserve(q, p, &at, err);

	if (r < 0)
		return r;
	copy_in(q, at, p);
	return finish(q, at, err);
}

static int refuse(const struct queue *q, size_t size, struct sigslot_error *err)
{
	return fail(err, -EMSGSIZE,
		    "queue '%s' takes messages of up to %zu bytes, this one has %zu",
		    q->name, queue_largest(q->ring.capacity), size);
}

/* Wraps what fits into one section. Returns how many. */
static size_t gather(const struct queue *q, const struct envelope *e,
		     const struct payload *payloads, size_t first, size_t len,
		     struct parcel *out)
{
	size_t n = 0, bytes = 0;

	while (first + n < len && n < BATCH && bytes < BATCH_BYTES) {
		const struct payload *p = &payloads[first + n];

		if (p->size > q->inline_max)
			break;
		parcel_wrap(&out[n], e, first + n, p);
		out[n].sum = record_sum(&out[n].header, p->data, p->size);
		bytes += record_room(p->size);
		n++;
	}
	return n;
}

/* Pushes the payload at `index`, and counts it. */
static int push_one(struct queue *q, const struct envelope *e,
		    const struct payload *payloads, size_t *index,
		    struct sigslot_error *err)
{
	const struct payload *p = &payloads[*index];
	struct parcel parcel;
	int r;

	if (p->size > queue_largest(q->ring.capacity))
		return refuse(q, p->size, err);
	parcel_wrap(&parcel, e, *index, p);
	if (p->size <= q->inline_max) {
		parcel.sum = record_sum(&parcel.header, p->data, p->size);
		return put_batch(q, &parcel, 1, index, err);
	}
	r = put_large(q, &parcel, err);
	*index += !r;
	return r;
}

/* Apart from the rest, so that a lone message does not touch so much of the stack. */
__attribute__((noinline)) int push_batches(struct queue *q, const struct envelope *e,
					   const struct payload *payloads, size_t len,
					   size_t *ret_done, struct sigslot_error *err)
{
	struct parcel parcels[BATCH];
	int r = 0;

	while (!r && *ret_done < len) {
		size_t n = gather(q, e, payloads, *ret_done, len, parcels);

		r = n ? put_batch(q, parcels, n, ret_done, err)
		      : push_one(q, e, payloads, ret_done, err);
	}
	return r;
}

int queue_push_many(struct queue *q, const struct envelope *e,
		    const struct payload *payloads, size_t len, size_t *ret_done,
		    struct sigslot_error *err)
{
	*ret_done = 0;
	if (q->ring.safe)
		return safe_push(q, e, payloads, len, ret_done, err);
	if (len == 1)
		return push_one(q, e, payloads, ret_done, err);
	return push_batches(q, e, payloads, len, ret_done, err);
}

int queue_push(struct queue *q, const struct envelope *e, const void *data, size_t size,
	       struct sigslot_error *err)
{
	struct payload p = {.data = data, .size = size};
	size_t done;

	return queue_push_many(q, e, &p, 1, &done, err);
}

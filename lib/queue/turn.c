/* SPDX-License-Identifier: MIT */
/*
 * Claiming and settling. A claim is found again by its sequence number and lease; its
 * place is only a hint, for a record that was unpinned may have been moved.
 */
#include "queue/queue.h"

#include <sched.h>

#include "base/clock.h"
#include "queue/bell.h"
#include "queue/fault.h"
#include "queue/latch.h"
#include "queue/section.h"

enum {
	STREAK = 8, /* after so many claims it is worth to look again */
	PATIENCE = 3, /* turns for nothing until it is silenced */
	LOOKS = 12,
	LOOK_PAUSES = 30,
	FEW = 3, /* at once: somebody pushes meanwhile, faster than one by one */
	ENOUGH = 16,
	GATHER_PAUSES = 80,
};

/* --- finding a claim again --- */

static bool mine(const struct queue *q, const struct claim *c, const struct entry *e)
{
	struct record_word w = record_parts(e->word);

	return e->seq == c->seq && record_held(w.state) && w.lease == c->lease &&
	       latch_word(w.slot, w.generation) == q->me;
}

static int find(struct queue *q, const struct claim *c, struct entry *ret)
{
	uint64_t at = c->place;
	int r;

	if (at >= q->m.head && at < q->m.tail && at % RECORD_ALIGN == 0 &&
	    section_look(q, at, ret) > 0 && mine(q, c, ret))
		return 0;
	for (at = q->m.head; (r = section_look(q, at, ret)) > 0; at = ret->end)
		if (ret->seq >= c->seq)
			break;
	if (r < 0)
		return r;
	return r && mine(q, c, ret) ? 0 : -ESTALE;
}

/* --- claiming --- */

static void lease(struct queue *q, struct entry *e, struct claim *out)
{
	struct record_word w = record_parts(e->word);
	const struct record *r = e->record;

	w.state = RECORD_PINNED;
	w.slot = latch_slot(q->me);
	w.generation = latch_generation(q->me);
	w.attempt += w.attempt < 0x1fff;
	w.lease = (w.lease + 1) & 0xffff;
	e->record->handle = q->handle;
	section_set(q, e, record_word(w));
	if (w.attempt > 1)
		q->ring.head->stats.redelivered++;
	/* one by one: to clear it first would cost as much again, for each message */
	out->envelope = r->envelope;
	out->payload = (struct payload){.data = r + 1, .size = e->size};
	out->seq = e->seq;
	out->lease = w.lease;
	out->attempt = w.attempt;
	out->end = QUEUE_DONE;
	out->split = 0;
	out->account = 0;
	out->place = e->at;
}

static void look_again_at(struct queue *q, uint64_t due)
{
	if (due >= q->m.due)
		return;
	q->changed = true;
	q->m.due = due;
}

/* Returns true if the walk must stop at this record, to keep the order. */
static bool busy(struct queue *q, struct entry *e)
{
	struct record_word w = record_parts(e->word);
	uint64_t now = clock_now();

	if (!identity_alive(q->id, w.slot, w.generation)) {
		section_settle(q, e, RECORD_VOIDED);
		return false;
	}
	if (now - e->record->since > SECTION_BUSY_SKIP_NS)
		return false;
	look_again_at(q, now + SECTION_BUSY_LOOK_NS);
	return true;
}

/* Returns true if the record can be leased. */
static bool ripe(struct queue *q, const struct entry *e, uint64_t *now)
{
	uint64_t due = e->record->due;

	if (e->state == RECORD_READY)
		return true;
	if (e->state != RECORD_PARKED)
		return false;
	if (!*now)
		*now = clock_now();
	if (due <= *now)
		return true;
	look_again_at(q, due);
	return false;
}

static int claim_ready(struct queue *q, struct claim *out, size_t max, size_t *ret)
{
	uint64_t now = 0, at;
	struct entry e;
	int r = 0;

	if (q->m.due != NEVER && (now = clock_now()) >= q->m.due) {
		/* whoever slept until then finds the rest by the bell */
		section_ring_data(q);
		q->changed = true;
		q->m.next = q->m.head;
		q->m.due = NEVER;
	}
	at = q->m.next;
	while (*ret < max && (r = section_look(q, at, &e)) > 0) {
		if (FAULTY(FAULT_CURSOR_BEFORE_LEASE)) {
			q->m.next = e.end;
			section_commit(q);
		}
		if (ripe(q, &e, &now))
			lease(q, &e, &out[(*ret)++]);
		else if (e.state == RECORD_BUSY && busy(q, &e))
			break;
		at = e.end;
	}
	q->changed = q->changed || at != q->m.next;
	q->m.next = at;
	return r < 0 ? r : 0;
}

/* --- settling --- */

static int settle(struct queue *q, const struct claim *c, unsigned state)
{
	struct entry e;
	int r = find(q, c, &e);

	if (r < 0)
		return r;
	section_settle(q, &e, state);
	q->held -= q->held > 0;
	return 0;
}

/*
 * As it says itself. How it ended at each slot stands in the record when its state says
 * that it went; which end that was in all is counted then.
 */
static int settle_end(struct queue *q, const struct claim *c)
{
	struct entry e;
	int r = find(q, c, &e);

	if (r < 0)
		return r;
	e.record->ends[0] = c->split ? c->ends[0] : c->end;
	e.record->ends[1] = c->split ? c->ends[1] : 0;
	e.record->account = c->account ?: (c->end ? BOOK_OTHERS : 0);
	section_end(q, &e, queue_end_state(c->end));
	q->held -= q->held > 0;
	if (c->end)
		q->ring.head->ends[c->end]++;
	return 0;
}

static int settle_all(struct queue *q, const struct claim *c, size_t len)
{
	int worst = 0;

	for (size_t i = 0; i < len; i++) {
		int r = settle_end(q, &c[i]);

		if (r < 0 && worst != -EBADMSG)
			worst = r;
	}
	return worst;
}

/* Leaves the bell silent if nothing was there. Before a push can come in between. */
static void end_turn(struct queue *q, size_t got, bool hush)
{
	if (q->changed)
		section_commit(q);
	if (hush && !got)
		bell_hush(&q->ring.head->data_bell, q->data_fd);
	section_leave(q);
	q->held += got;
	q->got = got ? (unsigned)got : q->got;
	q->streak = got ? q->streak + (unsigned)got : hush ? 0 : q->streak;
}

/* One section. Returns how many were claimed, or a negative errno. */
static int turn(struct queue *q, const struct claim *acks, size_t acks_len,
		struct claim *out, size_t max, bool hush)
{
	size_t got = 0;
	int stale = settle_all(q, acks, acks_len);
	int r = stale == -EBADMSG ? stale : 0;

	if (!r && max)
		r = claim_ready(q, out, max, &got);
	if (!r)
		r = section_sweep(q);
	end_turn(q, got, hush && !r && max);
	return got ? (int)got : r < 0 ? r : max ? 0 : stale;
}

/*
 * Whether something came while a busy consumer waited for a moment. Who has something
 * to do gets the processor meanwhile, and so makes that something come.
 */
static bool look_around(const struct queue *q)
{
	for (int i = 0; i < LOOKS; i++) {
		latch_pause(LOOK_PAUSES);
		if (ring_waiting(&q->ring))
			return true;
		sched_yield();
		if (ring_waiting(&q->ring))
			return true;
	}
	return false;
}

/*
 * To sleep and be woken costs as much as a hundred messages. So when many came lately,
 * look around before silencing the bell; but not for ever, if others are quicker. Who
 * takes a few as they come takes the lock from who makes them: let more of them come.
 */
static int patient_turn(struct queue *q, const struct claim *acks, size_t acks_len,
			struct claim *out, size_t max, struct sigslot_error *err)
{
	unsigned patience = q->streak < STREAK ? 0 : PATIENCE;
	int r;

	if (max && patience && q->got >= FEW && q->got < ENOUGH)
		latch_pause(GATHER_PAUSES);
	for (;; patience--) {
		r = section_enter(q, err);
		if (r < 0)
			return r;
		r = turn(q, acks, acks_len, out, max, !patience);
		if (r || !max || !patience)
			break;
		acks_len = 0;
		if (!look_around(q))
			patience = 1;
	}
	return r == -EBADMSG ? section_damaged(q, q->m.head, err) : r;
}

static int take_out(struct queue *q, const struct claim *c, unsigned state)
{
	int r = section_enter(q, NULL), swept;

	if (r < 0)
		return r;
	r = settle(q, c, state);
	swept = section_sweep(q);
	section_commit(q);
	section_leave(q);
	return r < 0 ? r : swept;
}

bool turn_intact(const struct claim *c)
{
	const struct record *r = (const struct record *)c->payload.data - 1;

	return record_seal(record_sum(r, c->payload.data, c->payload.size), c->seq) ==
	       r->crc;
}

/* Takes damaged records out of the ring and out of `out`. Returns how many are left. */
static int keep_intact(struct queue *q, struct claim *out, int len)
{
	int kept = 0;

	for (int i = 0; i < len; i++) {
		if (!turn_intact(&out[i]))
			take_out(q, &out[i], RECORD_DAMAGED);
		else if (kept++ < i)
			out[kept - 1] = out[i];
	}
	return kept;
}

int queue_turn(struct queue *q, const struct claim *acks, size_t acks_len,
	       struct claim *out, size_t max, struct sigslot_error *err)
{
	int claimed, kept = 0;

	do {
		claimed = patient_turn(q, acks, acks_len, out, max, err);
		acks_len = 0;
		if (claimed <= 0 || !max)
			return claimed;
		kept = keep_intact(q, out, claimed);
	} while (!kept);
	return kept;
}

int queue_ack(struct queue *q, const struct claim *acks, size_t len)
{
	return patient_turn(q, acks, len, NULL, 0, NULL);
}

int queue_claim(struct queue *q, struct claim *out, size_t max,
		struct sigslot_error *err)
{
	return queue_turn(q, NULL, 0, out, max, err);
}

int queue_bury(struct queue *q, const struct claim *c)
{
	return take_out(q, c, RECORD_DEAD);
}

int queue_drop(struct queue *q, const struct claim *c)
{
	return take_out(q, c, RECORD_DROPPED);
}

int queue_unpin(struct queue *q, struct claim *claims, size_t len)
{
	int worst = 0, r = section_enter(q, NULL);

	if (r < 0)
		return r;
	for (size_t i = 0; i < len; i++) {
		struct entry e;

		r = find(q, &claims[i], &e);
		claims[i].payload.data = NULL;
		if (r < 0)
			worst = r;
		else
			section_set(q, &e, (e.word & ~15ull) | RECORD_LEASED);
	}
	section_offer_space(q);
	section_commit(q);
	section_leave(q);
	return worst;
}

/* The bell before the cursor, the cursor before the state: see sigslot-internals(7). */
void turn_give_back(struct queue *q, struct entry *e, uint64_t due, bool attempted)
{
	struct record_word w = record_parts(e->word);

	w.state = due ? RECORD_PARKED : RECORD_READY;
	w.slot = w.generation = 0;
	w.attempt -= !attempted && w.attempt;
	e->record->due = due;
	if (FAULTY(FAULT_STATE_BEFORE_CURSOR))
		__atomic_store_n(&e->record->state, record_word(w), __ATOMIC_RELEASE);
	section_ring_data(q);
	section_count(q, e, w.state);
	if (due && e->at < q->m.next)
		look_again_at(q, due);
	else if (e->at < q->m.next)
		q->m.next = e->at;
	section_commit(q);
	/* release: nobody looks at it before `next` or `due` say so */
	__atomic_store_n(&e->record->state, record_word(w), __ATOMIC_RELEASE);
	q->held -= q->held > 0;
}

int queue_return(struct queue *q, const struct claim *c, uint64_t due, bool attempted)
{
	struct entry e;
	int r = section_enter(q, NULL);

	if (r < 0)
		return r;
	r = find(q, c, &e);
	if (!r)
		turn_give_back(q, &e, due, attempted);
	section_leave(q);
	return r;
}

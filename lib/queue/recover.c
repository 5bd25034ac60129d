/* SPDX-License-Identifier: MIT */
/*
 * What the dead leave behind: leases and half-written records, and counts that a kill
 * left wrong. Everything here may itself be killed, and is then done again.
 */
#include "queue/queue.h"

#include <string.h>

#include "base/clock.h"
#include "queue/fault.h"
#include "queue/latch.h"
#include "queue/safe.h"

/* Whose records are looked for. */
struct search {
	unsigned slot, generation; /* slot 0: of everybody who is dead */
	uint32_t handle; /* not 0: of this handle of our own process */
};

static bool concerns(const struct queue *q, const struct search *s,
		     const struct entry *e)
{
	struct record_word w = record_parts(e->word);

	if (!record_held(w.state) && w.state != RECORD_BUSY)
		return false;
	if (FAULTY(FAULT_LEASES_KEPT) && record_held(w.state))
		return false;
	if (s->handle)
		return record_held(w.state) && e->record->handle == s->handle &&
		       latch_word(w.slot, w.generation) == q->me;
	if (s->slot && s->slot != w.slot)
		return false;
	if (s->slot && s->generation && s->generation != w.generation)
		return false;
	return !identity_alive(q->id, w.slot, w.generation);
}

static uint64_t released(const struct search *s, const struct entry *e)
{
	struct record_word w = record_parts(e->word);

	w.state = w.state == RECORD_BUSY ? RECORD_VOIDED : RECORD_READY;
	w.slot = w.generation = 0;
	w.attempt -= s->handle && w.attempt; /* it was given back, not tried */
	return record_word(w);
}

/* Rings and lowers `next` before any state says READY. Returns how many, -EBADMSG. */
static int announce(struct queue *q, const struct search *s)
{
	uint64_t at, lowest = q->m.next;
	struct entry e;
	int r, found = 0;

	for (at = q->m.head; (r = section_look(q, at, &e)) > 0; at = e.end) {
		if (!concerns(q, s, &e))
			continue;
		found++;
		if (e.at < lowest)
			lowest = e.at;
	}
	if (r < 0)
		return r;
	q->changed = true;
	q->m.next = lowest;
	if (!FAULTY(FAULT_RECOVER_SILENTLY))
		section_ring_data(q);
	section_commit(q);
	return found;
}

/*
 * Changes the states and counts everything anew. Whoever was found dead only since
 * announce() looked keeps what lies before `next`: nobody would look for it there.
 */
static int apply(struct queue *q, const struct search *s)
{
	uint64_t at;
	struct entry e;
	int r;

	q->changed = true;
	if (!FAULTY(FAULT_NO_RECOUNT))
		memset(q->m.present, 0, sizeof(q->m.present));
	for (at = q->m.head; (r = section_look(q, at, &e)) > 0; at = e.end) {
		q->m.present[e.state] += !FAULTY(FAULT_NO_RECOUNT);
		if ((e.at >= q->m.next || FAULTY(FAULT_JUDGED_TWICE)) &&
		    concerns(q, s, &e))
			section_set(q, &e, released(s, &e));
	}
	if (r < 0)
		return r;
	r = section_sweep(q);
	section_commit(q);
	return r;
}

static int release(struct queue *q, const struct search *s)
{
	int r = announce(q, s);

	return r < 0 ? r : apply(q, s);
}

int recover_held(struct queue *q, unsigned slot, unsigned generation)
{
	return release(q, &(struct search){.slot = slot, .generation = generation});
}

void recover_handle(struct queue *q)
{
	if (section_enter(q, NULL) < 0)
		return;
	release(q, &(struct search){.handle = q->handle});
	section_leave(q);
}

/*
 * Whether there is something to give back: just to look must wake nobody. But of one
 * who is known to have died the alarm may have been the only one for what backs off.
 */
static int needed(struct queue *q, const struct search *s)
{
	uint64_t at;
	struct entry e;
	int r;

	for (at = q->m.head; (r = section_look(q, at, &e)) > 0; at = e.end)
		if (concerns(q, s, &e))
			return 1;
	return r ? r : s->slot && q->m.due != NEVER;
}

int queue_recover(struct queue *q, unsigned slot, unsigned generation)
{
	struct search s = {.slot = slot, .generation = generation};
	int r = section_enter(q, NULL);

	if (r < 0)
		return r;
	r = needed(q, &s);
	if (r > 0)
		r = release(q, &s);
	section_leave(q);
	return r;
}

int64_t queue_purge(struct queue *q)
{
	int64_t dropped = 0;
	struct entry e;
	uint64_t at;
	int r = section_enter(q, NULL);

	if (r < 0)
		return r;
	for (at = q->m.head; (r = section_look(q, at, &e)) > 0; at = e.end)
		if (e.state == RECORD_READY || e.state == RECORD_PARKED) {
			section_settle(q, &e, RECORD_DROPPED);
			dropped++;
		}
	if (!r)
		r = section_sweep(q);
	section_commit(q);
	section_leave(q);
	if (!r && q->ring.safe)
		r = safe_flush(q, NULL);
	return r < 0 ? r : dropped;
}

/* SPDX-License-Identifier: MIT */
/*
 * Looking. The copies are made under the latch, so that each is whole and no claim can
 * come in between.
 */
#include "queue/look.h"

#include "base/clock.h"
#include "queue/bell.h"
#include "queue/section.h"

static void sooner(uint64_t *due, uint64_t at)
{
	if (at < *due)
		*due = at;
}

/* Whether it could be claimed now; if only later, *due is lowered to when. */
static bool waits(const struct entry *e, uint64_t now, uint64_t *due)
{
	uint64_t later = e->record->due;

	if (e->state != RECORD_PARKED || later <= now)
		return e->state == RECORD_READY || e->state == RECORD_PARKED;
	sooner(due, later);
	return false;
}

/* Whether a claim would stop at it, to keep the order. */
static bool stops(const struct queue *q, const struct entry *e, uint64_t now,
		  uint64_t *due)
{
	struct record_word w = record_parts(e->word);

	if (e->state != RECORD_BUSY || now - e->record->since > SECTION_BUSY_SKIP_NS ||
	    !identity_alive(q->id, w.slot, w.generation))
		return false;
	sooner(due, now + SECTION_BUSY_LOOK_NS);
	return true;
}

static int copy(const struct entry *e, struct claim *out, struct buf *bytes)
{
	const struct record *r = e->record;

	*out = (struct claim){
		.envelope = r->envelope,
		.payload = {r + 1, e->size},
		.seq = e->seq,
		.attempt = record_parts(e->word).attempt + 1,
	};
	if (!turn_intact(out))
		return 0; /* whoever claims it takes it out */
	return buf_add(bytes, r + 1, e->size) < 0 ? -ENOMEM : 1;
}

static int look(struct queue *q, struct claim *out, size_t max, struct buf *bytes)
{
	uint64_t now = clock_now(), due = q->m.due, at = q->m.head;
	struct entry e;
	size_t got = 0;
	int r = 0, walked = 0;

	for (; got < max && (walked = section_look(q, at, &e)) > 0; at = e.end) {
		if (stops(q, &e, now, &due))
			break;
		if (!waits(&e, now, &due))
			continue;
		r = copy(&e, &out[got], bytes);
		if (r < 0)
			return r;
		got += (size_t)r;
	}
	if (walked < 0)
		return walked;
	if (!got && due < q->m.due) {
		q->m.due = due;
		section_commit(q);
	}
	if (!got)
		bell_hush(&q->ring.head->data_bell, q->data_fd);
	return (int)got;
}

int queue_look(struct queue *q, struct claim *out, size_t max, struct buf *bytes,
	       struct sigslot_error *err)
{
	size_t at = 0;
	int n = section_enter(q, err);

	if (n < 0)
		return n;
	bytes->size = 0;
	n = look(q, out, max, bytes);
	section_leave(q);
	if (n == -EBADMSG)
		return section_damaged(q, q->m.head, err);
	if (n < 0)
		return fail(err, n, "queue '%s': out of memory", q->name);
	/* only now, as the bytes may have moved */
	for (int i = 0; i < n; i++) {
		out[i].payload.data = bytes->data + at;
		at += out[i].payload.size;
	}
	return n;
}

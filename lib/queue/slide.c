/* SPDX-License-Identifier: MIT */
/*
 * Sliding: a record that stays long at the head (a lease, a backoff) must not keep the
 * space of all that was finished behind it. The records at the head are copied over
 * the dead bytes that follow them; then head moves up.
 *
 * First the dead bytes become the gap of the meta block, so that no walk depends on the
 * headers that the copy overwrites. Each copy goes to where no live record is, and
 * counts only with the commit that moves the gap. A pinned record never moves.
 */
#include <string.h>

#include "queue/fault.h"
#include "queue/safe.h"

enum { WORTH = 16 }; /* move at most so many bytes for each byte gained */

/* The live run from head to `end`, and the largest record in it. */
struct run {
	uint64_t end, largest;
};

static int find_run(struct queue *q, struct run *ret)
{
	struct entry e;
	uint64_t at = q->m.head;
	int r;

	*ret = (struct run){0};
	while (!(q->m.gap_end && at == q->m.gap) &&
	       (r = section_look(q, at, &e)) != 0) {
		if (r < 0)
			return r;
		if (record_gone(e.state))
			break;
		if (e.state == RECORD_PINNED || e.state == RECORD_BUSY)
			return 0;
		if (e.end - e.at > ret->largest)
			ret->largest = e.end - e.at;
		at = e.end;
	}
	ret->end = at;
	return at > q->m.head && at < q->m.tail;
}

/* Where the dead bytes after the run end. Counts their records as swept into `m`. */
static int find_gap(struct queue *q, const struct run *run, struct ring_meta *m)
{
	struct entry e;
	uint64_t at = run->end;
	int r;

	*m = q->m;
	m->gap = run->end;
	if (q->m.gap_end)
		m->gap_end = q->m.gap_end;
	else
		m->gap_end = run->end;
	for (; (r = section_look(q, at, &e)) > 0 && record_gone(e.state); at = e.end) {
		m->present[e.state]--;
		m->swept[e.state - RECORD_ACKED]++;
		m->gap_end = e.end;
	}
	return r < 0 ? r : 0;
}

/* The first record from which on the rest of the run fits into the gap. */
static uint64_t find_cut(struct queue *q, uint64_t room)
{
	struct entry e;
	uint64_t at = q->m.head;

	while (at < q->m.gap && q->m.gap - at > room && section_look(q, at, &e) > 0)
		at = e.end;
	return at;
}

/* What the gap swallows beyond the one that there was leaves the ring. */
static void pass_gap(struct queue *q, const struct run *run, uint64_t end)
{
	struct entry e;

	for (uint64_t at = run->end; section_look(q, at, &e) > 0 && e.end <= end;
	     at = e.end)
		section_pass(q, &e);
}

static void mark_anew(struct queue *q, uint64_t at, uint64_t end)
{
	while (at < end) {
		struct record *r = ring_at(&q->ring, at);

		__atomic_store_n(&r->mark, ring_mark(&q->ring, at), __ATOMIC_RELAXED);
		at += record_room(r->size);
	}
}

/* Moves [cut, gap) up by the width of the gap. Returns 0, or -EIO. */
static int move(struct queue *q, uint64_t cut)
{
	struct ring_meta *m = &q->m;
	uint64_t width = m->gap_end - m->gap, size = m->gap - cut;

	memcpy(ring_at(&q->ring, cut + width), ring_at(&q->ring, cut), size);
	mark_anew(q, cut + width, m->gap_end);
	if (safe_write(q, cut + width, m->gap_end) < 0)
		return -EIO;
	if (m->next >= cut && m->next < m->gap)
		m->next += width;
	m->gap = cut;
	m->gap_end = cut + width;
	if (cut == m->head) {
		m->head = m->gap_end;
		m->gap = m->gap_end = 0;
	}
	section_commit(q);
	return safe_now(q);
}

int slide_head(struct queue *q)
{
	struct ring_meta m;
	struct run run;
	int r = find_run(q, &run);

	if (r <= 0)
		return r;
	if (q->m.gap_end && q->m.gap != run.end)
		return 0; /* one gap at a time */
	r = find_gap(q, &run, &m);
	if (r < 0)
		return r;
	if (m.gap_end - m.gap < run.largest ||
	    (m.gap_end - m.gap) * WORTH < run.end - m.head)
		return 0;
	if (m.next >= m.gap && m.next < m.gap_end)
		m.next = m.gap_end;
	pass_gap(q, &run, m.gap_end);
	q->m = m;
	q->changed = true;
	if (!FAULTY(FAULT_NO_GAP))
		section_commit(q);
	r = safe_now(q);
	while (!r && q->m.gap_end) {
		uint64_t width = q->m.gap_end - q->m.gap, cut = find_cut(q, width);

		if (cut >= q->m.gap || q->m.gap - cut > width)
			return -EBADMSG; /* somebody wrote there meanwhile */
		r = move(q, cut);
	}
	section_offer_space(q);
	return r < 0 ? r : 1;
}

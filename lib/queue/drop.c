/* SPDX-License-Identifier: MIT */
/*
 * Dropping by policy. A message that makes way gets its verdict in one store, as by an
 * acknowledgement; the counts follow from the verdicts, so a kill loses neither.
 */
#include "queue/drop.h"

#include <string.h>

#include "base/cleanup.h"
#include "queue/fault.h"
#include "queue/section.h"

const char *queue_full_text(unsigned full)
{
	static const char *const texts[QUEUE_FULLS] = {
		[QUEUE_BLOCK] = "block",       [QUEUE_DROP_NEW] = "drop-new",
		[QUEUE_DROP_OLD] = "drop-old", [QUEUE_LATEST] = "latest",
		[QUEUE_FAIL] = "fail",
	};

	return full < QUEUE_FULLS ? texts[full] : NULL;
}

enum queue_full queue_full_find(const char *text)
{
	unsigned full = 0;

	while (full < QUEUE_FULLS && strcmp(queue_full_text(full), text) != 0)
		full++;
	return full;
}

uint64_t queue_dropped_by(const struct queue_counts *n, enum queue_full full)
{
	const uint64_t counts[QUEUE_FULLS] = {
		[QUEUE_DROP_NEW] = n->refused,
		[QUEUE_DROP_OLD] = n->evicted,
		[QUEUE_LATEST] = n->outdated,
		[QUEUE_FAIL] = n->failed,
	};

	return counts[full];
}

enum {
	ANY = UINT32_MAX, /* signal */
	SPARE = 16, /* that part of a queue for taps is made free at once */
};

static bool waits(const struct entry *e, uint32_t signal)
{
	return e->state == RECORD_READY &&
	       (signal == ANY || e->record->envelope.signal == signal ||
		FAULTY(FAULT_EVICT_OTHERS));
}

/* The oldest one that waits. Returns 1, 0: there is none, -EBADMSG. */
static int oldest(struct queue *q, uint32_t signal, struct entry *ret)
{
	uint64_t at = q->m.next;
	int r;

	for (; (r = section_look(q, at, ret)) > 0; at = ret->end)
		if (waits(ret, signal))
			return 1;
	return r;
}

/* How many bytes can come free: head moves up to the first record that must stay. */
static uint64_t within_reach(struct queue *q, uint32_t signal)
{
	uint64_t at = q->m.head, bytes = 0;
	struct entry e;

	for (; section_look(q, at, &e) > 0; at = e.end) {
		if (e.state == RECORD_PINNED || e.state == RECORD_BUSY)
			break;
		if (waits(&e, signal))
			bytes += e.end - e.at;
	}
	return bytes;
}

/* Who drops does not wait for space, and leaves it to the one who does. */
static uint64_t wanted(struct queue *q, uint64_t room)
{
	struct ring_want *want = &q->ring.head->want;
	uint64_t others;

	if (want->who == q->me)
		want->room = 0;
	others = want->room;
	return others <= q->ring.capacity / 2 ? room + others : room;
}

/* Where all may go nothing has to be looked for, or moved out of the way. */
static int make_way(struct queue *q, uint64_t room, uint32_t signal, unsigned verdict)
{
	uint64_t used = q->m.tail - q->m.head;
	struct entry e;
	int r;

	if (signal != ANY && used + room > q->ring.capacity + within_reach(q, signal))
		return 0;
	while (!section_fits(q, room)) {
		r = oldest(q, signal, &e);
		if (r <= 0)
			return r;
		section_settle(q, &e, verdict);
		r = section_sweep(q);
		if (!r && signal != ANY && !section_fits(q, room))
			r = slide_head(q);
		if (r < 0)
			return r;
	}
	return 1;
}

static int relieve(struct queue *q, enum queue_full full, uint32_t signal, size_t size)
{
	static const unsigned verdicts[QUEUE_FULLS + 1] = {
		[QUEUE_DROP_OLD] = RECORD_EVICTED,
		[QUEUE_LATEST] = RECORD_OUTDATED,
		[QUEUE_TAP] = RECORD_EVICTED,
	};
	struct ring_stats *stats = &q->ring.head->stats;
	uint64_t room = wanted(q, record_room(size));
	int r = 0;

	if (full == QUEUE_TAP) { /* many at once, as each time costs a section */
		signal = ANY;
		room += q->ring.capacity / SPARE;
	}
	if (verdicts[full] && size <= queue_largest(q->ring.capacity))
		r = make_way(q, room, signal, verdicts[full]);
	if (r)
		return r;
	if (full == QUEUE_FAIL)
		stats->failed++;
	else
		stats->refused++;
	return full == QUEUE_FAIL ? -EAGAIN : 0;
}

int queue_relieve(struct queue *q, enum queue_full full, uint32_t signal, size_t size)
{
	int r;

	if (full == QUEUE_BLOCK)
		return -EAGAIN;
	r = section_enter(q, NULL);
	if (r < 0)
		return r;
	r = relieve(q, full, signal, size);
	section_commit(q);
	section_leave(q);
	return r;
}

/* Each one that waits is outdated by the next. */
static int outdate(struct queue *q, uint32_t signal)
{
	struct entry e, last = {0};
	uint64_t at = q->m.next;
	int r;

	for (; (r = section_look(q, at, &e)) > 0; at = e.end) {
		if (!waits(&e, signal))
			continue;
		if (last.record)
			section_settle(q, &last, RECORD_OUTDATED);
		last = e;
	}
	return r;
}

int queue_supersede(struct queue *q, uint32_t signal)
{
	int r = section_enter(q, NULL), swept;

	if (r < 0)
		return r;
	r = outdate(q, signal);
	swept = section_sweep(q);
	section_commit(q);
	section_leave(q);
	return r < 0 ? r : swept;
}

static int push_full(struct queue *q, enum queue_full full, const struct queue_batch *b,
		     size_t *ret_done, struct sigslot_error *err)
{
	uint32_t signal = b->envelope->signal;
	size_t pushed = 0;
	int r = 0;

	*ret_done = 0;
	q->outside = b->outside && full == QUEUE_BLOCK;
	while (r == 0 && *ret_done < b->len) {
		struct envelope e = *b->envelope;
		size_t more = 0;

		e.id += *ret_done;
		e.emit_seq += *ret_done;
		r = queue_push_many(q, &e, b->payloads + *ret_done, b->len - *ret_done,
				    &more, err);
		*ret_done += more;
		pushed += more;
		if (full == QUEUE_TAP && r == -EMSGSIZE)
			r = -EAGAIN;
		if (r != -EAGAIN || full == QUEUE_BLOCK)
			continue;
		r = queue_relieve(q, full, signal, b->payloads[*ret_done].size);
		*ret_done += r == 0;
		r = r > 0 ? 0 : r;
	}
	q->outside = false;
	if (pushed && full == QUEUE_LATEST)
		queue_supersede(q, signal);
	return r;
}

int queue_push_full(struct queue *q, enum queue_full full, const struct queue_batch *b,
		    size_t *ret_done, struct sigslot_error *err)
{
	if (full != QUEUE_TAP)
		return push_full(q, full, b, ret_done, err);
	push_full(q, full, b, ret_done, NULL);
	*ret_done = b->len;
	return 0;
}

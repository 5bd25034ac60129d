/* SPDX-License-Identifier: MIT */
/*
 * Writing safe points. The order is the whole point: records, then the safe point, then
 * the word that lets go of the space. No lock is held while the medium writes, but for
 * the latch that lets one process do it for all; a stopped holder of it is passed by.
 */
#include "queue/safe.h"

#include <string.h>
#include <sys/mman.h>

#include "queue/latch.h"

static const char magic[8] = "SIGSLOTD";

int safe_create(int fd)
{
	struct ring_safe s = {0};
	struct ring_meta m;

	if (pread(fd, &m, sizeof(m), offsetof(struct ring_head, meta)) != sizeof(m))
		return -EIO;
	memcpy(s.magic, magic, sizeof(magic));
	for (int i = 0; i < SAFE_COPIES; i++)
		s.copies[0][i].meta = m;
	if (pwrite(fd, &s, sizeof(s), RING_SAFE) != sizeof(s))
		return -EIO;
	return fsync(fd) < 0 ? -errno : 0;
}

int safe_attach(struct ring *r)
{
	struct ring_safe *s = (void *)((char *)r->head + RING_SAFE);

	if (memcmp(s->magic, magic, sizeof(magic)) != 0)
		return -EBADMSG;
	r->safe = s;
	return 0;
}

static uint32_t last_place(const struct ring *r)
{
	/* acquire: pairs with the release in confirm() */
	return __atomic_load_n(&r->safe->done, __ATOMIC_ACQUIRE) % SAFE_PLACES;
}

/* All zero if somebody wrote nonsense there. */
static struct ring_meta point(const struct ring *r, uint32_t place)
{
	struct ring_meta m = r->safe->copies[place][0].meta;

	if (!ring_fits(r, &m))
		m = (struct ring_meta){0};
	return m;
}

static struct ring_meta last_point(const struct ring *r)
{
	return point(r, last_place(r));
}

int safe_claim(struct queue *q, uint64_t room)
{
	const struct ring *r = &q->ring;
	uint64_t head = r->safe->copies[last_place(r)][0].meta.head;

	if (head <= q->m.head && q->m.tail + room - head <= r->capacity)
		return 0;
	section_commit(q);
	return -EINPROGRESS;
}

/* --- the medium --- */

static int write_range(const void *at, size_t size)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = (uintptr_t)at;
	uintptr_t start = from & ~(page - 1);
	int r;

	do
		r = msync((void *)start, size + (from - start), MS_SYNC);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

static int write_records(const struct ring *r, uint64_t at, uint64_t end)
{
	return end > at ? write_range(ring_at(r, at), end - at) : 0;
}

/* Never tried again: the kernel takes pages for clean that it could not write. */
static void note_failure(struct queue *q)
{
	q->m.flags |= RING_FAILED;
	section_commit(q);
}

/* --- a safe point --- */

/* In a section. -EAGAIN: somebody else was here with a later state. */
static int propose(struct queue *q, struct safe_copy *c)
{
	struct ring_safe *s = q->ring.safe;
	uint32_t place = !last_place(&q->ring);

	if (point(&q->ring, !place).version >= c->meta.version ||
	    point(&q->ring, place).version > c->meta.version)
		return -EAGAIN;
	for (int i = 0; i < SAFE_COPIES; i++)
		s->copies[place][i] = *c;
	return 0;
}

/* In a section, when the page is on the medium. */
static int confirm(struct queue *q, struct safe_copy *c)
{
	struct ring_safe *s = q->ring.safe;
	uint32_t place = !last_place(&q->ring);

	if (memcmp(&s->copies[place][0].meta, &c->meta, sizeof(c->meta)) != 0)
		return -EAGAIN;
	/* release: from now on the other place may be overwritten */
	__atomic_store_n(&s->done, place, __ATOMIC_RELEASE);
	return 0;
}

static int in_section(struct queue *q, int (*fn)(struct queue *, struct safe_copy *),
		      struct safe_copy *c)
{
	int r = section_enter(q, NULL);

	if (r < 0)
		return r == -ETIMEDOUT ? -EAGAIN : r;
	r = fn(q, c);
	section_leave(q);
	return r;
}

static void copy_point(const struct queue *q, struct safe_copy *ret)
{
	ret->meta = q->m;
	for (unsigned end = 0; end < QUEUE_ENDS; end++)
		ret->ends[end] = book_known(&q->ring, &q->m, end);
}

static int fetch(struct queue *q, struct safe_copy *c)
{
	copy_point(q, c);
	return q->m.flags & RING_FAILED ? -EIO : 0;
}

static int give_up(struct queue *q, struct safe_copy *unused)
{
	(void)unused;
	note_failure(q);
	return -EIO;
}

static int write_point(struct queue *q, struct safe_copy *c)
{
	const struct ring_meta *m = &c->meta;
	uint64_t safe = last_point(&q->ring).tail;
	int r = write_records(&q->ring, safe > m->head ? safe : m->head, m->tail);

	r = r ?: in_section(q, propose, c);
	if (r)
		return r;
	r = write_range(q->ring.safe, sizeof(*q->ring.safe));
	return r ?: in_section(q, confirm, c);
}

/* One round: 0 when it is safe, -EAGAIN if another one is needed. */
static int advance(struct queue *q, uint64_t tail, uint64_t version)
{
	struct safe_copy c = {0};
	struct ring_meta last;
	int r = in_section(q, fetch, &c);

	if (r)
		return r;
	last = last_point(&q->ring);
	if (last.tail >= tail && last.version >= version)
		return 0;
	r = write_point(q, &c);
	if (r && r != -EAGAIN && r != -EINVAL && r != -EBADMSG)
		r = in_section(q, give_up, NULL);
	return r;
}

int safe_failed(const struct queue *q, struct sigslot_error *err)
{
	return fail(err, -EIO,
		    "queue '%s' takes no more messages, as its file could not be "
		    "written: get those it has, then 'sigslot queue repair %s'",
		    q->name, q->name);
}

static int explain(const struct queue *q, int r, struct sigslot_error *err)
{
	if (r == -EIO)
		return safe_failed(q, err);
	return section_damaged(q, q->m.head, err);
}

int safe_sync(struct queue *q, uint64_t tail, uint64_t version,
	      struct sigslot_error *err)
{
	uint32_t *latch = &q->ring.safe->latch, dead;
	bool first = latch_take(latch, q->id, q->me, &dead) == 0;
	int r;

	do
		r = advance(q, tail, version);
	while (r == -EAGAIN);
	if (first)
		latch_give(latch);
	return r ? explain(q, r, err) : 0;
}

int safe_push(struct queue *q, const struct envelope *e, const struct payload *payloads,
	      size_t len, size_t *ret_done, struct sigslot_error *err)
{
	int r, safe;

	do {
		uint64_t version;

		r = push_batches(q, e, payloads, len, ret_done, err);
		version = r == -EINPROGRESS ? q->m.version : 0;
		safe = *ret_done || version ? safe_sync(q, q->m.tail, version, err) : 0;
	} while (r == -EINPROGRESS && !safe);
	if (safe < 0)
		*ret_done = 0;
	return safe < 0 ? safe : r;
}

int safe_flush(struct queue *q, struct sigslot_error *err)
{
	uint64_t version = q->m.version;
	int r = write_records(&q->ring, q->m.head, q->m.tail);

	if (r) {
		in_section(q, give_up, NULL);
		return explain(q, -EIO, err);
	}
	return safe_sync(q, q->m.tail, version, err);
}

int safe_write(struct queue *q, uint64_t at, uint64_t end)
{
	int r = q->ring.safe ? write_records(&q->ring, at, end) : 0;

	if (r)
		note_failure(q);
	return r ? -EIO : 0;
}

int safe_now(struct queue *q)
{
	const struct ring_meta *m = &q->m;
	struct safe_copy c = {0};
	uint64_t safe;
	int r;

	if (!q->ring.safe)
		return 0;
	safe = last_point(&q->ring).tail;
	r = write_records(&q->ring, safe > m->head ? safe : m->head, m->tail);
	copy_point(q, &c);
	if (!r && propose(q, &c) < 0)
		return -EBADMSG; /* later than the latest: somebody wrote there */
	r = r ?: write_range(q->ring.safe, sizeof(*q->ring.safe));
	if (r)
		note_failure(q);
	return r ? -EIO : confirm(q, &c);
}

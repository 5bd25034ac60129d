/* SPDX-License-Identifier: MIT */
/*
 * Durable rings after a reboot. The newest safe point says where records are; each of
 * them must be whole. Everything here may be killed, and is then done again: the last
 * thing that is written is which boot it was done for.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "queue/bell.h"
#include "queue/safe.h"

static void read_boot(char boot[static SAFE_BOOT])
{
	_close_ int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	memset(boot, 0, SAFE_BOOT);
	if (fd < 0 || read(fd, boot, SAFE_BOOT - 1) < 1)
		memcpy(boot, "unknown", sizeof("unknown"));
}

bool safe_same_boot(const struct ring *r)
{
	char boot[SAFE_BOOT];

	read_boot(boot);
	return memcmp(boot, r->safe->boot, sizeof(boot)) == 0;
}

int safe_newest(const struct ring *r, struct ring_meta *ret)
{
	int place = -EBADMSG;

	for (int i = 0; i < SAFE_PLACES * SAFE_COPIES; i++) {
		struct ring_meta m =
			r->safe->copies[i / SAFE_COPIES][i % SAFE_COPIES].meta;

		if (!ring_fits(r, &m) || (place >= 0 && m.version <= ret->version))
			continue;
		*ret = m;
		place = i / SAFE_COPIES;
	}
	return place;
}

/* Its state after everybody died; 0 if it is damaged. */
static unsigned revived(const struct record *r, uint32_t size)
{
	for (unsigned state = RECORD_ACKED; state < RECORD_STATES; state++)
		if (r->verdict == record_verdict(r, state))
			return state;
	/* `size` was checked against the end of the ring */
	if (record_seal(record_sum(r, r + 1, size), r->seq) != r->crc)
		return 0;
	return RECORD_READY;
}

/* Gives every record its state and counts them. Returns 0 or -EBADMSG at *ret_at. */
static int revive(struct queue *q, uint64_t *ret_at)
{
	struct entry e;
	int r;

	memset(q->m.present, 0, sizeof(q->m.present));
	*ret_at = q->m.head;
	while ((r = section_look(q, *ret_at, &e)) > 0) {
		struct record_word w = record_parts(e.word);

		w.state = revived(e.record, e.size);
		w.slot = w.generation = 0;
		if (!w.state)
			return -EBADMSG;
		e.record->state = record_word(w);
		e.record->account = 0;
		q->m.present[w.state]++;
		*ret_at = e.end;
	}
	return r;
}

/* How far the ring was filled beyond its safe tail, as far as anything tells. */
static uint64_t unsafe_bytes(const struct queue *q)
{
	const struct ring *r = &q->ring;
	struct record *torn = ring_at(r, q->m.tail);
	uint64_t tail = q->m.tail, room = r->capacity - (tail - q->m.head);

	if (room >= sizeof(*torn) && torn->mark == ring_mark(r, tail)) {
		tail += record_room(torn->size);
		torn->mark = 0; /* told once */
	}
	for (int i = 0; i < 2; i++) {
		struct ring_meta m = r->head->meta[i];

		if (ring_fits(r, &m) && m.tail > tail)
			tail = m.tail;
	}
	return tail - q->m.tail < room ? tail - q->m.tail : room;
}

static void begin_anew(struct queue *q)
{
	struct ring_head *head = q->ring.head;

	q->m.next = q->m.head;
	q->m.due = NEVER;
	q->m.flags &= RING_SHUT;
	head->latch = 0;
	q->ring.safe->latch = 0;
	head->want = (struct ring_want){0};
	head->reserved = q->ring.capacity;
	head->stats = (struct ring_stats){0};
	head->book.len = 0; /* of pages that may be older, or newer */
	head->data_bell = head->space_bell = BELL_UNKNOWN;
	head->idx = 0;
	for (int i = 0; i < 2; i++)
		ring_commit(&q->ring, &q->m); /* over both of the old ones */
}

static int damaged(const struct queue *q, struct sigslot_error *err)
{
	return fail(err, -EBADMSG,
		    "queue '%s' is damaged: its header makes no sense: 'sigslot queue "
		    "repair %s' saves what is whole",
		    q->name, q->name);
}

/* Which of the copies in that place it was. */
static int copy_of(const struct ring_safe *s, int place, const struct ring_meta *m)
{
	int i = 0;

	while (i + 1 < SAFE_COPIES &&
	       memcmp(&s->copies[place][i].meta, m, sizeof(*m)) != 0)
		i++;
	return i;
}

/* Of an earlier boot: what is safe, and nothing else. */
static int go_back(struct queue *q, struct sigslot_error *err)
{
	struct ring_safe *s = q->ring.safe;
	int place = safe_newest(&q->ring, &q->m);
	struct safe_copy point = {0};
	uint64_t cut;

	if (place < 0)
		return damaged(q, err);
	s->done = (uint32_t)place;
	memcpy(point.ends, s->copies[place][copy_of(s, place, &q->m)].ends,
	       sizeof(point.ends));
	point.meta = q->m;
	memset(s->copies[!place], 0, sizeof(s->copies[0]));
	for (int i = 0; i < SAFE_COPIES; i++)
		s->copies[place][i] = point;
	memcpy(q->ring.head->ends, point.ends, sizeof(point.ends));
	cut = unsafe_bytes(q);
	if (cut)
		log_line("sigslot",
			 "queue '%s': cut %" PRIu64
			 " bytes of a torn message at position %" PRIu64,
			 q->name, cut, q->m.tail);
	return 0;
}

int safe_restart(struct queue *q, struct sigslot_error *err)
{
	uint64_t at;
	int r;

	q->m.version = 0;
	if (!safe_same_boot(&q->ring))
		r = go_back(q, err);
	else
		r = ring_load(&q->ring, &q->m) < 0 ? damaged(q, err) : 0;
	if (r < 0)
		return r;
	if (revive(q, &at) < 0)
		return section_damaged(q, at, err);
	begin_anew(q);
	read_boot(q->ring.safe->boot);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * Settling what another process holds. A name comes from people: nothing of it is
 * believed but what the record itself says.
 */
#include "queue/lease.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "queue/latch.h"
#include "queue/section.h"

struct lease lease_of(const struct queue *q, const struct claim *c)
{
	return (struct lease){
		.key = q->ring.key,
		.number = c->lease,
		.seq = c->seq,
		.slot = latch_slot(q->me),
		.generation = latch_generation(q->me),
	};
}

static bool matches(const struct lease *l, const struct entry *e)
{
	struct record_word w = record_parts(e->word);

	return e->seq == l->seq && record_held(w.state) && w.lease == l->number &&
	       w.slot == l->slot && w.generation == l->generation;
}

static int find(struct queue *q, const struct lease *l, struct entry *ret)
{
	uint64_t at = q->m.head;
	int r;

	if (l->key != q->ring.key)
		return -ESTALE;
	for (; (r = section_look(q, at, ret)) > 0; at = ret->end)
		if (ret->seq >= l->seq)
			break;
	if (r < 0)
		return r;
	return r && matches(l, ret) ? 0 : -ESTALE;
}

int lease_adopt(struct queue *q, struct lease *l)
{
	struct record_word w;
	struct entry e;
	int r = section_enter(q, NULL);

	if (r < 0)
		return r;
	r = find(q, l, &e);
	if (!r) {
		w = record_parts(e.word);
		w.state = RECORD_LEASED;
		w.slot = l->slot = latch_slot(q->me);
		w.generation = l->generation = latch_generation(q->me);
		e.record->handle = q->handle;
		section_set(q, &e, record_word(w));
		section_offer_space(q);
		section_commit(q);
		q->held++;
	}
	section_leave(q);
	return r;
}

static int settle(struct queue *q, const struct lease *l, unsigned state)
{
	struct entry e;
	int r = section_enter(q, NULL);

	if (r < 0)
		return r;
	r = find(q, l, &e);
	if (!r) {
		section_settle(q, &e, state);
		r = section_sweep(q);
		section_commit(q);
	}
	section_leave(q);
	return r;
}

int lease_done(struct queue *q, const struct lease *l)
{
	return settle(q, l, RECORD_ACKED);
}

int lease_bury(struct queue *q, const struct lease *l)
{
	return settle(q, l, RECORD_DEAD);
}

int lease_return(struct queue *q, const struct lease *l, uint64_t due, bool attempted)
{
	struct entry e;
	int r = section_enter(q, NULL);

	if (r < 0)
		return r;
	r = find(q, l, &e);
	if (!r)
		turn_give_back(q, &e, due, attempted);
	section_leave(q);
	return r;
}

static int copy(const struct entry *e, struct claim *ret)
{
	void *data = malloc(e->size + 1);

	if (!data)
		return -ENOMEM;
	memcpy(data, e->record + 1, e->size);
	*ret = (struct claim){
		.envelope = e->record->envelope,
		.payload = {.data = data, .size = e->size},
		.seq = e->seq,
		.lease = record_parts(e->word).lease,
		.attempt = record_parts(e->word).attempt,
		.place = e->at,
	};
	return 0;
}

int lease_read(struct queue *q, const struct lease *l, struct claim *ret)
{
	struct entry e;
	int r = section_enter(q, NULL);

	if (r < 0)
		return r;
	r = find(q, l, &e);
	if (!r)
		r = copy(&e, ret);
	section_leave(q);
	return r;
}

int lease_list(struct queue *q, unsigned slot, struct lease *out, size_t max)
{
	struct entry e;
	uint64_t at;
	int r = section_enter(q, NULL), found = 0;

	if (r < 0)
		return r;
	for (at = q->m.head; (r = section_look(q, at, &e)) > 0; at = e.end) {
		struct record_word w = record_parts(e.word);

		if (!record_held(w.state) || w.slot != slot)
			continue;
		if ((size_t)found < max)
			out[found] = (struct lease){q->ring.key, w.lease, e.seq, w.slot,
						    w.generation};
		found++;
	}
	section_leave(q);
	return r < 0 ? r : found;
}

int lease_held(struct queue *q, const struct lease *l)
{
	uint64_t at;
	struct entry e;
	int held = 0, r = section_enter(q, NULL);

	if (r < 0)
		return r;
	for (at = q->m.head; (r = section_look(q, at, &e)) > 0; at = e.end) {
		struct record_word w = record_parts(e.word);

		held += record_held(w.state) && w.slot == l->slot &&
			w.generation == l->generation;
	}
	section_leave(q);
	return r < 0 ? r : held;
}

void lease_end_holder(struct queue *q, const struct lease *l)
{
	pid_t pid = identity_holder(q->id, l->slot);
	_close_ int fd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

	/* asked once more now that the number cannot become somebody else's */
	if (fd < 0 || pid == getpid() || identity_holder(q->id, l->slot) != pid ||
	    !identity_alive(q->id, l->slot, l->generation))
		return;
	syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0);
	syscall(SYS_pidfd_send_signal, fd, SIGCONT, NULL, 0);
}

const char *lease_text(const struct lease *l, char out[static LEASE_TEXT])
{
	snprintf(out, LEASE_TEXT, "%08" PRIx32 "-%" PRIx64 "-%" PRIx32 "-%x-%x", l->key,
		 l->seq, l->number, l->slot, l->generation);
	return out;
}

int lease_parse(const char *text, struct lease *ret)
{
	struct lease l;
	char again[LEASE_TEXT];

	if (sscanf(text, "%8" SCNx32 "-%16" SCNx64 "-%4" SCNx32 "-%4x-%5x", &l.key,
		   &l.seq, &l.number, &l.slot, &l.generation) != 5)
		return -EINVAL;
	/* exactly what lease_text() writes: nothing in front, between or behind */
	if (strcmp(lease_text(&l, again), text) != 0)
		return -EINVAL;
	*ret = l;
	return 0;
}

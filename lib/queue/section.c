/* SPDX-License-Identifier: MIT */
/*
 * Sections: lock, check, change, commit, unlock; and the walk over records that all
 * operations share. Every step of a walk moves forward by a checked amount, so that
 * damaged bytes can end a walk but not keep it going.
 */
#include "queue/section.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "queue/bell.h"
#include "queue/fault.h"
#include "queue/latch.h"

enum { COMMAND = 48 }; /* bytes of a command line that are told */

int section_damaged(const struct queue *q, uint64_t at, struct sigslot_error *err)
{
	return fail(err, -EBADMSG,
		    "queue '%s' is damaged: no whole record where one must be, at "
		    "position %" PRIu64 ": 'sigslot queue repair %s' saves the rest",
		    q->name, at, q->name);
}

static int check_in(struct queue *q, uint32_t dead, struct sigslot_error *err)
{
	q->changed = false;
	if (ring_load(&q->ring, &q->m) < 0)
		return fail(err, -EBADMSG,
			    "queue '%s' is damaged: its header makes no sense",
			    q->name);
	if (!dead)
		return 0;
	q->ring.head->stats.takeovers++;
	if (!FAULTY(FAULT_BOOK_KEPT))
		book_void(q);
	if (recover_held(q, latch_slot(dead), latch_generation(dead)) < 0)
		return section_damaged(q, q->m.head, err);
	return 0;
}

/* The beginning of its command line, for people. */
static void command_of(pid_t pid, char ret[static COMMAND])
{
	char path[32];
	_close_ int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, ret, COMMAND - 1);
	n = n < 0 ? 0 : n;
	for (ssize_t i = 0; i < n; i++)
		if (!isprint((unsigned char)ret[i]))
			ret[i] = ' ';
	while (n > 0 && ret[n - 1] == ' ')
		n--;
	ret[n] = '\0';
}

static int locked(const struct queue *q, struct sigslot_error *err)
{
	unsigned slot = latch_slot(q->ring.head->latch);
	pid_t pid = identity_holder(q->id, slot);
	char command[COMMAND];

	if (!err || !pid)
		return fail(err, -ETIMEDOUT,
			    "queue '%s' is locked by the process in place %u of the "
			    "instance, which does not run: continue or kill it",
			    q->name, slot);
	command_of(pid, command);
	return fail(err, -ETIMEDOUT,
		    "queue '%s' is locked by process %d (%s), which does not run: "
		    "continue or kill it",
		    q->name, (int)pid, command);
}

int section_enter(struct queue *q, struct sigslot_error *err)
{
	uint32_t dead;
	int r;

	if (!identity_here(q->id))
		return fail(err, -EINVAL,
			    "queue '%s' was opened before fork(): open it again in the "
			    "child",
			    q->name);
	r = latch_take(&q->ring.head->latch, q->id, q->me, &dead);
	if (r < 0)
		return locked(q, err);
	r = check_in(q, dead, err);
	if (r < 0)
		section_leave(q);
	return r;
}

void section_commit(struct queue *q)
{
	q->changed = false;
	if (q->line.times)
		book_write(q);
	ring_commit(&q->ring, &q->m);
}

void section_leave(struct queue *q)
{
	if (q->changed) { /* no commit came: load it anew */
		book_void(q);
		q->m.version = 0;
	}
	latch_give(&q->ring.head->latch);
}

int section_look(struct queue *q, uint64_t at, struct entry *ret)
{
	struct record *r;

	if (at == q->m.gap && q->m.gap_end)
		at = q->m.gap_end;
	if (at >= q->m.tail)
		return 0;
	if (q->m.tail - at < sizeof(*r))
		return -EBADMSG;
	r = ring_at(&q->ring, at);
	*ret = (struct entry){
		.record = r,
		.at = at,
		.seq = r->seq,
		/* relaxed: all changes are made under the lock, but for voiding */
		.word = __atomic_load_n(&r->state, __ATOMIC_RELAXED),
		.size = __atomic_load_n(&r->size, __ATOMIC_RELAXED),
	};
	ret->end = at + record_room(ret->size);
	ret->state = ret->word & 15;
	if (__atomic_load_n(&r->mark, __ATOMIC_RELAXED) != ring_mark(&q->ring, at) ||
	    ret->end > q->m.tail || !ret->state || ret->state >= RECORD_STATES)
		return -EBADMSG;
	return 1;
}

void section_count(struct queue *q, const struct entry *e, unsigned state)
{
	q->changed = true;
	q->m.present[e->state]--;
	q->m.present[state]++;
}

void section_set(struct queue *q, struct entry *e, uint64_t word)
{
	section_count(q, e, word & 15);
	e->word = word;
	e->state = word & 15;
	/* release: after what was written to the record before */
	__atomic_store_n(&e->record->state, word, __ATOMIC_RELEASE);
}

void section_settle(struct queue *q, struct entry *e, unsigned state)
{
	e->record->account = 0;
	section_end(q, e, state);
}

void section_end(struct queue *q, struct entry *e, unsigned state)
{
	struct record_word w = record_parts(e->word);

	if (q->ring.safe && record_gone(state))
		e->record->verdict = record_verdict(e->record, state);
	w.state = state;
	w.slot = w.generation = 0;
	section_set(q, e, record_word(w));
}

bool section_counts(const struct queue *q, uint64_t len)
{
	const uint32_t *n = q->m.present;

	if (!q->ring.messages)
		return true;
	return (uint64_t)n[RECORD_READY] + n[RECORD_PARKED] + n[RECORD_BUSY] +
		       n[RECORD_PINNED] + n[RECORD_LEASED] + len <=
	       q->ring.messages;
}

bool section_fits(const struct queue *q, uint64_t room)
{
	return q->m.tail - q->m.head + room <= q->ring.capacity && section_counts(q, 1);
}

uint64_t section_need(const struct queue *q, uint64_t room)
{
	return q->outside ? room + q->ring.capacity / 2 : room;
}

bool section_admits(const struct queue *q, uint64_t room)
{
	return section_fits(q, section_need(q, room)) &&
	       (!q->outside || section_counts(q, q->ring.messages / 2 + 1));
}

void section_ring_data(struct queue *q)
{
	bell_ring(&q->ring.head->data_bell, q->data_fd);
}

/*
 * A wake-up costs more than many messages: a sleeper is woken for a quarter of the
 * ring, or when nobody will make more room soon.
 */
static bool enough(const struct queue *q)
{
	uint64_t room = q->ring.head->want.room, quarter = q->ring.capacity / 4;

	if (!section_fits(q, room))
		return false;
	return q->m.tail - q->m.head + quarter <= q->ring.capacity ||
	       !q->m.present[RECORD_READY];
}

void section_offer_space(struct queue *q)
{
	if (!q->ring.head->want.room || !enough(q))
		return;
	bell_ring(&q->ring.head->space_bell, q->space_fd);
	q->ring.head->want.room = 0;
}

int section_sweep(struct queue *q)
{
	struct ring_meta *m = &q->m;
	struct entry e;
	int r;

	while ((r = section_look(q, m->head, &e)) > 0 && record_gone(e.state)) {
		q->changed = true;
		m->present[e.state]--;
		m->swept[e.state - RECORD_ACKED]++;
		m->head = e.end;
		section_pass(q, &e);
		if (FAULTY(FAULT_SWEEP_UNCOUNTED)) {
			m->swept[e.state - RECORD_ACKED]--;
			section_commit(q);
			m->swept[e.state - RECORD_ACKED]++;
		}
		if (m->gap_end && m->head == m->gap)
			m->head = m->gap_end;
		if (m->gap_end && m->head >= m->gap_end)
			m->gap = m->gap_end = 0;
	}
	if (m->next < m->head) {
		q->changed = true;
		m->next = m->head;
	}
	section_offer_space(q);
	return r < 0 ? r : 0;
}

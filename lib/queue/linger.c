/* SPDX-License-Identifier: MIT */
/*
 * Two ways to look. Where many messages come, now and then with a yield: a few will be
 * there at once. Where one comes at a time, from somebody who waits for what becomes of
 * it, all the time; that is no use when they take turns on one processor.
 */
#include "queue/linger.h"

#include <sched.h>

#include "base/clock.h"
#include "queue/latch.h"

enum {
	STREAK = 8, /* after so many claims it is worth to look again */
	PATIENCE = 3, /* turns for nothing until it is silenced */
	LOOKS = 12,
	LOOK_PAUSES = 30,
	LONE = 3, /* messages that each came alone, and the next look is a close one */
	PROBE = 16, /* but each so manieth, to see whether more come meanwhile */
	CLOSE_LOOKS = 64,
	CLOSE_PAUSES = 2,
	BARRED = 64, /* times that it is empty, after a close look in vain */
	SOON_NS = 6000, /* what a close look takes */
};

unsigned linger_patience(const struct linger *l)
{
	if (l->streak >= STREAK)
		return PATIENCE;
	return l->soon && !l->barred && !l->shared;
}

/* Whether it can be had: not while the one who pushes is still at it. */
static bool ready(const struct ring *r)
{
	return ring_waiting(r) && !__atomic_load_n(&r->head->latch, __ATOMIC_RELAXED);
}

static bool look_closely(const struct ring *r)
{
	for (int i = 0; i < CLOSE_LOOKS; i++) {
		latch_pause(CLOSE_PAUSES);
		if (ready(r))
			return true;
	}
	return false;
}

/*
 * Whether something came while a busy consumer waited for a moment. Who has something
 * to do gets the processor meanwhile, and so makes that something come.
 */
static bool look_around(const struct ring *r)
{
	for (int i = 0; i < LOOKS; i++) {
		latch_pause(LOOK_PAUSES);
		if (ring_waiting(r))
			return true;
		sched_yield();
		if (ring_waiting(r))
			return true;
	}
	return false;
}

bool linger_look(struct linger *l, const struct ring *r)
{
	l->lone = l->run > 1 ? 0 : l->lone + 1;
	l->run = 0;
	if (l->shared || l->barred || l->lone <= LONE || l->lone % PROBE == 0)
		return look_around(r);
	if (look_closely(r))
		return true;
	l->barred = BARRED;
	return false;
}

void linger_begin(struct linger *l, uint64_t next)
{
	l->shared = next != l->next;
}

void linger_end(struct linger *l, uint64_t next, size_t got, bool hushed)
{
	l->next = next;
	l->run += (unsigned)got;
	if (got) {
		l->streak += (unsigned)got;
		l->soon = l->emptied ? clock_now() - l->emptied < SOON_NS : l->soon;
		l->emptied = 0;
		return;
	}
	l->barred -= l->barred > 0;
	if (hushed)
		l->streak = 0;
	if (l->streak < STREAK && !l->emptied)
		l->emptied = clock_now();
}

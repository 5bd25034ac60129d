/* SPDX-License-Identifier: MIT */
/*
 * A timer object. next += interval, never now + interval, so it does not drift.
 */
#include "object/ticker.h"

#include "base/clock.h"
#include "base/cleanup.h"

static void fire(struct timer *timer, uint64_t now)
{
	struct ticker *t = container_of(timer, struct ticker, timer);
	uint64_t due = timer->due, missed = 0, next;

	if (t->how == TICKER_AFTER) {
		t->running = false;
		t->tick(t, 0);
		return;
	}
	next = clock_after(due, t->interval_ns);
	if (!t->burst && next <= now) {
		missed = (now - due) / t->interval_ns;
		next = due + (missed + 1) * t->interval_ns;
	}
	loop_arm(t->loop, timer, next);
	t->tick(t, missed);
}

static void iterate(struct later *later)
{
	struct ticker *t = container_of(later, struct ticker, later);

	if (!t->running || !t->ready(t))
		return;
	t->tick(t, 0);
	if (t->running)
		loop_later(t->loop, &t->later, iterate);
}

int ticker_start(struct ticker *t, struct loop *loop)
{
	t->loop = loop;
	t->running = true;
	t->timer.fire = fire;
	if (t->how != TICKER_TIGHT)
		return loop_arm(loop, &t->timer,
				clock_after(clock_now(), t->interval_ns));
	loop_later(loop, &t->later, iterate);
	return 0;
}

void ticker_stop(struct ticker *t)
{
	if (!t->loop)
		return;
	t->running = false;
	loop_disarm(t->loop, &t->timer);
	loop_later_cancel(&t->later);
}

void ticker_wake(struct ticker *t)
{
	if (t->running && t->how == TICKER_TIGHT)
		loop_later(t->loop, &t->later, iterate);
}

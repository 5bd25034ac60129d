/* SPDX-License-Identifier: MIT */
/*
 * Timer objects: when they tick is read from their timer, and lateness is made by
 * firing them at a moment of the test's choice, so that no test depends on time.
 */
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "object/ticker.h"
#include "tap.h"

#define HOUR (3600 * NS_PER_S)

/* A ticker that notes its ticks, and does something in them. */
struct noted {
	struct ticker ticker;
	unsigned ticks, room;
	uint64_t missed, last_missed;
	void (*then)(struct noted *);
};

static struct loop loop;

static void note(struct ticker *t, uint64_t missed)
{
	struct noted *n = container_of(t, struct noted, ticker);

	n->ticks++;
	n->missed += missed;
	n->last_missed = missed;
	if (n->then)
		n->then(n);
}

static bool room(struct ticker *t)
{
	return container_of(t, struct noted, ticker)->room > 0;
}

static struct noted noted(enum ticker_how how, uint64_t interval_ns)
{
	return (struct noted){.ticker = {.how = how,
					 .interval_ns = interval_ns,
					 .tick = note,
					 .ready = room}};
}

/* Runs the timers as if it were `late_ns` after n's tick was due. */
static void run_late(struct noted *n, uint64_t late_ns)
{
	timers_run(&loop.timers, n->ticker.timer.due + late_ns);
}

static void test_every(void)
{
	struct noted n = noted(TICKER_EVERY, HOUR);
	uint64_t before = clock_now(), first;

	is_int(ticker_start(&n.ticker, &loop), 0, "a timer is started");
	first = n.ticker.timer.due;
	ok(first >= before + HOUR && first <= clock_now() + HOUR,
	   "the first tick comes after one interval");
	run_late(&n, 0);
	is_u64(n.ticker.timer.due, first + HOUR, "the next is due one interval later");
	for (unsigned i = 0; i < 1000; i++)
		run_late(&n, HOUR / 3);
	is_u64(n.ticker.timer.due, first + 1001 * HOUR,
	       "a thousand late ticks do not make it drift");
	is_u64(n.ticks, 1001, "each tick is one");
	is_u64(n.missed, 0, "a tick that is less than an interval late misses nothing");
	ticker_stop(&n.ticker);
	ok(!timer_armed(&n.ticker.timer), "a stopped timer is not armed");
	ticker_stop(&n.ticker);
	ok(!n.ticker.running, "it may be stopped twice");
}

static void test_skip(void)
{
	struct noted n = noted(TICKER_EVERY, HOUR);
	uint64_t due;

	ticker_start(&n.ticker, &loop);
	due = n.ticker.timer.due;
	run_late(&n, 5 * HOUR + HOUR / 2);
	is_u64(n.ticks, 1, "after a stall there is one tick");
	is_u64(n.missed, 5, "what it missed is counted");
	is_u64(n.ticker.timer.due, due + 6 * HOUR, "it goes on in its old rhythm");
	due = n.ticker.timer.due;
	run_late(&n, HOUR);
	is_u64(n.last_missed, 1, "a tick whose next is due already counts that one");
	is_u64(n.ticker.timer.due, due + 2 * HOUR, "and the one after it is next");
	run_late(&n, HOUR - 1);
	is_u64(n.last_missed, 0, "one nanosecond before that it counts none");
	ticker_stop(&n.ticker);
}

static void test_burst(void)
{
	struct noted n = noted(TICKER_EVERY, HOUR);
	uint64_t due, now;

	n.ticker.burst = true;
	ticker_start(&n.ticker, &loop);
	due = n.ticker.timer.due;
	now = due + 5 * HOUR + HOUR / 2;
	timers_run(&loop.timers, now);
	is_u64(n.ticks, 1, "a burst gives others their turn between two ticks");
	for (unsigned i = 0; i < 20; i++)
		timers_run(&loop.timers, now);
	is_u64(n.ticks, 6, "a burst makes up for every tick, and makes none too many");
	is_u64(n.missed, 0, "so it misses none");
	is_u64(n.ticker.timer.due, due + 6 * HOUR, "then it is in its old rhythm");
	ticker_stop(&n.ticker);
}

static void test_far(void)
{
	struct noted n = noted(TICKER_EVERY, NEVER - 1);

	is_int(ticker_start(&n.ticker, &loop), 0, "an interval may be for ever");
	is_u64(n.ticker.timer.due, NEVER, "then it is never due");
	ticker_stop(&n.ticker);
}

static void test_after(void)
{
	struct noted n = noted(TICKER_AFTER, HOUR);

	ticker_start(&n.ticker, &loop);
	run_late(&n, 10 * HOUR);
	is_u64(n.ticks, 1, "`after` ticks once");
	is_u64(n.missed, 0, "and misses nothing, however late");
	ok(!timer_armed(&n.ticker.timer) && !n.ticker.running, "then it stands still");
	ticker_start(&n.ticker, &loop);
	ok(timer_armed(&n.ticker.timer), "it can be started again");
	run_late(&n, 0);
	is_u64(n.ticks, 2, "and ticks once more");
}

static void test_restart(void)
{
	struct noted n = noted(TICKER_EVERY, HOUR);
	uint64_t before;

	ticker_start(&n.ticker, &loop);
	loop_arm(&loop, &n.ticker.timer, 1); /* as if nearly all of it were over */
	before = clock_now();
	ticker_start(&n.ticker, &loop);
	ok(n.ticker.timer.due >= before + HOUR, "starting begins the interval again");
	ticker_stop(&n.ticker);
	ticker_start(&n.ticker, &loop);
	ok(n.ticker.timer.due >= before + HOUR, "so does stopping and starting");
	is_u64(n.ticks, 0, "neither of them ticks");
	ticker_stop(&n.ticker);
}

static void stop_it(struct noted *n)
{
	ticker_stop(&n->ticker);
}

static void hurry_it(struct noted *n)
{
	n->ticker.interval_ns = HOUR / 4;
	ticker_start(&n->ticker, &loop);
}

static void test_within(void)
{
	struct noted n = noted(TICKER_EVERY, HOUR), once = noted(TICKER_AFTER, HOUR);
	uint64_t before = clock_now();

	n.then = stop_it;
	ticker_start(&n.ticker, &loop);
	run_late(&n, 0);
	ok(!timer_armed(&n.ticker.timer), "a timer may be stopped by its own tick");
	n.then = hurry_it;
	ticker_start(&n.ticker, &loop);
	run_late(&n, 3 * HOUR);
	ok(n.ticker.timer.due >= before + HOUR / 4 &&
		   n.ticker.timer.due < clock_now() + HOUR / 2,
	   "its own tick may set another interval, which begins then");
	ticker_stop(&n.ticker);
	once.then = hurry_it;
	ticker_start(&once.ticker, &loop);
	run_late(&once, 0);
	ok(timer_armed(&once.ticker.timer) && once.ticker.running,
	   "`after` may be started by its own tick");
	ticker_stop(&once.ticker);
}

static void ring(struct later *l)
{
	(void)l;
}

/* A round that does not sleep. */
static void round_now(void)
{
	struct later awake = {0};

	loop_later(&loop, &awake, ring);
	loop_round(&loop);
}

static void use_room(struct noted *n)
{
	n->room--;
}

static void test_tight(void)
{
	struct noted n = noted(TICKER_TIGHT, 0);

	n.room = 5;
	n.then = use_room;
	ticker_start(&n.ticker, &loop);
	is_u64(n.ticks, 0, "`tight` does not tick before the loop has its turn");
	round_now();
	is_u64(n.ticks, 1, "`tight` ticks once in a round");
	for (unsigned i = 0; i < 20; i++)
		round_now();
	is_u64(n.ticks, 5, "`tight` ticks as long as there is room");
	n.room = 2;
	round_now();
	is_u64(n.ticks, 5, "it does not look for room by itself");
	ticker_wake(&n.ticker);
	for (unsigned i = 0; i < 20; i++)
		round_now();
	is_u64(n.ticks, 7, "woken, it goes on while there is room");
	ticker_stop(&n.ticker);
	n.room = 5;
	ticker_wake(&n.ticker);
	ok(!n.ticker.later.loop, "a stopped one is not woken");
	ticker_start(&n.ticker, &loop);
	ticker_stop(&n.ticker);
	ok(!n.ticker.later.loop, "a stopped one is off the loop");
	round_now();
	is_u64(n.ticks, 7, "stopping calls back what was to come");
	n.then = stop_it;
	ticker_start(&n.ticker, &loop);
	round_now();
	is_u64(n.ticks, 8, "`tight` may be stopped by its own tick");
	ok(!n.ticker.later.loop, "and then nothing of it is left on the loop");
	loop_later_cancel(&n.ticker.later);
}

static void quit(struct noted *n)
{
	if (n->ticks == 3)
		loop_quit(&loop);
}

static void test_real(void)
{
	struct noted n = noted(TICKER_EVERY, 2 * NS_PER_MS),
		     idle = noted(TICKER_AFTER, 1);
	uint64_t before = clock_now();

	alarm(30);
	n.then = quit;
	ticker_start(&n.ticker, &loop);
	loop_run(&loop);
	ok(clock_now() - before >= 6 * NS_PER_MS, "three ticks take three intervals");
	ticker_stop(&n.ticker);
	ticker_stop(&idle.ticker);
	ticker_wake(&idle.ticker);
	ok(!idle.ticker.running, "one that was never started may be stopped");
}

int main(void)
{
	if (loop_init(&loop) < 0)
		BAIL("no loop");
	test_every();
	test_skip();
	test_burst();
	test_far();
	test_after();
	test_restart();
	test_within();
	test_tight();
	test_real();
	loop_done(&loop);
	return done();
}

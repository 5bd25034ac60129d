/* SPDX-License-Identifier: MIT */
/*
 * The timers of a loop: lib/loop/timers.c.
 */
#include "base/cleanup.h"
#include "base/clock.h"
#include "loop/timers.h"
#include "tap.h"

enum { MANY = 500 };

static struct timers timers;
static struct timer *fired[4 * MANY];
static size_t fired_len;

static void note_it(struct timer *t, uint64_t now)
{
	(void)now;
	if (fired_len < ARRAY_LEN(fired))
		fired[fired_len++] = t;
}

static void run(uint64_t now)
{
	fired_len = 0;
	timers_run(&timers, now);
}

static void order(void)
{
	struct timer t[5];

	for (int i = 0; i < 5; i++)
		t[i] = (struct timer){.fire = note_it};
	is_u64(timers_next(&timers), NEVER, "without timers nothing is ever due");
	timers_arm(&timers, &t[0], 30);
	timers_arm(&timers, &t[1], 10);
	timers_arm(&timers, &t[2], 20);
	timers_arm(&timers, &t[3], 10);
	timers_arm(&timers, &t[4], 40);
	is_u64(timers_next(&timers), 10, "the next one due is known");
	run(9);
	is_u64(fired_len, 0, "nothing fires before it is due");
	run(30);
	ok(fired_len == 4 && fired[0] == &t[1] && fired[1] == &t[3] &&
		   fired[2] == &t[2] && fired[3] == &t[0],
	   "what is due fires by due time, equals in the order of arming");
	ok(!timer_armed(&t[0]) && timer_armed(&t[4]),
	   "what fired is disarmed, what was not due is still armed");
	timers_arm(&timers, &t[1], 50);
	timers_arm(&timers, &t[4], 60);
	is_u64(timers_next(&timers), 50, "arming an armed timer moves it");
	timers_arm(&timers, &t[0], 50);
	timers_arm(&timers, &t[1], 50);
	run(50);
	ok(fired_len == 2 && fired[0] == &t[0] && fired[1] == &t[1],
	   "moving a timer to the same time puts it behind its equals");
	timers_disarm(&timers, &t[4]);
	timers_disarm(&timers, &t[4]);
	is_u64(timers.len, 0, "disarming twice is disarming once");
}

static struct timer again;

static void fire_again(struct timer *t, uint64_t now)
{
	note_it(t, now);
	timers_arm(&timers, t, t->due + 1);
}

static void meanwhile(void)
{
	struct timer last = {.fire = note_it};

	again = (struct timer){.fire = fire_again};
	timers_arm(&timers, &again, 0);
	run(100);
	is_u64(fired_len, 1, "a timer that arms itself in the past fires once a run");
	ok(timer_armed(&again), "and is armed for the next one");
	timers_arm(&timers, &last, 3);
	run(100);
	ok(fired_len == 1 && fired[0] == &again && timer_armed(&last),
	   "one due behind it waits with it");
	run(100);
	ok(fired_len == 2 && fired[0] == &again && fired[1] == &last,
	   "so all keep the order of due times, equals that of arming");
	timers_disarm(&timers, &again);
}

static struct timer victim;

static void disarm_victim(struct timer *t, uint64_t now)
{
	note_it(t, now);
	timers_disarm(&timers, &victim);
}

static void free_self(struct timer *t, uint64_t now)
{
	(void)now;
	fired_len++;
	free(t);
}

static void removal(void)
{
	struct timer killer = {.fire = disarm_victim};
	struct timer *heap = malloc(sizeof(*heap));

	victim = (struct timer){.fire = note_it};
	timers_arm(&timers, &killer, 5);
	timers_arm(&timers, &victim, 5);
	run(5);
	ok(fired_len == 1 && fired[0] == &killer,
	   "a due timer that another one disarms does not fire");
	if (!heap)
		BAIL("no memory");
	*heap = (struct timer){.fire = free_self};
	timers_arm(&timers, heap, 5);
	run(5);
	is_u64(fired_len, 1, "a timer may free itself when it fires");
}

static unsigned next_random(void)
{
	static unsigned x = 12345;

	x = x * 1103515245u + 12345u;
	return x >> 8;
}

/* The one that must fire next, found by looking at all of them. */
static struct timer *first_of(struct timer *t, uint64_t now)
{
	struct timer *best = NULL;

	for (int i = 0; i < MANY; i++)
		if (timer_armed(&t[i]) && t[i].due <= now &&
		    (!best || t[i].due < best->due ||
		     (t[i].due == best->due && t[i].turn < best->turn)))
			best = &t[i];
	return best;
}

/* Fires all that is due by looking, compares with what fired. */
static bool same_as_looking(struct timer *t, uint64_t now)
{
	static struct timer copy[MANY];
	bool same = true;

	memcpy(copy, t, sizeof(copy));
	run(now);
	for (size_t i = 0; i < fired_len; i++) {
		struct timer *best = first_of(copy, now);

		same = same && best && best - copy == fired[i] - t;
		if (best)
			best->place = 0;
	}
	return same && !first_of(copy, now);
}

static void against_looking(void)
{
	static struct timer t[MANY];
	bool same = true;
	uint64_t now = 0;

	for (int i = 0; i < MANY; i++)
		t[i] = (struct timer){.fire = note_it};
	for (int round = 0; round < 300; round++) {
		for (int i = 0; i < 100; i++) {
			struct timer *one = &t[next_random() % MANY];

			if (next_random() % 4)
				timers_arm(&timers, one, now + next_random() % 60);
			else
				timers_disarm(&timers, one);
		}
		now += next_random() % 40;
		same = same && same_as_looking(t, now);
	}
	ok(same, "thirty thousand random changes fire as if each run looked at all");
	timers_done(&timers);
	is_u64(timers_next(&timers), NEVER, "a heap that is done is empty");
}

int main(void)
{
	order();
	meanwhile();
	removal();
	against_looking();
	return done();
}

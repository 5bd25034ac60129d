/* SPDX-License-Identifier: MIT */
/*
 * Taking and giving the lock. A waiter never takes from a holder that lives, however
 * long that one sleeps.
 */
#include "queue/latch.h"

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "queue/fault.h"

enum {
	SPINS = 8, /* looks, each twice as long after the last as that one */
	FIRST_PAUSE = 8,
	LONGEST_PAUSE = 64,
	FIRST_WAIT_NS = 500000,
	LONGEST_WAIT_NS = 20000000,
	PATIENCE_NS = 2000000000,
};

void latch_pause(unsigned times)
{
	while (times--) {
#if defined(__x86_64__) || defined(__i386__)
		__builtin_ia32_pause();
#elif defined(__aarch64__)
		__asm__ volatile("yield");
#endif
	}
}

/* Acquire: pairs with the release in latch_give(), and with the kernel's exit. */
static bool exchange(uint32_t *word, uint32_t from, uint32_t to)
{
	return __atomic_compare_exchange_n(word, &from, to, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

static bool look(uint32_t *word, uint32_t me)
{
	return !__atomic_load_n(word, __ATOMIC_RELAXED) && exchange(word, 0, me);
}

/*
 * The first pause is long enough for the holder to come again: it goes faster in runs.
 * It may have been put off this very processor by whom it woke, so that one lets it.
 */
static bool spin(uint32_t *word, uint32_t me)
{
	unsigned wait = FIRST_PAUSE;

	for (int i = 0; i < SPINS; i++) {
		latch_pause(wait);
		wait = wait < LONGEST_PAUSE ? wait * 2 : wait;
		if (look(word, me))
			return true;
		sched_yield();
		if (look(word, me))
			return true;
	}
	return false;
}

static void sleep_on(uint32_t *word, uint32_t value, uint64_t wait_ns)
{
	struct timespec wait = {.tv_nsec = (long)wait_ns};

	syscall(SYS_futex, word, FUTEX_WAIT, value, &wait, NULL, 0);
}

static bool dead(const struct identity *id, uint32_t value)
{
	return !identity_alive(id, latch_slot(value), latch_generation(value));
}

/* Sleeps until the word changes; true: it is ours, taken from *ret_dead if not 0. */
static bool wait_once(uint32_t *word, const struct identity *id, uint32_t me,
		      uint64_t wait_ns, uint32_t *ret_dead)
{
	uint32_t value = __atomic_load_n(word, __ATOMIC_RELAXED);

	if (!value)
		return exchange(word, 0, me | LATCH_WAITERS);
	if (dead(id, value)) {
		*ret_dead = value & ~LATCH_WAITERS;
		return exchange(word, value, me | LATCH_WAITERS);
	}
	if (!(value & LATCH_WAITERS) && !exchange(word, value, value | LATCH_WAITERS))
		return false;
	sleep_on(word, value | LATCH_WAITERS, wait_ns);
	return false;
}

static int take_slowly(uint32_t *word, const struct identity *id, uint32_t me,
		       uint32_t *ret_dead)
{
	uint64_t start = clock_now(), wait_ns = FIRST_WAIT_NS;
	uint32_t before = 0, now;

	for (;;) {
		*ret_dead = 0;
		if (wait_once(word, id, me, wait_ns, ret_dead))
			return 0;
		now = __atomic_load_n(word, __ATOMIC_RELAXED) & ~LATCH_WAITERS;
		if (now != before)
			start = clock_now();
		if (clock_now() - start > PATIENCE_NS)
			return -ETIMEDOUT;
		before = now;
		wait_ns = wait_ns * 2 > LONGEST_WAIT_NS ? LONGEST_WAIT_NS : wait_ns * 2;
	}
}

int latch_take(uint32_t *word, const struct identity *id, uint32_t me,
	       uint32_t *ret_dead)
{
	*ret_dead = 0;
	if (exchange(word, 0, me) || spin(word, me))
		return 0;
	return take_slowly(word, id, me, ret_dead);
}

void latch_give(uint32_t *word)
{
	/* release: pairs with the acquire in exchange() */
	if (__atomic_exchange_n(word, 0, __ATOMIC_RELEASE) & LATCH_WAITERS)
		syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

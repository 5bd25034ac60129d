/* SPDX-License-Identifier: MIT */
/*
 * Producers and consumers that behave as workers: batches, acknowledgements, sleep on
 * the bells.
 */
#include "queue/traffic.h"

#include <assert.h>
#include <poll.h>
#include <string.h>

enum { RECHECK_MS = 100 }; /* a drained bell may have been meant for somebody else */

/* How each message begins. */
struct stamp {
	uint64_t number;
	uint32_t producer, unused;
};

static_assert(sizeof(struct stamp) == TRAFFIC_LEAST, "a stamp must fit a message");

/* So that a sum tells whether two bags of messages are the same. */
static uint64_t mix(uint64_t producer, uint64_t number)
{
	uint64_t x = (producer << 48 ^ number) + 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static void sleep_on(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	poll(&p, 1, ms);
}

/* Pushes them all, a batch at a time. The payloads lie one behind the other. */
static int push_all(struct queue *q, const struct traffic *t, unsigned producer,
		    char *bytes, const struct payload *payloads,
		    struct sigslot_error *err)
{
	size_t done, len;

	for (uint64_t n = 0; n < t->messages; n += done) {
		int r;

		len = t->messages - n < t->batch ? t->messages - n : t->batch;
		for (size_t i = 0; i < len; i++) {
			struct stamp s = {.number = n + i, .producer = producer};

			memcpy(bytes + i * t->size, &s, sizeof(s));
		}
		r = queue_push_many(q, &(struct envelope){.id = n, .emit_seq = n},
				    payloads, len, &done, err);
		if (r == -EAGAIN)
			sleep_on(queue_space_fd(q), RECHECK_MS);
		else if (r < 0 && r != -ETIMEDOUT) /* that: somebody is stopped */
			return r;
	}
	return 0;
}

int traffic_produce(struct queue *q, const struct traffic *t, unsigned producer,
		    struct sigslot_error *err)
{
	_free_ struct payload *payloads = calloc(t->batch, sizeof(*payloads));
	_free_ char *bytes = calloc(t->batch, t->size);

	if (!payloads || !bytes)
		return fail(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < t->batch; i++)
		payloads[i] = (struct payload){bytes + i * t->size, t->size};
	return push_all(q, t, producer, bytes, payloads, err);
}

/* `next` says of each producer what its numbers must not undercut. */
static void count(const struct traffic *t, struct traffic_tally *tally, uint64_t *next,
		  const struct claim *c)
{
	struct stamp s = {.producer = t->producers};

	tally->received++;
	if (c->payload.size == t->size)
		memcpy(&s, c->payload.data, sizeof(s));
	if (s.producer >= t->producers || s.number < next[s.producer]) {
		tally->wrong++;
		return;
	}
	next[s.producer] = s.number + 1;
	tally->sum += mix(s.producer, s.number);
}

static bool drained(const struct queue *q)
{
	struct queue_counts counts;

	return queue_counts(q, &counts) == 0 && counts.closed && !counts.records;
}

static int claim_all(struct queue *q, const struct traffic *t, struct claim *claims,
		     uint64_t *next, struct traffic_tally *tally,
		     struct sigslot_error *err)
{
	size_t held = 0;

	for (;;) {
		int r = queue_turn(q, claims, held, claims, t->batch, err);

		if (r == -ETIMEDOUT) /* somebody is stopped */
			continue;
		if (r < 0)
			return r;
		held = (size_t)r;
		for (size_t i = 0; i < held; i++)
			count(t, tally, next, &claims[i]);
		if (!held && drained(q))
			return 0;
		if (!held)
			sleep_on(queue_data_fd(q), -1);
	}
}

int traffic_consume(struct queue *q, const struct traffic *t,
		    struct traffic_tally *ret_tally, struct sigslot_error *err)
{
	_free_ struct claim *claims = calloc(t->batch, sizeof(*claims));
	_free_ uint64_t *next = calloc(t->producers, sizeof(*next));
	int r;

	*ret_tally = (struct traffic_tally){0};
	if (!claims || !next)
		return fail(err, -ENOMEM, "out of memory");
	r = claim_all(q, t, claims, next, ret_tally, err);
	queue_shut(q, true); /* again: to be found empty has silenced the bell */
	return r;
}

bool traffic_whole(const struct traffic *t, const struct traffic_tally *all)
{
	uint64_t sum = 0;

	if (all->wrong || all->received != t->producers * t->messages)
		return false;
	for (uint64_t p = 0; p < t->producers; p++)
		for (uint64_t n = 0; n < t->messages; n++)
			sum += mix(p, n);
	return sum == all->sum;
}

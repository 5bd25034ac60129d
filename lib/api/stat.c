/* SPDX-License-Identifier: MIT */
/*
 * sigslot_queue_stat(): what can be known of queues from their files alone.
 */
#include "api/named.h"
#include "api/queues.h"
#include "base/clock.h"
#include "base/fd.h"
#include "queue/dead.h"
#include "queue/look.h"

struct walk {
	sigslot_queue_fn fn;
	void *data;
	bool all; /* not one by its name */
};

static uint64_t age(int queues, const char *name)
{
	uint64_t time, seq, now = clock_wall();

	if (queue_oldest(queues, name, &time, &seq) < 0)
		return 0;
	return now > time ? now - time : 1;
}

static int tell(const struct walk *w, const struct instance *in, int queues,
		const char *name, struct sigslot_error *err)
{
	struct sigslot_queue_info info;
	struct queue_counts c;
	int r = queue_peek(queues, name, &c, err);

	if (r < 0)
		return r;
	if (w->all && !instance_lives(in) && !c.records)
		return 0;
	info = (struct sigslot_queue_info){
		.instance = in->name,
		.name = name,
		.standing = in->queue,
		.closed = c.closed,
		.full = c.full,
		.size = c.size,
		.largest = queue_largest(c.size),
		.limit = c.limit,
		.messages = c.records,
		.bytes = c.used,
		.waiting = c.ready,
		.leased = c.leased,
		.kept = dead_count(queues, name),
		.oldest_ns = c.records ? age(queues, name) : 0,
		.put = c.pushed,
		.done = c.acked,
		.faulted = c.faulted,
		.voided = c.voided,
		.dropped = c.dropped,
		.dead = c.dead,
		.damaged = c.damaged,
		.evicted = c.evicted,
		.outdated = c.outdated,
		.refused = c.refused,
		.failed = c.failed,
		.redelivered = c.redelivered,
		.takeovers = c.takeovers,
		.high_messages = c.high_records,
		.high_bytes = c.high_bytes,
	};
	return w->fn(w->data, &info);
}

static int tell_named(void *data, const struct instance *in, int queues, uint32_t index)
{
	const struct route_queue *q = routes_queue(in->routes, index);

	if (!(q->flags & ROUTE_NAMED))
		return 0;
	return tell(data, in, queues, routes_text(in->routes, q->name), NULL);
}

int sigslot_queue_stat(const char *address, sigslot_queue_fn fn, void *data,
		       struct sigslot_error *err)
{
	struct walk w = {fn, data, !address};
	_close_ int queues = -1;
	struct instance in;
	char name[64];
	int r;

	if (!address)
		return queues_each_of_all(tell_named, &w, err);
	r = named_find(address, false, &in, name, &queues, err);
	if (r < 0)
		return r;
	r = tell(&w, &in, queues, name, err);
	instance_done(&in);
	return r;
}

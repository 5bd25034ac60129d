/* SPDX-License-Identifier: MIT */
/*
 * sigslot_queue_get(): from one queue to a script. What it hands out is leased: whoever
 * dies with it gives it back. A wait sleeps on the queue's bell and, if the queue is a
 * run's, on the death of its supervisor; only while others hold messages, which they
 * may die with, does it look again from time to time.
 */
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>

#include "api/named.h"
#include "base/clock.h"
#include "base/fd.h"
#include "message/text.h"
#include "queue/dead.h"
#include "queue/look.h"

enum {
	BATCH = 64,
	LOOK_MS = 10, /* at what others hold; doubled each time ... */
	LONGEST_LOOK_MS = 1000, /* ... up to this */
};

struct wait {
	uint64_t deadline;
	int look_ms;
	int run; /* pidfd of the supervisor; -1: none */
	int process; /* pidfd of who it is for; -1: none */
};

static struct sigslot_item item_of(const struct sigslot_queue *q, const struct claim *c)
{
	struct payload p = c->payload;
	struct dead_note note;

	if (q->dead)
		dead_unwrap(&p, &note);
	return (struct sigslot_item){
		.payload = p.data,
		.size = p.size,
		.raw = c->envelope.connection & ROUTE_RAW,
		.attempt = c->attempt,
		.seq = c->seq,
		.time_ns = c->envelope.time_ns,
		.place = c->place,
		.lease = c->lease,
	};
}

static struct claim claim_of(const struct sigslot_item *item)
{
	return (struct claim){
		.seq = item->seq,
		.lease = (uint32_t)item->lease,
		.place = item->place,
	};
}

/* Takes what is there, up to max. Returns how many. */
static int take(struct sigslot_queue *q, struct sigslot_item *out, size_t max,
		struct sigslot_error *err)
{
	struct claim claims[BATCH];
	size_t got = 0;
	int n = BATCH;

	while (n == BATCH && got < max) {
		size_t most = max - got < BATCH ? max - got : BATCH;

		n = queue_claim(q->queue, claims, most, got ? NULL : err);
		for (int i = 0; i < n; i++)
			out[got++] = item_of(q, &claims[i]);
	}
	return got ? (int)got : n;
}

/* The same, but copies, which nobody has to settle. */
static int look(struct sigslot_queue *q, struct sigslot_item *out, size_t max,
		struct sigslot_error *err)
{
	_free_ struct claim *claims = calloc(max, sizeof(*claims));
	int n = claims ? queue_look(q->queue, claims, max, &q->copies, err)
		       : fail(err, -ENOMEM, "out of memory");

	for (int i = 0; i < n; i++)
		out[i] = item_of(q, &claims[i]);
	return n;
}

/* Gives back all from the first one that is too long on. Returns how many are left. */
static int keep_short(struct sigslot_queue *q, uint64_t max_bytes,
		      struct sigslot_item *items, int len, struct sigslot_error *err)
{
	uint64_t size;
	int kept = 0;

	while (kept < len && (!max_bytes || items[kept].size <= max_bytes))
		kept++;
	if (kept == len)
		return len;
	size = items[kept].size;
	sigslot_queue_return(q, items + kept, (size_t)(len - kept), NULL);
	return kept
		       ?: fail(err, -EMSGSIZE,
			       "queue '%s': the next message has %llu bytes, more than "
			       "%llu: it stays",
			       q->name, (unsigned long long)size,
			       (unsigned long long)max_bytes);
}

/* Makes text of what is JSON, in q->bytes. */
static int to_text(struct sigslot_queue *q, struct sigslot_item *items, int len,
		   struct sigslot_error *err)
{
	size_t at = 0;
	int r = 0;

	q->bytes.size = 0;
	for (int i = 0; r == 0 && i < len; i++) {
		size_t before = q->bytes.size;

		if (items[i].raw)
			continue;
		r = text_of_payload(items[i].payload, items[i].size, false, &q->bytes);
		items[i].size = q->bytes.size - before;
	}
	if (r < 0) {
		sigslot_queue_return(q, items, (size_t)len, NULL);
		return fail(err, r, "queue '%s': cannot make text of a message: %s",
			    q->name, strerror(-r));
	}
	/* only now, as the bytes may have moved */
	for (int i = 0; i < len; i++) {
		if (items[i].raw)
			continue;
		items[i].payload = q->bytes.data + at;
		at += items[i].size;
	}
	return len;
}

/* Whether nothing will ever come again. Tells the next one who waits, too. */
static int check_drained(struct sigslot_queue *q, struct queue_counts *c,
			 struct sigslot_error *err)
{
	int r = queue_counts(q->queue, c);

	if (r < 0)
		return fail(err, r, "queue '%s' is damaged", q->name);
	if (c->records)
		return 0;
	if (!c->closed)
		return named_check(q, err);
	queue_shut(q->queue, true); /* rings: the bell may be ours alone by now */
	return fail(err, -ESHUTDOWN, "queue '%s' is closed, and empty", q->name);
}

static int await_message(struct sigslot_queue *q, struct wait *w, bool held,
			 struct sigslot_error *err)
{
	struct pollfd events[] = {
		{.fd = queue_data_fd(q->queue), .events = POLLIN},
		{.fd = w->run, .events = POLLIN},
		{.fd = w->process, .events = POLLIN},
	};
	uint64_t now = clock_now(), due = queue_due(q->queue);
	int ms = clock_poll_ms(now, due < w->deadline ? due : w->deadline);

	if (now >= w->deadline)
		return fail(err, -ETIMEDOUT, "queue '%s' had no message in time",
			    q->name);
	if (held && (ms < 0 || ms > w->look_ms))
		ms = w->look_ms;
	ms = poll(events, ARRAY_LEN(events), ms);
	if (events[2].revents)
		return fail(err, -ESRCH, "queue '%s': the process has ended", q->name);
	if (ms > 0 || !held)
		return 0;
	w->look_ms =
		w->look_ms * 2 < LONGEST_LOOK_MS ? w->look_ms * 2 : LONGEST_LOOK_MS;
	queue_recover(q->queue, 0, 0);
	return 0;
}

static int wait_for_some(struct sigslot_queue *q, const struct sigslot_get *how,
			 struct wait *w, struct sigslot_item *out, size_t max,
			 struct sigslot_error *err)
{
	struct queue_counts c;
	int n, r;

	for (;;) {
		n = (how->peek ? look : take)(q, out, max, err);
		if (n > 0)
			return keep_short(q, how->max_bytes, out, n, err);
		if (n < 0 && (n != -ETIMEDOUT || clock_now() >= w->deadline))
			return n;
		r = check_drained(q, &c, err);
		if (r == 0)
			r = await_message(q, w, c.leased, err);
		if (r < 0)
			return r;
	}
}

/*
 * What the dead had comes before what was put after it; but to look for it takes a walk
 * over all that is there, so not each time.
 */
static void look_for_dead(struct sigslot_queue *q)
{
	uint64_t now = clock_now();
	struct queue_counts c;

	if (q->looked && now - q->looked < NS_PER_S)
		return;
	q->looked = now;
	if (queue_counts(q->queue, &c) == 0 && c.leased)
		queue_recover(q->queue, 0, 0);
}

int sigslot_queue_get(struct sigslot_queue *q, const struct sigslot_get *how,
		      struct sigslot_item *out, size_t max, struct sigslot_error *err)
{
	_close_ int run = q->in.supervisor > 0
				  ? (int)syscall(SYS_pidfd_open, q->in.supervisor, 0)
				  : -1;
	struct wait w = {
		.deadline = clock_after(clock_now(), how->timeout_ns),
		.look_ms = LOOK_MS,
		.run = run,
		.process = how->process ? how->process : -1,
	};
	int n;

	look_for_dead(q);
	n = wait_for_some(q, how, &w, out, max, err);
	return n > 0 && how->text ? to_text(q, out, n, err) : n;
}

int sigslot_queue_done(struct sigslot_queue *q, const struct sigslot_item *items,
		       size_t len, struct sigslot_error *err)
{
	struct claim claims[BATCH];
	size_t at = 0;
	int worst = 0;

	while (at < len) {
		size_t n = 0;
		int r;

		while (at < len && n < BATCH)
			claims[n++] = claim_of(&items[at++]);
		r = queue_ack(q->queue, claims, n);
		worst = r < 0 ? r : worst;
	}
	named_settled(q);
	return worst < 0 ? fail(err, worst,
				"queue '%s': a message was not this process's any more",
				q->name)
			 : 0;
}

int sigslot_queue_return(struct sigslot_queue *q, const struct sigslot_item *items,
			 size_t len, struct sigslot_error *err)
{
	int worst = 0;

	/* the last one first: nobody gets a later one before an earlier one */
	while (len) {
		struct claim c = claim_of(&items[--len]);
		int r = queue_return(q->queue, &c, 0, false);

		worst = r < 0 ? r : worst;
	}
	return worst < 0 ? fail(err, worst,
				"queue '%s': a message was not this process's any more",
				q->name)
			 : 0;
}

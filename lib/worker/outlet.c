/* SPDX-License-Identifier: MIT */
/*
 * One queue's share of the outbox. A run of messages of one signal is pushed under one
 * lock.
 */
#include "worker/outlet.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

enum { RUN = 256, RETRY_MS = 100, KEEP = 65536 };

const char *outlet_name(const struct outlet *out)
{
	return out->name;
}

void outlet_find(struct outlet *out, const struct routes *r)
{
	const struct route_queue *q = routes_queue(r, out->index);

	if (q && strcmp(routes_text(r, q->name), out->name) == 0)
		return;
	out->index = ROUTE_NOWHERE;
	for (uint32_t i = 0; (q = routes_queue(r, i)); i++)
		if (strcmp(routes_text(r, q->name), out->name) == 0)
			out->index = i;
}

int outlet_open(struct outlet *out, struct outbox *o, uint32_t index,
		struct sigslot_error *err)
{
	const struct world *w = o->world;
	int r;

	if (out->queue)
		return 0;
	out->box = o;
	out->index = index;
	out->largest = queue_largest(routes_queue(w->routes, index)->size);
	snprintf(out->name, sizeof(out->name), "%s",
		 routes_text(w->routes, routes_queue(w->routes, index)->name));
	r = queue_open(w->queues, outlet_name(out), o->identity, &out->queue, err);
	if (r == 0)
		warn_begin(&out->gauge, out->queue);
	return r;
}

void outlet_close(struct outlet *out)
{
	if (!out->box)
		return;
	loop_unwatch(&out->space);
	timers_disarm(&out->box->loop->timers, &out->retry);
	queue_close(out->queue);
	vec_done(&out->parcels);
	buf_done(&out->bytes);
}

static void push_all(struct outlet *out);

static void have_room(struct watch *w, uint32_t events)
{
	(void)events;
	push_all(container_of(w, struct outlet, space));
}

/* Nobody else may have noticed: what this process does waits for room. */
static void retry(struct timer *t, uint64_t now)
{
	struct outlet *out = container_of(t, struct outlet, retry);

	(void)now;
	if (out->box->stale && world_stale(out->box->world))
		out->box->stale(out->box);
	push_all(out);
}

static void block(struct outlet *out, bool moved)
{
	struct outbox *o = out->box;
	uint64_t now = clock_now();

	if (!out->blocked)
		loop_watch(o->loop, &out->space, queue_space_fd(out->queue), EPOLLIN,
			   have_room);
	if (!out->blocked)
		out->since = now;
	if (!out->blocked || moved)
		out->stuck = now;
	out->blocked = true;
	out->retry.fire = retry;
	loop_arm(o->loop, &out->retry, now + RETRY_MS * NS_PER_MS);
	if (o->full)
		o->full(o);
}

static void unblock(struct outlet *out)
{
	if (!out->blocked)
		return;
	out->blocked = false;
	out->seen = 0;
	loop_unwatch(&out->space);
	loop_disarm(out->box->loop, &out->retry);
}

/* How many parcels from `at` on are one emitter's unbroken run. */
static size_t gather(const struct outlet *out, size_t at, struct payload *payloads)
{
	const struct parcel *first = &out->parcels.at[at];
	size_t len = 0;

	while (len < RUN && at + len < out->parcels.len) {
		const struct parcel *p = first + len;

		if (p->envelope.id != first->envelope.id + len ||
		    p->envelope.signal != first->envelope.signal)
			break;
		payloads[len++] =
			(struct payload){out->bytes.data + p->offset, p->size};
	}
	return len;
}

static void told(struct outlet *out, size_t at, size_t len, int code)
{
	for (size_t i = 0; i < len; i++) {
		struct parcel p = out->parcels.at[at + i];

		out->box->left(out->box, p.from, p.origin, p.size, code);
	}
}

/* Lets go of what was sent, when that is most of it. */
static void compact(struct outlet *out)
{
	size_t left = out->parcels.len - out->sent;
	size_t from = left ? out->parcels.at[out->sent].offset : out->bytes.size;
	bool many = out->sent >= RUN && out->sent >= left;
	bool large = from >= KEEP && from >= out->bytes.size - from;

	if (left && !many && !large)
		return;
	buf_drop(&out->bytes, from);
	memmove(out->parcels.at, out->parcels.at + out->sent,
		left * sizeof(struct parcel));
	out->parcels.len = left;
	out->seen -= out->seen > out->sent ? out->sent : out->seen;
	out->sent = 0;
	for (size_t i = 0; i < left; i++)
		out->parcels.at[i].offset -= from;
}

/*
 * Nobody may push at the moment: the lock is held, the file system is full, or the
 * medium has failed.
 */
static bool barred(int r)
{
	return r == -ETIMEDOUT || r == -ENOSPC || r == -EIO;
}

/*
 * Pushes the run at `at`, or what its arrow says where there is no room. Returns how
 * many of it are done; *ret: 0, or -EAGAIN or a code of barred(): the rest must wait.
 */
static size_t push_run(struct outlet *out, size_t at, int *ret)
{
	struct parcel *first = &out->parcels.at[at];
	struct payload payloads[RUN];
	struct queue_batch b = {&first->envelope, payloads, gather(out, at, payloads),
				out->outside};
	struct sigslot_error err = {0};
	size_t done = b.len;

	*ret = 0;
	first->envelope.time_ns = clock_wall();
	if (first->full != QUEUE_FAIL)
		*ret = queue_push_full(out->queue, first->full, &b, &done, &err);
	told(out, at, done, 0);
	if (barred(*ret) && !out->blocked)
		log_line("sigslot", "%s", err.text);
	if (*ret >= 0 || *ret == -EAGAIN || barred(*ret))
		return done;
	if (*ret != -ESHUTDOWN)
		log_line("sigslot", "%s", err.text);
	told(out, at + done, 1, *ret);
	*ret = 0;
	return done + 1;
}

/* Lets go of bytes behind the last one that is left. */
static void trim(struct outlet *out)
{
	const struct parcel *last = out->parcels.at + out->parcels.len - 1;

	if (outlet_empty(out))
		out->bytes.size = 0;
	else if (last->full != QUEUE_FAIL)
		out->bytes.size = last->offset + last->size;
}

/* Past what waits: what need not wait is pushed, or dropped. */
static void overtake(struct outlet *out)
{
	size_t kept = out->seen > out->sent ? out->seen : out->sent, at = kept;
	int r = 0;

	while (at < out->parcels.len) {
		struct parcel p = out->parcels.at[at];

		if (r < 0 || p.full == QUEUE_BLOCK) {
			out->parcels.at[kept++] = p;
			at++;
		} else {
			at += push_run(out, at, &r);
		}
	}
	out->parcels.len = kept;
	out->seen = kept;
	out->held = r < 0;
	trim(out);
}

/* Whether the signal leads to this queue, or did so and what it had is drained. */
static bool wanted(const struct outlet *out, const struct parcel *p)
{
	const struct routes *r = out->box->world->routes;
	const struct route_name *n = routes_name(r, p->envelope.signal);

	for (uint32_t i = 0; n && i < n->targets_len; i++) {
		const struct route_target *t = routes_target(r, n->first_target + i);

		if (t->queue == out->index &&
		    (t->until == ROUTE_FOR_NOW || t->flags & ROUTE_DRAINED))
			return true;
	}
	return false;
}

static bool unwanted(const struct outlet *out, const struct parcel *p, const void *data)
{
	(void)data;
	return p->full != QUEUE_FAIL && !wanted(out, p);
}

/* Takes out what is such, and tells of each. Returns how many are left. */
static size_t take_out(struct outlet *out,
		       bool (*is)(const struct outlet *, const struct parcel *,
				  const void *),
		       const void *data, int code)
{
	size_t kept = out->sent, len = out->parcels.len;

	for (size_t i = out->sent; i < len; i++) {
		struct parcel p = out->parcels.at[i];

		if (is(out, &p, data))
			out->box->left(out->box, p.from, p.origin, p.size, code);
		else
			out->parcels.at[kept++] = p;
	}
	while (len < out->parcels.len) /* others may have emitted meanwhile */
		out->parcels.at[kept++] = out->parcels.at[len++];
	out->parcels.len = kept;
	if (out->seen > kept)
		out->seen = out->sent;
	return kept - out->sent;
}

static void drop_unwanted(struct outlet *out)
{
	const struct world *w = out->box->world;

	if (out->generation == w->generation)
		return;
	out->generation = w->generation;
	take_out(out, unwanted, NULL, -ENOTCONN);
}

/* Told of what has gone, others may emit: then `parcels` grows meanwhile. */
static void push_all(struct outlet *out)
{
	size_t before;
	int r = 0;

	out->held = false;
	out->flushing = true;
	drop_unwanted(out);
	before = out->sent;
	while (r == 0 && out->sent < out->parcels.len)
		out->sent += push_run(out, out->sent, &r);
	if (r == -EAGAIN)
		overtake(out);
	out->flushing = false;
	out->held = out->held || barred(r);
	if (r < 0)
		block(out, out->sent > before);
	compact(out);
	if (r == 0)
		unblock(out);
	warn_look(&out->gauge, out->box->world, out->index, out->queue, clock_now());
}

/* Once more, if it is blocked, only what came since is looked at. */
void outlet_flush(struct outlet *out)
{
	if (out->flushing || outlet_empty(out))
		return;
	if (!out->blocked)
		push_all(out);
	else if (out->seen < out->parcels.len && !out->held)
		overtake(out);
}

struct share {
	const void *from;
	size_t *most; /* that are taken out yet */
};

static bool of_share(const struct outlet *out, const struct parcel *p, const void *data)
{
	const struct share *share = data;

	(void)out;
	if (p->from != share->from || !*share->most)
		return false;
	--*share->most;
	return true;
}

size_t outlet_fail(struct outlet *out, const void *from, size_t most, int code)
{
	size_t rest = most;

	if (take_out(out, of_share, &(struct share){from, &rest}, code) == 0) {
		compact(out);
		unblock(out);
	}
	return most - rest;
}

bool outlet_holds(const struct outlet *out, const void *from)
{
	for (size_t i = out->sent; i < out->parcels.len; i++)
		if (out->parcels.at[i].from == from)
			return true;
	return false;
}

int outlet_reserve(struct outlet *out, size_t size)
{
	if (buf_reserve(&out->bytes, size) < 0 || !vec_add(&out->parcels))
		return -ENOMEM;
	out->parcels.len--;
	return 0;
}

/* Never fails: admit() has made room. */
void outlet_add(struct outlet *out, const struct parcel *like, uint32_t full,
		const struct payload *p)
{
	struct parcel *parcel = vec_add(&out->parcels);

	*parcel = *like;
	parcel->full = full;
	parcel->offset = out->bytes.size;
	if (full != QUEUE_FAIL)
		buf_add(&out->bytes, p->data, p->size);
}

/* Into a queue that has room, or not at all: behind what is on its way there. */
int outlet_push_now(struct outlet *out, const struct parcel *like,
		    const struct payload *p, struct sigslot_error *err)
{
	struct envelope e = like->envelope;
	struct queue_batch b = {&e, p, 1, false};
	size_t done;
	int r;

	if (!out->flushing && !out->blocked)
		push_all(out);
	e.time_ns = clock_wall();
	r = queue_push_full(out->queue, QUEUE_FAIL, &b, &done, err);
	if (r != -EAGAIN && !barred(r))
		return r;
	return fail(err, -ENOBUFS, "queue '%s' is full", outlet_name(out));
}

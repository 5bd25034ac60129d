/* SPDX-License-Identifier: MIT */
/*
 * What a process emits. A run of messages of one signal is pushed under one lock.
 */
#include "worker/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/vec.h"

enum { RUN = 256, RETRY_MS = 100, KEEP = 65536 };

struct parcel {
	struct envelope envelope;
	size_t offset, size; /* in the outlet's bytes */
	void *from, *origin;
};

struct outlet {
	struct outbox *box;
	struct queue *queue; /* NULL until the first message for it */
	size_t largest;
	VEC(struct parcel) parcels;
	size_t sent; /* of parcels */
	struct buf bytes;
	struct watch space;
	struct timer retry;
	bool blocked;
};

int outbox_init(struct outbox *o, const struct world *w, struct loop *loop,
		struct identity *id)
{
	o->world = w;
	o->loop = loop;
	o->identity = id;
	o->outlets = calloc(routes_queues_len(w->routes), sizeof(*o->outlets));
	return o->outlets ? 0 : -ENOMEM;
}

void outbox_done(struct outbox *o)
{
	uint32_t len = o->outlets ? routes_queues_len(o->world->routes) : 0;

	loop_later_cancel(&o->flush);
	for (uint32_t i = 0; i < len; i++) {
		struct outlet *out = &o->outlets[i];

		loop_unwatch(&out->space);
		timers_disarm(&o->loop->timers, &out->retry);
		queue_close(out->queue);
		vec_done(&out->parcels);
		buf_done(&out->bytes);
	}
	free(o->outlets);
	o->outlets = NULL;
}

static const char *name_of(const struct outbox *o, uint32_t queue)
{
	const struct routes *r = o->world->routes;

	return routes_text(r, routes_queue(r, queue)->name);
}

static int open_outlet(struct outbox *o, uint32_t index, struct sigslot_error *err)
{
	const struct world *w = o->world;
	const struct route_queue *q = routes_queue(w->routes, index);
	struct outlet *out = &o->outlets[index];

	if (!q)
		return fail(err, -EBADMSG, "the routes of this instance are damaged");
	if (out->queue)
		return 0;
	out->box = o;
	out->largest = queue_largest(q->size);
	return queue_open(w->queues, name_of(o, index), o->identity, &out->queue, err);
}

static void flush_outlet(struct outlet *out);

static void have_room(struct watch *w, uint32_t events)
{
	(void)events;
	flush_outlet(container_of(w, struct outlet, space));
}

static void retry(struct timer *t, uint64_t now)
{
	(void)now;
	flush_outlet(container_of(t, struct outlet, retry));
}

static void block(struct outlet *out)
{
	struct outbox *o = out->box;

	if (!out->blocked)
		loop_watch(o->loop, &out->space, queue_space_fd(out->queue), EPOLLIN,
			   have_room);
	out->blocked = true;
	out->retry.fire = retry;
	loop_arm(o->loop, &out->retry, clock_now() + RETRY_MS * NS_PER_MS);
}

static void unblock(struct outlet *out)
{
	if (!out->blocked)
		return;
	out->blocked = false;
	loop_unwatch(&out->space);
	loop_disarm(out->box->loop, &out->retry);
}

/* How many parcels from `sent` on are one emitter's unbroken run. */
static size_t gather(const struct outlet *out, struct payload *payloads)
{
	const struct parcel *first = &out->parcels.at[out->sent];
	size_t len = 0;

	while (len < RUN && out->sent + len < out->parcels.len) {
		const struct parcel *p = first + len;

		if (p->envelope.id != first->envelope.id + len ||
		    p->envelope.signal != first->envelope.signal)
			break;
		payloads[len++] =
			(struct payload){out->bytes.data + p->offset, p->size};
	}
	return len;
}

static void told(struct outlet *out, size_t len, int code)
{
	for (size_t i = 0; i < len; i++) {
		struct parcel p = out->parcels.at[out->sent++];

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
	out->sent = 0;
	for (size_t i = 0; i < left; i++)
		out->parcels.at[i].offset -= from;
}

static void flush_outlet(struct outlet *out)
{
	struct payload payloads[RUN];
	struct sigslot_error err = {0};

	while (out->sent < out->parcels.len) {
		struct envelope *e = &out->parcels.at[out->sent].envelope;
		size_t len = gather(out, payloads), done = 0;
		int r;

		e->time_ns = clock_wall();
		r = queue_push_many(out->queue, e, payloads, len, &done, &err);
		told(out, done, 0);
		if ((r == -ETIMEDOUT || r == -ENOSPC) && !out->blocked)
			log_line("sigslot", "%s", err.text);
		if (r == -EAGAIN || r == -ETIMEDOUT || r == -ENOSPC) {
			compact(out);
			block(out);
			return;
		}
		if (r < 0) {
			if (r != -ESHUTDOWN)
				log_line("sigslot", "%s", err.text);
			told(out, 1, r);
		}
	}
	compact(out);
	unblock(out);
}

void outbox_flush(struct outbox *o)
{
	uint32_t len = routes_queues_len(o->world->routes);

	loop_later_cancel(&o->flush);
	for (uint32_t i = 0; i < len; i++)
		if (o->outlets[i].sent < o->outlets[i].parcels.len &&
		    !o->outlets[i].blocked)
			flush_outlet(&o->outlets[i]);
}

static void drop(struct outlet *out, void *from)
{
	size_t kept = out->sent;

	for (size_t i = out->sent; i < out->parcels.len; i++) {
		struct parcel p = out->parcels.at[i];

		if (p.from == from)
			out->box->left(out->box, p.from, p.origin, p.size, -ESHUTDOWN);
		else
			out->parcels.at[kept++] = p;
	}
	out->parcels.len = kept;
	if (out->sent < kept)
		return;
	compact(out);
	unblock(out);
}

void outbox_drop(struct outbox *o, void *from)
{
	for (uint32_t i = 0; i < routes_queues_len(o->world->routes); i++)
		if (o->outlets[i].sent < o->outlets[i].parcels.len)
			drop(&o->outlets[i], from);
}

static void flush_later(struct later *l)
{
	outbox_flush(container_of(l, struct outbox, flush));
}

static int make_room(struct outlet *out, size_t size)
{
	if (buf_reserve(&out->bytes, size) < 0 || !vec_add(&out->parcels))
		return -ENOMEM;
	out->parcels.len--;
	return 0;
}

/* Never fails: admit() has made room. */
static void add(struct outlet *out, const struct parcel *like, const struct payload *p)
{
	struct parcel *parcel = vec_add(&out->parcels);

	*parcel = *like;
	parcel->offset = out->bytes.size;
	buf_add(&out->bytes, p->data, p->size);
}

/* All receivers must be able to take it before any of them gets it. */
static int admit(struct outbox *o, const struct route_name *n, const struct payload *p,
		 struct sigslot_error *err)
{
	for (uint32_t i = 0; i < n->reaches_len; i++) {
		uint32_t q = routes_reach(o->world->routes, n->first_reach + i);
		int r = open_outlet(o, q, err);

		if (r < 0)
			return r;
		if (p->size > o->outlets[q].largest)
			return fail(err, -EMSGSIZE,
				    "a message of %zu bytes is too big for queue '%s', "
				    "which "
				    "takes %zu: give it a larger `queue: {size: ...}`",
				    p->size, name_of(o, q), o->outlets[q].largest);
		if (make_room(&o->outlets[q], p->size) < 0)
			return fail(err, -ENOMEM, "out of memory");
	}
	return 0;
}

int outbox_emit(struct outbox *o, uint32_t signal, const struct payload *p, void *from,
		void *origin, struct sigslot_error *err)
{
	const struct world *w = o->world;
	uint32_t id = w->signal_ids[signal];
	const struct route_name *n = routes_name(w->routes, id);
	struct parcel parcel = {
		.envelope = {.id = (uint64_t)identity_slot(o->identity) << 51 |
				   (uint64_t)identity_generation(o->identity) << 33 |
				   o->emitted,
			     .emit_seq = o->emitted,
			     .sender = n->object,
			     .signal = id,
			     .generation = routes_generation(w->routes)},
		.size = p->size,
		.from = from,
		.origin = origin,
	};
	int r = admit(o, n, p, err);

	if (r < 0)
		return r;
	o->emitted++;
	for (uint32_t i = 0; i < n->reaches_len; i++) {
		uint32_t q = routes_reach(w->routes, n->first_reach + i);

		add(&o->outlets[q], &parcel, p);
	}
	if (n->reaches_len)
		loop_later(o->loop, &o->flush, flush_later);
	return (int)n->reaches_len;
}

bool outbox_empty(const struct outbox *o)
{
	uint32_t len = routes_queues_len(o->world->routes);

	for (uint32_t i = 0; i < len; i++)
		if (o->outlets[i].sent < o->outlets[i].parcels.len)
			return false;
	return true;
}

unsigned outbox_blocked(const struct outbox *o, const char **out, unsigned max)
{
	uint32_t len = routes_queues_len(o->world->routes);
	unsigned found = 0;

	for (uint32_t i = 0; i < len && found < max; i++)
		if (o->outlets[i].blocked)
			out[found++] = name_of(o, i);
	return found;
}

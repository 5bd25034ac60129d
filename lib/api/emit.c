/* SPDX-License-Identifier: MIT */
/*
 * sigslot_emit(): from a script straight into the queues of the receivers. It asks no
 * process; it waits only where a queue is full.
 */
#include <poll.h>
#include <string.h>

#include "api/batch.h"
#include "api/emitter.h"
#include "api/moved.h"
#include "base/clock.h"
#include "message/text.h"
#include "state/lock.h"

enum { RECHECK_MS = 100 }; /* a drained bell may have been meant for somebody else */

static struct envelope envelope(const struct sigslot_emitter *e, uint32_t name)
{
	const struct route_name *n = routes_name(e->in.routes, name);
	const char *object = e->direct && e->own_loop ? getenv("SIGSLOT_OBJECT") : NULL;
	struct envelope v = {
		.id = (uint64_t)identity_slot(e->identity) << 51 |
		      (uint64_t)identity_generation(e->identity) << 33 | e->emitted,
		.time_ns = clock_wall(),
		.emit_seq = e->emitted,
		.sender = e->direct ? ROUTE_NOBODY : n->object,
		.signal = e->direct ? (uint32_t)ROUTE_NOBODY : name,
		.connection = n->kind == ROUTE_SLOT ? ROUTE_DIRECT | name : 0,
		.generation = routes_generation(e->in.routes),
	};

	if (object)
		v.sender = routes_find(e->in.routes, object, "", ROUTE_OBJECT);
	return v;
}

/* The name of the queue that the n-th receiver reads. */
static const char *queue_name(const struct sigslot_emitter *e, unsigned index)
{
	return routes_text(e->in.routes, e->receivers[index].route->name);
}

static int no_room(const struct sigslot_emitter *e, unsigned reached, const char *why,
		   struct sigslot_error *err)
{
	unsigned len = sigslot_emitter_receivers(e);

	if (len == 1)
		return fail(err, -EAGAIN, "queue '%s' is full: %s",
			    queue_name(e, reached), why);
	return fail(err, -EAGAIN, "queue '%s' is full: %s (reached %u of %u)",
		    queue_name(e, reached), why, reached, len);
}

/* Sleeps until there may be room in queue i again. */
static int await_room(struct sigslot_emitter *e, unsigned i, uint64_t deadline,
		      struct sigslot_error *err)
{
	struct pollfd p = {.fd = queue_space_fd(e->receivers[i].queue),
			   .events = POLLIN};
	uint64_t now = clock_now();
	int ms = clock_poll_ms(now, deadline);
	const char *hopeless;

	if (e->receivers[i].full == QUEUE_FAIL)
		return no_room(e, i, "its connection says `full: fail`", err);
	if (now >= deadline)
		return no_room(e, i, "no room in time", err);
	hopeless = cycle_look(&e->cycle, e->receivers[i].queue, queue_name(e, i));
	if (hopeless)
		return no_room(e, i, hopeless, err);
	poll(&p, 1, ms < 0 || ms > RECHECK_MS ? RECHECK_MS : ms);
	if (!e->in.queue && lock_probe(e->in.dir, &e->in.supervisor, NULL) < 0)
		e->in.supervisor = 0;
	return emitter_check(e, err);
}

/* A stopped process holds the queue: that is no room in time, too. */
static int no_room_held(struct sigslot_error *err)
{
	if (err)
		err->code = -EAGAIN;
	return -EAGAIN;
}

/* What is too big for one receiver goes to none. */
static struct batch_rule rule(const struct sigslot_emitter *e, enum sigslot_form form)
{
	const struct route_queue *q = e->smallest;

	return (struct batch_rule){
		.type = e->type,
		.form = form,
		.end = '\n',
		.largest = q ? queue_largest(q->size) : SIZE_MAX,
		.queue = q ? routes_text(e->in.routes, q->name) : "",
	};
}

/* A command of a loop in the same circle may take what is left to that. */
static bool outside(const struct sigslot_emitter *e, const struct receiver *to)
{
	const struct routes *r = e->in.routes;
	uint32_t circle = to->route->flags / ROUTE_CIRCLE;
	const struct route_name *own =
		circle && e->own_loop
			? routes_name(r, routes_find(r, e->own_loop, "", ROUTE_OBJECT))
			: NULL;
	const struct route_queue *home = own ? routes_queue(r, own->queue) : NULL;

	return circle && (!home || home->flags / ROUTE_CIRCLE != circle);
}

/* Pushes all payloads to queue i, waiting for room. */
static int push(struct sigslot_emitter *e, unsigned i, const struct payload *payloads,
		size_t len, uint64_t deadline, size_t *ret_done,
		struct sigslot_error *err)
{
	const struct receiver *to = &e->receivers[i];
	struct envelope v = envelope(e, to->name);
	size_t done = 0, more;
	int r = 0;

	while (done < len && r == 0) {
		struct envelope first = v;
		struct queue_batch b = {&first, payloads + done, len - done,
					outside(e, to)};

		first.id += done;
		first.emit_seq += done;
		r = queue_push_full(to->queue, to->full, &b, &more, err);
		done += more;
		if (r == -EAGAIN) {
			r = await_room(e, i, deadline, err);
			if (r == 0 && emitter_lost(e, i))
				done = len; /* it is for nobody any more */
		} else if (r == -ESHUTDOWN && moved_push(e, i, &first, payloads + done,
							 len - done, err) == 0) {
			done = len; /* who was connected is elsewhere, or has gone */
			r = 0;
		} else if (r == -ETIMEDOUT && clock_now() < deadline)
			r = 0; /* a stopped process holds the queue: wait for it */
		else if (r == -ETIMEDOUT)
			r = no_room_held(err);
	}
	cycle_leave(&e->cycle);
	*ret_done = done;
	return r;
}

/* To every receiver; what counts as emitted is what all of them have. */
static int push_all(struct sigslot_emitter *e, const struct payload *payloads,
		    size_t len, uint64_t timeout_ns, size_t *ret_done,
		    struct sigslot_error *err)
{
	uint64_t deadline = timeout_ns == SIGSLOT_FOREVER
				    ? NEVER
				    : clock_after(clock_now(), timeout_ns);
	size_t least = len;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < e->receivers_len; i++) {
		size_t done = 0;

		r = push(e, i, payloads, len, deadline, &done, err);
		least = done < least ? done : least;
	}
	e->emitted += len;
	*ret_done = least;
	return r;
}

static int refuse_raw(struct sigslot_error *err)
{
	return fail(err, -EINVAL, "raw bytes can only be put into a queue");
}

int sigslot_emit(struct sigslot_emitter *e, enum sigslot_form form,
		 const struct sigslot_bytes *operands, size_t operands_len,
		 uint64_t timeout_ns, struct sigslot_error *err)
{
	struct batch_rule limits;
	struct payload p;
	size_t done;
	int r;

	if (form == SIGSLOT_RAW)
		return refuse_raw(err);
	r = emitter_renew(e, err);
	if (r < 0)
		return r;
	limits = rule(e, form);
	e->payload.size = 0;
	r = text_operands(operands, operands_len, e->type, form, &e->payload, err);
	if (r == 0)
		r = batch_admit(&limits, e->payload.size, err);
	if (r < 0)
		return r;
	p = (struct payload){e->payload.data, e->payload.size};
	return push_all(e, &p, 1, timeout_ns, &done, err);
}

int sigslot_emit_lines(struct sigslot_emitter *e, enum sigslot_form form,
		       const char *bytes, size_t size, uint64_t timeout_ns,
		       size_t *ret_lines, struct sigslot_error *err)
{
	struct batch_rule limits;
	size_t lines = 0, done;
	struct batch b;
	int bad = form == SIGSLOT_RAW ? refuse_raw(err) : 0, r = 0;

	while (size && r == 0 && bad == 0) {
		r = emitter_renew(e, err);
		if (r < 0)
			break;
		limits = rule(e, form);
		bad = batch_lines(&limits, bytes, size, &e->payload, &b, err);
		r = b.len ? push_all(e, b.at, b.len, timeout_ns, &done, err) : 0;
		lines += b.len ? done : 0;
		bytes += b.used;
		size -= b.used;
	}
	if (ret_lines)
		*ret_lines = lines;
	return r < 0 ? r : bad;
}

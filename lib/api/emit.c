/* SPDX-License-Identifier: MIT */
/*
 * sigslot_emit(): from a script straight into the queues of the receivers. It asks no
 * process; it waits only where a queue is full.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "api/batch.h"
#include "api/instance.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/vec.h"
#include "message/text.h"
#include "queue/queue.h"
#include "route/route.h"
#include "state/board.h"
#include "state/lock.h"
#include "state/runtime.h"

enum {
	RECHECK_MS = 100, /* a drained bell may have been meant for somebody else */
};

struct sigslot_emitter {
	struct instance in;
	struct identity *identity;
	struct type *type;
	const char *own_loop; /* the loop that waits for this script, or NULL */
	uint32_t name; /* id of the signal, the slot or the queue */
	bool direct; /* a slot or a queue */
	struct queue **queues; /* of the receivers, in the order of the routes */
	unsigned queues_len;
	const struct route_queue *smallest; /* of these */
	uint64_t emitted;
	struct buf payload;
};

/* The id of NAME[.MEMBER]; a lone name may be a signal of the object we run in. */
static uint32_t look_up(const struct instance *in, const struct address *a)
{
	static const struct {
		const char *member;
		enum route_kind kind;
	} defaults[] = {
		{"in", ROUTE_SLOT}, /* first: a filter's `out` may reach nobody */
		{"out", ROUTE_SIGNAL},
		{"timeout", ROUTE_SIGNAL},
	};
	const char *object = getenv("SIGSLOT_OBJECT");
	const struct routes *r = in->routes;
	uint32_t id = ROUTE_NOBODY;

	if (*a->member) {
		id = routes_find(r, a->name, a->member, ROUTE_SIGNAL);
		return id ? id : routes_find(r, a->name, a->member, ROUTE_SLOT);
	}
	if (object)
		id = routes_find(r, object, a->name, ROUTE_SIGNAL);
	for (size_t i = 0; !id && i < ARRAY_LEN(defaults); i++)
		id = routes_find(r, a->name, defaults[i].member, defaults[i].kind);
	if (!id && instance_queue(in, a->name))
		id = routes_find(r, a->name, "", ROUTE_OBJECT);
	return id;
}

/* A command may mean a free-standing queue that its own instance does not have. */
static int find(struct sigslot_emitter *e, const struct address *a,
		struct sigslot_error *err)
{
	struct address queue = *a;
	struct instance in;
	int r = instance_find(a, &e->in, err);

	if (r < 0)
		return r;
	e->name = look_up(&e->in, a);
	queue.queue = true;
	if (e->name || *a->member || *a->instance ||
	    instance_find(&queue, &in, NULL) < 0)
		return 0;
	instance_done(&e->in);
	e->in = in;
	e->name = look_up(&e->in, a);
	return 0;
}

static int open_queue(struct sigslot_emitter *e, int dir, uint32_t index,
		      struct sigslot_error *err)
{
	const struct route_queue *q = routes_queue(e->in.routes, index);
	int r;

	if (!q)
		return fail(err, -EBADMSG, "the routes of instance '%s' are damaged",
			    e->in.name);
	r = queue_open(dir, routes_text(e->in.routes, q->name), e->identity,
		       &e->queues[e->queues_len], err);
	if (r < 0)
		return r;
	e->queues_len++;
	if (!e->smallest || q->size < e->smallest->size)
		e->smallest = q;
	return 0;
}

static int open_queues(struct sigslot_emitter *e, struct sigslot_error *err)
{
	const struct route_name *n = routes_name(e->in.routes, e->name);
	uint32_t len = e->direct ? 1 : n->reaches_len;
	_close_ int dir = -1;
	int r = 0;

	if (!len)
		return 0;
	r = identity_open(e->in.dir, -1, &e->identity, err);
	if (r == 0)
		r = runtime_subdir(e->in.dir, "q", false, &dir, err);
	e->queues = calloc(len, sizeof(struct queue *));
	if (!e->queues)
		return fail(err, -ENOMEM, "out of memory");
	for (uint32_t i = 0; r == 0 && i < len; i++)
		r = open_queue(e, dir,
			       e->direct
				       ? n->queue
				       : routes_reach(e->in.routes, n->first_reach + i),
			       err);
	return r;
}

/* Scripts from outside may not feed an instance that is draining; its own slots may. */
static int refuse_stopped(struct sigslot_emitter *e, struct sigslot_error *err)
{
	bool inside = e->own_loop != NULL;

	if (e->in.queue)
		return 0;
	if (!e->in.supervisor)
		return fail(err, -ESHUTDOWN,
			    "instance '%s' is dead: run it again to resume it",
			    e->in.name);
	if (!inside && board_peek(e->in.dir) >= BOARD_DRAINING)
		return fail(err, -ESHUTDOWN, "instance '%s' is stopping", e->in.name);
	return 0;
}

static int open_all(struct sigslot_emitter *e, const struct address *a,
		    struct sigslot_error *err)
{
	const char *inside = getenv("SIGSLOT_INSTANCE");
	const struct route_name *n;
	int r = find(e, a, err);

	if (r < 0)
		return r;
	if (inside && strcmp(inside, e->in.name) == 0)
		e->own_loop = getenv("SIGSLOT_LOOP");
	n = routes_name(e->in.routes, e->name);
	if (!n)
		return instance_no_name(&e->in, a, err);
	e->direct = n->kind != ROUTE_SIGNAL;
	r = refuse_stopped(e, err);
	if (r == 0)
		r = type_parse(routes_text(e->in.routes, n->type), &e->type, err);
	return r < 0 ? r : open_queues(e, err);
}

int sigslot_emitter_open(const char *address, struct sigslot_emitter **ret,
			 struct sigslot_error *err)
{
	struct sigslot_emitter *e = calloc(1, sizeof(*e));
	struct address a;
	int r;

	if (!e)
		return fail(err, -ENOMEM, "out of memory");
	e->in.dir = -1;
	r = address_parse(address, &a, err);
	if (r == 0)
		r = open_all(e, &a, err);
	if (r < 0)
		sigslot_emitter_close(e);
	else
		*ret = e;
	return r;
}

void sigslot_emitter_close(struct sigslot_emitter *e)
{
	if (!e)
		return;
	for (unsigned i = 0; i < e->queues_len; i++)
		queue_close(e->queues[i]);
	free(e->queues);
	identity_close(e->identity);
	type_free(e->type);
	instance_done(&e->in);
	buf_done(&e->payload);
	free(e);
}

unsigned sigslot_emitter_receivers(const struct sigslot_emitter *e)
{
	return e->queues_len;
}

static struct envelope envelope(const struct sigslot_emitter *e)
{
	const struct route_name *n = routes_name(e->in.routes, e->name);
	const char *object = e->direct && e->own_loop ? getenv("SIGSLOT_OBJECT") : NULL;
	struct envelope v = {
		.id = (uint64_t)identity_slot(e->identity) << 51 |
		      (uint64_t)identity_generation(e->identity) << 33 | e->emitted,
		.time_ns = clock_wall(),
		.emit_seq = e->emitted,
		.sender = e->direct ? ROUTE_NOBODY : n->object,
		.signal = e->direct ? (uint32_t)ROUTE_NOBODY : e->name,
		.connection = n->kind == ROUTE_SLOT ? ROUTE_DIRECT | e->name : 0,
		.generation = routes_generation(e->in.routes),
	};

	if (object)
		v.sender = routes_find(e->in.routes, object, "", ROUTE_OBJECT);
	return v;
}

/* The name of the queue that the n-th receiver reads. */
static const char *queue_name(const struct sigslot_emitter *e, unsigned index)
{
	const struct route_name *n = routes_name(e->in.routes, e->name);
	uint32_t q = e->direct ? n->queue
			       : routes_reach(e->in.routes, n->first_reach + index);

	return routes_text(e->in.routes, routes_queue(e->in.routes, q)->name);
}

static int no_room(const struct sigslot_emitter *e, unsigned reached, const char *why,
		   struct sigslot_error *err)
{
	if (e->queues_len == 1)
		return fail(err, -EAGAIN, "queue '%s' is full: %s",
			    queue_name(e, reached), why);
	return fail(err, -EAGAIN, "queue '%s' is full: %s (reached %u of %u)",
		    queue_name(e, reached), why, reached, e->queues_len);
}

/* Sleeps until there may be room in queue i again. */
static int await_room(struct sigslot_emitter *e, unsigned i, uint64_t deadline,
		      struct sigslot_error *err)
{
	struct pollfd p = {.fd = queue_space_fd(e->queues[i]), .events = POLLIN};
	uint64_t now = clock_now();
	int ms = clock_poll_ms(now, deadline);

	if (e->own_loop && strcmp(e->own_loop, queue_name(e, i)) == 0)
		return no_room(e, i, "its loop waits for this very command", err);
	if (now >= deadline)
		return no_room(e, i, "no room in time", err);
	poll(&p, 1, ms < 0 || ms > RECHECK_MS ? RECHECK_MS : ms);
	if (!e->in.queue && lock_probe(e->in.dir, &e->in.supervisor, NULL) < 0)
		e->in.supervisor = 0;
	return refuse_stopped(e, err);
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

/* Pushes all payloads to queue i, waiting for room. */
static int push(struct sigslot_emitter *e, unsigned i, const struct payload *payloads,
		size_t len, uint64_t deadline, size_t *ret_done,
		struct sigslot_error *err)
{
	struct envelope v = envelope(e);
	size_t done = 0, more;
	int r = 0;

	while (done < len && r == 0) {
		struct envelope first = v;

		first.id += done;
		first.emit_seq += done;
		more = 0;
		r = queue_push_many(e->queues[i], &first, payloads + done, len - done,
				    &more, err);
		done += more;
		if (r == -EAGAIN)
			r = await_room(e, i, deadline, err);
		else if (r == -ETIMEDOUT && clock_now() < deadline)
			r = 0; /* a stopped process holds the queue: wait for it */
		else if (r == -ETIMEDOUT)
			r = no_room_held(err);
	}
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

	for (unsigned i = 0; r == 0 && i < e->queues_len; i++) {
		size_t done = 0;

		r = push(e, i, payloads, len, deadline, &done, err);
		least = done < least ? done : least;
	}
	e->emitted += len;
	*ret_done = least;
	return r;
}

int sigslot_emit(struct sigslot_emitter *e, enum sigslot_form form,
		 const struct sigslot_bytes *operands, size_t operands_len,
		 uint64_t timeout_ns, struct sigslot_error *err)
{
	struct batch_rule limits = rule(e, form);
	struct payload p;
	size_t done;
	int r;

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
	struct batch_rule limits = rule(e, form);
	size_t lines = 0, done;
	struct batch b;
	int bad = 0, r = 0;

	while (size && r == 0 && bad == 0) {
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

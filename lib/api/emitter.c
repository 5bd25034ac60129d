/* SPDX-License-Identifier: MIT */
/*
 * Opening an emitter: whom the address means, and the queues of all that it reaches.
 */
#include "api/emitter.h"

#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "route/group.h"
#include "state/board.h"
#include "state/runtime.h"

/* A loop's own slot, which the supervisor serves, as the queue is not the loop's. */
static bool is_order(const struct routes *r, uint32_t slot)
{
	const struct route_name *n = routes_name(r, slot), *owner;

	owner = n ? routes_name(r, n->object) : NULL;
	return owner && owner->queue != n->queue;
}

/* A signal, or else a slot. What a loop emits as it starts nobody else emits. */
static uint32_t find_member(const struct routes *r, const struct address *a)
{
	uint32_t signal = routes_find(r, a->name, a->member, ROUTE_SIGNAL);
	uint32_t slot = routes_find(r, a->name, a->member, ROUTE_SLOT);

	return signal && !(slot && is_order(r, slot)) ? signal : slot;
}

uint32_t emitter_look_up(const struct instance *in, const struct address *a)
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

	if (*a->member)
		return find_member(r, a);
	if (object)
		id = routes_find(r, object, a->name, ROUTE_SIGNAL);
	for (size_t i = 0; !id && i < ARRAY_LEN(defaults); i++)
		id = routes_find(r, a->name, defaults[i].member, defaults[i].kind);
	if (!id && instance_queue(in, a->name, false))
		id = routes_find(r, a->name, "", ROUTE_OBJECT);
	return id;
}

uint32_t emitter_look_up_replica(const struct instance *in, const struct address *a,
				 uint32_t n)
{
	struct address one = *a;
	char name[GROUP_NAME];

	if (!group_replica(in->routes, a->name, n, name))
		return ROUTE_NOBODY;
	memcpy(one.name, name, sizeof(one.name));
	return emitter_look_up(in, &one);
}

/* A name that is there comes before one that stands for replicas. */
static void look_up(struct sigslot_emitter *e, const struct address *a)
{
	e->name = emitter_look_up(&e->in, a);
	if (e->name)
		return;
	e->name = emitter_look_up_replica(&e->in, a, 1);
	if (e->name)
		e->group = *a;
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
	look_up(e, a);
	queue.queue = true;
	if (e->name || *a->member || *a->instance ||
	    instance_find(&queue, &in, NULL) < 0)
		return 0;
	instance_done(&e->in);
	e->in = in;
	look_up(e, a);
	return 0;
}

static int open_receiver(struct sigslot_emitter *e, int dir, uint32_t name,
			 const struct route_reach *reach, struct sigslot_error *err)
{
	struct receiver *to = &e->receivers[e->receivers_len];
	const struct route_queue *q =
		reach ? routes_queue(e->in.routes, reach->queue) : NULL;
	int r;

	if (!q)
		return fail(err, -EBADMSG, "the routes of instance '%s' are damaged",
			    e->in.name);
	*to = (struct receiver){.route = q, .full = reach->full, .name = name};
	r = queue_open(dir, routes_text(e->in.routes, q->name), e->identity, &to->queue,
		       err);
	if (r < 0)
		return r;
	e->receivers_len++;
	if (reach->full == QUEUE_TAP)
		e->taps++;
	else if (!e->smallest || q->size < e->smallest->size)
		e->smallest = q;
	return 0;
}

/* The n-th name that is meant, from 0 on: there are several where replicas are. */
static uint32_t name_of(const struct sigslot_emitter *e, uint32_t n)
{
	if (*e->group.name)
		return emitter_look_up_replica(&e->in, &e->group, n + 1);
	return n ? (uint32_t)ROUTE_NOBODY : e->name;
}

static uint32_t reaches(const struct sigslot_emitter *e, uint32_t name)
{
	return e->direct ? 1 : routes_name(e->in.routes, name)->reaches_len;
}

/* Those of one name that may fail, or those that may not. */
static int open_some(struct sigslot_emitter *e, int dir, uint32_t name, bool may_fail,
		     struct sigslot_error *err)
{
	const struct route_name *n = routes_name(e->in.routes, name);
	const struct route_reach own = {n->queue, QUEUE_BLOCK};
	int r = 0;

	if (e->direct)
		return may_fail ? 0 : open_receiver(e, dir, name, &own, err);
	for (uint32_t i = 0; r == 0 && i < n->reaches_len; i++) {
		const struct route_reach *reach =
			routes_reach(e->in.routes, n->first_reach + i);

		if ((reach && reach->full == QUEUE_FAIL) == may_fail)
			r = open_receiver(e, dir, name, reach, err);
	}
	return r;
}

static int open_receivers(struct sigslot_emitter *e, struct sigslot_error *err)
{
	uint32_t len = 0, name;
	_close_ int dir = -1;
	int r = 0;

	for (uint32_t n = 0; (name = name_of(e, n)); n++)
		len += reaches(e, name);
	if (!len)
		return 0;
	if (!e->identity)
		r = identity_open(e->in.dir, -1, &e->identity, err);
	if (r == 0)
		r = runtime_subdir(e->in.dir, "q", false, &dir, err);
	e->cycle =
		(struct cycle){.dir = e->in.dir,
			       .routes = e->in.routes,
			       .identity = e->identity,
			       .loop = e->own_loop ? cycle_waiter(e->in.routes) : NULL};
	e->receivers = calloc(len, sizeof(*e->receivers));
	if (!e->receivers)
		return fail(err, -ENOMEM, "out of memory");
	for (uint32_t n = 0; r == 0 && (name = name_of(e, n)); n++)
		r = open_some(e, dir, name, true, err);
	for (uint32_t n = 0; r == 0 && (name = name_of(e, n)); n++)
		r = open_some(e, dir, name, false, err);
	return r;
}

/* The board of an earlier run tells nothing, and is marked as such. */
static int state_of(const struct sigslot_emitter *e)
{
	return e->board && board_generation(e->board) ? (int)e->board->state
						      : board_peek(e->in.dir);
}

int emitter_check(struct sigslot_emitter *e, struct sigslot_error *err)
{
	bool inside = e->own_loop != NULL;

	if (e->in.queue)
		return 0;
	if (!e->in.supervisor)
		return fail(err, -ESHUTDOWN,
			    "instance '%s' is dead: run it again to resume it",
			    e->in.name);
	if (!inside && state_of(e) >= BOARD_DRAINING)
		return fail(err, -ESHUTDOWN, "instance '%s' is stopping", e->in.name);
	return 0;
}

static bool stale(const struct sigslot_emitter *e)
{
	return e->board &&
	       board_generation(e->board) != routes_generation(e->in.routes);
}

/* An instance that is about to start has none yet: it is looked for again later. */
static void open_board(struct sigslot_emitter *e)
{
	board_close(e->board);
	e->board = NULL;
	if (!e->in.queue)
		board_open(e->in.dir, &e->board);
}

static void close_receivers(struct sigslot_emitter *e)
{
	for (unsigned i = 0; i < e->receivers_len; i++)
		queue_close(e->receivers[i].queue);
	free(e->receivers);
	e->receivers = NULL;
	e->receivers_len = e->taps = 0;
	e->smallest = NULL;
}

int emitter_renew(struct sigslot_emitter *e, struct sigslot_error *err)
{
	int r;

	if (!e->board)
		open_board(e);
	if (!stale(e))
		return 0;
	close_receivers(e);
	open_board(e);
	routes_close(e->in.routes);
	e->in.routes = NULL;
	r = instance_routes(&e->in, err);
	if (r == 0)
		r = open_receivers(e, err);
	return r == -ENOENT && stale(e) ? emitter_renew(e, err) : r;
}

/* Whether a signal leads to a queue, or did until that was to be drained. */
static bool leads(const struct routes *r, const struct route_name *n, const char *queue)
{
	for (uint32_t i = 0; i < n->targets_len; i++) {
		const struct route_target *t = routes_target(r, n->first_target + i);
		const struct route_queue *q = t ? routes_queue(r, t->queue) : NULL;

		if (q && (t->until == ROUTE_FOR_NOW || t->flags & ROUTE_DRAINED) &&
		    strcmp(routes_text(r, q->name), queue) == 0)
			return true;
	}
	return false;
}

bool emitter_lost(const struct sigslot_emitter *e, unsigned i)
{
	const char *name = routes_text(e->in.routes, e->receivers[i].route->name);
	struct routes *now = NULL;
	const struct route_name *n;
	bool lost;

	if (e->direct || !stale(e) || routes_open(e->in.dir, &now, NULL) < 0)
		return false;
	n = routes_name(now, e->receivers[i].name);
	lost = n && !leads(now, n, name);
	routes_close(now);
	return lost;
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
	open_board(e);
	r = emitter_check(e, err);
	if (r == 0)
		r = type_parse(routes_text(e->in.routes, n->type), &e->type, err);
	if (r == 0)
		r = open_receivers(e, err);
	return r == -ENOENT && stale(e) ? emitter_renew(e, err) : r;
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
	close_receivers(e);
	identity_close(e->identity);
	board_close(e->board);
	type_free(e->type);
	instance_done(&e->in);
	buf_done(&e->payload);
	free(e);
}

unsigned sigslot_emitter_receivers(const struct sigslot_emitter *e)
{
	return e->receivers_len - e->taps;
}

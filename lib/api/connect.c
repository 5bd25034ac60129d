/* SPDX-License-Identifier: MIT */
/*
 * sigslot_connect() and sigslot_disconnect(): asks the supervisor, which alone writes
 * routes. What a draining one waits for it finds in the queues by itself.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/control.h"
#include "api/instance.h"
#include "base/clock.h"
#include "base/fd.h"
#include "queue/look.h"
#include "route/group.h"
#include "state/runtime.h"

enum { LOOK_NS = 2000000, ANSWER_S = 1 };

/* The two ends, as they were written, in one instance. */
struct ends {
	struct address from, to;
	struct instance in;
};

static int no_member(struct ends *e, const struct address *a, struct sigslot_error *err)
{
	const struct routes *r = e->in.routes;
	char first[GROUP_NAME];
	const char *name = group_replica(r, a->name, 1, first) ? first : a->name;

	if (routes_find(r, name, "", ROUTE_OBJECT) == ROUTE_NOBODY)
		return instance_no_name(&e->in, a, err);
	if (!*a->member || routes_find(r, name, a->member, ROUTE_SIGNAL) ||
	    routes_find(r, name, a->member, ROUTE_SLOT) ||
	    strcmp(a->member, "broadcast") == 0)
		return 0; /* the topology's checks say the rest */
	return instance_no_name(&e->in, a, err);
}

static int find(const char *from, const char *to, struct ends *e,
		struct sigslot_error *err)
{
	int r = address_parse(from, &e->from, err);

	if (r == 0)
		r = address_parse(to, &e->to, err);
	if (r == 0)
		r = instance_find(&e->from, &e->in, err);
	if (r < 0)
		return r;
	if (*e->to.instance && strcmp(e->to.instance, e->in.name) != 0)
		return fail(err, -EINVAL,
			    "a connection stays within its instance: '%s' is in '%s'",
			    from, e->in.name);
	r = no_member(e, &e->from, err);
	return r == 0 ? no_member(e, &e->to, err) : r;
}

static json_t *request(const char *op, const struct ends *e)
{
	char from[130], to[130];

	snprintf(from, sizeof(from), "%s%s%s", e->from.name, *e->from.member ? "." : "",
		 e->from.member);
	snprintf(to, sizeof(to), "%s%s%s", e->to.name, *e->to.member ? "." : "",
		 e->to.member);
	return json_pack("{s:i,s:s,s:s,s:s}", "v", 1, "op", op, "from", from, "to", to);
}

static int ask(const struct instance *in, json_t *take_request, uint64_t deadline,
	       struct sigslot_error *err)
{
	struct control_answer a;
	int r = control_ask(in, take_request, deadline, &a, err);

	fd_close(&a.fd);
	return r;
}

int sigslot_connect(const char *from, const char *to,
		    const struct sigslot_connection *c, struct sigslot_error *err)
{
	struct ends e = {.in.dir = -1};
	json_t *root;
	int r = find(from, to, &e, err);

	if (r == 0) {
		root = request("connect", &e);
		if (c && c->full)
			json_object_set_new(root, "full", json_string(c->full));
		if (c && c->once)
			json_object_set_new(root, "once", json_true());
		r = ask(&e.in, root, NEVER, err);
	}
	instance_done(&e.in);
	return r;
}

static bool lives_on(const struct routes *r, const char *name, const char *loop)
{
	const struct route_name *n =
		routes_name(r, routes_find(r, name, "", ROUTE_OBJECT));
	const struct route_queue *q = n ? routes_queue(r, n->queue) : NULL;

	return q && strcmp(routes_text(r, q->name), loop) == 0;
}

/* A command that waits for the loop that it is a command of would wait for itself. */
static int check_own(const struct ends *e, struct sigslot_error *err)
{
	const char *instance = getenv("SIGSLOT_INSTANCE"),
		   *loop = getenv("SIGSLOT_LOOP");
	const struct routes *r = e->in.routes;
	char name[GROUP_NAME];
	bool own;

	if (!instance || !loop || strcmp(instance, e->in.name) != 0)
		return 0;
	own = lives_on(r, e->to.name, loop);
	for (uint32_t n = 1; !own && group_replica(r, e->to.name, n, name); n++)
		own = lives_on(r, name, loop);
	if (!own)
		return 0;
	return fail(err, -EAGAIN,
		    "it would wait for its own loop '%s': disconnect without draining",
		    loop);
}

/* Waits until nothing is in the queue that was there at first. */
static int await_queue(int dir, const char *name, uint64_t deadline,
		       struct sigslot_error *err)
{
	const struct timespec pause = {.tv_nsec = LOOK_NS};
	struct queue_counts c;
	uint64_t seq = 0, unused;
	int r = queue_peek(dir, name, &c, err);

	while (r == 0) {
		r = queue_oldest(dir, name, &unused, &seq);
		if (r == -ENOENT || (r == 0 && seq >= c.pushed))
			return 0;
		if (clock_now() >= deadline)
			return fail(err, -ETIMEDOUT, "'%s' has not taken all yet",
				    name);
		nanosleep(&pause, NULL);
		r = r == -EAGAIN ? 0 : r;
	}
	return r;
}

/* The queues of all that has gone with the newest routes, and drains. */
static int await_drain(struct instance *in, uint64_t deadline,
		       struct sigslot_error *err)
{
	_close_ int dir = -1;
	int r;

	routes_close(TAKE(in->routes));
	r = instance_routes(in, err);
	if (r == 0)
		r = runtime_subdir(in->dir, "q", false, &dir, err);
	for (uint32_t i = 0; r == 0 && routes_target(in->routes, i); i++) {
		const struct route_target *t = routes_target(in->routes, i);
		const struct route_queue *q = routes_queue(in->routes, t->queue);

		if (q && t->until != ROUTE_FOR_NOW &&
		    (t->flags & (ROUTE_DRAINED | ROUTE_MOVED)) == ROUTE_DRAINED)
			r = await_queue(dir, routes_text(in->routes, q->name), deadline,
					err);
	}
	return r;
}

int sigslot_disconnect(const char *from, const char *to, bool drain,
		       uint64_t timeout_ns, struct sigslot_error *err)
{
	uint64_t now = clock_now(), deadline = clock_after(now, timeout_ns);
	uint64_t answer = clock_after(now, ANSWER_S * NS_PER_S);
	struct ends e = {.in.dir = -1};
	json_t *root;
	int r = find(from, to, &e, err);

	if (r == 0 && drain)
		r = check_own(&e, err);
	if (r == 0) {
		root = request("disconnect", &e);
		json_object_set_new(root, "drain", json_boolean(drain));
		r = ask(&e.in, root, deadline > answer ? deadline : answer, err);
	}
	if (r == 0 && drain)
		r = await_drain(&e.in, deadline, err);
	instance_done(&e.in);
	return r;
}

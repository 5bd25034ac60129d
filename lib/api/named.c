/* SPDX-License-Identifier: MIT */
/*
 * Queues by their names: made, found, opened, closed, removed. A free-standing queue is
 * an instance without a run: one queue, of the instance's own name, and routes that
 * know nothing else.
 */
#include "api/named.h"

#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/near.h"
#include "api/revive.h"
#include "base/unit.h"
#include "queue/dead.h"
#include "route/build.h"
#include "state/lock.h"
#include "state/runtime.h"
#include "state/store.h"

enum { DEFAULT_SIZE = 8 << 20 };

/* --- making --- */

static int write_routes(int dir, const char *name, uint64_t size,
			struct sigslot_error *err)
{
	struct route_build b;
	int64_t queue = -ENOMEM, id = -ENOMEM;
	int r = route_build_start(&b, NULL);

	if (r == 0)
		queue = route_build_queue(&b, name, size, ROUTE_NAMED);
	if (queue >= 0)
		id = route_build_name(&b, ROUTE_OBJECT, name, "", "any",
				      (uint32_t)queue);
	r = id < 0 ? fail(err, -ENOMEM, "out of memory")
		   : route_build_write(&b, dir, err);
	route_build_done(&b);
	return r;
}

static int fill(int dir, const char *name, const struct queue_limits *limits,
		struct sigslot_error *err)
{
	_close_ int queues = -1, mark = -1;
	int r = identity_create(dir, err);

	if (r == 0)
		r = runtime_subdir(dir, "q", true, &queues, err);
	if (r == 0)
		r = queue_create(queues, name, limits, err);
	if (r == 0)
		r = write_routes(dir, name, limits->size, err);
	if (r < 0)
		return r;
	mark = openat(dir, RUNTIME_QUEUE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		      0600);
	return mark < 0 ? fail_errno(err, "queue '%s': cannot create it", name) : 0;
}

static int taken(int runtime, const char *name, struct sigslot_error *err)
{
	_close_ int dir = -1;
	int r = runtime_subdir(runtime, name, false, &dir, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (runtime_is_queue(dir))
		return fail(err, -EEXIST, "queue '%s' exists already", name);
	return fail(err, -EEXIST,
		    "the name '%s' is taken by an instance: 'sigslot ps %s' shows it",
		    name, name);
}

int named_create(const char *name, const struct queue_limits *limits,
		 struct sigslot_error *err)
{
	_close_ int runtime = -1, dir = -1;
	int r = runtime_open(true, &runtime, err);

	if (r == 0)
		r = taken(runtime, name, err);
	if (r == 0)
		r = runtime_prepare(runtime, name, &dir, err);
	if (r < 0)
		return r;
	r = fill(dir, name, limits, err);
	if (r == 0)
		r = runtime_publish(runtime, name, err);
	if (r < 0)
		runtime_discard(runtime, name);
	return r;
}

int sigslot_queue_create(const char *name, uint64_t size, uint64_t messages,
			 bool durable, struct sigslot_error *err)
{
	struct queue_limits limits = {.size = size ?: DEFAULT_SIZE,
				      .messages = messages};
	char site[STORE_PATH];
	int r;

	if (!unit_name_ok(name, strlen(name)))
		return fail(err, -EINVAL,
			    "'%s' is not a name: letters, digits, _ and -, not a digit "
			    "first, at most 63",
			    name);
	r = revive(name, err);
	if (r < 0 && r != -ENOENT)
		return r;
	if (durable)
		r = store_path(REVIVE_STORE, name, true, site, err);
	if (durable && r < 0)
		return r;
	limits.site = durable ? site : NULL;
	return named_create(name, &limits, err);
}

/* --- finding --- */

static int no_queue(const struct instance *in, const char *name,
		    struct sigslot_error *err)
{
	const struct routes *r = in->routes;
	struct near n = {.wanted = name};

	for (uint32_t i = 0; i < routes_queues_len(r); i++)
		if (routes_queue(r, i)->flags & ROUTE_NAMED)
			near_try(&n, routes_text(r, routes_queue(r, i)->name));
	return fail(err, -ENXIO, "instance '%s' has no queue '%s'%s%s%s", in->name,
		    name, n.best ? ": did you mean '" : "", n.best ? n.best : "",
		    n.best ? "'?" : "");
}

int named_find(const char *address, bool loops, struct instance *ret,
	       char ret_name[static 64], int *ret_queues, struct sigslot_error *err)
{
	struct instance in = {.dir = -1};
	struct address a;
	int r = address_parse(address, &a, err);

	if (r == 0 && *a.member)
		r = fail(err, -EINVAL,
			 "'%s' names a member, and a queue has none: the form is "
			 "[INSTANCE/]QUEUE",
			 address);
	if (r < 0)
		return r;
	a.queue = true;
	a.loops = loops;
	r = instance_find(&a, &in, err);
	if (r == -ENXIO && (!*a.instance || strcmp(a.instance, a.name) == 0)) {
		int revived = revive(a.name, err); /* the first to ask after a reboot */

		if (revived != -ENOENT)
			r = revived ?: instance_find(&a, &in, err);
	}
	if (r < 0)
		return r;
	if (!instance_queue(&in, a.name, loops))
		r = no_queue(&in, a.name, err);
	if (r == 0)
		r = runtime_subdir(in.dir, "q", false, ret_queues, err);
	if (r < 0) {
		instance_done(&in);
		return r;
	}
	memcpy(ret_name, a.name, sizeof(a.name));
	*ret = in;
	return 0;
}

/* --- opening --- */

static void note_sender(struct sigslot_queue *q)
{
	const char *inside = getenv("SIGSLOT_INSTANCE"),
		   *object = getenv("SIGSLOT_OBJECT");

	q->cycle = (struct cycle){
		.dir = q->in.dir, .routes = q->in.routes, .identity = q->identity};
	if (!inside || strcmp(inside, q->in.name) != 0)
		return;
	q->cycle.loop = cycle_waiter(q->in.routes);
	if (object)
		q->sender = routes_find(q->in.routes, object, "", ROUTE_OBJECT);
}

static int open_named(const char *address, bool dead, struct sigslot_queue **ret,
		      struct sigslot_error *err)
{
	struct sigslot_queue *q = calloc(1, sizeof(*q));
	_close_ int queues = -1;
	int r;

	if (!q)
		return fail(err, -ENOMEM, "out of memory");
	q->in.dir = -1;
	q->dead = dead;
	r = named_find(address, dead, &q->in, q->name, &queues, err);
	if (r == 0)
		r = identity_open(q->in.dir, -1, &q->identity, err);
	if (r == 0)
		r = (dead ? dead_open : queue_open)(queues, q->name, q->identity,
						    &q->queue, err);
	if (r < 0) {
		sigslot_queue_close(q);
		return r;
	}
	q->largest = queue_largest(instance_queue(&q->in, q->name, dead)->size);
	note_sender(q);
	*ret = q;
	return 0;
}

int sigslot_queue_open(const char *address, struct sigslot_queue **ret,
		       struct sigslot_error *err)
{
	return open_named(address, false, ret, err);
}

int sigslot_queue_open_dead(const char *address, struct sigslot_queue **ret,
			    struct sigslot_error *err)
{
	return open_named(address, true, ret, err);
}

int named_dead(struct sigslot_queue *q, struct queue **ret, struct sigslot_error *err)
{
	_close_ int queues = -1;
	int r = runtime_subdir(q->in.dir, "q", false, &queues, err);

	return r < 0 ? r : dead_open(queues, q->name, q->identity, ret, err);
}

void named_settled(struct sigslot_queue *q)
{
	struct queue_counts c;

	if (queue_counts(q->queue, &c) == 0 && c.closed && !c.records)
		queue_shut(q->queue, true); /* rings */
}

void sigslot_queue_close(struct sigslot_queue *q)
{
	if (!q)
		return;
	queue_close(q->queue);
	identity_close(q->identity);
	instance_done(&q->in);
	buf_done(&q->bytes);
	buf_done(&q->copies);
	free(q);
}

int named_check(struct sigslot_queue *q, struct sigslot_error *err)
{
	if (!q->in.queue && lock_probe(q->in.dir, &q->in.supervisor, NULL) < 0)
		q->in.supervisor = 0;
	if (instance_lives(&q->in))
		return 0;
	return fail(err, -ESHUTDOWN, "instance '%s' is dead: run it again to resume it",
		    q->in.name);
}

/* --- closing and removing --- */

int64_t sigslot_queue_shut(struct sigslot_queue *q, bool drop,
			   struct sigslot_error *err)
{
	int64_t r = queue_shut(q->queue, true);

	if (r == 0 && drop)
		r = queue_purge(q->queue);
	return r < 0 ? fail(err, (int)r, "queue '%s': cannot close it: %s", q->name,
			    strerror((int)-r))
		     : r;
}

static uint64_t count_dead(const struct sigslot_queue *q)
{
	_close_ int queues = -1;

	if (runtime_subdir(q->in.dir, "q", false, &queues, NULL) < 0)
		return 0;
	return dead_count(queues, q->name);
}

/* Shuts it only if it is empty: 1 if it is not, as it was. Dead ones count, too. */
static int shut_empty(struct sigslot_queue *q, uint64_t *ret_messages)
{
	struct queue_counts c;
	bool closed;
	int r = queue_counts(q->queue, &c);

	*ret_messages = r == 0 ? c.records + count_dead(q) : 0;
	if (r < 0 || *ret_messages)
		return r < 0 ? r : 1;
	closed = c.closed;
	r = queue_shut(q->queue, true);
	if (r == 0)
		r = queue_counts(q->queue, &c);
	if (r < 0 || !c.records)
		return r;
	*ret_messages = c.records; /* it came at the last moment */
	return queue_shut(q->queue, closed) ?: 1;
}

static int drop_all(struct sigslot_queue *q, uint64_t *ret_messages)
{
	struct queue_counts c = {0};
	int64_t r = sigslot_queue_shut(q, true, NULL);

	if (r < 0)
		return (int)r;
	queue_counts(q->queue, &c);
	/* some are handed out */
	*ret_messages = (uint64_t)r + c.records + count_dead(q);
	return 0;
}

static int remove_open(struct sigslot_queue *q, bool force, uint64_t *ret_messages,
		       struct sigslot_error *err)
{
	_close_ int runtime = -1;
	int r;

	if (!q->in.queue)
		return fail(err, -EINVAL,
			    "queue '%s' belongs to the topology of instance '%s': it "
			    "goes when that ends",
			    q->name, q->in.name);
	r = runtime_open(false, &runtime, err);
	if (r < 0)
		return r;
	r = force ? drop_all(q, ret_messages) : shut_empty(q, ret_messages);
	if (r == 0)
		r = revive_forget(q->in.dir, q->name);
	if (r == 0)
		r = runtime_remove(runtime, q->in.name);
	return r < 0 ? fail(err, r, "queue '%s': cannot remove it: %s", q->name,
			    strerror(-r))
		     : r;
}

int sigslot_queue_remove(const char *name, bool force, uint64_t *ret_messages,
			 struct sigslot_error *err)
{
	struct sigslot_queue *q;
	int r = sigslot_queue_open(name, &q, err);

	if (r < 0)
		return r;
	r = remove_open(q, force, ret_messages, err);
	sigslot_queue_close(q);
	return r;
}

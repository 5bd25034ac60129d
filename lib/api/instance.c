/* SPDX-License-Identifier: MIT */
/*
 * Finding what an address names. Looks at files only; nobody is asked.
 */
#include "api/instance.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/near.h"
#include "base/unit.h"
#include "route/group.h"
#include "state/lock.h"
#include "state/runtime.h"

static int take_part(const char *from, size_t size, char *out, const char *whole,
		     struct sigslot_error *err)
{
	if (!unit_name_ok(from, size))
		return fail(
			err, -EINVAL,
			"'%s' is not an address: '%.*s' is not a name (letters, "
			"digits, "
			"_ and -, at most 63); the form is [INSTANCE/]NAME[.MEMBER]",
			whole, (int)size, from);
	memcpy(out, from, size);
	out[size] = '\0';
	return 0;
}

int address_parse(const char *text, struct address *ret, struct sigslot_error *err)
{
	const char *slash = strchr(text, '/'), *name = slash ? slash + 1 : text;
	const char *dot = strchr(name, '.');
	int r = 0;

	*ret = (struct address){0};
	if (slash)
		r = take_part(text, (size_t)(slash - text), ret->instance, text, err);
	if (r == 0)
		r = take_part(name, dot ? (size_t)(dot - name) : strlen(name),
			      ret->name, text, err);
	if (r == 0 && dot)
		r = take_part(dot + 1, strlen(dot + 1), ret->member, text, err);
	return r;
}

/* The names come and go, so the best one is kept by value. */
struct nearest {
	struct near near;
	char best[64];
};

static int consider_near(void *data, const char *name)
{
	struct nearest *n = data;

	near_try(&n->near, name);
	if (n->near.best == name)
		n->near.best = memcpy(n->best, name, strlen(name) + 1);
	return 0;
}

static int no_instance(int runtime, const char *name, struct sigslot_error *err)
{
	struct nearest n = {.near.wanted = name};

	if (runtime >= 0)
		runtime_each(runtime, consider_near, &n);
	if (n.near.best)
		return fail(err, -ENXIO,
			    "there is no instance '%s': did you mean '%s'?", name,
			    n.near.best);
	return fail(err, -ENXIO, "there is no instance '%s': 'sigslot ps' lists them",
		    name);
}

static int open_in(int runtime, const char *name, struct instance *ret,
		   struct sigslot_error *err)
{
	struct instance in = {.dir = -1};
	int r = -ENOENT; /* a path is no name, and must not lead out of here */

	if (unit_name_ok(name, strlen(name)))
		r = runtime_subdir(runtime, name, false, &in.dir, err);
	if (r == -ENOENT)
		return no_instance(runtime, name, err);
	if (r < 0)
		return r;
	memcpy(in.name, name, strlen(name) + 1);
	r = lock_probe(in.dir, &in.supervisor, NULL);
	if (r < 0 && r != -ENOENT) {
		fd_close(&in.dir);
		return fail(err, r, "cannot look at the lock of instance '%s': %s",
			    name, strerror(-r));
	}
	in.queue = r == -ENOENT && runtime_is_queue(in.dir);
	*ret = in;
	return 0;
}

int instance_open(const char *name, struct instance *ret, struct sigslot_error *err)
{
	_close_ int runtime = -1;
	int r = runtime_open(false, &runtime, err);

	if (r == -ENOENT)
		return no_instance(-1, name, err);
	return r < 0 ? r : open_in(runtime, name, ret, err);
}

void instance_done(struct instance *in)
{
	routes_close(in->routes);
	in->routes = NULL;
	fd_close(&in->dir);
}

int instance_routes(struct instance *in, struct sigslot_error *err)
{
	return in->routes ? 0 : routes_open(in->dir, &in->routes, err);
}

const struct route_queue *instance_queue(const struct instance *in, const char *name,
					 bool loops)
{
	const struct routes *r = in->routes;
	const struct route_name *n =
		routes_name(r, routes_find(r, name, "", ROUTE_OBJECT));
	const struct route_queue *q = n ? routes_queue(r, n->queue) : NULL;

	if (!q || strcmp(routes_text(r, q->name), name) != 0)
		return NULL;
	return loops || q->flags & ROUTE_NAMED ? q : NULL;
}

bool instance_has(const struct instance *in, const char *name)
{
	char first[GROUP_NAME];

	return routes_find(in->routes, name, "", ROUTE_OBJECT) != ROUTE_NOBODY ||
	       group_replica(in->routes, name, 1, first);
}

static bool has(struct instance *in, const struct address *a)
{
	if (instance_routes(in, NULL) < 0)
		return false;
	if (a->queue)
		return instance_queue(in, a->name, a->loops) != NULL;
	return instance_has(in, a->name);
}

struct search {
	int runtime;
	const struct address *address;
	bool dead; /* among dead runs */
	struct instance *found;
	unsigned len;
	struct buf names;
	struct nearest nearest; /* of all that there is, if there is none */
};

static void consider_owners(struct search *s, const struct instance *in)
{
	for (uint32_t id = 1; id < routes_names_len(in->routes); id++) {
		const struct route_name *n = routes_name(in->routes, id);
		const char *owner = routes_text(in->routes, n->owner);

		if (!(n->kind & ROUTE_GONE) &&
		    (!s->address->queue ||
		     instance_queue(in, owner, s->address->loops)))
			consider_near(&s->nearest, owner);
	}
}

/* Who cannot look must not say that there is nothing. */
static bool blind(int code)
{
	return code == -EMFILE || code == -ENFILE || code == -ENOMEM;
}

static int consider_neighbours(void *data, const char *name)
{
	struct search *s = data;
	struct instance in;

	if (!s->address->queue)
		consider_near(&s->nearest, name);
	if (open_in(s->runtime, name, &in, NULL) < 0)
		return 0;
	if (instance_lives(&in) && instance_routes(&in, NULL) == 0)
		consider_owners(s, &in);
	instance_done(&in);
	return 0;
}

/* Of a thousand free-standing queues only the one of that name is opened. */
static bool other_queue(const struct search *s, const char *name)
{
	return strcmp(name, s->address->name) != 0 &&
	       runtime_has_queue(s->runtime, name);
}

static int consider(void *data, const char *name)
{
	struct search *s = data;
	struct instance in;
	int r = other_queue(s, name) ? -ENOENT : open_in(s->runtime, name, &in, NULL);

	if (r < 0)
		return blind(r) ? r : 0;
	r = instance_routes(&in, NULL);
	if (blind(r)) {
		instance_done(&in);
		return r;
	}
	if (instance_lives(&in) == s->dead || !has(&in, s->address)) {
		instance_done(&in);
		return 0;
	}
	buf_add_text(&s->names, s->len ? ", " : "");
	buf_add_text(&s->names, name);
	if (s->len++ == 0)
		*s->found = in;
	else
		instance_done(&in);
	return 0;
}

static int several(const struct search *s, struct sigslot_error *err)
{
	const char *name = s->address->name;

	return fail(err, -EINVAL,
		    "several instances have '%s': say which one, as INSTANCE/%s: %s",
		    name, name, s->names.data);
}

static int none(const struct search *s, struct sigslot_error *err)
{
	const char *name = s->address->name, *best = s->nearest.near.best;
	bool queue = s->address->queue;

	if (best && queue)
		return fail(err, -ENXIO, "there is no queue '%s': did you mean '%s'?",
			    name, best);
	if (queue)
		return fail(err, -ENXIO,
			    "there is no queue '%s': 'sigslot queue create' makes one, "
			    "'sigslot queue ls' lists them",
			    name);
	if (best)
		return fail(err, -ENXIO,
			    "no running instance has '%s': did you mean '%s'?", name,
			    best);
	return fail(err, -ENXIO,
		    "no running instance has '%s': 'sigslot ps' lists what runs", name);
}

static int find_any(const struct address *a, struct instance *ret,
		    struct sigslot_error *err)
{
	struct instance found = {.dir = -1};
	struct search s = {
		.address = a, .found = &found, .nearest.near.wanted = a->name};
	_close_ int runtime = -1;
	int r = runtime_open(false, &runtime, err);

	if (r < 0 && r != -ENOENT)
		return r;
	s.runtime = runtime;
	if (r == 0)
		r = runtime_each(runtime, consider, &s);
	s.dead = a->queue && !s.len;
	if (r == 0 && s.dead)
		r = runtime_each(runtime, consider, &s);
	if (r == 0 && !s.len)
		runtime_each(runtime, consider_neighbours, &s);
	if (blind(r))
		r = fail(err, r, "cannot look for '%s': %s", a->name, strerror(-r));
	else
		r = s.len == 1 ? 0 : s.len ? several(&s, err) : none(&s, err);
	if (r == 0)
		*ret = found;
	else if (s.len)
		instance_done(&found);
	buf_done(&s.names);
	return r;
}

/* The instance that a command runs in need not have the queue that it speaks of. */
static bool elsewhere(const struct address *a, struct instance *in)
{
	return !*a->instance && a->queue && !instance_queue(in, a->name, a->loops);
}

int instance_find(const struct address *a, struct instance *ret,
		  struct sigslot_error *err)
{
	const char *name = *a->instance ? a->instance : getenv("SIGSLOT_INSTANCE");
	struct instance in;
	int r;

	if (!name || !*name)
		return find_any(a, ret, err);
	r = instance_open(name, &in, err);
	if (r < 0)
		return r;
	r = instance_routes(&in, err);
	if (r == -ENOENT)
		r = fail(err, -ENXIO, "instance '%s' has not started yet", name);
	if (r == 0 && elsewhere(a, &in)) {
		instance_done(&in);
		return find_any(a, ret, err);
	}
	if (r < 0)
		instance_done(&in);
	else
		*ret = in;
	return r;
}

int instance_no_name(const struct instance *in, const struct address *a,
		     struct sigslot_error *err)
{
	const struct routes *r = in->routes;
	char first[GROUP_NAME];
	bool group = group_replica(r, a->name, 1, first);
	const char *owning = group ? first : a->name;
	bool known = group || routes_find(r, a->name, "", ROUTE_OBJECT) != ROUTE_NOBODY;
	bool member = known && *a->member;
	struct near n = {.wanted = member ? a->member : a->name};

	for (uint32_t id = 1; id < routes_names_len(r); id++) {
		const struct route_name *name = routes_name(r, id);
		const char *owner = routes_text(r, name->owner);

		if (name->kind & ROUTE_GONE)
			continue;
		if (!member)
			near_try(&n, owner);
		else if (strcmp(owner, owning) == 0 && *routes_text(r, name->member))
			near_try(&n, routes_text(r, name->member));
	}
	if (member)
		return fail(err, -ENXIO,
			    "'%s' of instance '%s' has no signal or slot '%s'%s%s%s",
			    a->name, in->name, a->member,
			    n.best ? ": did you mean '" : "", n.best ? n.best : "",
			    n.best ? "'?" : "");
	if (known)
		return fail(
			err, -ENXIO,
			"'%s' of instance '%s' has no signal 'out' and no slot 'in': "
			"say which member, as %s.MEMBER",
			a->name, in->name, a->name);
	return fail(err, -ENXIO, "instance '%s' has no '%s'%s%s%s", in->name, a->name,
		    n.best ? ": did you mean '" : "", n.best ? n.best : "",
		    n.best ? "'?" : "");
}

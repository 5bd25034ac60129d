/* SPDX-License-Identifier: MIT */
/*
 * From patterns to queues. A signal that reaches several queues is looked for in one of
 * them, so that each of its messages is seen once: in one that it waits for, if there
 * is one, as nothing of it is dropped there.
 */
#include "api/view.h"

#include <fnmatch.h>
#include <stdio.h>

#include "api/emitter.h"
#include "api/sole.h"
#include "base/fd.h"
#include "queue/drop.h"
#include "state/runtime.h"

static bool glob(const char *text)
{
	return strpbrk(text, "*?[");
}

/* --- opening --- */

static int open_instance(const char *pattern, const char *slash, struct instance *ret,
			 struct sigslot_error *err)
{
	char name[80];
	struct address a;
	int r;

	if (slash && glob(slash)) {
		snprintf(name, sizeof(name), "%.*s", (int)(slash - pattern), pattern);
		return instance_open(name, ret, err);
	}
	if (!slash && glob(pattern))
		return instance_sole(ret, err);
	r = address_parse(pattern, &a, err);
	return r < 0 ? r : instance_find(&a, ret, err);
}

/* A pattern for each of those that a plain name stands for; the first is there. */
static int add_replicas(struct views *v, struct view_pattern *first,
			const struct address *a, struct sigslot_error *err)
{
	const char *text = first->text;
	struct view_pattern *p = first;
	uint32_t id, n = 1;

	while ((id = emitter_look_up_replica(&v->in, a, n++))) {
		p = p ? p : vec_add(&v->patterns);
		if (!p)
			return fail(err, -ENOMEM, "out of memory");
		*p = (struct view_pattern){text, id};
		p = NULL;
	}
	return n > 2 ? 0 : instance_no_name(&v->in, a, err);
}

static int add_pattern(struct views *v, const char *text, struct sigslot_error *err)
{
	struct view_pattern *p = vec_add(&v->patterns);
	struct address a;
	int r;

	if (!p)
		return fail(err, -ENOMEM, "out of memory");
	p->text = text;
	if (glob(text))
		return 0;
	r = address_parse(text, &a, err);
	if (r < 0)
		return r;
	p->id = emitter_look_up(&v->in, &a);
	return p->id ? 0 : add_replicas(v, p, &a, err);
}

static int open_pattern(struct views *v, const char *const *patterns, size_t i,
			struct sigslot_error *err)
{
	const char *slash = strchr(patterns[i], '/');
	struct instance in = {.dir = -1};
	int r = open_instance(patterns[i], slash, &in, err);

	if (r == 0)
		r = instance_routes(&in, err);
	if (r < 0) {
		instance_done(&in);
		return r;
	}
	if (i == 0) {
		v->in = in;
	} else {
		r = strcmp(in.name, v->in.name);
		instance_done(&in);
		if (r)
			return fail(err, -EINVAL,
				    "'%s' and '%s' are not of one instance: tap them "
				    "one by one",
				    patterns[0], patterns[i]);
	}
	return add_pattern(v, slash ? slash + 1 : patterns[i], err);
}

/* --- names and their queues --- */

static const char *queue_name(const struct views *v, uint32_t index)
{
	const struct route_queue *q = routes_queue(v->in.routes, index);

	return q ? routes_text(v->in.routes, q->name) : "";
}

static struct view_source *find_source(struct views *v, uint32_t queue)
{
	const char *name = queue_name(v, queue);

	vec_each(s, &v->sources)
		if (strcmp((*s)->queue, name) == 0)
			return *s;
	return NULL;
}

static int add_source(struct views *v, uint32_t queue, struct sigslot_error *err)
{
	struct view_source *s = find_source(v, queue), **at;
	int r = 0;

	if (s) {
		s->index = queue;
		return 0;
	}
	s = calloc(1, sizeof(*s));
	at = s ? vec_add(&v->sources) : NULL;
	if (!at) {
		free(s);
		return fail(err, -ENOMEM, "out of memory");
	}
	*at = s;
	s->index = queue;
	snprintf(s->queue, sizeof(s->queue), "%s", queue_name(v, queue));
	if (v->queues < 0)
		r = runtime_subdir(v->in.dir, "q", false, &v->queues, err);
	return r < 0 ? r : watch_open(v->queues, s->queue, &s->watch, err);
}

static int add_view(struct views *v, uint32_t id, const char *name, uint32_t queue,
		    struct sigslot_error *err)
{
	struct view *view;
	int r = add_source(v, queue, err);

	if (r < 0)
		return r;
	view = vec_add(&v->views);
	if (!view)
		return fail(err, -ENOMEM, "out of memory");
	view->id = id;
	view->queue = queue;
	snprintf(view->name, sizeof(view->name), "%s", name);
	return 0;
}

static bool asked(const struct views *v, uint32_t id)
{
	for (size_t i = 0; i < v->asked.len; i++)
		if (v->asked.at[i] == id)
			return true;
	return false;
}

/*
 * The queue in which a signal is looked for; ROUTE_NOWHERE: it reaches none. One that
 * was asked for stays where it was first seen, also when somebody is connected now.
 */
static uint32_t queue_of_signal(struct views *v, uint32_t id, bool *ret_tap)
{
	const struct route_name *n = routes_name(v->in.routes, id);
	uint32_t best = ROUTE_NOWHERE;
	bool waits = false;

	*ret_tap = false;
	for (uint32_t i = 0; i < n->reaches_len; i++) {
		const struct route_reach *reach =
			routes_reach(v->in.routes, n->first_reach + i);
		const struct view_source *s =
			reach ? find_source(v, reach->queue) : NULL;
		bool better = reach && reach->full == QUEUE_BLOCK && !waits;
		bool tap = reach && reach->full == QUEUE_TAP;

		*ret_tap = tap && asked(v, id);
		if (*ret_tap)
			return reach->queue;
		if (!reach || tap || (!better && waits) || (!better && i && !s))
			continue;
		best = reach->queue;
		waits = reach->full == QUEUE_BLOCK;
	}
	return best;
}

static int add_signal(struct views *v, uint32_t id, const char *name,
		      struct sigslot_error *err)
{
	bool tap, lone = false;
	uint32_t queue = queue_of_signal(v, id, &tap), *at;
	int r;

	if (queue != ROUTE_NOWHERE) {
		r = add_view(v, id, name, queue, err);
		if (r == 0)
			find_source(v, queue)->tap = tap;
		return r;
	}
	v->silent++;
	vec_each(p, &v->patterns)
		lone = lone || p->id == id;
	if (!lone || asked(v, id)) /* these: it has just gone */
		return 0;
	at = vec_push(&v->lone);
	if (!at)
		return fail(err, -ENOMEM, "out of memory");
	*at = id;
	if (!*v->first_lone)
		snprintf(v->first_lone, sizeof(v->first_lone), "%s", name);
	return 0;
}

static bool takes_from(const struct views *v, uint32_t slot, const struct route_name *q)
{
	for (uint32_t i = 0; i < q->targets_len; i++) {
		const struct route_target *t =
			routes_target(v->in.routes, q->first_target + i);

		if (t && t->slot == slot && t->until == ROUTE_FOR_NOW)
			return true;
	}
	return false;
}

/* That of its loop, and the named ones that it takes from. */
static int add_slot(struct views *v, uint32_t id, const char *name,
		    struct sigslot_error *err)
{
	const struct routes *routes = v->in.routes;
	int r = add_view(v, id, name, routes_name(routes, id)->queue, err);

	for (uint32_t i = 1; r == 0 && i < routes_names_len(routes); i++) {
		const struct route_name *n = routes_name(routes, i);

		if (n->kind == ROUTE_OBJECT && takes_from(v, id, n))
			r = add_view(v, id, name, n->queue, err);
	}
	return r;
}

static int add_queue(struct views *v, uint32_t id, const char *name,
		     struct sigslot_error *err)
{
	if (!instance_queue(&v->in, name, false))
		return 0;
	return add_view(v, id, name, routes_name(v->in.routes, id)->queue, err);
}

static bool wanted(const struct views *v, uint32_t id, const char *name)
{
	for (size_t i = 0; i < v->patterns.len; i++) {
		const struct view_pattern *p = &v->patterns.at[i];

		if (p->id ? p->id == id : fnmatch(p->text, name, 0) == 0)
			return true;
	}
	return false;
}

static int add_name(struct views *v, uint32_t id, struct sigslot_error *err)
{
	static int (*const adders[])(struct views *, uint32_t, const char *,
				     struct sigslot_error *) = {
		[ROUTE_OBJECT] = add_queue,
		[ROUTE_SIGNAL] = add_signal,
		[ROUTE_SLOT] = add_slot,
	};
	const struct routes *r = v->in.routes;
	const struct route_name *n = routes_name(r, id);
	const char *member = routes_text(r, n->member);
	char name[130];

	if (n->kind >= ARRAY_LEN(adders) || !adders[n->kind])
		return 0;
	snprintf(name, sizeof(name), "%s%s%s", routes_text(r, n->owner),
		 *member ? "." : "", member);
	return wanted(v, id, name) ? adders[n->kind](v, id, name, err) : 0;
}

static int add_names(struct views *v, struct sigslot_error *err)
{
	int r = 0;

	v->views.len = 0;
	v->silent = 0;
	v->lone.len = 0;
	*v->first_lone = '\0';
	vec_each(s, &v->sources)
		(*s)->index = ROUTE_NOWHERE;
	for (uint32_t id = 1; r == 0 && id < routes_names_len(v->in.routes); id++)
		r = add_name(v, id, err);
	return r;
}

/* --- the whole --- */

static bool stale(const struct views *v)
{
	return v->board &&
	       board_generation(v->board) != routes_generation(v->in.routes);
}

int views_open(struct views *v, const char *const *patterns, size_t len,
	       struct sigslot_error *err)
{
	int r = 0;

	*v = (struct views){.in.dir = -1, .queues = -1, .control = -1};
	for (size_t i = 0; r == 0 && i < len; i++)
		r = open_pattern(v, patterns, i, err);
	if (r == 0 && !instance_lives(&v->in))
		r = fail(err, -ESHUTDOWN,
			 "instance '%s' is dead: run it again to resume it",
			 v->in.name);
	if (r == 0 && !v->in.queue)
		board_open(v->in.dir, &v->board);
	if (r == 0)
		r = add_names(v, err);
	if (r == 0 && !v->views.len && !v->silent)
		r = fail(err, -ENXIO,
			 "no signal, slot or queue of instance '%s' matches '%s'",
			 v->in.name, v->patterns.at[0].text);
	if (r == 0 && views_listen(v))
		r = views_renew(v, err);
	if (r < 0)
		views_close(v);
	return r < 0 ? r : 0;
}

void views_close(struct views *v)
{
	vec_each(s, &v->sources) {
		watch_close((*s)->watch);
		free(*s);
	}
	vec_done(&v->sources);
	vec_done(&v->views);
	vec_done(&v->patterns);
	vec_done(&v->lone);
	vec_done(&v->asked);
	fd_close(&v->control);
	board_close(v->board);
	fd_close(&v->queues);
	instance_done(&v->in);
}

int views_renew(struct views *v, struct sigslot_error *err)
{
	struct routes *newer = NULL;
	int r;

	if (!stale(v) || board_peek(v->in.dir) == -ENOENT)
		return 0;
	r = routes_open(v->in.dir, &newer, err);
	if (r < 0)
		return r;
	routes_close(v->in.routes);
	v->in.routes = newer;
	r = add_names(v, err);
	if (r == 0 && views_listen(v))
		return views_renew(v, err);
	return r < 0 ? r : 1;
}

/* SPDX-License-Identifier: MIT */
/*
 * Which of the messages that pass by are those of a view.
 */
#include "api/view.h"

static bool meant(const struct route_target *t, const struct envelope *e)
{
	return e->generation >= t->since && e->generation < t->until;
}

static bool shows_by_routes(const struct routes *r, const struct view *view,
			    const struct envelope *e, uint32_t *ret_by)
{
	const struct route_name *n = routes_name(r, e->signal);

	for (uint32_t i = 0; n && i < n->targets_len; i++) {
		const struct route_target *t = routes_target(r, n->first_target + i);

		if (t && t->queue == view->queue && meant(t, e) &&
		    (t->slot == view->id || t->via == view->id)) {
			*ret_by = t->via;
			return true;
		}
	}
	return false;
}

bool view_shows(const struct views *v, const struct view *view,
		const struct envelope *e, uint32_t *ret_by)
{
	const struct routes *r = v->in.routes;
	const struct route_name *n = routes_name(r, view->id);
	const struct route_queue *q = routes_queue(r, view->queue);

	*ret_by = e->signal;
	if (!n || !q)
		return false;
	if (n->kind == ROUTE_OBJECT ||
	    (n->kind == ROUTE_SLOT && q->flags & ROUTE_NAMED))
		return true;
	if (e->connection & ROUTE_DIRECT)
		return (e->connection & ~(uint32_t)ROUTE_FLAGS) == view->id;
	return (n->kind == ROUTE_SIGNAL && e->signal == view->id) ||
	       shows_by_routes(r, view, e, ret_by);
}

static bool anybody(const struct views *v, uint32_t queue, const struct envelope *e)
{
	uint32_t by;

	for (size_t i = 0; i < v->views.len; i++)
		if (v->views.at[i].queue == queue &&
		    view_shows(v, &v->views.at[i], e, &by))
			return true;
	return false;
}

static int passed(struct views *v, struct view_source *s, struct sigslot_error *err)
{
	struct claim c;
	int r;

	while ((r = watch_next(s->watch, &c, err)) > 0) {
		if (c.envelope.generation > routes_generation(v->in.routes) &&
		    !(c.envelope.connection & ROUTE_AGAIN))
			r = views_renew(v, err);
		if (r < 0 || anybody(v, s->index, &c.envelope))
			return r < 0 ? r : 1;
	}
	return r < 0 ? r : watch_missed(s->watch) > 0;
}

int views_passed(struct views *v, struct sigslot_error *err)
{
	int r = views_renew(v, err);

	r = r < 0 ? r : 0;
	for (size_t i = 0; r == 0 && i < v->sources.len; i++)
		r = passed(v, v->sources.at[i], err);
	return r;
}

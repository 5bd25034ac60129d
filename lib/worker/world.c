/* SPDX-License-Identifier: MIT */
/*
 * The routes of a process. Old ones live as long as a message that is on its way by
 * them.
 */
#include "worker/world.h"

int world_renew(struct world *w, struct sigslot_error *err)
{
	struct routes *routes = NULL;
	int r = routes_open(w->dir, &routes, err);

	if (r < 0)
		return r;
	routes_close(w->routes);
	w->routes = routes;
	w->generation = routes_generation(routes);
	return 0;
}

bool world_heard(const struct world *w, uint32_t signal)
{
	const struct route_name *n =
		signal == PLAN_NONE ? NULL
				    : routes_name(w->routes, w->signal_ids[signal]);

	return n && n->reaches_len;
}

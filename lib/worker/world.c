/* SPDX-License-Identifier: MIT */
/*
 * The routes of a process. Old ones live as long as a message that is on its way by
 * them.
 */
#include "worker/world.h"

#include <stdlib.h>

void world_adopt(struct world *w, struct routes *take)
{
	routes_close(w->routes);
	w->routes = take;
	w->generation = routes_generation(take);
}

int world_renew(struct world *w, struct sigslot_error *err)
{
	struct routes *routes = NULL;
	int r = routes_open(w->dir, &routes, err);

	if (r == 0)
		world_adopt(w, routes);
	return r;
}

bool world_heard(const struct world *w, uint32_t signal)
{
	const struct route_name *n =
		signal == PLAN_NONE ? NULL
				    : routes_name(w->routes, w->signal_ids[signal]);

	return n && n->reaches_len;
}

int world_index(struct world *w, const struct routes *r)
{
	free(w->slots_by_id);
	w->ids_len = routes_names_len(r);
	w->slots_by_id = malloc(w->ids_len * sizeof(uint32_t));
	if (!w->slots_by_id)
		return -ENOMEM;
	for (uint32_t id = 0; id < w->ids_len; id++)
		w->slots_by_id[id] = PLAN_NONE;
	for (uint32_t i = 0; i < w->plan->slots_len; i++)
		w->slots_by_id[w->slot_ids[i]] = i;
	w->slots_by_id[0] = PLAN_NONE;
	return 0;
}

void world_done(struct world *w)
{
	free(w->signal_ids);
	free(w->slot_ids);
	free(w->object_ids);
	free(w->loop_ids);
	free(w->process_ids);
	w->signal_ids = w->slot_ids = w->object_ids = w->loop_ids = w->process_ids =
		NULL;
	free(w->slots_by_id);
	w->slots_by_id = NULL;
	w->ids_len = 0;
}

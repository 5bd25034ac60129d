/* SPDX-License-Identifier: MIT */
/*
 * Routes that are being made from a plan. Shared by naming.c, which begins and ends
 * with them, and targets.c.
 */
#ifndef SUPERVISOR_DRAFT_H
#define SUPERVISOR_DRAFT_H

#include "route/build.h"
#include "worker/world.h"

struct naming {
	struct route_build build;
	const struct plan *plan;
	struct world *world;
	struct route_going going;
	bool *marks; /* see mark_guests() */
	uint32_t *fuses; /* of the plan's connections; 0: none, or not known yet */
	bool renewing; /* everything stands already, but for the connections */
	const struct routes *known; /* names are only looked up there; or NULL */
	int error;
};

/* Gives *ret the id of a name; what it was before if there is no memory. */
void draft_name(struct naming *n, uint32_t *ret, enum route_kind kind,
		const char *owner, const char *member, const char *type,
		uint32_t queue);

/* Adds whom each signal reaches, and who stands behind each queue. */
void draft_targets(struct naming *n);

#endif

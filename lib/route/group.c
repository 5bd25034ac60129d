/* SPDX-License-Identifier: MIT */
/*
 * All that a replica of a loop has bears its number behind the last dash, and the flag
 * of its queue tells it from what is only called like that.
 */
#include "route/group.h"

#include <stdio.h>
#include <string.h>

static bool replica(const struct routes *r, const char *name)
{
	const struct route_name *n =
		routes_name(r, routes_find(r, name, "", ROUTE_OBJECT));
	const struct route_queue *q = n ? routes_queue(r, n->queue) : NULL;

	return q && q->flags & ROUTE_REPLICA;
}

bool group_replica(const struct routes *r, const char *plain, uint32_t n,
		   char out[static GROUP_NAME])
{
	snprintf(out, GROUP_NAME, "%s-%u", plain, n);
	return replica(r, out);
}

bool group_has(const struct routes *r, const char *plain, const char *name)
{
	size_t size = strlen(plain);
	const char *number;

	if (strncmp(name, plain, size) != 0 || name[size] != '-')
		return false;
	number = name + size + 1;
	return *number && !number[strspn(number, "0123456789")] && replica(r, name);
}

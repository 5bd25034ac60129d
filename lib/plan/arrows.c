/* SPDX-License-Identifier: MIT */
/*
 * Arrows are the same if their full addresses are.
 */
#include "plan/arrows.h"

#include <string.h>

static bool same(const struct topology_arrow *a, const struct topology_arrow *b)
{
	return strcmp(a->from, b->from) == 0 && strcmp(a->to, b->to) == 0;
}

bool arrows_among(const arrows *list, const struct topology_arrow *a)
{
	for (size_t i = 0; i < list->len; i++)
		if (same(&list->at[i], a))
			return true;
	return false;
}

bool arrows_connected(const struct plan *p, const struct topology_arrow *a)
{
	for (uint32_t i = 0; a->from && i < p->connections_len; i++)
		if (strcmp(p->connections[i].from, a->from) == 0 &&
		    strcmp(p->connections[i].to, a->to) == 0)
			return true;
	return false;
}

int arrows_asked(const struct plan *p, const struct topology *t, arrows *ret)
{
	size_t len;
	const struct topology_arrow *asked = topology_asked(t, &len);

	for (size_t i = 0; i < len; i++) {
		struct topology_arrow *at;

		if (!arrows_connected(p, &asked[i]))
			continue;
		at = vec_add(ret);
		if (!at)
			return -ENOMEM;
		*at = asked[i];
	}
	return 0;
}

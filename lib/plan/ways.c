/* SPDX-License-Identifier: MIT */
/*
 * Over the connections until nothing more is found: there are few between signals.
 */
#include "plan/ways.h"

#include <string.h>

uint32_t ways_from(const struct plan *p, const char *owner, const char *member)
{
	uint32_t found = PLAN_NONE;

	for (uint32_t i = 0; i < p->signals_len; i++) {
		const struct plan_signal *s = &p->signals[i];

		if (strcmp(s->name, member) != 0 ||
		    strcmp(plan_owner_name(p, s->owner, s->owned_by), owner) != 0)
			continue;
		if (found == PLAN_NONE || s->owner == PLAN_OBJECT)
			found = i;
	}
	return found;
}

void ways_mark(const struct plan *p, uint32_t signal, bool *marks)
{
	bool more = true;

	marks[signal] = true;
	while (more) {
		more = false;
		for (uint32_t i = 0; i < p->connections_len; i++) {
			const struct plan_connection *c = &p->connections[i];

			if (c->to_signal == PLAN_NONE || !marks[c->to_signal] ||
			    marks[c->signal])
				continue;
			more = marks[c->signal] = true;
		}
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * From things to their indices.
 */
#include "plan/after.h"

#include <errno.h>

#include "base/arena.h"
#include "topology/model.h"

static const uint32_t *take(struct arena *arena, const struct model_after *from,
			    enum model_kind kind, uint32_t *ret_len)
{
	uint32_t *at = arena_alloc(arena, (from->len + 1) * sizeof(*at)), len = 0;

	for (size_t i = 0; at && i < from->len; i++)
		if (from->things[i]->kind == kind)
			at[len++] = from->things[i]->index;
	*ret_len = len;
	return at;
}

int after_make(struct arena *arena, const struct model_after *from,
	       struct plan_after *to)
{
	if (!from->len)
		return 0;
	to->loops = take(arena, from, MODEL_LOOP, &to->loops_len);
	to->processes = take(arena, from, MODEL_PROCESS, &to->processes_len);
	return to->loops && to->processes ? 0 : -ENOMEM;
}

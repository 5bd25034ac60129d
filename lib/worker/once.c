/* SPDX-License-Identifier: MIT */
/*
 * The text of the link is the number of the message in the queue of its loop.
 */
#include "worker/once.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "worker/turn.h"

enum { MANY = 16 };

void once_name(uint32_t fuse, char out[static 24])
{
	snprintf(out, 24, "once-%" PRIu32, fuse);
}

/* Blows it for that message, if nobody did. Returns for which one it is blown. */
static int blow(int dir, uint32_t fuse, uint64_t seq, uint64_t *ret_seq)
{
	char name[24], text[24] = "";

	once_name(fuse, name);
	snprintf(text, sizeof(text), "%" PRIu64, seq);
	*ret_seq = seq;
	if (symlinkat(text, dir, name) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	text[0] = '\0';
	if (readlinkat(dir, name, text, sizeof(text) - 1) < 0)
		return -errno;
	*ret_seq = strtoull(text, NULL, 10);
	return 0;
}

/* Where it cannot be told, nobody gets it: it is for one message at most. */
bool once_for(struct turn *t, uint32_t fuse, uint64_t seq)
{
	struct blown *b;
	uint64_t taken;
	int r;

	vec_each(at, &t->blown)
		if (at->fuse == fuse)
			return at->seq == seq;
	r = blow(t->worker->world->dir, fuse, seq, &taken);
	b = r == 0 ? vec_add(&t->blown) : NULL;
	if (b)
		*b = (struct blown){fuse, taken};
	if (r < 0)
		log_line("sigslot", "a connection that is for one message delivers "
				    "none: it cannot be noted that it has");
	return r == 0 && taken == seq;
}

static bool standing(const struct routes *r, uint32_t fuse)
{
	const struct route_target *t;

	for (uint32_t i = 0; (t = routes_target(r, i)); i++)
		if (t->once == fuse &&
		    (t->until == ROUTE_FOR_NOW || t->flags & ROUTE_DRAINED))
			return true;
	return false;
}

/* The message that is on its way may go by old routes, and must not find it whole. */
void once_forget(struct turn *t)
{
	size_t kept = 0;

	if (t->current || t->blown.len < MANY)
		return;
	vec_each(b, &t->blown)
		if (standing(t->worker->world->routes, b->fuse))
			t->blown.at[kept++] = *b;
	t->blown.len = kept;
}

void once_spent(struct turn *t, uint32_t fuse)
{
	worker_say(t->worker, WIRE_SPENT, t->index, fuse);
}

void once_spent_all(struct turn *t)
{
	vec_each(b, &t->blown)
		once_spent(t, b->fuse);
}

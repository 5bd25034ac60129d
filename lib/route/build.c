/* SPDX-License-Identifier: MIT */
/*
 * Makes a snapshot. A name that was ever there keeps its id; a target that was there in
 * the old snapshot keeps the generation that it came with, so that records which were
 * queued before it never reach it.
 */
#include "route/build.h"

#include <stdlib.h>
#include <string.h>

static int64_t add_text(struct route_build *b, const char *text)
{
	size_t at = b->strings.size;

	if (!*text)
		return 0;
	return buf_add(&b->strings, text, strlen(text) + 1) < 0 ? -ENOMEM : (int64_t)at;
}

static int64_t add_name(struct route_build *b, enum route_kind kind, const char *owner,
			const char *member)
{
	int64_t o = add_text(b, owner), m = add_text(b, member);
	struct route_name *n = o < 0 || m < 0 ? NULL : vec_add(&b->names);

	if (!n)
		return -ENOMEM;
	*n = (struct route_name){
		.owner = (uint32_t)o, .member = (uint32_t)m, .kind = kind};
	n->queue = ROUTE_NOWHERE;
	return (int64_t)b->names.len - 1;
}

int route_build_start(struct route_build *b, const struct routes *old)
{
	*b = (struct route_build){.old = old};
	b->generation = old ? routes_generation(old) + 1 : 1;
	b->fuses = old ? routes_fuses(old) : 0;
	b->kept = calloc(old ? routes_names_len(old) + 1 : 1, sizeof(*b->kept));
	if (!b->kept || buf_add_byte(&b->strings, '\0') < 0 || !vec_add(&b->names))
		return -ENOMEM;
	for (uint32_t id = 1; old && id < routes_names_len(old); id++) {
		const struct route_name *n = routes_name(old, id);

		if (add_name(b, n->kind | ROUTE_GONE, routes_text(old, n->owner),
			     routes_text(old, n->member)) < 0)
			return -ENOMEM;
	}
	return 0;
}

void route_build_done(struct route_build *b)
{
	vec_done(&b->names);
	vec_done(&b->targets);
	vec_done(&b->reaches);
	vec_done(&b->queues);
	buf_done(&b->strings);
	free(b->kept);
}

int64_t route_build_queue(struct route_build *b, const char *name, uint64_t size,
			  uint32_t flags)
{
	int64_t text = add_text(b, name);
	struct route_queue *q = text < 0 ? NULL : vec_add(&b->queues);

	if (!q)
		return -ENOMEM;
	*q = (struct route_queue){.name = (uint32_t)text, .flags = flags, .size = size};
	return (int64_t)b->queues.len - 1;
}

static uint32_t find_old(const struct routes *old, enum route_kind kind,
			 const char *owner, const char *member)
{
	uint32_t id = routes_find(old, owner, member, kind);

	return id ?: routes_find(old, owner, member, kind | ROUTE_GONE);
}

int64_t route_build_name(struct route_build *b, enum route_kind kind, const char *owner,
			 const char *member, const char *type, uint32_t queue)
{
	int64_t id = b->old ? find_old(b->old, kind, owner, member) : ROUTE_NOBODY;
	int64_t text = add_text(b, type);
	struct route_name *n;

	if (id == ROUTE_NOBODY)
		id = add_name(b, kind, owner, member);
	if (id < 0 || text < 0)
		return -ENOMEM;
	n = &b->names.at[id];
	n->kind = kind;
	n->type = (uint32_t)text;
	n->queue = queue;
	if (kind == ROUTE_OBJECT)
		n->object = (uint32_t)id;
	return id;
}

/* The same queue: its index may be another one by now. */
static bool same_queue(const struct route_build *b, uint32_t old, uint32_t queue)
{
	const struct route_queue *o = routes_queue(b->old, old);

	return o && queue < b->queues.len &&
	       strcmp(routes_text(b->old, o->name),
		      b->strings.data + b->queues.at[queue].name) == 0;
}

/*
 * The same target, as it stands in the old snapshot; NULL: it does not. One that has
 * moved is another one, unless that does not matter.
 */
static const struct route_target *find_standing(const struct route_build *b,
						uint32_t signal,
						const struct route_target *t,
						bool anywhere)
{
	const struct route_name *n = b->old ? routes_name(b->old, signal) : NULL;

	for (uint32_t i = 0; n && i < n->targets_len; i++) {
		const struct route_target *o =
			routes_target(b->old, n->first_target + i);

		if (o && o->until == ROUTE_FOR_NOW && o->slot == t->slot &&
		    o->via == t->via && (anywhere || same_queue(b, o->queue, t->queue)))
			return o;
	}
	return NULL;
}

uint32_t route_build_fuse(const struct route_build *b, uint32_t signal,
			  const struct route_target *like)
{
	const struct route_target *old = find_standing(b, signal, like, like->slot);

	return old ? old->once : 0;
}

static int add_reach(struct route_build *b, struct route_name *n,
		     const struct route_target *t)
{
	struct route_reach *reach;

	if (!n->reaches_len)
		n->first_reach = (uint32_t)b->reaches.len;
	for (uint32_t i = 0; i < n->reaches_len; i++)
		if (b->reaches.at[n->first_reach + i].queue == t->queue)
			return 0;
	reach = vec_add(&b->reaches);
	if (!reach)
		return -ENOMEM;
	*reach = (struct route_reach){t->queue, t->full};
	n->reaches_len++;
	return 0;
}

static struct route_target *add_target(struct route_build *b, struct route_name *n)
{
	struct route_target *added = vec_add(&b->targets);

	if (added && !n->targets_len++)
		n->first_target = (uint32_t)b->targets.len - 1;
	return added;
}

int route_build_target(struct route_build *b, uint32_t signal, struct route_target t)
{
	struct route_name *n = &b->names.at[signal];
	const struct route_target *old = find_standing(b, signal, &t, false);
	struct route_target *added = add_target(b, n);

	if (!added)
		return -ENOMEM;
	t.since = old ? old->since : b->generation;
	t.until = ROUTE_FOR_NOW;
	*added = t;
	return add_reach(b, n, &t);
}

/* Whether it is there, or went once more later. */
static bool superseded(const struct route_build *b, const struct route_name *n,
		       const struct route_target *old)
{
	for (uint32_t i = 0; i < n->targets_len; i++) {
		const struct route_target *t = &b->targets.at[n->first_target + i];

		if (t->slot != old->slot || t->via != old->via)
			continue;
		if (t->since == old->since ||
		    (t->until != ROUTE_FOR_NOW && !(old->flags & ROUTE_DRAINED)))
			return true;
	}
	return false;
}

/* Its queue may have another index by now. */
static uint32_t queue_now(const struct route_build *b, uint32_t old)
{
	if (same_queue(b, old, old))
		return old;
	for (uint32_t i = 0; i < b->queues.len; i++)
		if (same_queue(b, old, i))
			return i;
	return ROUTE_NOWHERE;
}

/* Of those that its slot has left, the last one of each queue is kept. */
static bool moved_on(const struct route_build *b, const struct route_name *n,
		     const struct route_target *t)
{
	if (b->names.at[t->slot].kind != ROUTE_SLOT)
		return true;
	for (uint32_t i = 0; i < n->targets_len; i++) {
		const struct route_target *o = &b->targets.at[n->first_target + i];

		if (o->slot == t->slot && o->via == t->via && o->queue == t->queue &&
		    o->until != ROUTE_FOR_NOW)
			return true;
	}
	return false;
}

static bool forgotten(const struct route_build *b, const struct route_name *n,
		      const struct route_target *t, const struct route_going *how)
{
	if (!t->slot || t->queue == ROUTE_NOWHERE || superseded(b, n, t))
		return true;
	if (t->flags & ROUTE_MOVED && !moved_on(b, n, t))
		return false;
	return t->until < b->generation &&
	       how->passed(how->data, b->strings.data + b->queues.at[t->queue].name);
}

/* Its slot goes with a worker that works off what it has, or is elsewhere. */
static uint32_t flags_of(const struct route_build *b, const struct route_target *t,
			 uint32_t flags)
{
	const struct route_name *slot = &b->names.at[t->slot];

	if (slot->kind == ROUTE_SLOT && slot->queue != t->queue)
		return ROUTE_DRAINED | ROUTE_MOVED;
	if (slot->kind == ROUTE_SLOT && t->slot < routes_names_len(b->old) &&
	    b->kept[t->slot])
		return ROUTE_DRAINED;
	return flags;
}

/* The last ones to go come first, in the old one as well. */
int route_build_gone(struct route_build *b, uint32_t signal,
		     const struct route_going *how)
{
	struct route_name *n = &b->names.at[signal];
	const struct route_name *o = b->old ? routes_name(b->old, signal) : NULL;

	for (uint32_t i = 0; o && i < o->targets_len; i++) {
		const struct route_target *t =
			routes_target(b->old, o->first_target + i);
		struct route_target gone = t ? *t : (struct route_target){0};
		struct route_target *added;

		gone.queue = queue_now(b, gone.queue);
		if (gone.until == ROUTE_FOR_NOW) {
			gone.until = b->generation;
			gone.flags |= flags_of(b, &gone, how->flags);
		}
		if (forgotten(b, n, &gone, how))
			continue;
		added = add_target(b, n);
		if (!added)
			return -ENOMEM;
		*added = gone;
	}
	return 0;
}

void route_build_keep(struct route_build *b, uint32_t id)
{
	const struct route_name *o = routes_name(b->old, id);
	struct route_name *n = &b->names.at[id];
	int64_t type = add_text(b, routes_text(b->old, o->type));

	if (!(n->kind & ROUTE_GONE) || o->kind & ROUTE_GONE || type < 0)
		return;
	n->kind = o->kind;
	n->type = (uint32_t)type;
	n->queue = o->queue == ROUTE_NOWHERE ? o->queue : queue_now(b, o->queue);
	n->object = o->object;
	b->kept[id] = true;
}

/* Where its slot is by now; NOWHERE: it has gone. */
static uint32_t queue_of(const struct route_build *b, const struct route_target *t)
{
	const struct route_name *slot = &b->names.at[t->slot];

	if (t->slot && slot->kind & ROUTE_GONE)
		return ROUTE_NOWHERE;
	return t->slot ? slot->queue : queue_now(b, t->queue);
}

static int keep_targets(struct route_build *b, uint32_t id)
{
	const struct route_name *o = routes_name(b->old, id);
	struct route_name *n = &b->names.at[id];
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < o->targets_len; i++) {
		struct route_target t = *routes_target(b->old, o->first_target + i);
		struct route_target *added;

		t.queue = queue_of(b, &t);
		if (t.queue == ROUTE_NOWHERE)
			continue;
		added = add_target(b, n);
		if (!added)
			return -ENOMEM;
		*added = t;
		r = t.until == ROUTE_FOR_NOW ? add_reach(b, n, &t) : 0;
	}
	return r;
}

int route_build_kept(struct route_build *b, const struct route_going *how)
{
	uint32_t len = b->old ? routes_names_len(b->old) : 0;
	int r = 0;

	for (uint32_t id = 1; r == 0 && id < len; id++)
		if (b->kept[id])
			r = keep_targets(b, id);
		else if (b->names.at[id].kind == (ROUTE_SIGNAL | ROUTE_GONE))
			r = route_build_gone(b, id, how);
	return r;
}

/* SPDX-License-Identifier: MIT */
/*
 * The way of a message through the slots of its loop.
 */
#include "worker/walk.h"

#include "worker/forward.h"
#include "worker/turn.h"

void walk_forget(struct walk *w)
{
	routes_close(w->routes);
	w->routes = NULL;
	w->again = false;
	w->stations.len = 0;
	w->next = 0;
}

void walk_done(struct walk *w)
{
	walk_forget(w);
	vec_done(&w->stations);
}

static struct receiver *receiver_of(struct turn *t, uint32_t slot_id)
{
	uint32_t slot = world_slot(t->worker->world, slot_id);

	return slot == PLAN_NONE ? NULL : turn_receiver(t, slot);
}

static int add(struct turn *t, const struct receiver_id *id, struct receiver *receiver)
{
	const struct routes *r = t->walk.routes;
	const struct route_name *slot = routes_name(r, id->slot);
	const struct route_name *sender = routes_name(r, id->sender);
	const struct route_name *signal = routes_name(r, id->signal);
	struct station *s = vec_push(&t->walk.stations);

	if (!s)
		return -ENOMEM;
	*s = (struct station){
		.id = *id,
		.receiver = receiver,
		.slot = slot ? routes_text(r, slot->member) : "",
		.sender = sender ? routes_text(r, sender->owner) : "",
		.signal = signal ? routes_text(r, signal->member) : "",
	};
	return 0;
}

/* From a named queue to one of those that stand behind it. */
static int look_up_taker(struct turn *t, const struct record *r)
{
	const struct envelope *e = &r->claim.envelope;
	struct taker *taker = intake_choose(r->from);
	struct receiver_id id = {0, e->sender, e->signal, 0, 0};

	if (!taker)
		return -ENOENT;
	id.slot = taker->slot;
	if (!taker->account || taker->signal != e->signal) {
		taker->account =
			account_find(r->from->queue,
				     &(struct account_key){e->signal, taker->slot}, 1);
		taker->signal = e->signal;
	}
	t->walk.account = taker->account;
	return add(t, &id, taker->receiver);
}

/* Under the lock of the queue, but most messages go where the one before went. */
static uint32_t look_up_account(const struct turn *t, const struct record *r)
{
	struct account_key keys[QUEUE_END_PLACES];
	unsigned len = dispatch_accounts(t->walk.routes, &r->claim.envelope, t->index,
					 keys, QUEUE_END_PLACES);

	return account_find(r->from->queue, keys, len);
}

/* A slot that has come to this loop is for a worker that knows it: the next one. */
static bool lives_here(const struct turn *t, uint32_t slot)
{
	const struct route_name *n = routes_name(t->walk.routes, slot);

	return n && n->kind == ROUTE_SLOT && n->queue == t->index;
}

/* Which connection is for one message only has to be asked for each. */
static int look_up_all(struct turn *t, const struct record *r)
{
	struct walk *w = &t->walk;
	struct dispatch d = {
		.routes = w->routes, .envelope = &r->claim.envelope, .queue = t->index};
	struct receiver_id id;
	int code = 0;

	w->again = true;
	while (code == 0 && dispatch_next(&d, &id)) {
		struct receiver *receiver = receiver_of(t, id.slot);

		if (!receiver && lives_here(t, id.slot))
			return -ESTALE;
		code = add(t, &id, receiver);
		w->again = w->again && !id.once;
		if (!receiver && !forward_home(t, id.slot))
			queue_end_note(d.ends, id.place, QUEUE_CUT_OFF);
	}
	w->again = w->again && code == 0;
	w->missed = d.missed;
	w->spent = d.spent;
	memcpy(w->ends, d.ends, sizeof(w->ends));
	w->account = look_up_account(t, r);
	return code;
}

static int look_up(struct turn *t, const struct record *r)
{
	struct walk *w = &t->walk;

	walk_forget(w);
	w->routes = routes_share(t->worker->world->routes);
	w->like = r->claim.envelope;
	w->missed = w->spent = 0;
	w->ends[0] = w->ends[1] = 0;
	return r->from->named ? look_up_taker(t, r) : look_up_all(t, r);
}

static bool goes_the_same_way(const struct turn *t, const struct envelope *e)
{
	const struct walk *w = &t->walk;

	return w->again && w->routes == t->worker->world->routes &&
	       e->signal == w->like.signal && e->sender == w->like.sender &&
	       e->connection == w->like.connection &&
	       e->generation == w->like.generation;
}

bool walk_begin(struct turn *t, const struct record *r)
{
	int code;

	t->walk.next = 0;
	if (!r->from->named && goes_the_same_way(t, &r->claim.envelope))
		return true;
	code = look_up(t, r);
	if (code == 0)
		return true;
	walk_forget(&t->walk); /* to none rather than to some of them */
	if (code == -ESTALE)
		turn_end(t, r->claim.seq);
	return false;
}

const struct station *walk_at(struct turn *t, const struct record *r)
{
	struct walk *w = &t->walk;

	for (; w->next < w->stations.len; w->next++) {
		const struct station *s = &w->stations.at[w->next];

		if (!s->id.once || once_for(t, s->id.once, r->claim.seq))
			return s;
		w->spent++;
		queue_end_note(w->ends, s->id.place, QUEUE_SPENT);
	}
	return NULL;
}

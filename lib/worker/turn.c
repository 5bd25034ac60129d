/* SPDX-License-Identifier: MIT */
/*
 * A loop of the topology: claim, walk the receivers, acknowledge.
 *
 * A record is acknowledged when each of its jobs is done and each of its outputs is in
 * the queue of every receiver, so a crash at any point repeats work and loses none.
 */
#include "worker/turn.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "worker/life.h"
#include "worker/receiver.h"
#include "worker/tick.h"

enum { OUTGOING_MOST = 1024, OUTGOING_BYTES = 4 << 20, RETRY_MS = 100 };

static void bell(struct watch *w, uint32_t events)
{
	(void)events;
	turn_pump(container_of(w, struct turn, bell));
}

static void came_due(struct timer *timer, uint64_t now)
{
	(void)now;
	turn_pump(container_of(timer, struct turn, due));
}

static void look_again(struct turn *t, uint64_t due)
{
	t->due.fire = came_due;
	loop_arm(&t->worker->loop, &t->due, due);
}

/*
 * Where a message can take long, no more are claimed than are begun, so that a crash
 * counts as an attempt of these alone.
 */
static void choose_batch(struct turn *t)
{
	const struct plan *p = t->worker->world->plan;

	t->batch = TURN_BATCH;
	t->most = UINT32_MAX;
	vec_each(r, &t->receivers) {
		enum plan_slot_kind kind = p->slots[(*r)->plan_slot].kind;

		if (kind != PLAN_RUN && kind != PLAN_EXEC && !(*r)->spec.reply_line)
			continue;
		if (t->batch != 1 || (*r)->parallel > t->most)
			t->most = (*r)->parallel;
		t->batch = 1;
	}
}

static int add_slots(struct turn *t, struct sigslot_error *err)
{
	const struct plan *p = t->worker->world->plan;

	for (uint32_t i = 0; i < p->slots_len; i++) {
		const struct plan_slot *s = &p->slots[i];
		struct receiver **at;

		if (s->owner != PLAN_OBJECT || s->kind == PLAN_MEMBER ||
		    p->objects[s->owned_by].loop != t->index || turn_receiver(t, i))
			continue;
		at = vec_add(&t->receivers);
		if (!at || !(*at = receiver_new(t, i, err)))
			return -ENOMEM;
	}
	return 0;
}

int turn_init(struct turn *t, struct worker *w, uint32_t index,
	      struct sigslot_error *err)
{
	const struct world *world = w->world;
	const char *name = world->plan->loops[index].name;
	int r;

	*t = (struct turn){.worker = w, .index = index, .empty = true};
	t->board = &world->board->loops[index];
	t->end_seq = UINT64_MAX;
	r = queue_open(world->queues, name, w->identity, &t->queue, err);
	if (r == 0)
		r = add_slots(t, err);
	if (r == 0)
		r = tick_add_all(t);
	choose_batch(t);
	return r;
}

void turn_done(struct turn *t)
{
	vec_each(r, &t->receivers)
		receiver_free(*r);
	vec_each(k, &t->ticks)
		free(*k);
	vec_done(&t->receivers);
	vec_done(&t->acks);
	vec_done(&t->ticks);
	queue_close(t->queue);
}

struct receiver *turn_receiver(struct turn *t, uint32_t plan_slot)
{
	const struct plan *p = t->worker->world->plan;
	const struct plan_slot *s = &p->slots[plan_slot];

	vec_each(r, &t->receivers)
		if ((*r)->plan_slot == plan_slot ||
		    (s->kind == PLAN_PLUGIN_SLOT && (*r)->object == s->owned_by &&
		     p->slots[(*r)->plan_slot].kind == PLAN_PLUGIN_SLOT))
			return *r;
	return NULL;
}

/*
 * Acknowledges what is done, and claims when `max` is not 0. Returns how many. While a
 * stopped process holds the queue nothing is done, and it is tried again.
 */
static int turn_over(struct turn *t, unsigned max)
{
	struct sigslot_error err = {0};
	int n = queue_turn(t->queue, t->acks.at, t->acks.len, t->claims, max, &err);

	if (n != -ETIMEDOUT)
		t->acks.len = 0;
	if (n >= 0)
		return n;
	log_line("sigslot", "%s", err.text);
	if (n == -ETIMEDOUT)
		look_again(t, clock_now() + RETRY_MS * NS_PER_MS);
	else
		worker_say(t->worker, WIRE_FAULT, t->index, (uint64_t)-n);
	return 0;
}

static void forget(struct record *r)
{
	*r->place = r->next;
	if (r->next)
		r->next->place = r->place;
	r->turn->open--;
	free(r->copy);
	free(r);
}

static void settle(struct record *r)
{
	struct turn *t = r->turn;

	if (r->again) {
		queue_return(t->queue, &r->claim,
			     t->now ? 0 : clock_now() + 100 * NS_PER_MS, t->now);
	} else {
		struct claim *ack;

		if (t->acks.len >= TURN_BATCH)
			turn_over(t, 0);
		ack = vec_add(&t->acks);
		if (ack)
			*ack = r->claim;
	}
	forget(r);
}

void turn_abandon(struct turn *t)
{
	while (t->records) {
		queue_return(t->queue, &t->records->claim, 0, true);
		forget(t->records);
	}
	t->current = NULL;
	t->have_receiver = false;
	t->busy = NULL;
	t->busy_len = 0;
}

void turn_release(struct record *r)
{
	if (--r->pending == 0 && r->walked)
		settle(r);
}

bool turn_idle(const struct turn *t)
{
	bool waiting = timer_armed(&t->due) && t->end_seq == UINT64_MAX;

	return t->empty && !waiting && !t->open && !t->current &&
	       t->next == t->claims_len && !t->outgoing && !t->busy_len && !t->acks.len;
}

/* The outbox may hold so much of one loop; beyond it the loop takes nothing more. */
static void hold(struct turn *t, bool held)
{
	if (t->held == held)
		return;
	t->held = held;
	vec_each(r, &t->receivers)
		if ((*r)->slot)
			slot_hold((*r)->slot, held);
	if (!held)
		vec_each(k, &t->ticks)
			ticker_wake(&(*k)->ticker);
}

void turn_outgoing(struct turn *t, int copies, size_t size)
{
	t->outgoing += (size_t)copies;
	t->outgoing_bytes += (size_t)copies * size;
	if (t->now)
		return; /* what its slots still write is read to the end */
	if (t->outgoing >= OUTGOING_MOST || t->outgoing_bytes >= OUTGOING_BYTES)
		hold(t, true);
	else if (t->held && t->outgoing <= OUTGOING_MOST / 2 &&
		 t->outgoing_bytes <= OUTGOING_BYTES / 2)
		hold(t, false);
}

static struct receiver *receiver_of(struct turn *t, uint32_t slot_id)
{
	uint32_t slot = t->worker->world->slots_by_id[slot_id];

	return slot == PLAN_NONE ? NULL : turn_receiver(t, slot);
}

/* Takes the next claimed message up. False: there is none that may be begun. */
static bool begin(struct turn *t)
{
	struct record *r;

	if (t->next == t->claims_len || t->now)
		return false;
	r = malloc(sizeof(*r)); /* quicker than calloc() where one is free */
	if (!r)
		return false;
	*r = (struct record){.turn = t, .claim = t->claims[t->next++]};
	t->open++;
	r->next = t->records;
	r->place = &t->records;
	if (r->next)
		r->next->place = &r->next;
	t->records = r;
	t->current = r;
	t->have_receiver = false;
	t->dispatch = (struct dispatch){t->worker->world->routes, &r->claim.envelope,
					t->index, 0};
	board_add(&t->board->in, 1);
	return true;
}

/* The current message has no more receivers; one that never had any was cut off. */
static void conclude(struct turn *t)
{
	struct record *r = t->current;

	if (!r->receivers && !r->again)
		board_add(&t->board->dropped, 1);
	t->current = NULL;
	r->walked = true;
	if (!r->pending)
		settle(r);
}

/* Gives jobs until one has to be waited for. True: all that was claimed is begun. */
static bool step(struct turn *t)
{
	if (t->now && t->current) {
		t->current->again = true; /* it had waited for its turn */
		t->have_receiver = false;
		conclude(t);
	}
	while (t->current || begin(t)) {
		struct receiver *r;

		if (!t->have_receiver && !dispatch_next(&t->dispatch, &t->receiver)) {
			conclude(t);
			continue;
		}
		t->have_receiver = true;
		r = receiver_of(t, t->receiver.slot);
		if (r && !receiver_free_for(r, t))
			return false;
		t->have_receiver = false;
		if (!r)
			continue;
		t->current->receivers++;
		receiver_deliver(r, t->current, &t->receiver);
	}
	return t->next == t->claims_len;
}

/* Gives back what must not be begun any more. */
static void give_back(struct turn *t)
{
	unsigned keep = t->next;

	for (unsigned i = t->next; i < t->claims_len; i++)
		if (t->now || t->claims[i].seq >= t->end_seq)
			queue_return(t->queue, &t->claims[i], 0, false);
		else
			t->claims[keep++] = t->claims[i];
	if (keep < t->claims_len)
		t->empty = true;
	t->claims_len = keep;
}

static void fill(struct turn *t)
{
	uint64_t due;

	outbox_flush(&t->worker->outbox);
	t->next = t->claims_len = 0;
	t->claims_len = (unsigned)turn_over(t, t->batch);
	t->empty = t->claims_len == 0;
	give_back(t);
	due = t->empty ? queue_due(t->queue) : NEVER;
	if (due != NEVER)
		look_again(t, due);
}

static bool willing(const struct turn *t)
{
	return t->up && !t->now && !t->held && t->begun < PHASE_FINISHED &&
	       !t->current && t->next == t->claims_len && t->open < t->most &&
	       !(t->end_seq != UINT64_MAX && t->empty);
}

static void pump_again(struct later *l)
{
	turn_pump(container_of(l, struct turn, again));
}

void turn_pump_later(struct turn *t)
{
	if (!t->stepping)
		loop_later(&t->worker->loop, &t->again, pump_again);
}

void turn_pump(struct turn *t)
{
	bool more;

	if (t->stepping)
		return;
	t->stepping = true;
	more = step(t);
	if (more && willing(t)) {
		fill(t);
		step(t);
	} else if (t->acks.len) {
		turn_over(t, 0);
	}
	t->stepping = false;
	t->board->busy = t->open || t->outgoing;
	if (t->up && !t->bell.loop)
		loop_watch(&t->worker->loop, &t->bell, queue_data_fd(t->queue), EPOLLIN,
			   bell);
	if (t->bell.loop)
		loop_rewatch(&t->bell, willing(t) ? EPOLLIN : 0);
	life_check(t);
}

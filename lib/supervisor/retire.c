/* SPDX-License-Identifier: MIT */
/*
 * The end of loops, named queues and processes that a topology which was read again
 * does not have.
 */
#include "supervisor/retire.h"

#include <stdio.h>

#include "base/log.h"
#include "queue/dead.h"
#include "supervisor/fork.h"

uint64_t retire_queued(const struct supervisor *s, const char *name)
{
	struct queue_counts n;

	return queue_peek(s->world.queues, name, &n, NULL) == 0 ? n.records : 0;
}

bool retire_taken(const struct supervisor *s, const char *name)
{
	const struct routes *r = s->world.routes;
	const struct route_name *n =
		routes_name(r, routes_find(r, name, "", ROUTE_OBJECT));

	for (uint32_t i = 0; n && i < n->targets_len; i++) {
		const struct route_target *t = routes_target(r, n->first_target + i);

		if (t && t->queue < s->plan->loops_len && !s->lamps[t->queue].down)
			return true;
	}
	return false;
}

static int refuse(const char *what, const char *name, uint64_t n, const char *messages,
		  const char *advice, struct sigslot_error *err)
{
	return fail(err, -EBUSY,
		    "%s '%s' is not in the file, and keeps %llu %s%s: %s; nothing has "
		    "changed",
		    what, name, (unsigned long long)n, messages, n == 1 ? "" : "s",
		    advice);
}

static int judge_dead(const struct supervisor *s, const char *what, const char *name,
		      struct sigslot_error *err)
{
	uint64_t n = dead_count(s->world.queues, name);

	return n ? refuse(what, name, n, "dead message",
			  "send them back with 'sigslot queue retry' first", err)
		 : 0;
}

static int judge_loop(const struct supervisor *s, uint32_t loop,
		      struct sigslot_error *err)
{
	const char *name = s->plan->loops[loop].name;
	bool works = s->world.leaving[loop] && !s->lamps[loop].down;
	uint64_t n = works ? 0 : retire_queued(s, name);

	if (n)
		return refuse("loop", name, n, "message",
			      "it does not run: start it first", err);
	return judge_dead(s, "loop", name, err);
}

static int judge_queue(const struct supervisor *s, uint32_t queue,
		       struct sigslot_error *err)
{
	const char *name = s->plan->queues[queue].name;
	uint64_t n = retire_taken(s, name) ? 0 : retire_queued(s, name);

	if (n)
		return refuse("queue", name, n, "message",
			      "take them out with 'sigslot queue get' first", err);
	return judge_dead(s, "queue", name, err);
}

int retire_judge(const struct supervisor *s, const struct plan *next,
		 struct sigslot_error *err)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < s->plan->loops_len; i++)
		if (*s->plan->loops[i].name && !*next->loops[i].name)
			r = judge_loop(s, i, err);
	for (uint32_t i = 0; r == 0 && i < s->plan->queues_len; i++)
		if (*s->plan->queues[i].name && !*next->queues[i].name)
			r = judge_queue(s, i, err);
	return r;
}

/* It is shut first: nobody is told that a message is in it which goes with it. */
static uint64_t drop(struct supervisor *s, const char *what, const char *name)
{
	struct sigslot_error err = {0};
	struct queue_counts n = {0};
	struct queue *q = NULL;

	if (queue_open(s->world.queues, name, s->identity, &q, NULL) == 0) {
		queue_shut(q, true);
		queue_recover(q, 0, 0);
		queue_counts(q, &n);
		queue_close(q);
	}
	if (n.records)
		log_line("sigslot", "%llu message%s to %s '%s' dropped: it has gone",
			 (unsigned long long)n.records, n.records == 1 ? "" : "s", what,
			 name);
	if (!dead_count(s->world.queues, name))
		dead_remove(s->world.queues, name, NULL);
	if (queue_remove(s->world.queues, name, &err) < 0)
		log_line("sigslot", "%s", err.text);
	return n.records;
}

static void remove_loop(struct supervisor *s, uint32_t loop)
{
	struct board_loop *b = &s->world.board->loops[loop];

	board_add(&b->dropped, drop(s, "loop", s->plan->loops[loop].was));
	b->state = BOARD_STOPPED;
	b->process = PLAN_NONE;
	b->name[0] = '\0';
	s->lamps[loop] =
		(struct lamp){.process = PLAN_NONE, .phase = PHASE_DOWN, .down = true};
}

void retire_renew(struct supervisor *s, uint32_t loop)
{
	struct board_loop *b = &s->world.board->loops[loop];
	const struct plan_loop *l = &s->plan->loops[loop];

	if (!*l->name)
		return;
	s->lamps[loop] = (struct lamp){.process = l->process, .down = s->stop.now};
	snprintf(b->name, sizeof(b->name), "%s", l->name);
	b->process = l->process;
	b->state = BOARD_STARTING;
	fork_count_sources(&s->hands[l->process], s->plan, loop);
}

static void settle_loop(struct supervisor *s, uint32_t loop)
{
	const struct plan_loop *l = &s->plan->loops[loop];
	uint32_t process = s->lamps[loop].process;

	if (s->world.leaving[loop] || process == l->process)
		return;
	if (!*l->name) {
		remove_loop(s, loop);
		return;
	}
	retire_renew(s, loop);
	/* its worker may be there already, and did not start it; or does not know it */
	if (s->hands[l->process].stale)
		s->lamps[loop].phase = PHASE_DOWN;
	else
		s->lamps[loop].held = !s->stop.now && s->hands[l->process].alive;
}

static void settle_queue(struct supervisor *s, uint32_t queue)
{
	struct board_queue *b = board_queue(s->world.board, queue);
	const struct plan_queue *q = &s->plan->queues[queue];

	if (*q->name || s->world.emptying[queue] || !*b->name)
		return;
	s->guests_dropped += (unsigned)drop(s, "queue", q->was);
	b->name[0] = '\0';
	b->slots = 0;
}

static void settle_process(struct supervisor *s, uint32_t process)
{
	struct board_process *b = board_process(s->world.board, process);
	struct hand *h = &s->hands[process];
	bool wanted = false;

	if (h->alive || h->stale || timer_armed(&h->restart))
		return;
	snprintf(b->name, sizeof(b->name), "%s", s->plan->processes[process].name);
	if (!*b->name)
		return;
	for (uint32_t i = 0; !wanted && i < s->plan->loops_len; i++)
		wanted = s->lamps[i].process == process && !s->lamps[i].down;
	if (!wanted)
		return;
	hand_assign(h);
	hand_start_soon(h);
}

void retire_all(struct supervisor *s)
{
	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		settle_loop(s, i);
	for (uint32_t i = 0; i < s->plan->queues_len; i++)
		settle_queue(s, i);
	for (uint32_t i = 0; i < s->plan->processes_len; i++)
		settle_process(s, i);
}

/* SPDX-License-Identifier: MIT */
/*
 * The life of a worker process: forked, heard, mourned, started again or given up.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/heap.h"
#include "base/log.h"
#include "base/packet.h"
#include "queue/queue.h"
#include "supervisor/follow.h"
#include "supervisor/fork.h"
#include "supervisor/pass.h"
#include "worker/stray.h"
#include "worker/worker.h"

void hand_employ(struct supervisor *s, uint32_t process)
{
	s->hands[process].super = s;
	s->hands[process].index = process;
}

/* For all that may come while it runs: pages that nothing touches cost nothing. */
int hand_room(struct supervisor *s, struct sigslot_error *err)
{
	const struct board *b = s->world.board;

	s->hands = calloc(b->processes_room, sizeof(*s->hands));
	s->lamps = calloc(b->loops_room, sizeof(*s->lamps));
	s->world.leaving = calloc(b->loops_room, sizeof(bool));
	s->world.emptying = calloc(b->queues_room, sizeof(bool));
	if (!s->hands || !s->lamps || !s->world.leaving || !s->world.emptying)
		return fail(err, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		s->lamps[i].process = s->plan->loops[i].process;
	for (uint32_t i = 0; i < s->plan->processes_len; i++)
		hand_employ(s, i);
	return 0;
}

enum { MANY = 8 }; /* workers: for fewer the heap is not tidied */

/* Returns 1, or 0 if it is gone, or -1 if it has nothing to say now. */
static int hear(struct hand *h)
{
	struct wire packet;
	ssize_t n = recv(h->channel.fd, &packet, sizeof(packet), MSG_DONTWAIT);

	if (n == (ssize_t)sizeof(packet))
		super_heard(h->super, h, &packet);
	return n > 0 ? 1 : (int)n;
}

void hand_assign(struct hand *h)
{
	const struct plan *p = h->super->plan;
	bool wanted = *p->processes[h->index].name;

	plan_free(h->plan);
	h->plan = wanted ? plan_share(p) : NULL;
}

void hand_dismiss(struct hand *h)
{
	budget_clear(&h->budget);
	plan_free(h->plan);
	h->plan = NULL;
}

const struct plan_process *hand_process(const struct hand *h)
{
	const struct plan *p = h->plan ? h->plan : h->super->plan;

	return &p->processes[h->index];
}

static void heard(struct watch *w, uint32_t events)
{
	(void)events;
	if (hear(container_of(w, struct hand, channel)) == 0)
		loop_unwatch(w); /* its end comes by the pidfd */
}

void hand_recover(struct supervisor *s)
{
	const struct world *w = &s->world;

	for (uint32_t i = 0; i < routes_queues_len(w->routes); i++) {
		const char *name =
			routes_text(w->routes, routes_queue(w->routes, i)->name);
		struct sigslot_error err = {0};
		struct queue *q = NULL;

		if (i == world_control(w) || !*name)
			continue;
		if (queue_open(w->queues, name, s->identity, &q, &err) < 0) {
			log_line("sigslot", "%s", err.text);
			continue;
		}
		queue_recover(q, 0, 0);
		if (i >= s->plan->loops_len || *s->plan->loops[i].name)
			queue_shut(q,
				   false); /* as a run that ended in good order did */
		queue_close(q);
	}
}

static void start_again(struct timer *t, uint64_t now)
{
	struct hand *h = container_of(t, struct hand, restart);
	struct sigslot_error err = {0};

	(void)now;
	if (hand_start(h, &err) < 0) {
		log_line("sigslot", "%s", err.text);
		loop_arm(&h->super->loop, t, clock_now() + NS_PER_S);
	}
}

void hand_start_soon(struct hand *h)
{
	h->restart.fire = start_again;
	loop_arm(&h->super->loop, &h->restart, clock_now());
}

/* What is done about a death, by what is wanted and what the policy says. */
enum remedy { REMEDY_NONE, REMEDY_NOW, REMEDY_LATER, REMEDY_GIVE_UP };

static enum remedy choose(struct hand *h, int status, uint64_t now, bool blamed)
{
	const struct budget_policy *p = &hand_process(h)->restart;
	bool failed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;

	if (h->leaving)
		return h->again ? REMEDY_NOW : REMEDY_NONE;
	if (h->super->stop.now)
		return REMEDY_NONE;
	if (h->fault && h->budget.len == 0 && !h->super->ready)
		return REMEDY_GIVE_UP;
	if (!budget_wants(p, failed))
		return REMEDY_GIVE_UP;
	return blamed || budget_spend(&h->budget, p, now) ? REMEDY_LATER
							  : REMEDY_GIVE_UP;
}

static void set_loops(struct hand *h, enum board_state state)
{
	const struct plan *p = h->super->plan;

	for (uint32_t i = 0; i < p->loops_len; i++) {
		struct lamp *lamp = &h->super->lamps[i];

		if (lamp->process != h->index || lamp->down)
			continue;
		lamp->up = lamp->ready = false;
		lamp->phase = lamp->asked = PHASE_UP;
		lamp->down = state == BOARD_FAILED || state == BOARD_STOPPED;
		h->super->world.board->loops[i].state = state;
		h->super->world.board->loops[i].busy = 0;
	}
}

static void give_up(struct hand *h)
{
	const struct plan_process *p = hand_process(h);
	struct supervisor *s = h->super;
	int status = follow_status(board_process(s->world.board, h->index)->status);

	log_line("sigslot", "process '%s' is given up", p->name);
	if (!s->status)
		s->status = p->on_exit == UPKEEP_STOP_ALL ? status : 1;
	s->given_up = s->given_up || p->on_exit != UPKEEP_IGNORE;
	follow_advance(s);
}

static void apply(struct hand *h, enum remedy remedy, uint64_t now)
{
	static const enum board_state states[] = {
		[REMEDY_NONE] = BOARD_STOPPED,
		[REMEDY_NOW] = BOARD_STARTING,
		[REMEDY_LATER] = BOARD_WAITING,
		[REMEDY_GIVE_UP] = BOARD_FAILED,
	};
	const struct plan_process *p = hand_process(h);

	set_loops(h, states[remedy]);
	h->leaving = h->again = h->fault = h->restarting = false;
	h->renewing = h->owed = false;
	h->restart.fire = start_again;
	if (remedy == REMEDY_NOW)
		hand_start_soon(h);
	board_process(h->super->world.board, h->index)->next = 0;
	if (remedy == REMEDY_LATER) {
		struct board *b = h->super->world.board;
		uint64_t ns = budget_wait(&h->budget, &p->restart);
		char text[32];

		board_process(b, h->index)->next = clock_after(now, ns);
		log_line("sigslot", "process '%s' is started again in %s", p->name,
			 unit_duration_text(ns < NS_PER_MS ? ns : ns - ns % NS_PER_MS,
					    text));
		loop_arm(&h->super->loop, &h->restart, clock_after(now, ns));
	}
	if (remedy == REMEDY_GIVE_UP) {
		give_up(h);
	}
}

/* What its loops have taken and emitted so far, and what they have in hand. */
static void sum_up(const struct hand *h, uint64_t *in, uint64_t *out, uint64_t *open)
{
	const struct plan *p = h->super->plan;

	*in = *out = *open = 0;
	for (uint32_t i = 0; i < p->loops_len; i++) {
		const struct board_loop *b = &h->super->world.board->loops[i];

		if (h->super->lamps[i].process != h->index)
			continue;
		*in += b->in;
		*out += b->out;
		*open += b->engaged > b->busy ? b->engaged : b->busy;
	}
}

/* Whether it has done a message, or, if it takes none, has emitted one. */
static bool worked(const struct hand *h)
{
	uint64_t in, out, open;

	sum_up(h, &in, &out, &open);
	return in == h->in ? out > h->out : in - h->in > open;
}

static void ended(struct child *c, int status)
{
	struct hand *h = container_of(c, struct hand, child);
	struct supervisor *s = h->super;
	const char *name = hand_process(h)->name;
	struct board_process *b = board_process(s->world.board, h->index);
	uint64_t now = clock_now();
	enum remedy remedy;
	int fd = h->channel.fd;
	bool blamed = false, left;

	while (h->channel.loop && hear(h) > 0)
		; /* its last words */
	loop_unwatch(&h->channel);
	fd_close(&fd);
	h->alive = false;
	b->pid = 0;
	b->status = status;
	b->started = 0;
	h->careful = !h->leaving;
	if (!h->leaving)
		blamed = suspect_blame(h, status);
	if (!h->leaving || status != 0) { /* else it gave everything back itself */
		stray_kill(s->world.run, name);
		hand_recover(s);
	}
	budget_refill(&h->budget, now - h->started, worked(h));
	remedy = choose(h, status, now, blamed);
	left = h->leaving || h->renewing || remedy != REMEDY_LATER;
	super_lost(s, h, status);
	apply(h, remedy, now);
	if (h->stale && left)
		pass_left(h);
	super_check(s);
}

static void prepare(struct hand *h)
{
	uint64_t open;

	fork_prepare(h);
	sum_up(h, &h->in, &h->out, &open);
	h->started = clock_now();
}

static int watch(struct hand *h, struct sigslot_error *err)
{
	struct supervisor *s = h->super;
	struct board_process *b = board_process(s->world.board, h->index);
	int r;

	setpgid(h->child.pid, h->child.pid);
	h->alive = true;
	h->restarting = h->stale;
	b->pid = h->child.pid;
	if (b->started || b->status != -1)
		b->restarts++;
	b->started = h->started;
	r = loop_watch(&s->loop, &h->channel, h->channel.fd, EPOLLIN, heard);
	if (r == 0)
		r = loop_child(&s->loop, &h->child, h->child.pid, ended);
	return r < 0 ? fail(err, r, "cannot watch a worker: %s", strerror(-r)) : 0;
}

int hands_start(struct supervisor *s, uint32_t first, uint32_t len,
		struct sigslot_error *err)
{
	struct hand *end = s->hands + first + len, *h;
	struct heap_filling *filling;
	int r = 0, w = 0;

	for (h = s->hands + first; h < end; h++)
		prepare(h);
	filling = len < MANY ? NULL : heap_tidy();
	for (h = s->hands + first; r == 0 && h < end; h++)
		r = fork_worker(h, err);
	heap_untidy(filling);
	if (r < 0)
		end = h - 1;
	for (h = s->hands + first; w == 0 && h < end; h++)
		w = watch(h, r < 0 ? NULL : err);
	return r < 0 ? r : w;
}

int hand_start(struct hand *h, struct sigslot_error *err)
{
	return hands_start(h->super, h->index, 1, err);
}

void hand_say(struct hand *h, enum wire_op op, uint32_t index, uint64_t value)
{
	struct wire packet = {op, index, value};

	if (h->alive && h->channel.loop)
		packet_send(h->channel.fd, &packet, sizeof(packet), -1, 0);
}

void hand_renew(struct hand *h, int fd)
{
	struct wire packet = {.op = WIRE_PLAN};

	h->renewing = true;
	if (h->alive && h->channel.loop)
		packet_send(h->channel.fd, &packet, sizeof(packet), fd, 0);
}

void hand_leave(struct hand *h, bool again)
{
	h->leaving = true;
	h->again = again;
	hand_say(h, WIRE_EXIT, 0, 0);
}

void hand_let_go(struct hand *h)
{
	loop_disarm(&h->super->loop, &h->restart);
	h->restarting = h->again = false;
}

void hand_kill_all(struct supervisor *s)
{
	for (uint32_t i = 0; i < s->plan->processes_len; i++)
		child_kill(&s->hands[i].child, SIGKILL);
}

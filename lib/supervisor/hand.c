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
#include "base/process.h"
#include "queue/queue.h"
#include "supervisor/follow.h"
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
	if (!s->hands || !s->lamps)
		return fail(err, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < s->plan->processes_len; i++)
		hand_employ(s, i);
	return 0;
}

/* Returns 1, or 0 if it is gone, or -1 if it has nothing to say now. */
static int hear(struct hand *h)
{
	struct wire packet;
	ssize_t n = recv(h->channel.fd, &packet, sizeof(packet), MSG_DONTWAIT);

	if (n == (ssize_t)sizeof(packet))
		super_heard(h->super, h, &packet);
	return n > 0 ? 1 : (int)n;
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
		queue_shut(q, false); /* a run that ended in good order shut it */
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
	const struct budget_policy *p = &h->super->plan->processes[h->index].restart;
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

		if (p->loops[i].process != h->index || lamp->down)
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
	const struct plan_process *p = &h->super->plan->processes[h->index];
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
	const struct plan_process *p = &h->super->plan->processes[h->index];

	set_loops(h, states[remedy]);
	h->leaving = h->again = h->fault = h->restarting = false;
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

		if (p->loops[i].process != h->index)
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
	const char *name = s->plan->processes[h->index].name;
	struct board_process *b = board_process(s->world.board, h->index);
	uint64_t now = clock_now();
	enum remedy remedy;
	int fd = h->channel.fd;
	bool blamed = false;

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
	super_lost(s, h, status);
	apply(h, remedy, now);
	super_check(s);
}

/* Which loops start with it; it is told of the others when what they wait for is up. */
static void choose_loops(struct hand *h)
{
	const struct plan *p = h->super->plan;

	for (uint32_t i = 0; i < p->loops_len; i++) {
		if (p->loops[i].process != h->index || h->super->lamps[i].down)
			continue;
		h->super->world.board->loops[i].state = BOARD_STARTING;
		follow_holds(h->super, i);
	}
}

/* They start with their worker, each time. */
static void count_sources(struct hand *h)
{
	const struct plan *p = h->super->plan;

	for (uint32_t i = 0; i < p->loops_len; i++)
		if (p->loops[i].process == h->index)
			h->super->lamps[i].sources = 0;
	for (uint32_t i = 0; i < p->objects_len; i++) {
		const struct plan_object *o = &p->objects[i];

		if (p->loops[o->loop].process != h->index)
			continue;
		for (uint32_t k = 0; k < o->members.slots_len; k++)
			h->super->lamps[o->loop].sources +=
				p->slots[o->members.first_slot + k].kind == PLAN_SOURCE;
	}
}

static void prepare(struct hand *h)
{
	uint64_t open;

	choose_loops(h);
	count_sources(h);
	sum_up(h, &h->in, &h->out, &open);
	h->started = clock_now();
}

/* In the child. */
static _Noreturn void be_worker(struct hand *h, int channel)
{
	struct supervisor *s = h->super;
	bool *start = calloc(s->plan->loops_len, sizeof(bool));

	if (!start)
		_exit(1);
	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		start[i] = s->plan->loops[i].process == h->index && !s->lamps[i].down &&
			   !s->lamps[i].held;
	worker_main(&s->world, h->index, start, channel, h->careful);
}

static int fork_worker(struct hand *h, struct sigslot_error *err)
{
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return fail_errno(err, "cannot make a channel to a worker");
	pid = process_fork();
	if (pid == 0)
		be_worker(h, ends[1]);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return fail_errno(err, "cannot start process '%s'",
				  h->super->plan->processes[h->index].name);
	}
	h->child.pid = pid;
	h->channel.fd = ends[0];
	return 0;
}

static int watch(struct hand *h, struct sigslot_error *err)
{
	struct supervisor *s = h->super;
	struct board_process *b = board_process(s->world.board, h->index);
	int r;

	setpgid(h->child.pid, h->child.pid);
	h->alive = true;
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
	filling = heap_tidy();
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
		send(h->channel.fd, &packet, sizeof(packet), MSG_NOSIGNAL);
}

void hand_leave(struct hand *h, bool again)
{
	h->leaving = true;
	h->again = again;
	hand_say(h, WIRE_EXIT, 0, 0);
}

void hand_kill_all(struct supervisor *s)
{
	for (uint32_t i = 0; i < s->plan->processes_len; i++)
		child_kill(&s->hands[i].child, SIGKILL);
}

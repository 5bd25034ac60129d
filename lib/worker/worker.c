/* SPDX-License-Identifier: MIT */
/*
 * A process that runs loops. It ends when its supervisor says so, or when that is gone:
 * then it ends its commands, and itself, at once.
 */
#include "worker/worker.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/packet.h"
#include "base/process.h"
#include "base/signals.h"
#include "message/type.h"
#include "worker/adopt.h"
#include "worker/jam.h"
#include "worker/init.h"
#include "worker/life.h"
#include "worker/orphan.h"
#include "worker/receiver.h"
#include "worker/record.h"
#include "worker/renew.h"
#include "worker/suspend.h"
#include "worker/tick.h"
#include "worker/turn.h"

enum { LINE_MOST = 4000, DOUBT_S = 2 };

uint32_t worker_signal(const struct plan *p, enum plan_owner owner, uint32_t owned_by,
		       const char *name)
{
	const struct plan_members *m = plan_members(p, owner, owned_by);

	for (uint32_t i = 0; i < m->signals_len; i++)
		if (strcmp(p->signals[m->first_signal + i].name, name) == 0)
			return m->first_signal + i;
	return PLAN_NONE;
}

void worker_log(void *data, const char *from, const char *line, size_t size)
{
	static unsigned dropped;
	const struct world *w = data;
	char text[LINE_MOST + 160];
	int head;

	head = dropped ? snprintf(text, sizeof(text),
				  "sigslot | %u lines of the log were dropped: nobody "
				  "reads them\n",
				  dropped)
		       : 0;
	head += snprintf(text + head, sizeof(text) - (size_t)head, "%s | ", from);
	if (size > LINE_MOST - 100)
		size = LINE_MOST - 100;
	memcpy(text + head, line, size);
	text[(size_t)head + size] = '\n';
	if (write(w->log, text, (size_t)head + size + 1) < 0)
		dropped++;
	else
		dropped = 0;
}

void worker_say(struct worker *w, enum wire_op op, uint32_t index, uint64_t value)
{
	struct wire packet = {op, index, value};

	/* a blocking socket: the supervisor always reads, and its death ends us */
	send(w->channel.fd, &packet, sizeof(packet), MSG_NOSIGNAL);
}

static int check_type(struct worker *w, uint32_t signal, const struct payload *p,
		      struct sigslot_error *err)
{
	const struct plan *plan = w->world->plan;
	struct type **t;
	int r = 0;

	if (!w->types)
		w->types = calloc(plan->signals_len, sizeof(*w->types));
	if (!w->types)
		return fail(err, -ENOMEM, "out of memory");
	t = &w->types[signal];
	if (!*t)
		r = type_parse(plan->signals[signal].type, t, err);
	return r < 0 || type_any(*t) ? r : type_accepts(*t, p->data, p->size, err);
}

int worker_emit(struct worker *w, uint32_t signal, const struct payload *p,
		struct turn *from, struct record *origin, bool trusted,
		struct sigslot_error *err)
{
	int copies = trusted ? 0 : check_type(w, signal, p, err);

	if (copies < 0)
		return copies;
	if (world_stale(w->world))
		renew_worker(w);
	copies = outbox_emit(&w->outbox, signal, p, from, origin, err);
	if (copies == -ENOENT && world_stale(w->world)) { /* a guest has just gone */
		renew_worker(w);
		copies = outbox_emit(&w->outbox, signal, p, from, origin, err);
	}
	if (copies < 0)
		return copies;
	if (copies)
		board_add(&from->board->out, 1);
	if (origin)
		origin->pending += (unsigned)copies;
	turn_outgoing(from, copies, p->size);
	return copies;
}

static uint64_t *lost_as(struct turn *t, int code)
{
	if (code == -EDEADLK)
		return &t->board->failed;
	return code == -ENOTCONN ? &t->board->disconnected : &t->board->dropped;
}

static void left(struct outbox *o, void *from, void *origin, size_t size, int code)
{
	struct turn *t = from;
	struct record *record = origin;

	(void)o;
	if (code < 0 && record && t->now)
		record->again = true; /* it goes back, and will be emitted again */
	else if (code < 0)
		board_add(lost_as(t, code), 1);
	turn_outgoing(t, -1, size);
	if (origin)
		record_release(origin);
	turn_pump_later(t);
}

static void outbox_full(struct outbox *o)
{
	struct worker *w = container_of(o, struct worker, outbox);

	for (uint32_t i = 0; i < w->world->plan->loops_len; i++)
		if (w->turns[i]) {
			turn_show(w->turns[i]);
			jam_look(w->turns[i]);
			warn_wait(w->turns[i]);
		}
}

static void outbox_stale(struct outbox *o)
{
	renew_worker(container_of(o, struct worker, outbox));
}

static void start_turn(struct worker *w, uint32_t index)
{
	struct turn *t = w->turns[index];
	struct sigslot_error err = {0};

	w->start[index] = true;
	if (w->init || t->up || life_start(t, &err) == 0)
		return;
	log_line("sigslot", "%s", err.text);
	worker_say(w, WIRE_FAULT, index, (uint64_t)-err.code);
}

static _Noreturn void give_up(struct worker *w, int code,
			      const struct sigslot_error *err)
{
	log_line("sigslot", "process '%s' cannot start: %s",
		 w->world->plan->processes[w->index].name, err->text);
	worker_say(w, WIRE_FAULT, PLAN_NONE, (uint64_t)-code);
	slot_kill_all(SIGKILL);
	_exit(1);
}

static void take_plan(struct worker *w, int fd)
{
	struct sigslot_error err = {0};
	int r = adopt_plan(w, fd, &err);

	if (r < 0)
		give_up(w, r, &err);
	worker_say(w, WIRE_RENEWED, PLAN_NONE, 0);
}

static void act(struct worker *w, const struct wire *p, int fd)
{
	bool here = p->op <= WIRE_START && p->index < w->world->plan->loops_len;
	struct turn *t = here ? w->turns[p->index] : NULL;

	if (world_stale(w->world))
		renew_worker(w);
	if (p->op == WIRE_TIMER)
		tick_set(w, p->index, p->value);
	else if (p->op == WIRE_HERALD)
		life_herald(w, p->index);
	else if (p->op == WIRE_PLAN)
		take_plan(w, fd);
	else if (p->op == WIRE_EXIT)
		loop_quit(&w->loop);
	else if (t && p->op == WIRE_START)
		start_turn(w, p->index);
	else if (t && p->op == WIRE_PHASE)
		life_goal(t, (enum phase)p->value);
	else if (t && (p->op == WIRE_STOP || p->op == WIRE_LEAVE))
		life_stop(t, p->value, p->op == WIRE_LEAVE);
	else if (p->op == WIRE_NOW && w->init)
		init_kill(w);
	else if (t && p->op == WIRE_NOW)
		life_now(t);
}

static void heard(struct watch *watch, uint32_t events)
{
	struct worker *w = container_of(watch, struct worker, channel);
	struct wire packet;
	_close_ int fd = -1;
	ssize_t n =
		packet_receive(watch->fd, &packet, sizeof(packet), &fd, MSG_DONTWAIT);

	(void)events;
	if (n == (ssize_t)sizeof(packet))
		act(w, &packet, fd);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		orphan_die(w);
}

static void settle_in(const struct world *w, int channel)
{
	int keep[] = {w->dir, w->queues, w->log, channel};
	uint64_t changed = w->signals;
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	changed &= ~(1ULL << (SIGBUS - 1)); /* that one belongs to queue/guard.h */
	while (changed)
		signal(signals_take(&changed), SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	suspend_arm();
	orphan_arm();
	process_close_others(keep, ARRAY_LEN(keep));
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The last holder of the place may be dying still. */
static int take_identity(struct worker *w, struct sigslot_error *err)
{
	const struct timespec pause = {.tv_nsec = 5 * 1000000};
	int slot = worker_identity(w->index), r = -EBUSY;

	for (int tries = 0; r == -EBUSY && tries < 400; tries++) {
		r = identity_open(w->world->dir, slot, &w->identity, err);
		if (r == -EBUSY)
			nanosleep(&pause, NULL);
	}
	return r;
}

/* What `init:` was waited for. */
static void start_loops(struct worker *w, int code, struct sigslot_error *err)
{
	for (uint32_t i = 0; code == 0 && i < w->world->plan->loops_len; i++) {
		if (!w->turns[i] || !w->start[i])
			continue;
		if (w->careful)
			turn_doubt(w->turns[i]);
		code = life_start(w->turns[i], err);
	}
	if (code < 0)
		give_up(w, code, err);
	if (w->doubts)
		loop_arm(&w->loop, &w->trust, clock_now() + DOUBT_S * NS_PER_S);
}

static int set_up(struct worker *w, struct sigslot_error *err)
{
	const struct world *world = w->world;
	const struct plan *p = world->plan;
	int r = loop_init(&w->loop);

	w->turns = calloc(p->loops_len, sizeof(*w->turns));
	if (r < 0 || !w->turns)
		return fail(err, r < 0 ? r : -ENOMEM, "cannot set up a worker");
	r = take_identity(w, err);
	if (r == 0)
		outbox_init(&w->outbox, world, &w->loop, w->identity);
	for (uint32_t i = 0; r == 0 && i < p->loops_len; i++) {
		if (p->loops[i].process != w->index)
			continue;
		r = turn_new(w, i, err);
	}
	if (r == 0)
		r = renew_intakes(w, err);
	return r == 0 ? init_begin(w, start_loops, err) : r;
}

/* What kills does so soon; what takes long must not hold up other loops. */
static void trust_all(struct timer *timer, uint64_t now)
{
	struct worker *w = container_of(timer, struct worker, trust);

	(void)now;
	for (uint32_t i = 0; i < w->world->plan->loops_len; i++)
		if (w->turns[i])
			turn_trust(w->turns[i]);
}

_Noreturn void worker_main(struct world *world, uint32_t index, bool *start,
			   int channel, bool careful)
{
	struct worker w = {
		.world = world,
		.index = index,
		.start = start,
		.careful = careful,
		.trust = {.fire = trust_all},
		.outbox = {.left = left, .full = outbox_full, .stale = outbox_stale}};
	struct sigslot_error err = {0};
	int r;

	settle_in(world, channel);
	log_to(worker_log, world);
	w.channel.fd = channel;
	r = set_up(&w, &err);
	if (r == 0)
		r = loop_watch(&w.loop, &w.channel, channel, EPOLLIN, heard);
	if (r < 0)
		give_up(&w, r, &err);
	r = loop_run(&w.loop);
	outbox_flush(&w.outbox);
	for (uint32_t i = 0; i < world->plan->loops_len; i++)
		if (w.turns[i])
			turn_free(w.turns[i]);
	outbox_done(&w.outbox);
	identity_close(w.identity);
	slot_kill_all(SIGKILL);
	_exit(r < 0 ? 1 : 0);
}

/* SPDX-License-Identifier: MIT */
/*
 * sigslot_why(): why something does or does not move, from the board and the queues
 * alone. Nobody is asked and nothing is changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/instance.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/vec.h"
#include "queue/counts.h"
#include "queue/look.h"
#include "route/group.h"
#include "state/board.h"
#include "state/runtime.h"
#include "worker/flow.h"

enum { WAY = 16, BLOCKED = 64, TAIL = 3 };

struct asking {
	struct instance in;
	int queues; /* -1: there are none any more */
	const struct board *board;
	const char *name, *kind;
	sigslot_why_fn fn;
	void *data;
};

static uint64_t ago(uint64_t then)
{
	uint64_t now = clock_now();

	return then && now > then ? now - then : 0;
}

static bool is_name(const char *field, const char *name)
{
	return strncmp(field, name, 64) == 0;
}

static struct flow flow_of(const struct asking *a)
{
	return (struct flow){a->in.routes, a->board};
}

/* The queue that a loop waits for. */
static uint32_t behind(const struct asking *a, uint32_t loop)
{
	struct flow f = flow_of(a);

	return a->in.supervisor ? flow_behind(&f, loop) : FLOW_NONE;
}

/* --- what a loop does, and for whom it waits --- */

static void tell_slot(const struct asking *a, uint32_t loop, char out[static 132],
		      uint64_t *ret_begun_ns)
{
	struct flow f = flow_of(a);

	*out = '\0';
	*ret_begun_ns = 0;
	if (!a->in.supervisor)
		return;
	flow_slot(&f, loop, out);
	*ret_begun_ns = ago(a->board->loops[loop].begun);
}

static bool passed(const char *const *way, unsigned len, const char *queue)
{
	for (unsigned i = 0; i < len; i++)
		if (strcmp(way[i], queue) == 0)
			return true;
	return false;
}

/* The full queues from this loop on, one behind the other, once round a circle. */
static void tell_way(const struct asking *a, uint32_t loop, struct sigslot_why *w,
		     const char **way, char slot[static 132])
{
	struct flow f = flow_of(a);
	uint32_t q;

	while (w->way_len < WAY && (q = behind(a, loop)) != FLOW_NONE) {
		if (passed(way, w->way_len, flow_name(&f, q)))
			break;
		way[w->way_len++] = flow_name(&f, q);
		loop = flow_only_taker(&f, q);
		if (loop == FLOW_NONE)
			break;
		tell_slot(a, loop, slot, &w->way_begun_ns);
		w->way_slot = slot;
	}
}

static void tell_blocked(const struct asking *a, const char *queue,
			 struct sigslot_why *w, const char **blocked)
{
	struct flow f = flow_of(a);

	for (uint32_t i = 0; i < a->board->loops_len && w->blocks_len < BLOCKED; i++)
		if (strcmp(flow_name(&f, behind(a, i)), queue) == 0)
			blocked[w->blocks_len++] = a->board->loops[i].name;
}

static void tell_queue(const struct asking *a, const char *name, struct sigslot_why *w)
{
	struct queue_counts n;
	uint64_t time, seq, now = clock_wall();

	if (a->queues < 0 || queue_peek(a->queues, name, &n, NULL) < 0)
		return;
	w->queued = n.records;
	w->leased = n.leased;
	w->full = n.full;
	w->wanted = n.wanted != 0;
	if (n.records && queue_oldest(a->queues, name, &time, &seq) == 0 && time < now)
		w->oldest_ns = now - time;
}

static void tell_process(const struct asking *a, uint32_t index, struct sigslot_why *w,
			 char exit[static 24])
{
	const struct board_process *p;

	if (index >= a->board->processes_len)
		return;
	p = board_process((struct board *)a->board, index);
	w->process = p->name;
	w->restarts = p->restarts;
	w->exit = board_exit_text(p->status, exit);
	if (!a->in.supervisor)
		return;
	w->pid = p->pid;
	w->up_ns = ago(p->started);
}

static void tell_command(const struct asking *a, const struct board_loop *l,
			 struct sigslot_why *w, char exit[static 24])
{
	const struct route_name *n =
		l->command ? routes_name(a->in.routes, l->command) : NULL;

	if (n) {
		w->command = routes_text(a->in.routes, n->owner);
		w->command_exit = board_exit_text(l->command_status, exit);
	}
	w->command_restarts = l->command_restarts;
	if (a->in.supervisor && l->process < a->board->processes_len)
		w->next_ns = board_next(
			board_process((struct board *)a->board, l->process), l);
}

static const char *tell_after(const struct asking *a, const struct board_loop *l)
{
	const struct route_name *n = a->in.supervisor && l->awaits
					     ? routes_name(a->in.routes, l->awaits)
					     : NULL;

	return n ? routes_text(a->in.routes, n->owner) : "";
}

/* --- what it said last --- */

struct tail {
	VEC(char *) lines;
};

static int keep_line(void *data, const char *name, const char *line)
{
	struct tail *t = data;
	char **at = vec_add(&t->lines);

	if (!at || asprintf(at, "%s | %s", name, line) < 0) {
		if (at)
			*at = NULL;
		return -ENOMEM;
	}
	return 0;
}

static void take_tail(const struct asking *a, struct tail *t)
{
	char address[132];
	const char *names[] = {address};
	struct sigslot_logs what = {names, 1, TAIL, false};

	snprintf(address, sizeof(address), "%s/%s", a->in.name, a->name);
	sigslot_logs(&what, keep_line, t, NULL);
}

static int tell(const struct asking *a, struct sigslot_why *w)
{
	struct tail t = {0};
	int r;

	w->instance = a->in.name;
	w->name = a->name;
	w->kind = a->kind;
	w->supervisor = a->in.supervisor;
	take_tail(a, &t);
	w->tail = (const char *const *)t.lines.at;
	w->tail_len = (unsigned)t.lines.len;
	r = a->fn(a->data, w);
	vec_each(line, &t.lines)
		free(*line);
	vec_done(&t.lines);
	return r;
}

static int tell_loop(const struct asking *a, uint32_t loop)
{
	const struct board_loop *l = &a->board->loops[loop];
	char slot[132], way_slot[132] = "", exit[24], name[64];
	char command_exit[24];
	const char *way[WAY], *blocked[BLOCKED];
	struct sigslot_why w = {
		.loop = memcpy(name, l->name, sizeof(name)),
		.process = "",
		.exit = "",
		.command = "",
		.command_exit = "",
		.after = tell_after(a, l),
		.state = a->in.supervisor ? board_state_text(l->state) : "dead",
		.slot = slot,
		.way = way,
		.way_slot = way_slot,
		.blocks = blocked,
	};

	name[sizeof(name) - 1] = '\0';
	tell_process(a, l->process, &w, exit);
	tell_command(a, l, &w, command_exit);
	tell_queue(a, name, &w);
	tell_slot(a, loop, slot, &w.begun_ns);
	tell_way(a, loop, &w, way, way_slot);
	tell_blocked(a, name, &w, blocked);
	return tell(a, &w);
}

static int tell_named(const struct asking *a, uint32_t queue)
{
	struct flow f = flow_of(a);
	uint32_t taker = a->board ? flow_only_taker(&f, queue) : FLOW_NONE;
	const char *blocked[BLOCKED];
	struct sigslot_why w = {
		.loop = taker == FLOW_NONE ? "" : a->board->loops[taker].name,
		.process = "",
		.exit = "",
		.after = "",
		.command = "",
		.command_exit = "",
		.state = instance_lives(&a->in) ? "queue" : "dead",
		.slot = "",
		.way_slot = "",
		.blocks = blocked,
	};

	tell_queue(a, a->name, &w);
	if (a->board)
		tell_blocked(a, a->name, &w, blocked);
	return tell(a, &w);
}

static int tell_loops_of(struct asking *a, uint32_t process)
{
	int r = 0;

	a->kind = "process";
	for (uint32_t i = 0; r == 0 && i < a->board->loops_len; i++)
		if (a->board->loops[i].process == process)
			r = tell_loop(a, i);
	return r;
}

static int tell_all(struct asking *a, struct sigslot_error *err)
{
	const struct routes *routes = a->in.routes;
	const struct route_name *n =
		routes_name(routes, routes_find(routes, a->name, "", ROUTE_OBJECT));
	const struct route_queue *q = n ? routes_queue(routes, n->queue) : NULL;
	struct board *b = (struct board *)a->board;
	struct flow f = flow_of(a);
	uint32_t loop;

	if (q && q->flags & ROUTE_NAMED) {
		a->kind = "queue";
		return tell_named(a, n->queue);
	}
	for (uint32_t i = 0; b && i < b->processes_len; i++)
		if (is_name(board_process(b, i)->name, a->name))
			return tell_loops_of(a, i);
	loop = b && q ? flow_loop(&f, flow_name(&f, n->queue)) : FLOW_NONE;
	if (loop == FLOW_NONE)
		return fail(err, -ENXIO, "instance '%s' shows nothing of '%s'",
			    a->in.name, a->name);
	a->kind = is_name(b->loops[loop].name, a->name) ? "loop" : "object";
	return tell_loop(a, loop);
}

/* What a plain name stands for is told of one by one. */
static int tell_group(struct asking *a, const char *plain, struct sigslot_error *err)
{
	char name[GROUP_NAME];
	int r = 0;

	a->name = name;
	for (uint32_t n = 1; r == 0 && group_replica(a->in.routes, plain, n, name); n++)
		r = tell_all(a, err);
	return r;
}

int sigslot_why(const char *address, sigslot_why_fn fn, void *data,
		struct sigslot_error *err)
{
	struct asking a = {.queues = -1, .fn = fn, .data = data};
	struct address what;
	int r = address_parse(address, &what, err);

	if (r == 0)
		r = instance_find(&what, &a.in, err);
	if (r < 0)
		return r;
	a.name = what.name;
	if (!instance_has(&a.in, what.name))
		r = instance_no_name(&a.in, &what, err);
	runtime_subdir(a.in.dir, "q", false, &a.queues, NULL);
	if (r == 0 && board_open(a.in.dir, &a.board) < 0)
		a.board = NULL;
	if (r == 0)
		r = routes_find(a.in.routes, what.name, "", ROUTE_OBJECT)
			    ? tell_all(&a, err)
			    : tell_group(&a, what.name, err);
	board_close(a.board);
	fd_close(&a.queues);
	instance_done(&a.in);
	return r;
}

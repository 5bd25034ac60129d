/* SPDX-License-Identifier: MIT */
/*
 * sigslot_wait_exit(): until a worker has ended, and how. It sleeps on the process
 * itself; how it ended is what its supervisor wrote down, also as its last act.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "api/instance.h"
#include "base/clock.h"
#include "base/fd.h"
#include "route/group.h"
#include "state/board.h"
#include "state/lock.h"

enum { LOOK_NS = 2000000 };

struct ending {
	struct instance in;
	const struct board *board;
	struct board_process *process;
	const char *target;
	uint64_t deadline;
};

static bool is_name(const char *field, const char *name)
{
	return strncmp(field, name, 64) == 0;
}

/* The loop of an object; or the name itself. */
static const char *loop_of(struct ending *e, const char *name)
{
	const struct routes *r = e->in.routes;
	char first[GROUP_NAME]; /* replicas share their process */
	const char *known = group_replica(r, name, 1, first) ? first : name;
	const struct route_name *n =
		routes_name(r, routes_find(r, known, "", ROUTE_OBJECT));
	const struct route_queue *q = n ? routes_queue(r, n->queue) : NULL;

	return q && !(q->flags & ROUTE_NAMED) ? routes_text(r, q->name) : name;
}

static int find_process(struct ending *e, const struct address *a,
			struct sigslot_error *err)
{
	struct board *b = (struct board *)e->board;
	const char *loop = loop_of(e, a->name);

	for (uint32_t i = 0; i < b->processes_len && !e->process; i++)
		if (is_name(board_process(b, i)->name, a->name))
			e->process = board_process(b, i);
	for (uint32_t i = 0; i < b->loops_len && !e->process; i++)
		if (is_name(b->loops[i].name, loop) &&
		    b->loops[i].process < b->processes_len)
			e->process = board_process(b, b->loops[i].process);
	return e->process ? 0 : instance_no_name(&e->in, a, err);
}

/* An instance of that name is not meant: it has no worker of its own. */
static int open_target(struct ending *e, struct sigslot_error *err)
{
	struct address a;
	int r = address_parse(e->target, &a, err);

	if (r == 0 && *a.member)
		r = fail(err, -EINVAL, "'%s' names a member: a process is waited for",
			 e->target);
	if (r == 0)
		r = instance_find(&a, &e->in, err);
	if (r < 0)
		return r;
	r = board_open(e->in.dir, &e->board);
	if (r < 0)
		return fail(err, -ENXIO, "no process of instance '%s' is known",
			    e->in.name);
	return find_process(e, &a, err);
}

static bool supervised(const struct ending *e)
{
	pid_t holder;

	return lock_probe(e->in.dir, &holder, NULL) == 0 && holder;
}

/* Sleeps until the process may have ended, or for a moment. False: time is up. */
static bool sleep_on(const struct ending *e, int pidfd)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	uint64_t now = clock_now(), left = e->deadline > now ? e->deadline - now : 0;
	uint64_t ns = pidfd < 0 && left > LOOK_NS ? LOOK_NS : left;
	struct timespec t = {(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};

	if (!left)
		return false;
	ppoll(&p, 1, e->deadline == NEVER && pidfd >= 0 ? NULL : &t, NULL);
	return true;
}

/* Whether it has ended; first: which one it was when the wait began; 0: none yet. */
static bool has_ended(const struct ending *e, int first, uint64_t restarts)
{
	const struct board_process *p = e->process;

	if (first)
		return p->pid != first || p->restarts != restarts;
	return !p->pid && p->status != -1;
}

static int await(struct ending *e, struct sigslot_error *err)
{
	int first = e->process->pid;
	uint64_t restarts = e->process->restarts;
	_close_ int pidfd = first ? (int)syscall(SYS_pidfd_open, first, 0) : -1;

	while (!has_ended(e, first, restarts)) {
		struct pollfd p = {.fd = pidfd, .events = POLLIN};

		if (pidfd >= 0 && poll(&p, 1, 0) > 0)
			fd_close(&pidfd); /* from now on it is a matter of moments */
		if (pidfd < 0 && !supervised(e) && !has_ended(e, first, restarts))
			return fail(err, -ENXIO,
				    "nobody knows how '%s' ended: its supervisor died "
				    "before",
				    e->target);
		if (!sleep_on(e, pidfd))
			return fail(err, -ETIMEDOUT, "'%s' has not ended in time",
				    e->target);
	}
	return 0;
}

int sigslot_wait_exit(const char *target, uint64_t timeout_ns, char ret_exit[24],
		      struct sigslot_error *err)
{
	struct ending e = {.in = {.dir = -1},
			   .target = target,
			   .deadline = clock_after(clock_now(), timeout_ns)};
	int r = open_target(&e, err);

	if (r == 0)
		r = await(&e, err);
	if (r == 0)
		board_exit_text(e.process->status, ret_exit);
	board_close(e.board);
	if (e.in.dir >= 0)
		instance_done(&e.in);
	return r;
}

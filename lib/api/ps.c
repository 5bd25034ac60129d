/* SPDX-License-Identifier: MIT */
/*
 * sigslot_ps() and sigslot_wait(): what can be known of instances from their files
 * alone.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "api/instance.h"
#include "base/clock.h"
#include "base/fd.h"
#include "queue/drop.h"
#include "route/group.h"
#include "state/board.h"
#include "state/lock.h"
#include "state/runtime.h"

enum { LOOK_MS = 5 };

struct walk {
	sigslot_ps_fn fn;
	void *data;
};

static uint64_t dropped_by_full(const struct queue_counts *n)
{
	uint64_t sum = 0;

	for (unsigned full = 0; full < QUEUE_FULLS; full++)
		sum += queue_dropped_by(n, full);
	return sum;
}

static int tell_loop(const struct walk *walk, const struct instance *in, int queues,
		     const struct board *b, uint32_t index)
{
	const struct board_loop *l = &b->loops[index];
	const struct board_process *p =
		l->process < b->processes_len
			? board_process((struct board *)b, l->process)
			: NULL;
	struct queue_counts counts = {0};
	char status[24], command[24], name[64];
	struct sigslot_loop_info info = {
		.instance = in->name,
		.loop = memcpy(name, l->name, sizeof(name)),
		.process = p ? p->name : "",
		.supervisor = in->supervisor,
		.state = in->supervisor ? board_state_text(l->state) : "dead",
		.exit = board_exit_text(p ? p->status : -1, status),
		.busy = l->busy,
		.in = l->in,
		.out = l->out,
		.dropped = l->dropped + l->disconnected + l->misfit,
		.failed = l->failed,
		.retried = l->retried,
		.dead = l->dead,
		.restarts = p ? p->restarts : 0,
		.command_exit =
			board_exit_text(l->command ? l->command_status : -1, command),
		.command_restarts = l->command_restarts,
	};

	name[sizeof(name) - 1] = '\0';
	if (queues >= 0 && queue_peek(queues, name, &counts, NULL) == 0) {
		info.queued = counts.records;
		info.queued_bytes = counts.used;
		info.dropped += dropped_by_full(&counts);
	}
	if (in->supervisor && p && p->pid) {
		info.pid = p->pid;
		info.up_ns = p->started ? clock_now() - p->started : 0;
	}
	if (in->supervisor)
		info.next_ns = board_next(p, l);
	return walk->fn(walk->data, &info);
}

static int tell_queue(const struct walk *walk, const struct instance *in, int queues,
		      const struct board *b, uint32_t index)
{
	const struct board_queue *q = board_queue((struct board *)b, index);
	struct queue_counts n = {0};
	char name[64];
	struct sigslot_loop_info info = {
		.instance = in->name,
		.loop = memcpy(name, q->name, sizeof(name)),
		.process = "",
		.supervisor = in->supervisor,
		.state = in->supervisor ? "queue" : "dead",
		.exit = "",
		.command_exit = "",
		.slots = q->slots,
	};

	name[sizeof(name) - 1] = '\0';
	if (queues >= 0 && queue_peek(queues, name, &n, NULL) == 0) {
		info.queued = n.records;
		info.queued_bytes = n.used;
		info.in = n.pushed;
		info.out = n.acked + n.faulted;
		info.dropped = dropped_by_full(&n) + n.dropped + n.voided + n.damaged;
		info.failed = n.dead + n.faulted - n.retried;
		info.dead = n.dead;
		info.retried = n.retried;
	}
	return walk->fn(walk->data, &info);
}

static int tell_instance(void *data, const char *name)
{
	const struct walk *walk = data;
	const struct board *b = NULL;
	_close_ int queues = -1;
	struct instance in;
	int r = instance_open(name, &in, NULL);

	if (r < 0)
		return 0;
	runtime_subdir(in.dir, "q", false, &queues, NULL);
	r = board_open(in.dir, &b);
	for (uint32_t i = 0; r == 0 && i < b->loops_len; i++)
		if (*b->loops[i].name)
			r = tell_loop(walk, &in, queues, b, i);
	for (uint32_t i = 0; r == 0 && i < b->queues_len; i++)
		if (*board_queue((struct board *)b, i)->name)
			r = tell_queue(walk, &in, queues, b, i);
	board_close(b);
	instance_done(&in);
	return r == -ENOENT || r == -EPROTO ? 0 : r;
}

int sigslot_ps(const char *instance, sigslot_ps_fn fn, void *data,
	       struct sigslot_error *err)
{
	struct walk walk = {fn, data};
	_close_ int runtime = -1;
	struct instance in;
	int r;

	if (instance) {
		r = instance_open(instance, &in, err);
		if (r < 0)
			return r;
		instance_done(&in);
		return tell_instance(&walk, instance);
	}
	r = runtime_open(false, &runtime, err);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : runtime_each(runtime, tell_instance, &walk);
}

/* What a waiter has seen of its target: of how many loops, how many are so. */
struct view {
	const char *name; /* of a loop or process; NULL: all */
	const struct routes *routes; /* of the instance, if there is a name */
	unsigned loops, ready, idle, stopped;
	unsigned waiting; /* queues that are to be emptied */
	uint64_t moved; /* messages, so far: one may have moved on behind our back */
};

static int look(void *data, const struct sigslot_loop_info *info)
{
	struct view *v = data;
	bool stopped = strcmp(info->state, "stopped") == 0 ||
		       strcmp(info->state, "failed") == 0 || !info->supervisor;

	if (v->name && strcmp(v->name, info->loop) != 0 &&
	    strcmp(v->name, info->process) != 0 &&
	    !(v->routes && group_has(v->routes, v->name, info->loop)))
		return 0;
	v->moved += info->in + info->out;
	if (!*info->process) { /* a queue: only who waits for it cares */
		v->waiting += info->slots && info->queued;
		return 0;
	}
	v->loops++;
	v->ready += strcmp(info->state, "ready") == 0;
	v->idle += !info->queued && !info->busy && strcmp(info->state, "ready") == 0;
	v->stopped += stopped;
	return 0;
}

static bool reached(const struct view *v, const char *state)
{
	if (strcmp(state, "stopped") == 0)
		return v->stopped == v->loops;
	if (!v->loops)
		return false;
	return strcmp(state, "ready") == 0 ? v->ready == v->loops
					   : v->idle == v->loops && !v->waiting;
}

static bool exists(const char *instance)
{
	struct instance in;
	bool there = instance_open(instance, &in, NULL) == 0;

	if (there)
		instance_done(&in);
	return there;
}

/* TARGET is an instance, or else a loop or process of one. */
static int find_target(const char *target, struct address *a, struct sigslot_error *err)
{
	struct instance in;
	int r = address_parse(target, a, err);

	if (r < 0 || *a->instance)
		return r;
	if (*a->member)
		return fail(err, -EINVAL,
			    "'%s' names a member: a loop, process or instance is "
			    "waited for",
			    target);
	r = exists(a->name) ? -ENXIO : instance_find(a, &in, NULL);
	if (r == -EINVAL)
		return instance_find(a, &in, err);
	if (r == 0) {
		memcpy(a->instance, in.name, sizeof(a->instance));
		instance_done(&in);
		return 0;
	}
	memcpy(a->instance, a->name, sizeof(a->instance));
	*a->name = '\0';
	return 0;
}

/* The plain name of replicas is one only if nothing else has it. */
static int look_at(const struct address *a, struct view *v, struct sigslot_error *err)
{
	struct instance in = {.dir = -1};
	int r;

	v->name = *a->name ? a->name : NULL;
	r = sigslot_ps(a->instance, look, v, err);
	if (r < 0 || !v->name || v->loops ||
	    instance_open(a->instance, &in, NULL) < 0 || instance_routes(&in, NULL) < 0)
		return r;
	v->routes = in.routes;
	r = sigslot_ps(a->instance, look, v, err);
	instance_done(&in);
	return r;
}

int sigslot_wait(const char *target, const char *state, uint64_t timeout_ns,
		 struct sigslot_error *err)
{
	static const char *const states[] = {"ready", "idle", "stopped"};
	const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000};
	uint64_t deadline = clock_after(clock_now(), timeout_ns), moved = UINT64_MAX;
	bool known = false, idle = strcmp(state, "idle") == 0;
	struct address a;

	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		known = known || strcmp(state, states[i]) == 0;
	if (!known)
		return fail(err, -EINVAL,
			    "'%s' cannot be waited for: ready, idle or stopped", state);
	for (;;) {
		struct view v = {0};
		int r = find_target(target, &a, err);

		if (r < 0)
			return r;
		r = look_at(&a, &v, err);
		if (r < 0 && r != -ENXIO)
			return r;
		if (r == 0 && v.name && !v.loops)
			return fail(err, -ENXIO,
				    "instance '%s' has no loop or process '%s'",
				    a.instance, v.name);
		if (reached(&v, state) && (!idle || v.moved == moved))
			return 0;
		moved = reached(&v, state) ? v.moved : UINT64_MAX;
		if (clock_now() >= deadline)
			return fail(err, -ETIMEDOUT, "'%s' is not %s in time", target,
				    state);
		nanosleep(&pause, NULL);
	}
}

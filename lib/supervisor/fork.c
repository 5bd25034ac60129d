/* SPDX-License-Identifier: MIT */
/*
 * A worker that died while it had to work something off has the same plan again.
 */
#include "supervisor/fork.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/process.h"
#include "supervisor/follow.h"
#include "supervisor/handover.h"
#include "supervisor/naming.h"
#include "supervisor/pass.h"
#include "worker/worker.h"

int fork_places(const struct plan *p, struct sigslot_error *err)
{
	uint32_t most = (uint32_t)(IDENTITY_FIXED - worker_identity(0));

	return p->processes_len <= most
		       ? 0
		       : fail(err, -ENOSPC,
			      "an instance has places for %u processes, not for %u: "
			      "let more loops share one; those that went while it "
			      "ran count until it is run again",
			      most, p->processes_len);
}

/* Which loops start with it; it is told of the others when what they wait for is up. */
static void choose_loops(struct hand *h)
{
	struct supervisor *s = h->super;

	for (uint32_t i = 0; i < s->plan->loops_len; i++) {
		if (s->lamps[i].process != h->index || s->lamps[i].down)
			continue;
		s->world.board->loops[i].state = BOARD_STARTING;
		if (h->stale)
			pass_resume(h, i);
		else
			follow_holds(s, i);
	}
}

static unsigned sources_of(const struct plan *p, const struct plan_object *o)
{
	unsigned len = 0;

	for (uint32_t k = 0; k < o->members.slots_len; k++)
		len += p->slots[o->members.first_slot + k].kind == PLAN_SOURCE;
	return len;
}

void fork_count_sources(struct hand *h, const struct plan *p, uint32_t loop)
{
	struct lamp *lamp = &h->super->lamps[loop];

	lamp->sources = 0;
	for (uint32_t i = 0; i < p->objects_len; i++)
		if (p->objects[i].loop == loop)
			lamp->sources += sources_of(p, &p->objects[i]);
}

/* They start with their worker, each time. */
static void count_sources(struct hand *h)
{
	struct lamp *lamps = h->super->lamps;

	for (uint32_t i = 0; i < h->plan->loops_len; i++)
		if (lamps[i].process == h->index)
			lamps[i].sources = 0;
	for (uint32_t i = 0; i < h->plan->objects_len; i++) {
		const struct plan_object *o = &h->plan->objects[i];

		if (lamps[o->loop].process == h->index)
			lamps[o->loop].sources += sources_of(h->plan, o);
	}
}

void fork_prepare(struct hand *h)
{
	if (!h->stale)
		hand_assign(h);
	choose_loops(h);
	count_sources(h);
}

/* In the child. */
static _Noreturn void be_worker(struct hand *h, int channel)
{
	struct supervisor *s = h->super;
	bool *start = calloc(s->plan->loops_len, sizeof(bool));

	for (uint32_t i = 0; start && i < s->plan->loops_len; i++)
		start[i] = s->lamps[i].process == h->index && !s->lamps[i].down &&
			   !s->lamps[i].held;
	s->world.plan = h->plan;
	s->world.adopt = handover_take;
	s->world.wiring = s->wiring;
	if (!start || (h->stale && naming_find(&s->world, NULL) < 0))
		_exit(1);
	worker_main(&s->world, h->index, start, channel, h->careful);
}

int fork_worker(struct hand *h, struct sigslot_error *err)
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
				  hand_process(h)->name);
	}
	h->child.pid = pid;
	h->channel.fd = ends[0];
	return 0;
}

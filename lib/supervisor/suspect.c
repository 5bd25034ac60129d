/* SPDX-License-Identifier: MIT */
/*
 * Messages that kill.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/log.h"
#include "queue/dead.h"
#include "queue/lease.h"
#include "supervisor/lost.h"
#include "supervisor/super.h"
#include "worker/worker.h"

enum { TWICE = 2 };

/* What a dead worker held. */
struct haul {
	unsigned slot;
	int len; /* in all queues */
	const char *queue; /* of the one that was found */
	struct lease lease;
};

static int open_queue(const struct supervisor *s, const char *name, struct queue **ret)
{
	struct sigslot_error unused;

	return queue_open(s->world.queues, name, s->identity, ret, &unused);
}

static void look_into(const struct supervisor *s, const char *name, struct haul *haul)
{
	struct queue *q;
	int n;

	if (open_queue(s, name, &q) < 0)
		return;
	n = lease_list(q, haul->slot, &haul->lease, haul->len == 0);
	queue_close(q);
	if (n <= 0)
		return;
	haul->len += n;
	haul->queue = name;
}

static struct haul haul_of(const struct hand *h)
{
	const struct supervisor *s = h->super;
	const struct plan *p = s->plan;
	struct haul haul = {.slot = (unsigned)worker_identity(h->index)};

	for (uint32_t i = 0; i < p->loops_len; i++)
		if (s->lamps[i].process == h->index)
			look_into(s, p->loops[i].was, &haul);
	for (uint32_t i = 0; i < p->queues_len; i++)
		look_into(s, p->queues[i].was, &haul);
	return haul;
}

/* The deaths that it had alone, this one included. */
static unsigned count(struct supervisor *s, const struct haul *haul)
{
	struct suspects *all = &s->suspects;
	struct suspect *found = NULL;

	for (size_t i = 0; i < ARRAY_LEN(all->at) && !found; i++)
		if (all->at[i].seq == haul->lease.seq &&
		    all->at[i].key == haul->lease.key)
			found = &all->at[i];
	if (!found) {
		found = &all->at[all->next++ % ARRAY_LEN(all->at)];
		*found = (struct suspect){haul->lease.key, haul->lease.seq, 0};
	}
	return ++found->deaths;
}

static int copy_to_dead(const struct supervisor *s, struct queue *q,
			const struct haul *haul, const char *note,
			struct sigslot_error *err)
{
	struct payload notes = {note, strlen(note)};
	struct queue *dead = NULL;
	struct claim c;
	int r = lease_read(q, &haul->lease, &c);

	if (r < 0)
		return fail(err, r, "queue '%s': %s", haul->queue, strerror(-r));
	c.envelope.connection &= ~(uint32_t)ROUTE_AGAIN;
	r = dead_open(s->world.queues, haul->queue, s->identity, &dead, err);
	if (r == 0)
		r = dead_push(dead, &c, &notes, err);
	queue_close(dead);
	free((void *)c.payload.data);
	return r;
}

static int bury(const struct supervisor *s, const struct haul *haul, const char *note)
{
	struct sigslot_error err = {0};
	struct queue *q;
	int r = open_queue(s, haul->queue, &q);

	if (r < 0)
		return r;
	r = copy_to_dead(s, q, haul, note, &err);
	if (r == 0)
		r = lease_bury(q, &haul->lease);
	else
		log_line("sigslot", "%s", err.text);
	queue_close(q);
	return r;
}

/* The loop that it was for; of a named queue the first one that took it. */
static struct board_loop *account_of(const struct hand *h, const char *queue)
{
	const struct plan *p = h->super->plan;
	uint32_t found = PLAN_NONE;

	for (uint32_t i = 0; i < p->loops_len; i++)
		if (h->super->lamps[i].process == h->index &&
		    (found == PLAN_NONE || strcmp(p->loops[i].was, queue) == 0))
			found = i;
	return &h->super->world.board->loops[found];
}

bool suspect_blame(struct hand *h, int status)
{
	struct supervisor *s = h->super;
	const char *process = hand_process(h)->name;
	struct haul haul = haul_of(h);
	char note[160];

	if (haul.len != 1 || count(s, &haul) < TWICE)
		return false;
	snprintf(
		note, sizeof(note),
		"{\"slot\":null,\"exit\":%d,\"signal\":%d,\"reason\":\"its worker died "
		"twice with it alone\"}",
		WIFEXITED(status) ? WEXITSTATUS(status) : -1,
		WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	if (bury(s, &haul, note) < 0)
		return false;
	log_line(
		"sigslot",
		"a message of '%s' is given up: process '%s' died twice with it alone; "
		"'sigslot queue retry %s' sends it back",
		haul.queue, process, haul.queue);
	lost_keep(s, FAILURE_DEAD, haul.queue, status,
		  "its worker died twice with it alone");
	board_add(&account_of(h, haul.queue)->dead, 1);
	return true;
}

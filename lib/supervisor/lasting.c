/* SPDX-License-Identifier: MIT */
/*
 * Which durable queues there are and should be. No message is ever left in a file that
 * nobody looks into again.
 */
#include "supervisor/lasting.h"

#include <stdio.h>
#include <string.h>

#include "queue/dead.h"
#include "queue/durable.h"
#include "state/runtime.h"
#include "state/store.h"

static int refuse(const struct world *w, const char *name, bool durable,
		  const struct queue_counts *n, struct sigslot_error *err)
{
	const char *instance = w->plan->name;

	return fail(err, -EEXIST,
		    "the last run of '%s' left %llu messages in queue '%s', which %s "
		    "durable then: have it so until they are done, or drop them with "
		    "'sigslot clean --force %s'",
		    instance, (unsigned long long)n->records, name,
		    durable ? "was" : "was not", instance);
}

static bool wanted(const struct plan *p, const char *name)
{
	for (uint32_t i = 0; i < p->queues_len; i++)
		if (strcmp(p->queues[i].name, name) == 0)
			return p->queues[i].durable;
	return false;
}

struct judge {
	const struct world *world;
	char path[STORE_PATH]; /* of the instance */
	struct sigslot_error *err;
};

static int judge_one(void *data, const char *name)
{
	const struct judge *j = data;
	struct queue_counts n = {0};
	char site[STORE_PATH + 80];
	int r;

	if (wanted(j->world->plan, name))
		return 0;
	snprintf(site, sizeof(site), "%s/%s", j->path, name);
	r = site_peek(site, name, &n, j->err);
	if (r < 0 && r != -ENOENT)
		return r;
	if (n.records)
		return refuse(j->world, name, true, &n, j->err);
	site_remove(site);
	return 0;
}

int lasting_judge(const struct world *w, struct sigslot_error *err)
{
	struct judge j = {.world = w, .err = err};
	struct sigslot_error unused;
	_close_ int store = -1, dir = -1;
	int r = store_path(w->plan->name, "", false, j.path, &unused);

	if (r == 0)
		r = store_open(false, &store, &unused);
	if (r == 0)
		r = runtime_subdir(store, w->plan->name, false, &dir, &unused);
	/* if there is none, or it is not safe, a durable queue will say so */
	return r < 0 ? 0 : runtime_each(dir, judge_one, &j);
}

int lasting_prepare(const struct world *w, const struct plan_queue *q,
		    struct sigslot_error *err)
{
	bool durable = queue_sited(w->queues, q->name);
	struct queue_counts n;
	int r = queue_peek(w->queues, q->name, &n, NULL);

	if (r == -ENOENT || durable == q->durable)
		return 0;
	if (r == 0 && n.records)
		return refuse(w, q->name, durable, &n, err);
	return queue_remove(w->queues, q->name, err);
}

int lasting_make(const struct world *w, const struct plan_queue *q,
		 struct sigslot_error *err)
{
	struct queue_limits limits = {.size = q->size, .messages = q->messages};
	struct queue_counts n;
	char site[STORE_PATH];
	int r = store_path(w->plan->name, q->name, true, site, err);

	limits.site = site;
	if (r == 0)
		r = queue_create(w->queues, q->name, &limits, err);
	return r == -EEXIST ? queue_peek(w->queues, q->name, &n, err) : r;
}

void lasting_remove(const struct world *w)
{
	for (uint32_t i = 0; i < w->plan->queues_len; i++) {
		const char *name = w->plan->queues[i].name;

		if (!w->plan->queues[i].durable)
			continue;
		if (!dead_count(w->queues, name))
			dead_remove(w->queues, name, NULL);
		queue_remove(w->queues, name, NULL);
	}
}

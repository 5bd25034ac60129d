/* SPDX-License-Identifier: MIT */
/*
 * sigslot_stats(): the histograms of slots and the counters of queues, from the files
 * of an instance alone.
 */
#include <stdio.h>

#include "api/logs.h"
#include "base/fd.h"
#include "object/books.h"
#include "queue/counts.h"
#include "state/runtime.h"
#include "state/stats.h"

struct telling {
	struct logs_view view;
	int stats, queues; /* -1: there are none */
	struct stats_keys keys;
	size_t next; /* of these: the first whose slot has not been told of */
	bool connections;
	struct books *books; /* by queue, of connections */
	sigslot_stats_fn fn;
	void *data;
};

static struct sigslot_times times(const struct histogram_summary *h)
{
	return (struct sigslot_times){h->count, h->p50, h->p99, h->max};
}

/* Slots come in the order of their ids, as the keys do. */
static struct stats_summary sum_slot(struct telling *t, uint32_t id)
{
	struct stats_place sum = {0};
	struct stats_summary summary;

	for (; t->next < t->keys.at.len && t->keys.at.at[t->next].slot <= id; t->next++)
		if (t->keys.at.at[t->next].slot == id)
			stats_add(t->stats, t->keys.at.at[t->next], &sum);
	stats_sum_up(&sum, &summary);
	return summary;
}

/* Slots of objects; those that loops and timers have by themselves are not measured. */
static int tell_slot(struct telling *t, uint32_t id)
{
	const struct routes *r = t->view.in.routes;
	const struct route_name *n = routes_name(r, id);
	const struct route_queue *q = n ? routes_queue(r, n->queue) : NULL;
	struct stats_summary sum;
	char name[132];

	if (!n || n->kind != ROUTE_SLOT || !q || *routes_text(r, q->name) == '.')
		return 0;
	snprintf(name, sizeof(name), "%s.%s", routes_text(r, n->owner),
		 routes_text(r, n->member));
	if (!logs_belongs(&t->view, name, ""))
		return 0;
	sum = sum_slot(t, id);
	return t->fn(t->data, &(struct sigslot_stats){
				      .instance = t->view.in.name,
				      .name = name,
				      .kind = "slot",
				      .in = sum.wait.count,
				      .out = sum.service.count,
				      .failed = sum.failed,
				      .wait = times(&sum.wait),
				      .service = times(&sum.service),
			      });
}

static int tell_queue(struct telling *t, uint32_t index)
{
	const struct routes *r = t->view.in.routes;
	const struct route_queue *q = routes_queue(r, index);
	const char *name = q ? routes_text(r, q->name) : "";
	struct queue_counts n;

	if (!q || !(q->flags & ROUTE_NAMED) || !logs_belongs(&t->view, name, "") ||
	    t->queues < 0 || queue_peek(t->queues, name, &n, NULL) < 0)
		return 0;
	return t->fn(t->data, &(struct sigslot_stats){
				      .instance = t->view.in.name,
				      .name = name,
				      .kind = "queue",
				      .in = n.pushed,
				      .out = n.acked,
				      .failed = n.dead,
			      });
}

/* --- connections --- */

static void read_books(struct telling *t)
{
	const struct routes *r = t->view.in.routes;

	t->books = calloc(routes_queues_len(r), sizeof(*t->books));
	for (uint32_t i = 0; t->books && i < routes_queues_len(r); i++)
		if (*routes_text(r, routes_queue(r, i)->name) != '.')
			books_read(t->queues, r, i, &t->books[i], NULL);
}

static void free_books(struct telling *t)
{
	uint32_t len = t->books ? routes_queues_len(t->view.in.routes) : 0;

	for (uint32_t i = 0; i < len; i++)
		books_done(&t->books[i]);
	free(t->books);
	t->books = NULL;
}

/* What came by it, in the queue where its slot takes from now. */
static struct stats_summary sum_connection(const struct telling *t, uint32_t queue,
					   const struct books_entry *e)
{
	const struct routes *r = t->view.in.routes;
	const struct route_name *slot = routes_name(r, e->key.slot);
	const struct route_queue *q = routes_queue(r, queue);
	struct stats_key key = {e->key.slot, e->key.signal};
	struct stats_place sum = {0};
	struct stats_summary summary;

	if (e->from_queue)
		key.from = routes_find(r, routes_text(r, q->name), "", ROUTE_OBJECT);
	if (slot && (e->from_queue || slot->queue == queue))
		stats_add(t->stats, key, &sum);
	stats_sum_up(&sum, &summary);
	return summary;
}

static int tell_connection(struct telling *t, uint32_t queue,
			   const struct books_entry *e)
{
	const struct routes *r = t->view.in.routes;
	const struct sigslot_balance *b = &e->balance;
	struct sigslot_stats stats = {.instance = t->view.in.name,
				      .kind = "connection"};
	char from[BOOKS_TEXT], to[BOOKS_TEXT], name[2 * BOOKS_TEXT + 8];
	struct stats_summary sum = sum_connection(t, queue, e);

	books_from(r, queue, e, from);
	books_to(r, queue, e, to);
	if (!logs_belongs(&t->view, to, "") && !logs_belongs(&t->view, from, ""))
		return 0;
	snprintf(name, sizeof(name), "%s -> %s", *from ? from : "-", *to ? to : "-");
	stats.name = name;
	stats.in = b->sent - b->retried;
	stats.failed = b->failed + b->retried + b->dead;
	stats.out = b->delivered + stats.failed;
	stats.wait = times(&sum.wait);
	stats.service = times(&sum.service);
	return t->fn(t->data, &stats);
}

static int tell_connections(struct telling *t)
{
	uint32_t len = routes_queues_len(t->view.in.routes);
	int r = 0;

	read_books(t);
	for (uint32_t i = 0; r == 0 && t->books && i < len; i++)
		for (size_t k = 0; r == 0 && k < t->books[i].at.len; k++)
			r = tell_connection(t, i, &t->books[i].at.at[k]);
	free_books(t);
	return r;
}

/* --- all --- */

/* All of an open view that belongs to what was asked for; closes it. */
static int tell(struct telling *t)
{
	const struct routes *routes = t->view.in.routes;
	_close_ int queues = -1;
	_close_ int stats = stats_open(t->view.in.dir);
	int r = 0;

	runtime_subdir(t->view.in.dir, "q", false, &queues, NULL);
	t->stats = stats;
	t->queues = queues;
	logs_look(&t->view);
	if (t->connections)
		return tell_connections(t);
	t->next = 0;
	stats_list(stats, &t->keys);
	for (uint32_t i = 1; r == 0 && i <= routes_names_len(routes); i++)
		r = tell_slot(t, i);
	stats_keys_done(&t->keys);
	for (uint32_t i = 0; r == 0 && i < routes_queues_len(routes); i++)
		r = tell_queue(t, i);
	return r;
}

/* One that has no routes is about to begin, or to go. */
static int tell_instance(void *data, const char *name)
{
	struct telling *t = data;
	int r = instance_open(name, &t->view.in, NULL);

	if (r < 0)
		return 0;
	r = instance_routes(&t->view.in, NULL) == 0 ? tell(t) : 0;
	logs_done(&t->view);
	return r;
}

static int walk(const char *name, struct telling t, struct sigslot_error *err)
{
	_close_ int runtime = -1;
	int r;

	if (!name) {
		r = runtime_open(false, &runtime, err);
		if (r == -ENOENT)
			return 0;
		return r < 0 ? r : runtime_each(runtime, tell_instance, &t);
	}
	r = logs_choose(&t.view, name, err);
	if (r == 0)
		r = instance_routes(&t.view.in, err);
	if (r == 0)
		r = tell(&t);
	logs_done(&t.view);
	return r;
}

int sigslot_stats(const char *name, sigslot_stats_fn fn, void *data,
		  struct sigslot_error *err)
{
	return walk(name, (struct telling){.view.in.dir = -1, .fn = fn, .data = data},
		    err);
}

int sigslot_stats_connections(const char *name, sigslot_stats_fn fn, void *data,
			      struct sigslot_error *err)
{
	return walk(
		name,
		(struct telling){
			.view.in.dir = -1, .connections = true, .fn = fn, .data = data},
		err);
}

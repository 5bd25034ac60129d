/* SPDX-License-Identifier: MIT */
/*
 * sigslot_ledger(), sigslot_accounts(): what became of all messages, from the files of
 * the queues alone.
 */
#include "object/books.h"

#include <string.h>

#include "api/queues.h"
#include "route/group.h"

struct walk {
	const char *queue; /* NULL: all */
	queues_fn tell;
	sigslot_ledger_fn fn;
	sigslot_account_fn account_fn;
	void *data;
	struct sigslot_error *err;
};

static int tell_queue(void *data, const struct instance *in, int queues, uint32_t index)
{
	const struct walk *w = data;
	const struct route_queue *q = routes_queue(in->routes, index);

	struct sigslot_ledger ledger = {
		.instance = in->name,
		.queue = routes_text(in->routes, q->name),
		.named = q->flags & ROUTE_NAMED,
	};
	struct queue_counts n;
	int r = queue_peek(queues, ledger.queue, &n, NULL);

	if (r == -ENOENT)
		return 0;
	ledger.readable = r == 0;
	if (r == 0)
		ledger_read(&n, &ledger.balance);
	ledger.holds = r == 0 && ledger_holds(&ledger.balance);
	ledger.dropped = ledger_dropped(&ledger.balance);
	return w->fn(w->data, &ledger);
}

static int tell_account(const struct walk *w, const struct instance *in, uint32_t index,
			const struct books *b, const struct books_entry *e)
{
	const struct route_queue *q = routes_queue(in->routes, index);
	char from[BOOKS_TEXT], to[BOOKS_TEXT];

	books_from(in->routes, index, e, from);
	books_to(in->routes, index, e, to);
	return w->account_fn(w->data, &(struct sigslot_account){
					      .instance = in->name,
					      .queue = routes_text(in->routes, q->name),
					      .from = from,
					      .to = to,
					      .holds = b->hold,
					      .dropped = ledger_dropped(&e->balance),
					      .balance = e->balance,
				      });
}

static int tell_accounts(void *data, const struct instance *in, int queues,
			 uint32_t index)
{
	const struct walk *w = data;
	struct books b;
	int r = books_read(queues, in->routes, index, &b, w->err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (size_t i = 0; r == 0 && i < b.at.len; i++)
		r = tell_account(w, in, index, &b, &b.at.at[i]);
	books_done(&b);
	return r;
}

static int tell_wanted(void *data, const struct instance *in, int queues,
		       uint32_t index)
{
	const struct walk *w = data;
	const struct route_queue *q = routes_queue(in->routes, index);

	if (w->queue && strcmp(w->queue, routes_text(in->routes, q->name)) != 0)
		return 0;
	return w->tell(data, in, queues, index);
}

/* The queue that reaches the thing of that name. */
static int tell_one(struct walk *w, const struct address *a, const char *name,
		    struct instance *in, struct sigslot_error *err)
{
	uint32_t id = routes_find(in->routes, name, "", ROUTE_OBJECT);
	const struct route_name *n = routes_name(in->routes, id);
	const struct route_queue *q = n ? routes_queue(in->routes, n->queue) : NULL;

	if (!n)
		return instance_no_name(in, a, err);
	if (!q || *routes_text(in->routes, q->name) == '.')
		return fail(err, -ENXIO,
			    "'%s' has no queue: name a loop, an object or "
			    "a queue",
			    a->name);
	w->queue = routes_text(in->routes, q->name);
	return queues_each(in, tell_wanted, w, err);
}

static int tell_named(struct walk *w, const struct address *a, struct instance *in,
		      struct sigslot_error *err)
{
	char name[GROUP_NAME];
	uint32_t n = 1;
	int r = 0;

	while (r == 0 && group_replica(in->routes, a->name, n++, name))
		r = tell_one(w, a, name, in, err);
	return n > 2 ? r : tell_one(w, a, a->name, in, err);
}

static int walk(struct walk *w, const char *address, struct sigslot_error *err)
{
	struct instance in;
	struct address a;
	int r;

	if (!address)
		return queues_each_of_all(tell_wanted, w, err);
	r = address_parse(address, &a, err);
	if (r < 0)
		return r;
	if (!*a.instance && !*a.member && instance_open(a.name, &in, NULL) == 0) {
		r = queues_each(&in, tell_wanted, w, err);
	} else {
		r = instance_find(&a, &in, err);
		if (r < 0)
			return r;
		r = tell_named(w, &a, &in, err);
	}
	instance_done(&in);
	return r;
}

int sigslot_ledger(const char *address, sigslot_ledger_fn fn, void *data,
		   struct sigslot_error *err)
{
	struct walk w = {.tell = tell_queue, .fn = fn, .data = data, .err = err};

	return walk(&w, address, err);
}

int sigslot_accounts(const char *address, sigslot_account_fn fn, void *data,
		     struct sigslot_error *err)
{
	struct walk w = {
		.tell = tell_accounts, .account_fn = fn, .data = data, .err = err};

	return walk(&w, address, err);
}

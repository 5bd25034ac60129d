/* SPDX-License-Identifier: MIT */
/*
 * From accounts to connections.
 */
#include "object/books.h"

#include <stdio.h>

struct reading {
	const struct routes *routes;
	uint32_t queue;
	bool named;
	struct books *books;
};

void books_done(struct books *b)
{
	vec_done(&b->at);
}

static struct books_entry *find(struct books *b, const struct books_entry *like)
{
	vec_each(e, &b->at)
		if (e->key.signal == like->key.signal &&
		    e->key.slot == like->key.slot && e->from_queue == like->from_queue)
			return e;
	return NULL;
}

static int add(struct reading *r, struct account_key key, bool from_queue,
	       const struct account *a)
{
	struct books_entry like = {.key = key, .from_queue = from_queue};
	struct books_entry *e = find(r->books, &like);

	if (!e) {
		e = vec_push(&r->books->at);
		if (!e)
			return -ENOMEM;
		*e = like;
	}
	ledger_add(&e->balance, a);
	return 0;
}

/* To the queue by its signal, and from there by the slot that had it. */
static int add_named(struct reading *r, const struct account *a)
{
	int code = add(r, (struct account_key){a->key.signal, ROUTE_NOBODY}, false, a);

	if (code == 0 && a->key.slot)
		code = add(r, (struct account_key){ROUTE_NOBODY, a->key.slot}, true, a);
	return code;
}

static int add_account(struct reading *r, const struct account *a)
{
	const struct envelope e = {.signal = a->key.signal,
				   .generation = a->generation};
	struct account_key keys[QUEUE_END_PLACES];
	unsigned len;
	int code = 0;

	if (r->named)
		return add_named(r, a);
	if (a->key.slot)
		return add(r, a->key, false, a);
	len = dispatch_accounts(r->routes, &e, r->queue, keys, ARRAY_LEN(keys));
	for (unsigned i = 0; i < len && code == 0; i++)
		code = add(r, keys[i], false, a);
	return code;
}

static bool empty(const struct account *a)
{
	struct sigslot_balance b = {0};

	ledger_add(&b, a);
	return !b.sent;
}

int books_read(int dir, const struct routes *routes, uint32_t queue, struct books *ret,
	       struct sigslot_error *err)
{
	const struct route_queue *q = routes_queue(routes, queue);
	struct reading r = {routes, queue, q->flags & ROUTE_NAMED, ret};
	struct account_book book;
	int code = account_read(dir, routes_text(routes, q->name), &book, err);

	*ret = (struct books){0};
	if (code < 0)
		return code;
	ret->hold = book.holds;
	for (size_t i = BOOK_OTHERS; i < book.at.len && code == 0; i++)
		if (!empty(&book.at.at[i]))
			code = add_account(&r, &book.at.at[i]);
	account_done(&book);
	if (code < 0)
		books_done(ret);
	return code < 0 ? fail(err, code, "out of memory") : 0;
}

static void name(const struct routes *routes, uint32_t id, char out[static BOOKS_TEXT])
{
	const struct route_name *n = routes_name(routes, id);

	if (n)
		snprintf(out, BOOKS_TEXT, "%.64s.%.64s", routes_text(routes, n->owner),
			 routes_text(routes, n->member));
	else
		*out = '\0';
}

static void queue_name(const struct routes *routes, uint32_t queue,
		       char out[static BOOKS_TEXT])
{
	const struct route_queue *q = routes_queue(routes, queue);

	snprintf(out, BOOKS_TEXT, "%.64s", routes_text(routes, q->name));
}

void books_from(const struct routes *routes, uint32_t queue,
		const struct books_entry *e, char out[static BOOKS_TEXT])
{
	if (e->from_queue)
		queue_name(routes, queue, out);
	else
		name(routes, e->key.signal, out);
}

void books_to(const struct routes *routes, uint32_t queue, const struct books_entry *e,
	      char out[static BOOKS_TEXT])
{
	const struct route_queue *q = routes_queue(routes, queue);

	if (!e->key.slot && q->flags & ROUTE_NAMED)
		queue_name(routes, queue, out);
	else
		name(routes, e->key.slot, out);
}

void books_since(struct books *b, struct books *before)
{
	vec_each(e, &b->at) {
		const struct books_entry *old = find(before, e);

		if (old)
			ledger_since(&e->balance, &old->balance);
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * What was connected and disconnected while the topology ran: read as if it was written
 * behind all other arrows, so that the same checks hold for it.
 */
#include <string.h>

#include "topology/connect.h"

/* Arrows are the bulk of many files: no printf here. */
char *connect_text(struct reader *r, const char *a, const char *between, const char *b)
{
	size_t a_size = strlen(a), size = strlen(between), b_size = strlen(b);
	char *text = reader_alloc(r, a_size + size + b_size + 1);

	if (!text)
		return NULL;
	memcpy(text, a, a_size);
	memcpy(text + a_size, between, size);
	memcpy(text + a_size + size, b, b_size);
	return text;
}

/* "FROM -> TO", as links are known by. NULL: no memory. */
static char *spell(struct reader *r, const struct topology_arrow *a)
{
	return connect_text(r, a->from, " -> ", a->to);
}

void edit_begin(struct reader *r)
{
	const struct topology_edits *e = &r->problems.in->edits;

	for (size_t i = 0; i < e->removed_len; i++) {
		char *pair = spell(r, &e->removed[i]);

		if (!pair || map_set(&r->removed, pair, pair) < 0)
			r->problems.no_memory = true;
	}
}

/* It stands nowhere, so what is wrong with it is told without a place. */
static struct node *make_node(struct reader *r, const struct topology_arrow *a)
{
	char *text = spell(r, a);
	size_t size = text ? strlen(text) : 0;
	struct node *n = text ? reader_alloc(r, sizeof(*n) + size + 1) : NULL;

	if (!n)
		return NULL;
	n->kind = NODE_TEXT;
	n->len = (uint32_t)size;
	memcpy(n->text, text, size + 1);
	return n;
}

static void read_edit(struct reader *r, const struct topology_arrow *a)
{
	struct node *n = make_node(r, a);

	if (n)
		connect_arrow(r, n, a);
}

void edit_finish(struct reader *r)
{
	const struct topology_edits *e = &r->problems.in->edits;

	map_done(&r->removed);
	for (size_t i = 0; i < e->added_len; i++)
		read_edit(r, &e->added[i]);
	r->asking = e->asked;
	if (r->asking)
		read_edit(r, e->asked);
	r->asking = false;
}

const struct topology_arrow *topology_asked(const struct topology *t, size_t *ret_len)
{
	*ret_len = t->asked.len;
	return t->asked.at;
}

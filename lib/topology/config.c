/* SPDX-License-Identifier: MIT */
/*
 * The `config:` of a plugin as JSON text. A plain text that is JSON (a number, true,
 * false, null) stays what it is; any other text is a string.
 */
#include <string.h>

#include "message/json.h"
#include "topology/object.h"

static int add_text(struct buf *out, const struct node *n)
{
	if (node_empty(n))
		return buf_add_text(out, "null");
	if (n->plain && !strchr("[{\"", n->text[0]) &&
	    json_check(n->text, n->len, NULL) == 0)
		return buf_add(out, n->text, n->len);
	return json_quote(n->text, n->len, out, NULL);
}

/* The depth of nodes bounds the recursion. */
static int add(struct buf *out, const struct node *n)
{
	bool map = n->kind == NODE_MAP;
	int code;

	if (n->kind == NODE_TEXT)
		return add_text(out, n);
	code = buf_add_byte(out, map ? '{' : '[');
	for (struct node *e = n->first; e && code >= 0; e = e->next) {
		if (e != n->first)
			code = buf_add_byte(out, ',');
		if (code >= 0 && map) {
			code = json_quote(e->text, e->len, out, NULL);
			if (code >= 0)
				code = buf_add_byte(out, ':');
			e = e->next;
		}
		if (code >= 0)
			code = add(out, e);
	}
	return code < 0 ? code : buf_add_byte(out, map ? '}' : ']');
}

const char *config_text(struct reader *r, const struct node *n)
{
	_buf_ struct buf out = {0};
	const char *text = NULL;

	if (add(&out, n) >= 0)
		text = arena_text(&r->t->arena, out.data);
	if (!text)
		r->problems.no_memory = true;
	return text;
}

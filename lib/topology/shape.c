/* SPDX-License-Identifier: MIT */
/*
 * Types as they are written in YAML -> canonical text: words stay, lists and maps of
 * YAML become those of types, spaces go.
 */
#include "base/buf.h"
#include "message/type.h"
#include "topology/section.h"

enum { DEEPEST = 16, LONGEST = 1000 };

static int add_text(struct buf *out, const char *text)
{
	for (; *text; text++)
		if (!strchr(" \t\n", *text) && buf_add_byte(out, *text) < 0)
			return -ENOMEM;
	return 0;
}

/* Returns 0, -ENOMEM, or -E2BIG if it is too deep. Bounded by DEEPEST. */
static int add(struct buf *out, const struct node *n, unsigned depth)
{
	bool map = n->kind == NODE_MAP;
	int code;

	if (depth > DEEPEST || out->size > LONGEST)
		return -E2BIG;
	if (n->kind == NODE_TEXT)
		return add_text(out, n->text);
	code = buf_add_byte(out, map ? '{' : '[');
	for (struct node *e = n->first; e && code >= 0; e = e->next) {
		if (e != n->first)
			code = buf_add_byte(out, ',');
		if (code >= 0 && map) {
			code = add_text(out, e->text);
			if (code >= 0)
				code = buf_add_byte(out, ':');
			e = e->next;
		}
		if (code >= 0)
			code = add(out, e, depth + 1);
	}
	return code < 0 ? code : buf_add_byte(out, map ? '}' : ']');
}

static const char *const words[] = {
	"any", "string", "number", "integer", "boolean", "object", "array", "null",
};

static const char *word(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i], text) == 0)
			return words[i];
	return NULL;
}

static void refuse(struct reader *r, const struct node *n, const char *text, int code)
{
	struct problems *p = &r->problems;
	struct near near = {.wanted = text};
	struct sigslot_error err = {0};
	struct type *type = NULL;

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		near_try(&near, words[i]);
	if (code == -E2BIG)
		problem_node(p, n, "this type is too long, or nested too deeply");
	else if (strpbrk(text, "[]{},:") && type_parse(text, &type, &err) < 0)
		problem_node(p, n, "%s", err.text);
	else if (near.best)
		problem_node(p, n, "unknown type %s%s", problem_quote(p, text),
			     problem_near(p, &near));
	else
		problem_node(p, n,
			     "unknown type %s: say any, string, number, integer, "
			     "boolean, object, array, null, [T, T] or {key: T}",
			     problem_quote(p, text));
}

const char *reader_type(struct reader *r, const struct node *n)
{
	_buf_ struct buf text = {0};
	struct type *type = NULL;
	const char *known = n->kind == NODE_TEXT ? word(n->text) : NULL;
	int code;

	if (known)
		return known;
	if (n->broken)
		return NULL;
	code = n->len > LONGEST ? -E2BIG : add(&text, n, 0);
	if (code >= 0)
		code = type_parse(text.data ? text.data : "", &type, NULL);
	type_free(type);
	if (code == -ENOMEM)
		r->problems.no_memory = true;
	else if (code < 0)
		refuse(r, n, text.data ? text.data : "", code);
	if (code < 0)
		return NULL;
	known = arena_text(&r->t->arena, text.data);
	if (!known)
		r->problems.no_memory = true;
	return known;
}

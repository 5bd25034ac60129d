/* SPDX-License-Identifier: MIT */
/*
 * Parsing types: recursive descent, bounded by TYPE_DEPTH.
 */
#include "message/type.h"

#include <string.h>

#include "base/arena.h"
#include "base/near.h"
#include "message/json.h"
#include "message/scan.h"
#include "message/sort.h"

const char *const sort_names[SORT_COUNT] = {
	[SORT_ANY] = "any",	    [SORT_STRING] = "string",
	[SORT_NUMBER] = "number",   [SORT_INTEGER] = "integer",
	[SORT_BOOLEAN] = "boolean", [SORT_OBJECT] = "object",
	[SORT_ARRAY] = "array",	    [SORT_NULL] = "null",
};

struct root {
	struct type type;
	struct arena arena;
};

struct parser {
	const char *start, *at, *end;
	struct arena *arena;
	struct sigslot_error *err;
	unsigned depth;
};

static int parse(struct parser *p, struct type *type);

static void space(struct parser *p)
{
	p->at = scan_space(p->at, p->end);
}

static int wrong(struct parser *p, const char *wanted)
{
	size_t offset = (size_t)(p->at - p->start);
	char name[8];

	if (p->at == p->end)
		return fail(p->err, -EINVAL, "type '%s' ends too early: expected %s",
			    p->start, wanted);
	return fail(p->err, -EINVAL, "type '%s', offset %zu: expected %s, found %s",
		    p->start, offset, wanted, scan_name(*p->at, name));
}

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool later(char c)
{
	return letter(c) || (c >= '0' && c <= '9') || c == '-';
}

static size_t name_size(const struct parser *p)
{
	const char *at = p->at;

	if (!letter(*at))
		return 0;
	while (later(*at))
		at++;
	return (size_t)(at - p->at);
}

static int plain(struct parser *p, struct type *type)
{
	size_t size = name_size(p);
	struct near near = {0};
	char name[64] = "";

	if (!size)
		return wrong(p, "a type");
	memcpy(name, p->at, size < sizeof(name) ? size : sizeof(name) - 1);
	near.wanted = name;
	for (size_t i = 0; i < SORT_COUNT; i++) {
		if (strcmp(name, sort_names[i]) == 0) {
			type->sort = (enum sort)i;
			p->at += size;
			return 0;
		}
		near_try(&near, sort_names[i]);
	}
	return fail(p->err, -EINVAL,
		    "type '%s', offset %zu: there is no type '%s'%s%s%s", p->start,
		    (size_t)(p->at - p->start), name,
		    near.best ? ", did you mean '" : "", near.best ? near.best : "",
		    near.best ? "'?" : "");
}

/* A quoted key; its inside is checked as JSON. */
static int quoted_key(struct parser *p, struct key *key)
{
	const char *end = p->at + 1;
	struct json_fault fault;

	for (; *end && *end != '"'; end++)
		if (*end == '\\' && end[1]) {
			key->escaped = true;
			end++;
		}
	end += *end == '"';
	if (json_check(p->at, (size_t)(end - p->at), &fault) < 0) {
		p->at += fault.offset;
		return wrong(p, "a good string as the key");
	}
	key->at = p->at + 1;
	key->size = (size_t)(end - p->at) - 2;
	p->at = end;
	return 0;
}

static int member_key(struct parser *p, const struct type *type, struct key *key)
{
	const char *from = p->at;
	int r = 0;

	if (*p->at == '"') {
		r = quoted_key(p, key);
	} else {
		key->at = p->at;
		key->size = name_size(p);
		p->at += key->size;
		if (!key->size)
			r = wrong(p, "a key");
	}
	if (r < 0)
		return r;
	for (const struct part *other = type->parts; other; other = other->next)
		if (keys_equal(&other->key, key))
			return fail(p->err, -EINVAL,
				    "type '%s', offset %zu: the key '%.*s' is there "
				    "twice",
				    p->start, (size_t)(from - p->start), (int)key->size,
				    key->at);
	space(p);
	if (*p->at != ':')
		return wrong(p, "':'");
	p->at++;
	return 0;
}

/* The parts between the brackets; p->at is behind the opening one. */
static int parts(struct parser *p, struct type *type, char closer)
{
	struct part **tail = &type->parts;
	int r;

	space(p);
	if (*p->at == closer) {
		p->at++;
		return 0;
	}
	for (;;) {
		struct part *part = arena_alloc(p->arena, sizeof(*part));

		if (part)
			part->type = arena_alloc(p->arena, sizeof(*part->type));
		if (!part || !part->type)
			return -ENOMEM;
		space(p);
		r = closer == '}' ? member_key(p, type, &part->key) : 0;
		if (r == 0)
			r = parse(p, part->type);
		if (r < 0)
			return r;
		*tail = part;
		tail = &part->next;
		type->len++;
		space(p);
		if (*p->at != ',' && *p->at != closer)
			return wrong(p, closer == '}' ? "',' or '}'" : "',' or ']'");
		if (*p->at++ == closer)
			return 0;
	}
}

static int parse(struct parser *p, struct type *type)
{
	int r;

	space(p);
	if (*p->at != '[' && *p->at != '{')
		return plain(p, type);
	if (p->depth == TYPE_DEPTH)
		return wrong(p, "at most 32 brackets in each other");
	p->depth++;
	type->sort = *p->at == '{' ? SORT_OBJECT : SORT_ARRAY;
	type->exact = *p->at == '[';
	r = parts(p, type, *p->at++ == '{' ? '}' : ']');
	p->depth--;
	return r;
}

int type_parse(const char *text, struct type **ret, struct sigslot_error *err)
{
	struct root *root = calloc(1, sizeof(*root));
	struct parser p = {.err = err};
	int r;

	if (!root)
		return -ENOMEM;
	/* the keys point into the copy */
	p.start = arena_text(&root->arena, text);
	p.arena = &root->arena;
	if (!p.start) {
		free(root);
		return -ENOMEM;
	}
	p.at = p.start;
	p.end = p.at + strlen(p.at);
	r = parse(&p, &root->type);
	space(&p);
	if (r == 0 && *p.at)
		r = wrong(&p, "the end");
	if (r < 0) {
		type_free(&root->type);
		return r;
	}
	*ret = &root->type;
	return 0;
}

void type_free(struct type *t)
{
	struct root *root;

	if (!t)
		return;
	root = container_of(t, struct root, type);
	arena_done(&root->arena);
	free(root);
}

bool type_any(const struct type *t)
{
	return !t || t->sort == SORT_ANY;
}

bool type_string(const struct type *t)
{
	return t && t->sort == SORT_STRING;
}

const struct type *type_element(const struct type *t, size_t index)
{
	const struct part *part = t && t->exact ? t->parts : NULL;

	while (part && index--)
		part = part->next;
	return part ? part->type : NULL;
}

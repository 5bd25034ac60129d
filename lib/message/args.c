/* SPDX-License-Identifier: MIT */
/*
 * Payloads on command lines. What cannot be passed exactly is an error, never an
 * empty or a cut argument. The pointers and the strings share one allocation.
 */
#include "message/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/vec.h"

enum {
	ARG_MAX_SIZE = 131071, /* the kernel's MAX_ARG_STRLEN without the NUL */
	ARGS_MAX_SIZE = 1 << 20, /* all, each with its NUL */
};

struct args {
	struct buf text; /* the arguments, each with its NUL */
	VEC(size_t) starts;
};

static void args_done(struct args *a)
{
	buf_done(&a->text);
	vec_done(&a->starts);
}

/* Adds one argument; `what` and `number` or `path` name it. */
static int add(struct args *a, const struct json_slice *value, const char *path,
	       struct sigslot_error *err)
{
	size_t start = a->text.size, *slot = vec_add(&a->starts), size;
	char name[128];
	const char *nul;

	if (!slot || text_of_payload(value->data, value->size, false, &a->text) < 0 ||
	    buf_add_byte(&a->text, '\0') < 0)
		return fail(err, -ENOMEM, "out of memory");
	*slot = start;
	size = a->text.size - start - 1;
	snprintf(name, sizeof(name), "argument %zu%s%s%s", a->starts.len,
		 path ? " (" : "", path ? path : "", path ? ")" : "");
	nul = memchr(a->text.data + start, '\0', size);
	if (nul)
		return fail(err, -EILSEQ,
			    "%s has a NUL at offset %zu, which no "
			    "argument can hold; read it from stdin",
			    name, (size_t)(nul - a->text.data) - start);
	if (size > ARG_MAX_SIZE)
		return fail(err, -E2BIG,
			    "%s has %zu bytes, more than the %d that an "
			    "argument can have; read it from stdin",
			    name, size, ARG_MAX_SIZE);
	if (a->text.size > ARGS_MAX_SIZE)
		return fail(err, -E2BIG,
			    "%s would make the arguments longer than %d "
			    "bytes in all; read them from stdin",
			    name, ARGS_MAX_SIZE);
	return 0;
}

static int add_elements(struct args *a, const char *payload, size_t size,
			struct sigslot_error *err)
{
	const struct json_slice whole = {payload, size};
	enum json_kind kind = json_kind_of(payload, size);
	struct json_slice element;
	struct json_walk walk;
	int r = 0;

	if (kind == JSON_KIND_NULL)
		return 0;
	if (kind != JSON_KIND_ARRAY)
		return add(a, &whole, NULL, err);
	json_walk_start(&walk, payload, size);
	while (r == 0 && json_walk_next(&walk, NULL, &element))
		r = add(a, &element, NULL, err);
	return r;
}

static int add_paths(struct args *a, const char *payload, size_t size,
		     const char *const *paths, struct sigslot_error *err)
{
	struct json_slice picked;
	int r = 0;

	for (; r == 0 && *paths; paths++) {
		r = json_path(payload, size, *paths, &picked);
		if (r < 0)
			return fail(err, r, "argument %zu: %s %s", a->starts.len + 1,
				    *paths,
				    r == -ENOENT ? "picks nothing of the payload"
						 : "is not a simple path");
		r = add(a, &picked, *paths, err);
	}
	return r;
}

/* Moves all into one block: the pointers, then the strings. */
static int finish(const struct args *a, struct text_args *ret,
		  struct sigslot_error *err)
{
	size_t pointers = (a->starts.len + 1) * sizeof(char *);
	char **at = malloc(pointers + a->text.size);
	char *text;

	if (!at)
		return fail(err, -ENOMEM, "out of memory");
	text = (char *)at + pointers;
	if (a->text.size)
		memcpy(text, a->text.data, a->text.size);
	for (size_t i = 0; i < a->starts.len; i++)
		at[i] = text + a->starts.at[i];
	at[a->starts.len] = NULL;
	*ret = (struct text_args){at, a->starts.len};
	return 0;
}

int text_args_of(const char *payload, size_t size, const char *const *paths,
		 struct text_args *ret, struct sigslot_error *err)
{
	_cleanup_(args_done) struct args a = {0};
	int r = paths ? add_paths(&a, payload, size, paths, err)
		      : add_elements(&a, payload, size, err);

	return r < 0 ? r : finish(&a, ret, err);
}

void text_args_done(struct text_args *args)
{
	free(args->at);
	*args = (struct text_args){0};
}

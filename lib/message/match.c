/* SPDX-License-Identifier: MIT */
/*
 * What fits a type: a payload, another type. Recursion follows the type, whose depth
 * is bounded, never a payload.
 */
#include "message/type.h"

#include <stdio.h>
#include <string.h>

#include "message/json.h"
#include "message/sort.h"

static bool parts_meet(const struct type *a, const struct type *b)
{
	const struct part *right = b->parts;

	if (a->len != b->len)
		return false;
	for (const struct part *left = a->parts; left; left = left->next) {
		if (!type_meets(left->type, right->type))
			return false;
		right = right->next;
	}
	return true;
}

static bool members_meet(const struct type *a, const struct type *b)
{
	for (const struct part *left = a->parts; left; left = left->next)
		for (const struct part *right = b->parts; right; right = right->next)
			if (keys_equal(&left->key, &right->key) &&
			    !type_meets(left->type, right->type))
				return false;
	return true;
}

bool type_meets(const struct type *a, const struct type *b)
{
	if (type_any(a) || type_any(b))
		return true;
	if (a->sort != b->sort)
		return (a->sort == SORT_NUMBER && b->sort == SORT_INTEGER) ||
		       (a->sort == SORT_INTEGER && b->sort == SORT_NUMBER);
	if (a->exact && b->exact)
		return parts_meet(a, b);
	return a->sort != SORT_OBJECT || members_meet(a, b);
}

/* Where in a payload a check is: a chain that is only printed on failure. */
struct place {
	const struct place *up;
	const struct part *part;
	size_t index;
};

/* Whether jq takes the key without quotes. */
static bool bare(const struct key *key)
{
	for (size_t i = 0; i < key->size; i++) {
		char c = key->at[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && c != '_' &&
		    !(i && c >= '0' && c <= '9'))
			return false;
	}
	return key->size;
}

static void add_place(const struct place *place, char *text, size_t cap)
{
	size_t used;

	if (!place || !place->part)
		return;
	add_place(place->up, text, cap);
	used = strlen(text);
	if (!place->part->key.at)
		snprintf(text + used, cap - used, "%s[%zu]", used ? "" : ".",
			 place->index);
	else
		snprintf(text + used, cap - used,
			 bare(&place->part->key) ? ".%.*s" : ".\"%.*s\"",
			 (int)place->part->key.size, place->part->key.at);
}

static int mismatch(const struct place *place, struct sigslot_error *err,
		    const char *wanted, const char *found)
{
	char where[256] = "";

	add_place(place, where, sizeof(where));
	return fail(err, -EILSEQ, "%s%sexpected %s, found %s", where,
		    *where ? ": " : "", wanted, found);
}

static int accepts(const struct type *t, const struct json_slice *value,
		   const struct place *place, struct sigslot_error *err);

static int accepts_parts(const struct type *t, const struct json_slice *value,
			 const struct place *place, struct sigslot_error *err)
{
	const struct part *part = t->parts;
	struct place inner = {.up = place};
	struct json_slice element;
	struct json_walk walk;
	char wanted[64], found[32];
	int r;

	json_walk_start(&walk, value->data, value->size);
	while (json_walk_next(&walk, NULL, &element)) {
		inner.part = part;
		r = part ? accepts(part->type, &element, &inner, err) : 0;
		if (r < 0)
			return r;
		inner.index++;
		part = part ? part->next : NULL;
	}
	if (inner.index == t->len)
		return 0;
	snprintf(wanted, sizeof(wanted), "an array of %zu element%s", t->len,
		 t->len == 1 ? "" : "s");
	snprintf(found, sizeof(found), "%zu", inner.index);
	return mismatch(place, err, wanted, found);
}

static const struct part *part_of(const struct type *t, const struct json_slice *quoted)
{
	struct key key = {
		.at = quoted->data + 1,
		.size = quoted->size - 2,
		.escaped = memchr(quoted->data, '\\', quoted->size),
	};

	for (const struct part *part = t->parts; part; part = part->next)
		if (keys_equal(&part->key, &key))
			return part;
	return NULL;
}

/* Names the first member that the object lacks. */
static int missing(const struct type *t, const struct json_slice *value,
		   const struct place *place, struct sigslot_error *err)
{
	struct place inner = {.up = place, .part = t->parts};

	for (; inner.part; inner.part = inner.part->next) {
		struct json_slice key;
		struct json_walk walk;
		bool found = false;

		json_walk_start(&walk, value->data, value->size);
		while (!found && json_walk_next(&walk, &key, NULL))
			found = part_of(t, &key) == inner.part;
		if (!found)
			break;
	}
	return mismatch(&inner, err, sort_names[inner.part->type->sort], "nothing");
}

static int accepts_members(const struct type *t, const struct json_slice *value,
			   const struct place *place, struct sigslot_error *err)
{
	struct place inner = {.up = place};
	struct json_slice key, element;
	struct json_walk walk;
	size_t held = 0;
	int r;

	json_walk_start(&walk, value->data, value->size);
	while (held < t->len && json_walk_next(&walk, &key, &element)) {
		inner.part = part_of(t, &key);
		if (!inner.part)
			continue;
		held++;
		r = accepts(inner.part->type, &element, &inner, err);
		if (r < 0)
			return r;
	}
	return held == t->len ? 0 : missing(t, value, place, err);
}

/* How a value is called in a sentence, and which sorts it fits. */
static const struct {
	const char *name;
	unsigned fits;
} kinds[] = {
	[JSON_KIND_NULL] = {"null", 1 << SORT_NULL},
	[JSON_KIND_BOOLEAN] = {"boolean", 1 << SORT_BOOLEAN},
	[JSON_KIND_NUMBER] = {"number", 1 << SORT_NUMBER | 1 << SORT_INTEGER},
	[JSON_KIND_STRING] = {"string", 1 << SORT_STRING},
	[JSON_KIND_ARRAY] = {"array", 1 << SORT_ARRAY},
	[JSON_KIND_OBJECT] = {"object", 1 << SORT_OBJECT},
};

static int accepts(const struct type *t, const struct json_slice *value,
		   const struct place *place, struct sigslot_error *err)
{
	enum json_kind kind;

	if (t->sort == SORT_ANY)
		return 0;
	kind = json_kind_of(value->data, value->size);
	if (!(kinds[kind].fits & 1U << t->sort))
		return mismatch(place, err, sort_names[t->sort], kinds[kind].name);
	if (t->sort == SORT_INTEGER && !json_whole(value->data, value->size))
		return mismatch(place, err, "integer", "a number with a fraction");
	if (t->exact)
		return accepts_parts(t, value, place, err);
	return t->parts ? accepts_members(t, value, place, err) : 0;
}

int type_accepts(const struct type *t, const char *bytes, size_t size,
		 struct sigslot_error *err)
{
	const struct json_slice value = {bytes, size};

	return type_any(t) ? 0 : accepts(t, &value, NULL, err);
}

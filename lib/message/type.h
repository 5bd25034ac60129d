/* SPDX-License-Identifier: MIT */
/*
 * The types of signals and slots: any string number integer boolean object array null,
 * [T, T] (an array of just these) and {key: T} (an object that has at least these).
 *
 * A type travels as canonical text, such as "[string,{id:integer}]", and is parsed
 * where it is used. Pure functions; a parsed type is immutable and may be shared.
 */
#ifndef MESSAGE_TYPE_H
#define MESSAGE_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { TYPE_DEPTH = 32 };

struct type;

/*
 * Parses canonical text: spaces are allowed, a key is a name or a quoted string, and
 * brackets nest TYPE_DEPTH deep. Returns 0, -EINVAL with err saying where, -ENOMEM.
 */
int type_parse(const char *text, struct type **ret, struct sigslot_error *err);
void type_free(struct type *t);

/* The plain ones are asked for on every message. NULL is any, here and below. */
bool type_any(const struct type *t);
bool type_string(const struct type *t);

/*
 * The type of element `index` of arrays of this type: of [T, T] if it has that many,
 * else NULL, which stands for any. It belongs to t.
 */
const struct type *type_element(const struct type *t, size_t index);

/*
 * Whether checked JSON is of the type. Returns 0, or -EILSEQ with err saying what was
 * expected where (".id: expected integer, found string").
 */
int type_accepts(const struct type *t, const char *bytes, size_t size,
		 struct sigslot_error *err);

/* Whether some value is of both types: what a signal sends and what a slot takes. */
bool type_meets(const struct type *a, const struct type *b);

#endif

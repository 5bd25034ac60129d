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

struct type;

/* Parses canonical text (spaces are allowed). Returns 0, -EINVAL with err, -ENOMEM. */
int type_parse(const char *text, struct type **ret, struct sigslot_error *err);
void type_free(struct type *t);

/* The plain ones are asked for on every message. */
bool type_any(const struct type *t);
bool type_string(const struct type *t);

/*
 * Whether checked JSON is of the type. Returns 0, or -EILSEQ with err saying what was
 * expected where (".id: expected integer, found string").
 */
int type_accepts(const struct type *t, const char *bytes, size_t size,
		 struct sigslot_error *err);

/* Whether some value is of both types: what a signal sends and what a slot takes. */
bool type_meets(const struct type *a, const struct type *b);

#endif

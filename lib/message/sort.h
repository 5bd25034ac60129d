/* SPDX-License-Identifier: MIT */
/*
 * What a parsed type is made of: shared by its parser and its matcher, nobody else.
 */
#ifndef MESSAGE_SORT_H
#define MESSAGE_SORT_H

#include <stdbool.h>
#include <stddef.h>

#include "message/keys.h"

enum sort {
	SORT_ANY,
	SORT_STRING,
	SORT_NUMBER,
	SORT_INTEGER,
	SORT_BOOLEAN,
	SORT_OBJECT,
	SORT_ARRAY,
	SORT_NULL,
	SORT_COUNT
};

/* As they are written. */
extern const char *const sort_names[SORT_COUNT];

/* An element of [T, T] or a member of {key: T}. */
struct part {
	struct part *next;
	struct key key; /* of a member */
	struct type *type;
};

struct type {
	enum sort sort;
	bool exact; /* an array of just these parts */
	size_t len;
	struct part *parts;
};

#endif

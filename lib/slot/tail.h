/* SPDX-License-Identifier: MIT */
/*
 * The last bytes of something long: the end of stderr, for who asks why.
 * {0} is valid and empty.
 */
#ifndef SLOT_TAIL_H
#define SLOT_TAIL_H

#include <stddef.h>

enum { TAIL_SIZE = 1024 };

struct tail {
	char text[TAIL_SIZE + 1]; /* NUL-terminated */
	size_t size;
};

/* Adds at the end, and drops from the beginning what is too much. */
void tail_add(struct tail *t, const char *bytes, size_t size);

#endif

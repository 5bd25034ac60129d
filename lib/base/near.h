/* SPDX-License-Identifier: MIT */
/*
 * "Did you mean ...?": the name nearest to a mistyped one.
 */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

#include <stddef.h>

struct near {
	const char *wanted;
	const char *best; /* borrowed from the candidates; NULL: none is near */
	size_t distance;
};

/* Considers a candidate. Start from {.wanted = name}; read .best at the end. */
void near_try(struct near *n, const char *candidate);

#endif

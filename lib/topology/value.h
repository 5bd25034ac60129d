/* SPDX-License-Identifier: MIT */
/*
 * Checks of single values, by the kind of their key.
 */
#ifndef TOPOLOGY_VALUE_H
#define TOPOLOGY_VALUE_H

#include "topology/section.h"

/* Checks s->value and works it out. Returns false with the problem told. */
bool value_check(struct reader *r, struct setting *s);

/* A duration or a size in a text; false with the problem told at the node. */
bool value_duration(struct reader *r, const struct node *n, const char *text,
		    uint64_t *ret_ns);

/* "100ms..10s", or one duration for both. Takes NULL; tells what is wrong. */
void value_backoff(struct reader *r, const struct node *n, uint64_t *first_ns,
		   uint64_t *last_ns);

/* A whole number without sign; false if it is none, or does not fit. */
bool value_number(const char *text, uint64_t *ret);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Dispositions of signals. Nearly all are at their default: one look spares each
 * process that is made later 60 system calls.
 */
#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H

#include <stdint.h>

/* Those that are ignored or have a handler: signal N is bit N - 1. */
uint64_t signals_changed(void);

/* Takes the lowest signal out of a set that is not empty. */
static inline int signals_take(uint64_t *set)
{
	int sig = __builtin_ctzll(*set) + 1;

	*set &= *set - 1;
	return sig;
}

#endif

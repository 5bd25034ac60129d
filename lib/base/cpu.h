/* SPDX-License-Identifier: MIT */
/*
 * What the processor can do beyond the least of its kind. The C library has asked it;
 * asking again takes traps on virtual machines.
 */
#ifndef BASE_CPU_H
#define BASE_CPU_H

#include <stdbool.h>

enum cpu_feature {
	CPU_ASKED = 1,
	CPU_CRC = 2, /* SSE 4.2 */
	CPU_WIDE = 4, /* AVX2: registers of 32 bytes */
};

extern unsigned cpu_features; /* 0 until cpu_ask() */

/* Finds them out; two threads that do find the same. */
unsigned cpu_ask(void);

static inline bool cpu_has(enum cpu_feature feature)
{
	unsigned now = __atomic_load_n(&cpu_features, __ATOMIC_RELAXED);

	return (now ?: cpu_ask()) & feature;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Features of the processor: asked for once, then remembered.
 */
#include "base/cpu.h"

#if defined(__x86_64__) && __has_include(<sys/platform/x86.h>)
#include <sys/platform/x86.h>
#endif

unsigned cpu_features;

unsigned cpu_ask(void)
{
	unsigned found = CPU_ASKED;

#ifdef CPU_FEATURE_ACTIVE
	found |= CPU_FEATURE_ACTIVE(SSE4_2) ? CPU_CRC : 0;
	found |= CPU_FEATURE_ACTIVE(AVX2) ? CPU_WIDE : 0;
#elif defined(__x86_64__)
	found |= __builtin_cpu_supports("sse4.2") ? CPU_CRC : 0;
	found |= __builtin_cpu_supports("avx2") ? CPU_WIDE : 0;
#endif
	__atomic_store_n(&cpu_features, found, __ATOMIC_RELAXED);
	return found;
}

/* SPDX-License-Identifier: MIT */
/*
 * Sums of payloads. The loop is written once, for vectors of a fixed width; the
 * compiler makes of it what the processor has.
 */
#include "base/sum.h"

#include <string.h>

#include "base/cpu.h"
#include "base/crc.h"

enum { BLOCK = 64, LANES = BLOCK / 8 };

typedef uint64_t lanes __attribute__((vector_size(BLOCK / 2)));

/* Of each lane: the sum of its words, and the sum of all values that this had. */
struct fletcher {
	lanes first, second;
};

/* Neither overflows: a payload has fewer than 2^30 words. */
__attribute__((always_inline)) static inline void take(struct fletcher *f,
						       const lanes *x)
{
	f->first += *x & 0xffffffff;
	f->second += f->first;
	f->first += *x >> 32;
	f->second += f->first;
}

__attribute__((always_inline)) static inline uint64_t condense(const struct fletcher *f)
{
	uint64_t first[LANES], second[LANES];

	for (size_t i = 0; i < LANES; i++) {
		first[i] = f[i / 4].first[i % 4];
		second[i] = f[i / 4].second[i % 4];
	}
	return (uint64_t)crc32c(0, first, sizeof(first)) << 32 |
	       crc32c(0, second, sizeof(second));
}

/* Without `to` it only sums. */
__attribute__((always_inline)) static inline uint64_t
walk(unsigned char *to, const unsigned char *from, size_t size)
{
	struct fletcher f[2] = {0};
	unsigned char rest[BLOCK] = {0};
	size_t at = 0;
	lanes x, y;

	for (; size - at >= BLOCK; at += BLOCK) {
		memcpy(&x, from + at, sizeof(x));
		memcpy(&y, from + at + sizeof(x), sizeof(y));
		if (to) {
			memcpy(to + at, &x, sizeof(x));
			memcpy(to + at + sizeof(x), &y, sizeof(y));
		}
		take(&f[0], &x);
		take(&f[1], &y);
	}
	memcpy(rest, from + at, size - at);
	if (to)
		memcpy(to + at, from + at, size - at);
	memcpy(&x, rest, sizeof(x));
	memcpy(&y, rest + sizeof(x), sizeof(y));
	take(&f[0], &x);
	take(&f[1], &y);
	return condense(f);
}

static uint64_t copy_narrow(void *to, const void *from, size_t size)
{
	return walk(to, from, size);
}

static uint64_t sum_narrow(const void *from, size_t size)
{
	return walk(NULL, from, size);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static uint64_t copy_wide(void *to, const void *from,
							  size_t size)
{
	return walk(to, from, size);
}

__attribute__((target("avx2"))) static uint64_t sum_wide(const void *from, size_t size)
{
	return walk(NULL, from, size);
}
#else
#define copy_wide copy_narrow
#define sum_wide  sum_narrow
#endif

uint64_t sum_long(const void *bytes, size_t size)
{
	return cpu_has(CPU_WIDE) ? sum_wide(bytes, size) : sum_narrow(bytes, size);
}

uint64_t sum_copy(void *to, const void *from, size_t size)
{
	return cpu_has(CPU_WIDE) ? copy_wide(to, from, size)
				 : copy_narrow(to, from, size);
}

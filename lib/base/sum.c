/* SPDX-License-Identifier: MIT */
/*
 * Sums of payloads. The loop is written once, for vectors of a fixed width; the
 * compiler makes of it what the processor has.
 */
#include "base/sum.h"

#include <string.h>

#include "base/cpu.h"
#include "base/crc.h"

typedef uint32_t words __attribute__((vector_size(16)));
typedef uint64_t lanes __attribute__((vector_size(32)));

/* Of each lane: the sum of its words, and the sum of all values that this had. */
struct fletcher {
	lanes first, second;
};

/* Neither overflows before 2^32 words; a payload has fewer than 2^30. */
static inline void take(struct fletcher *f, words w)
{
	f->first += __builtin_convertvector(w, lanes);
	f->second += f->first;
}

__attribute__((always_inline)) static inline uint64_t
walk(unsigned char *to, const unsigned char *from, size_t size)
{
	struct fletcher f = {0};
	words w[4];

	for (; size >= sizeof(w); size -= sizeof(w), from += sizeof(w)) {
		memcpy(w, from, sizeof(w));
		if (to)
			memcpy(to, w, sizeof(w));
		to = to ? to + sizeof(w) : NULL;
		take(&f, w[0]);
		take(&f, w[1]);
		take(&f, w[2]);
		take(&f, w[3]);
	}
	memset(w, 0, sizeof(w));
	memcpy(w, from, size);
	if (to)
		memcpy(to, from, size);
	for (size_t i = 0; i < 4; i++)
		take(&f, w[i]);
	return (uint64_t)crc32c(0, &f.first, sizeof(f.first)) << 32 |
	       crc32c(0, &f.second, sizeof(f.second));
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

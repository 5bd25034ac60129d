/* SPDX-License-Identifier: MIT */
/*
 * CRC-32C: reflected polynomial 0x82f63b78. The table is the bytewise one of the
 * textbook; only machines without the instruction use it.
 */
#include "base/crc.h"

#include <string.h>

#include "base/cpu.h"

static uint32_t table_step(uint32_t crc, unsigned char byte)
{
	crc ^= byte;
	for (int bit = 0; bit < 8; bit++)
		crc = crc >> 1 ^ (0x82f63b78u & -(crc & 1));
	return crc;
}

static uint32_t by_table(uint32_t crc, const unsigned char *at, size_t size)
{
	static uint32_t table[256];
	static int filled;

	if (!__atomic_load_n(&filled, __ATOMIC_ACQUIRE)) {
		for (unsigned i = 0; i < 256; i++)
			table[i] = table_step(0, (unsigned char)i);
		/* pairs with the acquire above; two threads write equal values */
		__atomic_store_n(&filled, 1, __ATOMIC_RELEASE);
	}
	for (; size; size--, at++)
		crc = crc >> 8 ^ table[(crc ^ *at) & 255];
	return crc;
}

#ifdef __x86_64__
#define INSTRUCTION	__attribute__((target("sse4.2")))
#define STEP(crc, word) __builtin_ia32_crc32di(crc, word)

/* The instruction takes three cycles, but three can be under way: three lanes. */
enum { LANE = 512 };

static uint32_t skip_table[4][256]; /* what LANE zero bytes make of a crc, by bytes */

INSTRUCTION static uint64_t word_at(const unsigned char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* It is linear: the table follows from what becomes of each single bit. */
INSTRUCTION static void fill_skip_table(void)
{
	static int filled;

	if (__atomic_load_n(&filled, __ATOMIC_ACQUIRE))
		return;
	for (int bit = 0; bit < 32; bit++) {
		uint64_t crc = 1u << bit;
		uint32_t *row = skip_table[bit / 8];
		unsigned low = 1u << bit % 8;

		for (int i = 0; i < LANE / 8; i++)
			crc = STEP(crc, 0);
		for (unsigned i = 0; i < low; i++)
			row[low + i] = row[i] ^ (uint32_t)crc;
	}
	/* pairs with the acquire above; two threads write equal values */
	__atomic_store_n(&filled, 1, __ATOMIC_RELEASE);
}

static uint32_t skip_lane(uint32_t crc)
{
	return skip_table[0][crc & 255] ^ skip_table[1][crc >> 8 & 255] ^
	       skip_table[2][crc >> 16 & 255] ^ skip_table[3][crc >> 24];
}

INSTRUCTION static uint32_t by_lanes(uint32_t crc, const unsigned char **at,
				     size_t *size)
{
	fill_skip_table();
	for (; *size >= 3 * LANE; *size -= 3 * LANE, *at += 3 * LANE) {
		uint64_t a = crc, b = 0, c = 0;

		for (size_t i = 0; i < LANE; i += 8) {
			a = STEP(a, word_at(*at + i));
			b = STEP(b, word_at(*at + LANE + i));
			c = STEP(c, word_at(*at + 2 * LANE + i));
		}
		crc = skip_lane(skip_lane((uint32_t)a) ^ (uint32_t)b) ^ (uint32_t)c;
	}
	return crc;
}

/* Fewer than eight bytes. */
INSTRUCTION static inline uint32_t
tail_by_instruction(uint32_t crc, const unsigned char *at, size_t size)
{
	uint32_t four;
	uint16_t two;

	if (size & 4) {
		memcpy(&four, at, sizeof(four));
		crc = __builtin_ia32_crc32si(crc, four);
		at += 4;
	}
	if (size & 2) {
		memcpy(&two, at, sizeof(two));
		crc = __builtin_ia32_crc32hi(crc, two);
		at += 2;
	}
	return size & 1 ? __builtin_ia32_crc32qi(crc, *at) : crc;
}

/* Fewer than so many bytes that lanes are worth it. */
INSTRUCTION static inline uint32_t
short_by_instruction(uint64_t crc, const unsigned char *at, size_t size)
{
	for (; size >= 8; size -= 8, at += 8)
		crc = STEP(crc, word_at(at));
	return tail_by_instruction((uint32_t)crc, at, size);
}

INSTRUCTION static uint32_t by_instruction(uint32_t crc, const unsigned char *at,
					   size_t size)
{
	if (size >= 3 * LANE)
		crc = by_lanes(crc, &at, &size);
	return short_by_instruction(crc, at, size);
}

/* Two chains that do not wait for one another, as far as both go. */
INSTRUCTION static uint32_t pair_by_instruction(const unsigned char *a, size_t a_size,
						const unsigned char *b, size_t b_size)
{
	uint64_t one = ~0u, two = ~0u;

	for (; a_size >= 8 && b_size >= 8; a_size -= 8, b_size -= 8, a += 8, b += 8) {
		one = STEP(one, word_at(a));
		two = STEP(two, word_at(b));
	}
	one = short_by_instruction(one, a, a_size);
	two = b_size < 3 * LANE ? short_by_instruction(two, b, b_size)
				: by_instruction((uint32_t)two, b, b_size);
	return ~(uint32_t)STEP(one, ~two & 0xffffffff);
}

INSTRUCTION static uint32_t words_by_instruction(const unsigned char *at, size_t size)
{
	uint64_t a = ~0u, b = ~0u, c = ~0u;

	for (; size >= 24; size -= 24, at += 24) {
		a = STEP(a, word_at(at));
		b = STEP(b, word_at(at + 8));
		c = STEP(c, word_at(at + 16));
	}
	if (size >= 8)
		a = STEP(a, word_at(at));
	if (size >= 16)
		b = STEP(b, word_at(at + 8));
	return (uint32_t)STEP(STEP(a, b), c);
}
#endif

static uint32_t step_by_table(uint32_t crc, uint64_t word)
{
	return by_table(crc, (const unsigned char *)&word, sizeof(word));
}

static uint32_t words_by_table(const unsigned char *at, size_t size)
{
	uint32_t lanes[3] = {~0u, ~0u, ~0u};

	for (size_t i = 0; i < size / 8; i++)
		lanes[i % 3] = by_table(lanes[i % 3], at + 8 * i, 8);
	return step_by_table(step_by_table(lanes[0], lanes[1]), lanes[2]);
}

uint32_t crc32c(uint32_t crc, const void *bytes, size_t size)
{
	crc = ~crc;
#ifdef __x86_64__
	if (cpu_has(CPU_CRC))
		return ~by_instruction(crc, bytes, size);
#endif
	return ~by_table(crc, bytes, size);
}

uint32_t crc32c_lanes(const void *bytes, size_t size)
{
#ifdef __x86_64__
	if (cpu_has(CPU_CRC))
		return words_by_instruction(bytes, size);
#endif
	return words_by_table(bytes, size);
}

/* Apart, so that the other way has no share in its stack. */
static __attribute__((noinline)) uint32_t pair_by_table(const void *a, size_t a_size,
							const void *b, size_t b_size)
{
	uint64_t second = crc32c(0, b, b_size);

	return crc32c(crc32c(0, a, a_size), &second, sizeof(second));
}

uint32_t crc32c_pair(const void *a, size_t a_size, const void *b, size_t b_size)
{
#ifdef __x86_64__
	if (cpu_has(CPU_CRC))
		return pair_by_instruction(a, a_size, b, b_size);
#endif
	return pair_by_table(a, a_size, b, b_size);
}

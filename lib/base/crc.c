/* SPDX-License-Identifier: MIT */
/*
 * CRC-32C: reflected polynomial 0x82f63b78. The table is the bytewise one of the
 * textbook; only machines without the instruction use it.
 */
#include "base/crc.h"

#include <string.h>

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
__attribute__((target("sse4.2"))) static uint32_t
by_instruction(uint32_t crc, const unsigned char *at, size_t size)
{
	uint64_t wide = crc;

	for (; size >= 8; size -= 8, at += 8) {
		uint64_t word;

		memcpy(&word, at, 8);
		wide = __builtin_ia32_crc32di(wide, word);
	}
	crc = (uint32_t)wide;
	for (; size; size--, at++)
		crc = __builtin_ia32_crc32qi(crc, *at);
	return crc;
}
#endif

uint32_t crc32c(uint32_t crc, const void *bytes, size_t size)
{
	crc = ~crc;
#ifdef __x86_64__
	if (__builtin_cpu_supports("sse4.2"))
		return ~by_instruction(crc, bytes, size);
#endif
	return ~by_table(crc, bytes, size);
}

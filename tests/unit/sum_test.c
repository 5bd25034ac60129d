/* SPDX-License-Identifier: MIT */
/*
 * Sums of payloads: that they are the same however they are worked out, and that no
 * changed byte escapes them.
 */
#include "base/sum.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/crc.h"
#include "tap.h"

enum { LONGEST = 70000, MOST = LONGEST + 64 };

static unsigned char from[MOST], to[MOST];

/* The definition, word by word: two words of each block belong to each lane. */
static void plainly(const unsigned char *at, size_t size, uint64_t out[16])
{
	size_t blocks = size / 64 + 1;

	memset(out, 0, 16 * sizeof(*out));
	for (size_t i = 0; i < blocks * 16; i++) {
		size_t lane = i / 2 % 8;
		uint32_t word = 0;

		for (size_t k = 0; k < 4; k++)
			if (i * 4 + k < size)
				word |= (uint32_t)at[i * 4 + k] << 8 * k;
		out[lane] += word;
		out[8 + lane] += out[lane];
	}
}

static uint64_t expected(const unsigned char *at, size_t size)
{
	uint64_t parts[16];

	plainly(at, size, parts);
	return (uint64_t)crc32c(0, parts, 64) << 32 | crc32c(0, parts + 8, 64);
}

static void test_same(void)
{
	static const size_t sizes[] = {4097, 4098, 4111, 4160, 5000, 65536, LONGEST};
	bool same = true, copied = true, narrow = true;
	unsigned kept = cpu_ask();

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		for (size_t by = 0; by < 3; by++) {
			size_t size = sizes[i];
			uint64_t sum = sum_long(from + by, size);

			same = same && sum == expected(from + by, size);
			memset(to, 0, sizeof(to));
			copied = copied && sum_copy(to + by, from + by, size) == sum &&
				 memcmp(to + by, from + by, size) == 0 &&
				 to[by + size] == 0;
			cpu_features = kept & ~(unsigned)CPU_WIDE;
			narrow = narrow && sum_long(from + by, size) == sum &&
				 sum_copy(to, from + by, size) == sum;
			cpu_features = kept;
		}
	ok(same, "the sum is the one that is documented, at any place and size");
	ok(copied, "copying gives the same sum, and copies just so much");
	ok(narrow, "a processor without wide registers comes to the same sum");
}

static void test_changes(void)
{
	const size_t size = 4099;
	uint64_t sum = sum_long(from, size);
	unsigned missed = 0;

	for (size_t i = 0; i < size; i++)
		for (int bit = 0; bit < 8; bit++) {
			from[i] ^= (unsigned char)(1 << bit);
			missed += sum_long(from, size) == sum;
			from[i] ^= (unsigned char)(1 << bit);
		}
	is_u64(missed, 0, "one changed bit changes it, wherever it is");
	for (size_t i = 0; i + 32 < size; i += 4) {
		unsigned char kept[32];

		memcpy(kept, from + i, 32);
		memcpy(from + i, kept + 16, 16);
		memcpy(from + i + 16, kept, 16);
		missed +=
			memcmp(kept, from + i, 32) != 0 && sum_long(from, size) == sum;
		from[i + 3] ^= 0x80; /* two top bits, one lane */
		from[i + 19] ^= 0x80;
		missed += sum_long(from, size) == sum;
		memcpy(from + i, kept, 32);
	}
	is_u64(missed, 0, "swapped blocks and pairs of changed bits change it");
}

int main(void)
{
	srand(7);
	for (size_t i = 0; i < MOST; i++)
		from[i] = (unsigned char)rand();
	test_same();
	test_changes();
	return done();
}

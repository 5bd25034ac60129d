/* SPDX-License-Identifier: MIT */
/*
 * CRC-32C by instruction and by table: lib/base/crc.c, included for its statics.
 */
#include "base/cleanup.h"
#include "base/crc.c"
#include "tap.h"

enum { LONGEST = 300 };

static unsigned char bytes[LONGEST + 16];

static void vectors(void)
{
	unsigned char block[32];

	is_u64(crc32c(0, "123456789", 9), 0xe3069283u, "the check value is right");
	is_u64(crc32c(0, "", 0), 0, "of nothing it is 0");
	memset(block, 0, sizeof(block));
	is_u64(crc32c(0, block, 32), 0x8a9136aau, "32 zeros as in RFC 3720");
	memset(block, 0xff, sizeof(block));
	is_u64(crc32c(0, block, 32), 0x62a8ab43u, "32 ones as in RFC 3720");
	for (unsigned i = 0; i < 32; i++)
		block[i] = (unsigned char)i;
	is_u64(crc32c(0, block, 32), 0x46dd794eu, "32 rising as in RFC 3720");
	for (unsigned i = 0; i < 32; i++)
		block[i] = (unsigned char)(31 - i);
	is_u64(crc32c(0, block, 32), 0x113fdb5cu, "32 falling as in RFC 3720");
}

static void agreement(void)
{
	bool same = true, split = true, moved = true;

	for (size_t size = 0; size <= LONGEST; size++) {
		uint32_t crc = crc32c(0, bytes, size);
		size_t half = size / 3;

		same = same && crc == ~by_table(~0u, bytes, size);
		split = split && crc == crc32c(crc32c(0, bytes, half), bytes + half,
					       size - half);
		for (size_t by = 1; by < 8; by++)
			moved = moved && crc32c(0, bytes + by, size) ==
						 ~by_table(~0u, bytes + by, size);
	}
	ok(same, "instruction and table agree on every length");
	ok(moved, "also on bytes that are not aligned");
	ok(split, "continuing gives the same as one piece");
}

static unsigned char large[5 * 3 * 512 + 7];

static void lanes(void)
{
	bool same = true;

	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = (unsigned char)(i * 31 + i / 251);
	for (size_t size = 1500; size <= sizeof(large); size += 13)
		same = same && crc32c(7, large, size) == ~by_table(~7u, large, size);
	ok(same, "instruction and table agree on what is summed in three lanes");
	same = true;
	for (size_t size = 0; size <= 256; size += 8)
		same = same && crc32c_lanes(large, size) == words_by_table(large, size);
	ok(same, "instruction and table agree on the sum of blocks");
}

static void pairs(void)
{
	bool same = true;

	for (size_t a = 0; a < 70; a++)
		for (size_t b = 0; b < 200; b += 3) {
			uint64_t word = crc32c(0, large + 100, b);
			uint32_t both =
				crc32c(crc32c(0, large, a), &word, sizeof(word));

			same = same && crc32c_pair(large, a, large + 100, b) == both;
		}
	ok(same, "a pair is the one sum, continued over the other as a word");
}

int main(void)
{
	uint32_t before;

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 167 + i / 7);
	vectors();
	agreement();
	lanes();
	pairs();
	before = crc32c(0, bytes, LONGEST);
	bytes[150] ^= 1;
	ok(crc32c(0, bytes, LONGEST) != before, "one changed bit changes it");
	return done();
}

/* SPDX-License-Identifier: MIT */
/*
 * CRC-32C (Castagnoli), the checksum of record and header blocks in shared memory.
 * Uses the processor's instruction where it has one (SSE 4.2), else a table.
 */
#ifndef BASE_CRC_H
#define BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* Continues crc (0 to begin) over the bytes. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t size);

/*
 * The CRC-32C of a, continued over that of b as a word of eight bytes. Both are worked
 * out side by side.
 */
uint32_t crc32c_pair(const void *a, size_t a_size, const void *b, size_t b_size);

/*
 * A checksum of its own, three times as fast on short blocks: the CRC-32C of the words
 * 0, 3, 6 ..., into which those of 1, 4, 7 ... and of 2, 5, 8 ... are then fed, each
 * unfinished and as a word. `size` is a multiple of 8.
 */
uint32_t crc32c_lanes(const void *bytes, size_t size);

#endif

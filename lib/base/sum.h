/* SPDX-License-Identifier: MIT */
/*
 * The sum of a long payload: 64 bits that tell whether any byte of it has changed.
 *
 * It is Fletcher's sum ("An Arithmetic Checksum for Serial Transmissions", 1982) over
 * 32-bit words in eight lanes of 64 bits, condensed by CRC-32C. It runs at the speed of
 * memory, where a CRC alone takes longer than copying. Machines with and without wide
 * registers come to the same sum.
 */
#ifndef BASE_SUM_H
#define BASE_SUM_H

#include <stddef.h>
#include <stdint.h>

enum { SUM_LONG = 4097 }; /* below, a CRC is as quick */

uint64_t sum_long(const void *bytes, size_t size);

/* The same, and copies them on the way: bytes are read once. They must not overlap. */
uint64_t sum_copy(void *to, const void *from, size_t size);

#endif

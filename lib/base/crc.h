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

#endif

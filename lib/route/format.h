/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a snapshot: a header, then its sections one behind the other, in the
 * order of the counts. Everything is a multiple of four bytes, in host order: the file
 * never leaves the machine. Shared by the writer and the reader, by nobody else.
 */
#ifndef ROUTE_FORMAT_H
#define ROUTE_FORMAT_H

#include <stdint.h>

#include "base/crc.h"
#include "route/route.h"

enum { ROUTE_MAGIC = 0x53535254, ROUTE_VERSION = 7 };

#define ROUTE_FILE "routes"

struct route_header {
	uint32_t magic, version;
	uint32_t generation;
	uint32_t crc; /* of the whole file, this being 0 */
	uint32_t queues_len, names_len, targets_len, reaches_len;
	uint32_t sorted_len; /* all ids, by owner, member and kind */
	uint32_t strings_size;
	uint32_t fuses; /* the last one that ever was */
	uint32_t loops_len; /* of the queues: the first are those of loops */
};

/* What h->crc must be, for a file of that size. */
static inline uint32_t route_crc(const struct route_header *h, size_t size)
{
	struct route_header head = *h;

	head.crc = 0;
	return crc32c(crc32c(0, &head, sizeof(head)), h + 1, size - sizeof(head));
}

#endif

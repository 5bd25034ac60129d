/* SPDX-License-Identifier: MIT */
/*
 * The file of a ring that may be damaged in any way, mapped to be read, and what in it
 * is whole. The mapping is private and as large as the ring should be; what the file
 * lacks reads as zeros.
 */
#ifndef QUEUE_WRECK_H
#define QUEUE_WRECK_H

#include "base/vec.h"
#include "queue/safe.h"

struct find {
	const struct record *record;
	uint64_t seq;
	bool gone;
};

struct wreck {
	struct ring ring; /* key and limits only if `keyed` */
	struct ring_meta m; /* only if `located` */
	bool durable;
	bool keyed; /* its fixed header is right */
	bool located; /* a meta block tells where records are */
	bool sound; /* so is everything but perhaps its records */
	uint64_t lost;
	VEC(struct find); /* rising by seq, each once */
};

/* Returns 0 or a negative errno. wreck_close() in any case. */
int wreck_open(int fd, bool durable, const char *name, struct wreck *ret,
	       struct sigslot_error *err);
void wreck_close(struct wreck *w);

/* Finds every whole record. Returns 0 or -ENOMEM. */
int wreck_search(struct wreck *w);

#endif

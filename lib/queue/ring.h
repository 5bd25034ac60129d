/* SPDX-License-Identifier: MIT */
/*
 * The file of a queue: a page of header, then the data, mapped twice back to back so
 * that no record wraps. sigslot-internals(7) documents the offsets.
 *
 * Positions are byte counts that never wrap: head <= next <= tail <= head + capacity.
 * All that is true of the ring stands in one of two meta blocks; `idx` says which, and
 * storing `idx` is the one store by which any operation commits. What is read from
 * here may have been written by anybody: copy it, check it, then use it.
 */
#ifndef QUEUE_RING_H
#define QUEUE_RING_H

#include <stdint.h>

#include "base/error.h"
#include "queue/guard.h"
#include "queue/book.h"
#include "queue/record.h"

enum {
	RING_VERSION = 1,
	RING_DATA = 65536, /* where the data begins: a multiple of any page size */
	RING_INLINE = 4096, /* larger payloads are copied outside the lock */
	RING_GONE = RECORD_STATES - RECORD_ACKED,
};

#define RING_OPEN (O_CLOEXEC | O_NOFOLLOW)

enum ring_flag {
	RING_SHUT = 1,
	RING_FAILED = 2, /* the medium of a durable ring gave an error */
};

/* The parts of the file that never change. */
struct ring_static {
	char magic[8];
	uint32_t version, record_size;
	uint64_t data, capacity;
	uint64_t messages; /* at most so many records; 0 = no limit */
	uint32_t key; /* random: what marks are made with */
	uint32_t crc; /* of the above */
};

struct ring_meta {
	uint64_t version; /* how many commits there were */
	uint64_t head, next, tail; /* nothing before `next` is READY */
	uint64_t seq; /* how many records were pushed */
	uint64_t due; /* when something before `next` wants to be looked at again */
	uint64_t gap,
		gap_end; /* dead bytes between two records, counted; 0, 0 = none */
	uint64_t swept[RING_GONE]; /* records that head has passed, by their state */
	uint32_t present[RECORD_STATES]; /* records from head to tail, by their state */
	uint32_t flags;
	uint32_t crc; /* crc32c_lanes() of the block with 0 here */
};

/* Kept under the latch, but not part of a commit: a kill may lose the last one. */
struct ring_stats {
	uint64_t redelivered, takeovers;
	uint64_t high_bytes, high_records;
	uint64_t refused, failed; /* that found no room: drop-new, fail */
};

/* Who waits for space first, and how much. */
struct ring_want {
	uint64_t room; /* 0 = nobody */
	uint64_t since; /* renewed by each attempt */
	uint32_t who; /* word of the latch */
};

struct ring_head {
	struct ring_static fixed; /* offset 0 */
	/* what every operation touches shares a cache line */
	_Alignas(128) uint32_t latch; /* 128 */
	uint32_t idx; /* 132 */
	uint32_t data_bell, space_bell; /* 136, 140 */
	struct ring_want want; /* 144 */
	uint64_t reserved; /* 168: so much of the data has its place; only grows */
	_Alignas(64) struct ring_stats stats; /* 192 */
	_Alignas(64) struct ring_meta meta[2]; /* 256, 448 */
	uint64_t ends[8]; /* 640: by enum queue_end but the first; kept like stats */
	_Alignas(64) struct book_head book; /* 704: the rest of the page */
};

struct ring {
	struct ring_head *head;
	struct ring_safe *safe; /* NULL: not durable; see safe.h */
	unsigned char *data;
	uint64_t capacity, messages; /* checked copies */
	uint64_t mask; /* capacity - 1 if that is a power of two, else 0 */
	uint32_t key;
	struct guard guard;
};

/* Whether the checksum of what was read as the fixed part is right. */
bool ring_fixed_right(const struct ring_static *f);

/* Reads and checks the fixed part. Returns 0, -EPROTO, -EBADMSG, -errno. */
int ring_read_fixed(int fd, struct ring_static *ret, const char *name,
		    struct sigslot_error *err);

/* Rounds a size up to what a ring can have; 0 if it is beyond 4 GiB. */
uint64_t ring_capacity(uint64_t size);

/* Fills a new file. Returns 0, or a negative errno with both numbers in err. */
int ring_create(int fd, const struct queue_limits *limits, const char *name,
		struct sigslot_error *err);

/* Maps a file, checked. ret and name must stay where they are: see guard.h. */
int ring_map(int fd, struct ring *ret, const char *name, struct sigslot_error *err);

/* The same, but nothing can be written; header only. */
int ring_map_view(int fd, struct ring *ret, const char *name,
		  struct sigslot_error *err);
int ring_map_head(int fd, bool writable, struct ring *ret, const char *name,
		  struct sigslot_error *err);

void ring_unmap(struct ring *r);

/* Whether a copy of a meta block can be one of this ring. */
bool ring_fits(const struct ring *r, struct ring_meta *m);

/* Copies the valid meta block over an older one, under the latch. 0 or -EBADMSG. */
int ring_load(const struct ring *r, struct ring_meta *m);

/* The same without the latch: tries until no writer came in between. */
int ring_snapshot(const struct ring *r, struct ring_meta *ret);

/* Whether there is something to claim, read without the latch: a hint. */
bool ring_waiting(const struct ring *r);

/* Writes the next version of m into the spare block and makes it the valid one. */
void ring_commit(struct ring *r, struct ring_meta *m);

static inline struct record *ring_at(const struct ring *r, uint64_t position)
{
	uint64_t at = r->mask ? position & r->mask : position % r->capacity;

	return (struct record *)(r->data + at);
}

static inline uint32_t ring_mark(const struct ring *r, uint64_t position)
{
	return r->key ^ (uint32_t)(position / RECORD_ALIGN);
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The bytes of one record in a ring: a header of 112 bytes, then the payload, padded to
 * 16. Frozen: sigslot-internals(7) documents the offsets, a test compares them.
 *
 * `state` is one word, so that a claim, an acknowledgement or a return happens in one
 * store. What lies before `size` may change while the record lives; the checksum
 * covers the rest, the sum of the payload and `seq`.
 */
#ifndef QUEUE_RECORD_H
#define QUEUE_RECORD_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/crc.h"
#include "base/sum.h"
#include "queue/queue.h"

enum record_state {
	RECORD_READY = 1, /* anybody may claim it */
	RECORD_PARKED, /* the same, from `due` on */
	RECORD_BUSY, /* its owner is still writing it */
	RECORD_PINNED, /* leased, and the owner holds a pointer into it */
	RECORD_LEASED, /* leased; may be moved */
	RECORD_ACKED, /* from here on it is gone, and this says how */
	RECORD_VOIDED, /* its producer died before it was whole */
	RECORD_DROPPED,
	RECORD_DEAD,
	RECORD_DAMAGED, /* its checksum was wrong */
	RECORD_EVICTED, /* made way for newer ones of its signal: drop-old */
	RECORD_OUTDATED, /* a newer one of its signal came: latest */
	RECORD_FAULTED, /* a slot failed on it */
	RECORD_STATES,
};

struct record {
	uint32_t mark; /* ring's key ^ position / 16: a record begins here */
	uint32_t crc;
	uint64_t state; /* see record_word() */
	union {
		struct {
			uint64_t due; /* PARKED: not before this, monotonic ns */
			uint64_t since; /* BUSY: reserved at, monotonic ns */
		};
		uint64_t ends[QUEUE_END_WORDS]; /* gone, with an account: see book.h */
	};
	uint32_t handle; /* which handle of the owner's process holds the lease */
	uint32_t account; /* gone: the row of the book, from 1; 0: its state says it */
	uint64_t seq; /* of the queue */
	uint64_t verdict; /* in a durable ring, see record_verdict() */
	uint32_t size; /* of the payload */
	uint32_t count; /* lines packed into the payload; 1 for now */
	struct envelope envelope;
};

enum {
	RECORD_ALIGN = 16,
	RECORD_CHECKED = offsetof(struct record, size),
};

static_assert(sizeof(struct record) == 112, "the record header is frozen");

/* The parts of the state word, from the low end: 4, 13, 18, 13 and 16 bits. */
struct record_word {
	unsigned state, slot, generation, attempt, lease;
};

static inline uint64_t record_word(struct record_word w)
{
	return (uint64_t)w.state | (uint64_t)w.slot << 4 |
	       (uint64_t)w.generation << 17 | (uint64_t)w.attempt << 35 |
	       (uint64_t)w.lease << 48;
}

static inline struct record_word record_parts(uint64_t word)
{
	return (struct record_word){
		.state = word & 15,
		.slot = word >> 4 & 0x1fff,
		.generation = word >> 17 & 0x3ffff,
		.attempt = word >> 35 & 0x1fff,
		.lease = word >> 48 & 0xffff,
	};
}

static inline bool record_gone(unsigned state)
{
	return state >= RECORD_ACKED;
}

static inline bool record_held(unsigned state)
{
	return state == RECORD_PINNED || state == RECORD_LEASED;
}

/* Bytes that a payload of that size takes in the ring. */
static inline uint64_t record_room(uint64_t size)
{
	return (sizeof(struct record) + size + RECORD_ALIGN - 1) &
	       ~(uint64_t)(RECORD_ALIGN - 1);
}

/* The same for a long payload whose sum is known. */
static inline uint32_t record_sum_long(const struct record *r, uint64_t payload_sum)
{
	return crc32c_pair(&r->size, sizeof(*r) - RECORD_CHECKED, &payload_sum,
			   sizeof(payload_sum));
}

/* The checksum of a record without its seq: the header from `size` on and a payload. */
static inline uint32_t record_sum(const struct record *r, const void *payload,
				  size_t size)
{
	const size_t header = sizeof(*r) - RECORD_CHECKED;

	if (size < SUM_LONG)
		return crc32c_pair(&r->size, header, payload, size);
	return record_sum_long(r, sum_long(payload, size));
}

/* With seq, which is known last. The factor is odd: neighbours differ. */
static inline uint32_t record_seal(uint32_t sum, uint64_t seq)
{
	return sum ^ (uint32_t)(seq ^ seq >> 32) * 0x9e3779b1u;
}

/*
 * What a durable ring notes in a record before its state says that it is gone: after a
 * power cut no record is gone without it, whatever became of the bits of its state.
 */
static inline uint64_t record_verdict(const struct record *r, unsigned state)
{
	uint64_t x = ((uint64_t)r->crc << 32 | r->size) ^ r->seq * 0x9e3779b97f4a7c15;

	x = (x ^ x >> 29) * 0xbf58476d1ce4e5b9;
	return (x ^ x >> 32) + state;
}

#endif

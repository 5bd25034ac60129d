/* SPDX-License-Identifier: MIT */
/*
 * A bounded queue in shared memory that survives the death of anybody at any moment.
 *
 * Producers push, consumers claim (which leases) and then acknowledge. What a push
 * returned 0 for is claimed at least once, or counted as dropped. Processes may push,
 * claim and acknowledge at the same time; one handle belongs to one thread. In a child
 * after fork() calls return -EINVAL. A queue is a directory with the files `ring`,
 * `data` and `space`; links are not followed.
 */
#ifndef QUEUE_QUEUE_H
#define QUEUE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "queue/counts.h"
#include "queue/identity.h"

struct queue_limits {
	uint64_t size; /* bytes of the ring; rounded up to 64 KiB */
	uint64_t messages; /* at most so many records; 0 = only size counts */
	bool later; /* are its bytes reserved: see space.h */
	const char *site; /* not NULL: where a durable one lies, see durable.h */
};

/* What travels with a payload. The queue keeps it and does not look into it. */
struct envelope {
	uint64_t id; /* of the message; the same in every queue that it reaches */
	uint64_t reply_to; /* 0 = nobody waits */
	uint64_t time_ns; /* wall clock, when it was emitted */
	uint64_t emit_seq; /* per emitter, rising */
	uint32_t sender, signal; /* ids of the instance's name table */
	uint32_t connection; /* 0 = by the routes of the signal */
	uint32_t generation; /* of the routes at the time of the emit */
};

struct payload {
	const void *data;
	size_t size;
};

/* A leased record. payload points into the ring and is read-only. */
struct claim {
	struct envelope envelope;
	struct payload payload;
	uint64_t seq; /* of this queue, rising with every push */
	uint32_t lease; /* with seq it says which claim this is */
	unsigned attempt; /* 1 at the first claim */
	uint16_t end, split; /* enum queue_end; and `ends` says it of each slot */
	uint32_t account; /* as of account_find(): whom it was for */
	uint64_t ends[QUEUE_END_WORDS];
	uint64_t place; /* for the queue's own use */
};

/* The largest payload that a ring of that capacity takes. */
size_t queue_largest(uint64_t size);

/*
 * Creates the queue directory `name` in `dir`, whole or not at all: every byte is
 * reserved, but for `later`. Returns 0; -EEXIST; -ENOSPC and -EFBIG with both numbers.
 */
int queue_create(int dir, const char *name, const struct queue_limits *limits,
		 struct sigslot_error *err);

/*
 * Opens it, and recovers what an earlier holder of its fixed slot left. `id` is
 * borrowed. Returns 0; -ENOENT; -EPROTO: of another version; -EBADMSG: damaged.
 */
int queue_open(int dir, const char *name, struct identity *id, struct queue **ret,
	       struct sigslot_error *err);

/* Returns what is leased by this handle, unmaps, closes. Takes NULL. */
void queue_close(struct queue *q);

/*
 * Pushes one message. Returns 0: it is in, whole, whoever dies. -EAGAIN, -ENOSPC: no
 * room now; -EMSGSIZE: never, with both sizes in err; -ESHUTDOWN: closed; -EBADMSG;
 * -ETIMEDOUT, from any call that changes something: a stopped process is in the way.
 */
int queue_push(struct queue *q, const struct envelope *e, const void *data, size_t size,
	       struct sigslot_error *err);

/*
 * Pushes several with one envelope, under one lock and one wake-up; each gets an
 * envelope id and emit_seq one above the last. *ret_done says how many are in, in
 * order, also when it returns -EAGAIN or -EMSGSIZE for the next one.
 */
int queue_push_many(struct queue *q, const struct envelope *e,
		    const struct payload *payloads, size_t len, size_t *ret_done,
		    struct sigslot_error *err);

/*
 * Acknowledges `acks` and claims up to `max` messages into `out`, under one lock.
 * Returns how many were claimed: 0 = nothing is due now. The payload of each stays in
 * place until it is acknowledged, given back, or unpinned. -EBADMSG.
 */
int queue_turn(struct queue *q, const struct claim *acks, size_t acks_len,
	       struct claim *out, size_t max, struct sigslot_error *err);

/* queue_turn() that acknowledges only (-ESTALE: a lease was lost), or claims only. */
int queue_ack(struct queue *q, const struct claim *acks, size_t len);
int queue_claim(struct queue *q, struct claim *out, size_t max,
		struct sigslot_error *err);

/*
 * The records may be moved from now on, the payload pointers are dead: for claims that
 * are kept long, so that they do not block the ring when they are at its head.
 */
int queue_unpin(struct queue *q, struct claim *claims, size_t len);

/*
 * Gives a claim back: claimable again, by anybody, from the monotonic time `due` on.
 * With `attempted` false the attempt is not counted. Returns 0, -ESTALE: lease lost.
 */
int queue_return(struct queue *q, const struct claim *c, uint64_t due, bool attempted);

/* Takes a claim out and counts it as dead (given up), resp. as dropped. */
int queue_bury(struct queue *q, const struct claim *c);
int queue_drop(struct queue *q, const struct claim *c);

/* When the next record that backs off becomes due; NEVER if none does. */
uint64_t queue_due(struct queue *q);

/*
 * For epoll, level-triggered, valid while the queue is open. `data` is readable when
 * there may be something to claim: claim until 0 comes back, which silences it. `space`
 * may be, when there is room after -EAGAIN; try again, and after 100 ms in any case.
 */
int queue_data_fd(const struct queue *q);
int queue_space_fd(const struct queue *q);

/*
 * Gives back, or voids, all that the dead (slot, generation) held, never what a living
 * one holds. generation 0: all of that slot; slot 0: of all slots. Idempotent.
 */
int queue_recover(struct queue *q, unsigned slot, unsigned generation);

/* From now on pushes fail with -ESHUTDOWN, claims do not; shut = false undoes it. */
int queue_shut(struct queue *q, bool shut);

/* Drops everything that is claimable. Returns how many, or a negative errno. */
int64_t queue_purge(struct queue *q);

/* Removes the directory and all in it, also its site. Nobody may have it open. */
int queue_remove(int dir, const char *name, struct sigslot_error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The safe points of a durable ring: what of it is on the medium, whatever the kernel
 * has written of the rest, and in whatever order.
 *
 * A safe point is a copy of a meta block. It is written only after every record up to
 * its tail is on the medium, and counts once it is there itself. Until then nothing
 * that the last one speaks of is written over: the bytes that head has passed since are
 * not free yet. So at any moment the newest whole safe point of the file leads to whole
 * records only, and what lies beyond its tail was promised to nobody.
 *
 * There are two places for safe points, used in turn, with two copies each, so that
 * neither a torn write nor one bad sector takes the last good one. What the records of
 * a safe point became later (claimed, settled) stands in the records, written by the
 * kernel when it likes: a verdict that got lost is a message that comes again.
 */
#ifndef QUEUE_SAFE_H
#define QUEUE_SAFE_H

#include "queue/section.h"

enum {
	RING_SAFE = 4096, /* where it lies in the file */
	SAFE_PLACES = 2,
	SAFE_COPIES = 2,
	SAFE_BOOT = 40,
	SAFE_SECTOR = 512, /* each copy has one of its own */
};

struct safe_copy {
	struct ring_meta meta;
	uint64_t ends[QUEUE_ENDS]; /* as of that commit, see book_known() */
	char rest[SAFE_SECTOR - sizeof(struct ring_meta) - QUEUE_ENDS * 8];
};

struct ring_safe {
	char magic[8];
	char boot[SAFE_BOOT]; /* during which lock, bells and leases were written, */
	uint64_t home[2]; /* and by processes of which queue directory: device, inode */
	uint32_t latch; /* who writes a safe point; others let him do it for them */
	uint32_t done; /* the place whose safe point is on the medium */
	char rest[SAFE_SECTOR - 8 - SAFE_BOOT - 2 * 8 - 2 * 4];
	struct safe_copy copies[SAFE_PLACES][SAFE_COPIES]; /* 512, 1024, 1536, 2048 */
};

static_assert(sizeof(struct ring_safe) == 2560, "the safe points are frozen");

/* The first safe point of a new file. Returns 0 or a negative errno. */
int safe_create(int fd);

/* Lets r->safe point to them. Returns 0 or -EBADMSG. */
int safe_attach(struct ring *r);

/* Whether the lock, the bells and the leases in the ring were written in this boot. */
bool safe_same_boot(const struct ring *r);

/* The newest whole safe point, for counting. Returns its place, or -EBADMSG. */
int safe_newest(const struct ring *r, struct ring_meta *ret);

/*
 * Makes a ring usable that nobody alive has open, after a reboot or in a new runtime
 * directory: leases are given back, who backs off is due, everything is counted anew.
 * Of an earlier boot only what is safe is taken; what is cut behind it is logged. Only
 * q's ring and name need to be there. Returns 0; -EBADMSG: a record that was safe is
 * damaged.
 */
int safe_restart(struct queue *q, struct sigslot_error *err);

/*
 * Returns 0 when the records before `tail` are safe, and a meta block of at least that
 * version. All who wait at the same time share one round. Not in a section. -EIO: the
 * medium failed, and from now on the ring takes nothing.
 */
int safe_sync(struct queue *q, uint64_t tail, uint64_t version,
	      struct sigslot_error *err);

/*
 * queue_push_many() for a durable ring: one safe point for all that fits, then a
 * message whose space had to wait for it.
 */
int safe_push(struct queue *q, const struct envelope *e, const struct payload *payloads,
	      size_t len, size_t *ret_done, struct sigslot_error *err);

/* Fills in -EIO for a ring whose medium has failed. */
int safe_failed(const struct queue *q, struct sigslot_error *err);

/* As safe_sync() for everything up to now, verdicts included: for what is rare. */
int safe_flush(struct queue *q, struct sigslot_error *err);

/*
 * In a section, when `room` bytes are free at the tail. Returns 0, or -EINPROGRESS: the
 * last safe point still needs them; a safe_sync() of q->m.version, which was committed,
 * lets go of them.
 */
int safe_claim(struct queue *q, uint64_t room);

/*
 * For who moves records, in a section: safe_write() brings the bytes from `at` to `end`
 * to the medium, to be called before the commit; safe_now() makes what was committed a
 * safe point, to be called before anything that the last one needs is overwritten.
 * Nothing happens to a ring that is not durable. Returns 0, or -EIO as above.
 */
int safe_write(struct queue *q, uint64_t at, uint64_t end);
int safe_now(struct queue *q);

#endif

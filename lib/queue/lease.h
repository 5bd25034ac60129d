/* SPDX-License-Identifier: MIT */
/*
 * Leases by name, for those who get a message in one process and settle it in another.
 *
 * A claim belongs to the process that made it. Its name says which claim of which
 * record that is, and who holds it; whoever knows the name may settle it, as long as
 * nobody gave the message back. It is settled in shared memory: the holder need not
 * run, and is not asked.
 */
#ifndef QUEUE_LEASE_H
#define QUEUE_LEASE_H

#include "queue/queue.h"

struct lease {
	uint32_t key; /* of the ring: a later queue of that name is another one */
	uint32_t number;
	uint64_t seq;
	unsigned slot, generation; /* of the holder */
};

/* Names a claim of this handle. */
struct lease lease_of(const struct queue *q, const struct claim *c);

/*
 * Takes it over from its holder: it is this handle's from now on, under another name,
 * and not pinned any more. Returns 0, or -ESTALE: it is not leased any more.
 */
int lease_adopt(struct queue *q, struct lease *l);

/* As queue_ack(), queue_return() and queue_bury(), whoever holds it. */
int lease_done(struct queue *q, const struct lease *l);
int lease_return(struct queue *q, const struct lease *l, uint64_t due, bool attempted);
int lease_bury(struct queue *q, const struct lease *l);

/*
 * A copy of its message with a payload to be freed, while it is leased. Returns 0,
 * -ESTALE, -ENOMEM.
 */
int lease_read(struct queue *q, const struct lease *l, struct claim *ret);

/*
 * What the holder with that slot holds, into out[max], also if it is dead and not yet
 * recovered. Returns how many there are in all, or a negative errno.
 */
int lease_list(struct queue *q, unsigned slot, struct lease *out, size_t max);

/* How many records its holder holds, this one or others; or a negative errno. */
int lease_held(struct queue *q, const struct lease *l);

/*
 * Sends TERM to its holder, if that one lives: for keepers, which have no other reason
 * to live. Never hits a process that is not the holder.
 */
void lease_end_holder(struct queue *q, const struct lease *l);

enum { LEASE_TEXT = 64 };

/* The name as text, and back: 0 or -EINVAL. */
const char *lease_text(const struct lease *l, char out[static LEASE_TEXT]);
int lease_parse(const char *text, struct lease *ret);

#endif

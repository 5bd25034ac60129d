/* SPDX-License-Identifier: MIT */
/*
 * Who gets a signal: the snapshot of an instance's names and connections, in a file
 * that emitters and workers map read-only.
 *
 * A snapshot is immutable; a new one replaces it by rename and carries the next
 * generation. Written by the supervisor.
 *
 * An id means one OWNER.MEMBER of one kind for ever, so that ids in queued records stay
 * true: a new snapshot begins with the names of the old one. A name that went away
 * stays in it as gone, and gets its id back when it comes back: what was sent to a slot
 * by its address still reaches it, while what its signals sent does not, as their
 * connections are new ones.
 */
#ifndef ROUTE_ROUTE_H
#define ROUTE_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "queue/account.h"

enum {
	ROUTE_NOBODY = 0, /* the id of no name */
	ROUTE_NOWHERE = 0xffffffff, /* the index of no queue */
	ROUTE_DIRECT = ACCOUNT_SLOT, /* envelope.connection: the rest is a slot's id */
	ROUTE_RAW = 0x40000000, /* envelope.connection: the payload is no JSON */
	/*
	 * The same: it failed as often as envelope.generation says. Who claims it first
	 * gives it back, to back off.
	 */
	ROUTE_AGAIN = ACCOUNT_AGAIN,
	ROUTE_FLAGS = ACCOUNT_FLAGS,
};

enum route_queue_flag {
	ROUTE_NAMED = 1, /* stands on its own; without it, a loop's or the control's */
	ROUTE_EVICTING = 2, /* what waits in it may have to make way */
	ROUTE_REPLICA = 4, /* of a loop that is one of several, see group.h */
	ROUTE_CIRCLE = 256, /* times the number of the circle that it is in; 0: none */
};

enum { ROUTE_FOR_NOW = 0xffffffff }; /* until: it has not gone */

enum route_target_flag {
	ROUTE_DRAINED = 1, /* it went, and gets what was emitted before */
	ROUTE_MOVED = 4, /* its slot did: who emitted before may be late */
	ROUTE_SPENT = 2, /* it went with the one message that it was for */
};

enum route_kind {
	ROUTE_OBJECT = 1, /* an object, loop, process or queue by itself: a sender */
	ROUTE_SIGNAL,
	ROUTE_SLOT,
	ROUTE_GONE = 0x100, /* with one of these: it was in an earlier topology */
};

struct route_name {
	uint32_t owner, member; /* offsets into the strings; member may be "" */
	uint32_t kind; /* enum route_kind */
	uint32_t type; /* offset; canonical text of what it sends or takes */
	uint32_t queue; /* of a slot: where it is reached; of a queue: itself */
	uint32_t object; /* id of the owner's own name */
	uint32_t first_target, targets_len; /* of a signal; who takes from a queue */
	uint32_t first_reach, reaches_len; /* the distinct queues of these */
};

/*
 * One thing that an emit reaches, from one generation up to another. What has gone
 * stays in the snapshot, so that a receiver knows what became of the messages for it;
 * it makes nobody emit to its queue. slot is ROUTE_NOBODY if it is the queue.
 */
struct route_target {
	uint32_t slot, queue;
	uint32_t via; /* the signal that the receiver is told */
	uint32_t since; /* generation that it came with */
	uint32_t until; /* that it went with: no message from there on is for it */
	uint32_t full; /* enum queue_full: what is done if the queue has no room */
	uint32_t flags; /* enum route_target_flag */
	uint32_t once; /* which fuse it hangs on; 0: on none. See worker/once.h */
};

/* A queue that an emit reaches, by one target or several. */
struct route_reach {
	uint32_t queue, full;
};

struct route_queue {
	uint32_t name; /* offset: its directory below `q`; "": a place of nobody's */
	uint32_t flags; /* enum route_queue_flag */
	uint32_t reserved[2];
	uint64_t size; /* capacity, bytes */
};

struct routes;

/*
 * Reads the current snapshot of the instance directory, or that file there. -ENOENT,
 * -EPROTO, -EBADMSG.
 */
int routes_open(int dir, struct routes **ret, struct sigslot_error *err);
int routes_read(int dir, const char *file, struct routes **ret,
		struct sigslot_error *err);

/* One user more of it; one less, the last of which frees it. Takes NULL. One thread. */
struct routes *routes_share(struct routes *r);
void routes_close(struct routes *r);

uint32_t routes_generation(const struct routes *r);
uint32_t routes_fuses(const struct routes *r); /* the last one that ever was */
uint32_t routes_names_len(const struct routes *r);
uint32_t routes_queues_len(const struct routes *r);
uint32_t routes_loops_len(const struct routes *r); /* of these: the first ones */

/* By id or index; NULL if there is none such. Pointers live as long as r. */
const struct route_name *routes_name(const struct routes *r, uint32_t id);
const struct route_queue *routes_queue(const struct routes *r, uint32_t index);
const struct route_target *routes_target(const struct routes *r, uint32_t index);
const struct route_reach *routes_reach(const struct routes *r, uint32_t index);
const char *routes_text(const struct routes *r, uint32_t offset);

/*
 * The id of OWNER.MEMBER of that kind, or ROUTE_NOBODY; with ROUTE_GONE in the kind,
 * only if it is gone. Binary search.
 */
uint32_t routes_find(const struct routes *r, const char *owner, const char *member,
		     enum route_kind kind);

#endif

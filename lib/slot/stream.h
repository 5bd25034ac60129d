/* SPDX-License-Identifier: MIT */
/*
 * A standard stream of a command that goes to the log of its slot, and the pipe for it.
 *
 * The pipe outlives the command: we keep both ends, so the next command of the slot
 * writes into it, too, and its end wakes nobody. What is written is logged at once,
 * also by somebody whom a command left behind.
 */
#ifndef SLOT_STREAM_H
#define SLOT_STREAM_H

#include "slot/lines.h"
#include "slot/slot.h"
#include "slot/tail.h"

enum { STREAM_ERR, STREAM_OUT, STREAMS };

struct stream {
	struct slot *slot;
	struct stream *next; /* of the spare ones */
	int ours, theirs; /* theirs is -1 once it is sealed */
	struct watch watch;
	struct lines lines;
	struct tail *tail; /* of the command that has it; NULL: nobody has, or cares */

	/* A sealed one has come to its end: it may be freed. */
	void (*ended)(struct stream *s, void *data);
	void *data;
};

/* Those of one command; {.spare = where those are kept that nobody has now}. */
struct streams {
	struct stream *at[STREAMS];
	struct stream **spare;
};

/*
 * Takes a spare one, or makes one, as at[which]. tail, ended and data are the caller's
 * to set. Returns 0 or a negative errno.
 */
int streams_take(struct streams *ss, int which, struct slot *slot, struct stream **ret);

/* Whether there is any. */
bool streams_any(const struct streams *ss);

/* Reads and logs what is there, at most a block of each. Returns if there was any. */
bool streams_read(struct streams *ss);

/*
 * The command has ended, and what it wrote was read. If it was `alone` in its group
 * its streams are spare again, and an unfinished line is logged; else we give up our
 * copies of the writing ends, so that they end with those whom it left behind.
 */
void streams_leave(struct streams *ss, bool alone);

/* Closes one that has ended, or all, and logs their unfinished lines. */
void streams_drop(struct streams *ss, struct stream *s);
void streams_free(struct streams *ss);

/* Closes all the spare ones. */
void streams_free_spare(struct stream **spare);

#endif

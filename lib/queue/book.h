/* SPDX-License-Identifier: MIT */
/*
 * The book of a ring: what became of its messages, connection by connection.
 *
 * A row is for one slot and the signal that it was told, or for all messages of one
 * signal that no slot had. Who acknowledges a message notes in its record the row, and
 * how it ended at each slot, before the store that says that it is gone. Head passes
 * it, and it is added to the rows, in one commit: so no kill loses one, or counts one
 * twice. Each row is there twice, as the meta block is; a copy holds if its version is
 * that of the last commit or before. Messages in a row that ended alike are added at
 * once.
 */
#ifndef QUEUE_BOOK_H
#define QUEUE_BOOK_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "queue/counts.h"

struct account_key;
struct queue;
struct entry;
struct ring;
struct ring_meta;

enum {
	BOOK_TOTAL, /* the row of all messages, each by the worst that befell it */
	BOOK_OTHERS, /* the row of those that have none of their own */
	BOOK_FIRST, /* of the others */
	BOOK_AT_HAND = 16, /* rows in the page of the header */
	BOOK_MORE = 8192, /* where the others begin in the file */
	BOOK_ROWS = BOOK_AT_HAND + (65536 - BOOK_MORE) / 192,
};

/* The columns: an end at a slot, or why no slot had it. */
enum book_column {
	BOOK_STOPPING = QUEUE_ENDS,
	BOOK_DAMAGED,
	BOOK_DROP_OLD,
	BOOK_LATEST,
	BOOK_COLUMNS,
};

struct book_copy {
	uint64_t version; /* of the commit that it came with */
	uint64_t n[BOOK_COLUMNS];
};

struct book_row {
	uint32_t signal; /* id of its name; 0: nobody's */
	uint32_t slot; /* 0: whoever it was for */
	uint32_t generation; /* of these, at the emit; 0 with a slot */
	uint32_t run; /* rows of this account from here on; 0: no slot had them */
	struct book_copy copies[2];
};

struct book_head {
	uint32_t len; /* rows in use; 0: none yet, all is as the meta block says */
	uint32_t reserved[15];
	struct book_row rows[BOOK_AT_HAND];
};

static_assert(sizeof(struct book_row) == 192, "the book is frozen");

/* Messages in a row that leave the ring and are not in the book yet. */
struct book_line {
	uint64_t times;
	uint64_t ends[QUEUE_END_WORDS];
	uint32_t account; /* its first row; 0: the envelope says whom it was for */
	uint32_t signal, connection, generation;
	unsigned state;
};

/*
 * What leaves the ring begins a new line, unless it is like the one before, which
 * section_pass() sees; before a commit the line goes into the book.
 */
void book_pass(struct queue *q, const struct entry *e);
void book_write(struct queue *q);

/* No commit came, or its holder died before it: what was written for it is void. */
void book_void(struct queue *q);

/* For who reads: a row by its number, which is less than BOOK_ROWS. */
struct book_row *book_row(const struct ring *r, uint32_t number);

/* How many rows there are, checked. */
uint32_t book_len(const struct ring *r);

/* What a row says as of that version of the meta block. */
const struct book_copy *book_copy(const struct book_row *row, uint64_t version);

/* What a record says of itself, when it leaves. */
struct book_line book_line_of(const struct entry *e);

/* Whom it was for, without an account. Returns the generation, if that says it. */
uint32_t book_key(const struct book_line *l, struct account_key *ret);

/* How many rows its account has; 0: it has none that there is. */
uint32_t book_run(const struct ring *r, const struct book_line *l);

/* The column for the slot of that place; for the message as such. */
unsigned book_column(const struct book_line *l, unsigned place);
unsigned book_worst(const struct book_line *l, uint32_t run);

/* What a meta block and the counts beside it say of all messages. */
void book_begin(const struct ring *r, const struct ring_meta *m,
		uint64_t ret[BOOK_COLUMNS]);

/* By that end, of all messages: the lower bound is certain, the upper one possible. */
uint64_t book_known(const struct ring *r, const struct ring_meta *m, unsigned end);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A section: what one process does to a queue between taking and giving its lock. It
 * works on q->m, a checked copy of the meta block, and ends in at most one commit.
 *
 * The states of the records are the truth, the counts in the meta block follow from
 * them: whoever takes the lock from a dead holder counts again, and gives back what
 * that one held, before anything else. So within a section a state may be stored
 * before the commit (nothing is lost if the commit never comes: the count is repaired)
 * but a record is only ever seen between head and tail.
 */
#ifndef QUEUE_SECTION_H
#define QUEUE_SECTION_H

#include "queue/ring.h"

struct queue {
	struct ring ring;
	struct ring_meta m; /* valid in a section */
	bool changed; /* m, and not committed since */
	struct book_line line; /* what was swept, and not committed since */
	struct identity *id; /* borrowed */
	uint32_t me; /* our lock word */
	uint32_t handle;
	uint32_t inline_max; /* larger payloads are copied outside the lock */
	bool outside; /* of a circle: what is pushed now leaves half of it to others */
	unsigned got; /* by the last claim that got any */
	unsigned streak; /* claims since it was last found empty */
	uint64_t held; /* claims that this handle has not settled */
	int data_fd, space_fd;
	int file; /* of a durable ring, locked while it is open; else -1 */
	char name[72];
};

enum {
	SECTION_BUSY_LOOK_NS = 20000000, /* a producer in the middle: look again */
	SECTION_BUSY_SKIP_NS = 1000000000, /* it is stopped: go on without it */
};

/* One record as it was seen: copied, checked, safe to use. */
struct entry {
	struct record *record;
	uint64_t at, end;
	uint64_t word, seq;
	uint32_t size;
	unsigned state;
};

/*
 * Takes the lock, loads and checks; repairs if the holder had died. Returns 0, -EINVAL
 * after fork(), -ETIMEDOUT: a stopped process holds the lock, -EBADMSG.
 */
int section_enter(struct queue *q, struct sigslot_error *err);

/* Commits q->m. May be called more than once in a section. */
void section_commit(struct queue *q);

void section_leave(struct queue *q);

/* Looks at the record at `at`, or beyond the gap. Returns 1, 0 at the tail, -EBADMSG */
int section_look(struct queue *q, uint64_t at, struct entry *ret);

/* Stores the record's state word and counts. */
void section_set(struct queue *q, struct entry *e, uint64_t word);

/* Counts as above without storing: for when the store must come after the commit. */
void section_count(struct queue *q, const struct entry *e, unsigned state);

/* The same, for a change of the state alone; where its account was noted before. */
void section_settle(struct queue *q, struct entry *e, unsigned state);
void section_end(struct queue *q, struct entry *e, unsigned state);

/* Fills in -EBADMSG for a broken chain of records at that position. */
int section_damaged(const struct queue *q, uint64_t at, struct sigslot_error *err);

/* Lets head pass what is gone, and wakes who waits for the space. Before a commit. */
int section_sweep(struct queue *q);

/* The state that a message which ended so has from then on. */
static inline unsigned queue_end_state(unsigned end)
{
	static const unsigned char states[QUEUE_ENDS] = {
		[QUEUE_DONE] = RECORD_ACKED,	  [QUEUE_SPENT] = RECORD_DROPPED,
		[QUEUE_CUT_OFF] = RECORD_DROPPED, [QUEUE_RETRIED] = RECORD_FAULTED,
		[QUEUE_FAILED] = RECORD_FAULTED,  [QUEUE_GIVEN_UP] = RECORD_DEAD,
	};

	return states[end];
}

/* Notes in the book what head passes. */
static inline void section_pass(struct queue *q, const struct entry *e)
{
	const struct record *r = e->record;
	struct book_line *l = &q->line;

	if (l->times && l->state == e->state && l->account == r->account &&
	    l->ends[0] == r->ends[0] && l->ends[1] == r->ends[1] &&
	    l->signal == r->envelope.signal &&
	    l->connection == r->envelope.connection &&
	    l->generation == r->envelope.generation)
		l->times++;
	else
		book_pass(q, e);
}

/* Rings `data` resp. `space` if somebody waits for it and it came true. */
void section_ring_data(struct queue *q);
void section_offer_space(struct queue *q);

/* Whether `room` bytes and one more record fit; whether `len` more records do. */
bool section_fits(const struct queue *q, uint64_t room);
bool section_counts(const struct queue *q, uint64_t len);

/*
 * The same for who pushes: half of the ring is left to what goes round in a circle, so
 * that it finds room. How much must be free for that.
 */
bool section_admits(const struct queue *q, uint64_t room);
uint64_t section_need(const struct queue *q, uint64_t room);

/* Pushes until one does not fit, without a safe point. Counts on in *ret_done. */
int push_batches(struct queue *q, const struct envelope *e,
		 const struct payload *payloads, size_t len, size_t *ret_done,
		 struct sigslot_error *err);

/*
 * Moves what is alive at the head over the dead bytes behind it. Commits on its own,
 * several times. Returns 1 if head moved, 0 if it could not, -EBADMSG.
 */
int slide_head(struct queue *q);

/* What queue_return() does to a record that is leased. In a section; commits. */
void turn_give_back(struct queue *q, struct entry *e, uint64_t due, bool attempted);

/*
 * What the dead (slot, generation) held becomes claimable or void, and everything is
 * counted anew. generation 0: all dead ones of that slot; slot 0: all dead ones. In a
 * section; commits. Returns 0 or -EBADMSG.
 */
int recover_held(struct queue *q, unsigned slot, unsigned generation);

/* Whether a claim whose payload is in the ring has the checksum it should. */
bool turn_intact(const struct claim *c);

/* Gives back what this handle still holds, as never tried. Enters a section. */
void recover_handle(struct queue *q);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Rows are only ever added, under the latch, and each is whole before the number of
 * rows says that it is there. Where there is no place for one more, its messages go to
 * the row of the others: the sums are right all the same.
 */
#include "queue/account.h"

#include <string.h>

#include "queue/fault.h"
#include "queue/reserve.h"
#include "queue/section.h"

struct book_row *book_row(const struct ring *r, uint32_t number)
{
	struct book_row *more = (void *)((char *)r->head + BOOK_MORE);

	return number < BOOK_AT_HAND ? &r->head->book.rows[number]
				     : &more[number - BOOK_AT_HAND];
}

uint32_t book_len(const struct ring *r)
{
	/* pairs with the release in add() */
	uint32_t len = __atomic_load_n(&r->head->book.len, __ATOMIC_ACQUIRE);

	return len < BOOK_ROWS ? len : BOOK_ROWS;
}

const struct book_copy *book_copy(const struct book_row *row, uint64_t version)
{
	const struct book_copy *a = &row->copies[0], *b = &row->copies[1];

	if (a->version > version)
		return b;
	return b->version > version || a->version > b->version ? a : b;
}

/* --- rows ------------------------------------------------------------------------ */

/* Whether the file has room for rows up to there. */
static bool have_room(struct ring *r, uint32_t len)
{
	if (len <= BOOK_AT_HAND)
		return true;
	return len <= BOOK_ROWS && reserve_header(r, book_row(r, len - 1) + 1) == 0;
}

/* The first two rows, with what was counted before there was a book. */
static void open_book(struct queue *q)
{
	struct ring_head *head = q->ring.head;
	const struct ring_meta *m = &head->meta[head->idx & 1]; /* as it was loaded */
	struct book_row first = {0};

	first.copies[0].version = m->version;
	book_begin(&q->ring, m, first.copies[0].n);
	head->book.rows[BOOK_TOTAL] = head->book.rows[BOOK_OTHERS] = first;
	/* release: pairs with the acquire in book_len() */
	__atomic_store_n(&head->book.len, BOOK_FIRST, __ATOMIC_RELEASE);
}

/* Returns the number of the first row, or BOOK_OTHERS if there is no room. */
static uint32_t add(struct queue *q, const struct account_key *keys, unsigned len,
		    uint32_t generation, uint32_t run)
{
	struct ring *r = &q->ring;
	uint32_t first = book_len(r);

	if (!have_room(r, first + len))
		return BOOK_OTHERS;
	for (unsigned i = 0; i < len; i++)
		*book_row(r, first + i) = (struct book_row){
			.signal = keys[i].signal,
			.slot = keys[i].slot,
			.generation = generation,
			.run = run ? run - i : 0,
		};
	/* release: pairs with the acquire in book_len() */
	__atomic_store_n(&r->head->book.len, first + len, __ATOMIC_RELEASE);
	return first;
}

static bool is(const struct book_row *row, const struct account_key *key)
{
	return row->signal == key->signal && row->slot == key->slot;
}

static bool matches(const struct ring *r, uint32_t row, const struct account_key *keys,
		    unsigned len)
{
	if (book_row(r, row)->run != len || row + len > book_len(r))
		return false;
	for (unsigned i = 0; i < len; i++)
		if (!is(book_row(r, row + i), &keys[i]))
			return false;
	return true;
}

static uint32_t find(const struct ring *r, const struct account_key *keys, unsigned len)
{
	for (uint32_t row = BOOK_FIRST; row < book_len(r); row++)
		if (matches(r, row, keys, len) &&
		    (row == BOOK_FIRST || book_row(r, row - 1)->run <= 1))
			return row;
	return 0;
}

uint32_t account_find(struct queue *q, const struct account_key *keys, unsigned len)
{
	uint32_t row;

	len = len < QUEUE_END_PLACES ? len : QUEUE_END_PLACES;
	if (!len || section_enter(q, NULL) < 0)
		return 0;
	if (!book_len(&q->ring))
		open_book(q);
	row = find(&q->ring, keys, len) ?: add(q, keys, len, 0, len);
	section_leave(q);
	return row;
}

/* The row of messages that no slot had, made if there is none. */
static uint32_t row_of(struct queue *q, const struct book_line *l)
{
	struct account_key key;
	uint32_t generation = book_key(l, &key);

	if (!key.signal && !key.slot && !generation)
		return BOOK_OTHERS;
	for (uint32_t i = BOOK_FIRST; i < book_len(&q->ring); i++) {
		const struct book_row *row = book_row(&q->ring, i);

		if (!row->run && row->generation == generation && is(row, &key))
			return i;
	}
	return add(q, &key, 1, generation, 0);
}

/* --- lines ----------------------------------------------------------------------- */

struct book_line book_line_of(const struct entry *e)
{
	const struct record *r = e->record;

	return (struct book_line){
		.account = record_gone(e->state) ? r->account : 0,
		.ends = {r->ends[0], r->ends[1]},
		.signal = r->envelope.signal,
		.connection = r->envelope.connection,
		.generation = r->envelope.generation,
		.state = e->state,
		.times = 1,
	};
}

uint32_t book_key(const struct book_line *l, struct account_key *ret)
{
	bool direct = l->connection & ACCOUNT_SLOT;

	ret->signal = l->signal;
	ret->slot = direct ? l->connection & ~(uint32_t)ACCOUNT_FLAGS : 0;
	return direct || l->connection & ACCOUNT_AGAIN ? 0 : l->generation;
}

uint32_t book_run(const struct ring *r, const struct book_line *l)
{
	uint32_t len = book_len(r), run;

	if (l->account == BOOK_OTHERS)
		return 1;
	if (l->account < BOOK_FIRST || l->account >= len)
		return 0;
	run = book_row(r, l->account)->run;
	return run <= QUEUE_END_PLACES && run <= len - l->account ? run : 0;
}

static unsigned column_of(unsigned state)
{
	static const unsigned char columns[RECORD_STATES] = {
		[RECORD_ACKED] = QUEUE_DONE,	 [RECORD_FAULTED] = QUEUE_FAILED,
		[RECORD_DEAD] = QUEUE_GIVEN_UP,	 [RECORD_DROPPED] = BOOK_STOPPING,
		[RECORD_DAMAGED] = BOOK_DAMAGED, [RECORD_EVICTED] = BOOK_DROP_OLD,
		[RECORD_OUTDATED] = BOOK_LATEST,
	};

	return columns[state];
}

unsigned book_column(const struct book_line *l, unsigned place)
{
	unsigned end = queue_end_of(l->ends, place);

	return end < QUEUE_ENDS ? end : column_of(l->state);
}

/* The state says how it was; the ends only which kind of that. */
unsigned book_worst(const struct book_line *l, uint32_t run)
{
	unsigned worst = QUEUE_DONE;

	for (unsigned i = 0; i < run; i++) {
		unsigned end = queue_end_of(l->ends, i);

		worst = end < QUEUE_ENDS && end > worst ? end : worst;
	}
	return run && queue_end_state(worst) == l->state ? worst : column_of(l->state);
}

/* --- sums ------------------------------------------------------------------------ */

/* Of `all` so many as are known to be of that kind. */
static uint64_t split(uint64_t *all, uint64_t known)
{
	uint64_t n = known < *all ? known : *all;

	*all -= n;
	return n;
}

void book_begin(const struct ring *r, const struct ring_meta *m,
		uint64_t ret[BOOK_COLUMNS])
{
	const uint64_t *ends = r->head->ends;

	memset(ret, 0, BOOK_COLUMNS * sizeof(*ret));
	for (unsigned state = RECORD_ACKED; state < RECORD_STATES; state++)
		if (state != RECORD_VOIDED)
			ret[column_of(state)] = m->swept[state - RECORD_ACKED];
	ret[QUEUE_RETRIED] = split(&ret[QUEUE_FAILED], ends[QUEUE_RETRIED]);
	ret[QUEUE_CUT_OFF] = split(&ret[BOOK_STOPPING], ends[QUEUE_CUT_OFF]);
	ret[QUEUE_SPENT] = split(&ret[BOOK_STOPPING], ends[QUEUE_SPENT]);
}

/* Beside the commit a kill may lose one; of what has passed head none is lost. */
uint64_t book_known(const struct ring *r, const struct ring_meta *m, unsigned end)
{
	uint64_t n = r->head->ends[end], least, most;

	if (!book_len(r))
		return n;
	least = book_copy(book_row(r, BOOK_TOTAL), m->version)->n[end];
	most = least + m->present[queue_end_state(end)];
	return n < least ? least : n > most ? most : n;
}

/* --- writing --------------------------------------------------------------------- */

/* The copy that the next commit makes the valid one. */
static struct book_copy *spare(struct book_row *row, uint64_t version)
{
	const struct book_copy *valid = book_copy(row, version);
	struct book_copy *other = &row->copies[valid == &row->copies[0]];

	if (FAULTY(FAULT_BOOK_AT_ONCE))
		return (struct book_copy *)valid;
	if (other->version == version + 1)
		return other;
	other->version = version + 1;
	memcpy(other->n, valid->n, sizeof(other->n));
	return other;
}

static void count(struct queue *q, uint32_t row, unsigned column)
{
	spare(book_row(&q->ring, row), q->m.version)->n[column] += q->line.times;
}

void book_write(struct queue *q)
{
	struct book_line *l = &q->line;
	uint32_t run;

	/* pairs with the fence of who reads: what is spare now was valid before */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	if (!book_len(&q->ring))
		open_book(q);
	run = book_run(&q->ring, l);
	count(q, BOOK_TOTAL, book_worst(l, run));
	for (uint32_t i = 0; i < run; i++)
		count(q, l->account + i, book_column(l, i));
	if (!run)
		count(q, row_of(q, l), column_of(l->state));
	l->times = 0;
}

/* What its producer died over was promised to nobody, so it is in no book. */
void book_pass(struct queue *q, const struct entry *e)
{
	if (e->state == RECORD_VOIDED)
		return;
	if (q->line.times)
		book_write(q);
	q->line = book_line_of(e);
}

void book_void(struct queue *q)
{
	uint32_t len = book_len(&q->ring);

	q->line.times = 0;
	for (uint32_t i = 0; i < len; i++) {
		struct book_copy *copies = book_row(&q->ring, i)->copies;

		for (int k = 0; k < 2; k++)
			if (copies[k].version > q->m.version)
				copies[k] = (struct book_copy){0};
	}
}

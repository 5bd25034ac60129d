/* SPDX-License-Identifier: MIT */
/*
 * Reading the book. What head has passed stands in its rows, the rest in the records
 * from there to the tail, and those stay what they are wherever they go on to; so the
 * one is read as of one commit, the other afterwards. Whoever was too slow for that, as
 * the rows changed twice or the space was used again, begins once more.
 */
#include "queue/account.h"

#include <fcntl.h>
#include <sched.h>

#include "queue/safe.h"
#include "queue/site.h"

enum { TRIES = 1000 };

struct reader {
	struct queue q; /* a ring and a snapshot: for section_look() alone */
	struct account_book *book;
	size_t rows; /* of the book that were read */
	uint64_t counted, seen; /* in the book, in the ring */
};

void account_done(struct account_book *b)
{
	vec_done(&b->at);
}

/* --- the rows -------------------------------------------------------------------- */

static uint64_t sum(const struct account *a)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < BOOK_COLUMNS; i++)
		n += a->n[i];
	return n;
}

static int read_row(struct reader *r, uint32_t number)
{
	const struct book_row *row = book_row(&r->q.ring, number);
	struct account *a = vec_add(&r->book->at);

	if (!a)
		return -ENOMEM;
	a->key = (struct account_key){row->signal, row->slot};
	a->generation = row->generation;
	memcpy(a->n, book_copy(row, r->q.m.version)->n, sizeof(a->n));
	return 0;
}

/* As if there were a book: one that is older than this is begun by its next writer. */
static int read_none(struct reader *r)
{
	for (int i = BOOK_TOTAL; i < BOOK_FIRST; i++) {
		struct account *a = vec_add(&r->book->at);

		if (!a)
			return -ENOMEM;
		book_begin(&r->q.ring, &r->q.m, a->n);
	}
	return 0;
}

/* Each message is in one account, and in each row of that. */
static void check_rows(struct reader *r)
{
	const struct account *at = r->book->at.at;
	uint32_t left = 0;

	for (uint32_t i = BOOK_OTHERS; i < r->rows; i++) {
		uint32_t run = i < BOOK_FIRST ? 0 : book_row(&r->q.ring, i)->run;

		if (!left)
			r->counted += sum(&at[i]);
		else if (run != left || sum(&at[i]) != sum(&at[i - 1]))
			r->book->holds = false;
		left = run ? run - 1 : 0;
	}
	if (r->counted != sum(&at[BOOK_TOTAL]))
		r->book->holds = false;
}

/* Whether nothing was committed since the snapshot. */
static bool unchanged(const struct reader *r)
{
	struct ring_meta now;

	/* pairs with the fence in book_write() */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return ring_snapshot(&r->q.ring, &now) == 0 && now.version == r->q.m.version;
}

static int read_rows(struct reader *r)
{
	uint32_t len = book_len(&r->q.ring);
	int code = len ? 0 : read_none(r);

	for (uint32_t i = 0; i < len && code == 0; i++)
		code = read_row(r, i);
	r->rows = r->book->at.len;
	if (code == 0 && !unchanged(r))
		return -EAGAIN;
	if (code == 0)
		check_rows(r);
	return code;
}

/* --- the records ----------------------------------------------------------------- */

static struct account *find(struct reader *r, const struct book_line *l)
{
	struct account_key key;
	uint32_t generation = book_key(l, &key);
	struct account *added;

	for (size_t i = BOOK_OTHERS; i < r->book->at.len; i++) {
		struct account *a = &r->book->at.at[i];

		if (a->key.signal == key.signal && a->key.slot == key.slot &&
		    a->generation == generation)
			return a;
	}
	added = vec_add(&r->book->at);
	if (added) {
		added->key = key;
		added->generation = generation;
	}
	return added;
}

static int add_present(struct reader *r, const struct book_line *l)
{
	struct account *a = find(r, l);

	if (!a)
		return -ENOMEM;
	a->queued++;
	a->leased += record_held(l->state);
	return 0;
}

static int add_gone(struct reader *r, const struct book_line *l)
{
	uint32_t run = book_run(&r->q.ring, l);
	struct account *a;

	if (run && l->account + run > r->rows)
		return -EAGAIN;
	for (uint32_t i = 0; i < run; i++)
		r->book->at.at[l->account + i].n[book_column(l, i)]++;
	if (run)
		return 0;
	a = find(r, l);
	if (!a)
		return -ENOMEM;
	a->n[book_worst(l, 0)]++;
	return 0;
}

static int read_records(struct reader *r)
{
	uint64_t at = r->q.m.head, seq = 0;
	struct entry e;
	int code = 0;

	for (; code == 0 && (code = section_look(&r->q, at, &e)) > 0; at = e.end) {
		struct book_line l = book_line_of(&e);

		if (e.seq < seq) /* seen again, where it was moved to */
			return -EAGAIN;
		seq = e.seq + 1;
		r->seen++;
		code = 0;
		if (e.state == RECORD_BUSY || e.state == RECORD_VOIDED)
			continue;
		code = record_gone(e.state) ? add_gone(r, &l) : add_present(r, &l);
	}
	return code == -EBADMSG ? -EAGAIN : code;
}

/* Whether all that was walked was still there, and was all. */
static bool whole(const struct reader *r)
{
	const struct ring_meta *m = &r->q.m;
	struct ring_meta now;
	uint64_t present = 0;

	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (ring_snapshot(&r->q.ring, &now) < 0 ||
	    now.tail - m->head > r->q.ring.capacity)
		return false;
	for (unsigned i = RECORD_READY; i < RECORD_STATES; i++)
		present += m->present[i];
	return r->seen == present;
}

/* --- all of it ------------------------------------------------------------------- */

static int try(struct reader *r)
{
	uint64_t swept = 0;
	int code;

	r->book->at.len = 0;
	r->book->holds = true;
	r->counted = r->seen = 0;
	if (ring_snapshot(&r->q.ring, &r->q.m) < 0)
		return -EBADMSG;
	code = read_rows(r) ?: read_records(r);
	if (code == 0 && !whole(r))
		return -EAGAIN;
	for (unsigned i = 0; i < RING_GONE; i++)
		if (i != RECORD_VOIDED - RECORD_ACKED)
			swept += r->q.m.swept[i];
	r->book->holds = r->book->holds && r->counted == swept;
	return code;
}

static int read_ring(struct reader *r)
{
	int code;

	for (int i = 0; (code = try(r)) == -EAGAIN && i < TRIES; i++)
		sched_yield();
	return code;
}

int account_read(int dir, const char *name, struct account_book *ret,
		 struct sigslot_error *err)
{
	_close_ int at =
		openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct reader r = {.book = ret};
	_close_ int fd = -1;
	bool durable;
	int code;

	*ret = (struct account_book){0};
	if (at < 0)
		return fail_errno(err, "queue '%s': cannot open it", name);
	fd = site_open(at, name, O_RDONLY, &durable, err);
	code = fd < 0 ? fd : ring_map_view(fd, &r.q.ring, name, err);
	if (code < 0)
		return code;
	/* one that nobody has used since a reboot is read when somebody has */
	if (!durable || (safe_attach(&r.q.ring) == 0 && safe_same_boot(&r.q.ring)))
		code = read_ring(&r);
	else
		ret->holds = true;
	ring_unmap(&r.q.ring);
	if (code < 0) {
		account_done(ret);
		fail(err, code,
		     code == -EAGAIN
			     ? "queue '%s' changes too fast to be read"
			     : "queue '%s' is damaged: its header makes no sense",
		     name);
	}
	return code;
}

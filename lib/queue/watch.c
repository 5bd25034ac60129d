/* SPDX-License-Identifier: MIT */
/*
 * Watching. Positions never go back and neither do numbers, so the place and the number
 * of what comes next are all that is kept. Where the chain of records cannot be
 * followed any more, as its writers were faster, it is taken up again at the oldest one
 * that is there.
 */
#include "queue/watch.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "queue/section.h"
#include "queue/site.h"

enum {
	TRIES = 3, /* to get one record whole, until it is passed over */
	TOLD = 64, /* that were claimed once more, and are known to have been seen */
};

/* What was claimed once more: the queue counts how many, who it was is looked for. */
struct again {
	uint64_t counted; /* by the queue, so far */
	uint64_t owed; /* of them not found yet */
	bool late; /* they are looked for once more */
	uint64_t at, end; /* the search goes on here; as of its beginning */
	struct {
		uint64_t seq;
		unsigned attempt;
	} told[TOLD];
	unsigned next;
};

struct watch {
	struct ring ring; /* mapped read-only: for this file alone */
	struct ring_meta m; /* a snapshot */
	uint64_t at, seq; /* of the next record, as far as is known */
	uint64_t missed, refused;
	unsigned tries;
	struct again again;
	int fd;
	struct buf bytes;
	char name[72];
};

static int damaged(const struct watch *w, struct sigslot_error *err)
{
	return fail(err, -EBADMSG, "queue '%s' is damaged: its header makes no sense",
		    w->name);
}

/* All that is there now has been seen, or is passed over. */
static void catch_up(struct watch *w)
{
	w->missed += w->m.seq - w->seq;
	w->seq = w->m.seq;
	w->at = w->m.tail;
	w->tries = 0;
}

static uint64_t redelivered(const struct watch *w)
{
	return __atomic_load_n(&w->ring.head->stats.redelivered, __ATOMIC_RELAXED);
}

static uint64_t refused(const struct watch *w)
{
	return __atomic_load_n(&w->ring.head->stats.refused, __ATOMIC_RELAXED);
}

static int start(struct watch *w, struct sigslot_error *err)
{
	int r = ring_map_view(w->fd, &w->ring, w->name, err);

	if (r < 0)
		return r;
	if (ring_snapshot(&w->ring, &w->m) < 0)
		return damaged(w, err);
	catch_up(w);
	w->missed = 0;
	w->again.counted = redelivered(w);
	w->refused = refused(w);
	return 0;
}

int watch_open(int dir, const char *name, struct watch **ret, struct sigslot_error *err)
{
	_close_ int at =
		openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct watch *w;
	bool durable;
	int r;

	if (at < 0)
		return fail_errno(err, "queue '%s': cannot open it", name);
	w = calloc(1, sizeof(*w));
	if (!w)
		return fail(err, -ENOMEM, "out of memory");
	snprintf(w->name, sizeof(w->name), "%s", name);
	w->fd = site_open(at, name, O_RDONLY, &durable, err);
	r = w->fd < 0 ? w->fd : start(w, err);
	if (r < 0)
		watch_close(w);
	else
		*ret = w;
	return r;
}

void watch_close(struct watch *w)
{
	if (!w)
		return;
	ring_unmap(&w->ring);
	fd_close(&w->fd);
	buf_done(&w->bytes);
	free(w);
}

uint64_t watch_missed(struct watch *w)
{
	uint64_t missed = w->missed;

	w->missed = 0;
	return missed;
}

uint64_t watch_refused(struct watch *w)
{
	uint64_t now = refused(w), more = now - w->refused;

	w->refused = now;
	return more;
}

bool watch_gone(const struct watch *w)
{
	struct stat st;

	return fstat(w->fd, &st) == 0 && !st.st_nlink;
}

/* Copies a header. Whether it is one: then end is checked, and ends within the tail. */
static bool copy_header(const struct watch *w, uint64_t at, struct record *ret,
			struct entry *e)
{
	const struct record *r = ring_at(&w->ring, at);

	/* acquire: pairs with the release that says that a large payload is whole */
	e->word = __atomic_load_n(&r->state, __ATOMIC_ACQUIRE);
	memcpy(ret, r, sizeof(*ret));
	e->state = e->word & 15;
	e->end = at + record_room(ret->size);
	return ret->mark == ring_mark(&w->ring, at) && e->end <= w->m.tail &&
	       e->state && e->state < RECORD_STATES;
}

static bool still_written(const struct record *r, const struct entry *e)
{
	return e->state == RECORD_BUSY && clock_now() - r->since < SECTION_BUSY_SKIP_NS;
}

/* There is nothing to see in these, and nobody got it. */
static bool hollow(unsigned state)
{
	return state == RECORD_VOIDED || state == RECORD_DAMAGED;
}

static bool intact(const struct watch *w, const struct record *r)
{
	return r->crc == record_seal(record_sum(r, w->bytes.data, r->size), r->seq);
}

/* Copies the payload. Returns 1; 0: it was torn; -ENOMEM. */
static int copy_payload(struct watch *w, uint64_t at, const struct record *r)
{
	w->bytes.size = 0;
	if (buf_add(&w->bytes, ring_at(&w->ring, at) + 1, r->size) < 0)
		return -ENOMEM;
	/* the copy comes before whatever shows that somebody wrote over it */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return intact(w, r);
}

static void pass(struct watch *w, const struct record *r, const struct entry *e)
{
	w->missed += r->seq - w->seq;
	w->seq = r->seq + 1;
	w->at = e->end;
	w->tries = 0;
}

/* Takes up the chain again. What cannot be had in some tries is passed over. */
static int resume(struct watch *w, struct sigslot_error *err)
{
	if (ring_snapshot(&w->ring, &w->m) < 0)
		return damaged(w, err);
	w->at = w->m.head;
	if (++w->tries > TRIES)
		catch_up(w);
	return 0;
}

enum step { LOST = -1, WAIT, AGAIN, GOT };

static enum step look(struct watch *w, struct record *r, struct entry *e)
{
	if (w->at == w->m.gap && w->m.gap_end)
		w->at = w->m.gap_end;
	if (w->at >= w->m.tail || w->m.tail - w->at > w->ring.capacity ||
	    !copy_header(w, w->at, r, e))
		return LOST;
	if (r->seq < w->seq) { /* it was seen in another place */
		w->at = e->end;
		return AGAIN;
	}
	if (r->seq >= w->m.seq)
		return LOST;
	if (still_written(r, e))
		return WAIT;
	if (e->state != RECORD_BUSY && !hollow(e->state))
		return GOT;
	pass(w, r, e);
	w->missed += e->state == RECORD_BUSY;
	return AGAIN;
}

/* Whether there are more than were seen. */
static int news(struct watch *w, struct sigslot_error *err)
{
	if (w->seq != w->m.seq)
		return 1;
	if (ring_snapshot(&w->ring, &w->m) < 0)
		return damaged(w, err);
	if (w->m.seq < w->seq) /* it was repaired, and begins anew */
		catch_up(w);
	return w->seq != w->m.seq;
}

static struct claim copy_of(const struct watch *w, const struct record *r,
			    const struct entry *e)
{
	return (struct claim){
		.envelope = r->envelope,
		.payload = {w->bytes.data, r->size},
		.seq = r->seq,
		.attempt = record_parts(e->word).attempt,
	};
}

int watch_next(struct watch *w, struct claim *ret, struct sigslot_error *err)
{
	struct record r;
	struct entry e;
	int code;

	while ((code = news(w, err)) > 0) {
		enum step step = look(w, &r, &e);

		if (step == WAIT)
			return 0;
		if (step == GOT && (code = copy_payload(w, w->at, &r)) < 0)
			return fail(err, code, "queue '%s': out of memory", w->name);
		if (step == GOT && code)
			break;
		if (step != AGAIN && (code = resume(w, err)) < 0)
			return code;
	}
	if (code <= 0)
		return code;
	pass(w, &r, &e);
	*ret = copy_of(w, &r, &e);
	return 1;
}

/* --- what was claimed once more --- */

/* Whether there is anything to look for. What is held lies before `next`. */
static int search_begins(struct watch *w, struct sigslot_error *err)
{
	struct again *a = &w->again;
	uint64_t counted = redelivered(w);

	if (a->at < a->end)
		return 1;
	if (counted == a->counted && !a->owed)
		return 0;
	if (ring_snapshot(&w->ring, &w->m) < 0)
		return damaged(w, err);
	a->owed += counted > a->counted ? counted - a->counted : 0;
	a->counted = counted;
	a->at = w->m.head;
	a->end = w->m.next;
	return 1;
}

static bool told(const struct again *a, uint64_t seq, unsigned attempt)
{
	for (unsigned i = 0; i < TOLD; i++)
		if (a->told[i].seq == seq && a->told[i].attempt == attempt)
			return true;
	return false;
}

static bool is_again(const struct watch *w, const struct record *r,
		     const struct entry *e)
{
	unsigned attempt = record_parts(e->word).attempt;

	return attempt > 1 && e->state >= RECORD_PINNED && !hollow(e->state) &&
	       !told(&w->again, r->seq, attempt);
}

/* Looks at the next record, and copies its payload. LOST: here the chain ends. */
static enum step search(struct watch *w, struct record *r, struct entry *e)
{
	struct again *a = &w->again;
	uint64_t at = a->at == w->m.gap && w->m.gap_end ? w->m.gap_end : a->at;
	int code = 0;

	if (at >= a->end || !copy_header(w, at, r, e))
		return LOST;
	a->at = e->end;
	if (is_again(w, r, e))
		code = copy_payload(w, at, r);
	return code < 0 ? WAIT : code ? GOT : AGAIN;
}

static void note(struct again *a, const struct record *r, const struct entry *e)
{
	a->owed -= a->owed > 0;
	a->told[a->next].seq = r->seq;
	a->told[a->next].attempt = record_parts(e->word).attempt;
	a->next = (a->next + 1) % TOLD;
}

/* A claim is counted before its commit shows it: what is owed is looked for twice. */
static void search_ends(struct watch *w)
{
	struct again *a = &w->again;

	a->at = a->end = 0;
	a->late = a->owed && !a->late;
	if (a->late)
		return;
	w->missed += a->owed;
	a->owed = 0;
}

int watch_again(struct watch *w, struct claim *ret, struct sigslot_error *err)
{
	struct again *a = &w->again;
	struct record r;
	struct entry e;
	enum step step = AGAIN;
	int code = search_begins(w, err);

	if (code <= 0)
		return code;
	while (step == AGAIN)
		step = search(w, &r, &e);
	if (step == WAIT)
		return fail(err, -ENOMEM, "queue '%s': out of memory", w->name);
	if (step == LOST) {
		search_ends(w);
		return 0;
	}
	note(a, &r, &e);
	*ret = copy_of(w, &r, &e);
	return 1;
}

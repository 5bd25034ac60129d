/* SPDX-License-Identifier: MIT */
/*
 * Looking for whole records. They begin at multiples of 16; where one is not whole, the
 * next one may begin at any of them.
 */
#include "queue/wreck.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { WORK = 256 }; /* sum at most so many bytes for each byte of the ring */

/* --- the file --- */

/* What the file has of [offset, offset + size) comes to `at`. */
static bool lay(int fd, unsigned char *at, uint64_t offset, uint64_t size, uint64_t all)
{
	uint64_t there = all > offset ? all - offset : 0;
	void *got;

	if (!there)
		return true;
	got = mmap(at, there < size ? there : size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_FIXED, fd, (off_t)offset);
	return got != MAP_FAILED;
}

static int map(int fd, struct ring *r, uint64_t all)
{
	uint64_t whole = RING_DATA + 2 * r->capacity;
	unsigned char *at = mmap(NULL, whole, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		return -errno;
	r->head = (void *)at;
	r->data = at + RING_DATA;
	if (lay(fd, at, 0, RING_DATA, all) &&
	    lay(fd, r->data, RING_DATA, r->capacity, all) &&
	    lay(fd, r->data + r->capacity, RING_DATA, r->capacity, all))
		return 0;
	return -errno;
}

/* The newest meta block that anything in the file has. */
static void locate(struct wreck *w)
{
	struct ring_meta m = {0};

	if (w->durable && !safe_same_boot(&w->ring)) {
		w->located = safe_newest(&w->ring, &w->m) >= 0;
		return;
	}
	w->located = ring_load(&w->ring, &w->m) == 0;
	for (int i = 0; !w->located && i < 2; i++) {
		m = w->ring.head->meta[i];
		if (ring_fits(&w->ring, &m) && m.version >= w->m.version)
			w->m = m;
	}
	if (w->located)
		return;
	w->sound = false;
	w->located = w->m.version > 0;
}

int wreck_open(int fd, bool durable, const char *name, struct wreck *ret,
	       struct sigslot_error *err)
{
	struct ring_static f = {0};
	struct stat st;
	int r;

	*ret = (struct wreck){.durable = durable};
	if (fstat(fd, &st) < 0)
		return fail_errno(err, "queue '%s'", name);
	r = ring_read_fixed(fd, &f, name, err);
	if (r == -EPROTO && ring_fixed_right(&f))
		return r;
	ret->sound = r == 0;
	ret->keyed = r == 0 || ring_fixed_right(&f);
	if (!ret->keyed)
		f.capacity = st.st_size > RING_DATA
				     ? ring_capacity((uint64_t)st.st_size - RING_DATA)
				     : 0;
	if (!f.capacity)
		return fail(err, -EBADMSG,
			    "queue '%s': nothing in its file can be saved: it has %lld "
			    "bytes",
			    name, (long long)st.st_size);
	ret->ring = (struct ring){
		.capacity = f.capacity,
		.messages = ret->keyed ? f.messages : 0,
		.mask = f.capacity & (f.capacity - 1) ? 0 : f.capacity - 1,
		.key = f.key,
	};
	r = map(fd, &ret->ring, (uint64_t)st.st_size);
	if (r < 0)
		return fail(err, r, "queue '%s': cannot map its file: %s", name,
			    strerror(-r));
	if (durable && safe_attach(&ret->ring) < 0) {
		ret->sound = false;
		ret->ring.safe = (void *)((char *)ret->ring.head + RING_SAFE);
	}
	locate(ret);
	return 0;
}

void wreck_close(struct wreck *w)
{
	ring_unmap(&w->ring);
	vec_done(w);
}

/* --- its records --- */

static bool judged(const struct wreck *w, const struct record *r)
{
	if (!w->durable)
		return record_gone(r->state & 15);
	for (unsigned state = RECORD_ACKED; state < RECORD_STATES; state++)
		if (r->verdict == record_verdict(r, state))
			return true;
	return false;
}

/* Whether the mark can be the one of a record at this place. */
static bool marked(const struct wreck *w, const struct record *r, uint64_t position)
{
	uint64_t claimed = (uint64_t)(r->mark ^ w->ring.key) * RECORD_ALIGN;

	if (!w->keyed)
		return true;
	if (w->located)
		return r->mark == ring_mark(&w->ring, position);
	return !w->ring.mask || ((claimed ^ position) & w->ring.mask) == 0;
}

/* Whether a record begins there, of at most `most` bytes. Takes from the work left. */
static bool whole(struct wreck *w, uint64_t position, uint64_t most, uint64_t *work,
		  struct find *ret)
{
	const struct record *r = ring_at(&w->ring, position);

	if (!r->count || record_room(r->size) > most || !marked(w, r, position))
		return false;
	*ret = (struct find){.record = r, .seq = r->seq, .gone = judged(w, r)};
	if (ret->gone && w->keyed && w->located)
		return true; /* its payload may be what was wrong with it */
	if (r->size > *work)
		return false;
	*work -= r->size;
	return record_seal(record_sum(r, r + 1, r->size), r->seq) == r->crc;
}

static int by_seq(const void *a, const void *b)
{
	const struct find *x = a, *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* In order, each once, and counts what is missing in between. */
static void put_in_order(struct wreck *w)
{
	size_t kept = 0;

	if (w->len)
		qsort(w->at, w->len, sizeof(*w->at), by_seq);
	for (size_t i = 0; i < w->len; i++)
		if (!kept || w->at[kept - 1].seq != w->at[i].seq)
			w->at[kept++] = w->at[i];
	w->len = kept;
}

static uint64_t missing(const struct wreck *w)
{
	uint64_t all = 0;

	if (w->located)
		for (int i = 0; i < RECORD_STATES; i++)
			all += w->m.present[i];
	else if (w->len)
		all = w->at[w->len - 1].seq - w->at[0].seq + 1;
	return all > w->len ? all - w->len : 0;
}

int wreck_search(struct wreck *w)
{
	const struct ring_meta *m = &w->m;
	uint64_t at = w->located ? m->head : 0;
	uint64_t end = w->located ? m->tail : w->ring.capacity;
	uint64_t work = WORK * w->ring.capacity;

	while (at + sizeof(struct record) <= end) {
		uint64_t most = w->located ? end - at : w->ring.capacity / 2;
		struct find found, *kept;

		if (w->located && m->gap_end && at >= m->gap && at < m->gap_end) {
			at = m->gap_end;
			continue;
		}
		if (!whole(w, at, most, &work, &found)) {
			at += RECORD_ALIGN;
			continue;
		}
		kept = vec_add(w);
		if (!kept)
			return -ENOMEM;
		*kept = found;
		at += record_room(found.record->size);
	}
	put_in_order(w);
	w->lost = missing(w);
	return 0;
}

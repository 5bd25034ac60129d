/* SPDX-License-Identifier: MIT */
/*
 * Repairing: a new ring with what is whole is made under another name, is brought to
 * the medium, and then takes the name of the old one in one step.
 */
#include "queue/repair.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "queue/site.h"
#include "queue/wreck.h"

static const char ring_name[] = "ring", new_name[] = "ring.new";

/* Where the ring lies, and which queue directory it is for; -1: for none yet. */
struct bench {
	int dir, home;
	const char *name;
	bool durable;
};

static void copy_record(struct ring *r, struct ring_meta *m, const struct record *from)
{
	struct record *to = ring_at(r, m->tail);
	struct record_word w = {
		.state = RECORD_READY,
		.attempt = record_parts(from->state).attempt,
	};

	memcpy(to, from, sizeof(*from) + from->size);
	to->mark = ring_mark(r, m->tail);
	to->state = record_word(w);
	to->due = to->since = to->verdict = 0;
	to->handle = 0;
	to->seq = m->seq++;
	to->crc = record_seal(record_sum(to, to + 1, to->size), to->seq);
	m->tail += record_room(to->size);
	m->present[RECORD_READY]++;
}

/* By its verdict: of a durable ring the states alone are not believed. */
static unsigned state_of(const struct wreck *w, const struct record *r)
{
	unsigned state = record_parts(r->state).state;

	for (unsigned s = RECORD_ACKED; w->durable && s < RECORD_STATES; s++)
		if (r->verdict == record_verdict(r, s))
			return s;
	return record_gone(state) && state < RECORD_STATES ? state : RECORD_ACKED;
}

/* The counts go on with what was done before, and what is missing was damaged. */
static void carry_on(struct ring *r, struct ring_meta *m, const struct wreck *w)
{
	if (!w->located)
		return;
	memcpy(m->swept, w->m.swept, sizeof(m->swept));
	for (const struct find *f = w->at; f < w->at + w->len; f++)
		if (f->gone)
			m->swept[state_of(w, f->record) - RECORD_ACKED]++;
	m->swept[RECORD_DAMAGED - RECORD_ACKED] += w->lost;
	for (int i = 0; i < RING_GONE; i++)
		m->seq += m->swept[i];
	memcpy(r->head->ends, w->ring.head->ends, sizeof(r->head->ends));
}

static void settle_in(const struct bench *b, struct ring *r, const struct ring_meta *m)
{
	struct stat st;

	for (int i = 0; i < SAFE_COPIES; i++) {
		struct safe_copy *to = &r->safe->copies[0][i];

		to->meta = *m;
		memcpy(to->ends, r->head->ends, sizeof(to->ends));
	}
	if (b->home < 0 || fstat(b->home, &st) < 0)
		return;
	r->safe->home[0] = st.st_dev;
	r->safe->home[1] = st.st_ino;
}

static int fill(const struct bench *b, int fd, const struct wreck *w,
		struct sigslot_error *err)
{
	struct ring_meta m = {0};
	struct ring r;
	int e = ring_map(fd, &r, b->name, err);

	if (e < 0)
		return e;
	ring_load(&r, &m);
	if (w->located)
		m.flags = w->m.flags & RING_SHUT;
	carry_on(&r, &m, w);
	for (const struct find *f = w->at; f < w->at + w->len; f++)
		if (!f->gone && m.tail + record_room(f->record->size) <= r.capacity)
			copy_record(&r, &m, f->record);
	ring_commit(&r, &m);
	if (b->durable && safe_attach(&r) == 0)
		settle_in(b, &r, &m);
	ring_unmap(&r);
	return fsync(fd) < 0 ? fail_errno(err, "queue '%s': cannot write it", b->name)
			     : 0;
}

static int build(const struct bench *b, const struct wreck *w,
		 struct sigslot_error *err)
{
	const struct queue_limits limits = {
		.size = w->ring.capacity,
		.messages = w->ring.messages,
	};
	_close_ int fd = -1;
	int r;

	unlinkat(b->dir, new_name, 0);
	fd = openat(b->dir, new_name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(err, "queue '%s': cannot create a new file", b->name);
	r = ring_create(fd, &limits, b->name, err);
	if (!r && b->durable && (r = safe_create(fd)) < 0)
		fail(err, r, "queue '%s': cannot write it: %s", b->name, strerror(-r));
	return r ?: fill(b, fd, w, err);
}

/* For people: the name alone where the kernel does not tell more. */
static void tell_path(int dir, const char *name, char path[static REPAIR_PATH])
{
	char link[32], at[REPAIR_PATH - 80];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	n = readlink(link, at, sizeof(at));
	if (n < 0 || n == sizeof(at))
		n = 0;
	snprintf(path, REPAIR_PATH, "%.*s%s%s", (int)n, at, n ? "/" : "", name);
}

/* The old file gets a second name; then the new one takes the first. */
static int replace(const struct bench *b, char kept[static REPAIR_PATH],
		   struct sigslot_error *err)
{
	char name[64];
	time_t now = (time_t)(clock_wall() / NS_PER_S);
	struct tm tm;
	char when[32] = "";

	if (gmtime_r(&now, &tm))
		strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	for (int i = 1; i < 100; i++) {
		snprintf(name, sizeof(name),
			 i > 1 ? "ring.damaged-%s-%d" : "ring.damaged-%s", when, i);
		if (linkat(b->dir, ring_name, b->dir, name, 0) == 0)
			break;
		if (errno != EEXIST)
			return fail_errno(err, "queue '%s': cannot keep its old file",
					  b->name);
	}
	if (renameat(b->dir, new_name, b->dir, ring_name) < 0 || fsync(b->dir) < 0)
		return fail_errno(err, "queue '%s': cannot replace its file", b->name);
	tell_path(b->dir, name, kept);
	return 0;
}

static bool intact(const struct wreck *w)
{
	return w->sound && w->located && !w->lost && !(w->m.flags & RING_FAILED);
}

static int repair(const struct bench *b, struct wreck *w, struct repair *ret,
		  struct sigslot_error *err)
{
	int r = wreck_search(w);

	if (r < 0)
		return fail(err, r, "queue '%s': out of memory", b->name);
	vec_each(f, w)
		ret->saved += !f->gone;
	ret->lost = w->lost;
	ret->intact = intact(w);
	if (ret->intact)
		return 0;
	r = build(b, w, err);
	r = r ?: replace(b, ret->kept, err);
	if (r < 0)
		unlinkat(b->dir, new_name, 0);
	return r;
}

static int begin(const struct bench *b, struct repair *ret, struct sigslot_error *err)
{
	_close_ int fd = openat(b->dir, ring_name, RING_OPEN | O_RDONLY);
	struct wreck w;
	int r;

	*ret = (struct repair){0};
	if (fd < 0)
		return fail_errno(err, "queue '%s': cannot open its file", b->name);
	if (b->durable && flock(fd, LOCK_EX | LOCK_NB) < 0)
		return fail(err, -EBUSY, "queue '%s' is in use: end who uses it first",
			    b->name);
	r = wreck_open(fd, b->durable, b->name, &w, err);
	r = r ?: repair(b, &w, ret, err);
	wreck_close(&w);
	return r;
}

int queue_repair(int dir, const char *name, struct repair *ret,
		 struct sigslot_error *err)
{
	_close_ int at = openat(dir, name, RING_OPEN | O_RDONLY | O_DIRECTORY);
	_close_ int rings = -1;
	char path[SITE_PATH];

	if (at < 0)
		return fail_errno(err, "queue '%s': cannot open it", name);
	rings = site_directory(at, name, err);
	if (rings < 0)
		return rings;
	return begin(&(struct bench){rings, at, name, site_read(at, path) == 0}, ret,
		     err);
}

int site_repair(const char *site, const char *name, struct repair *ret,
		struct sigslot_error *err)
{
	_close_ int rings = site_enter(site, err);

	return rings < 0 ? rings
			 : begin(&(struct bench){rings, -1, name, true}, ret, err);
}

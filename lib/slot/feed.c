/* SPDX-License-Identifier: MIT */
/*
 * A byte stream and the ring of the jobs in it. Bytes are kept until their job is
 * taken out, as another reader may need them again.
 */
#include "slot/feed.h"

#include <errno.h>

/* Written bytes are dropped when there are so many, and memory is given back. */
enum { DROP = 256 * 1024 };

static struct feed_job *oldest(struct feed *f)
{
	return &f->jobs[f->first];
}

/* Where the oldest job begins, as an index of bytes: all before belongs to nobody. */
static size_t settled(const struct feed *f)
{
	return (size_t)(f->settled - f->before);
}

static int grow(struct feed *f)
{
	size_t cap = f->cap ? f->cap * 2 : 16;
	struct feed_job *jobs = reallocarray(NULL, cap, sizeof(*jobs));

	if (!jobs)
		return -ENOMEM;
	for (size_t i = 0; i < f->len; i++)
		jobs[i] = f->jobs[(f->first + i) & (f->cap - 1)];
	free(f->jobs);
	f->jobs = jobs;
	f->first = 0;
	f->cap = cap;
	return 0;
}

int feed_add(struct feed *f, struct slot *slot, struct slot_job *job)
{
	if (f->len == f->cap && grow(f) < 0)
		return -ENOMEM;
	f->jobs[(f->first + f->len++) & (f->cap - 1)] = (struct feed_job){
		.slot = slot, .job = job, .end = f->before + f->bytes.size};
	return 0;
}

void feed_wrote(struct feed *f, size_t size)
{
	f->sent += size;
}

/* Drops bytes from the front, and memory if nothing is left. */
static void drop(struct feed *f, size_t gone)
{
	if (gone == f->bytes.size && f->bytes.cap > DROP)
		buf_done(&f->bytes);
	else
		buf_drop(&f->bytes, gone);
	f->sent -= gone;
	f->before += gone;
}

/* Drops the bytes of jobs that were taken out, but for the lines that are kept. */
static void drop_settled(struct feed *f)
{
	size_t gone = settled(f);

	if (f->keep && gone + f->keep > f->sent)
		gone = f->sent > f->keep ? f->sent - f->keep : 0;
	if (gone != f->bytes.size && (gone <= DROP || gone <= f->bytes.size / 2))
		return;
	while (f->keep && gone && f->bytes.data[gone - 1] != '\n')
		gone--;
	drop(f, gone);
}

static inline bool take(struct feed *f, struct feed_job *ret)
{
	*ret = *oldest(f);
	f->first = (f->first + 1) & (f->cap - 1);
	f->len--;
	f->settled = ret->end;
	if (f->before + f->sent < ret->end)
		f->sent = settled(f);
	if (!f->len || settled(f) > DROP)
		drop_settled(f);
	return true;
}

bool feed_take(struct feed *f, struct feed_job *ret)
{
	return f->len && take(f, ret);
}

bool feed_take_before(struct feed *f, uint64_t point, struct feed_job *ret)
{
	return f->len && oldest(f)->end <= point && take(f, ret);
}

void feed_rewind(struct feed *f, uint64_t read)
{
	size_t at = read > f->before ? (size_t)(read - f->before) : 0;

	if (at > settled(f))
		at = settled(f);
	while (at && f->bytes.data[at - 1] != '\n')
		at--;
	f->sent = at;
	drop_settled(f);
}

size_t feed_orphans(const struct feed *f)
{
	size_t lines = 0;

	for (size_t i = f->sent; i < settled(f); i++)
		lines += f->bytes.data[i] == '\n';
	return lines;
}

void feed_settle(struct feed *f)
{
	if (!f->len && !feed_unsent(f) && f->bytes.size) {
		f->before += f->bytes.size;
		f->sent = 0;
		buf_done(&f->bytes);
	}
}

void feed_forget(struct feed *f, const struct slot *slot)
{
	for (size_t i = 0; i < f->len; i++) {
		struct feed_job *j = &f->jobs[(f->first + i) & (f->cap - 1)];

		if (j->slot == slot)
			j->slot = NULL;
	}
}

void feed_done(struct feed *f)
{
	buf_done(&f->bytes);
	free(f->jobs);
	*f = (struct feed){0};
}

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

/* Drops the bytes of jobs that were taken out. */
static void drop_settled(struct feed *f)
{
	size_t gone = settled(f);

	if (gone == f->bytes.size && f->sent == gone) {
		if (f->bytes.cap > DROP)
			buf_done(&f->bytes);
		f->bytes.size = 0;
	} else if (gone > DROP && gone > f->bytes.size / 2) {
		buf_drop(&f->bytes, gone);
	} else {
		return;
	}
	f->sent -= gone;
	f->before += gone;
}

bool feed_take(struct feed *f, struct feed_job *ret)
{
	if (!f->len)
		return false;
	*ret = *oldest(f);
	f->first = (f->first + 1) & (f->cap - 1);
	f->len--;
	f->settled = ret->end;
	if (f->before + f->sent < ret->end)
		f->sent = settled(f);
	drop_settled(f);
	return true;
}

bool feed_take_written(struct feed *f, struct feed_job *ret)
{
	return f->len && oldest(f)->end <= f->before + f->sent && feed_take(f, ret);
}

void feed_rewind(struct feed *f)
{
	f->sent = settled(f);
	drop_settled(f);
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

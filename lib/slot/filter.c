/* SPDX-License-Identifier: MIT */
/*
 * filter: a resident command, a line per message. What is delivered in one turn of the
 * loop is written at its end in one piece. A message is handed over when its line is
 * written, or done when its answer came. What was not completely written when a filter
 * dies goes to the next one, which is started after a back-off.
 */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "message/text.h"
#include "slot/feed.h"
#include "slot/kinds.h"
#include "slot/report.h"
#include "slot/resident.h"

#define FIRST_BACKOFF_NS (100 * NS_PER_MS)
#define LAST_BACKOFF_NS	 (10 * NS_PER_S)
#define HEALTHY_NS	 (10 * NS_PER_S)

/* When a turn's messages are written before it ends, and how often in one go. */
enum { FLUSH = 64 * 1024, FLUSHES = 32 };

/* What a pipe holds at most, and so what a dead filter may not have read. */
enum { KEEP = 64 * 1024, SMALL = 4096 };

struct filter {
	struct resident resident;
	struct feed feed;
	struct later flush;
	struct timer backoff;
	struct timer rest; /* when to give back memory */
	uint64_t backoff_ns; /* the next one */
	uint64_t began, read; /* where this incarnation's part of the stream lies */
	bool flushing;
	bool hopeless; /* it cannot be executed */
	struct slot_verdict why; /* of the hopeless one */
};

static struct filter *filter_of(struct slot *s)
{
	return container_of(container_of(s, struct resident, slot), struct filter,
			    resident);
}

static const struct slot_verdict ok = {.exit = -1, .err_tail = ""};
static const struct slot_verdict handed_over = {
	.exit = -1, .handed_over = true, .err_tail = ""};

static void try_start(struct filter *f);
static void died(struct filter *f, const struct slot_verdict *v);

/* --- in ------------------------------------------------------------------------ */

/* Without answers a message is done with its last byte. */
static void settle_written(struct filter *f)
{
	struct feed_job done;

	if (f->resident.slot.spec->reply_line)
		return;
	while (feed_take_written(&f->feed, &done))
		report_done(done.slot, done.job, &handed_over);
}

/* One write. Returns whether another one may take more. */
static bool write_some(struct filter *f)
{
	int fd = f->resident.process.in;
	ssize_t n;

	if (fd < 0 || !feed_unsent(&f->feed))
		return false;
	n = write(fd, f->feed.bytes.data + f->feed.sent, feed_unsent(&f->feed));
	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && errno != EAGAIN)
		process_break_in(&f->resident.process); /* it will end: see died() */
	if (n < 0)
		return false;
	feed_wrote(&f->feed, (size_t)n);
	settle_written(f);
	return true;
}

static void flush(struct filter *f)
{
	struct process *p = &f->resident.process;

	if (!f->resident.up || f->flushing)
		return;
	f->flushing = true; /* what is delivered in done() is written by this loop */
	for (int i = 0; i < FLUSHES && write_some(f); i++)
		;
	f->flushing = false;
	process_want_room(p, feed_unsent(&f->feed) > 0);
	if (!timer_armed(&f->rest) && f->feed.bytes.cap > SMALL)
		loop_arm(f->resident.slot.loop, &f->rest, clock_now() + NS_PER_S);
	if (f->resident.slot.finishing && !feed_unsent(&f->feed))
		process_close_in(p);
}

/* What it has read is not needed again. */
static void rest(struct timer *t, uint64_t now)
{
	struct filter *f = container_of(t, struct filter, rest);
	int fd = f->resident.process.in, unread = 0;

	(void)now;
	if (f->resident.up && fd >= 0 && ioctl(fd, FIONREAD, &unread) == 0 && !unread)
		feed_settle(&f->feed);
}

static void flush_later(struct later *x)
{
	struct filter *f = container_of(x, struct filter, flush);

	if (f->resident.up)
		flush(f);
	else if (feed_unsent(&f->feed) && !timer_armed(&f->backoff))
		try_start(f);
}

/* Not before it runs: what is written counts as handed over. */
static void room(struct process *p)
{
	flush(filter_of(p->slot));
}

/* Both are escaped in JSON: without a backslash there is nothing to look for. */
static bool one_line(const struct slot_job *job, const char *text, size_t size)
{
	if (!memchr(job->message.payload, '\\', job->message.size))
		return true;
	return memchr(text, '\n', size) == text + size - 1 && !memchr(text, 0, size);
}

/* Appends the line of a message. Returns 0, or a negative errno with *ret_v. */
static int add_line(struct filter *f, struct slot_job *job, struct slot_verdict *ret_v)
{
	struct buf *bytes = &f->feed.bytes;
	size_t before = bytes->size;

	if (text_of_payload(job->message.payload, job->message.size,
			    f->resident.slot.spec->input_json, bytes) < 0 ||
	    buf_add_byte(bytes, '\n') < 0)
		goto no_memory;
	if (!one_line(job, bytes->data + before, bytes->size - before)) {
		bytes->size = before;
		*ret_v = report_verdict(-EILSEQ, true,
					"the string has a newline or a NUL, which a "
					"line for a filter cannot hold");
		return -EILSEQ;
	}
	if (feed_add(&f->feed, &f->resident.slot, job) == 0)
		return 0;
no_memory:
	bytes->size = before;
	*ret_v = report_verdict(-ENOMEM, false, "no memory for its line");
	return -ENOMEM;
}

static void deliver(struct slot *s, struct slot_job *job)
{
	struct filter *f = filter_of(s);
	struct slot_verdict v;

	if (f->hopeless) {
		report_done(s, job, &f->why);
		return;
	}
	job->own = f;
	if (add_line(f, job, &v) < 0)
		report_done(s, job, &v);
	else if (feed_unsent(&f->feed) >= FLUSH && f->resident.up &&
		 !f->resident.process.in_watch.loop)
		flush(f);
	else if (!f->resident.process.in_watch.loop)
		loop_later(s->loop, &f->flush, flush_later);
}

/* --- out ----------------------------------------------------------------------- */

static void answer(struct filter *f, enum lines_found found, const char *text,
		   size_t size)
{
	struct process *p = &f->resident.process;
	struct slot_verdict v = ok;
	struct feed_job asked = {.slot = p->slot};
	bool awaited = feed_take_written(&f->feed, &asked);
	int r = report_line(p->slot, asked.job, found, text, size, &p->payload);

	if (!awaited)
		return;
	if (r < 0)
		v = report_verdict(r, true, "its answer is not of the signal's type");
	report_done(asked.slot, asked.job, &v);
}

static void line(struct process *p, enum lines_found found, const char *text,
		 size_t size)
{
	if (p->slot->spec->reply_line)
		answer(filter_of(p->slot), found, text, size);
	else
		report_line(p->slot, NULL, found, text, size, &p->payload);
}

/* --- life ---------------------------------------------------------------------- */

static void ended(struct process *p, struct slot_verdict *v)
{
	struct filter *f = filter_of(p->slot);
	struct slot_verdict verdict = *v;
	struct tail tail = p->tail; /* p may be another one soon */

	verdict.err_tail = tail.text;
	f->read = feed_written(&f->feed);
	if (v->code)
		f->read -= (uint64_t)p->unread; /* else it did not want the rest */
	f->resident.up = false;
	died(f, &verdict);
}

static const struct resident_calls calls = {.line = line, .room = room, .ended = ended};

static void try_start(struct filter *f)
{
	struct slot_verdict v;

	if (f->resident.slot.over)
		return;
	f->began = f->read = feed_written(&f->feed);
	if (resident_start(&f->resident, &calls, &v) < 0)
		died(f, &v);
	else
		flush(f);
}

static void fire(struct timer *t, uint64_t now)
{
	(void)now;
	try_start(container_of(t, struct filter, backoff));
}

/* What it had been asked and did not answer: asked again if the host likes. */
static void fail_unanswered(struct filter *f, const struct slot_verdict *v)
{
	struct slot_verdict failed = *v;
	struct feed_job done;

	failed.final = false;
	if (!failed.code)
		failed.code = -EPIPE;
	if (!failed.reason[0])
		snprintf(failed.reason, sizeof(failed.reason), "ended without answer");
	while (feed_take_before(&f->feed, f->read, &done))
		report_done(done.slot, done.job, &failed);
}

/* It cannot be executed: there is no point in trying again, or in waiting. */
static void give_up(struct filter *f, const struct slot_verdict *v)
{
	size_t lost = feed_orphans(&f->feed), size = strlen(v->reason);
	struct slot_verdict last = *v;
	struct feed_job done;

	if (lost)
		snprintf(last.reason + size, sizeof(last.reason) - size,
			 "; %zu messages that it was handed are lost", lost);
	f->hopeless = true;
	f->why = *v;
	f->why.err_tail = "";
	while (feed_take(&f->feed, &done))
		report_done(done.slot, done.job, v);
	report_ended(&f->resident.slot, &last, true);
}

static void start_again(struct filter *f, bool clean, uint64_t took_ns)
{
	struct loop *loop = f->resident.slot.loop;
	bool served = f->read > f->began, more = feed_unsent(&f->feed);

	if (served && took_ns >= HEALTHY_NS)
		f->backoff_ns = FIRST_BACKOFF_NS;
	if (clean && (served || !more)) {
		/* such as head -1: again when there is something for it */
		loop_later(loop, &f->flush, flush_later);
		return;
	}
	loop_arm(loop, &f->backoff, clock_after(clock_now(), f->backoff_ns));
	f->backoff_ns *= 2;
	if (f->backoff_ns > LAST_BACKOFF_NS)
		f->backoff_ns = LAST_BACKOFF_NS;
}

static void died(struct filter *f, const struct slot_verdict *v)
{
	struct slot *s = &f->resident.slot;
	bool served = f->read > f->began;

	if (s->spec->reply_line)
		fail_unanswered(f, v);
	feed_rewind(&f->feed, f->read);
	if (s->finishing && !feed_unsent(&f->feed)) {
		report_ended(s, v, true);
		return;
	}
	if (!served && (v->final || (s->finishing && v->code))) {
		give_up(f, v);
		return;
	}
	report_ended(s, v, false);
	if (s->over || f->resident.up || timer_armed(&f->backoff))
		return;
	start_again(f, v->code == 0, v->took_ns);
}

static int open_filter(struct slot *s, struct sigslot_error *err)
{
	struct filter *f = filter_of(s);

	f->feed.keep = KEEP;
	f->rest.fire = rest;
	f->backoff.fire = fire;
	f->backoff_ns = FIRST_BACKOFF_NS;
	return resident_open(&f->resident, &calls, err);
}

static void finish(struct slot *s)
{
	struct filter *f = filter_of(s);

	if (f->resident.up) {
		flush(f);
	} else if (!feed_unsent(&f->feed)) {
		loop_disarm(s->loop, &f->backoff);
		report_ended(s, &ok, true);
	}
}

static size_t unread(struct slot *s)
{
	struct filter *f = filter_of(s);
	int fd = f->resident.process.in, bytes = 0;

	if (f->resident.up && fd >= 0 && ioctl(fd, FIONREAD, &bytes) == 0)
		feed_rewind(&f->feed, feed_written(&f->feed) - (uint64_t)bytes);
	return feed_orphans(&f->feed);
}

static void hold(struct slot *s, bool held)
{
	struct filter *f = filter_of(s);

	if (f->resident.up)
		process_hold(&f->resident.process, held);
}

static void close_filter(struct slot *s)
{
	struct filter *f = filter_of(s);

	loop_later_cancel(&f->flush);
	loop_disarm(s->loop, &f->backoff);
	loop_disarm(s->loop, &f->rest);
	resident_close(&f->resident);
	feed_done(&f->feed);
}

const struct slot_kind kind_filter = {
	.name = "filter",
	.size = sizeof(struct filter),
	.resident = true,
	.takes = true,
	.open = open_filter,
	.deliver = deliver,
	.finish = finish,
	.unread = unread,
	.hold = hold,
	.close = close_filter,
};

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

/* When a turn's messages are written before it ends, and how often in one go. */
enum { FLUSH = 64 * 1024, FLUSHES = 32 };

/* What a pipe holds at most, and so what a dead filter may not have read. */
enum { KEEP = 64 * 1024, SMALL = 4096 };

struct filter {
	struct resident resident;
	struct feed feed;
	struct later flush;
	struct timer rest; /* when to give back memory */
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
static void died(struct filter *f, struct slot_verdict *v);

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

	if (!resident_takes(&f->resident) || f->flushing)
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
	else if (feed_unsent(&f->feed) && !timer_armed(&f->resident.again))
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
	else if (feed_unsent(&f->feed) >= FLUSH && resident_takes(&f->resident) &&
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

static void ended(struct resident *r, struct slot_verdict *v)
{
	struct filter *f = container_of(r, struct filter, resident);
	struct slot_verdict verdict = *v;
	struct tail tail = r->process.tail; /* that may be another one soon */

	verdict.err_tail = tail.text;
	f->read = feed_written(&f->feed);
	if (v->code)
		f->read -= (uint64_t)r->process.unread; /* else it did not want it */
	died(f, &verdict);
}

static void start(struct resident *r)
{
	try_start(container_of(r, struct filter, resident));
}

static void ready(struct resident *r)
{
	flush(container_of(r, struct filter, resident));
}

static const struct resident_calls calls = {
	.line = line, .room = room, .ended = ended, .start = start, .ready = ready};

static void try_start(struct filter *f)
{
	struct slot_verdict v;

	if (f->resident.slot.over)
		return;
	f->began = f->read = feed_written(&f->feed);
	if (resident_start(&f->resident, &v) < 0)
		died(f, &v);
	else
		flush(f);
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

/* There is no point in trying again, or in waiting. */
static void give_up(struct filter *f, const struct slot_verdict *v)
{
	size_t lost = feed_orphans(&f->feed), size;
	struct slot_verdict last;
	struct feed_job done;

	f->hopeless = true;
	f->why = *v;
	f->why.final = true;
	if (!v->code) {
		f->why.code = -EPIPE;
		snprintf(f->why.reason, sizeof(f->why.reason),
			 "has ended, and is not started again");
	}
	last = f->why;
	f->why.err_tail = "";
	size = strlen(last.reason);
	if (lost)
		snprintf(last.reason + size, sizeof(last.reason) - size,
			 "; %zu messages that it was handed are lost", lost);
	while (feed_take(&f->feed, &done))
		report_done(done.slot, done.job, &f->why);
	report_ended(&f->resident.slot, &last, true);
}

/* Such as head -1: again, at no cost, when there is something for it. */
static bool content(const struct filter *f, const struct slot_verdict *v, bool served)
{
	return v->code == 0 && (served || !feed_unsent(&f->feed)) &&
	       f->resident.slot.spec->upkeep.restart.when == BUDGET_ALWAYS;
}

static void died(struct filter *f, struct slot_verdict *v)
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
	v->final = v->final && !served;
	if (content(f, v, served)) {
		loop_later(s->loop, &f->flush, flush_later);
	} else if ((s->finishing && v->code && !served) ||
		   !resident_again(&f->resident, v, served)) {
		give_up(f, v);
		return;
	}
	report_ended(s, v, false);
	report_changed(s);
}

static int open_filter(struct slot *s, struct sigslot_error *err)
{
	struct filter *f = filter_of(s);

	f->feed.keep = KEEP;
	f->rest.fire = rest;
	return resident_open(&f->resident, &calls, err);
}

static void finish(struct slot *s)
{
	struct filter *f = filter_of(s);

	if (resident_takes(&f->resident)) {
		flush(f);
	} else if (feed_unsent(&f->feed)) {
		return; /* first it has to be up for them */
	} else if (f->resident.up) {
		process_close_in(&f->resident.process);
	} else {
		loop_disarm(s->loop, &f->resident.again);
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

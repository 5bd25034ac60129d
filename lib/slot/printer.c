/* SPDX-License-Identifier: MIT */
/*
 * One feed for descriptor 1. A pipe or a terminal is opened once more, so that our
 * descriptor alone does not block; where that is not possible, poll() is asked before
 * each write, and no write is larger than what a pipe takes whole.
 */
#include "slot/printer.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "message/text.h"
#include "slot/feed.h"
#include "slot/report.h"

/* Written in one go before the loop gets its turn. */
enum { WRITES = 64, FLUSH = 64 * 1024 };

static struct printer {
	struct loop *loop;
	unsigned users;
	int fd; /* ours, or 1 */
	bool own, socket, regular;
	struct feed feed;
	struct later flush;
	struct watch watch;
	bool flushing;
} printer = {.fd = -1};

static void open_stdout(struct printer *p)
{
	struct stat st;

	p->fd = STDOUT_FILENO;
	p->own = p->socket = p->regular = false;
	if (fstat(p->fd, &st) < 0)
		return;
	p->socket = S_ISSOCK(st.st_mode);
	p->regular = S_ISREG(st.st_mode);
	if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
		int fd = open("/proc/self/fd/1",
			      O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

		p->own = fd >= 0;
		p->fd = p->own ? fd : STDOUT_FILENO;
	}
}

int printer_open(struct slot *s, struct sigslot_error *err)
{
	struct printer *p = &printer;

	(void)err;
	if (!p->users++) {
		p->loop = s->loop;
		open_stdout(p);
	}
	return 0;
}

/* Whole lines of at most PIPE_BUF bytes, which no other writer can break; or one. */
static size_t portion(const struct printer *p)
{
	const char *at = p->feed.bytes.data + p->feed.sent;
	size_t size = feed_unsent(&p->feed);
	const char *newline;

	if (p->regular || size <= PIPE_BUF)
		return size;
	newline = memrchr(at, '\n', PIPE_BUF);
	if (newline)
		return (size_t)(newline - at) + 1;
	return p->own || p->socket ? (size_t)((char *)memchr(at, '\n', size) - at) + 1
				   : PIPE_BUF;
}

static ssize_t write_portion(struct printer *p)
{
	const char *at = p->feed.bytes.data + p->feed.sent;
	struct pollfd room = {.fd = p->fd, .events = POLLOUT};
	ssize_t n;

	do {
		if (p->socket)
			n = send(p->fd, at, portion(p), MSG_DONTWAIT | MSG_NOSIGNAL);
		else if (p->own || p->regular || poll(&room, 1, 0) == 1)
			n = write(p->fd, at, portion(p));
		else
			return -EAGAIN;
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static void finish_jobs(struct printer *p)
{
	static const struct slot_verdict ok = {.exit = -1, .err_tail = ""};
	struct feed_job done;

	while (feed_take_written(&p->feed, &done))
		if (done.slot)
			report_done(done.slot, done.job, &ok);
}

/* Nobody reads any more, or the disk is full: what waits is not printed. */
static void fail_jobs(struct printer *p, int code)
{
	struct slot_verdict v = report_verdict(
		code, false, "cannot write to standard output: %s", strerror(-code));
	size_t len = p->feed.len;
	struct feed_job done;

	/* what is delivered meanwhile fails in its own turn */
	while (len-- && feed_take(&p->feed, &done))
		if (done.slot)
			report_done(done.slot, done.job, &v);
}

static void flush(struct printer *p);

static void flush_later(struct later *x)
{
	flush(container_of(x, struct printer, flush));
}

static void ready(struct watch *w, uint32_t events)
{
	(void)events;
	flush(container_of(w, struct printer, watch));
}

static void wait_for_room(struct printer *p, bool wanted)
{
	if (!wanted)
		loop_unwatch(&p->watch);
	else if (!p->watch.loop &&
		 loop_watch(p->loop, &p->watch, p->fd, EPOLLOUT, ready) < 0)
		loop_later(p->loop, &p->flush, flush_later); /* a file: no waiting */
}

static void flush(struct printer *p)
{
	ssize_t n = 0;

	if (p->flushing)
		return;
	p->flushing = true;
	for (int i = 0; i < WRITES && n >= 0 && feed_unsent(&p->feed); i++) {
		n = write_portion(p);
		if (n > 0)
			feed_wrote(&p->feed, (size_t)n);
		if (n >= 0)
			finish_jobs(p);
		else if (n != -EAGAIN)
			fail_jobs(p, (int)n);
	}
	p->flushing = false;
	wait_for_room(p, feed_unsent(&p->feed) > 0);
}

void printer_deliver(struct slot *s, struct slot_job *job)
{
	struct printer *p = &printer;
	struct buf *bytes = &p->feed.bytes;
	size_t before = bytes->size;
	struct slot_verdict v;

	if (text_of_payload(job->message.payload, job->message.size,
			    s->spec->input_json, bytes) < 0 ||
	    buf_add_byte(bytes, '\n') < 0 || feed_add(&p->feed, s, job) < 0) {
		bytes->size = before;
		v = report_verdict(-ENOMEM, false, "no memory for its line");
		report_done(s, job, &v);
		return;
	}
	job->own = p;
	if (p->watch.loop)
		return;
	if (feed_unsent(&p->feed) >= FLUSH)
		flush(p);
	else
		loop_later(p->loop, &p->flush, flush_later);
}

void printer_close(struct slot *s)
{
	struct printer *p = &printer;

	feed_forget(&p->feed, s);
	if (--p->users)
		return;
	loop_unwatch(&p->watch);
	loop_later_cancel(&p->flush);
	if (p->own)
		fd_close(&p->fd);
	feed_done(&p->feed);
	p->fd = -1;
}

/* SPDX-License-Identifier: MIT */
/*
 * The lines of all workers, through one pipe, to the instance's log and to standard
 * error. Nobody blocks on a reader that does not read: the pipe, the buffer and the log
 * are bounded, and what does not fit is counted where it is lost.
 */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/log.h"
#include "supervisor/super.h"
#include "worker/worker.h"

enum {
	PIPE = 1 << 20,
	MOST = 256 * 1024,
	LAST_MS = 1000, /* at the end a slow reader is waited for, not for ever */
};

/* Writes what the reader takes within `ms`, each time; a file takes all. */
static void write_lines(struct supervisor *s, int ms)
{
	while (s->lines.size) {
		struct pollfd p = {.fd = s->journal_fd, .events = POLLOUT};
		size_t size = s->lines.size < 4096 ? s->lines.size : 4096;
		ssize_t n;

		if (poll(&p, 1, ms) <= 0 || !(p.revents & POLLOUT))
			break;
		n = write(s->journal_fd, s->lines.data, size);
		if (n < 0 && errno == EINTR)
			continue;
		buf_drop(&s->lines, n < 0 ? s->lines.size : (size_t)n);
	}
}

static void pour(struct supervisor *s)
{
	write_lines(s, 0);
	if (s->journal_out.loop)
		loop_rewatch(&s->journal_out, s->lines.size ? EPOLLOUT : 0);
	if (s->journal.loop)
		loop_rewatch(&s->journal, s->lines.size < MOST ? EPOLLIN : 0);
}

static void can_write(struct watch *w, uint32_t events)
{
	(void)events;
	pour(container_of(w, struct supervisor, journal_out));
}

/* Why a detached run does not come up is told where it was started from. */
static void show_early(struct supervisor *s, const char *bytes, size_t size)
{
	struct pollfd p = {.fd = s->options->early_fd, .events = POLLOUT};

	if (p.fd >= 0 && poll(&p, 1, 0) > 0 && write(p.fd, bytes, size) < 0)
		return; /* nobody looks */
}

static bool read_lines(struct supervisor *s)
{
	char bytes[65536];
	ssize_t n = read(s->journal.fd, bytes, sizeof(bytes));

	if (n <= 0)
		return false;
	if (!s->ready)
		show_early(s, bytes, (size_t)n);
	logfile_add(&s->log, bytes, (size_t)n);
	return s->journal_fd < 0 || buf_add(&s->lines, bytes, (size_t)n) == 0;
}

static void have_lines(struct watch *w, uint32_t events)
{
	struct supervisor *s = container_of(w, struct supervisor, journal);

	(void)events;
	read_lines(s);
	pour(s);
}

/* Our own lines go the same way as the workers', so that their order is true. */
static void own_line(void *data, const char *from, const char *line, size_t size)
{
	worker_log(data, from, line, size);
}

/* Detached, there is no standard error (-1), unless it was sent to a file. */
static int open_out(const struct supervisor *s)
{
	struct stat st;

	if (!s->options->detached ||
	    (fstat(STDERR_FILENO, &st) == 0 && S_ISREG(st.st_mode)))
		return fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	return -1;
}

int journal_open(struct supervisor *s, struct sigslot_error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return fail_errno(err, "cannot make the pipe of the log");
	fcntl(ends[1], F_SETPIPE_SZ, PIPE);
	s->world.log = ends[1];
	logfile_open(&s->log, s->world.dir);
	s->journal_fd = open_out(s);
	/* a regular file cannot be watched, and needs not be */
	if (s->journal_fd >= 0)
		loop_watch(&s->loop, &s->journal_out, s->journal_fd, 0, can_write);
	log_to(own_line, &s->world);
	return loop_watch(&s->loop, &s->journal, ends[0], EPOLLIN, have_lines);
}

void journal_close(struct supervisor *s)
{
	int in = s->journal.fd;

	if (!s->journal.loop)
		return;
	log_to(NULL, NULL);
	while (read_lines(s))
		;
	write_lines(s, LAST_MS);
	loop_unwatch(&s->journal);
	loop_unwatch(&s->journal_out);
	fd_close(&in);
	fd_close(&s->world.log);
	fd_close(&s->journal_fd);
	logfile_close(&s->log);
	buf_done(&s->lines);
}

/* SPDX-License-Identifier: MIT */
/*
 * A running command as events. ended() is the last thing in any of the handlers, as
 * the owner may free it there.
 */
#include "slot/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "slot/groups.h"
#include "slot/report.h"

/* How long a background child may keep the output open, and how long TERM is given. */
#define GRACE_NS NS_PER_S
#define TERM_NS	 (5 * NS_PER_S)

/* Blocks that are read after the exit: more than any pipe holds. */
enum { REST_READS = 64 };

enum stage {
	LIMIT, /* runs; is ended when the timer fires */
	TERMED, /* was sent TERM; is killed when it fires */
	DRAIN, /* has exited; its output is closed when it fires */
};

static void settle(struct process *p)
{
	struct slot_verdict v;

	if (!p->exited || p->out >= 0 || streams_any(&p->logs))
		return;
	v = process_verdict(p);
	process_done(p);
	p->ended(p, &v);
}

static void close_watched(struct watch *w, int *fd)
{
	loop_unwatch(w);
	fd_close(fd);
}

static bool holding(const struct process *p)
{
	return p->slot->held && p->slot->spec->output == SLOT_EMIT;
}

/* --- streams into the log ------------------------------------------------------ */

static void log_ended(struct stream *ended, void *data)
{
	struct process *p = data;

	streams_drop(&p->logs, ended);
	settle(p);
}

static int take_log(struct process *p, int which, int *theirs)
{
	struct stream *s;
	int r = streams_take(&p->logs, which, p->slot, &s);

	if (r < 0)
		return r;
	s->tail = which == STREAM_ERR ? &p->tail : NULL;
	s->ended = log_ended;
	s->data = p;
	*theirs = s->theirs;
	return 0;
}

/* --- stdout -------------------------------------------------------------------- */

static void give_lines(struct process *p)
{
	const char *line;
	size_t size;
	enum lines_found found;

	while (!holding(p) && (found = lines_next(&p->out_lines, &line, &size)))
		p->line(p, found, line, size);
	if (holding(p))
		return;
	lines_rest(&p->out_lines);
	if (!p->out_lines.data)
		buf_done(&p->payload);
	if (p->out_lines.ended)
		close_watched(&p->out_watch, &p->out);
}

static bool read_out(struct process *p)
{
	ssize_t n;

	if (p->out < 0 || holding(p))
		return false;
	n = lines_read(&p->out_lines, p->out);
	if (n < 0 && n != -EAGAIN)
		p->out_lines.ended = true;
	give_lines(p);
	return n > 0;
}

static void out_ready(struct watch *w, uint32_t events)
{
	struct process *p = container_of(w, struct process, out_watch);

	(void)events;
	read_out(p);
	settle(p);
}

/*
 * Reads what is there, but not for ever: somebody may still be writing. Returns whether
 * that was all.
 */
static bool read_rest(struct process *p)
{
	for (int i = 0; i < REST_READS; i++)
		if (!(streams_read(&p->logs) | read_out(p)))
			return true;
	return false;
}

/* Closes what somebody else keeps open, unless a full outbox keeps us from reading. */
static void stop_waiting(struct process *p)
{
	p->waited = true;
	read_rest(p);
	if (holding(p))
		return;
	streams_free(&p->logs);
	p->out_lines.ended = true;
	if (p->out >= 0)
		give_lines(p);
	settle(p);
}

static void go_on(struct later *x)
{
	struct process *p = container_of(x, struct process, again);

	if (p->out < 0 || holding(p))
		return;
	give_lines(p);
	if (p->out >= 0 && !holding(p) && !p->out_watch.loop)
		loop_watch(p->slot->loop, &p->out_watch, p->out, EPOLLIN, out_ready);
	if (p->waited && !holding(p))
		stop_waiting(p);
	else
		settle(p);
}

void process_hold(struct process *p, bool held)
{
	if (p->out < 0 || p->slot->spec->output != SLOT_EMIT)
		return;
	/* not watched for nothing: the end of the file would be told all the time */
	if (held)
		loop_unwatch(&p->out_watch);
	else
		loop_later(p->slot->loop, &p->again, go_on);
}

/* --- stdin --------------------------------------------------------------------- */

static void in_ready(struct watch *w, uint32_t events)
{
	struct process *p = container_of(w, struct process, in_watch);

	(void)events;
	p->room(p);
}

void process_want_room(struct process *p, bool wanted)
{
	if (!wanted)
		loop_unwatch(&p->in_watch);
	else if (p->in >= 0 && !p->in_watch.loop)
		loop_watch(p->slot->loop, &p->in_watch, p->in, EPOLLOUT, in_ready);
}

void process_close_in(struct process *p)
{
	close_watched(&p->in_watch, &p->in);
}

void process_break_in(struct process *p)
{
	if (p->in >= 0)
		ioctl(p->in, FIONREAD, &p->unread);
	process_close_in(p);
}

/* --- life ---------------------------------------------------------------------- */

static void exited(struct child *c, int status)
{
	struct process *p = container_of(c, struct process, child);
	bool alone = groups_ended(c->pid);

	p->exited = true;
	p->status = status;
	process_break_in(p);
	streams_leave(&p->logs, read_rest(p) && alone);
	p->stage = DRAIN;
	if (p->out >= 0 || streams_any(&p->logs))
		loop_arm(p->slot->loop, &p->timer, clock_now() + GRACE_NS);
	else
		loop_disarm(p->slot->loop, &p->timer);
	settle(p);
}

static void fire(struct timer *t, uint64_t now)
{
	struct process *p = container_of(t, struct process, timer);

	(void)now;
	if (p->stage == LIMIT) {
		p->limited = true;
		process_end(p);
	} else if (p->stage == TERMED) {
		child_kill_group(&p->child, SIGKILL);
	} else {
		stop_waiting(p);
	}
}

void process_end(struct process *p)
{
	if (p->exited || p->stage != LIMIT)
		return;
	p->stage = TERMED;
	child_kill_group(&p->child, SIGTERM);
	child_kill_group(&p->child, SIGCONT);
	loop_arm(p->slot->loop, &p->timer, clock_now() + TERM_NS);
}

/* Our end does not block; theirs does, as programs expect. */
static int make_pipe(int *ours, int *theirs, bool we_write)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	*ours = fds[we_write];
	*theirs = fds[!we_write];
	return fcntl(*ours, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

static int open_streams(struct process *p, int theirs[3])
{
	int r;

	if (p->room) {
		r = make_pipe(&p->in, &theirs[0], true);
	} else {
		theirs[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		r = theirs[0] < 0 ? -errno : 0;
	}
	if (r == 0 && p->line)
		r = make_pipe(&p->out, &theirs[1], false);
	else if (r == 0)
		r = take_log(p, STREAM_OUT, &theirs[1]);
	if (r == 0)
		r = take_log(p, STREAM_ERR, &theirs[2]);
	return r;
}

static int watch_all(struct process *p, pid_t pid)
{
	struct loop *loop = p->slot->loop;
	int r = loop_child(loop, &p->child, pid, exited);

	if (r == 0 && p->out >= 0 && !holding(p))
		r = loop_watch(loop, &p->out_watch, p->out, EPOLLIN, out_ready);
	return r;
}

static int start(struct process *p, struct launch *l, const struct text_args *args,
		 int theirs[3], struct slot_verdict *ret_v)
{
	pid_t pid;
	int r = open_streams(p, theirs);

	if (r == 0 && p->room)
		p->room(p);
	if (r < 0) {
		*ret_v = report_verdict(r, false, "cannot make a pipe: %s",
					strerror(-r));
		return r;
	}
	r = launch_start(l, p->job, args, theirs, &pid, ret_v);
	if (r < 0)
		return r;
	p->child.pid = pid;
	r = watch_all(p, pid);
	if (r < 0)
		*ret_v = report_verdict(r, false, "cannot watch the command: %s",
					strerror(-r));
	return r;
}

int process_start(struct process *p, struct launch *l, const struct text_args *args,
		  uint64_t limit_ns, struct slot_verdict *ret_v)
{
	int theirs[3] = {-1, -1, -1};
	int r;

	p->logs.spare = &l->spare;
	p->in = p->out = -1;
	p->child.pidfd = -1;
	p->out_lines.limit = REPORT_LINE;
	if (p->slot->spec->output == SLOT_LOG)
		p->out_lines = (struct lines){.limit = REPORT_LOG_LINE, .split = true};
	p->timer.fire = fire;
	p->started = clock_now();
	r = start(p, l, args, theirs, ret_v);
	fd_close(&theirs[0]);
	if (p->line) /* the others are those of streams */
		fd_close(&theirs[1]);
	if (r < 0)
		process_done(p);
	else if (limit_ns)
		loop_arm(p->slot->loop, &p->timer, clock_after(p->started, limit_ns));
	return r;
}

struct slot_verdict process_verdict(struct process *p)
{
	struct slot_verdict v = report_status(p->status);

	if (p->limited) {
		v.code = -ETIMEDOUT;
		v.final = false;
		snprintf(v.reason, sizeof(v.reason), "took too long and was ended");
	}
	v.took_ns = clock_now() - p->started;
	v.err_tail = p->tail.text;
	return v;
}

/* A killed process goes at once, but for one that waits for a broken disk. */
static void reap(struct process *p)
{
	struct pollfd gone = {.fd = p->child.pidfd, .events = POLLIN};
	pid_t pid = p->child.pid;

	kill(-pid, SIGKILL);
	if (p->child.pidfd < 0 || poll(&gone, 1, 200) == 1)
		waitpid(pid, NULL, p->child.pidfd < 0 ? 0 : WNOHANG);
	groups_ended(pid);
	p->exited = true;
}

void process_done(struct process *p)
{
	struct loop *loop = p->slot->loop;

	if (p->child.pid > 0 && !p->exited)
		reap(p);
	loop_child_forget(&p->child);
	loop_disarm(loop, &p->timer);
	loop_later_cancel(&p->again);
	close_watched(&p->in_watch, &p->in);
	close_watched(&p->out_watch, &p->out);
	streams_free(&p->logs);
	lines_done(&p->out_lines);
	buf_done(&p->payload);
}

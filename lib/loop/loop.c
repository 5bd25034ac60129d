/* SPDX-License-Identifier: MIT */
/*
 * Waiting in one thread. A round is: sleep, descriptors, timers, deferred calls.
 *
 * epoll_pwait2() takes nanoseconds, so timers need no descriptor of their own. What a
 * callback unwatches is struck out of the round's remaining events, so a stale event
 * never reaches a freed owner.
 */
#include "loop/loop.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

enum { ROUND = 64 };

int loop_init(struct loop *l)
{
	*l = (struct loop){.epoll = epoll_create1(EPOLL_CLOEXEC)};
	l->laters_end = &l->laters;
	return l->epoll < 0 ? -errno : 0;
}

void loop_done(struct loop *l)
{
	fd_close(&l->epoll);
	timers_done(&l->timers);
}

int loop_watch(struct loop *l, struct watch *w, int fd, uint32_t events,
	       void (*ready)(struct watch *, uint32_t events))
{
	struct epoll_event e = {.events = events, .data.ptr = w};

	*w = (struct watch){.fd = fd, .events = events, .ready = ready, .loop = l};
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e) == 0)
		return 0;
	w->loop = NULL;
	return -errno;
}

int loop_rewatch(struct watch *w, uint32_t events)
{
	struct epoll_event e = {.events = events, .data.ptr = w};

	if (!w->loop || w->events == events)
		return 0;
	if (epoll_ctl(w->loop->epoll, EPOLL_CTL_MOD, w->fd, &e) < 0)
		return -errno;
	w->events = events;
	return 0;
}

void loop_unwatch(struct watch *w)
{
	struct loop *l = w->loop;

	if (!l)
		return;
	epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
	w->loop = NULL;
	for (int i = 0; i < l->events_len; i++)
		if (l->events[i].data.ptr == w)
			l->events[i].data.ptr = NULL;
}

int loop_arm(struct loop *l, struct timer *t, uint64_t due)
{
	return timers_arm(&l->timers, t, due);
}

void loop_disarm(struct loop *l, struct timer *t)
{
	timers_disarm(&l->timers, t);
}

void loop_later(struct loop *l, struct later *x, void (*call)(struct later *))
{
	if (x->loop)
		return;
	*x = (struct later){.call = call, .loop = l};
	*l->laters_end = x;
	l->laters_end = &x->next;
}

void loop_later_cancel(struct later *x)
{
	struct loop *l = x->loop;
	struct later **at;

	if (!l)
		return;
	for (at = &l->laters; *at && *at != x; at = &(*at)->next)
		;
	if (*at)
		*at = x->next;
	for (l->laters_end = &l->laters; *l->laters_end;)
		l->laters_end = &(*l->laters_end)->next;
	x->loop = NULL;
}

static void reap(struct watch *w, uint32_t events)
{
	struct child *c = container_of(w, struct child, watch);
	int status;
	pid_t r;

	(void)events;
	do
		r = waitpid(c->pid, &status, WNOHANG);
	while (r < 0 && errno == EINTR);
	if (r == 0)
		return;
	loop_unwatch(w);
	fd_close(&c->pidfd);
	c->ended(c, r < 0 ? W_EXITCODE(255, 0) : status);
}

int loop_child(struct loop *l, struct child *c, pid_t pid,
	       void (*ended)(struct child *, int status))
{
	int r;

	*c = (struct child){.pid = pid, .ended = ended};
	c->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (c->pidfd < 0)
		return -errno;
	r = loop_watch(l, &c->watch, c->pidfd, EPOLLIN, reap);
	if (r < 0)
		fd_close(&c->pidfd);
	return r;
}

void loop_child_forget(struct child *c)
{
	if (!c->watch.loop)
		return;
	loop_unwatch(&c->watch);
	fd_close(&c->pidfd);
}

int child_kill(struct child *c, int sig)
{
	if (!c->watch.loop)
		return 0;
	return syscall(SYS_pidfd_send_signal, c->pidfd, sig, NULL, 0) == 0 ? 0 : -errno;
}

int child_kill_group(struct child *c, int sig)
{
	/* not reaped yet, so the number cannot have been given to another process */
	return c->watch.loop && kill(-c->pid, sig) < 0 ? -errno : 0;
}

/*
 * Calls what was asked for before this round; what these ask for comes next time. The
 * mark is an entry of our own at the end of the list, as any other may be cancelled.
 */
static void call_laters(struct loop *l)
{
	struct later mark = {0};

	if (!l->laters)
		return;
	loop_later(l, &mark, NULL);
	for (;;) {
		struct later *x = l->laters;

		l->laters = x->next;
		if (!l->laters)
			l->laters_end = &l->laters;
		x->loop = NULL;
		if (x == &mark)
			return;
		x->call(x);
	}
}

static int sleep_for(struct loop *l, struct epoll_event *events)
{
	uint64_t due = l->laters ? 0 : timers_next(&l->timers);
	uint64_t now = due && due != NEVER ? clock_now() : 0;
	uint64_t ns = due > now ? due - now : 0;
	struct timespec ts = {.tv_sec = (time_t)(ns / NS_PER_S),
			      .tv_nsec = (long)(ns % NS_PER_S)};
	int n = epoll_pwait2(l->epoll, events, ROUND, due == NEVER ? NULL : &ts, NULL);

	return n < 0 ? (errno == EINTR ? 0 : -errno) : n;
}

int loop_round(struct loop *l)
{
	struct epoll_event events[ROUND];
	int n = sleep_for(l, events);

	if (n < 0)
		return n;
	l->events = events;
	l->events_len = n;
	for (int i = 0; i < n; i++) {
		struct watch *w = events[i].data.ptr;

		if (w)
			w->ready(w, events[i].events);
	}
	l->events_len = 0;
	if (l->timers.len)
		timers_run(&l->timers, clock_now());
	call_laters(l);
	return 0;
}

int loop_run(struct loop *l)
{
	int r = 0;

	l->quit = false;
	while (!l->quit && r >= 0)
		r = loop_round(l);
	return r;
}

void loop_quit(struct loop *l)
{
	l->quit = true;
}

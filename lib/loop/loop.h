/* SPDX-License-Identifier: MIT */
/*
 * Waiting in one thread: descriptors, timers and deferred calls. An idle loop sleeps
 * in epoll_wait() without a time-out and wakes zero times.
 *
 * The structs are embedded in their owners, which must remove them before they go
 * away. Everything may be added and removed from inside a callback, also the watch
 * whose callback runs. One loop, one thread: no locking here.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>

#include "loop/timers.h"

struct watch {
	int fd; /* borrowed */
	uint32_t events; /* EPOLLIN, EPOLLOUT, 0 = registered but silent */
	void (*ready)(struct watch *, uint32_t events);
	struct loop *loop; /* NULL while it is not watched */
};

/* A call to be made once, in the next round, before the loop sleeps again. */
struct later {
	void (*call)(struct later *);
	struct later *next;
	struct loop *loop; /* NULL while it is not pending */
};

/* The end of a child process, by pidfd. */
struct child {
	pid_t pid;
	int pidfd; /* owned; -1 when there is none */
	void (*ended)(struct child *, int status); /* status as of waitpid() */
	struct watch watch;
};

struct loop {
	int epoll;
	struct timers timers;
	struct later *laters, **laters_end;
	struct epoll_event *events; /* of the current round */
	int events_len;
	bool quit;
};

/* Returns 0 or a negative errno. */
int loop_init(struct loop *l);
void loop_done(struct loop *l);

/* Watches w->fd for `events`; ready() is called level-triggered. */
int loop_watch(struct loop *l, struct watch *w, int fd, uint32_t events,
	       void (*ready)(struct watch *, uint32_t events));

/* Changes what is watched for. Returns 0 or a negative errno. */
int loop_rewatch(struct watch *w, uint32_t events);

/* Stops watching; takes a watch that is not watched. Does not close the fd. */
void loop_unwatch(struct watch *w);

/* Arms t for the monotonic time `due`, see timers.h. */
int loop_arm(struct loop *l, struct timer *t, uint64_t due);
void loop_disarm(struct loop *l, struct timer *t);

/* Calls back in the next round; once, however often it is asked for. */
void loop_later(struct loop *l, struct later *x, void (*call)(struct later *));
void loop_later_cancel(struct later *x);

/*
 * Watches for the end of a child of this process and reaps it: ended() is called once
 * with the status, with c->pid still set and pidfd closed. Returns 0 or -errno.
 */
int loop_child(struct loop *l, struct child *c, pid_t pid,
	       void (*ended)(struct child *, int status));

/* Stops watching without reaping. Takes a child that is not watched. */
void loop_child_forget(struct child *c);

/* Sends a signal to the child, or to its process group; 0 when it has ended. */
int child_kill(struct child *c, int sig);
int child_kill_group(struct child *c, int sig);

/* One round: sleeps until something is ready or due, then calls. Returns 0, -errno. */
int loop_round(struct loop *l);

/* Rounds until loop_quit(). Returns 0 or a negative errno. */
int loop_run(struct loop *l);
void loop_quit(struct loop *l);

#endif

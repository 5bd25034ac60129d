/* SPDX-License-Identifier: MIT */
/*
 * A command that runs: its standard streams without ever blocking, its output as
 * lines, its end. Its owner embeds it and is called back.
 *
 * The end is when it has exited and its output has been read to the end; if somebody
 * else still keeps that open, one second after the exit. For what goes to the log only
 * those of its process group count: others may go on writing there.
 */
#ifndef SLOT_PROCESS_H
#define SLOT_PROCESS_H

#include "slot/launch.h"
#include "slot/stream.h"

struct process {
	struct slot *slot;
	struct slot_job *job; /* it works for; NULL: a resident */
	struct child child;
	int in, out; /* our ends; -1 = closed */
	struct streams logs; /* stderr, and stdout without line() */
	struct watch in_watch, out_watch;
	struct lines out_lines;
	struct buf payload; /* of the line that is being emitted */
	struct timer timer; /* to end it, to kill it, or to stop waiting for output */
	struct later again; /* goes on after a hold */
	uint64_t started;
	int status; /* once exited */
	int unread; /* bytes of stdin that nobody will read any more */
	bool exited, waited, limited;
	int stage; /* what the timer is for */
	struct tail tail; /* of stderr */

	/* A line of stdout; NULL: they go to the log. */
	void (*line)(struct process *p, enum lines_found found, const char *line,
		     size_t size);
	/* There is room in stdin, or it is not read any more: write, or close it. */
	void (*room)(struct process *p);
	/* It has ended; nothing of it is used any more, so it may be freed. */
	void (*ended)(struct process *p, struct slot_verdict *v);
};

/*
 * Starts the command. slot, job, line, room and ended are set by the owner, the rest
 * is zero. Without room() its stdin is empty. room() is called before it runs, so
 * that a small input costs no wake-up. After limit_ns (0: never) it is ended. Returns
 * 0, or a negative errno with *ret_v, and nothing is left open.
 */
int process_start(struct process *p, struct launch *l, const struct text_args *args,
		  uint64_t limit_ns, struct slot_verdict *ret_v);

/* Asks for room(), or not. Only while stdin is open. */
void process_want_room(struct process *p, bool wanted);
void process_close_in(struct process *p);

/* The same, when nobody reads it any more: notes in `unread` what is still in it. */
void process_break_in(struct process *p);

/* Stops reading stdout, or goes on. Never calls line(). */
void process_hold(struct process *p, bool held);

/* TERM and CONT to its group; KILL after 5 s. */
void process_end(struct process *p);

/* The verdict so far, with took_ns and err_tail, which lives as long as p. */
struct slot_verdict process_verdict(struct process *p);

/* Kills its group, reaps it, closes all; without callbacks. Also what has ended. */
void process_done(struct process *p);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Looking at what runs: who lives, what they wrote, and why something does not move.
 * Nobody is asked and nothing is held up: it is read from the files of the runtime
 * directory. Part of sigslot.h, whose rules hold here; include that.
 */
#ifndef SIGSLOT_LOOK_H
#define SIGSLOT_LOOK_H

#include "sigslot.h"

/*
 * One loop of one instance, or a named queue: then `process` is "", `state` is queue or
 * dead, and `in` and `out` are what was pushed and acknowledged. Strings live until the
 * callback returns.
 */
struct sigslot_loop_info {
	const char *instance, *loop, *process;
	int pid; /* of the worker; 0: it does not run */
	int supervisor; /* its pid; 0: dead */
	const char
		*state; /* starting ready draining stopped waiting failed dead queue */
	const char *exit; /* of the last worker: "0", "1", "SIGKILL"; "": none yet */
	uint64_t up_ns; /* since the worker started; 0: it does not run */
	uint64_t queued, queued_bytes; /* in the loop's queue, in flight included */
	bool busy; /* something is under way in a slot */
	uint64_t in, out, dropped, failed; /* messages since the instance began */
	uint64_t retried, dead; /* tried again, given up */
	uint64_t restarts; /* of the worker */
	unsigned slots; /* that take from a named queue */
	const char *command_exit; /* of its source or filter that ended last, or "" */
	uint64_t command_restarts; /* of its sources and filters */
	uint64_t next_ns; /* until process or command starts again; 0: no such time */
};

/* Returns 0 to go on; anything else ends the walk and is returned. */
typedef int (*sigslot_ps_fn)(void *data, const struct sigslot_loop_info *info);

/*
 * Walks the loops and named queues of one instance, or of all (NULL): instances in the
 * order of their names, the rest in that of the topology. Asks nobody: it reads files.
 * Returns 0, what fn returned, or a negative errno (-ENXIO: no such instance).
 */
SIGSLOT_API int sigslot_ps(const char *instance, sigslot_ps_fn fn, void *data,
			   struct sigslot_error *err);

/*
 * What became of the messages that were sent to a queue. At every moment, whoever was
 * killed: sent = delivered + filtered + failed + retried + dead + queued + what was
 * dropped. Which of the dropped or failed ones it was, a kill may leave unsaid: it
 * counts one of them under `stopping` or `failed`.
 */
struct sigslot_balance {
	uint64_t sent; /* what is tried again as a message of its own is sent again */
	uint64_t delivered; /* all its slots are done; taken from a named queue */
	uint64_t filtered; /* for a connection that had its one message */
	uint64_t failed; /* at one of its slots, and not tried again */
	uint64_t retried; /* it failed, and is there again */
	uint64_t dead; /* given up */
	uint64_t queued, leased; /* still there; of these, under way */
	/* dropped: */
	uint64_t drop_old, latest; /* for newer ones, as `full:` says */
	uint64_t disconnected; /* no connection that it was for was left */
	uint64_t stopping; /* its loop had stopped; its queue was closed at once */
	uint64_t damaged;
	/* never sent, as `full:` says: the new one was dropped, refused */
	uint64_t drop_new, refused;
};

struct sigslot_ledger {
	const char *instance, *queue; /* the queue of a loop has its name */
	bool named; /* not the queue of a loop */
	bool readable; /* false: its counts make no sense, and are not there */
	bool holds; /* the equation */
	uint64_t dropped; /* for all reasons, also what was never sent */
	struct sigslot_balance balance;
};
typedef int (*sigslot_ledger_fn)(void *data, const struct sigslot_ledger *ledger);

/*
 * Tells of all queues of all instances (NULL) or of one, or of [INSTANCE/]NAME: a
 * queue, or the loop of an object. Reads files and asks nobody, also of dead instances.
 * Returns 0, what fn returned, or a negative errno (-ENXIO with "did you mean").
 */
SIGSLOT_API int sigslot_ledger(const char *address, sigslot_ledger_fn fn, void *data,
			       struct sigslot_error *err);

/*
 * The same for one connection, of which each message for several slots is one, and for
 * a queue with slots behind it: what each of them had. A retry belongs to the slot.
 */
struct sigslot_account {
	const char *instance, *queue;
	const char *from; /* OBJECT.SIGNAL, or QUEUE; "": sent to the slot itself */
	const char *to; /* OBJECT.SLOT, or QUEUE; "": not known any more */
	bool holds; /* all that was in the queue is in its accounts, and once */
	uint64_t dropped;
	struct sigslot_balance balance; /* without what never came into the queue */
};
typedef int (*sigslot_account_fn)(void *data, const struct sigslot_account *account);

/*
 * Tells of the connections of the queues that sigslot_ledger() tells of. It reads what
 * is in them, too. Returns the same, or -EAGAIN: a queue changes too fast.
 */
SIGSLOT_API int sigslot_accounts(const char *address, sigslot_account_fn fn, void *data,
				 struct sigslot_error *err);

struct sigslot_logs {
	/*
	 * INSTANCE, or [INSTANCE/]NAME of an object, loop or process, or NAME.SLOT, of
	 * one instance; none: all lines of $SIGSLOT_INSTANCE, or of the only one.
	 */
	const char *const *names;
	size_t names_len;
	uint64_t last; /* only so many of the lines that are there; UINT64_MAX: all */
	bool follow; /* go on with those that come, until the instance ends */
};

/*
 * One line of a log without its newline, and who wrote it: an object, OBJECT.SLOT, or
 * "sigslot" for the run itself. Returns 0 to go on, as below.
 */
typedef int (*sigslot_logs_fn)(void *data, const char *name, const char *line);

/*
 * Walks the log of an instance, also of a dead one, the oldest line first. The newest
 * MiB of it is kept. Returns 0, what fn returned, or a negative errno (-ENXIO: there is
 * no such thing; -EINVAL: several instances, err names them).
 */
SIGSLOT_API int sigslot_logs(const struct sigslot_logs *what, sigslot_logs_fn fn,
			     void *data, struct sigslot_error *err);

/* In ns; all 0 where nothing was measured. A quantile is off by a sixteenth at most. */
struct sigslot_times {
	uint64_t count, p50, p99, max;
};

/*
 * What went through one slot or named queue since the instance began, restarts and
 * resumed runs included. Of a queue only `in` and `out` are known, which are what was
 * put and got. Strings live until the callback returns.
 */
struct sigslot_stats {
	const char *instance, *name; /* OBJECT.SLOT, or QUEUE, or FROM -> TO */
	const char *kind; /* slot, queue, connection */
	uint64_t in, out; /* messages begun for the first time; tries that ended */
	uint64_t failed; /* of these tries; of a queue: messages given up */
	struct sigslot_times wait; /* from emit to begin of the first try */
	struct sigslot_times service; /* from begin to done of each try */
};

/* Returns 0 to go on; anything else ends the walk and is returned. */
typedef int (*sigslot_stats_fn)(void *data, const struct sigslot_stats *stats);

/*
 * Walks the slots and named queues of an instance, or of [INSTANCE/]NAME: an object,
 * OBJECT.SLOT, a loop, a process or a queue; NULL: of all instances, the dead ones too.
 * It reads files and asks nobody. Returns 0, what fn returned, or a negative errno
 * (-ENXIO: there is no such thing; -EINVAL: several instances have it).
 */
SIGSLOT_API int sigslot_stats(const char *name, sigslot_stats_fn fn, void *data,
			      struct sigslot_error *err);

/* The same for connections, each with the messages that came by it. */
SIGSLOT_API int sigslot_stats_connections(const char *name, sigslot_stats_fn fn,
					  void *data, struct sigslot_error *err);

/* Why a loop or a named queue does or does not move. Strings live until fn returns. */
struct sigslot_why {
	const char *instance, *name;
	const char *kind; /* of what was named: loop object process queue */
	const char *loop,
		*process; /* of a named queue: the one that takes from it, "" */
	const char *state, *exit; /* as of sigslot_ps() */
	int pid, supervisor; /* 0: it does not run, dead */
	uint64_t up_ns, restarts;
	uint64_t next_ns; /* until it is started again; 0: no such time */
	const char *after; /* what must be ready before it starts, or "" */
	const char *command, *command_exit; /* whose ended last, and how, or "" */
	uint64_t command_restarts; /* of sources and filters of the loop */
	uint64_t queued, leased; /* messages in its queue, and of them under way */
	uint64_t oldest_ns; /* since the oldest was emitted; 0: unknown */
	bool full, wanted; /* the queue has no room; somebody waits for some */
	const char *slot; /* OBJECT.SLOT that it is busy with, or "" */
	uint64_t begun_ns; /* since it began a message last; 0: unknown */
	const char *const *way; /* full queues: it waits for the first, ... */
	unsigned way_len; /* ... and who takes from each for the next one */
	const char *way_slot; /* what the last of these is busy with, or "" */
	uint64_t way_begun_ns;
	const char *const *blocks; /* loops that wait for room in its queue */
	unsigned blocks_len, tail_len;
	const char *const *tail; /* the last lines of its log, as NAME | LINE */
};
typedef int (*sigslot_why_fn)(void *data, const struct sigslot_why *why);

/*
 * Tells of [INSTANCE/]NAME: an object by its loop, a process by each of its loops.
 * Reads files and asks nobody. Returns 0, what fn returned, or a negative errno (-ENXIO
 * with "did you mean").
 */
SIGSLOT_API int sigslot_why(const char *address, sigslot_why_fn fn, void *data,
			    struct sigslot_error *err);

/* One failure, or several alike in a row. Strings live until fn returns. */
struct sigslot_failure {
	const char *instance, *process;
	const char *object, *slot, *loop; /* of a worker that died: its name, "", "" */
	const char *group; /* as the topology says; "" = none */
	const char *outcome; /* failed retried dead ended died */
	const char *reason; /* one sentence */
	int exit; /* -1: it has no exit status */
	const char *signal; /* that ended it: "SIGKILL", or "" */
	unsigned attempt;
	const char *sender, *sent_as; /* object and signal that the message came from */
	const char *payload; /* its beginning, payload_len bytes of payload_size */
	uint64_t payload_size;
	size_t payload_len;
	const char *tail; /* the end of its stderr */
	uint64_t times; /* how many it stands for */
	uint64_t time_ns, last_ns; /* since 1970: of the first and of the last */
	uint64_t took_ns;
};
typedef int (*sigslot_failure_fn)(void *data, const struct sigslot_failure *failure);

struct sigslot_errors {
	/*
	 * INSTANCE, or [INSTANCE/]NAME of an object, loop or process, or NAME.SLOT;
	 * with `groups` the names of groups. None: all of $SIGSLOT_INSTANCE, or of all
	 * instances.
	 */
	const char *const *names;
	size_t names_len;
	bool groups;
};

/*
 * Walks the failures that are kept, in the order of time, also those of dead instances:
 * the newest 64 of each process. *ret_gone is how many are not kept any more. Asks
 * nobody. Returns 0, what fn returned, or a negative errno (-ENXIO: no such thing).
 */
SIGSLOT_API int sigslot_errors(const struct sigslot_errors *what, sigslot_failure_fn fn,
			       void *data, uint64_t *ret_gone,
			       struct sigslot_error *err);

/*
 * What is to be tapped: signals, inputs of slots and named queues of one instance, each
 * as [INSTANCE/]NAME[.MEMBER], in which * ? [ ] stand for others.
 */
struct sigslot_tap {
	const char *const *names;
	size_t names_len;
	bool json; /* text is JSON: strings stay quoted, too */
	uint64_t timeout_ns; /* to look on */
	int output; /* end when nobody reads from this pipe any more; -1: none */
	int ready_fd; /* gets a newline when it looks on, and is closed; -1: none */
};

/* A message that passed by. Strings live until the callback returns. */
struct sigslot_tapped {
	const char *instance, *queue; /* where it was seen */
	const char *name; /* as which it was asked for: OBJECT.MEMBER, or a queue */
	const char *sender, *signal; /* "": nobody's, or not known */
	uint64_t id; /* the same wherever it is seen */
	uint64_t seq; /* of the queue, rising */
	uint64_t time_ns; /* when it was emitted, since 1970 */
	unsigned attempt; /* 1, more when it is tried again */
	bool raw; /* any bytes, else JSON */
	const char *payload; /* as it came */
	size_t size;
	const char *text; /* on one line, as `jq -r` would print it; raw: as it came */
	size_t text_size;
};

/*
 * Told of each message; or, with tapped NULL, that `missed` messages of any kind went
 * through `queue` too fast to be seen; or, with queue NULL, that this was all for now.
 * Returns 0 to go on. The last it is told at each look, every few milliseconds.
 */
typedef int (*sigslot_tap_fn)(void *data, const struct sigslot_tapped *tapped,
			      const char *queue, uint64_t missed);

/*
 * Looks on as messages are queued, from now on, until the instance ends. Nobody notices
 * or waits: what is faster is missed, and counted. A message that a signal sends to
 * several loops is told of once; what it sends to nobody is queued nowhere, and so not
 * seen. Returns 0: it ended; what fn returned; -ETIMEDOUT; -EPIPE: nobody reads the
 * output; -ENXIO: there is no such name; -EINVAL: of several instances.
 */
SIGSLOT_API int sigslot_tap(const struct sigslot_tap *what, sigslot_tap_fn fn,
			    void *data, struct sigslot_error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Queues by their names: several processes put, several get, and nothing that was put
 * is lost, whoever is killed. Part of sigslot.h, whose rules hold here; include that.
 */
#ifndef SIGSLOT_QUEUE_H
#define SIGSLOT_QUEUE_H

#include "sigslot.h"

/*
 * Makes a free-standing queue, whole or not at all, of at least `size` bytes (0: 8 MiB)
 * and at most `messages` messages (0: as many as fit). It needs no process and stays
 * until it is removed; a `durable` one also survives a reboot, and what was put into it
 * is on the medium. Returns 0; -EINVAL: not a name; -EEXIST: the name is taken; -ENOSPC
 * and -EFBIG with both numbers; -EPERM: unsafe directory.
 */
SIGSLOT_API int sigslot_queue_create(const char *name, uint64_t size, uint64_t messages,
				     bool durable, struct sigslot_error *err);

struct sigslot_repair {
	bool intact; /* nothing was wrong, and nothing was changed */
	uint64_t saved; /* messages that are in the queue now */
	uint64_t lost; /* that could not be read, as far as can be told */
	char kept[512]; /* the damaged file */
};

/*
 * Gives a damaged queue a new file with all messages that are whole, in order; the old
 * one is kept. Nobody may use the queue or its instance. Returns 0; -EBUSY: somebody
 * does; -EINVAL: several queues are meant; -ENXIO: there is none; -EBADMSG: nothing can
 * be saved; -errno.
 */
SIGSLOT_API int sigslot_queue_repair(const char *address, struct sigslot_repair *ret,
				     struct sigslot_error *err);

/*
 * Removes a free-standing queue; whoever has it open finds it closed. Returns 0, or 1
 * if it was kept because messages are in it, unless `force`: *ret_messages says how
 * many were kept, or dropped.
 */
SIGSLOT_API int sigslot_queue_remove(const char *name, bool force,
				     uint64_t *ret_messages, struct sigslot_error *err);

/* A queue by its name that is open. */
struct sigslot_queue;

/*
 * Opens [INSTANCE/]NAME: a free-standing queue, or one of a topology, of a dead run too
 * if nothing else has the name. Returns 0; -EINVAL: malformed, or several have it;
 * -ENXIO: none has (with "did you mean"); -EPERM: unsafe directory; -EBADMSG.
 */
SIGSLOT_API int sigslot_queue_open(const char *address, struct sigslot_queue **ret,
				   struct sigslot_error *err);

/* Gives back what was got and is not done, and closes the handle; takes NULL. */
SIGSLOT_API void sigslot_queue_close(struct sigslot_queue *q);

/* What becomes of a message that there is no room for. */
enum sigslot_full {
	SIGSLOT_BLOCK, /* it waits, up to the time-out */
	SIGSLOT_DROP_NEW, /* it is dropped and counted, which is no failure */
	SIGSLOT_DROP_OLD, /* the oldest ones that were put and wait are, instead */
	SIGSLOT_LATEST, /* the same; and it never waits behind an older one */
	SIGSLOT_FAIL, /* -EAGAIN at once */
};

struct sigslot_put {
	enum sigslot_form form;
	char end; /* of a line: a newline or NUL */
	bool atomic; /* all the lines at once or none: then `full` is block or fail */
	enum sigslot_full full;
	uint64_t timeout_ns; /* to wait for room */
};

/*
 * Puts one message made of the operands, as sigslot_emit() does; raw: exactly one. On
 * success it is in the queue, whoever dies. Errors as for sigslot_emit(): -EILSEQ,
 * -EMSGSIZE, -EAGAIN: no room in time, -ESHUTDOWN: it is closed.
 */
SIGSLOT_API int sigslot_queue_put(struct sigslot_queue *q,
				  const struct sigslot_put *how,
				  const struct sigslot_bytes *operands,
				  size_t operands_len, struct sigslot_error *err);

/*
 * Puts one message per line, as sigslot_emit_lines() does. If it is to be atomic and
 * fails, none is in the queue, and err says which line is bad; -EMSGSIZE also if they
 * need more than half of the queue.
 */
SIGSLOT_API int sigslot_queue_put_lines(struct sigslot_queue *q,
					const struct sigslot_put *how,
					const char *bytes, size_t size,
					size_t *ret_lines, struct sigslot_error *err);

/* A message that was handed out. It is this handle's until it is done or returned. */
struct sigslot_item {
	const char *payload; /* until then, or the next get as text; read-only */
	size_t size;
	bool raw; /* any bytes, else JSON */
	unsigned attempt; /* 1, 2 after it was handed out to somebody who died */
	uint64_t seq; /* of the queue, rising */
	uint64_t time_ns; /* when it was put, since 1970 */
	uint64_t place, lease; /* which handing out this is: for the queue */
};

struct sigslot_get {
	bool peek; /* copies of what is next; they stay, and are nobody's to be done */
	bool text; /* payloads as `jq -r` would print them; raw ones as they are */
	uint64_t max_bytes; /* of a payload; 0: any */
	uint64_t timeout_ns; /* to wait for the first */
	int process; /* a pidfd: the wait ends when that process does; 0: none */
};

/*
 * Waits for messages, and takes up to `max` of those that are there, in order. Returns
 * how many, at least 1; -ETIMEDOUT: none in time; -ESHUTDOWN: it is closed and drained;
 * -EMSGSIZE: the first is longer than max_bytes, and stays; -ESRCH: `process` ended. An
 * idle wait never wakes.
 */
SIGSLOT_API int sigslot_queue_get(struct sigslot_queue *q,
				  const struct sigslot_get *how,
				  struct sigslot_item *out, size_t max,
				  struct sigslot_error *err);

/* Takes messages out for good. Returns 0; -ESTALE: one was not this handle's. */
SIGSLOT_API int sigslot_queue_done(struct sigslot_queue *q,
				   const struct sigslot_item *items, size_t len,
				   struct sigslot_error *err);

/* Gives messages back, to where they were, as if they had not been handed out. */
SIGSLOT_API int sigslot_queue_return(struct sigslot_queue *q,
				     const struct sigslot_item *items, size_t len,
				     struct sigslot_error *err);

/*
 * From now on puts fail, and gets drain it. With `drop`, what waits in it is dropped
 * and counted; returns how many were, else 0.
 */
SIGSLOT_API int64_t sigslot_queue_shut(struct sigslot_queue *q, bool drop,
				       struct sigslot_error *err);

/* What there is to know of a queue; strings live until the callback returns. */
struct sigslot_queue_info {
	const char *instance, *name; /* the same for a free-standing one */
	bool standing; /* free-standing */
	bool closed;
	bool full; /* no room for one more message, of one byte */
	uint64_t size, largest; /* capacity, and largest payload, in bytes */
	uint64_t limit; /* at most so many messages; 0: only size counts */
	uint64_t messages, bytes; /* in it, those handed out included */
	uint64_t waiting, leased; /* of them: in line, handed out */
	uint64_t kept; /* dead ones that can be sent back */
	uint64_t oldest_ns; /* since the oldest was emitted; 0: there is none */
	uint64_t put, done, faulted; /* since it was made; on which a slot failed */
	uint64_t voided, dropped, dead, damaged;
	uint64_t evicted, outdated, refused, failed; /* because it was full */
	uint64_t redelivered, takeovers, high_messages, high_bytes;
};

typedef int (*sigslot_queue_fn)(void *data, const struct sigslot_queue_info *info);

/*
 * Tells of one queue, or (NULL) of all: free-standing ones, those of live instances and
 * those of dead ones that hold messages. Asks nobody and disturbs nothing. Returns 0,
 * what fn returned, or a negative errno as for sigslot_queue_open().
 */
SIGSLOT_API int sigslot_queue_stat(const char *address, sigslot_queue_fn fn, void *data,
				   struct sigslot_error *err);

/* --- a command for each message -------------------------------------------------- */

struct sigslot_exec {
	const char *command; /* for sh -c: the payload is its stdin, and $1 ... */
	bool no_args; /* it is its stdin alone: then it may be of any size */
	unsigned retries; /* after the first attempt; then the message is dead */
	uint64_t backoff_ns; /* before the first of them; doubles, to 60 times that */
	uint64_t most; /* so many of the messages that are there, at least one */
	bool until_closed; /* instead: all, until it is closed and empty */
	uint64_t timeout_ns; /* to wait for a message */
	sigslot_line_fn told; /* what became of one that failed; may be NULL */
	void *data;
};

/*
 * Runs a command for each message, in a process group of its own, with this process's
 * stdout and stderr. It ends when this process does, however that is. Exit status 0:
 * the message is done; 65, 125: it is dead; 126, 127: it stays; anything else: it
 * comes again after a pause. TERM, INT and HUP end the command and then this. Returns
 * 0: all were done; 1: a command failed; 126, 127; 128 + a signal that came;
 * -ETIMEDOUT: no message in time; -ESHUTDOWN: it is closed and empty.
 */
SIGSLOT_API int sigslot_queue_exec(struct sigslot_queue *q,
				   const struct sigslot_exec *how,
				   struct sigslot_error *err);

/* --- leases that outlive the one who got them ------------------------------------ */

enum { SIGSLOT_TOKEN = 224 }; /* bytes of a token at most, with its NUL */

/*
 * Opens the process that messages are to be leased to: a pidfd. Returns 0; -ESRCH:
 * there is none, or it has ended.
 */
SIGSLOT_API int sigslot_process_open(int pid, int *ret_fd, struct sigslot_error *err);

/*
 * Hands messages that were got on to a keeper, a small process that is left behind. It
 * gives them back when `process` (a pidfd) ends; until then whoever has the token of a
 * message settles it. Write a byte to *ret_told when the tokens have arrived, and close
 * it; closed without, they are given back at once. Returns 0, or a negative errno, and
 * then some may have been given back already.
 */
SIGSLOT_API int sigslot_queue_lease(struct sigslot_queue *q,
				    const struct sigslot_item *items, size_t len,
				    int process, char (*tokens)[SIGSLOT_TOKEN],
				    int *ret_told, struct sigslot_error *err);

/*
 * A message is done; is given back, to be had after delay_ns; is given up. Returns 0;
 * -ESTALE: it is not leased under this token any more; -EINVAL: that is no token;
 * -ENXIO: its queue is gone.
 */
SIGSLOT_API int sigslot_lease_done(const char *token, struct sigslot_error *err);
SIGSLOT_API int sigslot_lease_return(const char *token, uint64_t delay_ns,
				     struct sigslot_error *err);
SIGSLOT_API int sigslot_lease_bury(const char *token, struct sigslot_error *err);

/* --- dead ones ------------------------------------------------------------------- */

/*
 * Opens the dead ones of a queue, or of a loop, which can be got, done and returned as
 * from any queue, and not put. Errors as for sigslot_queue_open().
 */
SIGSLOT_API int sigslot_queue_open_dead(const char *address, struct sigslot_queue **ret,
					struct sigslot_error *err);

/*
 * Sends up to `max` of the dead ones that q is opened on back to their queue, the
 * oldest first, where their attempts begin anew. *ret_sent, if not NULL, is how many,
 * also on failure. Returns 0; -EAGAIN: no room in time; -ESHUTDOWN: it is closed.
 */
SIGSLOT_API int sigslot_queue_retry(struct sigslot_queue *q, uint64_t max,
				    uint64_t timeout_ns, uint64_t *ret_sent,
				    struct sigslot_error *err);

/* --- waiting until all is done --------------------------------------------------- */

/*
 * Waits until nothing is in the queue: waiting, backing off or handed out; dead ones do
 * not count. Returns 0 or -ETIMEDOUT.
 */
SIGSLOT_API int sigslot_queue_join(struct sigslot_queue *q, uint64_t timeout_ns,
				   struct sigslot_error *err);

/* --- two that talk to each other ------------------------------------------------- */

/*
 * Is one side of a pipe between two processes, whoever comes first: the lines of `in`
 * go to the other side, and its lines to `take_out`, which is closed at their end. The
 * pipe is there as long as one of them. Takes TERM, INT and HUP as a reason to end.
 * Returns 0: both have said all; 128 + a signal; -EBUSY: the side is taken; -EEXIST: it
 * is the name of something else; -ESHUTDOWN: the other side ended before all was said.
 */
SIGSLOT_API int sigslot_queue_pipe(const char *name, bool right, int in, int take_out,
				   struct sigslot_error *err);

#endif

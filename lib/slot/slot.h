/* SPDX-License-Identifier: MIT */
/*
 * What runs when a message arrives: a command, a resident filter, a plugin, a builtin.
 *
 * A slot knows nothing of queues and routes. The worker opens it, hands it one job
 * after the other and is called back: with each output, and once per job with the
 * verdict. One thread, one struct loop; a callback may call every function here. A slot
 * never blocks the thread, but for plugins.
 */
#ifndef SLOT_SLOT_H
#define SLOT_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "loop/loop.h"
#include "slot/spec.h"

struct slot;

/* One message for one slot. The worker owns it; `message` lives until done(). */
struct slot_job {
	struct sigslot_message message; /* .slot .sender .signal .payload ... */
	void *user; /* the worker's own */
	void *own; /* the kind's own; NULL when it is handed over */
};

/* How a job, or a resident command, ended. */
struct slot_verdict {
	int code; /* 0 done; -ECHILD: see exit and signal; -errno: anything else */
	int exit; /* exit status of the command, or -1 */
	int signal; /* that ended it, or 0 */
	bool final; /* do not retry: 65, 125, 126, 127, bad argument */
	bool handed_over; /* a filter took it; it never said that it is done */
	uint64_t took_ns;
	char reason[160]; /* one sentence; "" for done */
	const char *err_tail; /* last bytes of stderr, NUL-terminated; "" if none */
};

/*
 * What the worker provides. Payloads are valid JSON of the signal's type, borrowed.
 * `job` is NULL for what a resident emits by itself.
 */
struct slot_host {
	/* Emits; `signal` is a name of the object's. Returns 0 or a negative errno. */
	int (*emit)(struct slot *s, struct slot_job *job, const char *signal,
		    const char *payload, size_t size);

	/* Exactly once per delivered job; it may come before slot_deliver() returns. */
	void (*done)(struct slot *s, struct slot_job *job,
		     const struct slot_verdict *v);

	/* A line of the log: stderr, or stdout of a slot that emits nothing. */
	void (*log)(struct slot *s, const char *line, size_t size);

	/* A line of output that is not of the signal's type: counted, and told why. */
	void (*misfit)(struct slot *s, uint64_t line, const char *reason);

	/*
	 * A resident has ended: a filter that died (it is started again with back-off),
	 * or for good: a source, a filter that cannot be executed, any slot after
	 * slot_finish(). For good it comes exactly once, so not again in slot_finish().
	 */
	void (*ended)(struct slot *s, const struct slot_verdict *v, bool for_good);

	/* What `starting` and `next` of a resident say has changed. */
	void (*changed)(struct slot *s);
};

/* One table entry per kind; see kinds in slot.c. */
struct slot_kind {
	const char *name; /* the key in the topology */
	size_t size; /* of its own struct, which begins with struct slot */
	bool resident; /* runs between messages */
	bool takes; /* takes messages: all but source */
	int (*open)(struct slot *s, struct sigslot_error *err);
	void (*deliver)(struct slot *s, struct slot_job *job);
	void (*finish)(struct slot *s); /* NULL: nothing to wait for */
	void (*hold)(struct slot *s, bool held); /* NULL: emits only inside deliver */
	void (*close)(struct slot *s); /* its commands are killed already */
	size_t (*unread)(struct slot *s); /* NULL: 0, see slot_unread() */
};

/* The common head of every kind's own struct. */
struct slot {
	const struct slot_spec *spec;
	const struct slot_host *host;
	struct loop *loop;
	void *user; /* the worker's own */
	unsigned running; /* jobs delivered and not done */
	uint64_t lines; /* of output so far */
	bool finishing, held;
	bool over; /* ended() was called for good */
	bool starting; /* a resident that has not said that it is ready */
	bool given_up; /* a resident that ended too often */
	uint64_t next; /* when a resident is started again; 0: no such time */
	uint64_t restarts;
	unsigned inside; /* callbacks of the host that have not returned */
	bool closed; /* by one of them; it goes away in the next round */
	struct slot_spec kept; /* then, as the spec may be gone */
	struct later gone;
};

/* The kind of that name, or NULL. */
const struct slot_kind *slot_kind_find(const char *name);

/*
 * Opens a slot and starts what is resident. Returns 0, or a negative errno with err: a
 * plugin that cannot be loaded, a shell that cannot be started. What `exec` runs is
 * looked for when it is started. SIGPIPE must be ignored by the process.
 */
int slot_open(const struct slot_spec *spec, const struct slot_host *host,
	      struct loop *loop, void *user, struct slot **ret,
	      struct sigslot_error *err);

/* Hands over a job. Any number may be under way; done() comes in any order. */
void slot_deliver(struct slot *s, struct slot_job *job);

/*
 * No more jobs. A filter's stdin is closed and its stdout read to the end, a source is
 * sent TERM (and CONT) and read to the end, a plugin is closed and may emit; then, when
 * no job is under way, host->ended() comes, perhaps before this returns.
 */
void slot_finish(struct slot *s);

/* Stops reading what it writes, so that it blocks; for a full outbox. And goes on. */
void slot_hold(struct slot *s, bool held);

/* How many messages were handed over and not read; for a slot about to be closed. */
size_t slot_unread(struct slot *s);

/* Sends a signal to the process groups of its commands (TERM is followed by CONT). */
void slot_kill(struct slot *s, int sig);

/*
 * Ends everything at once (KILL) without further callbacks, and frees; from inside a
 * callback of its own once that has returned. The spec is not used again. Takes NULL.
 */
void slot_close(struct slot *s);

/*
 * The process groups of all commands of this process, for the handler that ends them
 * when the parent died: async-signal-safe, called at any moment.
 */
void slot_kill_all(int sig);

#endif

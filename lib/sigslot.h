/* SPDX-License-Identifier: MIT */
/*
 * libsigslot: Qt's signals and slots for shell pipelines.
 *
 * The public header: for the command line, for embedders and for the authors of
 * plugins. It includes sigslot-queue.h, which has the queues, and sigslot-look.h, which
 * has what looks at a run. Everything is in terms of bytes: payloads are JSON text
 * (RFC 8259, UTF-8) with a length, never NUL-terminated unless it says so, carried
 * unchanged.
 *
 * Errors: functions return 0 or a negative errno, and say why in *err, which may be
 * NULL. ret_ results are untouched on failure. Intervals end in _ns (nanoseconds).
 * No function may be called from two threads at once with the same handle; handles
 * are of no use in a child after fork(). The library never prints and never exits,
 * but for sigslot_run(), whose children are processes of their own.
 */
#ifndef SIGSLOT_H
#define SIGSLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGSLOT_VERSION "0.1.0"
#define SIGSLOT_API	__attribute__((visibility("default")))
#define SIGSLOT_FOREVER UINT64_MAX /* as a time-out: never give up */

/* What went wrong, for people. */
struct sigslot_error {
	int code; /* negative errno */
	unsigned line, column; /* from 1, bytes; 0 = does not apply */
	char source[256]; /* the file it stands in; "" = does not apply */
	char text[768]; /* one sentence without full stop or newline */
};

/* The version of the library that is linked, as SIGSLOT_VERSION. */
SIGSLOT_API const char *sigslot_version(void);

/*
 * The exit status that a command ends with for a negative errno, after sysexits(3):
 * one table, printed in sigslot(1). 0 for 0, 71 for what is not in the table.
 */
SIGSLOT_API int sigslot_error_exit(int code);

/* Parses "250ms", "5s" or "0", and "64KiB" or "8MiB". 0 or -EINVAL. */
SIGSLOT_API int sigslot_duration(const char *text, uint64_t *ret_ns);
SIGSLOT_API int sigslot_size(const char *text, uint64_t *ret_bytes);

/*
 * "Did you mean ...?": the candidate nearest to a mistyped name, or else the only one
 * that begins with it. Borrowed from the candidates; NULL if none is near.
 */
SIGSLOT_API const char *sigslot_near(const char *wanted, const char *const *candidates,
				     size_t len);

/* --- topologies ------------------------------------------------------------------ */

/*
 * Takes one problem of a topology: problem->source, line and column say where,
 * source_line is that line of the file without its newline ("" if there is none).
 */
typedef void (*sigslot_report_fn)(void *data, const struct sigslot_error *problem,
				  const char *source_line);

/*
 * Reads and checks a topology. `file` is a path, "-" for standard input or NULL for
 * ./sigslot.yaml. Each problem is reported, all in one run. If there is none and
 * ret_plan is not NULL, it is set to the plan as text, to be freed. Returns 0;
 * -ENOEXEC if problems were reported (err says how many); -ENOENT and other negative
 * errnos if the file cannot be read.
 */
SIGSLOT_API int sigslot_check(const char *file, sigslot_report_fn report, void *data,
			      char **ret_plan, struct sigslot_error *err);

struct sigslot_run_options {
	const char *file; /* as for sigslot_check() */
	const char *name; /* of the instance; NULL: `name:`, else the file's stem */
	bool detach; /* go on in the background once ready */
	bool until_idle; /* stop when the sources have ended and all is drained */
	bool strict; /* return 74 if anything was dropped */
	int ready_fd; /* gets a newline once ready, then is closed; -1: none */
	sigslot_report_fn report; /* problems of the topology */
	void *data;
};

/*
 * Runs a topology in this process, which becomes the supervisor, until all loops have
 * stopped. Takes over SIGINT, SIGTERM, SIGHUP, SIGCHLD and SIGPIPE, and the children
 * of this process. Lines for people go to standard error, `builtin: print` to standard
 * output. With `detach` the caller returns once all is ready and a child supervises.
 * Returns the exit status: 0, 1 (something was given up or cut short), 74 (strict, or
 * `print` could not write); or a negative errno: -ENOEXEC (topology), -EEXIST (already
 * running), -ENOSPC, ...
 */
SIGSLOT_API int sigslot_run(const struct sigslot_run_options *options,
			    struct sigslot_error *err);

/* --- emitting -------------------------------------------------------------------- */

/* One address that can be emitted to: a signal, or a slot directly. */
struct sigslot_emitter;

/* How text becomes a payload. */
enum sigslot_form {
	SIGSLOT_BY_TYPE, /* string: text; any: JSON if it parses, or text; else JSON */
	SIGSLOT_STRING, /* text */
	SIGSLOT_JSON, /* JSON */
	SIGSLOT_RAW, /* any bytes, carried as they are: only into queues */
};

struct sigslot_bytes {
	const char *data;
	size_t size;
};

/*
 * Opens [INSTANCE/]NAME[.MEMBER]. Without an instance: $SIGSLOT_INSTANCE, else the
 * only live one that has the name. A lone NAME is the slot `in`, or the signal `out` of
 * what has none; inside a slot ($SIGSLOT_OBJECT) one of that object's own signals comes
 * first. Returns 0; -EINVAL: the address is malformed or ambiguous (the candidates are
 * named); -ENXIO: there is no such instance, object, signal or slot (with "did you
 * mean"); -EPERM: unsafe directory.
 */
SIGSLOT_API int sigslot_emitter_open(const char *address, struct sigslot_emitter **ret,
				     struct sigslot_error *err);

/* Closes it; takes NULL. What was emitted stays. */
SIGSLOT_API void sigslot_emitter_close(struct sigslot_emitter *e);

/* How many queues a message goes to at this moment: 0 = nobody is connected. */
SIGSLOT_API unsigned sigslot_emitter_receivers(const struct sigslot_emitter *e);

/*
 * Emits one message made of the operands: none is null, one is the value, several are
 * an array. Waits for room up to timeout_ns. On success it is in the queue of every
 * receiver and survives the death of every process. Returns 0; -EILSEQ: bad payload,
 * with the offset of the first bad byte, or not of the signal's type; -EMSGSIZE: too
 * big, with both sizes; -EAGAIN: no room in time, or it would wait for its own slot
 * ("reached 2 of 4"); -ESHUTDOWN: the instance is stopping or dead.
 */
SIGSLOT_API int sigslot_emit(struct sigslot_emitter *e, enum sigslot_form form,
			     const struct sigslot_bytes *operands, size_t operands_len,
			     uint64_t timeout_ns, struct sigslot_error *err);

/*
 * Emits one message per line, each made by `form`, in order. `bytes` holds whole lines,
 * each with its newline but perhaps the last. *ret_lines, if not NULL, is set also on
 * failure: how many lines were emitted; the next one is the bad one. Errors as above.
 */
SIGSLOT_API int sigslot_emit_lines(struct sigslot_emitter *e, enum sigslot_form form,
				   const char *bytes, size_t size, uint64_t timeout_ns,
				   size_t *ret_lines, struct sigslot_error *err);

/* --- steering -------------------------------------------------------------------- */

/* Takes a line of progress, such as "waiting for parse: 12 messages". */
typedef void (*sigslot_line_fn)(void *data, const char *line);

/*
 * Where the library tells what it did unasked, such as cutting off what a power cut had
 * torn; NULL: nowhere, as in the beginning. A run sends such lines to its own log.
 */
SIGSLOT_API void sigslot_log(sigslot_line_fn fn, void *data);

/*
 * Steers. verb: "stop" (exactly what is queued, then one last iteration; an instance:
 * drain in the order of the flow), "terminate" (now; what is queued stays), "idle"
 * (an instance: as run --until-idle), "start", "kill" (SIGKILL of the worker),
 * "restart". target: INSTANCE, or [INSTANCE/]LOOP or PROCESS. Waits up to timeout_ns
 * until it is done; progress, if not NULL, is told what it waits for. Returns 0;
 * -ENXIO: no such thing, or the instance is dead; -ETIMEDOUT: still at it.
 */
SIGSLOT_API int sigslot_control(const char *verb, const char *target,
				uint64_t timeout_ns, sigslot_line_fn progress,
				void *data, struct sigslot_error *err);

/*
 * Waits until the target ([INSTANCE/]NAME or INSTANCE) is "ready", "idle" (nothing
 * queued, nothing running) or "stopped". Returns 0, -ENXIO, -ETIMEDOUT, -EINVAL. An
 * instance that is gone counts as stopped; one that does not exist yet is waited for.
 */
SIGSLOT_API int sigslot_wait(const char *target, const char *state, uint64_t timeout_ns,
			     struct sigslot_error *err);

/*
 * Waits until a process, or that of a loop or object, has ended, if it runs, and tells
 * how it ended last: "0", "1", "SIGKILL". Returns 0; -ETIMEDOUT: it still runs, or
 * never did; -ENXIO: there is no such thing, or nobody knows; -EINVAL.
 */
SIGSLOT_API int sigslot_wait_exit(const char *target, uint64_t timeout_ns,
				  char ret_exit[24], struct sigslot_error *err);

/*
 * Waits until one of the targets is ready, and tells each that is, in their order: a
 * queue that has something to get, which stays in it; NAME.exit of an instance, or of a
 * loop or process: it does not run, or has ended since the call; a signal that was
 * emitted since the call, or a slot for which something was queued, as sigslot_tap()
 * sees it. Returns 0; -ETIMEDOUT; -ESHUTDOWN: nothing can come any more; -ENXIO;
 * -EINVAL.
 */
SIGSLOT_API int sigslot_wait_any(const char *const *targets, size_t len,
				 uint64_t timeout_ns, sigslot_line_fn ready, void *data,
				 struct sigslot_error *err);

/* --- connecting ------------------------------------------------------------------ */

struct sigslot_connection {
	const char *full; /* NULL: "block"; "drop-new" "drop-old" "latest" "fail" */
	bool once; /* it is gone when it has delivered one message, to a slot */
};

/*
 * Connects [INSTANCE/]NAME[.SIGNAL], or a queue, to NAME[.MEMBER] of the same running
 * instance, in this run: the next emit after it returns takes the connection. `c` may
 * be NULL. Returns 0; 1: it is connected already; -ENXIO: no such name; -ENOEXEC: the
 * topology's checks refuse it, in err; -ESHUTDOWN: it is stopping.
 */
SIGSLOT_API int sigslot_connect(const char *from, const char *to,
				const struct sigslot_connection *c,
				struct sigslot_error *err);

/*
 * Runs a command that reads the payloads of a signal as lines on its standard input,
 * for as long as it runs: then the connection goes, also if this process is killed, and
 * what is queued for it is dropped and counted. argv ends with NULL; argv[0] is found
 * along PATH. Returns when it has ended, as by itself when the instance has: its exit
 * status, 126, 127, 128 + a signal; or a negative errno as of sigslot_connect(). told,
 * which may be NULL, hears of messages that are no line.
 */
SIGSLOT_API int sigslot_connect_command(const char *from,
					const struct sigslot_connection *c,
					char *const *argv,
					void (*told)(void *data, const char *line),
					void *data, struct sigslot_error *err);

/*
 * Removes a connection: the next emit after it returns does not take it. What is queued
 * for it is dropped and counted, or, with `drain`, delivered, and waited for up to
 * timeout_ns. Returns 0; 1: it is not connected; -ETIMEDOUT: it is removed, and still
 * draining; -EAGAIN: it would wait for its own slot; or as of sigslot_connect().
 */
SIGSLOT_API int sigslot_disconnect(const char *from, const char *to, bool drain,
				   uint64_t timeout_ns, struct sigslot_error *err);

/*
 * Writes the topology of a running instance, any address of which will do, into a file
 * of its directory, with the connections that there are now. Returns 0; -EINVAL: it is
 * another directory, where relative paths would mean something else; -ENOEXEC: its text
 * is in braces and cannot be changed; -ENXIO; -errno of the file.
 */
SIGSLOT_API int sigslot_save(const char *address, const char *file,
			     struct sigslot_error *err);

/*
 * Has an instance (NULL: $SIGSLOT_INSTANCE, else the only one that runs) read its file
 * again: connections become as it says, what is new is started, and processes about
 * which something else is written by now are restarted, with what is queued. Returns
 * when that has begun, after telling what it is: "connected a.s -> b"; if the last one
 * is not over yet, it waits up to timeout_ns for that. What goes is worked off before.
 * Nothing changes if there are problems, which are reported. Returns 0; -ENOEXEC:
 * problems, or it needs a new run; -EBUSY: nobody would take what is queued; -EAGAIN:
 * the last one is not over; -ENXIO; -EINVAL: several run; -ENOENT: no file; -ENOSPC.
 */
SIGSLOT_API int sigslot_reload(const char *instance, uint64_t timeout_ns,
			       sigslot_report_fn report, sigslot_line_fn told,
			       void *data, struct sigslot_error *err);

/*
 * Removes what dead instances left: all of them, or one. One that still has messages
 * is kept and told of, unless `force`. Tells each removal. Returns 0, 1 if something
 * was kept, or a negative errno.
 */
SIGSLOT_API int sigslot_clean(const char *instance, bool force, sigslot_line_fn told,
			      void *data, struct sigslot_error *err);

/* --- measuring ------------------------------------------------------------------- */

struct sigslot_bench {
	unsigned producers, consumers; /* processes */
	unsigned batch; /* messages that are pushed and claimed together */
	uint64_t messages; /* of each producer */
	size_t size; /* of a message in bytes, at least 16 */
	uint64_t queue_size; /* 0: 2 MiB, or room for a few messages */
};

struct sigslot_bench_result {
	uint64_t ns; /* until the last consumer's end, making everything included */
	uint64_t received; /* right is producers * messages */
	uint64_t redelivered;
	uint64_t sleeps; /* voluntary context switches of all the processes */
	bool intact; /* each came once, whole, and in the order of its producer */
};

/*
 * Measures a queue of its own in the runtime directory: forks producers and consumers
 * that push, claim, acknowledge and sleep as workers do. They die with this process,
 * and nothing is left of the queue, however it ends; signals are blocked until it is
 * sure of that. Returns 0; -EINVAL: not such a load; -ECHILD: one of the processes
 * was killed; another negative errno. ret is filled in also if not `intact`.
 */
SIGSLOT_API int sigslot_bench_queue(const struct sigslot_bench *load,
				    struct sigslot_bench_result *ret,
				    struct sigslot_error *err);

/* --- plugins --------------------------------------------------------------------- */

#define SIGSLOT_PLUGIN_ABI 1

/* A plugin's place on its loop: what it may call. Valid from open() to close(). */
struct sigslot_slot;

/* One message on its way into a slot; all of it lives until deliver() returns. */
struct sigslot_message {
	const char *slot; /* which of the object's slots */
	const char *sender,
		*signal; /* who emitted what; "" for a script's direct emit */
	uint64_t id; /* of this message, unique in the instance */
	uint64_t seq; /* of the receiving queue, rising */
	uint64_t time_ns; /* when it was emitted, since 1970 */
	unsigned attempt; /* 1, 2 after a failure or a crash */
	const char *payload; /* JSON text, read in place from the queue, read-only */
	size_t size;
};

/*
 * A plugin exports one constant of this type, named sigslot_plugin. All functions are
 * called on the loop's one thread. `state` is the plugin's own.
 */
struct sigslot_plugin {
	uint32_t abi; /* SIGSLOT_PLUGIN_ABI */
	uint32_t size; /* sizeof(struct sigslot_plugin) */

	/* Once, before the first message; may be NULL. 0, or negative: not started. */
	int (*open)(struct sigslot_slot *slot, void **ret_state);

	/*
	 * One message. Returns 0 (done) or a negative errno (this message failed;
	 * -EILSEQ: it is bad and not tried again). It is acknowledged after what was
	 * emitted here is queued.
	 */
	int (*deliver)(struct sigslot_slot *slot, void *state,
		       const struct sigslot_message *message);

	/* Once, after the last message, in a drained stop; may be NULL and may emit. */
	void (*close)(struct sigslot_slot *slot, void *state);
};

extern SIGSLOT_API const struct sigslot_plugin sigslot_plugin;

/*
 * Emits a signal of this object. `payload` is JSON text and is copied. Returns 0;
 * -ENXIO: no such signal; -EILSEQ: not JSON or not of the signal's type; -EMSGSIZE;
 * -ENOMEM. Never blocks.
 */
SIGSLOT_API int sigslot_slot_emit(struct sigslot_slot *slot, const char *signal,
				  const char *payload, size_t size);

/* The object's `config:` as JSON text, "null" if there is none; NUL-terminated. */
SIGSLOT_API const char *sigslot_slot_config(const struct sigslot_slot *slot);

/* The object's name. */
SIGSLOT_API const char *sigslot_slot_object(const struct sigslot_slot *slot);

/* One line to the log. */
SIGSLOT_API void sigslot_slot_log(struct sigslot_slot *slot, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#include "sigslot-look.h"
#include "sigslot-queue.h"

#endif

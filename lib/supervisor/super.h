/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's own state, shared by the files of this floor and nobody else.
 */
#ifndef SUPERVISOR_SUPER_H
#define SUPERVISOR_SUPER_H

#include "base/buf.h"
#include "base/unit.h"
#include "loop/loop.h"
#include "state/logfile.h"
#include "supervisor/hand.h"
#include "supervisor/instance.h"
#include "supervisor/supervisor.h"
#include "supervisor/suspect.h"
#include "worker/outbox.h"
#include "worker/wire.h"

/* A loop, as far as its worker has told. */
struct lamp {
	uint32_t process; /* whose it is: not yet what the plan says, in a reload */
	bool up, down; /* takes messages; has stopped, or never will run again */
	bool ready; /* its commands were, too, since it is up */
	bool was_ready; /* ever */
	bool held; /* it waits for others before it starts */
	enum phase phase, asked;
	unsigned sources; /* that have not ended */
	uint64_t progress; /* of the named queues it takes from, when it was asked */
};

/* The stop of the whole instance. */
struct stop {
	bool active, now;
	uint32_t rank; /* of the loops that are being drained */
	enum phase phase; /* that these are brought to */
	uint64_t since, limit; /* when this rank's turn came; when all is ended */
	struct timer look; /* whether it can ever end */
};

struct control_client;

struct supervisor {
	struct wiring *wiring;
	const struct plan *plan; /* of the wiring, as it is now */
	const struct supervisor_options *options;
	struct instance_home home;
	struct world world;
	struct loop loop;
	struct identity *identity;
	struct outbox outbox;
	struct queue *lane; /* the control lane */
	struct watch lane_bell, signals, listener, journal, journal_out, vanish;
	struct logfile log;
	struct buf lines; /* the same, not yet written to standard error */
	int journal_fd; /* standard error; -1: there is none */
	struct hand *hands; /* by process; room for all that the board has room for */
	struct lamp *lamps; /* by loop */
	struct opening *before; /* the books, when the run began: see account.c */
	struct stop stop;
	struct suspects suspects;
	struct failures *failures; /* of workers; NULL: none yet */
	struct control_client *clients;
	bool until_idle, ready, given_up, cut_short, ending;
	int status; /* that the run ends with at least */
	char *notify; /* $NOTIFY_SOCKET; NULL: nobody listens */
	struct later reserving; /* what the queues may fill, once all is ready */
	uint32_t reserved; /* queues that have all of it */
	struct timer deadline; /* of workers that were told to leave */
	struct timer emptied; /* looks whether queues are that are to go */
	bool passing; /* from one plan to another: see pass.c */
	bool reloading; /* as the service manager was told */
	bool hung_up; /* meanwhile: the file is to be read again then */
	unsigned interrupts, guests_dropped; /* signals; messages for guests */
};

/*
 * stop.c: drains all, or ends all at once; goes on after anything that changed. A stop
 * that cannot end is cut short, unless it is only that all sources have ended.
 */
void stop_begin(struct supervisor *s, bool now);
void stop_when_idle(struct supervisor *s);
void stop_advance(struct supervisor *s);
void stop_go_on(struct supervisor *s); /* which has waited for a reload */
void stop_describe(struct supervisor *s, struct buf *out);

/* lane.c: the control lane, and the signals that the supervisor emits. */
int lane_open(struct supervisor *s, struct sigslot_error *err);
void lane_close(struct supervisor *s);
void lane_emit(struct supervisor *s, enum plan_owner owner, uint32_t index,
	       const char *signal, const char *payload);
void lane_emit_exit(struct supervisor *s, enum plan_owner owner, uint32_t index,
		    int status, const char *reason);

/* order.c: what can be asked of loops and processes. verb: stop terminate start ... */
int order_loop(struct supervisor *s, const char *verb, uint32_t loop);
int order_process(struct supervisor *s, const char *verb, uint32_t process);
int order_object(struct supervisor *s, const char *verb, uint32_t object);
int order_instance(struct supervisor *s, const char *verb);
void order_restarts(struct supervisor *s); /* of whose loops all are down */

/* control.c: the socket. */
int control_open(struct supervisor *s, struct sigslot_error *err);
void control_update(struct supervisor *s);
void control_close(struct supervisor *s);

/* journal.c: the lines of all workers, and our own. */
int journal_open(struct supervisor *s, struct sigslot_error *err);
void journal_close(struct supervisor *s);

/* reserve.c: gives all queues the rest of their bytes, in small steps; again. */
void reserve_begin(struct supervisor *s);

/* account.c: begins, and tells what became of all messages: the exit status. */
int account_begin(struct supervisor *s);
int account_settle(struct supervisor *s);
void account_end(struct supervisor *s);

/* supervisor.c: what happened to a loop. */
void super_heard(struct supervisor *s, struct hand *h, const struct wire *p);
void super_lost(struct supervisor *s, struct hand *h, int status);
void super_check(struct supervisor *s);
void super_deadline(struct supervisor *s,
		    unsigned seconds); /* then workers are killed */

#endif

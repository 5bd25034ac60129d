/* SPDX-License-Identifier: MIT */
/*
 * Guests: commands of scripts that take part in the run as long as they run. Each has a
 * queue of its own, which a signal leads to while its connection to the control socket
 * is open. The end of that, however it comes, is the end of the guest.
 */
#ifndef SUPERVISOR_GUEST_H
#define SUPERVISOR_GUEST_H

#include <jansson.h>

#include "supervisor/super.h"

struct guest {
	struct guest *next;
	char queue[32]; /* its name, which no other queue can have */
	char owner[64], member[64]; /* of the signal */
	unsigned full; /* enum queue_full */
	unsigned taps; /* that want it, see tapped.h */
	uint64_t size;
};

#define GUEST_TAPPED ".tap-" /* and a number: the queue of what is tapped */

/*
 * Makes one as a request asks for: {"v":1,"op":"join","owner":"a","member":"s"}. Its
 * connection holds when it returns. -ENXIO: there is no such signal; -ESHUTDOWN.
 */
int guest_join(struct supervisor *s, const json_t *request, struct guest **ret,
	       struct sigslot_error *err);

/* Routes as the lists of guests are now; they hold when it returns. */
int guest_publish(struct supervisor *s, struct sigslot_error *err);

/* It is gone: what is queued for it is dropped, and counted. Takes NULL. */
void guest_leave(struct supervisor *s, struct guest *g);

/* Nothing more comes: they read to the end by themselves. */
void guest_end_all(struct supervisor *s);

/* Removes, and counts, what the guests of a dead run left. */
void guest_clear(struct supervisor *s);

#endif

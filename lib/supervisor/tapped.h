/* SPDX-License-Identifier: MIT */
/*
 * Signals that somebody taps and nobody is connected to: as long as a tap asks for it,
 * they lead to a queue that nobody takes from, one for all of them, in which the taps
 * see what passes by. The end of a tap's connection to the control socket, however it
 * comes, takes back what it asked for.
 */
#ifndef SUPERVISOR_TAPPED_H
#define SUPERVISOR_TAPPED_H

#include <jansson.h>

#include "base/vec.h"
#include "supervisor/super.h"

/* What one tap has asked for; {0} is valid. */
struct tapped {
	VEC(struct guest *) at;
};

/*
 * More signals, as a request says: {"v":1,"op":"tap","signals":["a.s"]}. Those that are
 * not there any more are passed over. They can be seen when it returns. -ESHUTDOWN.
 */
int tapped_add(struct supervisor *s, const json_t *request, struct tapped *t,
	       struct sigslot_error *err);

/* The tap is gone. */
void tapped_leave(struct supervisor *s, struct tapped *t);

/* Nothing more can be seen: the run ends. */
void tapped_end_all(struct supervisor *s);

#endif

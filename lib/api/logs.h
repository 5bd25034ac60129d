/* SPDX-License-Identifier: MIT */
/*
 * Which lines of an instance's log are asked for: what a line says of who wrote it is
 * held against the names of objects, slots, loops and processes.
 */
#ifndef API_LOGS_H
#define API_LOGS_H

#include "api/instance.h"
#include "state/board.h"
#include "state/logfile.h"

enum { LOGS_NAMES = 64 };

struct logs_view {
	struct instance in;
	const struct board *board; /* NULL: no processes are known */
	struct address wanted[LOGS_NAMES];
	size_t wanted_len;
	bool whole; /* all lines are wanted */
};

/*
 * Opens what an operand names: an instance by its name, else the one that has it, and
 * asks for that. 0, -ENXIO, -EINVAL.
 */
int logs_choose(struct logs_view *v, const char *operand, struct sigslot_error *err);

/* Asks for one more; the instance has its routes. -ENXIO, -EINVAL: too many. */
int logs_want(struct logs_view *v, const struct address *a, struct sigslot_error *err);

/* Opens what logs_belongs() looks at, as far as there is any. */
void logs_look(struct logs_view *v);

/* Whether a line of that writer is asked for. */
bool logs_belongs(const struct logs_view *v, const char *from, const char *line);

void logs_done(struct logs_view *v);

#endif

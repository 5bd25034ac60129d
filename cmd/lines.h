/* SPDX-License-Identifier: MIT */
/*
 * Standard input as messages, one for each line.
 */
#ifndef CMD_LINES_H
#define CMD_LINES_H

#include <stdint.h>

#include "sigslot.h"

/*
 * Emits a message for each line of standard input, as they come; the last one may lack
 * its newline. Stops at the first line that cannot be emitted, and says which it was
 * and how many went before it. Returns the exit status.
 */
int lines_emit(struct sigslot_emitter *e, enum sigslot_form form, uint64_t timeout_ns);

#endif

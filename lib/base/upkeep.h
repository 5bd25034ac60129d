/* SPDX-License-Identifier: MIT */
/*
 * What keeps a resident command going: when it is started again, and by what it says
 * that it is ready, as that it has been started is not that it can do its work.
 */
#ifndef BASE_UPKEEP_H
#define BASE_UPKEEP_H

#include "base/budget.h"

enum ready_by {
	READY_AT_ONCE, /* it is, as soon as it runs */
	READY_LINE, /* its first line of output, which is no message */
	READY_FD, /* a newline on the descriptor $SIGSLOT_READY_FD */
	READY_SIGNAL, /* the signal `ready` of its object */
};

/* What else ends when something has ended for good. */
enum upkeep_end { UPKEEP_UNSAID, UPKEEP_IGNORE, UPKEEP_STOP_ALL };

struct upkeep {
	enum upkeep_end on_exit;
	struct budget_policy restart;
	enum ready_by ready;
	uint64_t within_ns; /* it is ready, or ended */
};

#endif

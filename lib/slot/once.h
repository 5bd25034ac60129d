/* SPDX-License-Identifier: MIT */
/*
 * One command, run to its end for somebody who has nothing else to do meanwhile. It
 * writes where this process writes; what it reads, and its arguments, are given.
 */
#ifndef SLOT_ONCE_H
#define SLOT_ONCE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/held.h"
#include "message/text.h"
#include "slot/warden.h"

struct once {
	const char *text; /* for sh -c; nothing is ever put into it */
	const struct text_args *args; /* $1 and so on */
	const struct buf *input;
	const char *const
		*env; /* NAME=VALUE besides what this process has; NULL-ended */
	const struct warden *warden;
	const struct held *held; /* is in force; what comes there ends it */
};

/*
 * Runs it. *ret_status is as of waitpid(); *ret_signal is what came, and was passed on
 * as TERM, KILL after 5 s or with the second one; 0: nothing. Returns 0, or a negative
 * errno if it could not be started.
 */
int once_run(const struct once *o, int *ret_status, int *ret_signal,
	     struct sigslot_error *err);

#endif

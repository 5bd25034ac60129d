/* SPDX-License-Identifier: MIT */
/*
 * Errors: a negative errno says what went wrong, struct sigslot_error tells people.
 *
 * A function that can fail for a reason worth a sentence takes `err` (may be NULL)
 * and returns fail(err, -Exxx, "..."). The innermost sentence stays: a caller that
 * fails because its callee did returns the callee's code and adds nothing.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <errno.h>

#include "base/cleanup.h"
#include "sigslot.h"

/* Fills in err (which may be NULL) and returns code, a negative errno. */
int fail(struct sigslot_error *err, int code, const char *format, ...)
	_printf_(3, 4) _cold_;

/*
 * The same for a failed system call: appends ": " and the text of errno, and
 * returns -errno. errno must be set.
 */
int fail_errno(struct sigslot_error *err, const char *format, ...)
	_printf_(2, 3) _cold_;

/* Prefixes the sentence of err with "FORMAT: ". Returns code. */
int fail_in(struct sigslot_error *err, int code, const char *format, ...)
	_printf_(3, 4) _cold_;

#endif

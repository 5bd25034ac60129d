/* SPDX-License-Identifier: MIT */
/*
 * From a file to a plan, for `check` and `run`.
 */
#ifndef API_LOAD_H
#define API_LOAD_H

#include "plan/wiring.h"

/* Reads its text, of 1 MiB at most. Returns 0, -ENOEXEC, or a negative errno. */
int load_text(const char *file, struct buf *text, struct sigslot_error *err);

/*
 * Reads `file` (a path, "-" for standard input, NULL for ./sigslot.yaml) and makes its
 * wiring, which has its plan; `name` overrides the instance's name (NULL: as in the
 * file). Each problem is reported. Returns 0, -ENOEXEC if there were problems, or
 * another negative errno if the file cannot be read.
 */
int load_wiring(const char *file, const char *name, sigslot_report_fn report,
		void *data, struct wiring **ret, struct sigslot_error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What the user wrote: YAML text -> nodes with marks -> structs, driven by a table of
 * keys, then checked. Finds every error in one run; never starts anything, never looks
 * at the file system.
 */
#ifndef TOPOLOGY_TOPOLOGY_H
#define TOPOLOGY_TOPOLOGY_H

#include <stddef.h>

#include "base/error.h"

enum {
	TOPOLOGY_SIZE = 1 << 20, /* bytes of a file */
	TOPOLOGY_DEPTH = 32,
};

struct topology;

/* Takes one problem with its place and the source line. */
typedef sigslot_report_fn topology_report_fn;

/*
 * Reads and checks. `file` is what problems name as their source; `directory` is the
 * absolute directory that relative paths start at; `stem` names the instance when the
 * text has no `name:`. Reports every problem in the order of the text. Returns 0;
 * -ENOEXEC if there were problems; -ENOMEM.
 */
struct topology_input {
	const char *text;
	size_t size;
	const char *file, *directory, *stem;
	topology_report_fn report;
	void *data;
};

int topology_read(const struct topology_input *in, struct topology **ret,
		  struct sigslot_error *err);
void topology_free(struct topology *t);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What the user wrote: YAML text -> nodes with marks -> structs, driven by a table of
 * keys, then checked. Finds every error in one run; never starts anything, never looks
 * at the file system.
 */
#ifndef TOPOLOGY_TOPOLOGY_H
#define TOPOLOGY_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum {
	TOPOLOGY_SIZE = 1 << 20, /* bytes of a file */
	TOPOLOGY_DEPTH = 32,
};

struct topology;

/* Takes one problem with its place and the source line. */
typedef sigslot_report_fn topology_report_fn;

/* A connection that was made while the topology ran; what it has to say of itself. */
struct topology_arrow {
	const char *from, *to; /* NAME[.MEMBER] */
	const char *full; /* NULL: the default */
	bool once; /* it is gone when it has delivered one message */
};

/*
 * What differs from the text by now. What was removed is compared with full addresses,
 * NAME.MEMBER, or NAME of a queue; what was added comes behind all that is written.
 */
struct topology_edits {
	const struct topology_arrow *removed, *added;
	size_t removed_len, added_len;
	const struct topology_arrow
		*asked; /* not NULL: not made, see topology_asked() */
};

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
	struct topology_edits edits; /* {0}: as it is written */
	/* whether a plugin can be loaded: 0, or a sentence in err; NULL: nobody asks */
	int (*probe)(const char *directory, const char *file,
		     struct sigslot_error *err);
};

int topology_read(const struct topology_input *in, struct topology **ret,
		  struct sigslot_error *err);
void topology_free(struct topology *t);

/* Lets the text begin behind its byte order mark, if it has one. */
void topology_skip_mark(struct topology_input *in);

/*
 * The text with these connections instead of its own, and with a name if it has none.
 * Everything else stays as it is written. Returns 0; -ENOEXEC: it is written in braces;
 * -ENOMEM.
 */
struct buf;
int topology_rewrite(const struct topology_input *in, const char *name,
		     const struct topology_arrow *arrows, size_t len, struct buf *out,
		     struct sigslot_error *err);

/*
 * The full addresses of the connection that the edits ask for, whether it is there;
 * several, if a name stands for replicas. They live as long as t.
 */
const struct topology_arrow *topology_asked(const struct topology *t, size_t *ret_len);

#endif

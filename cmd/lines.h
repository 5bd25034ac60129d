/* SPDX-License-Identifier: MIT */
/*
 * Standard input as messages, one for each line.
 */
#ifndef CMD_LINES_H
#define CMD_LINES_H

#include <stddef.h>

#include "sigslot.h"

/* Where they go. */
struct lines_target {
	/* Takes whole lines; *ret_lines of them went in, also when it fails. */
	int (*send)(void *data, const char *bytes, size_t size, size_t *ret_lines,
		    struct sigslot_error *err);
	void *data;
	char end; /* of a line: a newline or NUL */
	const char *sent; /* "emitted" */
};

/*
 * Sends a message for each line of standard input, as they come; the last one may lack
 * its end. Stops at the first line that cannot be sent, and says which it was and how
 * many went before it. Returns the exit status.
 */
int lines_send(const struct lines_target *target);

/*
 * Reads all of standard input. What is beyond `limit` bytes is counted in *ret_size,
 * but not kept. *ret_bytes is to be freed. Returns the exit status.
 */
int lines_read(size_t limit, char **ret_bytes, size_t *ret_size);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The library's log, for who uses it outside of a run.
 */
#include "base/log.h"

#include <stdio.h>

#include "sigslot.h"

static sigslot_line_fn told;
static void *told_data;

static void tell(void *unused, const char *from, const char *line, size_t size)
{
	char text[1024];

	(void)unused;
	(void)from;
	snprintf(text, sizeof(text), "%.*s", (int)size, line);
	told(told_data, text);
}

void sigslot_log(sigslot_line_fn fn, void *data)
{
	told = fn;
	told_data = data;
	log_to(fn ? tell : NULL, NULL);
}

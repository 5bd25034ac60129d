/* SPDX-License-Identifier: MIT */
/*
 * Where the library's sentences go: one callback per process.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static log_fn sink;
static void *sink_data;

void log_to(log_fn fn, void *data)
{
	sink = fn;
	sink_data = data;
}

void log_bytes(const char *from, const char *line, size_t size)
{
	if (sink)
		sink(sink_data, from, line, size);
}

void log_line(const char *from, const char *format, ...)
{
	char line[1024];
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (size < 0)
		return;
	log_bytes(from, line,
		  (size_t)size < sizeof(line) ? (size_t)size : sizeof(line) - 1);
}

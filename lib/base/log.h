/* SPDX-License-Identifier: MIT */
/*
 * Where the library's sentences go. lib/ never prints: it calls log_line(), and the
 * one callback that is set per process decides. Without one, lines are dropped.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>

#include "base/cleanup.h"

/* Takes one line without newline; `from` is "loop/slot", "object" or "sigslot". */
typedef void (*log_fn)(void *data, const char *from, const char *line, size_t size);

void log_to(log_fn fn, void *data);

/* One line; bytes are passed as they are. */
void log_bytes(const char *from, const char *line, size_t size);
void log_line(const char *from, const char *format, ...) _printf_(2, 3);

#endif

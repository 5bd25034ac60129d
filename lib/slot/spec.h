/* SPDX-License-Identifier: MIT */
/*
 * What the topology says of a slot. All of it is borrowed.
 */
#ifndef SLOT_SPEC_H
#define SLOT_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/upkeep.h"
#include "message/type.h"

enum slot_output {
	SLOT_LOG, /* a line of stdout goes to the log */
	SLOT_EMIT, /* ... is emitted as the signal `emit` */
};

/* Lives as long as its slot. */
struct slot_spec {
	const struct slot_kind *kind;
	const char *instance, *process, *loop, *object, *slot; /* names */
	const char *directory; /* absolute: where commands start */
	const char
		*text; /* source run filter: shell text; plugin: file; builtin: name */
	const char *const *argv; /* exec; NULL-terminated */
	const char *const *shell; /* {"sh", NULL}; sigslot adds -c */
	const char *const *env; /* additional NAME=VALUE; NULL-terminated or NULL */
	const char *const
		*args; /* simple paths, see text_args_of(); NULL: the default */
	bool args_none; /* `args: none` */
	bool input_json; /* `input: json`: strings stay quoted on stdin */
	bool reply_line; /* filter: done when its answer came */
	int nice; /* added to the commands' niceness */
	uint64_t timeout_ns; /* run exec: ended after that; 0 = never */
	struct upkeep upkeep; /* source filter */
	enum slot_output output;
	const char *emit; /* the name of the signal for SLOT_EMIT */
	const struct type *type; /* of that signal; what a line must be */
	const char *config; /* plugin: JSON text */
	bool untimed; /* plugin: nobody wants took_ns, which costs as much as a call */
};

#endif

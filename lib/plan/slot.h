/* SPDX-License-Identifier: MIT */
/*
 * The slots of a plan: what runs, and how, when a message arrives.
 */
#ifndef PLAN_SLOT_H
#define PLAN_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/upkeep.h"
#include "plan/fate.h"

/* Who owns a signal or a slot. */
enum plan_owner { PLAN_OBJECT, PLAN_LOOP, PLAN_PROCESS };

/* Those of one owner lie side by side. */
struct plan_members {
	uint32_t first_signal, signals_len, first_slot, slots_len;
};

enum plan_slot_kind {
	PLAN_SOURCE, /* no input: cannot be connected to */
	PLAN_RUN,
	PLAN_EXEC,
	PLAN_FILTER,
	PLAN_PLUGIN_SLOT,
	PLAN_BUILTIN,
	PLAN_MEMBER, /* start stop terminate kill of a loop, process, timer: control */
};

struct plan_slot {
	const char *name; /* "in" by default; of a source: "source" */
	enum plan_owner owner;
	uint32_t owned_by;
	uint32_t loop; /* whose queue takes its messages; NONE: the control lane */
	enum plan_slot_kind kind;
	const char *type; /* what it takes, canonical text */
	const char *text; /* run source filter: shell text; builtin: its name */
	const char *const *argv; /* exec, NULL-terminated */
	const char *const *shell; /* NULL-terminated, without -c */
	const char *const *args; /* simple paths; NULL: default */
	bool args_none, input_json, reply_line;
	uint32_t emit; /* signal that its output lines are emitted as; NONE: the log */
	uint32_t parallel; /* commands at the same time; 1 = in the loop's turn */
	const char *key; /* path of what keeps messages in order; NULL: none */
	uint64_t timeout_ns; /* 0 = none */
	struct upkeep upkeep; /* of a source or filter */
	uint32_t finished, failed; /* signals that tell how it went; NONE: a builtin */
	struct plan_fate fate; /* of a message that failed */
};

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What a slot does, and what becomes of it when that fails. Part of model.h, whose
 * rules hold here.
 */
#ifndef TOPOLOGY_DUTY_H
#define TOPOLOGY_DUTY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/upkeep.h"

struct node;

/* What becomes of a message that failed. */
struct model_fate {
	enum { MODEL_UNSAID, MODEL_CONTINUE, MODEL_STOP } on_error;
	const char *group; /* of its failures; NULL: unsaid */
	bool retry; /* `retry:` is written there */
	uint64_t retries, backoff_ns, backoff_max_ns;
	struct model_signal *dead; /* NULL: the dead ones of its queue */
};

struct model_slot {
	struct model_slot *next;
	struct model_thing *owner;
	const char *name, *type;
	const struct node *at;
	uint32_t index;
	unsigned does; /* one DO_; 0: a member that things have by themselves */
	const char *text, *key;
	const char *const *argv, *const *args;
	bool args_none, input_json, reply_line;
	uint32_t parallel;
	uint64_t timeout_ns;
	struct upkeep upkeep; /* of a source or filter */
	struct model_fate fate; /* what it does not say its object says */
	struct model_signal *emit; /* NULL: the log */
};

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A checked topology: things with their signals and slots, and the links between them,
 * each in the order of the file. Only the plan reads it. All of it lives in the arena.
 */
#ifndef TOPOLOGY_MODEL_H
#define TOPOLOGY_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"
#include "topology/duty.h"
#include "topology/link.h"
#include "topology/node.h"

enum model_kind { MODEL_PROCESS, MODEL_LOOP, MODEL_OBJECT, MODEL_QUEUE, MODEL_GROUP };

/* What has a name; the head of each of them. */
struct model_thing {
	enum model_kind kind;
	const char *name;
	const struct node *at; /* where it is named; NULL: nowhere */
	struct model_signal *signals, **signals_tail;
	struct model_slot *slots, **slots_tail;
	unsigned signals_len, slots_len;
	unsigned own; /* OWN_ of member.h: what it has by itself */
	uint32_t first_signal, first_slot; /* index of the first of all of them */
	uint32_t end_signal, end_slot; /* and behind the last */
	uint32_t index; /* among those of its kind */
};

/* Loops and processes that must be ready before. */
struct model_after {
	const struct node *node; /* as written; NULL: nothing is */
	struct model_thing **things;
	const struct node **at;
	size_t len;
};

struct model_process {
	struct model_thing thing;
	const char *const *env; /* NAME=VALUE, those of the top included; or NULL */
	const char *const *shell; /* NULL: that of the top */
	int nice;
	struct budget_policy restart;
	enum upkeep_end on_exit;
	const char *init;
	struct model_after after;
	size_t loops, settled; /* how many it hosts; that wait for nobody any more */
	uint64_t sum; /* of what is written about it */
};

struct model_loop {
	struct model_thing thing;
	struct model_process *process;
	const struct node *process_at; /* where it is named; NULL: main */
	uint64_t size, messages; /* 0: the default; no limit */
	unsigned on_error; /* as of a fate */
	enum upkeep_end on_exit;
	struct model_after after;
	unsigned replica; /* which one it is, from 1; 0: there is but one */
	uint64_t sum; /* of what is written about it and what is on it */
	bool settled, seen;
	struct model_object *objects, **objects_tail;
};

struct model_object {
	struct model_thing thing;
	struct model_object *next; /* on its loop */
	struct model_loop *loop;
	unsigned does; /* DO_ of keys.h */
	bool alone; /* its loop has its name */
	bool declares; /* it has `signals:`: `emit:` names one of them */
	bool any_signal, any_slot; /* a plugin: they come to exist by being used */
	bool burst, disabled;
	uint64_t interval_ns;
	const char *plugin, *config;
	const char *const *shell; /* NULL: that of the process */
	struct model_fate fate; /* of the slots of a plugin */
	struct model_subscription *subscriptions, **subscriptions_tail;
};

struct model_subscription {
	struct model_subscription *next;
	const char *signal;
	const struct node *at; /* the name of the slot */
	struct model_slot *slot;
};

struct model_queue {
	struct model_thing thing;
	uint64_t size, messages;
	bool durable;
	struct model_link *links, **links_tail; /* to the slots behind it */
	struct model_link *feeds; /* into it: one of each type of signal */
	unsigned feeds_len;
};

/* What stands for all of its replicas. */
struct model_group {
	struct model_thing thing;
	const char **names;
	uint32_t len;
};

struct model_signal {
	struct model_signal *next;
	struct model_thing *owner;
	const char *name, *type;
	const struct node *at; /* NULL: the thing has it by itself */
	uint32_t index;
	struct model_link *links, **links_tail;
	/* for the walk that looks for circles */
	struct model_signal *back;
	struct model_link *walk;
	enum { MODEL_NEW, MODEL_OPEN, MODEL_SEEN } seen;
};

struct topology {
	struct arena arena;
	const char *file, *directory, *name;
	VEC(struct topology_arrow) asked; /* by the edits */
	const char *const *env, *const *shell;
	VEC(struct model_process *) processes; /* main first */
	VEC(struct model_loop *) loops;
	VEC(struct model_object *) objects;
	VEC(struct model_queue *) queues;
	VEC(struct model_link *) links;
	uint32_t signals_len, slots_len, on_error; /* the last: as of a fate */
	uint64_t stop_timeout_ns; /* 0: none */
	struct map names; /* to things; an object alone hides its loop */
};

#endif

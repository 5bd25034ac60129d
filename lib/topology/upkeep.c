/* SPDX-License-Identifier: MIT */
/*
 * A map of `restart:` means the same wherever it stands. Without it a process is
 * started again within the usual budget, a filter without limit, as its messages wait
 * for it, and a source not at all: its end is the end of its data.
 */
#include "topology/upkeep.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "topology/connect.h"
#include "topology/member.h"
#include "topology/value.h"

#define READY_NS (30 * NS_PER_S)

/* "5 per 1m". */
static void read_max(struct reader *r, const struct node *n,
		     struct budget_policy *policy)
{
	const char *per;
	char number[16];

	if (!n)
		return;
	per = strstr(n->text, " per ");
	snprintf(number, sizeof(number), "%.*s", per ? (int)(per - n->text) : 0,
		 n->text);
	if (!per || !value_number(number, &policy->max) || policy->max > BUDGET_MOST) {
		problem_node(&r->problems, n,
			     "`max` must be a number up to %d within a time, such as 5 "
			     "per 1m",
			     BUDGET_MOST);
		return;
	}
	value_duration(r, n, per + strlen(" per "), &policy->window_ns);
}

void upkeep_restart(struct reader *r, const struct node *n,
		    struct budget_policy *policy)
{
	struct section s;

	if (!n || !section_read(r, n, AT_RESTART, 0, &s))
		return;
	*policy = budget_usual;
	policy->when = section_number(&s, "when", BUDGET_ON_FAILURE);
	value_backoff(r, section_node(&s, "backoff"), &policy->backoff_ns,
		      &policy->backoff_max_ns);
	read_max(r, section_node(&s, "max"), policy);
}

/* A word, or a map of `by` and `within`. */
static void read_ready(struct reader *r, const struct node *n, struct upkeep *up)
{
	static const char *const words[] = {"line", "fd", "signal"};
	struct section s;

	if (!n)
		return;
	up->within_ns = READY_NS;
	if (n->kind == NODE_MAP) {
		if (!section_read(r, n, AT_READY, 0, &s))
			return;
		up->ready = READY_LINE + section_number(&s, "by", 0);
		up->within_ns = section_number(&s, "within", READY_NS);
		return;
	}
	for (size_t i = 0; n->kind == NODE_TEXT && i < ARRAY_LEN(words); i++)
		if (strcmp(n->text, words[i]) == 0)
			up->ready = READY_LINE + i;
	if (up->ready == READY_AT_ONCE)
		problem_node(&r->problems, n,
			     "`ready` must be line, fd or signal, or a map of by and "
			     "within");
}

/* The object has the signal then, and a slot behind it that tells its worker. */
static void add_herald(struct reader *r, const struct node *n,
		       struct model_thing *object)
{
	const struct model_signal *signal = member_signal(r, object, "ready");
	const struct model_slot *slot = member_slot(r, object, "ready");

	if (object->own & OWN_HERALD)
		return;
	if ((signal && signal->at) || (slot && slot->at)) {
		problem_node(&r->problems, n,
			     "`ready: signal` gives %s a signal and a slot `ready` by "
			     "itself: line %u has that name already",
			     problem_quote(&r->problems, object->name),
			     (signal ? signal->at : slot->at)->from.line);
		return;
	}
	object->own |= OWN_HERALD;
	connect_later(r, member_signal(r, object, "ready"), NULL);
}

enum upkeep_end upkeep_on_exit(const struct section *s)
{
	const struct setting *setting = section_get(s, "on_exit");

	return setting ? UPKEEP_IGNORE + setting->number : UPKEEP_UNSAID;
}

void upkeep_read(struct reader *r, const struct section *s, struct model_slot *slot)
{
	struct budget_policy *restart = &slot->upkeep.restart;

	*restart = budget_usual;
	restart->when = s->does & DO_SOURCE ? BUDGET_NEVER : BUDGET_ALWAYS;
	restart->max = UINT64_MAX;
	upkeep_restart(r, section_node(s, "restart"), restart);
	slot->upkeep.on_exit = upkeep_on_exit(s);
	read_ready(r, section_node(s, "ready"), &slot->upkeep);
	if (slot->upkeep.ready == READY_SIGNAL)
		add_herald(r, section_node(s, "ready"), slot->owner);
}

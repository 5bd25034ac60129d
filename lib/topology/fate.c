/* SPDX-License-Identifier: MIT */
/*
 * `dead: QUEUE` is an arrow that is not written out: the object gets a signal `dead`,
 * which leads to that queue.
 */
#include "topology/fate.h"

#include <string.h>

#include "base/clock.h"
#include "topology/connect.h"
#include "topology/member.h"
#include "topology/value.h"

#define RETRIES_MAX 1000000

static void read_retry(struct reader *r, const struct node *n, struct model_fate *ret)
{
	struct section s;
	uint64_t retries;

	if (n->kind == NODE_MAP) {
		if (!section_read(r, n, AT_RETRY, 0, &s))
			return;
		ret->retries = section_number(&s, "max", 3);
		value_backoff(r, section_node(&s, "backoff"), &ret->backoff_ns,
			      &ret->backoff_max_ns);
		return;
	}
	if (n->kind != NODE_TEXT || !value_number(n->text, &retries) ||
	    retries > RETRIES_MAX) {
		problem_node(&r->problems, n,
			     "`retry` must be a number up to %d, or a map of max and "
			     "backoff",
			     RETRIES_MAX);
		return;
	}
	ret->retries = retries;
}

static struct model_signal *dead_signal(struct reader *r, struct model_object *o,
					const struct node *at)
{
	struct model_signal *s = member_signal(r, &o->thing, "dead");

	if (!s)
		return member_add_signal(r, &o->thing, "dead", "object", at);
	if (strcmp(s->type, "object") == 0 || strcmp(s->type, "any") == 0)
		return s;
	problem_node(
		&r->problems, at,
		"`dead` emits objects as the signal `dead`, which is %s in line %u",
		s->type, s->at->from.line);
	return NULL;
}

unsigned fate_on_error(const struct section *s)
{
	const struct setting *setting = section_get(s, "on_error");

	return setting ? MODEL_CONTINUE + (unsigned)setting->number : MODEL_UNSAID;
}

void fate_read(struct reader *r, const struct section *s, struct model_object *o,
	       struct model_fate *ret)
{
	const struct node *retry = section_node(s, "retry");
	const struct node *dead = section_node(s, "dead");

	*ret = (struct model_fate){
		.on_error = fate_on_error(s),
		.retry = retry,
		.backoff_ns = 100 * NS_PER_MS,
		.backoff_max_ns = 10 * NS_PER_S,
	};
	if (retry)
		read_retry(r, retry, ret);
	/* the slots of a plugin have it from their object */
	if (!dead && (s->does & DO_FALLIBLE) &&
	    (s->place == AT_OBJECT || o->does != DO_PLUGIN))
		dead = r->dead;
	if (!dead)
		return;
	ret->dead = dead_signal(r, o, dead);
	if (ret->dead)
		connect_later(r, ret->dead, dead);
}

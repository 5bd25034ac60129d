/* SPDX-License-Identifier: MIT */
/*
 * What is tapped is a list of guests with the same queue, each with the number of taps
 * that want it. What befalls that queue is nobody's loss, and is not counted.
 */
#include "supervisor/tapped.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "plan/ways.h"
#include "queue/drop.h"
#include "supervisor/guest.h"
#include "supervisor/naming.h"
#include "supervisor/rewire.h"

enum { SIZE = 4 << 20 };

static struct guest **find(struct supervisor *s, const char *owner, const char *member)
{
	struct guest **at = &s->world.tapped;

	while (*at &&
	       (strcmp((*at)->owner, owner) != 0 || strcmp((*at)->member, member) != 0))
		at = &(*at)->next;
	return at;
}

/* The first one makes the queue, of a name that none had before. */
static int make(struct supervisor *s, struct guest *g, struct sigslot_error *err)
{
	const struct queue_limits limits = {.size = SIZE};

	if (s->world.tapped) {
		memcpy(g->queue, s->world.tapped->queue, sizeof(g->queue));
		return 0;
	}
	snprintf(g->queue, sizeof(g->queue), GUEST_TAPPED "%u", s->world.generation);
	return queue_create(s->world.queues, g->queue, &limits, err);
}

static int add_new(struct supervisor *s, const struct guest *like, struct guest **at,
		   struct sigslot_error *err)
{
	struct guest *g = malloc(sizeof(*g));
	int r;

	if (!g)
		return fail(err, -ENOMEM, "out of memory");
	*g = *like;
	g->full = QUEUE_TAP;
	g->size = SIZE;
	r = make(s, g, err);
	if (r < 0)
		free(g);
	else
		*at = g;
	return r;
}

static int add(struct supervisor *s, const char *name, struct tapped *t,
	       struct sigslot_error *err)
{
	const char *dot = strchr(name, '.');
	struct guest like = {0}, **at, **noted;
	int r = 0;

	if (!dot || dot - name >= (ptrdiff_t)sizeof(like.owner) ||
	    strlen(dot + 1) >= sizeof(like.member))
		return 0;
	memcpy(like.owner, name, (size_t)(dot - name));
	memcpy(like.member, dot + 1, strlen(dot + 1));
	if (ways_from(s->plan, like.owner, like.member) == PLAN_NONE)
		return 0;
	noted = vec_add(&t->at);
	if (!noted)
		return fail(err, -ENOMEM, "out of memory");
	at = find(s, like.owner, like.member);
	if (!*at)
		r = add_new(s, &like, at, err);
	if (r < 0) {
		t->at.len--;
		return r;
	}
	(*at)->taps++;
	*noted = *at;
	return 0;
}

static void release(struct supervisor *s, struct guest *g)
{
	if (--g->taps)
		return;
	*find(s, g->owner, g->member) = g->next;
	free(g);
}

static void remove_queue(struct supervisor *s, const char *name)
{
	struct sigslot_error err = {0};
	struct queue *q = NULL;

	if (queue_open(s->world.queues, name, s->identity, &q, NULL) == 0)
		queue_shut(q, true); /* who still emits to it lets go of it */
	queue_close(q);
	if (queue_remove(s->world.queues, name, &err) < 0)
		log_line("sigslot", "%s", err.text);
}

/* Takes back all from `from` on; the last one removes the queue. */
static void take_back(struct supervisor *s, struct tapped *t, size_t from)
{
	struct sigslot_error err = {0};
	char queue[sizeof(((struct guest *)0)->queue)] = "";

	if (t->at.len > from)
		memcpy(queue, t->at.at[from]->queue, sizeof(queue));
	while (t->at.len > from)
		release(s, t->at.at[--t->at.len]);
	if (!*queue)
		return;
	if (guest_publish(s, &err) < 0)
		log_line("sigslot", "%s", err.text);
	if (!s->world.tapped)
		remove_queue(s, queue);
}

int tapped_add(struct supervisor *s, const json_t *request, struct tapped *t,
	       struct sigslot_error *err)
{
	const json_t *signals = json_object_get(request, "signals");
	size_t before = t->at.len;
	int r = 0;

	if (s->stop.active || s->ending)
		return fail(err, -ESHUTDOWN, "instance '%s' is stopping",
			    s->plan->name);
	for (size_t i = 0; r == 0 && i < json_array_size(signals); i++)
		r = add(s, json_string_value(json_array_get(signals, i)) ?: "", t, err);
	if (r == 0 && t->at.len > before)
		r = guest_publish(s, err);
	if (r < 0)
		take_back(s, t, before);
	return r;
}

void tapped_leave(struct supervisor *s, struct tapped *t)
{
	if (!s->ending)
		take_back(s, t, 0);
	vec_done(&t->at);
}

void tapped_end_all(struct supervisor *s)
{
	struct guest *g;

	while ((g = s->world.tapped)) {
		s->world.tapped = g->next;
		free(g);
	}
}

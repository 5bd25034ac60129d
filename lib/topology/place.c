/* SPDX-License-Identifier: MIT */
/*
 * Processes, loops, queues. A loop names its process before or after that is declared,
 * so they are brought together at the end.
 */
#include "topology/place.h"

#include <string.h>

#include "base/unit.h"
#include "topology/fate.h"
#include "topology/member.h"
#include "topology/object.h"
#include "topology/replica.h"
#include "topology/upkeep.h"
#include "topology/value.h"

enum { QUEUE_SIZE = 8 << 20 }; /* of a named queue */

static struct model_process *add_process(struct reader *r, const char *name,
					 const struct node *at)
{
	struct model_process *p = reader_alloc(r, sizeof(*p)), **place;

	if (!p)
		return NULL;
	member_init(&p->thing, MODEL_PROCESS, name, at);
	p->env = r->t->env;
	p->restart = budget_usual;
	p->thing.own = OWN_PROCESS;
	if (!member_name(r, &p->thing))
		return p;
	place = vec_add(&r->t->processes);
	if (place)
		*place = p;
	else
		r->problems.no_memory = true;
	return p;
}

void place_main(struct reader *r)
{
	add_process(r, "main", NULL);
}

static void read_nice(struct reader *r, const struct node *n, struct model_process *p)
{
	uint64_t value;
	bool below;

	if (!n)
		return;
	below = n->text[0] == '-';
	if (!value_number(n->text + below, &value) || value > 19u + below) {
		problem_node(&r->problems, n,
			     "`nice` must be a whole number between -20 and 19");
		return;
	}
	p->nice = below ? -(int)value : (int)value;
}

static void read_process(struct reader *r, const struct node *name)
{
	struct model_process *p;
	struct section s;

	if (strcmp(name->text, "main") == 0 && !r->t->processes.at[0]->thing.at) {
		p = r->t->processes.at[0];
		p->thing.at = name;
	} else {
		p = add_process(r, name->text, name);
	}
	if (!p)
		return;
	if (node_empty(name->next) || !section_read(r, name->next, AT_PROCESS, 0, &s))
		return;
	p->env = place_env(r, section_node(&s, "env"), r->t->env);
	p->shell = reader_shell(r, &s);
	read_nice(r, section_node(&s, "nice"), p);
	upkeep_restart(r, section_node(&s, "restart"), &p->restart);
	p->on_exit = upkeep_on_exit(&s);
	p->init = section_text(&s, "init", NULL);
	p->after.node = section_node(&s, "after");
}

void place_processes(struct reader *r, const struct node *map)
{
	node_pairs(name, map)
	{
		read_process(r, name);
	}
}

struct model_loop *loop_new(struct reader *r, const char *name, const struct node *at)
{
	struct model_loop *l = reader_alloc(r, sizeof(*l)), **place;

	if (!l)
		return NULL;
	member_init(&l->thing, MODEL_LOOP, name, at);
	l->objects_tail = &l->objects;
	l->thing.own = OWN_LOOP;
	l->replica = r->replica;
	l->thing.index = (uint32_t)r->t->loops.len;
	place = vec_add(&r->t->loops);
	if (!place) {
		r->problems.no_memory = true;
		return NULL;
	}
	return *place = l;
}

/* `durable` is NULL where that cannot be. */
static void read_room(struct reader *r, const struct node *n, uint64_t *size,
		      uint64_t *messages, bool *durable)
{
	const struct setting *lasting;
	struct section s;

	if (!n || !section_read(r, n, AT_QUEUE, 0, &s))
		return;
	*size = section_number(&s, "size", *size);
	*messages = section_number(&s, "messages", 0);
	lasting = section_get(&s, "durable");
	if (durable)
		*durable = lasting && lasting->number;
	else if (lasting && lasting->number)
		problem_node(&r->problems, lasting->value,
			     "the queue of a loop cannot be durable: put a named queue "
			     "before the loop, under queues:");
}

static void read_loop(struct reader *r, const struct node *name)
{
	struct model_loop *l = loop_new(r, name->text, name);
	const struct node *objects;
	struct section s;

	if (!l)
		return;
	member_name(r, &l->thing);
	if (!section_read(r, name->next, AT_LOOP, 0, &s))
		return;
	l->process_at = section_node(&s, "process");
	read_room(r, section_node(&s, "queue"), &l->size, &l->messages, NULL);
	l->on_error = fate_on_error(&s);
	l->on_exit = upkeep_on_exit(&s);
	l->after.node = section_node(&s, "after");
	objects = section_node(&s, "objects");
	for (const struct node *e = objects ? objects->first : NULL; e;
	     e = e->next->next) {
		const struct node *own = replica_name(r, e);

		if (own)
			object_read(r, own, l);
	}
}

static void read_replicas(struct reader *r, const struct node *name, unsigned len)
{
	r->replica_len = len;
	for (r->replica = 1; r->replica <= len; r->replica++) {
		const struct node *own = replica_name(r, name);

		if (!own)
			break;
		read_loop(r, own);
	}
	r->replica = 0;
}

void place_loops(struct reader *r, const struct node *map)
{
	node_pairs(name, map)
	{
		unsigned replicas = replica_count(name->next);

		if (replicas)
			read_replicas(r, name, replicas);
		else
			read_loop(r, name);
	}
}

static void read_queue(struct reader *r, const struct node *name)
{
	struct model_queue *q = reader_alloc(r, sizeof(*q)), **place;

	if (!q)
		return;
	member_init(&q->thing, MODEL_QUEUE, name->text, name);
	q->size = QUEUE_SIZE;
	q->links_tail = &q->links;
	if (!member_name(r, &q->thing))
		return;
	q->thing.index = (uint32_t)r->t->queues.len;
	place = vec_add(&r->t->queues);
	if (place)
		*place = q;
	else
		r->problems.no_memory = true;
	if (!node_empty(name->next))
		read_room(r, name->next, &q->size, &q->messages, &q->durable);
}

void place_queues(struct reader *r, const struct node *map)
{
	node_pairs(name, map)
	{
		read_queue(r, name);
	}
}

static struct model_process *find_process(struct reader *r, const struct model_loop *l)
{
	struct near near = {.wanted = l->process_at ? l->process_at->text : "main"};
	struct model_thing *thing = map_get(&r->t->names, near.wanted);

	if (thing && thing->kind == MODEL_PROCESS)
		return model_process_of(thing);
	for (size_t i = 0; problem_guesses(&r->problems) && i < r->t->processes.len;
	     i++)
		near_try(&near, r->t->processes.at[i]->thing.name);
	problem_node(&r->problems, l->process_at, "there is no process %s%s",
		     problem_quote(&r->problems, near.wanted),
		     problem_near(&r->problems, &near));
	return NULL;
}

static void drop_main(struct reader *r)
{
	memmove(r->t->processes.at, r->t->processes.at + 1,
		(r->t->processes.len - 1) * sizeof(*r->t->processes.at));
	r->t->processes.len--;
}

void place_settle(struct reader *r)
{
	struct topology *t = r->t;

	for (size_t i = 0; i < t->loops.len; i++) {
		t->loops.at[i]->process = find_process(r, t->loops.at[i]);
		if (t->loops.at[i]->process)
			t->loops.at[i]->process->loops++;
	}
	for (size_t i = 0; i < t->processes.len; i++) {
		const struct model_process *p = t->processes.at[i];

		if (!p->loops && p->thing.at)
			problem_node(&r->problems, p->thing.at,
				     "no loop runs in the process %s: give one "
				     "`process: %s`",
				     problem_quote(&r->problems, p->thing.name),
				     p->thing.name);
	}
	if (t->processes.len && !t->processes.at[0]->loops && !r->problems.list.len)
		drop_main(r);
	for (size_t i = 0; i < t->processes.len; i++)
		t->processes.at[i]->thing.index = (uint32_t)i;
}

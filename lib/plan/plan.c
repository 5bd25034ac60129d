/* SPDX-License-Identifier: MIT */
/*
 * From the checked topology to arrays that refer to one another by index. Everything
 * is copied: a plan outlives its topology.
 */
#include "plan/plan.h"

#include <string.h>

#include "plan/make.h"
#include "topology/keys.h"
#include "topology/member.h"

enum {
	PAGE = 4096,
	QUEUES_TOGETHER = 256 << 20, /* bytes that loops share by default */
	QUEUE_LEAST = 64 << 10,
	QUEUE_MOST = 2 << 20,
};

struct maker {
	const struct topology *t;
	const struct plan *like; /* whose places are kept, or NULL */
	struct plan *p;
	bool no_memory;
	struct copied {
		const char *from, *to;
	} copied[64];
};

static void *zeroed(struct maker *m, size_t len, size_t size)
{
	void *at = arena_alloc(&m->p->arena, len * size);

	if (!at)
		m->no_memory = true;
	return at;
}

/* Types and names of members are often one and the same text: it is copied once. */
static const char *copy(struct maker *m, const char *text)
{
	struct copied *c = &m->copied[(uintptr_t)text / 8 % ARRAY_LEN(m->copied)];

	if (!text || c->from == text)
		return text ? c->to : NULL;
	c->from = text;
	c->to = arena_text(&m->p->arena, text);
	if (!c->to) {
		m->no_memory = true;
		c->from = NULL;
	}
	return c->to;
}

static const char *const *copy_all(struct maker *m, const char *const *texts)
{
	const char **copied;
	size_t len = 0;

	if (!texts)
		return NULL;
	while (texts[len])
		len++;
	copied = zeroed(m, len + 1, sizeof(*copied));
	for (size_t i = 0; copied && i < len; i++)
		copied[i] = copy(m, texts[i]);
	return copied;
}

/* Without one, that of the top. */
static const char *const *pick_shell(struct maker *m, const char *const *shell)
{
	static const char *const sh[] = {"sh", NULL};

	if (!shell)
		shell = m->t->shell;
	return shell ? copy_all(m, shell) : sh;
}

static void copy_after(struct maker *m, const struct model_after *from,
		       struct plan_after *to)
{
	if (after_make(&m->p->arena, from, to) < 0)
		m->no_memory = true;
}

static void make_processes(struct maker *m)
{
	for (size_t i = 0; i < m->t->processes.len; i++) {
		const struct model_process *from = m->t->processes.at[i];
		struct plan_process *to = &m->p->processes[from->thing.index];

		to->name = to->was = copy(m, from->thing.name);
		to->env = copy_all(m, from->env);
		to->nice = from->nice;
		to->sum = from->sum;
		to->restart = from->restart;
		to->on_exit = from->on_exit;
		to->init = copy(m, from->init);
		to->shell = pick_shell(m, from->shell);
		copy_after(m, &from->after, &to->after);
	}
}

static uint64_t queue_size(size_t loops)
{
	uint64_t size = QUEUES_TOGETHER / (loops ? loops : 1);

	if (size < QUEUE_LEAST)
		size = QUEUE_LEAST;
	if (size > QUEUE_MOST)
		size = QUEUE_MOST;
	return size / PAGE * PAGE;
}

static void make_loops(struct maker *m)
{
	uint64_t size = queue_size(m->t->loops.len);

	for (size_t i = 0; i < m->t->loops.len; i++) {
		const struct model_loop *from = m->t->loops.at[i];
		struct plan_loop *to = &m->p->loops[from->thing.index];

		to->name = to->was = copy(m, from->thing.name);
		to->process = from->process->thing.index;
		to->size = from->size ? from->size : size;
		to->messages = from->messages;
		to->replica = from->replica;
		to->sum = from->sum;
		to->on_exit = from->on_exit;
		copy_after(m, &from->after, &to->after);
	}
}

static void make_timer(const struct model_object *from, struct plan_timer *to)
{
	to->how = from->does & DO_EVERY	  ? PLAN_EVERY
		  : from->does & DO_AFTER ? PLAN_AFTER
					  : PLAN_TIGHT;
	to->interval_ns = from->interval_ns;
	to->burst = from->burst;
	to->disabled = from->disabled;
}

static void make_objects(struct maker *m)
{
	for (size_t i = 0; i < m->t->objects.len; i++) {
		const struct model_object *from = m->t->objects.at[i];
		struct plan_object *to = &m->p->objects[i];

		to->name = copy(m, from->thing.name);
		to->loop = from->loop->thing.index;
		to->kind = from->does & DO_TIMER    ? PLAN_TIMER
			   : from->does & DO_PLUGIN ? PLAN_PLUGIN
						    : PLAN_COMMANDS;
		if (to->kind == PLAN_TIMER)
			make_timer(from, &to->timer);
		to->plugin = copy(m, from->plugin);
		to->config = copy(m, from->config ? from->config : "null");
	}
}

static enum plan_owner owner_of(const struct model_thing *thing)
{
	static const enum plan_owner owners[] = {
		[MODEL_PROCESS] = PLAN_PROCESS,
		[MODEL_LOOP] = PLAN_LOOP,
		[MODEL_OBJECT] = PLAN_OBJECT,
	};

	return owners[thing->kind];
}

static void make_signal(struct maker *m, const struct model_thing *thing,
			uint32_t index, const char *name, const char *type)
{
	struct plan_signal *to = &m->p->signals[index];

	to->name = copy(m, name);
	to->owner = owner_of(thing);
	to->owned_by = thing->index;
	to->type = copy(m, type);
}

static void make_signals(struct maker *m, const struct model_thing *thing)
{
	const struct member_own *own;
	uint32_t index = thing->first_signal;
	size_t at = 0;

	while ((own = member_own(thing, false, &at)))
		make_signal(m, thing, index++, own->name, own->type);
	for (const struct model_signal *s = thing->signals; s; s = s->next)
		if (s->at)
			make_signal(m, thing, s->index, s->name, s->type);
}

static enum plan_slot_kind slot_kind(unsigned does)
{
	static const struct {
		unsigned does;
		enum plan_slot_kind kind;
	} kinds[] = {
		{DO_SOURCE, PLAN_SOURCE},      {DO_RUN, PLAN_RUN},
		{DO_EXEC, PLAN_EXEC},	       {DO_FILTER, PLAN_FILTER},
		{DO_PLUGIN, PLAN_PLUGIN_SLOT}, {DO_BUILTIN, PLAN_BUILTIN},
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].does == does)
			return kinds[i].kind;
	return PLAN_MEMBER;
}

static const char *const *shell_of(struct maker *m, const struct model_object *o)
{
	return pick_shell(m, o->shell ? o->shell : o->loop->process->shell);
}

/* What written slots and those that a thing has by itself have in common. */
static struct plan_slot *start_slot(struct maker *m, const struct model_thing *thing,
				    uint32_t index, const char *name, const char *type)
{
	struct plan_slot *to = &m->p->slots[index];

	to->name = copy(m, name);
	to->owner = owner_of(thing);
	to->owned_by = thing->index;
	to->loop = PLAN_NONE;
	to->kind = PLAN_MEMBER;
	to->type = copy(m, type);
	to->parallel = 1;
	to->emit = to->finished = to->failed = to->fate.dead = PLAN_NONE;
	return to;
}

static void make_slot(struct maker *m, const struct model_object *o,
		      const struct model_slot *from)
{
	struct plan_slot *to =
		start_slot(m, &o->thing, from->index, from->name, from->type);

	to->loop = o->loop->thing.index;
	to->kind = slot_kind(from->does);
	to->text = copy(m, from->text);
	to->argv = copy_all(m, from->argv);
	to->args = copy_all(m, from->args);
	to->args_none = from->args_none;
	to->input_json = from->input_json;
	to->reply_line = from->reply_line;
	to->parallel = from->parallel;
	to->key = copy(m, from->key);
	to->timeout_ns = from->timeout_ns;
	to->upkeep = from->upkeep;
	to->shell = shell_of(m, o);
	if (from->emit)
		to->emit = from->emit->index;
	fate_make(m->t, o, &from->fate, &to->fate);
	to->fate.group = copy(m, from->fate.group ? from->fate.group : o->fate.group);
	if (from->does & DO_BUILTIN)
		return;
	to->finished = member_own_signal(&o->thing, "finished");
	to->failed = member_own_signal(&o->thing, "failed");
}

static void make_members(struct maker *m, const struct model_thing *thing)
{
	const struct member_own *own;
	uint32_t index = thing->first_slot;
	size_t at = 0;

	*plan_members(m->p, owner_of(thing), thing->index) = (struct plan_members){
		thing->first_signal, thing->end_signal - thing->first_signal,
		thing->first_slot, thing->end_slot - thing->first_slot};
	make_signals(m, thing);
	while ((own = member_own(thing, true, &at)))
		start_slot(m, thing, index++, own->name, "any");
	for (const struct model_slot *s = thing->slots; s; s = s->next)
		if (s->at)
			make_slot(m, container_of(thing, struct model_object, thing),
				  s);
}

static void make_rest(struct maker *m)
{
	for (size_t i = 0; i < m->t->queues.len; i++) {
		const struct model_queue *from = m->t->queues.at[i];
		struct plan_queue *to = &m->p->queues[from->thing.index];

		to->name = to->was = copy(m, from->thing.name);
		to->size = from->size;
		to->messages = from->messages;
		to->durable = from->durable;
	}
	for (size_t i = 0; i < m->t->links.len; i++) {
		const struct model_link *from = m->t->links.at[i];

		m->p->connections[i].from = copy(m, from->from_text);
		m->p->connections[i].to = copy(m, from->to_text);
		m->p->connections[i].full = copy(m, from->full);
		m->p->connections[i].once = from->once;
		m->p->connections[i].implied = from->implied;
		m->p->connections[i].signal =
			from->from ? from->from->index : PLAN_NONE;
		m->p->connections[i].to_signal =
			from->signal ? from->signal->index : PLAN_NONE;
		m->p->connections[i].line = from->at->from.line;
	}
	for (size_t i = 0; i < m->t->processes.len; i++)
		make_members(m, &m->t->processes.at[i]->thing);
	for (size_t i = 0; i < m->t->loops.len; i++)
		make_members(m, &m->t->loops.at[i]->thing);
	for (size_t i = 0; i < m->t->objects.len; i++)
		make_members(m, &m->t->objects.at[i]->thing);
}

/* Makes room for all of them. */
static void size_up(struct maker *m)
{
	const struct topology *t = m->t;
	struct plan *p = m->p;

	m->no_memory = m->no_memory || number_make(t, m->like, p) < 0;
	p->objects_len = (uint32_t)t->objects.len;
	p->connections_len = (uint32_t)t->links.len;
	p->signals_len = t->signals_len;
	p->slots_len = t->slots_len;
	p->processes = zeroed(m, p->processes_len, sizeof(*p->processes));
	p->loops = zeroed(m, p->loops_len, sizeof(*p->loops));
	p->objects = zeroed(m, p->objects_len, sizeof(*p->objects));
	p->queues = zeroed(m, p->queues_len, sizeof(*p->queues));
	p->connections = zeroed(m, p->connections_len, sizeof(*p->connections));
	p->signals = zeroed(m, p->signals_len, sizeof(*p->signals));
	p->slots = zeroed(m, p->slots_len, sizeof(*p->slots));
	m->no_memory = m->no_memory || number_keep(m->like, p) < 0;
}

static int fill(struct maker *m, const char *name, struct sigslot_error *err)
{
	int code;

	m->p->name = copy(m, name ? name : m->t->name);
	m->p->directory = copy(m, m->t->directory);
	m->p->stop_timeout_ns = m->t->stop_timeout_ns;
	m->p->file = copy(m, m->t->file);
	size_up(m);
	if (!m->no_memory) {
		make_processes(m);
		make_loops(m);
		make_objects(m);
		make_rest(m);
		number_members(m->p);
	}
	if (m->no_memory)
		return fail(err, -ENOMEM, "out of memory");
	code = target_make(m->t, m->p, err);
	if (code >= 0 && (taker_make(m->t, m->p) < 0 || rank_make(m->p) < 0))
		code = fail(err, -ENOMEM, "out of memory");
	return code;
}

int plan_make(const struct topology *t, const char *name, const struct plan *like,
	      struct plan **ret, struct sigslot_error *err)
{
	struct maker m = {.t = t, .like = like, .p = calloc(1, sizeof(*m.p))};
	int code;

	if (!m.p)
		return fail(err, -ENOMEM, "out of memory");
	code = fill(&m, name, err);
	if (code < 0)
		plan_free(m.p);
	else
		*ret = m.p;
	return code;
}

const struct plan *plan_share(const struct plan *p)
{
	((struct plan *)p)->users++;
	return p;
}

void plan_free(const struct plan *p)
{
	struct plan *own = (struct plan *)p;

	if (!own || own->users--)
		return;
	arena_done(&own->arena);
	free(own);
}

const char *plan_owner_name(const struct plan *p, enum plan_owner owner, uint32_t index)
{
	if (owner == PLAN_OBJECT)
		return p->objects[index].name;
	return owner == PLAN_LOOP ? p->loops[index].name : p->processes[index].name;
}

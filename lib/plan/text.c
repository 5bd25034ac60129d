/* SPDX-License-Identifier: MIT */
/*
 * The plan for people: a line for each thing, `what  address  details`, that grep and
 * awk can read. The same plan gives the same text. What things have by themselves is
 * left out.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/unit.h"
#include "plan/keep.h"

/* One line is put together in parts; a lack of memory shows at the end. */
struct lines {
	const struct plan *p;
	struct buf out;
	bool no_memory;
	int width; /* of addresses */
};

static void put(struct lines *l, const char *format, ...) _printf_(2, 3);

static void put(struct lines *l, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (buf_add_text(&l->out, text) < 0)
		l->no_memory = true;
}

/* A command may have lines of its own: \n keeps it on one. */
static void put_bytes(struct lines *l, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];
		int code;

		if (c == '\n')
			code = buf_add_text(&l->out, "\\n");
		else
			code = buf_add_byte(&l->out,
					    c < 0x20 || c == 0x7f ? '?' : text[i]);
		if (code < 0)
			l->no_memory = true;
	}
}

static void put_text(struct lines *l, const char *text)
{
	size_t size = strlen(text);

	while (size && strchr(" \n", text[size - 1]))
		size--;
	put_bytes(l, text, size);
}

static void put_word(struct lines *l, const char *word)
{
	const char *quote = !*word || strpbrk(word, " \t\n\"'") ? "'" : "";

	put(l, " %s", quote);
	put_bytes(l, word, strlen(word));
	put(l, "%s", quote);
}

static void put_head(struct lines *l, const char *what, const char *owner,
		     const char *member)
{
	char address[160];

	snprintf(address, sizeof(address), "%s%s%s", owner, member ? "." : "",
		 member ? member : "");
	put(l, "%-11s %-*s ", what, l->width, address);
}

/* Ends a line, without the blanks that its columns left. */
static void end(struct lines *l)
{
	while (l->out.size && l->out.data[l->out.size - 1] == ' ')
		l->out.size--;
	put(l, "\n");
}

static void put_size(struct lines *l, uint64_t size, uint64_t messages)
{
	char text[32];

	put(l, "%s", unit_size_text(size, text));
	if (messages)
		put(l, ", %llu messages", (unsigned long long)messages);
}

static void keep(struct lines *l, int code)
{
	if (code < 0)
		l->no_memory = true;
}

static void put_process(struct lines *l, const struct plan_process *p)
{
	put_head(l, "process", p->name, NULL);
	keep(l, keep_process(l->p, p, &l->out));
	if (p->nice)
		put(l, ", nice %d", p->nice);
	for (size_t i = 0; p->env && p->env[i]; i++) {
		put(l, ", env ");
		put_text(l, p->env[i]);
	}
	if (p->init) {
		put(l, ", init ");
		put_text(l, p->init);
	}
	end(l);
}

static void put_loop(struct lines *l, const struct plan_loop *loop)
{
	put_head(l, "loop", loop->name, NULL);
	put(l, "in %s, rank %u, queue ", l->p->processes[loop->process].name,
	    loop->rank);
	put_size(l, loop->size, loop->messages);
	keep(l, keep_loop(l->p, loop, &l->out));
	end(l);
}

static void put_queue(struct lines *l, const struct plan_queue *q)
{
	put_head(l, "queue", q->name, NULL);
	if (q->slots_len)
		put(l, "rank %u, ", q->rank);
	put_size(l, q->size, q->messages);
	if (q->durable)
		put(l, ", durable");
	end(l);
}

static void put_timer(struct lines *l, const struct plan_timer *t)
{
	char interval[32];

	unit_duration_text(t->interval_ns, interval);
	if (t->how == PLAN_TIGHT)
		put(l, ", tight");
	else
		put(l, ", %s %s", t->how == PLAN_EVERY ? "every" : "after", interval);
	put(l, "%s%s", t->burst ? ", missed burst" : "",
	    t->disabled ? ", not enabled" : "");
}

static void put_object(struct lines *l, const struct plan_object *o)
{
	static const char *const kinds[] = {
		[PLAN_COMMANDS] = "object",
		[PLAN_TIMER] = "timer",
		[PLAN_PLUGIN] = "plugin",
	};

	put_head(l, kinds[o->kind], o->name, NULL);
	put(l, "on %s", l->p->loops[o->loop].name);
	if (o->kind == PLAN_TIMER)
		put_timer(l, &o->timer);
	if (o->plugin) {
		put(l, ", ");
		put_text(l, o->plugin);
	}
	if (strcmp(o->config, "null") != 0) {
		put(l, ", config ");
		put_text(l, o->config);
	}
	end(l);
}

static bool by_itself(const struct plan_signal *s)
{
	return s->owner != PLAN_OBJECT || strcmp(s->name, "finished") == 0 ||
	       strcmp(s->name, "failed") == 0;
}

static const char *owner_of_signal(const struct plan *p, uint32_t index)
{
	return plan_owner_name(p, p->signals[index].owner, p->signals[index].owned_by);
}

static void put_words(struct lines *l, const char *what, const char *const *words)
{
	put(l, "%s", what);
	for (size_t i = 0; words[i]; i++)
		put_word(l, words[i]);
}

static void put_options(struct lines *l, const struct plan_slot *s)
{
	char timeout[32], from[32], to[32];

	if (s->args)
		put_words(l, "; args", s->args);
	if (s->shell &&
	    (s->kind == PLAN_RUN || s->kind == PLAN_FILTER || s->kind == PLAN_SOURCE) &&
	    (strcmp(s->shell[0], "sh") != 0 || s->shell[1]))
		put_words(l, "; shell", s->shell);
	put(l, "%s%s%s", s->args_none ? "; args none" : "",
	    s->input_json ? "; input json" : "", s->reply_line ? "; reply line" : "");
	if (s->timeout_ns)
		put(l, "; timeout %s", unit_duration_text(s->timeout_ns, timeout));
	if (s->fate.retries)
		put(l, "; retry %u, %s..%s", s->fate.retries,
		    unit_duration_text(s->fate.backoff_ns, from),
		    unit_duration_text(s->fate.backoff_max_ns, to));
	if (s->fate.stop)
		put(l, "; on error stop");
	if (s->fate.group)
		put(l, "; group %s", s->fate.group);
	if (s->parallel > 1)
		put(l, "; parallel %u", s->parallel);
	if (s->key) {
		put(l, "; key");
		put_word(l, s->key);
	}
	keep(l, keep_slot(s, &l->out));
	if (s->emit != PLAN_NONE)
		put(l, "; emits %s.%s", owner_of_signal(l->p, s->emit),
		    l->p->signals[s->emit].name);
}

static void put_slot(struct lines *l, const struct plan_slot *s)
{
	static const char *const kinds[] = {
		[PLAN_SOURCE] = "source",      [PLAN_RUN] = "run",
		[PLAN_EXEC] = "exec",	       [PLAN_FILTER] = "filter",
		[PLAN_PLUGIN_SLOT] = "plugin", [PLAN_BUILTIN] = "builtin",
	};

	put_head(l, "slot", plan_owner_name(l->p, s->owner, s->owned_by), s->name);
	if (s->kind != PLAN_SOURCE)
		put(l, "%s, ", s->type);
	if (s->argv) {
		put_words(l, "exec", s->argv);
	} else {
		put(l, "%s%s", kinds[s->kind], s->text ? " " : "");
		put_text(l, s->text ? s->text : "");
	}
	put_options(l, s);
	end(l);
}

static void put_reach(struct lines *l, uint32_t signal, const struct plan_target *t)
{
	const struct plan *p = l->p;
	const char *name = p->signals[signal].name;

	put_head(l, "reach", owner_of_signal(p, signal), name);
	if (t->slot == PLAN_NONE)
		put(l, "-> %s", p->queues[t->queue].name);
	else
		put(l, "-> %s.%s",
		    plan_owner_name(p, p->slots[t->slot].owner,
				    p->slots[t->slot].owned_by),
		    p->slots[t->slot].name);
	put(l, " by ");
	put_text(l, p->connections[t->connection].from);
	put(l, " -> ");
	put_text(l, p->connections[t->connection].to);
	end(l);
}

/* Only what its connection does not say already: through a signal, or a broadcast. */
static bool tells_more(const struct plan *p, uint32_t signal,
		       const struct plan_target *t)
{
	const char *to = p->connections[t->connection].to;
	size_t size = strlen(to), tail = strlen(".broadcast");

	return t->via != signal ||
	       (size > tail && strcmp(to + size - tail, ".broadcast") == 0);
}

static void put_members(struct lines *l)
{
	const struct plan *p = l->p;

	for (uint32_t i = 0; i < p->signals_len; i++) {
		if (by_itself(&p->signals[i]))
			continue;
		put_head(l, "signal", owner_of_signal(p, i), p->signals[i].name);
		put_text(l, p->signals[i].type);
		end(l);
	}
	for (uint32_t i = 0; i < p->slots_len; i++)
		if (p->slots[i].kind != PLAN_MEMBER)
			put_slot(l, &p->slots[i]);
}

static void put_flow(struct lines *l)
{
	const struct plan *p = l->p;

	for (uint32_t i = 0; i < p->connections_len; i++) {
		put_head(l, "connection", p->connections[i].from, NULL);
		put(l, "-> ");
		put_text(l, p->connections[i].to);
		if (strcmp(p->connections[i].full, "block") != 0)
			put(l, ", full %s", p->connections[i].full);
		if (p->connections[i].once)
			put(l, ", once");
		end(l);
	}
	for (uint32_t i = 0; i < p->signals_len; i++)
		for (uint32_t k = 0; k < p->signals[i].targets_len; k++) {
			const struct plan_target *t =
				&p->targets[p->signals[i].first_target + k];

			if (tells_more(p, i, t))
				put_reach(l, i, t);
		}
}

static void widen(struct lines *l, const char *owner, const char *member)
{
	int size = (int)(strlen(owner) + (member ? 1 + strlen(member) : 0));

	if (size > l->width && size <= 40)
		l->width = size;
}

static void measure(struct lines *l)
{
	const struct plan *p = l->p;

	for (uint32_t i = 0; i < p->signals_len; i++)
		if (!by_itself(&p->signals[i]))
			widen(l, owner_of_signal(p, i), p->signals[i].name);
	for (uint32_t i = 0; i < p->slots_len; i++)
		if (p->slots[i].kind != PLAN_MEMBER)
			widen(l,
			      plan_owner_name(p, p->slots[i].owner,
					      p->slots[i].owned_by),
			      p->slots[i].name);
	for (uint32_t i = 0; i < p->connections_len; i++)
		widen(l, p->connections[i].from, NULL);
}

char *plan_text(const struct plan *p)
{
	struct lines l = {.p = p};
	char time[32];

	measure(&l);
	put_head(&l, "instance", p->name, NULL);
	if (p->stop_timeout_ns)
		put(&l, "stop within %s", unit_duration_text(p->stop_timeout_ns, time));
	end(&l);
	for (uint32_t i = 0; i < p->processes_len; i++)
		put_process(&l, &p->processes[i]);
	for (uint32_t i = 0; i < p->loops_len; i++)
		put_loop(&l, &p->loops[i]);
	for (uint32_t i = 0; i < p->queues_len; i++) {
		put_queue(&l, &p->queues[i]);
	}
	for (uint32_t i = 0; i < p->objects_len; i++)
		put_object(&l, &p->objects[i]);
	put_members(&l);
	put_flow(&l);
	for (const char **circle = p->circles; *circle; circle++) {
		put_head(&l, "circle", *circle, NULL);
		end(&l);
	}
	if (l.no_memory)
		buf_done(&l.out);
	return l.no_memory ? NULL : buf_take(&l.out);
}

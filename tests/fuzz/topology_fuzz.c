/* SPDX-License-Identifier: MIT */
/*
 * Arbitrary bytes as a topology: either every problem stands in the text and they come
 * in its order, or the plan refers only to what it has, and ranks follow the flow.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "topology/topology.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool held)
{
	if (!held)
		abort();
}

struct seen {
	unsigned line, column;
	size_t problems, size;
};

static void take(void *data, const struct sigslot_error *problem, const char *line)
{
	struct seen *seen = data;

	seen->problems++;
	must(problem->text[0] && problem->source[0]);
	must(!strpbrk(problem->text, "\n\r\t\x1b"));
	must(problem->line > seen->line ||
	     (problem->line == seen->line && problem->column >= seen->column));
	must(problem->line <= seen->size + 1 && problem->column <= seen->size + 1);
	must(!*line || problem->column <= strlen(line) + 1);
	seen->line = problem->line;
	seen->column = problem->column;
}

static bool within(uint32_t index, uint32_t len)
{
	return index == PLAN_NONE || index < len;
}

static void check_slots(const struct plan *p)
{
	for (uint32_t i = 0; i < p->slots_len; i++) {
		const struct plan_slot *s = &p->slots[i];

		must(s->name && s->type && plan_owner_name(p, s->owner, s->owned_by));
		must(within(s->loop, p->loops_len) && within(s->emit, p->signals_len));
		must(within(s->finished, p->signals_len));
		must(within(s->failed, p->signals_len));
		must((s->kind == PLAN_EXEC) == (s->argv && s->argv[0]));
		must(s->parallel >= 1);
	}
}

static uint32_t emitter(const struct plan *p, const struct plan_signal *s)
{
	return s->owner == PLAN_OBJECT ? p->objects[s->owned_by].loop
	       : s->owner == PLAN_LOOP ? s->owned_by
				       : PLAN_NONE;
}

static void check_target(const struct plan *p, uint32_t from,
			 const struct plan_target *t)
{
	uint32_t to;

	must(t->connection < p->connections_len && t->via < p->signals_len);
	must((t->slot == PLAN_NONE) != (t->queue == PLAN_NONE));
	must(within(t->slot, p->slots_len) && within(t->queue, p->queues_len));
	if (t->slot == PLAN_NONE)
		return;
	must(p->slots[t->slot].kind != PLAN_SOURCE);
	to = p->slots[t->slot].loop;
	if (from != PLAN_NONE && to != PLAN_NONE)
		must(p->loops[to].rank >= p->loops[from].rank);
}

static void check_plan(const struct plan *p)
{
	must(p->loops_len > 0 && p->processes_len > 0);
	for (uint32_t i = 0; i < p->loops_len; i++) {
		must(p->loops[i].process < p->processes_len);
		must(p->loops[i].size >= 65536 && p->loops[i].rank < p->loops_len);
	}
	for (uint32_t i = 0; i < p->objects_len; i++)
		must(p->objects[i].loop < p->loops_len && p->objects[i].config);
	for (uint32_t i = 0; i < p->signals_len; i++) {
		const struct plan_signal *s = &p->signals[i];

		must(s->name && s->type);
		must(s->first_target + s->targets_len <= p->targets_len);
		for (uint32_t k = 0; k < s->targets_len; k++)
			check_target(p, emitter(p, s),
				     &p->targets[s->first_target + k]);
	}
	check_slots(p);
}

static void make(const struct topology *t)
{
	struct plan *p;
	char *text;
	int code = plan_make(t, NULL, NULL, &p, NULL);

	must(code == 0 || code == -ENOEXEC);
	if (code < 0)
		return;
	check_plan(p);
	text = plan_text(p);
	must(text && strncmp(text, "instance ", 9) == 0);
	free(text);
	plan_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = {.size = size};
	struct sigslot_error err = {0};
	struct topology_input in = {
		.text = (const char *)data,
		.size = size,
		.file = "fuzz",
		.directory = "/",
		.stem = "fuzz",
		.report = take,
		.data = &seen,
	};
	struct topology *t;
	int code = topology_read(&in, &t, &err);

	must(code == 0 || (code == -ENOEXEC && err.text[0]));
	must((code == 0) == (seen.problems == 0));
	if (code < 0)
		return 0;
	make(t);
	topology_free(t);
	return 0;
}

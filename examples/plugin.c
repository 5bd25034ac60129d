/* SPDX-License-Identifier: MIT */
/*
 * A plugin that counts the messages that its slot `line` gets. Its slot `report` emits
 * the count as the signal `count`, and so does every Nth line with config: {every: N}.
 *
 *   cc -shared -fPIC -o plugin.so plugin.c
 *
 *   counter: {plugin: ./plugin.so, config: {every: 1000}, signals: {count: integer}}
 */
#include <errno.h>
#include <inttypes.h>
#include <sigslot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct counter {
	uint64_t lines, every; /* 0: only when asked */
};

static int begin(struct sigslot_slot *slot, void **ret_state)
{
	struct counter *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	sscanf(sigslot_slot_config(slot), " { \"every\" : %" SCNu64, &c->every);
	*ret_state = c;
	return 0;
}

static int report(struct sigslot_slot *slot, const struct counter *c)
{
	char number[24];
	int size = snprintf(number, sizeof(number), "%" PRIu64, c->lines);

	return sigslot_slot_emit(slot, "count", number, (size_t)size);
}

static int take(struct sigslot_slot *slot, void *state, const struct sigslot_message *m)
{
	struct counter *c = state;

	if (strcmp(m->slot, "line") != 0)
		return strcmp(m->slot, "report") == 0 ? report(slot, c) : -ENXIO;
	c->lines++;
	return c->every && c->lines % c->every == 0 ? report(slot, c) : 0;
}

static void end(struct sigslot_slot *slot, void *state)
{
	struct counter *c = state;

	sigslot_slot_log(slot, "%" PRIu64 " lines in all", c->lines);
	free(c);
}

const struct sigslot_plugin sigslot_plugin = {
	.abi = SIGSLOT_PLUGIN_ABI,
	.size = sizeof(sigslot_plugin),
	.open = begin,
	.deliver = take,
	.close = end,
};

/* SPDX-License-Identifier: MIT */
/*
 * A plugin that plays ball: a number that its slot `in` gets goes out as the signal
 * `out`, one less, until it is 0.
 */
#include <sigslot.h>
#include <stdio.h>
#include <stdlib.h>

static int take(struct sigslot_slot *slot, void *state, const struct sigslot_message *m)
{
	char number[24];
	long n = atol(m->payload);
	int size = snprintf(number, sizeof(number), "%ld", n - 1);

	(void)state;
	return n > 0 ? sigslot_slot_emit(slot, "out", number, (size_t)size) : 0;
}

const struct sigslot_plugin sigslot_plugin = {
	.abi = SIGSLOT_PLUGIN_ABI,
	.size = sizeof(sigslot_plugin),
	.deliver = take,
};

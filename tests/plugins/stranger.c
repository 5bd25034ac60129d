/* SPDX-License-Identifier: MIT */
/* A plugin of an ABI to come: nothing of it may be called. */
#include <sigslot.h>
#include <stdlib.h>

static int begin(struct sigslot_slot *slot, void **ret_state)
{
	(void)slot, (void)ret_state;
	abort();
}

const struct sigslot_plugin sigslot_plugin = {
	.abi = SIGSLOT_PLUGIN_ABI + 1,
	.size = sizeof(sigslot_plugin),
	.open = begin,
};

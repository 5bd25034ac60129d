/* SPDX-License-Identifier: MIT */
/*
 * sigslot start: loops and processes that were stopped take up work again.
 */
#include "cmd.h"
#include "steer.h"

static int run(int len, char **operands)
{
	return steer("start", len, operands);
}

const struct cmd cmd_start = {
	.name = "start",
	.args = "TARGET...",
	.brief = "start loops or processes that have stopped",
	.opts = steer_opts,
	.least = 1,
	.most = ANY_NUMBER,
	.run = run,
};

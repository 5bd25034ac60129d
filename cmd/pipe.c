/* SPDX-License-Identifier: MIT */
/*
 * sigslot queue pipe: two scripts talk to each other, line by line.
 */
#include <string.h>
#include <unistd.h>

#include "print.h"
#include "queue.h"

static int run(int len, char **operands)
{
	struct sigslot_error err = {0};
	bool right = strcmp(operands[1], "right") == 0;
	int r;

	(void)len;
	if (!right && strcmp(operands[1], "left") != 0) {
		complain("queue pipe: '%s' is no side: say left or right", operands[1]);
		return CMD_USAGE;
	}
	r = sigslot_queue_pipe(operands[0], right, STDIN_FILENO, STDOUT_FILENO, &err);
	return r < 0 ? complain_error(&err) : r;
}

const struct cmd cmd_queue_pipe = {
	.name = "queue pipe",
	.args = "NAME left|right",
	.brief = "be one of two that talk to each other",
	.least = 2,
	.most = 2,
	.run = run,
};

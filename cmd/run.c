/* SPDX-License-Identifier: MIT */
/*
 * sigslot run: a topology runs in this process and its workers until it has stopped.
 */
#include <fcntl.h>

#include "cmd.h"
#include "print.h"

static struct sigslot_run_options options = {.ready_fd = -1,
					     .report = complain_problem};

static const struct opt opts[] = {
	{.letter = 'd',
	 .name = "detach",
	 .help = "go on in the background once all is ready",
	 .flag = &options.detach},
	{.letter = 'n',
	 .name = "name",
	 .arg = "NAME",
	 .help = "name of the instance",
	 .text = &options.name},
	{.name = "ready-fd",
	 .arg = "NUMBER",
	 .help = "descriptor that gets a newline once all is ready",
	 .number = &options.ready_fd},
	{.name = "strict",
	 .help = "exit 74 if a message was dropped",
	 .flag = &options.strict},
	{.name = "until-idle",
	 .help = "stop when the sources have ended and all is done",
	 .flag = &options.until_idle},
	{0},
};

static int run(int len, char **operands)
{
	struct sigslot_error err = {0};
	int r;

	options.file = len ? operands[0] : NULL;
	if (options.ready_fd >= 0 && fcntl(options.ready_fd, F_GETFD) < 0) {
		complain("run: --ready-fd: descriptor %d is not open",
			 options.ready_fd);
		return CMD_USAGE;
	}
	r = sigslot_run(&options, &err);
	return r < 0 ? complain_error(&err) : r;
}

const struct cmd cmd_run = {
	.name = "run",
	.args = "[FILE]",
	.brief = "run a topology",
	.opts = opts,
	.most = 1,
	.sibling = true,
	.run = run,
};

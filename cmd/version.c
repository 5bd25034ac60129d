/* SPDX-License-Identifier: MIT */
/*
 * sigslot version: which sigslot this is.
 */
#include "cmd.h"
#include "print.h"

static bool json;

static const struct opt opts[] = {
	{.name = "json", .help = "one JSON object", .flag = &json},
	{0},
};

static int run(int len, char **operands)
{
	const struct print_member members[] = {
		{.key = "version", .text = sigslot_version()},
		{.key = "plugin_abi",
		 .kind = PRINT_NUMBER,
		 .number = SIGSLOT_PLUGIN_ABI},
		{0},
	};

	(void)len;
	(void)operands;
	if (json)
		print_json(members);
	else
		print("sigslot %s\n", sigslot_version());
	return 0;
}

const struct cmd cmd_version = {
	.name = "version",
	.args = "",
	.brief = "show the version",
	.opts = opts,
	.run = run,
};

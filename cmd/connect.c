/* SPDX-License-Identifier: MIT */
/*
 * sigslot connect: a signal of an instance that runs gets a further receiver.
 */
#include <stdlib.h>

#include "cmd.h"
#include "connect.h"
#include "print.h"

static const char *const fulls[] = {"block",  "drop-new", "drop-old",
				    "latest", "fail",	  NULL};
static struct sigslot_connection connection;
static const char *file;

static const struct opt opts[] = {
	{.name = "full",
	 .help = "what happens if the queue of the receiver has no room (default: "
		 "block)",
	 .choices = fulls,
	 .text = &connection.full},
	{.name = "once",
	 .help = "deliver one message, then be gone",
	 .flag = &connection.once},
	CONNECT_SAVE(file),
	{0},
};

static int connect_command(const char *signal, int len, char **words)
{
	char **argv = calloc((size_t)len + 1, sizeof(*argv));
	struct sigslot_error err = {0};
	int r;

	if (!argv)
		return CMD_OS;
	for (int i = 0; i < len; i++)
		argv[i] = words[i];
	r = sigslot_connect_command(signal, &connection, argv, complain_line, NULL,
				    &err);
	free(argv);
	return r < 0 ? complain_error(&err) : r;
}

static int run(int len, char **operands)
{
	struct sigslot_error err = {0};
	bool plain = opt_behind < 0 && len == 2;
	int r;

	if (!plain && (opt_behind != 1 || len < 2 || file || connection.once)) {
		complain("connect: wanted is SIGNAL TARGET, or SIGNAL -- COMMAND "
			 "without "
			 "--once and --save");
		return CMD_USAGE;
	}
	if (!plain)
		return connect_command(operands[0], len - 1, operands + 1);
	r = sigslot_connect(operands[0], operands[1], &connection, &err);
	if (r == 1)
		complain("connected already: %s -> %s", operands[0], operands[1]);
	if (r >= 0)
		r = file ? sigslot_save(operands[0], file, &err) : 0;
	return r < 0 ? complain_error(&err) : 0;
}

const struct cmd cmd_connect = {
	.name = "connect",
	.args = "SIGNAL TARGET | SIGNAL -- COMMAND...",
	.brief = "connect a signal while the instance runs",
	.opts = opts,
	.least = 2,
	.most = ANY_NUMBER,
	.run = run,
};

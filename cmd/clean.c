/* SPDX-License-Identifier: MIT */
/*
 * sigslot clean: removes what dead instances left behind.
 */
#include "cmd.h"
#include "print.h"

static bool force;

static const struct opt opts[] = {
	{.letter = 'f',
	 .name = "force",
	 .help = "also what still has messages",
	 .flag = &force},
	{0},
};

static void tell(void *unused, const char *line)
{
	(void)unused;
	print("%s\n", line);
}

static int clean(const char *instance)
{
	struct sigslot_error err = {0};
	int r = sigslot_clean(instance, force, tell, NULL, &err);

	return r < 0 ? complain_error(&err) : r;
}

static int run(int len, char **operands)
{
	int status = len ? 0 : clean(NULL);

	for (int i = 0; i < len; i++) {
		int r = clean(operands[i]);

		if (r && !status)
			status = r;
	}
	return status;
}

const struct cmd cmd_clean = {
	.name = "clean",
	.args = "[INSTANCE...]",
	.brief = "remove what dead instances left",
	.opts = opts,
	.most = ANY_NUMBER,
	.run = run,
};

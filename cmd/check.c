/* SPDX-License-Identifier: MIT */
/*
 * sigslot check: all that is wrong with a topology, in one run.
 */
#include <stdlib.h>

#include "cmd.h"
#include "print.h"

static bool json, print_plan;

static const struct opt opts[] = {
	{.name = "json", .help = "problems as one JSON object per line", .flag = &json},
	{.name = "print", .help = "print the plan", .flag = &print_plan},
	{0},
};

static void report_json(void *unused, const struct sigslot_error *problem,
			const char *source_line)
{
	const struct print_member members[] = {
		{.key = "file", .text = problem->source},
		{.key = "line", .kind = PRINT_NUMBER, .number = problem->line},
		{.key = "column", .kind = PRINT_NUMBER, .number = problem->column},
		{.key = "text", .text = problem->text},
		{.key = "source", .text = source_line ? source_line : ""},
		{0},
	};

	(void)unused;
	print_json(members);
}

static int run(int len, char **operands)
{
	const char *file = len ? operands[0] : NULL;
	struct sigslot_error err = {0};
	char *plan = NULL;

	if (json && print_plan) {
		complain("check: --json and --print exclude each other");
		return CMD_USAGE;
	}
	if (sigslot_check(file, json ? report_json : complain_problem, NULL,
			  print_plan ? &plan : NULL, &err) < 0)
		return complain_error(&err);
	if (plan)
		print("%s", plan);
	free(plan);
	return 0;
}

const struct cmd cmd_check = {
	.name = "check",
	.args = "[FILE]",
	.brief = "check a topology, and print its plan",
	.opts = opts,
	.most = 1,
	.sibling = true,
	.run = run,
};

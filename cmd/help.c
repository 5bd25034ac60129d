/* SPDX-License-Identifier: MIT */
/*
 * sigslot help: the commands and their options, straight from their tables.
 */
#include <stdio.h>

#include "cmd.h"
#include "print.h"

bool cmd_wants_version;

const struct opt cmd_opts[] = {
	{.letter = 'V',
	 .name = "version",
	 .help = "show the version",
	 .flag = &cmd_wants_version},
	{0},
};

static bool json;

static const struct opt opts[] = {
	{.name = "json", .help = "one JSON object per line", .flag = &json},
	{0},
};

static void print_option(const struct opt *o)
{
	char left[80], names[64], letter[] = "-?, ";
	const char *value = opt_value_name(o, names, sizeof(names));

	letter[1] = o->letter;
	snprintf(left, sizeof(left), "%s--%s%s%s", o->letter ? letter : "    ", o->name,
		 value[0] ? " " : "", value);
	print("  %-26s  %s\n", left, o->help);
}

static void print_option_json(const struct opt *o)
{
	char names[64], letter[] = {o->letter, '\0'};
	const struct print_member members[] = {
		{.key = "letter", .text = letter},
		{.key = "name", .text = o->name},
		{.key = "value", .text = opt_value_name(o, names, sizeof(names))},
		{.key = "help", .text = o->help},
		{0},
	};

	print_json(members);
}

/* A command's own options, then those that every command has. */
static void each_option(const struct opt *own, void (*print_one)(const struct opt *))
{
	for (const struct opt *o = own; o && o->name; o++)
		print_one(o);
	for (const struct opt *o = opt_common; o->name; o++)
		print_one(o);
}

int cmd_usage(const struct cmd *cmd)
{
	print("usage: sigslot %s [OPTION...]%s%s\n%s\n\noptions:\n", cmd->name,
	      cmd->args[0] ? " " : "", cmd->args, cmd->brief);
	each_option(cmd->opts, print_option);
	print("\nsigslot-%s(1) has examples.\n", cmd->name);
	return 0;
}

static void print_command_json(const struct cmd *cmd)
{
	const struct print_member members[] = {
		{.key = "name", .text = cmd->name},
		{.key = "operands", .text = cmd->args},
		{.key = "brief", .text = cmd->brief},
		{0},
	};

	print_json(members);
}

static void print_commands(void)
{
	print("usage: sigslot COMMAND [OPTION...] [OPERAND...]\n"
	      "signals and slots for shell programs\n\ncommands:\n");
	for (size_t i = 0; i < CMD_LIST_LEN; i++)
		print("  %-26s  %s\n", cmd_list[i]->name, cmd_list[i]->brief);
	print("\noptions:\n");
	each_option(cmd_opts, print_option);
	print("\nsigslot help COMMAND shows its options; sigslot(1) explains the "
	      "words.\n");
}

static int run(int len, char **operands)
{
	const struct cmd *cmd = len ? cmd_find(operands[0]) : NULL;

	if (len && !cmd)
		return CMD_USAGE;
	if (!json && cmd)
		return cmd_usage(cmd);
	if (!json)
		print_commands();
	else if (cmd)
		each_option(cmd->opts, print_option_json);
	else
		for (size_t i = 0; i < CMD_LIST_LEN; i++)
			print_command_json(cmd_list[i]);
	return 0;
}

const struct cmd cmd_help = {
	.name = "help",
	.args = "[COMMAND]",
	.brief = "show the commands, or the options of one",
	.opts = opts,
	.most = 1,
	.run = run,
};

/* SPDX-License-Identifier: MIT */
/*
 * sigslot help: the commands and their options, straight from their tables.
 */
#include <stdio.h>
#include <string.h>

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

static void print_commands(const struct cmd *const *list)
{
	print("\ncommands:\n");
	for (; *list; list++)
		print("  %-26s  %s\n", (*list)->name, (*list)->brief);
}

int cmd_usage(const struct cmd *cmd)
{
	print("usage: sigslot %s %s%s%s\n%s\n", cmd->name,
	      cmd->group ? "" : "[OPTION...]", cmd->args[0] && !cmd->group ? " " : "",
	      cmd->args, cmd->brief);
	if (cmd->group)
		print_commands(cmd->group);
	print("\noptions:\n");
	each_option(cmd->opts, print_option);
	print("\nsigslot-%.*s(1) has examples.\n", (int)strcspn(cmd->name, " "),
	      cmd->name);
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

static void print_all(void)
{
	print("usage: sigslot COMMAND [OPTION...] [OPERAND...]\n"
	      "signals and slots for shell programs\n");
	print_commands(cmd_list);
	print("\noptions:\n");
	each_option(cmd_opts, print_option);
	print("\nsigslot help COMMAND shows its options; sigslot(1) explains the "
	      "words.\n");
}

static int run(int len, char **operands)
{
	int used = 0;
	const struct cmd *cmd = len ? cmd_find(operands, len, &used) : NULL;
	const struct cmd *const *list = cmd ? cmd->group : cmd_list;

	if (len && !cmd)
		return CMD_USAGE;
	if (used < len) {
		complain("help: '%s' is one operand too many", operands[used]);
		return CMD_USAGE;
	}
	if (!json && cmd)
		return cmd_usage(cmd);
	if (!json)
		print_all();
	else if (!list)
		each_option(cmd->opts, print_option_json);
	else
		for (; *list; list++)
			print_command_json(*list);
	return 0;
}

const struct cmd cmd_help = {
	.name = "help",
	.args = "[COMMAND...]",
	.brief = "show the commands, or the options of one",
	.opts = opts,
	.most = 2,
	.run = run,
};

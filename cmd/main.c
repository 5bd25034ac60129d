/* SPDX-License-Identifier: MIT */
/*
 * The command line: finds the subcommand, reads its options, runs it.
 *
 * There are two programs of the same sources. The front is static, as scripts call it
 * in loops and a dynamic program takes longer to start; it is linked without what runs
 * and checks topologies, and hands these commands over to its dynamic sibling, which
 * can load plugins, too. Nothing that costs time stands on the way to `emit`: no
 * locale, no look at the environment, no buffers.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "cmd.h"
#include "print.h"

enum { MOST = 32 }; /* commands in a list */

#define CMD_ENTRY(name) &cmd_##name,
const struct cmd *const cmd_list[] = {CMDS(CMD_ENTRY) NULL};

static const struct cmd *find(const struct cmd *const *list, const char *name)
{
	const char *names[MOST], *near;
	size_t len = 0;

	for (; len < MOST && list[len]; len++) {
		names[len] = list[len]->name;
		if (strcmp(name, names[len]) == 0)
			return list[len];
	}
	near = sigslot_near(name, names, len);
	if (near)
		complain("there is no command '%s': did you mean '%s'?", name, near);
	else
		complain("there is no command '%s' (see sigslot help)", name);
	return NULL;
}

const struct cmd *cmd_find(char *const *words, int len, int *ret_used)
{
	const struct cmd *cmd = find(cmd_list, words[0]);
	char name[128];

	*ret_used = 1;
	if (!cmd || !cmd->group || len < 2 || words[1][0] == '-')
		return cmd;
	*ret_used = 2;
	snprintf(name, sizeof(name), "%s %s", words[0], words[1]);
	return find(cmd->group, name);
}

/* Whether this program was linked statically. */
static bool front(void)
{
	return getauxval(AT_BASE) == 0;
}

/* So that a command in a slot finds `sigslot`, wherever this one stands. */
static void add_to_path(const char *directory)
{
	const char *path = getenv("PATH");
	size_t size = strlen(directory);
	char longer[8192];

	for (const char *at = path; at && *at;) {
		const char *end = strchrnul(at, ':');

		if ((size_t)(end - at) == size && memcmp(at, directory, size) == 0)
			return;
		at = *end ? end + 1 : end;
	}
	if (path && snprintf(longer, sizeof(longer), "%s:%s", path, directory) <
			    (int)sizeof(longer))
		setenv("PATH", longer, 1);
}

/*
 * A static program asks at its start where it lies, in case it should load libraries
 * from there. It never does, so that look at /proc is left out: -1 means unknown.
 */
const char *__wrap__dl_get_origin(void);

const char *__wrap__dl_get_origin(void)
{
	return (const char *)-1;
}

/* Becomes the sibling. Returns the exit status if that fails. */
static int hand_over(char **argv)
{
	static const char *const places[] = {
		"libexec/sigslot/sigslot", /* where it was built */
		"../libexec/sigslot/sigslot", /* installed: bin/sigslot */
	};
	char path[PATH_MAX + 64];
	ssize_t size = readlink("/proc/self/exe", path, PATH_MAX);
	char *name;

	path[size > 0 ? size : 0] = '\0';
	name = strrchr(path, '/');
	if (!name) {
		complain("cannot read /proc/self/exe: %s", strerror(errno));
		return CMD_OS;
	}
	*name = '\0';
	add_to_path(path);
	*name = '/';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(name + 1, 64, "%s", places[i]);
		execv(path, argv);
		if (errno != ENOENT && errno != ENOTDIR)
			break;
	}
	complain("cannot start %s, the part of sigslot that runs and checks: %s", path,
		 strerror(errno));
	return CMD_OS;
}

static int run(const struct cmd *cmd, int len, char **argv)
{
	struct sigslot_error err = {0};
	bool wants_help;
	int operands = opt_parse(cmd->opts, argv, len, &wants_help, &err);

	if (operands < 0) {
		complain("%s: %s (see sigslot %s --help)", cmd->name, err.text,
			 cmd->name);
		return CMD_USAGE;
	}
	if (wants_help)
		return cmd_usage(cmd);
	if (cmd->group) {
		complain("which command? (see sigslot %s --help)", cmd->name);
		return CMD_USAGE;
	}
	if (operands >= cmd->least && operands <= cmd->most)
		return cmd->run(operands, argv);
	if (operands < cmd->least)
		complain("%s: an operand is missing: sigslot %s %s", cmd->name,
			 cmd->name, cmd->args);
	else
		complain("%s: '%s' is one operand too many: sigslot %s%s%s", cmd->name,
			 argv[cmd->most], cmd->name, cmd->args[0] ? " " : "",
			 cmd->args);
	return CMD_USAGE;
}

/* No subcommand: `sigslot`, `sigslot --help`, `sigslot --version`. */
static int run_alone(int len, char **argv)
{
	struct sigslot_error err = {0};
	bool wants_help = false;

	if (opt_parse(cmd_opts, argv, len, &wants_help, &err) < 0)
		complain("%s (see sigslot help)", err.text);
	else if (wants_help)
		return cmd_help.run(0, NULL);
	else if (cmd_wants_version)
		return cmd_version.run(0, NULL);
	else
		complain("which command? (see sigslot help)");
	return CMD_USAGE;
}

int main(int argc, char **argv)
{
	const struct cmd *cmd;
	int used;

	sigslot_log(complain_line, NULL);
	if (argc < 2 || argv[1][0] == '-')
		return print_done(run_alone(argc - 1, argv + 1));
	cmd = cmd_find(argv + 1, argc - 1, &used);
	if (!cmd)
		return CMD_USAGE;
	if (cmd->sibling && front())
		return hand_over(argv);
	return print_done(run(cmd, argc - 1 - used, argv + 1 + used));
}

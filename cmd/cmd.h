/* SPDX-License-Identifier: MIT */
/*
 * Subcommands: each is a value at the end of its own file. To add one, write
 * cmd/NAME.c and add its name to the list below; help, the parser and the tests of
 * the manual find it there. A group, such as `queue`, has subcommands of its own.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <stdbool.h>

#include "opt.h"

/* In the order of `sigslot help`. */
#define CMDS(X)       \
	X(run)        \
	X(check)      \
	X(emit)       \
	X(connect)    \
	X(disconnect) \
	X(tap)        \
	X(queue)      \
	X(ps)         \
	X(stats)      \
	X(ledger)     \
	X(why)        \
	X(errors)     \
	X(logs)       \
	X(stop)       \
	X(start)      \
	X(kill)       \
	X(restart)    \
	X(reload)     \
	X(wait)       \
	X(clean)      \
	X(bench)      \
	X(help)       \
	X(version)

enum { ANY_NUMBER = 1 << 20 };

struct cmd {
	const char *name; /* as it is typed: "ps", "queue put" */
	const char *args; /* its operands, "[INSTANCE...]"; "" for none */
	const char *brief; /* what it does, one line */
	const struct opt *opts; /* may be NULL */
	int least, most; /* how many operands */
	bool sibling; /* the front has not what it calls, see main.c */
	int (*run)(int len, char **operands); /* returns the exit status */
	const struct cmd *const *group; /* instead: its commands; ends with NULL */
};

#define CMD_DECLARE(name) extern const struct cmd cmd_##name;
CMDS(CMD_DECLARE)

/* The exit statuses that the command line itself decides on. */
enum {
	CMD_NO = 1,
	CMD_USAGE = 64,
	CMD_DATA = 65,
	CMD_NO_INPUT = 66,
	CMD_OS = 71,
	CMD_OUTPUT = 74
};

/* All of them, in the order above; ends with NULL. */
extern const struct cmd *const cmd_list[];

/*
 * Finds the command that the words begin with, by its exact name; *ret_used is how many
 * words that is. A group alone is itself. NULL after a complaint with a suggestion.
 */
const struct cmd *cmd_find(char *const *words, int len, int *ret_used);

/* Prints what `sigslot COMMAND --help` prints. Returns 0. */
int cmd_usage(const struct cmd *cmd);

/* The options that stand before a command, and what --version sets. */
extern const struct opt cmd_opts[];
extern bool cmd_wants_version;

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Options: one table per command says what there is. The parser, --help and
 * `sigslot help --options` read the same table.
 *
 * Options stand anywhere before "--". Long names are exact: an abbreviation that
 * works today would mean something else once an option is added.
 */
#ifndef CMD_OPT_H
#define CMD_OPT_H

#include <stdbool.h>
#include <stdint.h>

#include "sigslot.h"

/* One option. Exactly one of the five pointers is set, and says what it takes. */
struct opt {
	char letter; /* 'n' for -n; 0: none */
	const char *name; /* "name" for --name; a table ends with NULL */
	const char *arg; /* what help calls its value, "NAME" */
	const char *help; /* what it does, one line */
	const char *const *choices; /* the texts that may be given; ends with NULL */
	bool *flag;
	const char **text; /* borrows from the command line */
	uint64_t *duration; /* ns */
	uint64_t *size; /* bytes */
	int *number; /* from 0 */
};

/* What every command has besides its own: --help. */
extern const struct opt opt_common[];

/*
 * Reads the command line argv[0..len): stores what options say and moves the operands
 * to its front. opts may be NULL. Returns how many operands there are, or -EINVAL.
 */
int opt_parse(const struct opt *opts, char **argv, int len, bool *ret_help,
	      struct sigslot_error *err);

/* The first operand behind `--` that the last opt_parse() found; -1: no `--`. */
extern int opt_behind;

/* What help calls the option's value: its name or "ONE|OTHER"; "" for a flag. */
const char *opt_value_name(const struct opt *opt, char *out, size_t size);

#endif

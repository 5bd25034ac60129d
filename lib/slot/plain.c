/* SPDX-License-Identifier: MIT */
/*
 * Words of letters, digits and the few signs that mean nothing to a shell, the first
 * of which is neither a word of its language nor one of its own commands.
 */
#include "slot/plain.h"

#include <stdbool.h>
#include <string.h>

/* All of POSIX's, and those that dash, bash and ksh have beside. */
static const char *const words_of_shell[] = {
	".",	    ":",	"alias",    "autoload", "bg",	    "bind",
	"break",    "builtin",	"caller",   "case",	"cd",	    "chdir",
	"command",  "compgen",	"complete", "compopt",	"continue", "coproc",
	"declare",  "dirs",	"disown",   "do",	"done",	    "echo",
	"elif",	    "else",	"enable",   "esac",	"eval",	    "exec",
	"exit",	    "export",	"false",    "fc",	"fg",	    "fi",
	"for",	    "function", "getopts",  "hash",	"help",	    "hist",
	"history",  "if",	"in",	    "integer",	"jobs",	    "kill",
	"let",	    "local",	"logout",   "mapfile",	"nameref",  "popd",
	"print",    "printf",	"pushd",    "pwd",	"read",	    "readarray",
	"readonly", "return",	"select",   "set",	"shift",    "shopt",
	"source",   "suspend",	"test",	    "then",	"time",	    "times",
	"trap",	    "true",	"type",	    "typeset",	"ulimit",   "umask",
	"unalias",  "unset",	"until",    "wait",	"whence",   "while",
};

static const char plain_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_-./,+@:";

static bool known_to_shell(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(words_of_shell); i++)
		if (strcmp(words_of_shell[i], word) == 0)
			return true;
	return false;
}

/* Nothing but plain bytes; = and %, too, mean nothing after the first word. */
static bool plain(const char *word, bool first)
{
	for (; *word; word++)
		if (!strchr(plain_bytes, *word) && (first || !strchr("=%", *word)))
			return false;
	return true;
}

const char **plain_words(const char *text, struct arena *arena)
{
	char *copy = arena_text(arena, text), *save = NULL;
	const char **words =
		arena_alloc(arena, (strlen(text) / 2 + 2) * sizeof(*words));
	size_t len = 0;

	if (!copy || !words)
		return NULL;
	for (char *word = strtok_r(copy, " \t", &save); word;
	     word = strtok_r(NULL, " \t", &save)) {
		if (!plain(word, !len))
			return NULL;
		words[len++] = word;
	}
	return len && !known_to_shell(words[0]) ? words : NULL;
}

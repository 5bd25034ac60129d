/* SPDX-License-Identifier: MIT */
/*
 * Environment variables: a map of names and texts -> NAME=VALUE.
 */
#include <string.h>

#include "topology/place.h"

enum { VARIABLES_MAX = 256 }; /* of one map */

static bool name_ok(struct reader *r, const struct node *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz_0123456789";
	const char *text = name->text;

	if (!*text || text[strspn(text, letters)] || (*text >= '0' && *text <= '9'))
		problem_node(&r->problems, name,
			     "%s cannot name an environment variable: letters, digits "
			     "and _",
			     problem_quote(&r->problems, text));
	else if (strncmp(text, "SIGSLOT_", 8) == 0)
		problem_node(&r->problems, name,
			     "%s is set by sigslot: names that begin with SIGSLOT_ are "
			     "its own",
			     problem_quote(&r->problems, text));
	else
		return !name->broken;
	return false;
}

static bool value_ok(struct reader *r, const struct node *name)
{
	const struct node *n = name->next;

	if (n->kind == NODE_TEXT && !node_empty(n))
		return !n->broken;
	problem_node(&r->problems, n->kind == NODE_TEXT ? name : n,
		     "the variable %s must be a text, not %s; \"\" is an empty one",
		     problem_quote(&r->problems, name->text), node_name(n));
	return false;
}

static bool overridden(const char *variable, const struct node *map)
{
	size_t size = strcspn(variable, "=");

	node_pairs(name, map)
	{
		if (name->len == size && memcmp(name->text, variable, size) == 0)
			return true;
	}
	return false;
}

const char *const *place_env(struct reader *r, const struct node *map,
			     const char *const *base)
{
	size_t len = 0, base_len = 0;
	const char **env;

	if (!map)
		return base;
	if (map->len > VARIABLES_MAX) {
		problem_node(&r->problems, map, "`env` has more than %d variables",
			     VARIABLES_MAX);
		return base;
	}
	while (base && base[base_len])
		base_len++;
	env = reader_alloc(r, (base_len + map->len + 1) * sizeof(*env));
	if (!env)
		return NULL;
	for (size_t i = 0; i < base_len; i++)
		if (!overridden(base[i], map))
			env[len++] = base[i];
	node_pairs(name, map)
	{
		if (!name_ok(r, name) || !value_ok(r, name))
			continue;
		env[len] = arena_textf(&r->t->arena, "%s=%s", name->text,
				       name->next->text);
		if (!env[len++])
			r->problems.no_memory = true;
	}
	return env;
}

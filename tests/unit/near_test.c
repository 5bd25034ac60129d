/* SPDX-License-Identifier: MIT */
/*
 * "Did you mean ...?": lib/base/near.c.
 */
#include "base/cleanup.h"
#include "base/near.h"
#include "tap.h"

static const char *const keys[] = {"source", "filter", "exec",	  "run",   "plugin",
				   "retry",  "args",   "timeout", "shell", "x"};

static const char *nearest(const char *wanted)
{
	struct near n = {.wanted = wanted};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		near_try(&n, keys[i]);
	return n.best;
}

int main(void)
{
	static const char *const rows[][2] = {
		{"sourec", "source"}, /* two neighbours swapped */
		{"filtre", "filter"},  {"fliter", "filter"}, {"ecex", "exec"},
		{"pluginn", "plugin"}, /* one too many */
		{"timout", "timeout"}, /* one missing */
		{"retri", "retry"}, /* a wrong one */
		{"Shell", "shell"},    {"runs", "run"},	     {"source", "source"},
		{"rn", "run"},	       {"zzzzzz", NULL},     {"connections", NULL},
		{"y", NULL}, /* another letter altogether is not nearly x */
		{"rnu", "run"},	       {"qq", NULL},	     {"", NULL},
	};
	struct near n = {.wanted = "ab"};
	char longest[129];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		is_str(nearest(rows[i][0]), rows[i][1], "'%s' is nearest to %s",
		       rows[i][0], rows[i][1] ? rows[i][1] : "nothing");
	near_try(&n, "ac");
	near_try(&n, "ad");
	is_str(n.best, "ac", "of two that are equally near the first one is taken");
	is_u64(n.distance, 1, "and its distance is told");
	near_try(&n, "ab");
	is_str(n.best, "ab", "a nearer one replaces it");
	memset(longest, 'a', 128);
	longest[128] = '\0';
	n = (struct near){.wanted = longest};
	near_try(&n, longest);
	ok(!n.best, "names of more than 127 bytes are near to nothing");
	longest[127] = '\0';
	near_try(&n, longest);
	is_str(n.best, longest, "127 bytes are compared");
	return done();
}

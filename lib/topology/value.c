/* SPDX-License-Identifier: MIT */
/*
 * One check per kind of key. YAML 1.1 would take yes, on or 12 for something else than
 * text: here every plain value is text, and the key decides what it must be.
 */
#include "topology/value.h"

#include <stdio.h>

#include "base/unit.h"
#include "topology/trap.h"

bool value_number(const char *text, uint64_t *ret)
{
	uint64_t n = 0;

	if (!*text)
		return false;
	for (const char *c = text; *c; c++)
		if (*c < '0' || *c > '9' || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*c - '0'), &n))
			return false;
	*ret = n;
	return true;
}

static bool digits(const char *text)
{
	return *text && !text[strspn(text, "0123456789.")];
}

bool value_duration(struct reader *r, const struct node *n, const char *text,
		    uint64_t *ret_ns)
{
	struct problems *p = &r->problems;
	int code = unit_duration(text, ret_ns);

	if (code >= 0)
		return true;
	if (code == -ERANGE)
		problem_node(p, n, "%s is longer than 292 years",
			     problem_quote(p, text));
	else if (digits(text))
		problem_node(p, n, "%s is not a duration: say `%.20sms` or `%.20ss`",
			     problem_quote(p, text), text, text);
	else
		problem_node(p, n,
			     "%s is not a duration: a number and one of ns us ms s m h "
			     "d, such as 250ms",
			     problem_quote(p, text));
	return false;
}

static bool within(const struct setting *s)
{
	return s->number >= s->key->least && s->number <= s->key->most;
}

static bool outside(struct reader *r, const struct setting *s, const char *least,
		    const char *most)
{
	problem_node(&r->problems, s->value, "`%s` must be between %s and %s",
		     s->key->name, least, most);
	return false;
}

static bool duration(struct reader *r, struct setting *s)
{
	char least[32], most[32];

	if (!value_duration(r, s->value, s->value->text, &s->number))
		return false;
	return within(s) || outside(r, s, unit_duration_text(s->key->least, least),
				    unit_duration_text(s->key->most, most));
}

static bool size(struct reader *r, struct setting *s)
{
	struct problems *p = &r->problems;
	const char *text = s->value->text;
	char least[32], most[32];
	int code = unit_size(text, &s->number);

	if (code == -ERANGE)
		s->number = UINT64_MAX;
	if (code >= 0 || code == -ERANGE)
		return within(s) || outside(r, s, unit_size_text(s->key->least, least),
					    unit_size_text(s->key->most, most));
	if (digits(text))
		problem_node(p, s->value,
			     "%s is not a size: say `%.20sKiB` or `%.20sMiB`",
			     problem_quote(p, text), text, text);
	else
		problem_node(p, s->value,
			     "%s is not a size: a whole number and one of B KiB MiB "
			     "GiB, such as 8MiB",
			     problem_quote(p, text));
	return false;
}

static bool number(struct reader *r, struct setting *s)
{
	char least[32], most[32];

	if (!value_number(s->value->text, &s->number)) {
		problem_node(&r->problems, s->value,
			     "`%s` must be a whole number, not %s", s->key->name,
			     problem_quote(&r->problems, s->value->text));
		return false;
	}
	if (s->key->least == s->key->most && s->number != s->key->least) {
		problem_node(&r->problems, s->value,
			     "this sigslot reads version %llu of the format, not %s",
			     (unsigned long long)s->key->least,
			     problem_quote(&r->problems, s->value->text));
		return false;
	}
	if (within(s))
		return true;
	snprintf(least, sizeof(least), "%llu", (unsigned long long)s->key->least);
	snprintf(most, sizeof(most), "%llu", (unsigned long long)s->key->most);
	return outside(r, s, least, most);
}

static bool boolean(struct reader *r, struct setting *s)
{
	const char *text = s->value->text;

	s->number = strcmp(text, "true") == 0;
	if (s->number || strcmp(text, "false") == 0)
		return true;
	problem_node(&r->problems, s->value, "`%s` must be true or false, not %s",
		     s->key->name, problem_quote(&r->problems, text));
	return false;
}

static int find_word(const char *const *words, const char *text)
{
	for (int i = 0; words && words[i]; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	return -1;
}

/* "print, log or drop". */
static void list_words(const char *const *words, char *out, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; words && words[i] && used < size; i++) {
		const char *between = !i ? "" : words[i + 1] ? ", " : " or ";
		int more = snprintf(out + used, size - used, "%s%s", between, words[i]);

		used += more > 0 ? (size_t)more : 0;
	}
}

static bool word(struct reader *r, struct setting *s)
{
	const char *const *words = reader_words(r, s->key->words);
	struct near near = {.wanted = s->value->text};
	int index = find_word(words, s->value->text);
	char list[100] = "";

	s->number = (uint64_t)index;
	if (index >= 0)
		return true;
	for (size_t i = 0; words && words[i]; i++)
		near_try(&near, words[i]);
	list_words(words, list, sizeof(list));
	problem_node(&r->problems, s->value, "`%s` must be %s, not %s%s", s->key->name,
		     list, problem_quote(&r->problems, s->value->text),
		     problem_near(&r->problems, &near));
	return false;
}

static bool name(struct reader *r, struct setting *s)
{
	return reader_name(r, s->value);
}

static bool command(struct reader *r, struct setting *s)
{
	if (!s->value->text[strspn(s->value->text, " \t\n")]) {
		problem_node(&r->problems, s->value, "`%s` has no command",
			     s->key->name);
		return false;
	}
	if (r->comments)
		trap_comment(&r->problems, s->value);
	return true;
}

static bool type(struct reader *r, struct setting *s)
{
	s->text = reader_type(r, s->value);
	return s->text;
}

static bool anything(struct reader *r, struct setting *s)
{
	(void)r;
	(void)s;
	return true;
}

/* ANY: the check looks at the kind of the node itself. */
enum { ANY = -1 };

static const struct {
	int node;
	const char *wanted;
	bool (*check)(struct reader *r, struct setting *s);
} kinds[] = {
	[KEY_TEXT] = {NODE_TEXT, "a text", anything},
	[KEY_COMMAND] = {NODE_TEXT, "a text", command},
	[KEY_NAME] = {NODE_TEXT, "a name", name},
	[KEY_WORD] = {NODE_TEXT, "a word", word},
	[KEY_BOOLEAN] = {NODE_TEXT, "true or false", boolean},
	[KEY_NUMBER] = {NODE_TEXT, "a whole number", number},
	[KEY_DURATION] = {NODE_TEXT, "a duration such as 250ms", duration},
	[KEY_SIZE] = {NODE_TEXT, "a size such as 8MiB", size},
	[KEY_TYPE] = {ANY, "a type", type},
	[KEY_LIST] = {NODE_LIST, "a list, such as [a, b]", anything},
	[KEY_MAP] = {NODE_MAP, "a map", anything},
	[KEY_OTHER] = {ANY, "a value", anything},
};

static bool misplaced(struct reader *r, const struct setting *s)
{
	const char *cure = "";

	if (s->value->kind != NODE_TEXT && s->key->kind == KEY_COMMAND)
		cure = s->value->kind == NODE_LIST ? ": `[` begins a list in YAML; "
						     "quote the command or use |"
						   : ": `{` or `: ` makes a map in "
						     "YAML; quote the command or "
						     "use |";
	else if (s->value->kind == NODE_LIST && s->key->kind == KEY_MAP)
		cure = ": write `NAME: ...` for each, without `- `";
	problem_node(&r->problems, s->value, "`%s` must be %s, not %s%s", s->key->name,
		     kinds[s->key->kind].wanted, node_name(s->value), cure);
	return false;
}

bool value_check(struct reader *r, struct setting *s)
{
	int wanted = kinds[s->key->kind].node;

	if (s->value->broken)
		return false;
	if (node_empty(s->value)) {
		problem_node(&r->problems, s->name,
			     "`%s` is empty: fill it in or leave it out", s->key->name);
		return false;
	}
	if (wanted != ANY && (int)s->value->kind != wanted)
		return misplaced(r, s);
	return kinds[s->key->kind].check(r, s);
}

void value_backoff(struct reader *r, const struct node *n, uint64_t *first_ns,
		   uint64_t *last_ns)
{
	const char *dots, *first;

	if (!n)
		return;
	dots = strstr(n->text, "..");
	first = dots ? arena_copy(&r->t->arena, n->text, (size_t)(dots - n->text))
		     : n->text;
	if (!first) {
		r->problems.no_memory = true;
		return;
	}
	if (n->kind != NODE_TEXT) {
		problem_node(&r->problems, n, "`backoff` must be like 100ms..10s");
		return;
	}
	if (!value_duration(r, n, first, first_ns) ||
	    !value_duration(r, n, dots ? dots + 2 : first, last_ns))
		return;
	if (*last_ns < *first_ns)
		problem_node(
			&r->problems, n,
			"`backoff` goes from the shorter to the longer delay, such "
			"as 100ms..10s");
}

/* SPDX-License-Identifier: MIT */
/*
 * Maps by the table of keys: unknown, misplaced and contradicting keys are told here,
 * once for all places.
 */
#include "topology/section.h"

#include <stdio.h>
#include <string.h>

#include "base/unit.h"
#include "topology/value.h"

void *reader_alloc(struct reader *r, size_t size)
{
	void *p = arena_alloc(&r->t->arena, size);

	if (!p)
		r->problems.no_memory = true;
	return p;
}

bool reader_name(struct reader *r, const struct node *n)
{
	const char *why = "letters, digits, _ and -, and a letter or _ first";

	if (n->broken)
		return false;
	if (unit_name_ok(n->text, n->len))
		return true;
	if (n->len > 63)
		why = "it is longer than 63 characters";
	else if (n->plain && strchr(n->text, ':'))
		why = "a space must follow the `:` of a key";
	problem_node(&r->problems, n, "%s is not a name: %s",
		     problem_quote(&r->problems, n->text), why);
	return false;
}

const char *const *reader_texts(struct reader *r, const struct node *list,
				const char *what)
{
	const char **texts = reader_alloc(r, (list->len + 1) * sizeof(*texts));
	size_t len = 0;

	node_each(e, list)
	{
		if (e->kind != NODE_TEXT) {
			problem_node(&r->problems, e, "%s must be a text, not %s", what,
				     node_name(e));
			texts = NULL;
		} else if (e->broken) {
			texts = NULL;
		} else if (texts) {
			texts[len++] = e->text;
		}
	}
	return texts;
}

const char *const *reader_words(struct reader *r, const char *text)
{
	const char **words = reader_alloc(r, (strlen(text) / 2 + 2) * sizeof(*words));
	size_t len = 0;

	while (words && *(text += strspn(text, " \t\n"))) {
		size_t size = strcspn(text, " \t\n");

		words[len] = arena_copy(&r->t->arena, text, size);
		if (!words[len++])
			r->problems.no_memory = true;
		text += size;
	}
	return len ? words : NULL;
}

/* The place that people would look for a key at, or 0. */
static unsigned other_place(const char *name)
{
	static const unsigned places[] = {
		AT_OBJECT,  AT_SLOT,  AT_LOOP,	AT_PROCESS,
		AT_RESTART, AT_QUEUE, AT_ARROW, AT_TOP,
	};

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (keys_find(name, places[i]))
			return places[i];
	return 0;
}

/* `{run: echo a, b}`: a key without a colon. */
static bool cut_by_comma(const struct node *name)
{
	return name->plain && node_empty(name->next) &&
	       name->next->from.at == name->end;
}

static void unknown(struct reader *r, const struct node *name, unsigned place)
{
	struct near near = {.wanted = name->text};
	const char *quoted = problem_quote(&r->problems, name->text);
	unsigned elsewhere;

	for (size_t i = 0; i < keys_len; i++)
		if ((keys[i].at & place) && !keys[i].later)
			near_try(&near, keys[i].name);
	elsewhere = near.best ? 0 : other_place(name->text);
	if (cut_by_comma(name))
		problem_node(
			&r->problems, name,
			"inside { } a comma ends a text: quote the text that goes on "
			"with %s",
			quoted);
	else if (elsewhere)
		problem_node(&r->problems, name, "%s belongs %s, not %s", quoted,
			     keys_place(elsewhere), keys_place(place));
	else
		problem_node(&r->problems, name, "unknown key %s %s%s", quoted,
			     keys_place(place), problem_near(&r->problems, &near));
}

/* Which key of the section chooses one of these DO_. */
static const char *chooser(const struct section *s, unsigned does)
{
	for (size_t i = 0; i < s->len; i++)
		if (s->settings[i].key->does & does)
			return s->settings[i].key->name;
	return "plugin";
}

static void choose(struct reader *r, struct section *s, struct setting *setting)
{
	unsigned does = setting->key->does;

	if (s->does & ~does) {
		problem_node(&r->problems, setting->name,
			     "`%s` and `%s` cannot stand together: one thing does one "
			     "thing",
			     chooser(s, s->does), setting->key->name);
		setting->bad = true;
		return;
	}
	s->does |= does;
}

/* "`run`, `exec` or `filter`": those keys that a key goes with. */
static void list_choosers(unsigned with, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (unsigned bits = with; bits; bits &= bits - 1) {
		const struct key *key = keys_doing(bits & -bits);
		const char *between = !used ? "" : bits & (bits - 1) ? ", " : " and ";
		int more =
			snprintf(out + used, size - used, "%s`%s`", between, key->name);

		if (more < 0 || (size_t)more >= size - used)
			return;
		used += (size_t)more;
	}
}

static void check_company(struct reader *r, struct section *s)
{
	char list[200];

	for (size_t i = 0; i < s->len; i++) {
		struct setting *setting = &s->settings[i];

		if (!setting->key->with || (setting->key->with & s->does))
			continue;
		list_choosers(setting->key->with, list, sizeof(list));
		if (s->does)
			problem_node(&r->problems, setting->name,
				     "`%s` does not go with `%s`, only with %s",
				     setting->key->name, chooser(s, s->does), list);
		else
			problem_node(
				&r->problems, setting->name,
				"`%s` goes only with %s, and none of these is here",
				setting->key->name, list);
		setting->bad = true;
	}
}

static void take(struct reader *r, const struct node *name, struct section *s)
{
	const struct key *key = name->broken ? NULL : keys_find(name->text, s->place);
	struct setting *setting;

	if (!key || key->later) {
		if (key)
			problem_node(&r->problems, name,
				     "`%s` is not in this version yet", key->name);
		else if (!name->broken)
			unknown(r, name, s->place);
		return;
	}
	setting = &s->settings[s->len++];
	setting->key = key;
	setting->name = name;
	setting->value = name->next;
	setting->bad = !value_check(r, setting);
	if (key->does)
		choose(r, s, setting);
}

bool section_read(struct reader *r, const struct node *n, unsigned place, unsigned does,
		  struct section *ret)
{
	*ret = (struct section){.place = place, .node = n, .does = does};
	if (n->broken)
		return false;
	if (n->kind != NODE_MAP) {
		problem_node(&r->problems, n, "expected a map of keys here, not %s",
			     node_name(n));
		return false;
	}
	ret->settings = reader_alloc(r, n->len * sizeof(*ret->settings));
	if (!ret->settings)
		return false;
	node_pairs(name, n)
	{
		take(r, name, ret);
	}
	check_company(r, ret);
	return true;
}

static const struct setting *find(const struct section *s, const char *name)
{
	for (size_t i = 0; i < s->len; i++)
		if (s->settings[i].key->name[0] == name[0] &&
		    strcmp(s->settings[i].key->name, name) == 0)
			return &s->settings[i];
	return NULL;
}

const struct setting *section_get(const struct section *s, const char *name)
{
	const struct setting *setting = find(s, name);

	return setting && !setting->bad ? setting : NULL;
}

const char *section_text(const struct section *s, const char *name,
			 const char *otherwise)
{
	const struct setting *setting = section_get(s, name);

	if (!setting)
		return otherwise;
	return setting->text ? setting->text : setting->value->text;
}

uint64_t section_number(const struct section *s, const char *name, uint64_t otherwise)
{
	const struct setting *setting = section_get(s, name);

	return setting ? setting->number : otherwise;
}

const struct node *section_node(const struct section *s, const char *name)
{
	const struct setting *setting = section_get(s, name);

	return setting ? setting->value : NULL;
}

bool section_has(const struct section *s, const char *name)
{
	return find(s, name);
}

enum { SHELL_MAX = 32 }; /* words */

const char *const *reader_shell(struct reader *r, const struct section *s)
{
	const struct node *n = section_node(s, "shell");
	const char *const *words = n ? reader_words(r, n->text) : NULL;
	size_t len = 0;

	while (words && words[len])
		len++;
	if (n && !len)
		problem_node(&r->problems, n, "`shell` has no program");
	if (len <= SHELL_MAX)
		return words;
	problem_node(&r->problems, n, "`shell` has more than %d words", SHELL_MAX);
	return NULL;
}

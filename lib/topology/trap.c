/* SPDX-License-Identifier: MIT */
/*
 * Recognises traps by the line that libyaml stumbled over. A guess here only changes
 * a sentence and its place within the line, never what is accepted.
 */
#include "topology/trap.h"

#include <string.h>

struct line {
	const char *text;
	size_t size;
	size_t value; /* where the value of the last `key:` or `-` begins; size: none */
};

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static size_t skip_blanks(const struct line *l, size_t at)
{
	while (at < l->size && blank(l->text[at]))
		at++;
	return at;
}

/* Behind `- ` and behind the first `key: `. */
static size_t find_value(const struct line *l)
{
	size_t at = skip_blanks(l, 0);

	while (at + 1 < l->size && l->text[at] == '-' && blank(l->text[at + 1]))
		at = skip_blanks(l, at + 1);
	for (size_t i = at; i < l->size; i++) {
		if (strchr("\"'[{#", l->text[i]))
			return at;
		if (l->text[i] == ':' && i + 1 < l->size && blank(l->text[i + 1]))
			return skip_blanks(l, i + 1);
	}
	return at;
}

/* Where what opens at `at` closes, quotes within it skipped; size: nowhere. */
static size_t closing(const struct line *l, size_t at)
{
	char open = l->text[at], quote = 0;
	char shut = open == '[' ? ']' : open == '{' ? '}' : open;
	int depth = 0;

	for (size_t i = at; i < l->size; i++) {
		char c = l->text[i];

		if (open == shut) {
			if (i > at && c == shut && l->text[i - 1] != '\\')
				return i;
		} else if (quote) {
			quote = c == quote ? 0 : quote;
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (c == open) {
			depth++;
		} else if (c == shut && --depth == 0) {
			return i;
		}
	}
	return l->size;
}

static bool goes_on(const struct line *l, size_t shut)
{
	size_t at = shut < l->size ? skip_blanks(l, shut + 1) : l->size;

	return at < l->size && l->text[at] != '#';
}

static const char *brackets(const struct line *l)
{
	if (!goes_on(l, closing(l, l->value)))
		return NULL;
	return l->text[l->value] == '['
		       ? "`[` begins a YAML list, and the text goes on after its `]`: "
			 "quote the text or use |"
		       : "`{` begins a YAML map, and the text goes on after its `}`: "
			 "quote the text or use |";
}

static const char *quoted(const struct line *l)
{
	if (goes_on(l, closing(l, l->value)))
		return "the text goes on after its closing quote: quote all of it or "
		       "use |";
	return NULL;
}

static const char *special(const struct line *l)
{
	(void)l;
	return "a YAML text cannot begin with this character: quote the text or use |";
}

static const char *block(const struct line *l)
{
	(void)l;
	return "`|` and `>` stand alone, and the text is on the next lines: quote the "
	       "text or begin it on the next line";
}

/* What a value begins with, and who knows what is wrong then. */
static const struct {
	const char *first;
	const char *(*cure)(const struct line *l);
} traps[] = {
	{"[{", brackets},
	{"\"'", quoted},
	{"@`%&*!,]}", special},
	{"|>", block},
};

static const char *by_value(const struct line *l)
{
	if (l->value >= l->size)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(traps); i++)
		if (strchr(traps[i].first, l->text[l->value]))
			return traps[i].cure(l);
	return NULL;
}

/* A `: ` or a last `:` within the value: its offset, or size. */
static size_t inner_key(const struct line *l)
{
	for (size_t i = l->value; i < l->size; i++)
		if (l->text[i] == ':' && (i + 1 == l->size || blank(l->text[i + 1])))
			return i;
	return l->size;
}

static struct line line_of(struct problems *p, struct place place)
{
	struct line l = {0};

	l.text = problem_line(p, place.line, &l.size);
	l.value = find_value(&l);
	return l;
}

/* The traps that show in one line. Returns the sentence and sets *ret_at, or NULL. */
static const char *look(const struct line *l, const char *what, size_t *ret_at)
{
	size_t tab = 0;
	const char *cure;

	while (tab < l->size && l->text[tab] == ' ')
		tab++;
	*ret_at = tab;
	if (tab < l->size && l->text[tab] == '\t')
		return "a tab indents this line: YAML takes only spaces there";
	*ret_at = l->value;
	cure = by_value(l);
	if (cure)
		return cure;
	*ret_at = inner_key(l);
	if (*ret_at < l->size && strstr(what, "mapping values"))
		return "`: ` inside a text reads as one more key: quote the text or "
		       "use |";
	return NULL;
}

void trap_tell(struct problems *p, const struct yaml_trouble *t)
{
	struct line l = line_of(p, t->place);
	struct place place = {.line = t->place.line};
	const char *cure;
	size_t at;

	if (strstr(t->context, "quoted scalar")) {
		problem_at(p, t->begin, "the quote that begins here is never closed");
		return;
	}
	cure = look(&l, t->what, &at);
	place.at = (uint32_t)((size_t)(l.text - p->in->text) + at);
	if (cure)
		problem_at(p, place, "%s", cure);
	else if (strstr(t->context, "an alias") || strstr(t->context, "an anchor") ||
		 strstr(t->context, "a tag"))
		problem_at(p, t->begin, "%s", special(NULL));
	else if (strstr(t->context, "flow"))
		problem_at(p, t->place,
			   "a bracket that opens in line %u is not closed, or a text "
			   "inside it has one of , : [ ] { } # or quotes: quote that "
			   "text as a whole",
			   t->begin.line);
	else
		problem_at(p, t->place, "not YAML: %s%s%s", t->what,
			   *t->context ? " " : "", t->context);
}

void trap_comment(struct problems *p, const struct node *command)
{
	const char *text = p->in->text;
	size_t at = command->end;

	if (!command->plain || !command->len)
		return;
	while (at < p->in->size && blank(text[at]))
		at++;
	if (at < p->in->size && text[at] == '#')
		problem_at(p, problem_place(p, at),
			   "` #` starts a comment in YAML and cuts this command: quote "
			   "it or use |");
}

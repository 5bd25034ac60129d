/* SPDX-License-Identifier: MIT */
/*
 * Collects problems and tells them in the order of the text. What the user wrote goes
 * into sentences without control characters, so that a file cannot steer a terminal.
 */
#include "topology/problem.h"

#include <stdarg.h>
#include <stdio.h>

enum {
	GUESSED = 50, /* problems for which a whole topology is searched */
	SHOWN = 60, /* bytes of a user's text in a sentence */
	LINE_SHOWN = 2000, /* bytes of a source line; longer ones are left out */
};

static void clean(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = *text == '\t' ? ' ' : '?';
}

/* The most bytes, at most `size`, that do not cut a UTF-8 character. */
static size_t whole(const char *text, size_t size)
{
	while (size && ((unsigned char)text[size] & 0xc0) == 0x80)
		size--;
	return size;
}

static void add(struct problems *p, struct place place, const char *format,
		va_list args)
{
	struct problem *problem;
	char text[512];

	problem = vec_add(&p->list);
	if (!problem) {
		p->no_memory = true;
		return;
	}
	vsnprintf(text, sizeof(text), format, args);
	text[whole(text, strlen(text))] = '\0';
	clean(text);
	*problem = (struct problem){
		.place = place,
		.order = p->list.len,
		.text = p->list.len > 20 * PROBLEMS_MAX ? ""
							: arena_text(p->arena, text),
	};
	if (!problem->text)
		p->no_memory = true;
}

void problem_at(struct problems *p, struct place place, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(p, place, format, args);
	va_end(args);
}

void problem_node(struct problems *p, const struct node *n, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(p, n->from, format, args);
	va_end(args);
}

/* Whether the node's text stands in the source as it is, from its first byte on. */
static bool verbatim(const struct problems *p, const struct node *n, size_t quote)
{
	size_t at = n->from.at + quote;

	return !n->block && at + n->len <= p->in->size &&
	       memcmp(p->in->text + at, n->text, n->len) == 0;
}

void problem_within(struct problems *p, const struct node *n, size_t skip,
		    const char *format, ...)
{
	struct place place = n->from;
	size_t quote = n->plain ? 0 : 1;
	va_list args;

	if (verbatim(p, n, quote))
		place.at += (uint32_t)(quote + skip);
	va_start(args, format);
	add(p, place, format, args);
	va_end(args);
}

const char *problem_quote(struct problems *p, const char *text)
{
	size_t size = strlen(text), cut = size > SHOWN ? whole(text, SHOWN) : size;
	const char *shown;

	shown = arena_textf(p->arena, "`%.*s%s`", (int)cut, text,
			    cut < size ? "..." : "");
	if (!shown)
		p->no_memory = true;
	return shown ? shown : "";
}

const char *problem_near(struct problems *p, const struct near *n)
{
	const char *text;

	if (!n->best)
		return "";
	text = arena_textf(p->arena, ": did you mean `%s`?", n->best);
	if (!text)
		p->no_memory = true;
	return text ? text : "";
}

const char *problem_where(struct problems *p, const struct node *n)
{
	const char *text = "as it was connected";

	if (n->from.line)
		text = arena_textf(p->arena, "in line %u", n->from.line);
	if (!text)
		p->no_memory = true;
	return text ? text : "";
}

bool problem_guesses(const struct problems *p)
{
	return p->list.len < GUESSED;
}

/* Bytes of the line break at c: as libyaml counts, so that its marks fit. */
static size_t line_break(const unsigned char *c, const unsigned char *end)
{
	if (*c == '\r')
		return end - c > 1 && c[1] == '\n' ? 2 : 1;
	if (*c == '\n')
		return 1;
	if (*c == 0xc2 && end - c > 1 && c[1] == 0x85)
		return 2;
	if (*c == 0xe2 && end - c > 2 && c[1] == 0x80 && (c[2] & 0xfe) == 0xa8)
		return 3;
	return 0;
}

static void split(struct problems *p)
{
	const unsigned char *text = (const unsigned char *)p->in->text;
	const unsigned char *end = text + p->in->size, *c = text;
	size_t *line = vec_add(&p->lines);

	while (line && c < end) {
		size_t size = line_break(c, end);

		c += size ? size : 1;
		if (!size)
			continue;
		line = vec_add(&p->lines);
		if (line)
			*line = (size_t)(c - text);
	}
	if (!line)
		p->no_memory = true;
}

const char *problem_line(struct problems *p, unsigned line, size_t *ret_size)
{
	const unsigned char *begin, *end, *c;

	*ret_size = 0;
	if (!p->lines.len)
		split(p);
	if (line < 1 || line > p->lines.len)
		return "";
	begin = (const unsigned char *)p->in->text + p->lines.at[line - 1];
	end = (const unsigned char *)p->in->text + p->in->size;
	for (c = begin; c < end && !line_break(c, end);)
		c++;
	*ret_size = (size_t)(c - begin);
	return (const char *)begin;
}

struct place problem_place(struct problems *p, size_t offset)
{
	struct place place = {.line = 1};
	size_t low = 0, high;

	if (!p->lines.len)
		split(p);
	high = p->lines.len;
	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (p->lines.at[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	if (p->lines.len) {
		place.line = (uint32_t)low + 1;
		place.at = (uint32_t)offset;
	}
	return place;
}

static int compare(const void *a, const void *b)
{
	const struct problem *x = a, *y = b;

	if (x->place.at != y->place.at)
		return x->place.at < y->place.at ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static unsigned column(const struct problems *p, const char *line, size_t at)
{
	size_t begin = (size_t)(line - p->in->text);

	return at < begin ? 1 : (unsigned)(at - begin) + 1;
}

static void tell(struct problems *p, const struct problem *problem)
{
	struct sigslot_error error = {.code = -ENOEXEC, .line = problem->place.line};
	size_t size;
	const char *line = problem_line(p, problem->place.line, &size);
	char shown[LINE_SHOWN + 1];

	if (error.line)
		error.column = column(p, line, problem->place.at);
	snprintf(error.source, sizeof(error.source), "%s", p->in->file);
	snprintf(error.text, sizeof(error.text), "%s", problem->text);
	if (size > LINE_SHOWN)
		size = 0;
	for (size_t i = 0; i < size; i++)
		shown[i] = (unsigned char)line[i] < 0x20 && line[i] != '\t' ? '?'
									    : line[i];
	shown[size] = '\0';
	if (p->in->report)
		p->in->report(p->in->data, &error, shown);
}

/* One place, one problem: what else was found there follows from the first. */
static size_t only_first(struct problem *list, size_t len)
{
	size_t kept = 0;

	for (size_t i = 0; i < len; i++) {
		if (!kept || list[i].place.at != list[kept - 1].place.at)
			list[kept++] = list[i];
	}
	return kept;
}

int problem_tell(struct problems *p, struct sigslot_error *err)
{
	size_t len = p->list.len;

	if (len && !p->lines.len)
		split(p);
	if (p->no_memory)
		return fail(err, -ENOMEM, "out of memory");
	if (!len)
		return 0;
	qsort(p->list.at, len, sizeof(*p->list.at), compare);
	len = only_first(p->list.at, len);
	for (size_t i = 0; i < len && i < PROBLEMS_MAX; i++)
		tell(p, &p->list.at[i]);
	if (len > PROBLEMS_MAX)
		return fail(err, -ENOEXEC, "%zu problems in %s; the first %d are told",
			    len, p->in->file, PROBLEMS_MAX);
	return fail(err, -ENOEXEC, "%zu problem%s in %s", len, len > 1 ? "s" : "",
		    p->in->file);
}

void problem_done(struct problems *p)
{
	vec_done(&p->list);
	vec_done(&p->lines);
}

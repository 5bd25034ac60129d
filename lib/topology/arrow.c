/* SPDX-License-Identifier: MIT */
/*
 * The grammar of arrows: STEP (-> STEP)+, STEP = END (, END)*, END = NAME[.NAME].
 */
#include "topology/arrow.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/unit.h"

struct scan {
	struct arena *arena;
	const char *text;
	size_t at;
	struct arrow_fault *fault;
};

static void skip_spaces(struct scan *s)
{
	s->at += strspn(s->text + s->at, " \t\n");
}

static bool at_arrow(const struct scan *s)
{
	return strncmp(s->text + s->at, "->", 2) == 0;
}

static int refuse(struct scan *s, size_t offset, const char *what)
{
	*s->fault = (struct arrow_fault){offset, what};
	return -EINVAL;
}

/* Names may hold a `-`, but not the one of an arrow. */
static int scan_name(struct scan *s, const char *missing, const char **ret)
{
	size_t begin = s->at;

	while (s->text[s->at] && !strchr(" \t\n.,", s->text[s->at]) && !at_arrow(s))
		s->at++;
	if (s->at == begin)
		return refuse(s, begin, missing);
	if (memchr(s->text + begin, '/', s->at - begin))
		return refuse(s, begin,
			      "a connection stays within its instance: write a name "
			      "without /");
	if (!unit_name_ok(s->text + begin, s->at - begin))
		return refuse(s, begin,
			      "not a name: letters, digits, _ and -, and a letter or _ "
			      "first");
	*ret = arena_copy(s->arena, s->text + begin, s->at - begin);
	return *ret ? 0 : -ENOMEM;
}

static int scan_end(struct scan *s, struct arrow_end **ret)
{
	struct arrow_end *end = arena_alloc(s->arena, sizeof(*end));
	int code;

	if (!end)
		return -ENOMEM;
	skip_spaces(s);
	end->offset = s->at;
	code = scan_name(s, "a name is missing here", &end->name);
	if (code < 0)
		return code;
	if (s->text[s->at] == '.') {
		s->at++;
		code = scan_name(s, "the name of a signal or slot is missing here",
				 &end->member);
	}
	skip_spaces(s);
	*ret = end;
	return code;
}

static int scan_step(struct scan *s, struct arrow_step **ret)
{
	struct arrow_step *step = arena_alloc(s->arena, sizeof(*step));
	struct arrow_end **tail;
	int code;

	if (!step)
		return -ENOMEM;
	tail = &step->ends;
	for (;;) {
		code = scan_end(s, tail);
		if (code < 0)
			return code;
		tail = &(*tail)->next;
		step->ends_len++;
		if (s->text[s->at] != ',')
			break;
		s->at++;
	}
	*ret = step;
	return 0;
}

int arrow_parse(struct arena *arena, const char *text, struct arrow_step **ret,
		struct arrow_fault *ret_fault)
{
	struct scan s = {.arena = arena, .text = text, .fault = ret_fault};
	struct arrow_step *first = NULL, **tail = &first;
	int code;

	for (;;) {
		code = scan_step(&s, tail);
		if (code < 0)
			return code;
		tail = &(*tail)->next;
		if (!at_arrow(&s))
			break;
		s.at += 2;
	}
	if (text[s.at])
		return refuse(&s, s.at, "expected `->`, a comma or the end");
	if (!first->next)
		return refuse(&s, 0,
			      "a connection is an arrow, such as a.signal -> b.slot");
	*ret = first;
	return 0;
}

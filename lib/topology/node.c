/* SPDX-License-Identifier: MIT */
/*
 * libyaml's events -> nodes. Uses no recursion and no document API, whose aliases are
 * cyclic graphs and bombs. Goes on after what it refuses, so that the rest is checked
 * in the same run; only text that is not YAML ends the reading.
 */
#include "topology/node.h"

#include <string.h>
#include <yaml.h>

#include "base/map.h"
#include "topology/problem.h"
#include "topology/trap.h"

enum { FEW = 12 }; /* keys of a map that are compared one by one */

struct tree {
	struct problems *problems;
	struct node *root;
	struct node *open[TOPOLOGY_DEPTH];
	struct node **tail[TOPOLOGY_DEPTH];
	unsigned depth, documents;
	bool finished;
	size_t index, byte; /* a character of the text, and where it is */
};

bool node_empty(const struct node *n)
{
	return n->kind == NODE_TEXT && n->plain && !n->len;
}

const char *node_name(const struct node *n)
{
	static const char *const names[] = {
		[NODE_TEXT] = "a text",
		[NODE_LIST] = "a list",
		[NODE_MAP] = "a map",
	};

	return node_empty(n) ? "nothing" : names[n->kind];
}

/*
 * libyaml counts characters. Marks come nearly in order, so that going on from the
 * last one passes the text once.
 */
static uint32_t byte_of(struct tree *t, size_t index)
{
	const char *text = t->problems->in->text;
	size_t size = t->problems->in->size;

	for (; t->index < index && t->byte < size; t->index++)
		for (t->byte++;
		     t->byte < size && ((unsigned char)text[t->byte] & 0xc0) == 0x80;)
			t->byte++;
	for (; t->index > index && t->byte; t->index--)
		for (t->byte--;
		     t->byte && ((unsigned char)text[t->byte] & 0xc0) == 0x80;)
			t->byte--;
	return (uint32_t)t->byte;
}

static struct place place_of(struct tree *t, const yaml_mark_t *mark)
{
	return (struct place){
		.line = (unsigned)mark->line + 1,
		.at = byte_of(t, mark->index),
	};
}

static struct node *make(struct tree *t, enum node_kind kind, const yaml_event_t *e,
			 const char *text, size_t len)
{
	struct node *n = arena_alloc(t->problems->arena, sizeof(*n) + len + 1);

	if (!n) {
		t->problems->no_memory = true;
		t->finished = true;
		return NULL;
	}
	n->kind = (uint8_t)kind;
	n->from = place_of(t, &e->start_mark);
	n->len = (uint32_t)len;
	memcpy(n->text, text, len);
	return n;
}

/* Hangs a node below the open list or map, or makes it the root. */
static void hang(struct tree *t, struct node *n)
{
	if (!t->depth) {
		t->root = n;
		return;
	}
	*t->tail[t->depth - 1] = n;
	t->tail[t->depth - 1] = &n->next;
	t->open[t->depth - 1]->len++;
}

static void duplicate(struct tree *t, struct node *key, const struct node *first)
{
	problem_node(t->problems, key, "%s is given twice: first in line %u",
		     problem_quote(t->problems, key->text), first->from.line);
}

static void check_many(struct tree *t, struct node *n)
{
	struct map seen = {0};

	node_pairs(key, n)
	{
		struct node *first = map_get(&seen, key->text);

		if (first)
			duplicate(t, key, first);
		else if (map_set(&seen, key->text, key) < 0)
			t->problems->no_memory = true;
	}
	map_done(&seen);
}

static void check_keys(struct tree *t, struct node *n)
{
	n->len /= 2;
	node_pairs(key, n)
	{
		if (key->kind != NODE_TEXT) {
			problem_node(t->problems, key, "a key must be a text, not %s",
				     node_name(key));
			n->broken = true;
			return;
		}
	}
	if (n->len > FEW) {
		check_many(t, n);
		return;
	}
	node_pairs(key, n)
	{
		node_pairs(first, n)
		{
			if (first == key)
				break;
			if (strcmp(first->text, key->text) != 0)
				continue;
			duplicate(t, key, first);
			break;
		}
	}
}

static void refuse(struct tree *t, struct node *n, const yaml_char_t *anchor,
		   const yaml_char_t *tag)
{
	if (anchor)
		problem_node(t->problems, n,
			     "`&` makes an anchor in YAML, which is not allowed here: "
			     "quote the text or use |");
	else if (tag)
		problem_node(t->problems, n,
			     "`!` makes a tag in YAML, which is not allowed here: "
			     "quote the text or use |");
	if (anchor || tag)
		n->broken = true;
}

static void enter(struct tree *t, enum node_kind kind, const yaml_event_t *e,
		  const yaml_char_t *anchor, const yaml_char_t *tag)
{
	struct node *n = make(t, kind, e, "", 0);

	if (!n)
		return;
	refuse(t, n, anchor, tag);
	if (t->depth == TOPOLOGY_DEPTH) {
		problem_node(t->problems, n, "nested deeper than %d levels",
			     TOPOLOGY_DEPTH);
		t->finished = true;
		return;
	}
	hang(t, n);
	t->open[t->depth] = n;
	t->tail[t->depth++] = &n->first;
}

static void leave(struct tree *t)
{
	struct node *n = t->open[--t->depth];

	if (n->kind == NODE_MAP)
		check_keys(t, n);
}

static void text(struct tree *t, const yaml_event_t *e)
{
	const char *value = (const char *)e->data.scalar.value;
	size_t len = e->data.scalar.length;
	yaml_scalar_style_t style = e->data.scalar.style;
	struct node *n = make(t, NODE_TEXT, e, value, len);

	if (!n)
		return;
	n->plain = style == YAML_PLAIN_SCALAR_STYLE;
	n->block =
		style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE;
	n->end = byte_of(t, e->end_mark.index);
	refuse(t, n, e->data.scalar.anchor, e->data.scalar.tag);
	if (memchr(value, '\0', len)) {
		problem_node(t->problems, n, "a text cannot hold the character NUL");
		n->broken = true;
	}
	hang(t, n);
}

static void alias(struct tree *t, const yaml_event_t *e)
{
	struct node *n = make(t, NODE_TEXT, e, "*", 1);

	if (!n)
		return;
	problem_node(t->problems, n,
		     "`*` makes an alias in YAML, which is not allowed here: quote the "
		     "text or use |");
	n->broken = true;
	hang(t, n);
}

static void document(struct tree *t, const yaml_event_t *e)
{
	if (!t->documents++)
		return;
	problem_at(t->problems, place_of(t, &e->start_mark),
		   "a second document begins here: a file holds one topology");
	t->finished = true;
}

static void take(struct tree *t, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		document(t, e);
		break;
	case YAML_SCALAR_EVENT:
		text(t, e);
		break;
	case YAML_ALIAS_EVENT:
		alias(t, e);
		break;
	case YAML_SEQUENCE_START_EVENT:
		enter(t, NODE_LIST, e, e->data.sequence_start.anchor,
		      e->data.sequence_start.tag);
		break;
	case YAML_MAPPING_START_EVENT:
		enter(t, NODE_MAP, e, e->data.mapping_start.anchor,
		      e->data.mapping_start.tag);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		leave(t);
		break;
	case YAML_STREAM_END_EVENT:
		t->finished = true;
		break;
	default:
		break;
	}
}

static void broken(struct tree *t, const yaml_parser_t *parser)
{
	struct yaml_trouble trouble = {
		.what = parser->problem ? parser->problem : "not YAML",
		.context = parser->context ? parser->context : "",
		.place = place_of(t, &parser->problem_mark),
		.begin = place_of(t, &parser->context_mark),
	};

	t->root = NULL;
	if (parser->error == YAML_MEMORY_ERROR) {
		t->problems->no_memory = true;
		return;
	}
	if (parser->error == YAML_READER_ERROR) {
		problem_at(t->problems,
			   problem_place(t->problems, parser->problem_offset),
			   "the text is not UTF-8, or has a control character: %s",
			   trouble.what);
		return;
	}
	trap_tell(t->problems, &trouble);
}

struct node *node_read(struct problems *p)
{
	struct tree t = {.problems = p};
	yaml_parser_t parser;
	yaml_event_t event;

	if (!yaml_parser_initialize(&parser)) {
		p->no_memory = true;
		return NULL;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)p->in->text,
				     p->in->size);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	while (!t.finished) {
		if (!yaml_parser_parse(&parser, &event)) {
			broken(&t, &parser);
			break;
		}
		take(&t, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return t.depth ? NULL : t.root;
}

/* SPDX-License-Identifier: MIT */
/*
 * The row of a slot with `key:`. Keys are kept as numbers: two that happen to share one
 * stand behind each other, which is slower and never wrong.
 */
#include "worker/row.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "message/json.h"

enum { WAITING_MOST = 1024, BYTES_MOST = 4 << 20 };

#define NO_KEY 0

void row_init(struct row *row, const char *path)
{
	*row = (struct row){.path = path, .tail = &row->head};
}

bool row_full(const struct row *row)
{
	return row->waiting >= WAITING_MOST || row->bytes >= BYTES_MOST;
}

static uint64_t number(const char *text, size_t size)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
	return hash + (hash == NO_KEY);
}

/* What `jq -r` would print, so that a number and its text are one key. */
static uint64_t key_of(const struct row *row, const struct payload *p)
{
	_buf_ struct buf text = {0};
	struct json_slice value;

	if (json_path(p->data, p->size, row->path, &value) < 0 || !value.size ||
	    strchr("[{n", *value.data))
		return NO_KEY;
	if (*value.data != '"')
		return number(value.data, value.size);
	if (!memchr(value.data, '\\', value.size))
		return number(value.data + 1, value.size - 2);
	if (json_unquote(value.data, value.size, &text) < 0)
		return NO_KEY;
	return number(text.data, text.size);
}

static struct stand *find(struct stand *from, uint64_t key)
{
	while (from && from->key != key)
		from = from->next;
	return from;
}

void row_add(struct row *row, struct stand *s, const struct payload *p)
{
	uint64_t key = key_of(row, p);

	*s = (struct stand){.link = row->tail,
			    .key = key,
			    .size = p->size,
			    .first = !find(row->head, key)};
	*row->tail = s;
	row->tail = &s->next;
	row->waiting++;
	row->bytes += p->size;
}

struct stand *row_next(const struct row *row, uint64_t now)
{
	struct stand *s = row->waiting ? row->head : NULL;

	while (s && (!s->first || s->begun || s->due > now))
		s = s->next;
	return s;
}

void row_begin(struct row *row, struct stand *s)
{
	s->begun = true;
	row->waiting--;
}

void row_hold(struct row *row, struct stand *s, uint64_t due)
{
	s->begun = false;
	s->due = due;
	row->waiting++;
}

void row_leave(struct row *row, struct stand *s)
{
	struct stand *heir = s->first ? find(s->next, s->key) : NULL;

	if (heir)
		heir->first = true;
	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	else
		row->tail = s->link;
	row->waiting -= !s->begun;
	row->bytes -= s->size;
	*s = (struct stand){0};
}

uint64_t row_due(const struct row *row)
{
	uint64_t due = NEVER;

	for (const struct stand *s = row->head; s; s = s->next)
		if (!s->begun && s->due && s->due < due)
			due = s->due;
	return due;
}

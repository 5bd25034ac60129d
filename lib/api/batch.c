/* SPDX-License-Identifier: MIT */
/*
 * From lines to payloads. What need not change is not copied.
 */
#include "api/batch.h"

#include <string.h>

#include "message/text.h"

int batch_admit(const struct batch_rule *rule, size_t size, struct sigslot_error *err)
{
	if (size <= rule->largest)
		return 0;
	return fail(err, -EMSGSIZE,
		    "queue '%s' takes messages of up to %zu bytes, this one has %zu",
		    rule->queue, rule->largest, size);
}

/* A payload that was made has no address yet, as the bytes may move. */
static int add_line(const struct batch_rule *rule, struct text_view line,
		    struct buf *bytes, struct payload *ret, struct sigslot_error *err)
{
	size_t before = bytes->size;
	int r;

	if (rule->form != SIGSLOT_RAW) {
		r = text_take(&line, rule->type, rule->form, bytes, err);
		if (r < 0)
			return r;
		if (!line.at)
			line.size = bytes->size - before;
	}
	*ret = (struct payload){line.at, line.size};
	return batch_admit(rule, ret->size, err);
}

static void place(struct batch *b, const struct buf *bytes)
{
	const char *at = bytes->data;

	for (size_t i = 0; i < b->len; i++) {
		if (b->at[i].data)
			continue;
		b->at[i].data = at;
		at += b->at[i].size;
	}
}

int batch_lines(const struct batch_rule *rule, const char *text, size_t size,
		struct buf *bytes, struct batch *ret, struct sigslot_error *err)
{
	int r = 0;

	ret->len = ret->used = 0;
	bytes->size = 0;
	while (ret->len < BATCH_MOST && ret->used < size) {
		const char *line = text + ret->used;
		const char *end = memchr(line, rule->end, size - ret->used);
		size_t length = end ? (size_t)(end - line) : size - ret->used;

		r = add_line(rule, (struct text_view){line, length}, bytes,
			     &ret->at[ret->len], err);
		if (r < 0)
			break;
		ret->len++;
		ret->used += length + (end != NULL);
	}
	if (bytes->size)
		place(ret, bytes);
	return r;
}

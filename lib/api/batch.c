/* SPDX-License-Identifier: MIT */
/*
 * From lines to payloads. What is raw is not copied.
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

static int add_line(const struct batch_rule *rule, const char *line, size_t size,
		    struct buf *bytes, struct payload *ret, struct sigslot_error *err)
{
	size_t before = bytes->size;
	int r;

	*ret = (struct payload){line, size};
	if (rule->form != SIGSLOT_RAW) {
		r = text_to_payload(line, size, rule->type, rule->form, bytes, err);
		if (r < 0)
			return r;
		*ret = (struct payload){NULL, bytes->size - before};
	}
	return batch_admit(rule, ret->size, err);
}

int batch_lines(const struct batch_rule *rule, const char *text, size_t size,
		struct buf *bytes, struct batch *ret, struct sigslot_error *err)
{
	size_t at = 0;
	int r = 0;

	ret->len = ret->used = 0;
	bytes->size = 0;
	while (ret->len < BATCH_MOST && ret->used < size) {
		const char *line = text + ret->used;
		const char *end = memchr(line, rule->end, size - ret->used);
		size_t length = end ? (size_t)(end - line) : size - ret->used;

		r = add_line(rule, line, length, bytes, &ret->at[ret->len], err);
		if (r < 0)
			break;
		ret->len++;
		ret->used += length + (end != NULL);
	}
	/* only now, as the bytes may have moved */
	for (size_t i = 0; rule->form != SIGSLOT_RAW && i < ret->len; i++) {
		ret->at[i].data = bytes->data + at;
		at += ret->at[i].size;
	}
	return r;
}

/* SPDX-License-Identifier: MIT */
/*
 * Copies of payloads. The record may be moved from then on.
 */
#include "worker/copy.h"

#include <stdlib.h>
#include <string.h>

#include "message/json.h"

static int as_it_is(const struct payload *p, struct buf *out)
{
	return buf_reserve(out, 1) ?: buf_add(out, p->data, p->size);
}

static int as_string(const struct payload *p, struct buf *out)
{
	size_t offset;
	int r = json_quote(p->data, p->size, out, &offset);

	if (r == -EILSEQ && buf_add_text(out, "null") < 0)
		return -ENOMEM;
	return r;
}

int copy_make(struct record *record)
{
	struct payload *p = &record->claim.payload;
	_buf_ struct buf copy = {0};
	int r = copy_of_raw(record) ? as_string(p, &copy) : as_it_is(p, &copy);

	if (r == -ENOMEM)
		return r;
	queue_unpin(record->from->queue, &record->claim, 1);
	p->size = copy.size;
	p->data = record->copy = buf_take(&copy);
	return r;
}

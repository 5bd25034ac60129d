/* SPDX-License-Identifier: MIT */
/*
 * Arbitrary bytes as JSON: jansson must agree but for the listed differences, errors
 * must be where they can be, and what was accepted must survive every walk over it.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "../unit/json_oracle.h"
#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool held)
{
	if (!held)
		abort();
}

/* Whether jansson reads both as the same value. */
static bool same(const char *bytes, size_t size, const struct buf *other)
{
	json_t *a = json_loadb(bytes, size, ORACLE_FLAGS, NULL);
	json_t *b = json_loadb(other->data, other->size, ORACLE_FLAGS, NULL);
	bool equal = a ? b && json_equal(a, b) : !b;

	json_decref(a);
	json_decref(b);
	return equal;
}

static void walk(const char *bytes, size_t size)
{
	enum json_kind kind = json_kind_of(bytes, size);
	struct json_slice key, value;
	struct json_walk w;

	must(json_check(bytes, size, NULL) == 0);
	if (kind == JSON_KIND_NUMBER)
		json_whole(bytes, size);
	json_walk_start(&w, bytes, size);
	must(!w.object || kind == JSON_KIND_OBJECT);
	while (json_walk_next(&w, &key, &value)) {
		must(!w.object || json_kind_of(key.data, key.size) == JSON_KIND_STRING);
		walk(value.data, value.size);
	}
}

static void quote(const char *bytes, size_t size)
{
	_buf_ struct buf quoted = {0}, back = {0};
	size_t utf8 = 0, offset = 0;
	int r = json_quote(bytes, size, &quoted, &offset);

	must((r == 0) == json_utf8(bytes, size, &utf8));
	if (r < 0) {
		must(offset == utf8 && offset <= size && !quoted.size);
		must(json_utf8(bytes, offset, &utf8) || utf8 == offset);
		return;
	}
	must(json_check(quoted.data, quoted.size, NULL) == 0);
	must(json_unquote(quoted.data, quoted.size, &back) == 0);
	must(back.size == size && (!size || memcmp(back.data, bytes, size) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	_buf_ struct buf compact = {0};

	must(!oracle_disagrees(bytes, size));
	must(oracle_place_holds(bytes, size));
	quote(bytes, size);
	if (json_check(bytes, size, NULL) < 0)
		return 0;
	walk(bytes, size);
	must(json_compact(bytes, size, &compact) == 0);
	must(json_check(compact.data, compact.size, NULL) == 0);
	must(same(bytes, size, &compact));
	return 0;
}

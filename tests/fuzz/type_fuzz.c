/* SPDX-License-Identifier: MIT */
/*
 * Arbitrary text as a type, and a path; behind the first NUL a value to hold against
 * them. Nothing may misbehave, and what a type accepts is what it says.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "message/json.h"
#include "message/type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool held)
{
	if (!held)
		abort();
}

static void follow(const char *path, const char *value, size_t size)
{
	size_t offset = 0, whole = strlen(path);
	struct json_slice picked;
	int checked = json_path_check(path, &offset);
	int r = json_path(value, size, path, &picked);

	must(checked == 0 || offset <= whole);
	/* a path is followed only as far as there is something */
	must(checked < 0 ? r == -EINVAL || r == -ENOENT : r == 0 || r == -ENOENT);
	if (r == 0)
		must(picked.data >= value &&
		     picked.data + picked.size <= value + size &&
		     json_check(picked.data, picked.size, NULL) == 0);
}

static void hold(const struct type *t, const char *value, size_t size)
{
	struct sigslot_error err = {0};
	enum json_kind kind = json_kind_of(value, size);
	int r = type_accepts(t, value, size, &err);

	must(r == 0 || (r == -EILSEQ && *err.text));
	must(!type_any(t) || r == 0);
	must(!type_string(t) || (r == 0) == (kind == JSON_KIND_STRING));
	must(type_meets(t, t));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *end = memchr(data, '\0', size), *value = end ? end + 1 : "null";
	size_t left = end ? size - (size_t)(value - (const char *)data) : 4;
	struct sigslot_error err = {0};
	struct type *t = NULL;
	_buf_ struct buf text = {0};
	int r;

	must(buf_add(&text, data, end ? (size_t)(end - (const char *)data) : size) ==
	     0);
	if (json_check(value, left, NULL) < 0) {
		value = "[{\"a\":[1,\"x\"]}]";
		left = strlen(value);
	}
	follow(text.data, value, left);
	r = type_parse(text.data, &t, &err);
	must(r == 0 ? !!t : r == -EINVAL && !t && *err.text);
	if (r == 0)
		hold(t, value, left);
	type_free(t);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * Text to payloads and back, as the types of signals and slots decide.
 */
#include "message/text.h"

#include <string.h>

#include "message/scan.h"

int text_of_payload(const char *payload, size_t size, bool json, struct buf *out)
{
	if (!json && json_kind_of(payload, size) == JSON_KIND_STRING)
		return json_unquote(payload, size, out);
	return json_compact(payload, size, out);
}

static int not_json(const char *text, size_t size, const struct json_fault *fault,
		    struct sigslot_error *err)
{
	char name[8];

	if (!size)
		return fail(err, -EILSEQ, "not JSON: it is empty");
	if (fault->offset == size)
		return fail(err, -EILSEQ,
			    "not JSON: it ends too early, after %zu byte%s: %s", size,
			    size == 1 ? "" : "s", fault->what);
	return fail(err, -EILSEQ, "not JSON at offset %zu: %s, found %s", fault->offset,
		    fault->what, scan_name(text[fault->offset], name));
}

static int add_quoted(const char *text, size_t size, struct buf *out,
		      struct sigslot_error *err)
{
	size_t offset;
	char name[8];
	int r = json_quote(text, size, out, &offset);

	if (r != -EILSEQ)
		return r < 0 ? fail(err, r, "out of memory") : 0;
	if (offset == size)
		return fail(err, r,
			    "not UTF-8: it ends within a character, after %zu "
			    "byte%s",
			    size, size == 1 ? "" : "s");
	return fail(err, r, "not UTF-8 at offset %zu, found %s", offset,
		    scan_name(text[offset], name));
}

/* Adds checked JSON without the white space around it. */
static int add_trimmed(const char *text, size_t size, struct buf *out)
{
	const char *end = text + size, *at = scan_space(text, end);

	while (end > at && memchr(" \t\n\r", end[-1], 4))
		end--;
	return buf_add(out, at, (size_t)(end - at));
}

static int add_json(const char *text, size_t size, const struct type *type,
		    struct buf *out, struct sigslot_error *err)
{
	struct json_fault fault;
	int r = json_check(text, size, &fault);

	if (r == -EILSEQ)
		return not_json(text, size, &fault, err);
	if (r == 0)
		r = type_accepts(type, text, size, err);
	if (r == -EILSEQ)
		return r;
	if (r == 0)
		r = add_trimmed(text, size, out);
	return r < 0 ? fail(err, r, "out of memory") : 0;
}

/* Adds text as a string, which the type must allow. */
static int add_string(const char *text, size_t size, const struct type *type,
		      struct buf *out, struct sigslot_error *err)
{
	int r;

	if (!type_any(type) && !type_string(type)) {
		r = type_accepts(type, "\"\"", 2, err);
		if (r < 0)
			return r;
	}
	return add_quoted(text, size, out, err);
}

int text_to_payload(const char *text, size_t size, const struct type *type,
		    enum sigslot_form form, struct buf *out, struct sigslot_error *err)
{
	int r;

	if (form == SIGSLOT_STRING || (form == SIGSLOT_BY_TYPE && type_string(type)))
		return add_string(text, size, type, out, err);
	if (form == SIGSLOT_JSON || !type_any(type))
		return add_json(text, size, type, out, err);
	r = json_check(text, size, NULL);
	if (r == 0)
		r = add_trimmed(text, size, out);
	if (r == -EILSEQ)
		return add_quoted(text, size, out, err);
	return r < 0 ? fail(err, r, "out of memory") : 0;
}

static int add_operands(const struct sigslot_bytes *operands, size_t len,
			const struct type *type, enum sigslot_form form,
			struct buf *out, struct sigslot_error *err)
{
	int r;

	for (size_t i = 0; i < len; i++) {
		if (buf_add_byte(out, i ? ',' : '[') < 0)
			return fail(err, -ENOMEM, "out of memory");
		r = text_to_payload(operands[i].data, operands[i].size,
				    type_element(type, i), form, out, err);
		if (r < 0)
			return fail_in(err, r, "operand %zu", i + 1);
	}
	r = buf_add_byte(out, ']');
	return r < 0 ? fail(err, r, "out of memory") : 0;
}

int text_operands(const struct sigslot_bytes *operands, size_t len,
		  const struct type *type, enum sigslot_form form, struct buf *out,
		  struct sigslot_error *err)
{
	size_t before = out->size;
	int r;

	if (len == 0)
		return add_json("null", 4, type, out, err);
	if (len == 1)
		return text_to_payload(operands->data, operands->size, type, form, out,
				       err);
	r = add_operands(operands, len, type, form, out, err);
	if (r == 0)
		r = type_accepts(type, out->data + before, out->size - before, err);
	if (r < 0)
		out->size = before;
	return r;
}

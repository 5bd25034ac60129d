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

/* Leaves out the white space around checked JSON. */
static void trim(struct text_view *json)
{
	const char *end = json->at + json->size;

	json->at = scan_space(json->at, end);
	/* nothing else that is so small is there in checked JSON */
	while (end > json->at && (unsigned char)end[-1] <= ' ')
		end--;
	json->size = (size_t)(end - json->at);
}

static int take_json(struct text_view *text, const struct type *type,
		     struct sigslot_error *err)
{
	struct json_fault fault;
	int r = json_check(text->at, text->size, &fault);

	if (r == -EILSEQ)
		return not_json(text->at, text->size, &fault, err);
	if (r == 0)
		r = type_accepts(type, text->at, text->size, err);
	if (r == -EILSEQ)
		return r;
	if (r == 0)
		trim(text);
	return r < 0 ? fail(err, r, "out of memory") : 0;
}

/* Adds text as a string, which the type must allow. */
static int take_string(struct text_view *text, const struct type *type, struct buf *out,
		       struct sigslot_error *err)
{
	struct text_view was = *text;
	int r;

	text->at = NULL;
	if (!type_any(type) && !type_string(type)) {
		r = type_accepts(type, "\"\"", 2, err);
		if (r < 0)
			return r;
	}
	return add_quoted(was.at, was.size, out, err);
}

int text_take(struct text_view *text, const struct type *type, enum sigslot_form form,
	      struct buf *out, struct sigslot_error *err)
{
	int r;

	if (form == SIGSLOT_STRING || (form == SIGSLOT_BY_TYPE && type_string(type)))
		return take_string(text, type, out, err);
	if (form == SIGSLOT_JSON || !type_any(type))
		return take_json(text, type, err);
	r = json_check(text->at, text->size, NULL);
	if (r == 0)
		trim(text);
	if (r == -EILSEQ)
		return take_string(text, type, out, err);
	return r < 0 ? fail(err, r, "out of memory") : 0;
}

int text_to_payload(const char *text, size_t size, const struct type *type,
		    enum sigslot_form form, struct buf *out, struct sigslot_error *err)
{
	struct text_view view = {text, size};
	int r = text_take(&view, type, form, out, err);

	if (r == 0 && view.at && buf_add(out, view.at, view.size) < 0)
		return fail(err, -ENOMEM, "out of memory");
	return r;
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
		return text_to_payload("null", 4, type, SIGSLOT_JSON, out, err);
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

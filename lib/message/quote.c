/* SPDX-License-Identifier: MIT */
/*
 * Between quoted strings and their characters, and JSON without white space.
 */
#include "message/json.h"

#include <errno.h>
#include <stdio.h>

#include "message/scan.h"

int json_unquote(const char *bytes, size_t size, struct buf *out)
{
	const char *at = scan_space(bytes, bytes + size) + 1, *end = bytes + size;
	char *to;

	/* an escape is never shorter than what it stands for */
	if (buf_reserve(out, size) < 0)
		return -ENOMEM;
	to = out->data + out->size;
	while (*at != '"') {
		const char *from = at;
		size_t passed;

		at = scan_plain(bytes, at, end);
		while ((signed char)*at < 0)
			at++;
		passed = (size_t)(at - from);
		memcpy(to, from, passed);
		to += passed;
		if (*at == '\\') {
			at = scan_unescape(at, to, &passed);
			to += passed;
		}
	}
	*to = '\0';
	out->size = (size_t)(to - out->data);
	return 0;
}

static int add_escape(char byte, struct buf *out)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *found = memchr(from, byte, sizeof(from) - 1);

	if (found)
		return buf_add(out, (char[]){'\\', to[found - from]}, 2);
	return buf_addf(out, "\\u%04x", (unsigned char)byte);
}

int json_quote(const char *text, size_t size, struct buf *out, size_t *ret_offset)
{
	const char *at = text, *end = text + size;
	size_t before = out->size;
	int r;

	if (!json_utf8(text, size, ret_offset))
		return -EILSEQ;
	r = buf_reserve(out, size + 2);
	if (r == 0)
		r = buf_add_byte(out, '"');
	while (r == 0 && at < end) {
		const char *from = at;

		at = scan_plain(text, at, end);
		while (at < end && (signed char)*at < 0)
			at++;
		r = buf_add(out, from, (size_t)(at - from));
		if (r == 0 && at < end && !scan_is_plain(*at))
			r = add_escape(*at++, out);
	}
	if (r == 0)
		r = buf_add_byte(out, '"');
	if (r < 0)
		out->size = before;
	return r;
}

/* A number or a word has no white space in it. */
static int add_scalar(const char *at, const char *end, struct buf *out)
{
	while (end > at && (unsigned char)end[-1] <= ' ')
		end--;
	return buf_add(out, at, (size_t)(end - at));
}

int json_compact(const char *bytes, size_t size, struct buf *out)
{
	const char *end = bytes + size, *at = scan_space(bytes, end);
	char *to;

	if (at < end && *at != '{' && *at != '[' && *at != '"')
		return add_scalar(at, end, out);
	if (buf_reserve(out, size) < 0)
		return -ENOMEM;
	to = out->data + out->size;
	while (at < end) {
		const char *from = at;

		if (*at == '"') {
			at = scan_string(at, end);
			memcpy(to, from, (size_t)(at - from));
			to += at - from;
		} else {
			*to++ = *at++;
		}
		at = scan_space(at, end);
	}
	*to = '\0';
	out->size = (size_t)(to - out->data);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * Walking checked text: what a value is, and what is in it. Nothing is checked again,
 * so that text that was never checked may be read wrongly, but a path always is.
 */
#include "message/json.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "message/keys.h"
#include "message/scan.h"

enum json_kind json_kind_of(const char *bytes, size_t size)
{
	static const struct {
		char first;
		enum json_kind kind;
	} kinds[] = {
		{'"', JSON_KIND_STRING},  {'{', JSON_KIND_OBJECT},
		{'[', JSON_KIND_ARRAY},	  {'n', JSON_KIND_NULL},
		{'t', JSON_KIND_BOOLEAN}, {'f', JSON_KIND_BOOLEAN},
	};
	const char *at = scan_space(bytes, bytes + size);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (*at == kinds[i].first)
			return kinds[i].kind;
	return JSON_KIND_NUMBER;
}

static bool digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

/* The exponent behind an e; so far out that it cannot be made up for by digits. */
static int64_t exponent(const char *at, const char *end)
{
	const int64_t far = INT64_MAX / 32;
	bool minus = *at == '-';
	int64_t value = 0;

	if (!digit(*at))
		at++;
	for (; at < end && digit(*at); at++)
		if (value < far)
			value = value * 10 + (*at - '0');
	return minus ? -value : value;
}

bool json_whole(const char *bytes, size_t size)
{
	const char *end = bytes + size, *at = scan_space(bytes, end);
	int64_t power = 0; /* of ten, of the last digit that is not 0 */
	int64_t passed = 0; /* digits since then */
	bool zero = true, point = false;

	for (; at < end && (digit(*at) || *at == '.' || *at == '-'); at++) {
		if (*at == '.')
			point = true;
		if (!digit(*at))
			continue;
		power += point ? 0 : !zero;
		passed += point;
		if (*at != '0') {
			zero = false;
			power = -passed;
		}
	}
	if (zero)
		return true;
	if (at < end && (*at | 0x20) == 'e')
		power += exponent(at + 1, end);
	return power >= 0;
}

/* Returns the byte behind the checked value at `at`. */
static const char *skip(const char *at, const char *end)
{
	size_t depth = 0;

	do {
		if (*at == '"') {
			at = scan_string(at, end);
		} else if (*at == '{' || *at == '[') {
			depth++;
			at++;
		} else if (*at == '}' || *at == ']') {
			depth--;
			at++;
		} else if (depth) {
			at++;
		} else {
			while (at < end && !strchr(",]} \t\n\r", *at))
				at++;
		}
	} while (depth);
	return at;
}

void json_walk_start(struct json_walk *w, const char *bytes, size_t size)
{
	w->end = bytes + size;
	w->at = scan_space(bytes, w->end);
	w->object = w->at < w->end && *w->at == '{';
	if (w->at < w->end && (w->object || *w->at == '['))
		w->at = scan_space(w->at + 1, w->end);
	else
		w->at = w->end;
}

bool json_walk_next(struct json_walk *w, struct json_slice *ret_key,
		    struct json_slice *ret_value)
{
	const char *at = w->at, *from = at;

	if (at == w->end || *at == ']' || *at == '}')
		return false;
	if (w->object) {
		at = scan_string(at, w->end);
		if (ret_key)
			*ret_key = (struct json_slice){from, (size_t)(at - from)};
		/* to the colon and behind it */
		from = at = scan_space(scan_space(at, w->end) + 1, w->end);
	}
	at = skip(at, w->end);
	if (ret_value)
		*ret_value = (struct json_slice){from, (size_t)(at - from)};
	at = scan_space(at, w->end);
	if (*at == ',')
		at = scan_space(at + 1, w->end);
	w->at = at;
	return true;
}

/* SPDX-License-Identifier: MIT */
/*
 * The checker: one pass over the text with a stack of open brackets. It never
 * recurses and builds nothing but the list of keys that finds duplicates.
 *
 * A step takes the place where it begins and returns the place behind what it passed,
 * or NULL after bad(): the place then stays in a register. An error is put at the
 * first byte with which no valid text could go on (a duplicate key: at its quote).
 */
#include "message/json.h"

#include <errno.h>

#include "message/keys.h"
#include "message/scan.h"

struct frame {
	char closer;
	struct keys_scope scope; /* of an object */
};

struct check {
	const char *start, *end;
	const char *bad, *what;
	int code;
	unsigned depth;
	struct keys keys;
	struct frame frames[JSON_DEPTH];
};

static const char *bad(struct check *c, const char *at, const char *what)
{
	c->bad = at;
	c->what = what;
	c->code = -EILSEQ;
	return NULL;
}

/* Passes the rest of a string, from behind its opening quote. */
static inline const char *string(struct check *c, const char *at, bool *ret_escaped)
{
	const char *wrong;

	*ret_escaped = false;
	for (;;) {
		at = scan_plain(c->start, at, c->end);
		if (at == c->end)
			return bad(c, at, "expected the end of a string");
		if (*at == '"')
			return at + 1;
		if (*at == '\\') {
			*ret_escaped = true;
			wrong = scan_escape(&at, c->end);
			if (wrong)
				return bad(c, at, wrong);
		} else if ((unsigned char)*at < ' ') {
			return bad(c, at, "control character in a string");
		} else if (!scan_utf8(&at, c->end)) {
			return bad(c, at, "not UTF-8");
		}
	}
}

/* Passes a key and its colon, up to the value. */
static const char *key(struct check *c, const char *at)
{
	struct keys_scope *scope = &c->frames[c->depth - 1].scope;
	const char *quote = at;
	bool escaped;
	int r;

	if (at == c->end || *at != '"')
		return bad(c, at, "expected a key in double quotes");
	at = string(c, at + 1, &escaped);
	if (!at)
		return NULL;
	r = keys_add(&c->keys, scope,
		     (struct key){
			     .at = quote + 1,
			     .size = (size_t)(at - quote) - 2,
			     .escaped = escaped,
		     },
		     c->end);
	if (r < 0) {
		bad(c, quote, "duplicate key");
		c->code = r == -ENOMEM ? r : -EILSEQ;
		return NULL;
	}
	at = scan_space(at, c->end);
	if (at == c->end || *at != ':')
		return bad(c, at, "expected ':'");
	return scan_space(at + 1, c->end);
}

static inline bool digit_at(const struct check *c, const char *at)
{
	return at < c->end && (unsigned)(*at - '0') <= 9;
}

/* Passes at least one digit. */
static inline const char *digits(struct check *c, const char *at)
{
	if (!digit_at(c, at))
		return bad(c, at, "expected a digit");
	do
		at++;
	while (digit_at(c, at));
	return at;
}

static const char *exponent(struct check *c, const char *at)
{
	if (at < c->end && (*at == '+' || *at == '-'))
		at++;
	return digits(c, at);
}

static const char *number(struct check *c, const char *at)
{
	if (*at == '-')
		at++;
	if (at < c->end && *at == '0') {
		at++;
		if (digit_at(c, at))
			return bad(c, at, "number with a leading zero");
	} else {
		at = digits(c, at);
	}
	if (at && at < c->end && *at == '.')
		at = digits(c, at + 1);
	if (at && at < c->end && (*at | 0x20) == 'e')
		at = exponent(c, at + 1);
	return at;
}

static const char *word(struct check *c, const char *at)
{
	static const struct {
		const char *text, *what;
	} words[] = {
		{"true", "expected true"},
		{"false", "expected false"},
		{"null", "expected null"},
	};
	const char *rest;
	size_t i = 0;

	while (i < 3 && *at != *words[i].text)
		i++;
	if (i == 3)
		return bad(c, at, "expected a value");
	for (rest = words[i].text; *rest; rest++, at++)
		if (at == c->end || *at != *rest)
			return bad(c, at, words[i].what);
	return at;
}

static const char *scalar(struct check *c, const char *at)
{
	bool escaped;

	if (at == c->end)
		return bad(c, at, "expected a value");
	if (*at == '"')
		return string(c, at + 1, &escaped);
	if (*at == '-' || digit_at(c, at))
		return number(c, at);
	return word(c, at);
}

/* Passes an opening bracket, up to what it holds or to its closing one. */
static const char *open(struct check *c, const char *at)
{
	struct frame *frame;

	if (c->depth == JSON_DEPTH)
		return bad(c, at, "nested deeper than 128");
	frame = &c->frames[c->depth++];
	frame->closer = *at == '{' ? '}' : ']';
	if (*at == '{')
		frame->scope = keys_open(&c->keys);
	return scan_space(at + 1, c->end);
}

/* Passes closing brackets and a comma, up to the next value or the very end. */
static const char *follow(struct check *c, const char *at)
{
	while (c->depth) {
		const struct frame *frame = &c->frames[c->depth - 1];
		bool object = frame->closer == '}';

		at = scan_space(at, c->end);
		if (at < c->end && *at == ',') {
			at = scan_space(at + 1, c->end);
			return object ? key(c, at) : at;
		}
		if (at == c->end || *at != frame->closer)
			return bad(c, at,
				   object ? "expected ',' or '}'"
					  : "expected ',' or ']'");
		if (object)
			keys_close(&c->keys, &frame->scope);
		c->depth--;
		at++;
	}
	return at;
}

static const char *text(struct check *c, const char *at)
{
	do {
		if (at < c->end && (*at == '{' || *at == '[')) {
			at = open(c, at);
			if (!at)
				return NULL;
			if (at == c->end || *at != c->frames[c->depth - 1].closer) {
				if (c->frames[c->depth - 1].closer == '}')
					at = key(c, at);
				continue;
			}
		} else {
			at = scalar(c, at);
		}
		if (at)
			at = follow(c, at);
	} while (at && c->depth);
	return at;
}

int json_check(const char *bytes, size_t size, struct json_fault *ret_fault)
{
	struct check c;
	const char *at;

	c.start = bytes;
	c.end = bytes + size;
	c.depth = 0;
	keys_init(&c.keys);
	at = text(&c, scan_space(bytes, c.end));
	if (at)
		at = scan_space(at, c.end);
	if (at && at != c.end)
		at = bad(&c, at, "expected the end of the text");
	keys_done(&c.keys);
	if (at)
		return 0;
	if (c.bad == bytes && size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		c.what = "a byte order mark must not be there";
	if (ret_fault)
		*ret_fault = (struct json_fault){(size_t)(c.bad - bytes), c.what};
	return c.code;
}

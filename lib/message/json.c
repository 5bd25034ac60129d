/* SPDX-License-Identifier: MIT */
/*
 * The checker: one pass over the text with a stack of open brackets. It never
 * recurses and builds nothing but the list of keys that finds duplicates.
 *
 * A step takes the place where it begins and returns the place behind what it passed,
 * or NULL after bad(): so places stay in registers. An error is put at the
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
	const char *start;
	const char *bad, *what;
	int code;
	struct frame *top;
	struct keys keys;
	struct frame frames[1 + JSON_DEPTH]; /* the first is that of the text */
};

__attribute__((cold, noinline)) static const char *bad(struct check *c, const char *at,
						       const char *what)
{
	c->bad = at;
	c->what = what;
	c->code = -EILSEQ;
	return NULL;
}

/* Passes the rest of any string, from behind its opening quote. */
__attribute__((noinline)) static const char *
long_string(struct check *c, const char *at, const char *end, bool *ret_escaped)
{
	const char *wrong;

	for (;;) {
		at = scan_plain(c->start, at, end);
		if (at == end)
			return bad(c, at, "expected the end of a string");
		if (*at == '"')
			return at + 1;
		if (*at == '\\') {
			*ret_escaped = true;
			wrong = scan_escape(&at, end);
			if (wrong)
				return bad(c, at, wrong);
		} else if ((unsigned char)*at < ' ') {
			return bad(c, at, "control character in a string");
		} else if (!scan_utf8(&at, end)) {
			return bad(c, at, "not UTF-8");
		}
	}
}

/* The same, for most of them. */
static inline const char *string(struct check *c, const char *at, const char *end,
				 bool *ret_escaped)
{
	const char *quote = scan_short(at, end);

	return quote ? quote + 1 : long_string(c, at, end, ret_escaped);
}

__attribute__((cold)) static const char *bad_key(struct check *c, const char *at, int r)
{
	bad(c, at, "duplicate key");
	c->code = r == -ENOMEM ? r : -EILSEQ;
	return NULL;
}

/* Passes a key and its colon, up to the value. */
static inline const char *key(struct check *c, const char *at, const char *end)
{
	const char *quote = at;
	bool escaped = false;
	int r;

	if (at == end || *at != '"')
		return bad(c, at, "expected a key in double quotes");
	at = string(c, at + 1, end, &escaped);
	if (!at)
		return NULL;
	r = keys_add(&c->keys, &c->top->scope,
		     (struct key){
			     .at = quote + 1,
			     .size = (size_t)(at - quote) - 2,
			     .escaped = escaped,
		     },
		     end);
	if (r < 0)
		return bad_key(c, quote, r);
	at = scan_space(at, end);
	if (at == end || *at != ':')
		return bad(c, at, "expected ':'");
	return scan_space(at + 1, end);
}

/* Passes at least one digit. */
static inline const char *digits(struct check *c, const char *at, const char *end)
{
	const char *from = at;

	at = scan_digits(at, end);
	return at > from ? at : bad(c, at, "expected a digit");
}

static const char *exponent(struct check *c, const char *at, const char *end)
{
	if (at < end && (*at == '+' || *at == '-'))
		at++;
	return digits(c, at, end);
}

static inline const char *number(struct check *c, const char *at, const char *end)
{
	const char *first = at += *at == '-';

	at = digits(c, at, end);
	if (!at)
		return NULL;
	if (*first == '0' && at > first + 1)
		return bad(c, first + 1, "number with a leading zero");
	if (at < end && *at == '.')
		at = digits(c, at + 1, end);
	if (at && at < end && (*at | 0x20) == 'e')
		at = exponent(c, at + 1, end);
	return at;
}

static inline const char *word(struct check *c, const char *at, const char *end)
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
		if (at == end || *at != *rest)
			return bad(c, at, words[i].what);
	return at;
}

static inline const char *scalar(struct check *c, const char *at, const char *end)
{
	bool escaped;

	if (at == end)
		return bad(c, at, "expected a value");
	if (*at == '"')
		return string(c, at + 1, end, &escaped);
	if (*at == '-' || (unsigned)(*at - '0') <= 9)
		return number(c, at, end);
	return word(c, at, end);
}

/*
 * Passes an opening bracket. If nothing is in it, *ret_empty is set and the closing
 * one comes next; else a value.
 */
static inline const char *open(struct check *c, const char *at, const char *end,
			       bool *ret_empty)
{
	bool object = *at == '{';

	if (c->top == c->frames + JSON_DEPTH)
		return bad(c, at, "nested deeper than 128");
	c->top++;
	c->top->closer = object ? '}' : ']';
	if (object)
		c->top->scope = keys_open(&c->keys);
	at = scan_space(at + 1, end);
	*ret_empty = at < end && *at == c->top->closer;
	return object && !*ret_empty ? key(c, at, end) : at;
}

/* Passes closing brackets and a comma, up to the next value or the very end. */
static inline const char *follow(struct check *c, const char *at, const char *end)
{
	while (c->top > c->frames) {
		bool object = c->top->closer == '}';

		at = scan_space(at, end);
		if (at < end && *at == ',') {
			at = scan_space(at + 1, end);
			return object ? key(c, at, end) : at;
		}
		if (at == end || *at != c->top->closer)
			return bad(c, at,
				   object ? "expected ',' or '}'"
					  : "expected ',' or ']'");
		if (object)
			keys_close(&c->keys, &c->top->scope);
		c->top--;
		at++;
	}
	return at;
}

static const char *text(struct check *c, const char *at, const char *end)
{
	bool empty;

	do {
		/* so is what has no brackets: it is all there */
		empty = true;
		if (at < end && (*at == '{' || *at == '['))
			at = open(c, at, end, &empty);
		else
			at = scalar(c, at, end);
		if (at && empty)
			at = follow(c, at, end);
	} while (at && c->top > c->frames);
	return at;
}

/* Whether it is a number without point, or a string without escapes, and no more. */
static inline bool simple(const char *at, const char *end)
{
	const char *first;

	if (end - at >= 2 && *at == '"')
		return end[-1] == '"' && scan_plain(at, at + 1, end) == end - 1;
	first = at += at < end && *at == '-';
	at = scan_digits(at, end);
	return at == end && at > first && (*first != '0' || at == first + 1);
}

/* Apart, as its stack costs as much as all of a simple text. */
static __attribute__((noinline)) int check_all(const char *bytes, size_t size,
					       struct json_fault *ret_fault)
{
	const char *at, *end = bytes + size;
	struct check c;

	c.start = bytes;
	c.top = c.frames;
	keys_init(&c.keys);
	at = text(&c, scan_space(bytes, end), end);
	if (at)
		at = scan_space(at, end);
	if (at && at != end)
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

int json_check(const char *bytes, size_t size, struct json_fault *ret_fault)
{
	return simple(bytes, bytes + size) ? 0 : check_all(bytes, size, ret_fault);
}

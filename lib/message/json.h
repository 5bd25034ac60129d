/* SPDX-License-Identifier: MIT */
/*
 * JSON as bytes: checks, walks and converts RFC 8259 text without ever building a
 * tree or touching the bytes of a payload.
 *
 * json_check() decides what is JSON here: UTF-8 without BOM, any value at the top,
 * nesting of at most JSON_DEPTH, no duplicate keys in an object (compared after
 * unescaping), no lone surrogates, white space around it allowed. It does not recurse.
 * The other functions take only text that passed it. All are pure.
 */
#ifndef MESSAGE_JSON_H
#define MESSAGE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { JSON_DEPTH = 128 };

enum json_kind {
	JSON_KIND_NULL,
	JSON_KIND_BOOLEAN,
	JSON_KIND_NUMBER,
	JSON_KIND_STRING,
	JSON_KIND_ARRAY,
	JSON_KIND_OBJECT,
};

struct json_fault {
	size_t offset; /* of the first bad byte, from 0; the size if it ends early */
	const char *what; /* "expected a value", "duplicate key", ...: static text */
};

/* Returns 0, or -EILSEQ with *ret_fault set (may be NULL), or -ENOMEM. */
int json_check(const char *bytes, size_t size, struct json_fault *ret_fault);

/* Whether the bytes are UTF-8; if not, *ret_offset is that of the first bad byte. */
bool json_utf8(const char *bytes, size_t size, size_t *ret_offset);

/* What the checked text is, and whether a number is whole (1, -0, 1e2, 1.0). */
enum json_kind json_kind_of(const char *bytes, size_t size);
bool json_whole(const char *bytes, size_t size);

/* A value within a checked text, without white space around it. */
struct json_slice {
	const char *data;
	size_t size;
};

/* Walks the elements of an array or the members of an object. */
struct json_walk {
	const char *at, *end;
	bool object; /* else an array, or a value that holds nothing */
};

void json_walk_start(struct json_walk *w, const char *bytes, size_t size);

/* The next element: false at the end. ret_key (quoted; of objects only) may be NULL. */
bool json_walk_next(struct json_walk *w, struct json_slice *ret_key,
		    struct json_slice *ret_value);

/*
 * Follows a simple path: `.`, `.key`, `.a.b`, `.[0]`, `.a[-1]`, `."a key"`. Returns 0;
 * -ENOENT: no such element; -EINVAL: json_path_check() would have refused it.
 */
int json_path(const char *bytes, size_t size, const char *path,
	      struct json_slice *ret_value);
int json_path_check(const char *path, size_t *ret_offset);

/* Appends the characters of a quoted string, unescaped (\u0000 gives a NUL). */
int json_unquote(const char *bytes, size_t size, struct buf *out);

/* Appends text as a quoted string. -EILSEQ: not UTF-8, with the offset. -ENOMEM. */
int json_quote(const char *text, size_t size, struct buf *out, size_t *ret_offset);

/* Appends the text without insignificant white space. */
int json_compact(const char *bytes, size_t size, struct buf *out);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Between payloads (JSON) and the text that commands and people read and write. The
 * contract is sigslot-slot(7): the type decides what text is. Pure functions.
 */
#ifndef MESSAGE_TEXT_H
#define MESSAGE_TEXT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "message/json.h"
#include "message/type.h"

/*
 * Appends a payload as `jq -r` would print it, without the newline: a string raw,
 * anything else as compact JSON. With json, a string stays quoted, too.
 */
int text_of_payload(const char *payload, size_t size, bool json, struct buf *out);

/*
 * Appends the payload that a piece of text stands for: on a `string` type (or with
 * SIGSLOT_STRING) the quoted text; on `any` the JSON if it parses, else the quoted
 * text; else (or with SIGSLOT_JSON) JSON, checked against the type, its bytes
 * unchanged but for white space around it. A type of NULL is `any`. Returns 0; -EILSEQ
 * with a sentence that gives the offset; -ENOMEM. On failure out is as it was.
 */
int text_to_payload(const char *text, size_t size, const struct type *type,
		    enum sigslot_form form, struct buf *out, struct sigslot_error *err);

struct text_view {
	const char *at;
	size_t size;
};

/*
 * The same, but JSON that stands in the text is not copied: then *text is narrowed to
 * it, and out is left alone. Else text->at is NULL, and the payload is behind out.
 */
int text_take(struct text_view *text, const struct type *type, enum sigslot_form form,
	      struct buf *out, struct sigslot_error *err);

/*
 * The same for the operands of emit: none is null, one is the value, several an array
 * whose elements are made as on `any` (or by form); the whole is checked against type.
 */
int text_operands(const struct sigslot_bytes *operands, size_t len,
		  const struct type *type, enum sigslot_form form, struct buf *out,
		  struct sigslot_error *err);

/* What becomes of a payload on a command line. */
struct text_args {
	char **at; /* NULL-terminated, each a string of its own */
	size_t len;
};

/*
 * Makes arguments. paths NULL: the elements of an array, nothing for null, else the
 * one value; otherwise what the NULL-terminated simple paths pick, each exactly one
 * argument. Strings raw, anything else compact JSON. Returns 0; -E2BIG: an argument of
 * more than 128 KiB less one byte, or all together over 1 MiB; -EILSEQ: a NUL in it;
 * -ENOENT: a path picks nothing; each with a sentence that names the argument.
 */
int text_args_of(const char *payload, size_t size, const char *const *paths,
		 struct text_args *ret, struct sigslot_error *err);
void text_args_done(struct text_args *args);

#endif

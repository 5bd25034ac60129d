/* SPDX-License-Identifier: MIT */
/*
 * A second opinion about JSON: jansson's. Where the two are meant to differ is listed
 * here and nowhere else.
 */
#ifndef JSON_ORACLE_H
#define JSON_ORACLE_H

#include <ctype.h>
#include <jansson.h>
#include <string.h>

#include "message/json.h"

enum { ORACLE_FLAGS = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY };

/* What jansson refuses and sigslot carries. */
static inline bool oracle_may_refuse(const json_error_t *error)
{
	switch (json_error_code(error)) {
	case json_error_numeric_overflow: /* 2^63, 1e400 */
	case json_error_null_byte_in_key: /* {"\u0000":1} */
		return true;
	default:
		return false;
	}
}

/* What sigslot refuses and jansson 2.14 accepts. */
static inline bool oracle_may_accept(const char *bytes, size_t size,
				     const struct json_fault *fault)
{
	size_t at = fault->offset;

	/* it goes 2048 deep */
	if (strcmp(fault->what, "nested deeper than 128") == 0)
		return true;
	/* it drops a NUL behind a number or a word */
	return at > 0 && at < size && !bytes[at] &&
	       isalnum((unsigned char)bytes[at - 1]);
}

/* Returns NULL if both judge alike or differ as they should, else who is wrong. */
static inline const char *oracle_disagrees(const char *bytes, size_t size)
{
	struct json_fault fault = {0};
	int r = json_check(bytes, size, &fault);
	json_error_t error;
	json_t *value = json_loadb(bytes, size, ORACLE_FLAGS, &error);

	json_decref(value);
	if (value && r == 0)
		return NULL;
	if (r == 0)
		return oracle_may_refuse(&error) ? NULL : "jansson refuses it";
	if (!value || oracle_may_accept(bytes, size, &fault))
		return NULL;
	return "jansson accepts it";
}

/*
 * The place of an error is the first byte with which no good text could go on: what
 * is before it ends too early, and it is bad also without what follows it. (For a
 * duplicate key it is the first byte of that key.) Returns whether that holds.
 */
static inline bool oracle_place_holds(const char *bytes, size_t size)
{
	struct json_fault fault, again;

	if (json_check(bytes, size, &fault) == 0)
		return true;
	if (json_check(bytes, fault.offset, &again) < 0 && again.offset != fault.offset)
		return false;
	if (fault.offset == size || strcmp(fault.what, "duplicate key") == 0)
		return true;
	return json_check(bytes, fault.offset + 1, &again) < 0 &&
	       again.offset == fault.offset;
}

#endif

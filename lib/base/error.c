/* SPDX-License-Identifier: MIT */
/*
 * Errors: fills struct sigslot_error. It never prints, never allocates, never exits.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int fail(struct sigslot_error *err, int code, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	err->code = code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return code;
}

int fail_errno(struct sigslot_error *err, const char *format, ...)
{
	int saved = errno ? errno : EIO;
	va_list args;
	size_t used;

	if (!err)
		return -saved;
	err->code = -saved;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", strerror(saved));
	return -saved;
}

int fail_in(struct sigslot_error *err, int code, const char *format, ...)
{
	char inner[sizeof(err->text)];
	va_list args;
	size_t used;

	if (!err)
		return code;
	memcpy(inner, err->text, sizeof(inner));
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %.*s",
		 (int)(sizeof(err->text) - used), inner);
	return code;
}

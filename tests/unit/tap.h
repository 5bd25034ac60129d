/* SPDX-License-Identifier: MIT */
/*
 * The Test Anything Protocol for unit tests: each check prints one line, and its name
 * is a sentence about behaviour. A test program includes this once and returns done().
 * A failed check does not end the program; BAIL() does, when going on makes no sense.
 */
#ifndef TAP_H
#define TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_count, tap_failures;

/* One check. Returns whether it held. */
#define ok(cond, ...) tap_check(!!(cond), __FILE__, __LINE__, __VA_ARGS__)

/* Signed numbers (also 0 and negative errnos), sizes, strings (NULL allowed), bytes. */
#define is_int(got, wanted, ...) \
	tap_int((intmax_t)(got), (intmax_t)(wanted), __FILE__, __LINE__, __VA_ARGS__)
#define is_u64(got, wanted, ...) \
	tap_u64((uint64_t)(got), (uint64_t)(wanted), __FILE__, __LINE__, __VA_ARGS__)
#define is_str(got, wanted, ...) \
	tap_str((got), (wanted), __FILE__, __LINE__, __VA_ARGS__)
#define is_bytes(got, got_size, wanted, size, ...) \
	ok((got_size) == (size) && memcmp((got), (wanted), (size)) == 0, __VA_ARGS__)

/* Ends the program as failed, e.g. when a resource of the test itself is missing. */
#define BAIL(...)                                                \
	do {                                                     \
		printf("Bail out! %s:%d: ", __FILE__, __LINE__); \
		printf(__VA_ARGS__);                             \
		printf("\n");                                    \
		fflush(stdout);                                  \
		exit(255);                                       \
	} while (0)

/* Notes a check that cannot be made here; it counts as failed where STRICT=1. */
#define skip(why, ...)                           \
	do {                                     \
		printf("ok %d - ", ++tap_count); \
		printf(__VA_ARGS__);             \
		printf(" # SKIP %s\n", (why));   \
	} while (0)

__attribute__((format(printf, 4, 0), unused)) static bool
tap_line(bool held, const char *file, int line, const char *name, va_list args)
{
	printf("%s %d - ", held ? "ok" : "not ok", ++tap_count);
	vprintf(name, args);
	printf("\n");
	if (!held) {
		tap_failures++;
		printf("#   at %s:%d\n", file, line);
	}
	/* a child or a crash must neither repeat nor lose what was printed */
	fflush(stdout);
	return held;
}

__attribute__((format(printf, 4, 5), unused)) static bool
tap_check(bool held, const char *file, int line, const char *name, ...)
{
	va_list args;

	va_start(args, name);
	tap_line(held, file, line, name, args);
	va_end(args);
	return held;
}

__attribute__((format(printf, 5, 6), unused)) static bool
tap_int(intmax_t got, intmax_t wanted, const char *file, int line, const char *name,
	...)
{
	va_list args;

	va_start(args, name);
	tap_line(got == wanted, file, line, name, args);
	va_end(args);
	if (got != wanted)
		printf("#   got %jd, wanted %jd\n", got, wanted);
	return got == wanted;
}

__attribute__((format(printf, 5, 6), unused)) static bool
tap_u64(uint64_t got, uint64_t wanted, const char *file, int line, const char *name,
	...)
{
	va_list args;

	va_start(args, name);
	tap_line(got == wanted, file, line, name, args);
	va_end(args);
	if (got != wanted)
		printf("#   got %" PRIu64 ", wanted %" PRIu64 "\n", got, wanted);
	return got == wanted;
}

__attribute__((format(printf, 5, 6), unused)) static bool
tap_str(const char *got, const char *wanted, const char *file, int line,
	const char *name, ...)
{
	bool same = got && wanted ? strcmp(got, wanted) == 0 : got == wanted;
	va_list args;

	va_start(args, name);
	tap_line(same, file, line, name, args);
	va_end(args);
	if (!same)
		printf("#   got:    %s\n#   wanted: %s\n", got ? got : "NULL",
		       wanted ? wanted : "NULL");
	return same;
}

/* Prints the plan. Returns the exit status: 0, or 1 if a check failed. */
__attribute__((unused)) static int done(void)
{
	printf("1..%d\n", tap_count);
	if (tap_failures)
		printf("# %d of %d failed\n", tap_failures, tap_count);
	return tap_failures != 0;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What people write: names, sizes such as 64KiB, durations such as 250ms.
 */
#ifndef BASE_UNIT_H
#define BASE_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* [A-Za-z_][A-Za-z0-9_-]{0,62}: an object, a process, a queue, an instance ... */
bool unit_name_ok(const char *text, size_t size);

/*
 * Parses a duration: digits, optionally a decimal point and digits, and one of ns us
 * ms s m h d. A bare number is refused, 0s is not; neither is a fraction that comes
 * to whole nanoseconds. Returns 0, -EINVAL (no duration) or -ERANGE (over 292 years).
 */
int unit_duration(const char *text, uint64_t *ret_ns);

/*
 * Parses a size: digits, optionally a fraction that comes to whole bytes, and one of B
 * KiB MiB GiB. A bare number is refused. Returns 0, -EINVAL or -ERANGE.
 */
int unit_size(const char *text, uint64_t *ret_size);

/* Writes a duration in the largest unit that divides it ("1500ms"). Returns out. */
const char *unit_duration_text(uint64_t ns, char out[static 32]);

/* The same for a size ("8MiB", "1025B"). Returns out. */
const char *unit_size_text(uint64_t size, char out[static 32]);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The bytes of JSON strings and white space: what the checker, the walker and the
 * quoter look at a million times a second. Nothing here allocates or reads a byte at
 * or behind `end`.
 */
#ifndef MESSAGE_SCAN_H
#define MESSAGE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Returns the first byte that is not JSON's white space, or end. */
static inline const char *scan_space(const char *at, const char *end)
{
	const uint64_t spaces = UINT64_C(1) << ' ' | 1 << '\n' | 1 << '\t' | 1 << '\r';

	while (at < end && (unsigned char)*at <= ' ' &&
	       (spaces >> (unsigned char)*at & 1))
		at++;
	return at;
}

/* Whether a byte stands for itself in a quoted string and is ASCII. */
static inline bool scan_is_plain(char byte)
{
	return (signed char)byte >= ' ' && byte != '"' && byte != '\\';
}

#ifdef __SSE2__
/* One bit for each of sixteen bytes that is not plain. */
static inline unsigned scan_odd(const char *bytes)
{
	__m128i v = _mm_loadu_si128((const __m128i *)bytes);
	/* as signed bytes, both control and non-ASCII ones are below space */
	__m128i odd =
		_mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(' ')),
			     _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
					  _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))));

	return (unsigned)_mm_movemask_epi8(odd);
}
#endif

/*
 * Returns the first byte that is not plain (see above), or end. Bytes from `start` on
 * may be read again, so that the last ones need not be looked at one by one.
 */
static inline const char *scan_plain(const char *start, const char *at, const char *end)
{
#ifdef __SSE2__
	unsigned odd;

	for (; end - at >= 16; at += 16) {
		odd = scan_odd(at);
		if (odd)
			return at + __builtin_ctz(odd);
	}
	if (end - start >= 16) {
		odd = scan_odd(end - 16) >> (16 - (end - at));
		return odd ? at + __builtin_ctz(odd) : end;
	}
#endif
	(void)start;
	while (at < end && scan_is_plain(*at))
		at++;
	return at;
}

/*
 * Returns the quote that closes the string whose inside begins at `at`, if that is
 * short and plain; else NULL: look closer.
 */
static inline const char *scan_short(const char *at, const char *end)
{
#ifdef __SSE2__
	unsigned odd = end - at >= 16 ? scan_odd(at) : 0;

	if (odd && at[__builtin_ctz(odd)] == '"')
		return at + __builtin_ctz(odd);
#endif
	(void)at;
	(void)end;
	return NULL;
}

/* Returns the first byte that is not a digit, or end. */
static inline const char *scan_digits(const char *at, const char *end)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t word, odd;

	for (; end - at >= 8; at += 8) {
		memcpy(&word, at, 8);
		/* digits become 0 to 9; a carry only spoils bytes behind an odd one */
		word ^= 0x3030303030303030;
		odd = ((word + 0x7676767676767676) | word) & 0x8080808080808080;
		if (odd)
			return at + __builtin_ctzll(odd) / 8;
	}
#endif
	while (at < end && (unsigned)(*at - '0') <= 9)
		at++;
	return at;
}

/* Returns the first byte that is not ASCII, or end. */
const char *scan_ascii(const char *at, const char *end);

/*
 * Passes the UTF-8 characters beyond ASCII that begin at *at. Returns true with *at
 * behind them, or false with *at at the first byte that cannot be (maybe end).
 */
bool scan_utf8(const char **at, const char *end);

/*
 * Passes the escape whose backslash is at *at; a pair of surrogates is one escape.
 * Returns NULL with *at behind it, or what is wrong with the byte at *at (maybe end).
 */
const char *scan_escape(const char **at, const char *end);

/*
 * Decodes the checked escape at `at` into at most four bytes of UTF-8. Returns the
 * byte behind the escape.
 */
const char *scan_unescape(const char *at, char ret_bytes[4], size_t *ret_size);

/* Returns the byte behind the checked string whose opening quote is at `at`. */
const char *scan_string(const char *at, const char *end);

/* Returns what a byte is called in a sentence; may use buffer for it. */
const char *scan_name(char byte, char buffer[8]);

#endif

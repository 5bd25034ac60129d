/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 and escapes, byte by byte. An error is put at the first byte that no valid
 * text could have at that place, so that what is before it could still be completed.
 */
#include "message/scan.h"

#include "message/json.h"

/* What may follow a lead byte: how many bytes, and the range of the first of them. */
struct lead {
	unsigned char first, last; /* lead bytes */
	unsigned char more;
	unsigned char low, high;
};

static const struct lead leads[] = {
	{0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf}, /* no overlong */
	{0xe1, 0xec, 2, 0x80, 0xbf}, {0xed, 0xed, 2, 0x80, 0x9f}, /* no surrogates */
	{0xee, 0xef, 2, 0x80, 0xbf}, {0xf0, 0xf0, 3, 0x90, 0xbf}, /* no overlong */
	{0xf1, 0xf3, 3, 0x80, 0xbf}, {0xf4, 0xf4, 3, 0x80, 0x8f}, /* up to U+10FFFF */
};

static const struct lead *lead_of(unsigned char byte)
{
	for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++)
		if (byte >= leads[i].first && byte <= leads[i].last)
			return &leads[i];
	return NULL;
}

/* Passes one character; as scan_utf8(). */
static bool character(const char **at, const char *end)
{
	const struct lead *lead = lead_of((unsigned char)**at);
	unsigned char low, high;

	if (!lead)
		return false;
	low = lead->low;
	high = lead->high;
	for (unsigned i = 0; i < lead->more; i++) {
		unsigned char byte;

		if (++*at == end)
			return false;
		byte = (unsigned char)**at;
		if (byte < low || byte > high)
			return false;
		low = 0x80;
		high = 0xbf;
	}
	++*at;
	return true;
}

bool scan_utf8(const char **at, const char *end)
{
	while (*at < end && (signed char)**at < 0)
		if (!character(at, end))
			return false;
	return true;
}

const char *scan_ascii(const char *at, const char *end)
{
	const uint64_t high = 0x8080808080808080;
	uint64_t word;

	for (; end - at >= 8; at += 8) {
		memcpy(&word, at, sizeof(word));
		if (word & high)
			break;
	}
	while (at < end && (signed char)*at >= 0)
		at++;
	return at;
}

bool json_utf8(const char *bytes, size_t size, size_t *ret_offset)
{
	const char *at = bytes, *end = bytes + size;

	for (;;) {
		at = scan_ascii(at, end);
		if (at == end)
			return true;
		if (scan_utf8(&at, end))
			continue;
		*ret_offset = (size_t)(at - bytes);
		return false;
	}
}

static int hex_digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static unsigned hex(const char *at)
{
	unsigned value = 0;

	for (int i = 0; i < 4; i++)
		value = value << 4 | (unsigned)hex_digit(at[i]);
	return value;
}

static const char lone[] = "lone surrogate";

/* Passes four digits, which must not be a low surrogate: dc00 to dfff. */
static const char *digits(const char **at, const char *end, unsigned *ret_value)
{
	unsigned value = 0;

	for (int i = 0; i < 4; i++, ++*at) {
		int digit = *at < end ? hex_digit(**at) : -1;

		if (digit < 0)
			return "expected a hexadecimal digit";
		value = value << 4 | (unsigned)digit;
		if (i == 1 && value >= 0xdc && value <= 0xdf)
			return lone;
	}
	*ret_value = value;
	return NULL;
}

/* Passes `\u` and the four digits of a low surrogate. */
static const char *low_half(const char **at, const char *end)
{
	static const char want[] = "\\ud";

	for (int i = 0; i < 3; i++, ++*at)
		if (*at == end || (i < 2 ? **at : **at | 0x20) != want[i])
			return lone;
	if (*at == end || hex_digit(**at) < 0xc)
		return lone;
	++*at;
	for (int i = 0; i < 2; i++, ++*at)
		if (*at == end || hex_digit(**at) < 0)
			return "expected a hexadecimal digit";
	return NULL;
}

const char *scan_escape(const char **at, const char *end)
{
	const char *wrong;
	unsigned value;

	if (++*at == end)
		return "expected the rest of an escape";
	if (**at != 'u') {
		/* strchr() would find the NUL, too */
		if (!memchr("\"\\/bfnrt", **at, 8))
			return "unknown escape";
		++*at;
		return NULL;
	}
	++*at;
	wrong = digits(at, end, &value);
	if (wrong || value < 0xd800 || value > 0xdbff)
		return wrong;
	return low_half(at, end);
}

static size_t encode(unsigned value, char out[4])
{
	static const unsigned char mark[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t size = value < 0x80 ? 1 : value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;

	if (size == 1) {
		out[0] = (char)value;
		return 1;
	}
	for (size_t i = size - 1; i; i--, value >>= 6)
		out[i] = (char)(0x80 | (value & 0x3f));
	out[0] = (char)(mark[size] | value);
	return size;
}

const char *scan_unescape(const char *at, char ret_bytes[4], size_t *ret_size)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	unsigned value;

	if (at[1] != 'u') {
		const char *found = memchr(from, at[1], sizeof(from) - 1);

		ret_bytes[0] = to[found - from];
		*ret_size = 1;
		return at + 2;
	}
	value = hex(at + 2);
	at += 6;
	if (value >= 0xd800 && value <= 0xdbff) {
		value = 0x10000 + ((value & 0x3ff) << 10) + (hex(at + 2) & 0x3ff);
		at += 6;
	}
	*ret_size = encode(value, ret_bytes);
	return at;
}

const char *scan_string(const char *at, const char *end)
{
	const char *start = at++;

	for (at = scan_plain(start, at, end); *at != '"';
	     at = scan_plain(start, at, end))
		at += *at == '\\' ? 2 : 1;
	return at + 1;
}

const char *scan_name(char byte, char buffer[8])
{
	static const char hex[] = "0123456789abcdef";
	unsigned char value = (unsigned char)byte;

	if (value == ' ')
		return "a space";
	if (value == '\n')
		return "a newline";
	if (value > ' ' && value < 0x7f)
		memcpy(buffer, (char[]){'\'', byte, '\'', 0}, 4);
	else
		memcpy(buffer, (char[]){'0', 'x', hex[value >> 4], hex[value & 15], 0},
		       5);
	return buffer;
}

/* SPDX-License-Identifier: MIT */
/*
 * A growing run of bytes: lib/base/buf.c.
 */
#include <errno.h>
#include <stdint.h>

#include "base/buf.h"
#include "tap.h"

static void empty(void)
{
	struct buf b = {0};
	char *text;

	buf_drop(&b, 5);
	is_u64(b.size, 0, "dropping from an empty buffer leaves it empty");
	is_int(buf_add(&b, NULL, 0), 0, "adding nothing succeeds");
	is_str(b.data, "", "an empty buffer that was added to is an empty string");
	buf_done(&b);
	buf_done(&b);
	ok(!b.data && !b.cap, "a buffer can be done twice");
	text = buf_take(&b);
	is_str(text, "", "taking from an empty buffer gives an empty string");
	free(text);
	is_int(buf_reserve(&b, 10), 0, "room can be reserved in an empty buffer");
	is_str(b.data, "", "reserved room begins with the NUL");
	buf_done(&b);
}

static void growth(void)
{
	_buf_ struct buf b = {0};
	bool good = true;
	char *before;

	for (unsigned i = 0; i < 10000; i++)
		good = good && buf_add_byte(&b, (char)('a' + i % 26)) == 0 &&
		       b.data[b.size] == '\0';
	ok(good, "after every byte the data is followed by a NUL");
	is_u64(b.size, 10000, "ten thousand bytes are in");
	good = true;
	for (unsigned i = 0; i < 10000; i++)
		good = good && b.data[i] == (char)('a' + i % 26);
	ok(good, "they are the ones that were added, in order");
	buf_reserve(&b, 5000);
	before = b.data;
	for (unsigned i = 0; i < 5000; i++)
		buf_add_byte(&b, 'x');
	ok(b.data == before, "what was reserved is added without moving");
}

static void limits(void)
{
	_buf_ struct buf b = {0};

	buf_add_text(&b, "kept");
	is_int(buf_reserve(&b, SIZE_MAX), -ENOMEM, "an absurd size is refused");
	is_int(buf_reserve(&b, SIZE_MAX / 2), -ENOMEM, "so is half of one");
	is_str(b.data, "kept", "a refusal leaves the bytes unchanged");
	is_u64(b.size, 4, "and the size");
}

static void formats(void)
{
	_buf_ struct buf b = {0};
	char *text;

	buf_addf(&b, "%d-%s", 42, "x");
	buf_addf(&b, "%s", "");
	buf_addf(&b, "%0200d", 7);
	is_u64(b.size, 204, "formatted text has its full length, however long");
	ok(strncmp(b.data, "42-x000", 7) == 0, "and is appended");
	buf_drop(&b, 200);
	is_str(b.data, "0007", "dropping leaves the rest");
	buf_drop(&b, 1000);
	is_u64(b.size, 0, "dropping more than there is leaves nothing");
	is_str(b.data, "", "which is an empty string");
	buf_add(&b, "a\0b", 3);
	is_bytes(b.data, b.size, "a\0b", 3u, "NUL bytes are kept");
	text = buf_take(&b);
	is_bytes(text, 3u, "a\0b", 3u, "taking gives the bytes");
	ok(!b.data && !b.size && !b.cap, "and leaves an empty buffer");
	free(text);
}

int main(void)
{
	empty();
	growth();
	limits();
	formats();
	return done();
}

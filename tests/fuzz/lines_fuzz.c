/* SPDX-License-Identifier: MIT */
/*
 * Arbitrary bytes, arriving in arbitrary pieces, as lines: the same lines come out as
 * from a splitter that sees all at once. The first byte is the limit, the second how
 * the bytes are cut.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "slot/lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool held)
{
	if (!held)
		abort();
}

/* One line of what came out: its length first, so that nothing is ambiguous. */
static void note(struct buf *out, enum lines_found found, const char *line, size_t size)
{
	must(buf_addf(out, "%c%zu:", found == LINES_LONG ? '!' : ' ',
		      found == LINES_LONG ? 0 : size) == 0);
	must(found == LINES_LONG || buf_add(out, line, size) == 0);
}

/* What it has to be. */
static void split_all(const char *bytes, size_t size, size_t limit, struct buf *out)
{
	while (size) {
		const char *newline = memchr(bytes, '\n', size);
		size_t line = newline ? (size_t)(newline - bytes) : size;
		size_t gone = line + (newline != NULL);

		note(out, line > limit ? LINES_LONG : LINES_LINE, bytes, line);
		bytes += gone;
		size -= gone;
	}
}

static void take(struct lines *l, struct buf *out)
{
	const char *line;
	size_t size;
	enum lines_found found;

	while ((found = lines_next(l, &line, &size)))
		note(out, found, line, size);
	lines_rest(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_buf_ struct buf wanted = {0}, got = {0};
	struct lines l = {0};
	unsigned turn;
	int fds[2];

	if (size < 2 || size > 32768)
		return 0;
	l.limit = data[0];
	turn = data[1];
	split_all((const char *)data + 2, size - 2, l.limit, &wanted);
	must(pipe2(fds, O_NONBLOCK | O_CLOEXEC) == 0);
	for (size_t at = 2; at < size;) {
		size_t some = turn % 37 + 1;

		turn = turn * 31 + 7;
		if (some > size - at)
			some = size - at;
		must(write(fds[1], data + at, some) == (ssize_t)some);
		at += some;
		must(lines_read(&l, fds[0]) == (ssize_t)some);
		take(&l, &got);
	}
	close(fds[1]);
	must(lines_read(&l, fds[0]) == 0);
	take(&l, &got);
	must(lines_next(&l, &(const char *){NULL}, &(size_t){0}) == LINES_NONE);
	must(got.size == wanted.size &&
	     memcmp(got.data ? got.data : "", wanted.data ? wanted.data : "",
		    got.size) == 0);
	lines_done(&l);
	close(fds[0]);
	return 0;
}

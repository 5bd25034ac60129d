/* SPDX-License-Identifier: MIT */
/* Lines: any bytes in any pieces, and every length around the limit. */
#include <fcntl.h>
#include <unistd.h>

#include "base/buf.h"
#include "slot/lines.h"
#include "tap.h"

/* Feeds the pieces one after the other; returns "[line][line]", "!" for a long one. */
static const char *split(struct lines *l, const char *const *pieces)
{
	static struct buf got;
	const char *line;
	size_t size;
	enum lines_found found;
	int fds[2];

	if (pipe2(fds, O_NONBLOCK) < 0)
		BAIL("no pipe");
	got.size = 0;
	for (; *pieces; pieces++) {
		if (write(fds[1], *pieces, strlen(*pieces)) < 0)
			BAIL("no room");
		if (!pieces[1])
			close(fds[1]);
		while (lines_read(l, fds[0]) > 0)
			while ((found = lines_next(l, &line, &size)))
				if (found == LINES_LONG)
					buf_add_byte(&got, '!');
				else
					buf_addf(&got, "[%.*s]", (int)size, line);
	}
	while ((found = lines_next(l, &line, &size)))
		buf_addf(&got, "[%.*s]", (int)size, line);
	close(fds[0]);
	ok(l->ended, "the end of the file is seen");
	lines_rest(l);
	ok(!l->data, "and no memory is kept");
	buf_add_byte(&got, '\0');
	return got.data;
}

#define PIECES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void cuts(size_t limit, bool in_pieces, const char *const *pieces,
		 const char *wanted, const char *name)
{
	struct lines l = {.limit = limit, .split = in_pieces};

	is_str(split(&l, pieces), wanted, "%s", name);
}

/* Every way to cut a text in two gives the same lines. */
static void cuts_anywhere(void)
{
	static const char text[] = "a\n\nlong line\r\nxxxxxxxxxxxxxxxx\nlast";
	unsigned bad = 0;

	for (size_t cut = 0; cut < sizeof(text); cut++) {
		struct lines l = {.limit = 12};
		char *head = strndup(text, cut);

		bad += strcmp(split(&l, PIECES(head, text + cut)),
			      "[a][][long line\r]![last]") != 0;
		free(head);
	}
	is_int(bad, 0, "it does not matter how the bytes arrive");
}

/* More than any block: the random text and what is put together again are equal. */
static void carries_much(void)
{
	struct lines l = {.limit = 1 << 20};
	_buf_ struct buf text = {0}, got = {0};
	const char *line;
	size_t size, sent = 0;
	int fds[2];

	srandom(1);
	while (text.size < (8 << 20)) {
		for (long n = random() % (random() % 100 ? 80 : 200000); n > 0; n--)
			buf_add_byte(&text, 'x');
		buf_add_byte(&text, '\n');
	}
	if (pipe2(fds, O_NONBLOCK) < 0)
		BAIL("no pipe");
	while (sent < text.size) {
		size_t some = (size_t)random() % 60000 + 1;
		ssize_t n;

		if (some > text.size - sent)
			some = text.size - sent;
		n = write(fds[1], text.data + sent, some);
		sent += n > 0 ? (size_t)n : 0;
		lines_read(&l, fds[0]);
		while (lines_next(&l, &line, &size) == LINES_LINE) {
			buf_add(&got, line, size);
			buf_add_byte(&got, '\n');
		}
	}
	close(fds[1]);
	while (lines_read(&l, fds[0]) > 0)
		while (lines_next(&l, &line, &size) == LINES_LINE) {
			buf_add(&got, line, size);
			buf_add_byte(&got, '\n');
		}
	close(fds[0]);
	lines_done(&l);
	is_bytes(got.data, got.size, text.data, text.size, "8 MiB come out unchanged");
}

int main(void)
{
	cuts(100, false, PIECES("a\nb\n"), "[a][b]", "two lines are two");
	cuts(100, false, PIECES("a\nb"), "[a][b]", "the last one needs no newline");
	cuts(100, false, PIECES("a", "b", "\n", "c\n"), "[ab][c]",
	     "a line may arrive in pieces");
	cuts(100, false, PIECES("\n\n"), "[][]", "an empty line is a line");
	cuts(100, false, PIECES(""), "", "no bytes are no line");
	cuts(4, false, PIECES("1234\n12345\n1\n"), "[1234]![1]",
	     "a line over the limit is told and skipped");
	cuts(4, false, PIECES("12345", "67890", "1\n1\n"), "![1]",
	     "it is told once, however long it is");
	cuts(4, false, PIECES("12345678"), "!", "also at the end of the file");
	cuts(4, true, PIECES("1234567890\nab\n"), "[1234][5678][90][ab]",
	     "or it comes in pieces");
	cuts_anywhere();
	carries_much();
	return done();
}

/* SPDX-License-Identifier: MIT */
/*
 * A pipe, with a write for each message or batch; the reader takes what is there.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

static int ends[2];

static void begin(const struct load *l)
{
	(void)l;
	load_must(pipe(ends) == 0, "pipe");
}

static void produce(const struct load *l, unsigned index)
{
	ssize_t size = (ssize_t)(l->size * l->batch);

	(void)index;
	for (long n = 0; n < l->messages; n += (long)l->batch)
		load_must(write(ends[1], load_bytes, (size_t)size) == size, "write");
}

static void consume(const struct load *l, unsigned index)
{
	size_t left = (size_t)l->messages * l->producers * l->size;
	static char out[65536];
	ssize_t n = 0;

	(void)index;
	for (; left; left -= (size_t)n) {
		n = read(ends[0], out, sizeof(out));
		load_must(n > 0, "read");
	}
}

static void end(void)
{
	close(ends[0]);
	close(ends[1]);
}

const struct anchor anchor_pipe = {
	.name = "pipe, a write each",
	.begin = begin,
	.produce = produce,
	.consume = consume,
	.end = end,
};

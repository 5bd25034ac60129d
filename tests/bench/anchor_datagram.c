/* SPDX-License-Identifier: MIT */
/*
 * Unix datagrams, a message each.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

static int ends[2];

static void begin(const struct load *l)
{
	(void)l;
	load_must(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0, "socketpair");
}

static void produce(const struct load *l, unsigned index)
{
	(void)index;
	for (long n = 0; n < l->messages; n++)
		load_must(send(ends[1], load_bytes, l->size, 0) == (ssize_t)l->size,
			  "send");
}

static void consume(const struct load *l, unsigned index)
{
	static char out[65536];

	(void)index;
	for (long n = 0; n < l->messages * l->producers; n++)
		load_must(recv(ends[0], out, sizeof(out), 0) == (ssize_t)l->size,
			  "recv");
}

static void end(void)
{
	close(ends[0]);
	close(ends[1]);
}

const struct anchor anchor_datagram = {
	.name = "unix datagrams",
	.slow = 4,
	.begin = begin,
	.produce = produce,
	.consume = consume,
	.end = end,
};

/* SPDX-License-Identifier: MIT */
/*
 * ZeroMQ: push and pull over ipc, where the header is installed.
 */
#include "load.h"

#if __has_include(<zmq.h>)
#include <stdio.h>
#include <unistd.h>
#include <zmq.h>

#include "bench.h"

static char address[160];

static void begin(const struct load *l)
{
	(void)l;
	snprintf(address, sizeof(address), "ipc://%s", bench_path("zmq"));
}

static void *open_socket(int type, int (*join)(void *, const char *))
{
	void *socket = zmq_socket(zmq_ctx_new(), type);

	load_must(socket && join(socket, address) == 0, "zmq");
	return socket;
}

/* What is still under way is lost with the process, so it stays until it is ended. */
static void produce(const struct load *l, unsigned index)
{
	void *socket = open_socket(ZMQ_PUSH, zmq_connect);

	(void)index;
	for (long n = 0; n < l->messages; n++)
		load_must(zmq_send(socket, load_bytes, l->size, 0) == (int)l->size,
			  "zmq_send");
	pause();
}

static void consume(const struct load *l, unsigned index)
{
	void *socket = open_socket(ZMQ_PULL, zmq_bind);
	static char out[65536];

	(void)index;
	load_greet();
	for (long n = 0; n < l->messages * l->producers; n++)
		load_must(zmq_recv(socket, out, sizeof(out), 0) == (int)l->size,
			  "zmq_recv");
}

static void end(void)
{
	unlink(bench_path("zmq"));
}
const struct anchor anchor_zmq = {
	.name = "zmq ipc",
	.needs = "libzmq3-dev",
	.greets = true,
	.begin = begin,
	.produce = produce,
	.consume = consume,
	.end = end,
};
#else
const struct anchor anchor_zmq = {.name = "zmq ipc", .needs = "libzmq3-dev"};
#endif

/* SPDX-License-Identifier: MIT */
/*
 * nng: push and pull over ipc, where the header is installed.
 */
#include "load.h"

#if __has_include(<nng/nng.h>)
#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <stdio.h>
#include <unistd.h>

#include "bench.h"

static char address[160];

static void begin(const struct load *l)
{
	(void)l;
	snprintf(address, sizeof(address), "ipc://%s", bench_path("nng"));
}

/* What is still under way is lost with the process, so it stays until it is ended. */
static void produce(const struct load *l, unsigned index)
{
	nng_socket socket;

	(void)index;
	load_must(nng_push0_open(&socket) == 0 &&
			  nng_dial(socket, address, NULL, 0) == 0,
		  "nng_dial");
	for (long n = 0; n < l->messages; n++)
		load_must(nng_send(socket, load_bytes, l->size, 0) == 0, "nng_send");
	pause();
}

static void consume(const struct load *l, unsigned index)
{
	static char out[65536];
	nng_socket socket;

	(void)index;
	load_must(nng_pull0_open(&socket) == 0 &&
			  nng_listen(socket, address, NULL, 0) == 0,
		  "nng_listen");
	load_greet();
	for (long n = 0; n < l->messages * l->producers; n++) {
		size_t size = sizeof(out);

		load_must(nng_recv(socket, out, &size, 0) == 0 && size == l->size,
			  "nng_recv");
	}
}

static void end(void)
{
	unlink(bench_path("nng"));
}

const struct anchor anchor_nng = {
	.name = "nng ipc",
	.needs = "libnng-dev",
	.greets = true,
	.slow = 20,
	.begin = begin,
	.produce = produce,
	.consume = consume,
	.end = end,
};
#else
const struct anchor anchor_nng = {.name = "nng ipc", .needs = "libnng-dev"};
#endif

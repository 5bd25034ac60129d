/* SPDX-License-Identifier: MIT */
/*
 * Arbitrary bytes as a snapshot of the routes, as they are and with the header put
 * right: whatever is opened must survive every look-up, with no id, index or text out
 * of its bounds, and every message must come to an end.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "object/dispatch.h"
#include "route/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[] = "/tmp/sigslot-fuzz-XXXXXX";
static int dir = -1;

static void must(bool held)
{
	if (!held)
		abort();
}

static void leave(void)
{
	unlinkat(dir, ROUTE_FILE, 0);
	rmdir(path);
}

static void enter(void)
{
	must(mkdtemp(path) != NULL);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(dir >= 0);
	atexit(leave);
}

static void send(const struct routes *r, uint32_t id, uint32_t connection)
{
	struct envelope e = {
		.signal = id, .connection = connection, .generation = UINT32_MAX};

	for (uint32_t queue = 0; queue < 3; queue++) {
		struct dispatch d = {.routes = r, .envelope = &e, .queue = queue};
		struct receiver_id to;

		while (dispatch_next(&d, &to))
			must(routes_name(r, to.slot) != NULL);
	}
}

static void look(const struct routes *r)
{
	must(routes_names_len(r) > 0 && !routes_name(r, routes_names_len(r)));
	for (uint32_t id = 1; id < routes_names_len(r); id++) {
		const struct route_name *n = routes_name(r, id);
		const char *owner = routes_text(r, n->owner);
		uint32_t found = routes_find(r, owner, routes_text(r, n->member),
					     (enum route_kind)n->kind);

		must(!found ||
		     strcmp(owner, routes_text(r, routes_name(r, found)->owner)) == 0);
		must(strlen(routes_text(r, n->type)) < UINT32_MAX);
		for (uint32_t i = 0; i < n->targets_len; i++)
			must(routes_target(r, n->first_target + i) != NULL);
		for (uint32_t i = 0; i < n->reaches_len; i++)
			must(routes_reach(r, n->first_reach + i) != NULL);
		send(r, id, 0);
		send(r, ROUTE_NOBODY, ROUTE_DIRECT | id);
	}
	for (uint32_t i = 0; i < routes_queues_len(r); i++)
		must(strlen(routes_text(r, routes_queue(r, i)->name)) < UINT32_MAX);
}

static bool open_bytes(const void *bytes, size_t size)
{
	struct sigslot_error err = {0};
	struct routes *r = NULL;
	_close_ int fd = -1;
	int code;

	/* a new file each time: a truncated one is written back when it is closed */
	unlinkat(dir, ROUTE_FILE, 0);
	fd = openat(dir, ROUTE_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	must(fd >= 0 && fd_write(fd, bytes, size) == 0);
	code = routes_open(dir, &r, &err);
	must(code == 0 || code == -EBADMSG || code == -EPROTO);
	must((code == 0) == (r != NULL) && (code == 0) == !*err.text);
	if (r)
		look(r);
	routes_close(r);
	return code == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_buf_ struct buf b = {0};
	struct route_header *h;

	if (dir < 0)
		enter();
	open_bytes(data, size);
	if (size < sizeof(*h) || buf_add(&b, data, size) < 0)
		return 0;
	h = (struct route_header *)b.data;
	h->magic = ROUTE_MAGIC;
	h->version = ROUTE_VERSION;
	h->crc = route_crc(h, size);
	open_bytes(b.data, size);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * What the tests of durable rings share: the file of a ring, which they cut, change and
 * put back, and reboots.
 */
#ifndef DURABLE_HOST_H
#define DURABLE_HOST_H

#include <sys/mman.h>

#include "base/fd.h"
#include "base/log.h"
#include "queue/dead.h"
#include "queue/durable.h"
#include "queue/repair.h"
#include "queue/safe.h"
#include "queue/site.h"
#include "queue_host.h"

enum { SIZE = 65536, FILE_BYTES = RING_DATA + SIZE };

static char site[96], ring_path[128];
static char said[512]; /* the last line that was logged */

static void note_line(void *data, const char *from, const char *line, size_t size)
{
	(void)data;
	(void)from;
	snprintf(said, sizeof(said), "%.*s", (int)size, line);
}

__attribute__((unused)) static void durable_begin(void)
{
	host_begin();
	snprintf(site, sizeof(site), "%s/site", host_path);
	snprintf(ring_path, sizeof(ring_path), "%s/ring", site);
	log_to(note_line, NULL);
}

__attribute__((unused)) static int durable_create(uint64_t size)
{
	return queue_create(host_dir, "q",
			    &(struct queue_limits){.size = size, .site = site},
			    &host_err);
}

__attribute__((unused)) static struct queue *durable_queue(void)
{
	must(durable_create(SIZE) == 0);
	return host_open(host_id);
}

/* Writes to the file. Nobody has it open. */
__attribute__((unused)) static void file_put(off_t at, const void *bytes, size_t size)
{
	_close_ int fd = open(ring_path, O_WRONLY | O_CLOEXEC);

	must(fd >= 0 && pwrite(fd, bytes, size, at) == (ssize_t)size);
}

__attribute__((unused)) static void file_get(off_t at, void *bytes, size_t size)
{
	_close_ int fd = open(ring_path, O_RDONLY | O_CLOEXEC);

	must(fd >= 0 && pread(fd, bytes, size, at) == (ssize_t)size);
}

/* The boot that wrote the ring is over, and with it the runtime directory. */
__attribute__((unused)) static void reboot(void)
{
	file_put(RING_SAFE + (off_t)offsetof(struct ring_safe, boot), "earlier", 8);
	if (faccessat(host_dir, "q", F_OK, 0) == 0)
		must(queue_leave(host_dir, "q", &host_err) == 0);
}

/* Opens what the reboot left. NULL: refused, with the reason in host_err. */
__attribute__((unused)) static struct queue *reopen(int *ret_error)
{
	struct queue *q = NULL;
	int r;

	said[0] = '\0';
	r = durable_create(SIZE);
	if (!r)
		r = queue_open(host_dir, "q", host_id, &q, &host_err);
	if (ret_error)
		*ret_error = r;
	else
		must(r == 0);
	return q;
}

__attribute__((unused)) static void durable_drop(struct queue *q)
{
	queue_close(q);
	must(queue_remove(host_dir, "q", &host_err) == 0);
}

#endif

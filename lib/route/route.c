/* SPDX-License-Identifier: MIT */
/*
 * Reads a snapshot. The file is input: its sizes are checked against the mapping, its
 * bytes against the checksum, every range when it is opened, and every index when it is
 * used.
 */
#include "route/route.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "queue/drop.h"
#include "route/format.h"

#define DAMAGED "the routes of this instance are damaged"

struct routes {
	unsigned users; /* but for the first one */
	const struct route_header *head; /* of a copy: nobody can cut it short */
	size_t size;
	const struct route_queue *queues;
	const struct route_name *names;
	const struct route_target *targets;
	const struct route_reach *reaches;
	const uint32_t *sorted;
	const char *strings;
};

static size_t place(struct routes *r, const struct route_header *h)
{
	const char *at = (const char *)(h + 1);

	r->queues = (const void *)at;
	at += sizeof(*r->queues) * (uint64_t)h->queues_len;
	r->names = (const void *)at;
	at += sizeof(*r->names) * (uint64_t)h->names_len;
	r->targets = (const void *)at;
	at += sizeof(*r->targets) * (uint64_t)h->targets_len;
	r->reaches = (const void *)at;
	at += sizeof(*r->reaches) * (uint64_t)h->reaches_len;
	r->sorted = (const void *)at;
	at += sizeof(*r->sorted) * (uint64_t)h->sorted_len;
	r->strings = at;
	at += h->strings_size;
	return (size_t)(at - (const char *)h);
}

static bool in_range(uint32_t first, uint32_t len, uint32_t all)
{
	return len <= all && (!len || first <= all - len);
}

static bool reaches_ok(const struct routes *r)
{
	for (uint32_t i = 0; i < r->head->reaches_len; i++)
		if (r->reaches[i].full > QUEUE_TAP)
			return false;
	return true;
}

static bool ranges_ok(const struct routes *r)
{
	const struct route_header *h = r->head;

	for (uint32_t id = 1; id < h->names_len; id++) {
		const struct route_name *n = &r->names[id];

		if (!in_range(n->first_target, n->targets_len, h->targets_len) ||
		    !in_range(n->first_reach, n->reaches_len, h->reaches_len))
			return false;
	}
	return true;
}

static int check(struct routes *r, struct sigslot_error *err)
{
	const struct route_header *h = r->head;

	if (h->magic != ROUTE_MAGIC || h->version != ROUTE_VERSION)
		return fail(err, -EPROTO,
			    "the routes of this instance were written by another "
			    "version of "
			    "sigslot (format %u, this one knows %d)",
			    h->version, ROUTE_VERSION);
	if (place(r, h) != r->size || !h->strings_size || !h->names_len ||
	    h->loops_len > h->queues_len || r->strings[h->strings_size - 1] ||
	    h->crc != route_crc(h, r->size) || !ranges_ok(r) || !reaches_ok(r))
		return fail(err, -EBADMSG, DAMAGED);
	return 0;
}

/* Reads the whole file behind the struct. */
static int read_all(int fd, size_t size, struct routes **ret, struct sigslot_error *err)
{
	struct routes *r = calloc(1, sizeof(*r) + size);

	if (!r)
		return fail(err, -ENOMEM, "out of memory");
	r->head = (void *)(r + 1);
	r->size = size;
	if (pread(fd, r + 1, size, 0) != (ssize_t)size) {
		free(r);
		return fail(err, -EBADMSG, DAMAGED);
	}
	*ret = r;
	return 0;
}

int routes_open(int dir, struct routes **ret, struct sigslot_error *err)
{
	return routes_read(dir, ROUTE_FILE, ret, err);
}

int routes_read(int dir, const char *file, struct routes **ret,
		struct sigslot_error *err)
{
	_close_ int fd = openat(dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct routes *r = NULL;
	struct stat st;
	int code;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_errno(err, "cannot open the routes");
	if (st.st_size < (off_t)sizeof(*r->head))
		return fail(err, -EBADMSG, DAMAGED);
	code = read_all(fd, (size_t)st.st_size, &r, err);
	if (code < 0)
		return code;
	code = check(r, err);
	if (code < 0)
		routes_close(r);
	else
		*ret = r;
	return code;
}

struct routes *routes_share(struct routes *r)
{
	r->users++;
	return r;
}

void routes_close(struct routes *r)
{
	if (r && r->users--)
		return;
	free(r);
}

uint32_t routes_generation(const struct routes *r)
{
	return r->head->generation;
}

uint32_t routes_fuses(const struct routes *r)
{
	return r->head->fuses;
}

uint32_t routes_names_len(const struct routes *r)
{
	return r->head->names_len;
}

uint32_t routes_queues_len(const struct routes *r)
{
	return r->head->queues_len;
}

uint32_t routes_loops_len(const struct routes *r)
{
	return r->head->loops_len;
}

const struct route_name *routes_name(const struct routes *r, uint32_t id)
{
	return id && id < r->head->names_len ? &r->names[id] : NULL;
}

const struct route_queue *routes_queue(const struct routes *r, uint32_t index)
{
	return index < r->head->queues_len ? &r->queues[index] : NULL;
}

const struct route_target *routes_target(const struct routes *r, uint32_t index)
{
	return index < r->head->targets_len ? &r->targets[index] : NULL;
}

const struct route_reach *routes_reach(const struct routes *r, uint32_t index)
{
	return index < r->head->reaches_len ? &r->reaches[index] : NULL;
}

const char *routes_text(const struct routes *r, uint32_t offset)
{
	return offset < r->head->strings_size ? r->strings + offset : "";
}

uint32_t routes_find(const struct routes *r, const char *owner, const char *member,
		     enum route_kind kind)
{
	uint32_t low = 0, high = r->head->sorted_len;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2, id = r->sorted[middle];
		const struct route_name *n = routes_name(r, id);
		int order;

		if (!n)
			return ROUTE_NOBODY;
		order = strcmp(owner, routes_text(r, n->owner));
		order = order ?: strcmp(member, routes_text(r, n->member));
		order = order
				?: (int)(kind & ~ROUTE_GONE) -
					   (int)(n->kind & ~(uint32_t)ROUTE_GONE);
		if (order == 0)
			return n->kind == kind ? id : (uint32_t)ROUTE_NOBODY;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return ROUTE_NOBODY;
}

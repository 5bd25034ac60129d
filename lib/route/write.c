/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a snapshot that was made, and the rename by which it holds.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "route/build.h"
#include "route/format.h"

static const char fresh[] = ".routes.new";

static int compare(const void *x, const void *y, void *data)
{
	const struct route_build *b = data;
	const struct route_name *n = &b->names.at[*(const uint32_t *)x];
	const struct route_name *m = &b->names.at[*(const uint32_t *)y];
	const char *s = b->strings.data;
	int order = strcmp(s + n->owner, s + m->owner);

	if (order == 0)
		order = strcmp(s + n->member, s + m->member);
	return order
		       ?: (int)(n->kind & ~(uint32_t)ROUTE_GONE) -
				  (int)(m->kind & ~(uint32_t)ROUTE_GONE);
}

static int add_all(struct route_build *b, struct buf *out)
{
	VEC(uint32_t) sorted = {0};
	struct route_header h = {ROUTE_MAGIC, ROUTE_VERSION,
				 .generation = b->generation};
	int r = 0;

	for (uint32_t id = 1; id < b->names.len; id++) {
		uint32_t *at = vec_add(&sorted);

		if (at)
			*at = id;
		else
			r = -ENOMEM;
	}
	if (sorted.len)
		qsort_r(sorted.at, sorted.len, sizeof(uint32_t), compare, b);
	h.queues_len = (uint32_t)b->queues.len;
	h.names_len = (uint32_t)b->names.len;
	h.targets_len = (uint32_t)b->targets.len;
	h.reaches_len = (uint32_t)b->reaches.len;
	h.sorted_len = (uint32_t)sorted.len;
	h.strings_size = (uint32_t)b->strings.size;
	h.fuses = b->fuses;
	h.loops_len = b->loops_len;
	r = r ?: buf_add(out, &h, sizeof(h));
	r = r ?: buf_add(out, b->queues.at, b->queues.len * sizeof(*b->queues.at));
	r = r ?: buf_add(out, b->names.at, b->names.len * sizeof(*b->names.at));
	r = r ?: buf_add(out, b->targets.at, b->targets.len * sizeof(*b->targets.at));
	r = r ?: buf_add(out, b->reaches.at, b->reaches.len * sizeof(*b->reaches.at));
	r = r ?: buf_add(out, sorted.at, sorted.len * sizeof(uint32_t));
	r = r ?: buf_add(out, b->strings.data, b->strings.size);
	vec_done(&sorted);
	if (r < 0)
		return r;
	((struct route_header *)out->data)->crc =
		route_crc((struct route_header *)out->data, out->size);
	return 0;
}

static int write_draft(struct route_build *b, int dir, struct sigslot_error *err)
{
	_buf_ struct buf bytes = {0};
	_close_ int fd = -1;
	int r = add_all(b, &bytes);

	if (r < 0)
		return fail(err, r, "out of memory");
	unlinkat(dir, fresh, 0);
	fd = openat(dir, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(err, "cannot make the routes file");
	r = fd_write(fd, bytes.data, bytes.size);
	return r < 0 ? fail(err, r, "cannot write %zu bytes of routes: %s", bytes.size,
			    strerror(-r))
		     : 0;
}

int route_build_draft(struct route_build *b, int dir, struct routes **ret,
		      struct sigslot_error *err)
{
	int r = write_draft(b, dir, err);

	return r < 0 ? r : routes_read(dir, fresh, ret, err);
}

int route_build_publish(int dir, struct sigslot_error *err)
{
	if (renameat(dir, fresh, dir, ROUTE_FILE) < 0)
		return fail_errno(err, "cannot place the routes file");
	return 0;
}

int route_build_write(struct route_build *b, int dir, struct sigslot_error *err)
{
	int r = write_draft(b, dir, err);

	return r < 0 ? r : route_build_publish(dir, err);
}

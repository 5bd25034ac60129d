/* SPDX-License-Identifier: MIT */
/*
 * How old the oldest message of a queue is, read from its file without the latch. What
 * is there may change meanwhile: a record counts only under the mark of its place.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "queue/look.h"
#include "queue/ring.h"
#include "queue/site.h"

enum { STEPS = 4096 };

/* A copy of the header at a position, which may go round the end of the data. */
static bool copy_at(int fd, const struct ring *ring, uint64_t position,
		    struct record *ret)
{
	uint64_t at = position % ring->capacity, left = ring->capacity - at;
	size_t first = left < sizeof(*ret) ? (size_t)left : sizeof(*ret);
	size_t rest = sizeof(*ret) - first;

	if (pread(fd, ret, first, (off_t)(RING_DATA + at)) != (ssize_t)first)
		return false;
	return !rest ||
	       pread(fd, (char *)ret + first, rest, RING_DATA) == (ssize_t)rest;
}

static int find(int fd, const struct ring *ring, const struct ring_meta *m,
		uint64_t *ret_time_ns)
{
	uint64_t at = m->head;

	for (int i = 0; i < STEPS && at < m->tail; i++) {
		struct record r;

		if (m->gap != m->gap_end && at == m->gap) {
			at = m->gap_end;
			continue;
		}
		if (!copy_at(fd, ring, at, &r) || r.mark != ring_mark(ring, at))
			return -EAGAIN;
		if (!record_gone(record_parts(r.state).state)) {
			*ret_time_ns = r.envelope.time_ns;
			return 0;
		}
		at += record_room(r.size);
	}
	return -ENOENT;
}

int queue_oldest(int dir, const char *name, uint64_t *ret_time_ns)
{
	_close_ int at =
		openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_close_ int fd = -1;
	struct ring_meta m;
	struct ring ring;
	bool durable;
	int r;

	if (at < 0)
		return -errno;
	fd = site_open(at, name, O_RDONLY, &durable, NULL);
	r = fd < 0 ? fd : ring_map_head(fd, false, &ring, name, NULL);
	if (r < 0)
		return r;
	r = ring_snapshot(&ring, &m);
	if (r == 0)
		r = find(fd, &ring, &m, ret_time_ns);
	ring_unmap(&ring);
	return r;
}

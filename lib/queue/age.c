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
		struct record *ret)
{
	uint64_t at = m->head;

	for (int i = 0; i < STEPS && at < m->tail; i++) {
		if (m->gap != m->gap_end && at == m->gap) {
			at = m->gap_end;
			continue;
		}
		if (!copy_at(fd, ring, at, ret) || ret->mark != ring_mark(ring, at))
			return -EAGAIN;
		if (!record_gone(record_parts(ret->state).state))
			return 0;
		at += record_room(ret->size);
	}
	return -ENOENT;
}

int queue_oldest(int dir, const char *name, uint64_t *ret_time_ns, uint64_t *ret_seq)
{
	_close_ int at =
		openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_close_ int fd = -1;
	struct ring_meta m;
	struct ring ring;
	struct record oldest;
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
		r = find(fd, &ring, &m, &oldest);
	if (r == 0) {
		*ret_time_ns = oldest.envelope.time_ns;
		*ret_seq = oldest.seq;
	}
	ring_unmap(&ring);
	return r;
}

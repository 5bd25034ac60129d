/* SPDX-License-Identifier: MIT */
/*
 * Queues as things: made, opened, closed, counted, removed. What happens to messages
 * is in push.c, turn.c and recover.c.
 */
#include "queue/queue.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fd.h"
#include "queue/bell.h"
#include "queue/durable.h"
#include "queue/latch.h"
#include "queue/site.h"
#include "queue/safe.h"

static const char *const files[] = {"ring", "data", "space", "site"};

size_t queue_largest(uint64_t size)
{
	return ring_capacity(size) / 2 - sizeof(struct record);
}

static void remove_files(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	for (size_t i = 0; d && i < ARRAY_LEN(files); i++)
		unlinkat(fd, files[i], 0);
	while (d && (entry = readdir(d)))
		if (strncmp(entry->d_name, "ring.", strlen("ring.")) == 0)
			unlinkat(fd, entry->d_name, 0); /* of a repair */
	if (d)
		closedir(d);
	else
		fd_close(&fd);
	unlinkat(dir, name, AT_REMOVEDIR);
}

static int fill_directory(int fd, const char *name, const struct queue_limits *limits,
			  struct sigslot_error *err)
{
	_close_ int ring = -1;

	if (mkfifoat(fd, "data", 0600) < 0 || mkfifoat(fd, "space", 0600) < 0)
		return fail_errno(err, "queue '%s': cannot create its files", name);
	if (limits->site)
		return site_make(fd, limits->site, name, limits, err);
	ring = openat(fd, "ring", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (ring < 0)
		return fail_errno(err, "queue '%s': cannot create its files", name);
	return ring_create(ring, limits, name, err);
}

/*
 * Makes the directory under a temporary name and locks it while it is being filled. A
 * leftover of somebody who died in between is not locked. Returns its descriptor.
 */
static int make_directory(int dir, const char *name, const char *temporary,
			  struct sigslot_error *err)
{
	for (int attempt = 0; attempt < 100; attempt++) {
		bool made = mkdirat(dir, temporary, 0700) == 0;
		_close_ int fd = -1;

		if (!made && errno != EEXIST)
			break;
		fd = openat(dir, temporary,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (flock(fd, LOCK_EX | LOCK_NB) < 0)
			return fail(err, -EEXIST,
				    "queue '%s' is being created by somebody else",
				    name);
		if (made)
			return TAKE_FD(fd);
		remove_files(dir, temporary);
	}
	return fail_errno(err, "queue '%s': cannot create its directory", name);
}

static int publish(int dir, const char *temporary, const char *name,
		   struct sigslot_error *err)
{
	if (renameat2(dir, temporary, dir, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno == EINVAL && renameat(dir, temporary, dir, name) == 0)
		return 0; /* a file system without NOREPLACE; a queue is not empty */
	if (errno == EEXIST || errno == ENOTEMPTY)
		return fail(err, -EEXIST, "queue '%s' exists already", name);
	return fail_errno(err, "queue '%s': cannot create it", name);
}

int queue_create(int dir, const char *name, const struct queue_limits *limits,
		 struct sigslot_error *err)
{
	_close_ int fd = -1;
	char temporary[80];
	int r;

	if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return fail(err, -EEXIST, "queue '%s' exists already", name);
	snprintf(temporary, sizeof(temporary), ".new-%.64s", name);
	fd = make_directory(dir, name, temporary, err);
	if (fd < 0)
		return fd;
	r = fill_directory(fd, name, limits, err);
	if (!r)
		r = publish(dir, temporary, name, err);
	if (r < 0)
		remove_files(dir, temporary);
	return r;
}

static int open_bell(int dir, const char *bell, const char *name,
		     struct sigslot_error *err)
{
	int fd = openat(dir, bell, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	if (fd < 0)
		return fail_errno(err, "queue '%s': cannot open its bell '%s'", name,
				  bell);
	if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode))
		return fd;
	close(fd);
	return fail(err, -EBADMSG, "queue '%s' is damaged: its bell '%s' is no FIFO",
		    name, bell);
}

static int open_directory(int dir, const char *name, struct sigslot_error *err)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? fail_errno(err, "queue '%s': cannot open it", name) : fd;
}

static int open_ring(struct queue *q, int at, struct sigslot_error *err)
{
	bool durable;
	_close_ int ring = site_open(at, q->name, O_RDWR, &durable, err);
	int r = ring < 0 ? ring : ring_map(ring, &q->ring, q->name, err);

	if (r < 0 || !durable)
		return r;
	if (safe_attach(&q->ring) < 0)
		return section_damaged(q, 0, err);
	q->inline_max =
		UINT32_MAX; /* a safe point never ends at a half-written record */
	r = site_settle(at, ring, q, err);
	if (!r)
		q->file = TAKE_FD(ring);
	return r;
}

static int open_files(struct queue *q, int dir, struct sigslot_error *err)
{
	_close_ int at = open_directory(dir, q->name, err);

	if (at < 0)
		return at;
	q->data_fd = open_bell(at, "data", q->name, err);
	if (q->data_fd < 0)
		return q->data_fd;
	q->space_fd = open_bell(at, "space", q->name, err);
	if (q->space_fd < 0)
		return q->space_fd;
	return open_ring(q, at, err);
}

/*
 * The tokens in a FIFO vanish when nobody has it open, so the words may lie: doubt
 * them, and ring for what waits.
 */
static int arrive(struct queue *q, struct sigslot_error *err)
{
	int r = section_enter(q, err);

	/* who stands still in there has the FIFOs open: their words are right */
	if (r == -ETIMEDOUT && identity_slot(q->id) >= IDENTITY_FIXED)
		return 0;
	if (r < 0)
		return r;
	if (identity_slot(q->id) < IDENTITY_FIXED && identity_generation(q->id) > 1)
		r = recover_held(q, identity_slot(q->id), 0);
	bell_doubt(&q->ring.head->data_bell, q->data_fd);
	if (q->m.next < q->m.tail || q->m.due != NEVER)
		section_ring_data(q);
	section_leave(q);
	return r < 0 ? section_damaged(q, q->m.head, err) : 0;
}

static void dispose(struct queue *q)
{
	ring_unmap(&q->ring);
	fd_close(&q->data_fd);
	fd_close(&q->space_fd);
	fd_close(&q->file);
	free(q);
}

int queue_open(int dir, const char *name, struct identity *id, struct queue **ret,
	       struct sigslot_error *err)
{
	static uint32_t handles;
	struct queue *q = calloc(1, sizeof(*q));
	int r;

	if (!q)
		return fail(err, -ENOMEM, "queue '%s': out of memory", name);
	q->id = id;
	q->me = latch_word(identity_slot(id), identity_generation(id));
	q->handle = __atomic_add_fetch(&handles, 1, __ATOMIC_RELAXED);
	q->inline_max = RING_INLINE;
	q->data_fd = q->space_fd = q->file = -1;
	memcpy(q->name, name, strnlen(name, sizeof(q->name) - 1));
	r = open_files(q, dir, err);
	if (!r)
		r = arrive(q, err);
	if (r < 0)
		dispose(q);
	else
		*ret = q;
	return r;
}

void queue_close(struct queue *q)
{
	if (!q)
		return;
	if (q->held && identity_here(q->id))
		recover_handle(q);
	if (!identity_here(q->id))
		q->ring.head = NULL; /* not mapped here */
	dispose(q);
}

int queue_data_fd(const struct queue *q)
{
	return q->data_fd;
}

int queue_space_fd(const struct queue *q)
{
	return q->space_fd;
}

uint64_t queue_due(struct queue *q)
{
	struct ring_meta m;

	if (!identity_here(q->id) || ring_snapshot(&q->ring, &m) < 0)
		return NEVER;
	return m.due;
}

int queue_shut(struct queue *q, bool shut)
{
	int r = section_enter(q, NULL);

	if (r < 0)
		return r;
	q->m.flags = shut ? q->m.flags | RING_SHUT : q->m.flags & ~(uint32_t)RING_SHUT;
	section_ring_data(q);
	bell_ring(&q->ring.head->space_bell, q->space_fd);
	section_commit(q);
	section_leave(q);
	return q->ring.safe ? safe_flush(q, NULL) : 0;
}

bool queue_durable(const struct queue *q)
{
	return q->ring.safe;
}

bool queue_sited(int dir, const char *name)
{
	char path[SITE_PATH];

	return site_of(dir, name, path) == 0;
}

static int remove_site(int dir, const char *name, struct sigslot_error *err)
{
	char path[SITE_PATH];
	int r = site_of(dir, name, path) < 0 ? 0 : site_remove(path);

	return r < 0 ? fail(err, r, "queue '%s': cannot remove '%s': %s", name, path,
			    strerror(-r))
		     : 0;
}

int queue_remove(int dir, const char *name, struct sigslot_error *err)
{
	int r = remove_site(dir, name, err);

	return r < 0 ? r : queue_leave(dir, name, err);
}

int queue_leave(int dir, const char *name, struct sigslot_error *err)
{
	char temporary[80];

	snprintf(temporary, sizeof(temporary), ".old-%.64s", name);
	remove_files(dir, temporary);
	if (renameat(dir, name, dir, temporary) < 0)
		return fail_errno(err, "queue '%s': cannot remove it", name);
	remove_files(dir, temporary);
	if (faccessat(dir, temporary, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return fail(err, -ENOTEMPTY,
			    "queue '%s': its directory holds files that are not its "
			    "own",
			    name);
	return 0;
}

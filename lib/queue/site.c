/* SPDX-License-Identifier: MIT */
/*
 * Sites of durable rings. A path is opened without following a link at its end and
 * judged by what was opened: it must be ours alone.
 */
#include "queue/site.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fd.h"
#include "queue/safe.h"

enum { LOOKS = 400, PAUSE_NS = 5000000 };

static const char file_name[] = "site", ring_name[] = "ring", new_name[] = "ring.new";

int site_read(int at, char path[static SITE_PATH])
{
	_close_ int fd = openat(at, file_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd < 0 ? -1 : read(fd, path, SITE_PATH - 1);

	if (n < 1 || path[0] != '/')
		return -ENOENT;
	path[n] = '\0';
	return 0;
}

int site_of(int dir, const char *name, char path[static SITE_PATH])
{
	_close_ int at = openat(dir, name, RING_OPEN | O_RDONLY | O_DIRECTORY);

	return at < 0 ? -ENOENT : site_read(at, path);
}

static int write_path(int at, const char *path)
{
	_close_ int fd =
		openat(at, file_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	return fd_write(fd, path, strlen(path));
}

static int judge(int fd, const char *path, struct sigslot_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail_errno(err, "cannot look at '%s'", path);
	if (st.st_uid != geteuid() || st.st_mode & 077)
		return fail(err, -EPERM, "'%s' is not yours alone (user %u, mode %03o)",
			    path, (unsigned)st.st_uid, (unsigned)st.st_mode & 0777);
	return 0;
}

int site_enter(const char *path, struct sigslot_error *err)
{
	_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return fail(err, -EPERM, "'%s' is not a directory", path);
	if (fd < 0)
		return fail_errno(err, "cannot open the directory '%s'", path);
	r = judge(fd, path, err);
	return r < 0 ? r : TAKE_FD(fd);
}

static int open_ring(int site, const char *path, const char *name, int flags,
		     struct sigslot_error *err)
{
	_close_ int fd = openat(site, ring_name, RING_OPEN | flags);
	int r;

	if (fd < 0 && errno == ELOOP)
		return fail(err, -EPERM, "'%s/%s' is a link", path, ring_name);
	if (fd < 0)
		return fail_errno(err, "queue '%s': cannot open '%s/%s'", name, path,
				  ring_name);
	r = judge(fd, path, err);
	return r < 0 ? r : TAKE_FD(fd);
}

/* Apart from the rest: most queues have no site, and need no room for its path. */
static _cold_ int open_elsewhere(int at, const char *name, int flags, bool *ret_durable,
				 struct sigslot_error *err)
{
	char path[SITE_PATH];
	_close_ int site = -1;

	*ret_durable = site_read(at, path) == 0;
	if (!*ret_durable)
		return fail(err, -ENOENT, "queue '%s': cannot open it: %s", name,
			    strerror(ENOENT));
	site = site_enter(path, err);
	return site < 0 ? site : open_ring(site, path, name, flags, err);
}

int site_open(int at, const char *name, int flags, bool *ret_durable,
	      struct sigslot_error *err)
{
	int fd = openat(at, ring_name, RING_OPEN | flags);

	*ret_durable = false;
	if (fd < 0 && errno == ENOENT)
		return open_elsewhere(at, name, flags, ret_durable, err);
	return fd < 0 ? fail_errno(err, "queue '%s': cannot open it", name) : fd;
}

int site_directory(int at, const char *name, struct sigslot_error *err)
{
	char path[SITE_PATH];
	int fd;

	if (site_read(at, path) == 0)
		return site_enter(path, err);
	fd = fcntl(at, F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? fail_errno(err, "queue '%s': cannot open it", name) : fd;
}

/* --- who may use it --- */

static int busy(const struct queue *q, struct sigslot_error *err)
{
	return fail(err, -EBUSY,
		    "the file of queue '%s' is in use by processes of another runtime "
		    "directory, or of one that is gone: end them first",
		    q->name);
}

static bool at_home(int at, const struct ring_safe *s)
{
	struct stat st;

	return fstat(at, &st) == 0 && s->home[0] == st.st_dev &&
	       s->home[1] == st.st_ino;
}

/* Under the exclusive lock. */
static int move_in(int at, struct queue *q, struct sigslot_error *err)
{
	struct stat st;
	int r = safe_restart(q, err);

	if (r < 0)
		return r;
	if (fstat(at, &st) < 0)
		return fail_errno(err, "queue '%s'", q->name);
	q->ring.safe->home[0] = st.st_dev;
	q->ring.safe->home[1] = st.st_ino;
	return 0;
}

int site_settle(int at, int fd, struct queue *q, struct sigslot_error *err)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};

	for (int looks = 0; looks < LOOKS; looks++) {
		int r = 0;

		if (flock(fd, LOCK_SH) < 0)
			return fail_errno(err, "queue '%s': cannot lock it", q->name);
		if (!at_home(at, q->ring.safe))
			return busy(q, err);
		if (safe_same_boot(&q->ring))
			return 0;
		/* of several who come after a reboot one has the others wait */
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 && !safe_same_boot(&q->ring))
			r = move_in(at, q, err);
		if (r < 0)
			return r;
		flock(fd, LOCK_UN);
		if (!safe_same_boot(&q->ring))
			nanosleep(&pause, NULL);
	}
	return busy(q, err);
}

/* --- making --- */

static int make_ring(int site, const char *name, const struct queue_limits *limits,
		     struct sigslot_error *err)
{
	_close_ int fd = -1;
	int r;

	unlinkat(site, new_name, 0); /* of somebody who died; we hold the lock */
	fd = openat(site, new_name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(err, "queue '%s': cannot create its file", name);
	r = ring_create(fd, limits, name, err);
	if (!r && (r = safe_create(fd)) < 0)
		fail(err, r, "queue '%s': cannot write its file: %s", name,
		     strerror(-r));
	if (!r && (renameat(site, new_name, site, ring_name) < 0 || fsync(site) < 0))
		r = fail_errno(err, "queue '%s': cannot create its file", name);
	if (r < 0)
		unlinkat(site, new_name, 0);
	return r;
}

/* Takes over the ring that is there. */
static int adopt(int at, int site, const char *path, const char *name,
		 struct sigslot_error *err)
{
	struct queue q = {.file = -1};
	_close_ int fd = open_ring(site, path, name, O_RDWR, err);
	int r;

	if (fd < 0)
		return fd;
	memcpy(q.name, name, strnlen(name, sizeof(q.name) - 1));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return busy(&q, err);
	r = ring_map(fd, &q.ring, name, err);
	if (r < 0)
		return r;
	r = safe_attach(&q.ring);
	r = r < 0 ? section_damaged(&q, 0, err) : move_in(at, &q, err);
	ring_unmap(&q.ring);
	return r;
}

/* So that the way to the ring is on the medium as well. */
static int sync_way(const char *path)
{
	char parent[SITE_PATH];

	for (int up = 0; up < 3; up++) {
		_close_ int fd = -1;

		snprintf(parent, sizeof(parent), "%s", path);
		for (int i = 0; i <= up; i++)
			dirname(parent);
		fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 || fsync(fd) < 0)
			return -errno;
	}
	return 0;
}

int site_make(int at, const char *path, const char *name,
	      const struct queue_limits *limits, struct sigslot_error *err)
{
	_close_ int site = -1;
	int r;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return fail_errno(err, "cannot make the directory '%s'", path);
	site = site_enter(path, err);
	if (site < 0)
		return site;
	if (flock(site, LOCK_EX) < 0)
		return fail_errno(err, "cannot lock '%s'", path);
	if (faccessat(site, ring_name, F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
		r = make_ring(site, name, limits, err);
		if (!r && sync_way(path) < 0)
			r = fail_errno(err, "cannot write '%s'", path);
		if (r < 0)
			return r;
	}
	r = adopt(at, site, path, name, err);
	if (!r && (r = write_path(at, path)) < 0)
		fail(err, r, "queue '%s': cannot note its site: %s", name,
		     strerror(-r));
	return r;
}

int site_remove(const char *path)
{
	char parent[SITE_PATH];
	_close_ int site = site_enter(path, NULL);

	if (site < 0)
		return site == -ENOENT ? 0 : site;
	if (unlinkat(site, ring_name, 0) < 0 && errno != ENOENT)
		return -errno;
	unlinkat(site, new_name, 0);
	/* neither goes while something is left in it */
	if (rmdir(path) == 0) {
		snprintf(parent, sizeof(parent), "%s", path);
		rmdir(dirname(parent));
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * Where the file of a ring lies. That of a durable queue has a directory of its own,
 * which outlives a reboot; the file `site` in the queue's directory holds its path.
 *
 * Whoever has a durable ring open holds a shared lock on its file, so that it is not
 * made anew under his feet when the queue's directory is gone and made again. The ring
 * belongs to one queue directory at a time.
 */
#ifndef QUEUE_SITE_H
#define QUEUE_SITE_H

#include "queue/durable.h"

enum { SITE_PATH = 4096 };

/*
 * Makes the site and the ring in it for the queue directory `at`, or takes the ring
 * that is there, with the size that it has. Returns 0; -EPERM: it is not safe; -EBUSY:
 * it is in use; -EBADMSG: damaged; -errno.
 */
int site_make(int at, const char *path, const char *name,
	      const struct queue_limits *limits, struct sigslot_error *err);

/* Opens the ring of a queue directory. Returns its descriptor or a negative errno. */
int site_open(int at, const char *name, int flags, bool *ret_durable,
	      struct sigslot_error *err);

/*
 * Locks the file of a durable ring that is mapped in q, for as long as it stays open,
 * and makes it usable if it is of an earlier boot. -EBUSY: others have it open;
 * -EBADMSG.
 */
int site_settle(int at, int fd, struct queue *q, struct sigslot_error *err);

/* Opens the directory in which a ring lies: that of the queue, or its site. */
int site_directory(int at, const char *name, struct sigslot_error *err);

/* Opens a site, if it is ours alone. Returns its descriptor, -EPERM, -errno. */
int site_enter(const char *path, struct sigslot_error *err);

/*
 * The path of the site of a queue directory, or of a queue by its name. Returns 0 or
 * -ENOENT: not durable.
 */
int site_read(int at, char path[static SITE_PATH]);
int site_of(int dir, const char *name, char path[static SITE_PATH]);

#endif

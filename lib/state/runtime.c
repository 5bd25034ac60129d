/* SPDX-License-Identifier: MIT */
/*
 * Where instances live. Every directory is opened first and judged by its descriptor.
 */
#include "state/runtime.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/unit.h"
#include "base/vec.h"
#include "state/private.h"

#define VARIABLE "SIGSLOT_RUNTIME_DIR"

enum {
	DEEPEST = 8, /* of what is removed */
	PREPARED = 80, /* bytes of the name of what is being made */
};

static const char trash_prefix[] = ".trash-", new_prefix[] = ".new-";

/* The parent, where its owner is ours to trust, then `sigslot` in it. */
static int open_below(const char *parent, bool create, int *ret_dir,
		      struct sigslot_error *err)
{
	char path[PATH_MAX];
	_close_ int fd = -1;
	int r = private_open(AT_FDCWD, parent, false, VARIABLE, &fd, err);

	if (r < 0)
		return r;
	if (snprintf(path, sizeof(path), "%s/sigslot", parent) >= (int)sizeof(path))
		return fail(err, -ENAMETOOLONG, "'%s' is too long", parent);
	return private_open(AT_FDCWD, path, create, VARIABLE, ret_dir, err);
}

static bool there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

int runtime_open(bool create, int *ret_dir, struct sigslot_error *err)
{
	const char *own = getenv(VARIABLE), *xdg = getenv("XDG_RUNTIME_DIR");
	char path[64];

	if (own && *own) {
		if (*own != '/')
			return fail(err, -EINVAL,
				    "%s is '%s': it must be an absolute path", VARIABLE,
				    own);
		return private_open(AT_FDCWD, own, create, VARIABLE, ret_dir, err);
	}
	if (xdg && *xdg == '/' && there(xdg))
		return open_below(xdg, create, ret_dir, err);
	snprintf(path, sizeof(path), "/run/user/%u", (unsigned)geteuid());
	if (there(path))
		return open_below(path, create, ret_dir, err);
	snprintf(path, sizeof(path), "/tmp/sigslot-%u", (unsigned)geteuid());
	return private_open(AT_FDCWD, path, create, VARIABLE, ret_dir, err);
}

int runtime_subdir(int dir, const char *name, bool create, int *ret_dir,
		   struct sigslot_error *err)
{
	return private_open(dir, name, create, VARIABLE, ret_dir, err);
}

struct names {
	VEC(char *);
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool directory(int dir, const struct dirent64 *entry)
{
	struct stat st;

	if (!unit_name_ok(entry->d_name, strlen(entry->d_name)))
		return false;
	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode);
}

/* Without a DIR, which costs two more calls and 32 KiB: every emit may come by here. */
static int list(int dir, struct names *names)
{
	_Alignas(struct dirent64) char bytes[1024];
	ssize_t size = lseek(dir, 0, SEEK_SET);

	while (size >= 0 && (size = getdents64(dir, bytes, sizeof(bytes))) > 0) {
		const struct dirent64 *entry = NULL;
		char **name;

		for (ssize_t at = 0; at < size; at += entry->d_reclen) {
			entry = (const void *)(bytes + at);
			if (!directory(dir, entry))
				continue;
			name = vec_add(names);
			if (!name || !(*name = strdup(entry->d_name)))
				return -ENOMEM;
		}
	}
	return size < 0 ? -errno : 0;
}

int runtime_each(int dir, int (*fn)(void *data, const char *name), void *data)
{
	struct names names = {0};
	int r = list(dir, &names);

	if (names.len && r == 0)
		qsort(names.at, names.len, sizeof(*names.at), compare);
	vec_each(name, &names) {
		if (r == 0)
			r = fn(data, *name);
		free(*name);
	}
	vec_done(&names);
	return r;
}

static int remove_tree(int dir, const char *name, int depth)
{
	struct dirent *entry;
	int fd, r = 0;
	DIR *d;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	d = fdopendir(fd);
	while (d && depth < DEEPEST && (entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = remove_tree(dirfd(d), entry->d_name, depth + 1) ?: r;
	if (d)
		closedir(d);
	else
		close(fd);
	if (unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		r = r ?: -errno;
	return r;
}

static void preparing(const char *name, char out[static PREPARED])
{
	snprintf(out, PREPARED, "%s%.63s", new_prefix, name);
}

/* Opens and locks it. Returns -1 if it is somebody's, or gone. */
static int lock_prepared(int dir, const char *prepared)
{
	_close_ int fd =
		openat(dir, prepared, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 ? TAKE_FD(fd) : -1;
}

int runtime_prepare(int dir, const char *name, int *ret_dir, struct sigslot_error *err)
{
	char prepared[PREPARED];

	preparing(name, prepared);
	for (int tries = 0; tries < 3; tries++) {
		bool made = mkdirat(dir, prepared, 0700) == 0;
		_close_ int fd = -1;

		if (!made && errno != EEXIST)
			return fail_errno(err, "cannot make the directory '%s'", name);
		fd = lock_prepared(dir, prepared);
		if (fd < 0)
			break;
		if (made) {
			*ret_dir = TAKE_FD(fd);
			return 0;
		}
		remove_tree(dir, prepared, 0); /* its maker has died */
	}
	return fail(err, -EEXIST, "'%s' is being made by somebody else", name);
}

int runtime_publish(int dir, const char *name, struct sigslot_error *err)
{
	char prepared[PREPARED];

	preparing(name, prepared);
	if (renameat2(dir, prepared, dir, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno == EINVAL && renameat(dir, prepared, dir, name) == 0)
		return 0; /* a file system without NOREPLACE; none is empty */
	if (errno == EEXIST || errno == ENOTEMPTY)
		return fail(err, -EEXIST, "there is a '%s' already", name);
	return fail_errno(err, "cannot make the directory '%s'", name);
}

void runtime_discard(int dir, const char *name)
{
	char prepared[PREPARED];

	preparing(name, prepared);
	remove_tree(dir, prepared, 0);
}

bool runtime_is_queue(int dir)
{
	return faccessat(dir, RUNTIME_QUEUE, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool runtime_has_queue(int dir, const char *name)
{
	char path[NAME_MAX + sizeof("/" RUNTIME_QUEUE)];
	int size = snprintf(path, sizeof(path), "%s/" RUNTIME_QUEUE, name);

	return size < (int)sizeof(path) &&
	       faccessat(dir, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static void sweep_new(int dir, const char *prepared)
{
	_close_ int fd = lock_prepared(dir, prepared);

	if (fd >= 0)
		remove_tree(dir, prepared, 0);
}

/* What is being removed by a living process is removed by both. */
void runtime_sweep(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (begins(entry->d_name, trash_prefix))
			remove_tree(dir, entry->d_name, 0);
		else if (begins(entry->d_name, new_prefix))
			sweep_new(dir, entry->d_name);
	if (d)
		closedir(d);
	else
		fd_close(&fd);
}

int runtime_remove(int dir, const char *name)
{
	char trash[96];

	runtime_sweep(dir); /* one of them could have the name that is needed now */
	snprintf(trash, sizeof(trash), "%s%d-%s", trash_prefix, (int)getpid(), name);
	if (renameat(dir, name, dir, trash) < 0)
		return errno == ENOENT ? 0 : -errno;
	return remove_tree(dir, trash, 0);
}

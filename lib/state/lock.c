/* SPDX-License-Identifier: MIT */
/*
 * Whether an instance lives. The note is text: `key value` lines.
 */
#include "state/lock.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"

enum { NOTE_LOOKS = 100, NOTE_PAUSE_NS = 2000000 };

static const char name[] = "lock";

int lock_read(int fd, struct lock_note *note)
{
	char text[1024], *at = text, *line;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	*note = (struct lock_note){0};
	if (n < 0)
		return -errno;
	text[n] = '\0';
	/* the last line, and the only one that others chose: it may hold newlines */
	line = strstr(text, "\nfile ");
	if (line) {
		*line = '\0';
		line += strlen("\nfile ");
		snprintf(note->file, sizeof(note->file), "%.*s",
			 (int)strlen(line) - (n && text[n - 1] == '\n'), line);
	}
	while ((line = strsep(&at, "\n"))) {
		sscanf(line, "pid %d", &note->pid);
		sscanf(line, "since %lu", &note->since);
		sscanf(line, "run %39s", note->run);
	}
	return 0;
}

/*
 * Reads the note of the one that the kernel says holds the lock. It writes it a moment
 * after it took the lock; until then there is none, or that of the last run.
 */
static void read_holder(int fd, struct lock_note *note)
{
	const struct timespec pause = {.tv_nsec = NOTE_PAUSE_NS};
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	for (int looks = 0; looks < NOTE_LOOKS; looks++) {
		if (lock_read(fd, note) < 0 || fcntl(fd, F_GETLK, &whole) < 0 ||
		    whole.l_type == F_UNLCK || note->pid == whole.l_pid)
			return;
		nanosleep(&pause, NULL);
		whole.l_type = F_WRLCK;
	}
}

static int running(int fd, const char *instance, struct sigslot_error *err)
{
	struct lock_note note = {0};
	char when[64] = "?";
	struct tm tm;
	time_t seconds;

	read_holder(fd, &note);
	seconds = (time_t)(note.since / NS_PER_S);
	if (note.since && localtime_r(&seconds, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	return fail(
		err, -EEXIST,
		"instance '%s' is already running (pid %d, since %s): stop it, or give "
		"this one another name with -n",
		instance, note.pid, when);
}

/*
 * Another process may have removed the directory between our open and our lock. It
 * renames it first and holds the lock meanwhile, so by now the directory has moved.
 */
static bool removed(int dir, const char *instance)
{
	struct stat here, there;
	char path[80];

	snprintf(path, sizeof(path), "../%s", instance);
	return fstat(dir, &here) < 0 ||
	       fstatat(dir, path, &there, AT_SYMLINK_NOFOLLOW) < 0 ||
	       here.st_ino != there.st_ino || here.st_dev != there.st_dev;
}

static int gone(const char *instance, struct sigslot_error *err)
{
	return fail(err, -EAGAIN, "instance '%s' was just removed: run it again",
		    instance);
}

int lock_take(int dir, const char *instance, struct sigslot_error *err)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	_close_ int fd =
		openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 && errno == ENOENT)
		return gone(instance, err);
	if (fd < 0)
		return fail_errno(err, "cannot open the lock of instance '%s'",
				  instance);
	if (fcntl(fd, F_SETLK, &whole) < 0) {
		if (errno == EACCES || errno == EAGAIN)
			return running(fd, instance, err);
		return fail_errno(err, "cannot lock instance '%s'", instance);
	}
	if (removed(dir, instance))
		return gone(instance, err);
	return TAKE_FD(fd);
}

int lock_write(int fd, const struct lock_note *note)
{
	char text[1024];
	int size =
		snprintf(text, sizeof(text),
			 "pid %d\nsince %lu\nrun %s\nversion %s\nfile %s\n", note->pid,
			 note->since, note->run, SIGSLOT_VERSION, note->file);

	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)size, 0) != size)
		return -errno;
	return 0;
}

int lock_probe(int dir, pid_t *ret_pid, struct lock_note *ret_note)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	_close_ int fd = openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return -errno;
	if (fcntl(fd, F_GETLK, &whole) < 0)
		return -errno;
	*ret_pid = whole.l_type == F_UNLCK ? 0 : whole.l_pid > 0 ? whole.l_pid : -1;
	return ret_note ? lock_read(fd, ret_note) : 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * Notes of who waits. A file that is read and written, not mapped: a full file system
 * then costs a note and not a process.
 */
#include "queue/waits.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { FEW = 64, CUT = 63 };

static const char name[] = "waits";

static int write_note(int dir, const struct identity *id, const struct wait_note *note)
{
	_close_ int fd =
		openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	off_t at = (off_t)identity_slot(id) * (off_t)sizeof(*note);

	if (fd < 0)
		return -errno;
	if (pwrite(fd, note, sizeof(*note), at) != (ssize_t)sizeof(*note))
		return errno ? -errno : -ENOSPC;
	return 0;
}

int waits_publish(int dir, const struct identity *id, const struct wait_note *note)
{
	struct wait_note mine = *note;

	mine.slot = identity_slot(id);
	mine.generation = identity_generation(id);
	return write_note(dir, id, &mine);
}

void waits_withdraw(int dir, const struct identity *id)
{
	write_note(dir, id, &(struct wait_note){0});
}

/* What another process wrote is input. */
static bool counts(const struct identity *id, struct wait_note *note, unsigned slot)
{
	note->loop[CUT] = note->queue[CUT] = '\0';
	return note->since && note->slot == slot &&
	       identity_alive(id, slot, note->generation);
}

unsigned waits_read(int dir, const struct identity *id, struct wait_note *out,
		    unsigned max)
{
	_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct wait_note few[FEW];
	unsigned found = 0;
	off_t at = fd < 0 ? -1 : lseek(fd, 0, SEEK_DATA);

	while (at >= 0 && found < max) {
		size_t first = (size_t)at / sizeof(*few);
		ssize_t size =
			pread(fd, few, sizeof(few), (off_t)(first * sizeof(*few)));
		size_t len = size < 0 ? 0 : (size_t)size / sizeof(*few);

		for (size_t i = 0; i < len && found < max; i++)
			if (counts(id, &few[i], (unsigned)(first + i)))
				out[found++] = few[i];
		at = len ? lseek(fd, (off_t)((first + len) * sizeof(*few)), SEEK_DATA)
			 : -1;
	}
	return found;
}

/* SPDX-License-Identifier: MIT */
/*
 * The status board. A new one replaces the old by rename, so a reader that has the old
 * one mapped keeps a whole one.
 */
#include "state/board.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"

enum { MAGIC = 0x53534253, VERSION = 7, MOST = 1 << 20 };

static const char name[] = "status", fresh[] = ".status.new";

static const char *const texts[] = {
	[BOARD_STARTING] = "starting", [BOARD_READY] = "ready",
	[BOARD_DRAINING] = "draining", [BOARD_STOPPED] = "stopped",
	[BOARD_WAITING] = "waiting",   [BOARD_FAILED] = "failed",
};

const char *board_state_text(uint32_t state)
{
	return state < ARRAY_LEN(texts) ? texts[state] : "?";
}

static size_t size_of(uint64_t loops, uint64_t processes, uint64_t queues)
{
	return sizeof(struct board) + loops * sizeof(struct board_loop) +
	       processes * sizeof(struct board_process) +
	       queues * sizeof(struct board_queue);
}

static void retire(int dir)
{
	_close_ int fd = openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	const uint32_t none = 0;

	if (fd >= 0 &&
	    pwrite(fd, &none, sizeof(none), offsetof(struct board, generation)) < 0)
		return; /* then they find out when they wait */
}

int board_create(int dir, uint32_t loops, uint32_t processes, uint32_t queues,
		 struct board **ret, struct sigslot_error *err)
{
	size_t size = size_of(loops, processes, queues);
	struct board *b;
	_close_ int fd = -1;
	int r;

	unlinkat(dir, fresh, 0);
	fd = openat(dir, fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(err, "cannot make the status board");
	r = posix_fallocate(fd, 0, (off_t)size);
	if (r != 0)
		return fail(err, -r,
			    "cannot reserve %zu bytes for the status board: %s", size,
			    r == ENOSPC ? "no space left" : "refused");
	b = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (b == MAP_FAILED)
		return fail_errno(err, "cannot map the status board");
	*b = (struct board){MAGIC,     VERSION, loops,
			    processes, queues,	.state = BOARD_STARTING};
	retire(dir);
	if (renameat(dir, fresh, dir, name) < 0) {
		munmap(b, size);
		return fail_errno(err, "cannot place the status board");
	}
	*ret = b;
	return 0;
}

int board_open(int dir, const struct board **ret)
{
	_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	const struct board *b;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size < (off_t)sizeof(*b))
		return -EPROTO;
	b = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (b == MAP_FAILED)
		return -errno;
	if (b->magic == MAGIC && b->version == VERSION && b->loops_len <= MOST &&
	    b->processes_len <= MOST && b->queues_len <= MOST &&
	    size_of(b->loops_len, b->processes_len, b->queues_len) ==
		    (size_t)st.st_size) {
		*ret = b;
		return 0;
	}
	munmap((void *)b, (size_t)st.st_size);
	return -EPROTO;
}

int board_peek(int dir)
{
	_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct board b;
	ssize_t size;

	if (fd < 0)
		return -errno;
	size = pread(fd, &b, sizeof(b), 0);
	if (size < 0)
		return -errno;
	if (size != sizeof(b) || b.magic != MAGIC || b.version != VERSION)
		return -EPROTO;
	return b.state < ARRAY_LEN(texts) ? (int)b.state : -EPROTO;
}

void board_close(const struct board *b)
{
	if (b)
		munmap((void *)b,
		       size_of(b->loops_len, b->processes_len, b->queues_len));
}

uint64_t board_next(const struct board_process *p, const struct board_loop *l)
{
	uint64_t now = clock_now(), due = p && p->next ? p->next : l->next;

	return due > now ? due - now : 0;
}

const char *board_exit_text(int32_t status, char out[static 24])
{
	*out = '\0';
	if (status == -1)
		return out;
	if (WIFSIGNALED(status))
		snprintf(out, 24, "SIG%s", sigabbrev_np(WTERMSIG(status)));
	else
		snprintf(out, 24, "%d", WEXITSTATUS(status));
	return out;
}

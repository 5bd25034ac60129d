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
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

enum { MAGIC = 0x53534253, VERSION = 8, MOST = 1 << 20, MORE = 1024 };

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

static size_t size_of(const struct board *b)
{
	return sizeof(*b) + b->loops_room * sizeof(struct board_loop) +
	       b->processes_room * sizeof(struct board_process) +
	       b->queues_room * sizeof(struct board_queue);
}

static bool makes_sense(const struct board *b)
{
	return b->magic == MAGIC && b->version == VERSION && b->loops_room <= MOST &&
	       b->processes_room <= MOST && b->queues_room <= MOST &&
	       b->loops_len <= b->loops_room && b->processes_len <= b->processes_room &&
	       b->queues_len <= b->queues_room;
}

static void retire(int dir)
{
	_close_ int fd = openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	const uint32_t none = 0;

	if (fd >= 0 &&
	    pwrite(fd, &none, sizeof(none), offsetof(struct board, generation)) < 0)
		return; /* then they find out when they wait */
}

static int reserve(int fd, const struct board *b, const void *end, const void *begin,
		   struct sigslot_error *err)
{
	off_t size = (const char *)end - (const char *)begin;
	int r = size ? posix_fallocate(fd, (const char *)begin - (const char *)b, size)
		     : 0;

	return r ? fail(err, -r, "cannot reserve %zd bytes for the status board: %s",
			(ssize_t)size, r == ENOSPC ? "no space left" : "refused")
		 : 0;
}

/* What is used of each of the three. */
static int reserve_all(int fd, struct board *b, struct sigslot_error *err)
{
	int r = reserve(fd, b, b->loops + b->loops_len, b, err);

	r = r
		    ?: reserve(fd, b, board_process(b, b->processes_len),
			       board_process(b, 0), err);
	return r
		       ?: reserve(fd, b, board_queue(b, b->queues_len),
				  board_queue(b, 0), err);
}

/* Sizes the file, and maps all of it; what is not used is a hole. */
static int map_new(int fd, const struct board *head, struct board **ret,
		   struct sigslot_error *err)
{
	size_t size = size_of(head);
	struct board *b;

	if (ftruncate(fd, (off_t)size) < 0 ||
	    pwrite(fd, head, sizeof(*head), 0) != sizeof(*head))
		return fail_errno(err, "cannot write the status board");
	b = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (b == MAP_FAILED)
		return fail_errno(err, "cannot map the status board");
	*ret = b;
	return reserve_all(fd, b, err);
}

int board_create(int dir, uint32_t loops, uint32_t processes, uint32_t queues,
		 struct board **ret, struct sigslot_error *err)
{
	const struct board head = {
		.magic = MAGIC,
		.version = VERSION,
		.loops_len = loops,
		.processes_len = processes,
		.queues_len = queues,
		.state = BOARD_STARTING,
		.loops_room = loops + MORE,
		.processes_room = processes + MORE,
		.queues_room = queues + MORE,
	};
	struct board *b = NULL;
	_close_ int fd = -1;
	int r;

	unlinkat(dir, fresh, 0);
	fd = openat(dir, fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(err, "cannot make the status board");
	r = map_new(fd, &head, &b, err);
	if (r == 0) {
		retire(dir);
		if (renameat(dir, fresh, dir, name) < 0)
			r = fail_errno(err, "cannot place the status board");
	}
	if (r < 0)
		board_close(b);
	else
		*ret = b;
	return r;
}

int board_grow(int dir, struct board *b, uint32_t loops, uint32_t processes,
	       uint32_t queues, struct sigslot_error *err)
{
	_close_ int fd = openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct board old = *b;
	int r;

	if (fd < 0)
		return fail_errno(err, "cannot open the status board");
	if (loops > b->loops_room || processes > b->processes_room ||
	    queues > b->queues_room)
		return fail(err, -ENOSPC,
			    "more than %d loops, processes or queues have come since "
			    "it was run: stop it and run it again",
			    MORE);
	b->loops_len = loops;
	b->processes_len = processes;
	b->queues_len = queues;
	r = reserve_all(fd, b, err);
	if (r < 0) {
		b->loops_len = old.loops_len;
		b->processes_len = old.processes_len;
		b->queues_len = old.queues_len;
	}
	return r;
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
	if (makes_sense(b) && size_of(b) == (size_t)st.st_size) {
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
		munmap((void *)b, size_of(b));
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

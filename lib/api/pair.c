/* SPDX-License-Identifier: MIT */
/*
 * Coming and going. Both happen under a lock on the directory of the pair, so that of
 * two who leave at the same time exactly one is the last.
 */
#include "api/pair.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/fd.h"
#include "base/unit.h"
#include "route/build.h"
#include "state/runtime.h"

enum { AGAIN = 1, PAUSE_NS = 1000000 };

static const char *const sides[] = {"left", "right"};

static unsigned place_of(bool right)
{
	return right ? 2 : 1;
}

/* --- making one --- */

static int write_routes(int dir, struct sigslot_error *err)
{
	struct route_build b;
	int r = route_build_start(&b, NULL);

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(sides); i++) {
		int64_t queue = route_build_queue(&b, sides[i], PAIR_SIZE, ROUTE_NAMED);

		if (queue < 0 || route_build_name(&b, ROUTE_OBJECT, sides[i], "", "any",
						  (uint32_t)queue) < 0)
			r = fail(err, -ENOMEM, "out of memory");
	}
	if (r == 0)
		r = route_build_write(&b, dir, err);
	route_build_done(&b);
	return r;
}

static int fill(int dir, struct sigslot_error *err)
{
	const struct queue_limits limits = {.size = PAIR_SIZE};
	_close_ int queues = -1, mark = -1;
	int r = identity_create(dir, err);

	if (r == 0)
		r = runtime_subdir(dir, "q", true, &queues, err);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(sides); i++)
		r = queue_create(queues, sides[i], &limits, err);
	if (r == 0)
		r = write_routes(dir, err);
	if (r < 0)
		return r;
	mark = openat(dir, RUNTIME_QUEUE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		      0600);
	return mark < 0 ? fail_errno(err, "cannot create a file") : 0;
}

/* Returns AGAIN when there is one, whoever made it. */
static int make(const struct pair *p, struct sigslot_error *err)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	_close_ int dir = -1;
	int r = runtime_prepare(p->runtime, p->name, &dir, err);

	if (r == -EEXIST) {
		nanosleep(&pause, NULL); /* the other side makes it */
		return AGAIN;
	}
	if (r < 0)
		return r;
	r = fill(dir, err);
	if (r == 0)
		r = runtime_publish(p->runtime, p->name, err);
	if (r < 0)
		runtime_discard(p->runtime, p->name);
	return r == 0 || r == -EEXIST ? AGAIN : r;
}

/* --- entering --- */

/* It may have been removed between our open and our lock. */
static bool removed(const struct pair *p)
{
	struct stat here, there;

	return fstat(p->dir, &here) < 0 ||
	       fstatat(p->runtime, p->name, &there, AT_SYMLINK_NOFOLLOW) < 0 ||
	       here.st_ino != there.st_ino || here.st_dev != there.st_dev;
}

static int lock(const struct pair *p)
{
	while (flock(p->dir, LOCK_EX) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

static int open_queues(struct pair *p, struct sigslot_error *err)
{
	_close_ int queues = -1;
	int r = runtime_subdir(p->dir, "q", false, &queues, err);

	if (r == 0)
		r = queue_open(queues, sides[p->right], p->identity, &p->inbox, err);
	if (r == 0)
		r = queue_open(queues, sides[!p->right], p->identity, &p->outbox, err);
	if (r == -ENOENT)
		r = fail(err, -EEXIST,
			 "the name '%s' is taken by a queue or an instance", p->name);
	return r;
}

static int take_side(struct pair *p, struct sigslot_error *err)
{
	int r = identity_open(p->dir, (int)place_of(p->right), &p->identity, err);

	if (r == -EBUSY)
		return fail(err, r, "somebody has the %s side of the pipe '%s'",
			    sides[p->right], p->name);
	return r == 0 ? open_queues(p, err) : r;
}

static void let_go(struct pair *p)
{
	queue_close(p->inbox);
	queue_close(p->outbox);
	identity_close(p->identity);
	fd_close(&p->dir);
	p->inbox = p->outbox = NULL;
	p->identity = NULL;
}

/* Somebody had this side, and is gone; what the other one does with it is over soon. */
static int await_its_end(struct pair *p, const sigset_t *mask)
{
	_close_ int other = pair_other(p);
	struct pollfd end = {.fd = other, .events = POLLIN};

	if (other < 0)
		runtime_remove(p->runtime, p->name);
	let_go(p);
	if (other >= 0)
		ppoll(&end, 1, NULL, mask);
	return AGAIN;
}

static int enter(struct pair *p, const sigset_t *mask, struct sigslot_error *err)
{
	const struct envelope hello = {.signal = PAIR_HELLO};
	struct queue_counts sent = {0};
	int r = runtime_subdir(p->runtime, p->name, false, &p->dir, err);

	if (r == -ENOENT)
		return make(p, err);
	if (r == 0)
		r = lock(p);
	if (r < 0)
		return r;
	if (removed(p))
		return AGAIN;
	r = take_side(p, err);
	if (r == 0)
		r = queue_counts(p->outbox, &sent);
	if (r < 0)
		return r;
	if (sent.pushed)
		return await_its_end(p, mask);
	r = queue_push(p->outbox, &hello, "", 0, err);
	flock(p->dir, LOCK_UN);
	return r;
}

int pair_enter(struct pair *p, const char *name, bool right, const sigset_t *mask,
	       struct sigslot_error *err)
{
	int r;

	*p = (struct pair){.right = right, .runtime = -1, .dir = -1};
	if (!unit_name_ok(name, strlen(name)))
		return fail(err, -EINVAL,
			    "'%s' is not a name: letters, digits, _ and -, not a digit "
			    "first, at most 63",
			    name);
	memcpy(p->name, name, strlen(name) + 1);
	r = runtime_open(true, &p->runtime, err);
	if (r < 0)
		return r;
	while ((r = enter(p, mask, err)) == AGAIN)
		let_go(p);
	if (r < 0) {
		let_go(p);
		fd_close(&p->runtime);
	}
	return r;
}

/* --- the other one --- */

int pair_other(const struct pair *p)
{
	unsigned place = place_of(!p->right);
	pid_t pid = identity_holder(p->identity, place);
	_close_ int fd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

	if (fd < 0 || identity_holder(p->identity, place) != pid)
		return -ESRCH;
	return TAKE_FD(fd);
}

void pair_leave(struct pair *p)
{
	if (!p->identity)
		return;
	if (lock(p) == 0 && !identity_holder(p->identity, place_of(!p->right)) &&
	    !removed(p))
		runtime_remove(p->runtime, p->name);
	let_go(p);
	fd_close(&p->runtime);
}

static bool abandoned(const struct pair *p)
{
	return faccessat(p->dir, "q/left", F_OK, 0) == 0 && lock(p) == 0 &&
	       !removed(p) && !identity_used(p->dir);
}

bool pair_clean(int runtime, const char *name)
{
	struct pair p = {.runtime = runtime, .dir = -1};
	bool cleaned = false;

	memcpy(p.name, name, strnlen(name, sizeof(p.name) - 1));
	if (runtime_subdir(runtime, name, false, &p.dir, NULL) == 0 && abandoned(&p))
		cleaned = runtime_remove(runtime, name) == 0;
	let_go(&p);
	return cleaned;
}

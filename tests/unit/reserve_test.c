/* SPDX-License-Identifier: MIT */
/*
 * Queues whose bytes are reserved as they fill: that they have them before anybody
 * touches them, and what happens where the file system has none left.
 */
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#include "queue/space.h"
#include "queue_host.h"

enum { SIZE = 512 * 1024, CHUNK = 65536, UNABLE = 77 };

static const struct queue_limits limits = {.size = SIZE, .later = true};

static struct queue *later_queue(void)
{
	must(queue_create(host_dir, "q", &limits, &host_err) == 0);
	return host_open(host_id);
}

static struct stat file(int dir)
{
	struct stat st;

	must(fstatat(dir, "q/ring", &st, 0) == 0);
	return st;
}

static uint64_t reserved(const struct queue *q)
{
	return q->ring.head->reserved;
}

/* --- growing --- */

static void grows(void)
{
	struct queue *q = later_queue();
	struct claim c[2];

	is_u64((uint64_t)file(host_dir).st_size, RING_DATA + SIZE,
	       "a queue has its whole length at once");
	ok(file(host_dir).st_blocks * 512 <= 64 * 1024, "but hardly any blocks");
	is_u64(reserved(q), 0, "nothing is reserved");
	push_text(q, 1, "a");
	is_u64(reserved(q), CHUNK, "the first message reserves a chunk");
	push_size(q, 2, 100000);
	is_u64(reserved(q), (uint64_t)2 * CHUNK, "a large one what it needs");
	ok(file(host_dir).st_blocks * 512 >= 2 * CHUNK, "in the file system, too");
	is_int(queue_claim(q, c, 2, NULL), 2, "both are there");
	ok(whole(&c[1], 2, 100000), "whole");
	queue_ack(q, c, 2);
	for (uint64_t id = 3; id < 20; id++) {
		push_size(q, id, 50000);
		must(queue_claim(q, c, 1, NULL) == 1 && whole(c, id, 50000));
		queue_ack(q, c, 1);
	}
	is_u64(reserved(q), SIZE, "once round the ring all is reserved, and no more");
	host_drop(q);
}

static void steps(void)
{
	struct queue *q = later_queue();
	int more = 0;

	push_text(q, 1, "a");
	while (queue_reserve(host_dir, "q", 100000, &host_err) > 0)
		more++;
	is_int(more, 3, "the rest is reserved step by step, in whole chunks");
	is_u64(reserved(q), SIZE, "until all is");
	ok(file(host_dir).st_blocks * 512 >= SIZE, "in the file system, too");
	is_int(queue_reserve(host_dir, "q", 1, NULL), 0, "then there is no more");
	host_drop(q);
}

static void nonsense(void)
{
	static const uint64_t values[] = {1, SIZE + CHUNK, UINT64_MAX};
	struct queue *q = later_queue();

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		q->ring.head->reserved = values[i];
		is_int(push_text(q, i, "a"), 0, "a reserve of %llu bytes is not one",
		       (unsigned long long)values[i]);
		is_u64(reserved(q), CHUNK, "and is made anew");
	}
	q->ring.head->reserved = UINT64_MAX;
	while (queue_reserve(host_dir, "q", SIZE, NULL) > 0)
		;
	is_u64(reserved(q), SIZE, "also step by step");
	host_drop(q);
}

static void whole_at_once(void)
{
	struct queue *q = host_queue(SIZE, 0);

	is_u64(reserved(q), SIZE, "others are reserved at their creation");
	host_drop(q);
}

/* --- no room --- */

static int dir; /* of a small file system */

static bool mount_tmpfs(void)
{
	if (unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return false;
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	if (mount("tmpfs", host_path, "tmpfs", 0, "size=1m,mode=0700") < 0)
		return false;
	dir = open(host_path, O_RDONLY | O_DIRECTORY);
	return dir >= 0;
}

static struct queue *open_there(void)
{
	struct identity *id;
	struct queue *q;

	must(identity_create(dir, &host_err) == 0);
	must(identity_open(dir, 1, &id, &host_err) == 0);
	must(queue_create(dir, "q", &limits, &host_err) == 0);
	must(queue_open(dir, "q", id, &q, &host_err) == 0);
	return q;
}

/* Leaves fewer bytes than a chunk. */
static void fill_up(void)
{
	struct statvfs fs;
	int fd = openat(dir, "other", O_WRONLY | O_CREAT, 0600);

	must(fd >= 0 && fstatvfs(dir, &fs) == 0);
	must(posix_fallocate(fd, 0, (off_t)(fs.f_bavail * fs.f_frsize - 20000)) == 0);
	close(fd);
}

/* Takes all there is; it must be what was pushed. */
static bool all_there(struct queue *q, uint64_t len, size_t size)
{
	struct claim c;

	for (uint64_t id = 1; id <= len; id++)
		if (queue_claim(q, &c, 1, NULL) != 1 || !whole(&c, id, size) ||
		    queue_ack(q, &c, 1) < 0)
			return false;
	return queue_claim(q, &c, 1, NULL) == 0;
}

static int full_between(size_t size)
{
	struct queue *q;
	uint64_t id = 1;

	if (!mount_tmpfs())
		return UNABLE;
	q = open_there();
	if (push_size(q, id, size) < 0)
		return 1;
	fill_up();
	while (push_size(q, id + 1, size) == 0)
		id++;
	if (host_err.code != -ENOSPC || !strstr(host_err.text, "left") || id > 60)
		return 2;
	if (queue_reserve(dir, "q", SIZE, &host_err) != -ENOSPC)
		return 3;
	if (!all_there(q, id, size) || counts_of(q).used)
		return 4;
	unlinkat(dir, "other", 0);
	return push_size(q, 1, size) == 0 && all_there(q, 1, size) ? 0 : 5;
}

static int full_small(void)
{
	return full_between(3000);
}

static int full_large(void)
{
	return full_between(20000);
}

static int too_many(void)
{
	struct sigslot_error err = {0};
	char needed[64];

	if (!mount_tmpfs())
		return UNABLE;
	snprintf(needed, sizeof(needed), "%llu bytes",
		 3ULL * (SIZE + sizeof(struct ring_head)));
	if (queue_room(dir, queue_space(SIZE), &err) < 0)
		return 1;
	if (queue_room(dir, 3 * queue_space(SIZE), &err) != -ENOSPC)
		return 2;
	return strstr(err.text, needed) && strstr(err.text, "1048576 left") ? 0 : 3;
}

static int over_limit(void)
{
	struct rlimit limit = {.rlim_cur = 100000, .rlim_max = 100000};
	sigset_t pending;

	setrlimit(RLIMIT_FSIZE, &limit);
	if (queue_create(host_dir, "q", &limits, &host_err) != -EFBIG)
		return 1;
	sigpending(&pending);
	return sigismember(&pending, SIGXFSZ) ? 2 : 0;
}

static int push_under_limit(struct queue *q)
{
	struct rlimit limit = {.rlim_cur = 100, .rlim_max = 100};

	setrlimit(RLIMIT_FSIZE, &limit);
	return push_size(q, 1, 100000) == 0 ? 0 : 1;
}

static int run(int (*fn)(void))
{
	pid_t pid = fork();
	int status;

	must(pid >= 0);
	if (!pid) {
		alarm(30);
		_exit(fn());
	}
	must(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void check(int (*fn)(void), const char *sentence)
{
	int r = run(fn);

	if (r == UNABLE)
		skip("no file system can be mounted here", "%s", sentence);
	else
		is_int(r, 0, "%s", sentence);
}

static void no_room(void)
{
	struct queue *q;

	check(full_small, "where there is no room to grow a push says so, with both "
			  "numbers, and nothing is lost");
	check(full_large, "nor by messages that are committed late");
	check(too_many, "many queues find room together or not at all");
	check(over_limit, "the limit of file sizes is an error at the creation");
	q = later_queue();
	is_int(in_child(2, push_under_limit), 0, "and nothing to who pushes");
	host_drop(q);
}

int main(void)
{
	host_begin();
	grows();
	steps();
	nonsense();
	whole_at_once();
	no_room();
	host_end();
	return done();
}

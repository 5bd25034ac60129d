/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a ring: where they are, that they are reserved, and that damaged ones
 * are noticed.
 */
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#include "queue/safe.h"
#include "queue_host.h"

enum { SIZE = 65536 };

static struct claim c[16];

static char page[65536]; /* what the manual says */

static void read_page(void)
{
	int fd = open("man/sigslot-internals.7", O_RDONLY);

	if (fd < 0 || read(fd, page, sizeof(page) - 1) < 1)
		BAIL("no man/sigslot-internals.7 here");
	close(fd);
}

static bool documented(const char *name, size_t offset, size_t size)
{
	char row[80];

	snprintf(row, sizeof(row), "\n.It %zu Ta %zu Ta %s Ta ", offset, size, name);
	return strstr(page, row) != NULL;
}

#define at(type, member, offset)                                                      \
	ok(offsetof(struct type, member) == (offset) &&                               \
		   documented(#member, offset, sizeof(((struct type *)0)->member)),   \
	   "%s of the %s is at %d, and sigslot-internals(7) says so", #member, #type, \
	   offset)

static void layout(void)
{
	at(ring_static, version, 8);
	at(ring_static, record_size, 12);
	at(ring_static, data, 16);
	at(ring_static, capacity, 24);
	at(ring_static, messages, 32);
	at(ring_static, key, 40);
	at(ring_static, crc, 44);
	at(record, mark, 0);
	at(record, crc, 4);
	at(record, state, 8);
	at(record, due, 16);
	at(record, since, 24);
	at(record, handle, 32);
	at(record, account, 36);
	at(record, seq, 40);
	at(record, size, 56);
	at(record, count, 60);
	at(record, verdict, 48);
	at(record, envelope, 64);
	is_u64(sizeof(struct record), 112, "a record header has 112 bytes");
	at(ring_head, latch, 128);
	at(ring_head, idx, 132);
	at(ring_head, data_bell, 136);
	at(ring_head, space_bell, 140);
	at(ring_head, want, 144);
	at(ring_head, stats, 192);
	at(ring_head, ends, 640);
	is_u64(offsetof(struct ring_head, book), 704, "the book begins at 704");
	is_u64(offsetof(struct book_head, rows), 64, "and its rows 64 bytes later");
	at(book_row, signal, 0);
	at(book_row, slot, 4);
	at(book_row, generation, 8);
	at(book_row, run, 12);
	at(book_row, copies, 16);
	is_u64(sizeof(struct book_copy), 88, "a copy of a row has 88 bytes");
	is_u64(offsetof(struct ring_head, meta), 256, "the first meta block is at 256");
	at(ring_meta, version, 0);
	at(ring_meta, head, 8);
	at(ring_meta, next, 16);
	at(ring_meta, tail, 24);
	at(ring_meta, seq, 32);
	at(ring_meta, due, 40);
	at(ring_meta, gap, 48);
	at(ring_meta, gap_end, 56);
	at(ring_meta, swept, 64);
	at(ring_meta, present, 128);
	at(ring_meta, flags, 184);
	at(ring_meta, crc, 188);
	is_u64(sizeof(struct ring_meta), 192, "a meta block has 192 bytes");
	at(ring_safe, boot, 8);
	at(ring_safe, home, 48);
	at(ring_safe, latch, 64);
	at(ring_safe, done, 68);
	at(ring_safe, copies, 512);
}

static void words(void)
{
	struct record_word w = {RECORD_PARKED, 8191, 0x3ffff, 8191, 65535};
	struct record_word got = record_parts(record_word(w));

	ok(got.state == w.state && got.slot == w.slot &&
		   got.generation == w.generation && got.attempt == w.attempt &&
		   got.lease == w.lease,
	   "the largest parts of a state word come back");
	w = (struct record_word){.slot = 1};
	is_u64(record_word(w), 16, "the place begins at bit 4");
}

static int open_ring(void)
{
	int dir = openat(host_dir, "q", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = openat(dir, "ring", O_RDWR | O_CLOEXEC);

	must(fd >= 0);
	close(dir);
	return fd;
}

static void poke(off_t offset, const void *bytes, size_t size)
{
	int fd = open_ring();

	must(pwrite(fd, bytes, size, offset) == (ssize_t)size);
	close(fd);
}

static void reserved(void)
{
	struct queue *q = host_queue(100000, 0);
	struct stat st;
	int fd = open_ring();

	must(fstat(fd, &st) == 0);
	is_u64(counts_of(q).size, 131072, "a size is rounded up");
	ok(st.st_blocks * 512 >= 131072, "every byte of the data is reserved");
	is_u64(st.st_mode & 07777, 0600, "nobody else can read it");
	close(fd);
	host_drop(q);
}

static int try_open(void)
{
	struct queue *q;
	int r = queue_open(host_dir, "q", host_id, &q, &host_err);

	if (!r)
		queue_close(q);
	return r;
}

static void versions(void)
{
	struct queue *q = host_queue(SIZE, 0);
	struct queue_counts n;

	queue_close(q);
	poke(8, "\x09", 1);
	is_int(try_open(), -EPROTO, "F8: a ring of another version is refused");
	ok(strstr(host_err.text, "version 9") && strstr(host_err.text, "has 1"),
	   "with both versions: %s", host_err.text);
	poke(8, "\x01", 1);
	is_int(try_open(), 0, "its own is not");
	poke(24, "\x01", 1);
	is_int(try_open(), -EBADMSG, "a changed capacity is noticed");
	is_int(queue_peek(host_dir, "q", &n, NULL), -EBADMSG, "also by who peeks");
	poke(0, "X", 1);
	is_int(try_open(), -EBADMSG, "so is a file that is none of ours");
	must(queue_remove(host_dir, "q", NULL) == 0);
}

static void cut(void)
{
	struct queue *q = host_queue(SIZE, 0);
	int fd = open_ring();

	queue_close(q);
	must(ftruncate(fd, 70000) == 0);
	is_int(try_open(), -EBADMSG, "a cut file is refused");
	ok(strstr(host_err.text, "70000") && strstr(host_err.text, "131072"),
	   "with both sizes: %s", host_err.text);
	must(ftruncate(fd, 0) == 0);
	is_int(try_open(), -EBADMSG, "so is an empty one");
	close(fd);
	must(queue_remove(host_dir, "q", NULL) == 0);
}

static void meta(void)
{
	struct queue *q = host_queue(SIZE, 0);

	push_text(q, 1, "a");
	q->ring.head->meta[q->ring.head->idx].tail ^= 4096;
	is_int(push_text(q, 2, "b"), -EBADMSG, "a damaged header is noticed by a push");
	is_int(queue_claim(q, c, 1, &host_err), -EBADMSG, "and by a claim");
	ok(strstr(host_err.text, "queue 'q' is damaged") != NULL, "which says: %s",
	   host_err.text);
	q->ring.head->meta[q->ring.head->idx].tail ^= 4096;
	is_int(queue_claim(q, c, 1, NULL), 1, "nothing was changed by that");
	q->ring.head->idx = 7;
	is_int(queue_ack(q, c, 1), -EBADMSG, "so is an index that there is not");
	host_drop(q);
}

static void payload(void)
{
	struct queue *q = host_queue(SIZE, 0);

	push_text(q, 1, "first");
	push_text(q, 2, "second");
	push_text(q, 3, "third");
	((char *)(ring_at(&q->ring, q->m.head) + 1))[2] ^= 1;
	is_int(queue_claim(q, c, 16, NULL), 2, "a damaged payload is not given out");
	ok(c[0].envelope.id == 2 && c[1].envelope.id == 3, "the others are");
	is_u64(counts_of(q).damaged, 1, "and it is counted");
	queue_ack(q, c, 2);
	is_u64(counts_of(q).used, 0, "nothing is left of it");
	push_text(q, 4, "alone");
	ring_at(&q->ring, q->m.head)->envelope.signal ^= 1;
	is_int(queue_claim(q, c, 16, NULL), 0, "nor a record with a damaged envelope");
	is_u64(counts_of(q).damaged, 2, "also when it is alone");
	push_text(q, 5, "chain");
	ring_at(&q->ring, q->m.head)->size = 5000;
	is_int(queue_claim(q, c, 16, &host_err), -EBADMSG,
	       "a broken chain is an error");
	ok(strstr(host_err.text, "position") != NULL, "which says where: %s",
	   host_err.text);
	host_drop(q);
}

/* A payload that looks like a record must not be taken for one. */
static void forged(void)
{
	struct queue *q = host_queue(SIZE, 0);
	struct record fake[2] = {{.size = 16}};
	struct claim mine;

	push_text(q, 1, "a");
	queue_claim(q, &mine, 1, NULL);
	fake[0] = *ring_at(&q->ring, mine.place);
	queue_push(q, &(struct envelope){.id = 2}, fake, sizeof(fake), NULL);
	mine.place += record_room(1) + sizeof(struct record);
	is_int(queue_ack(q, &mine, 1), 0, "a place is only a hint");
	is_int(queue_claim(q, c, 1, NULL), 1, "the payload was left alone");
	ok(c[0].envelope.id == 2 && memcmp(c[0].payload.data, fake, sizeof(fake)) == 0,
	   "as it was pushed");
	queue_ack(q, c, 1);
	host_drop(q);
}

/* --- no room --- */

static int make_tmpfs(void)
{
	if (unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return -1;
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	return mount("tmpfs", host_path, "tmpfs", 0, "size=1m,mode=0700");
}

enum { UNABLE = 77 };

static int fill_tmpfs(void)
{
	struct sigslot_error err = {0};
	struct statvfs before, after;
	int dir, r;

	if (make_tmpfs() < 0)
		return UNABLE;
	dir = open(host_path, O_RDONLY | O_DIRECTORY);
	fstatvfs(dir, &before);
	r = queue_create(dir, "big", &(struct queue_limits){.size = 8 << 20}, &err);
	fstatvfs(dir, &after);
	if (r != -ENOSPC)
		return 1;
	if (!strstr(err.text, "8388608 bytes") || !strstr(err.text, "left"))
		return 2;
	if (after.f_bfree != before.f_bfree || faccessat(dir, "big", F_OK, 0) == 0)
		return 3;
	if (queue_create(dir, "small", &(struct queue_limits){.size = SIZE}, &err) < 0)
		return 4;
	return 0;
}

static int over_limit(void)
{
	struct rlimit limit = {.rlim_cur = 100000, .rlim_max = 100000};
	struct sigslot_error err = {0};
	sigset_t pending;

	setrlimit(RLIMIT_FSIZE, &limit);
	if (queue_create(host_dir, "big", &(struct queue_limits){.size = SIZE}, &err) !=
	    -EFBIG)
		return 1;
	sigpending(&pending);
	if (sigismember(&pending, SIGXFSZ))
		return 2;
	return strstr(err.text, "65536 bytes") ? 0 : 3;
}

static int run(int (*fn)(void))
{
	pid_t pid = fork();
	int status;

	must(pid >= 0);
	if (!pid)
		_exit(fn());
	must(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void no_room(void)
{
	static const char sentence[] =
		"a full file system refuses a queue with both numbers, without a "
		"signal, and keeps nothing";
	int r = run(fill_tmpfs);

	if (r == UNABLE)
		skip("no file system can be mounted here", "%s", sentence);
	else
		is_int(r, 0, "%s", sentence);
	is_int(run(over_limit), 0, "the limit of file sizes is an error, not a signal");
}

/* --- leftovers --- */

static int die_half_way(void)
{
	must(mkdirat(host_dir, ".new-q", 0700) == 0);
	int dir = openat(host_dir, ".new-q", O_RDONLY | O_DIRECTORY);

	must(mkfifoat(dir, "data", 0600) == 0);
	return 0;
}

static void leftovers(void)
{
	is_int(run(die_half_way), 0, "somebody dies while creating a queue");
	ok(try_open() == -ENOENT, "what is half made is not seen");
	host_drop(host_queue(SIZE, 0));
	ok(faccessat(host_dir, ".new-q", F_OK, 0) < 0,
	   "and is cleaned by who creates it next");
}

int main(void)
{
	host_begin();
	read_page();
	layout();
	words();
	reserved();
	versions();
	cut();
	meta();
	payload();
	forged();
	no_room();
	leftovers();
	host_end();
	return done();
}

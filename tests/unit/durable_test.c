/* SPDX-License-Identifier: MIT */
/*
 * Durable queues: what a reboot, a torn tail, a damaged byte and a failing medium do.
 */
#include <sys/file.h>
#include <sys/syscall.h>

#include "durable_host.h"
#include "queue/account.h"

static struct claim c[64];
static int medium; /* what msync() fails with; 0: it works */
static unsigned syncs;

/* Instead of the C library's. */
int msync(void *at, size_t size, int flags)
{
	syncs++;
	if (medium) {
		errno = medium;
		return -1;
	}
	return (int)syscall(SYS_msync, at, size, flags);
}

/* The same: no power is cut here, and hundreds of files are made. */
int fsync(int fd)
{
	(void)fd;
	return 0;
}

static void survives(void)
{
	struct queue *q = durable_queue();
	struct queue_counts n;
	int r;

	ok(queue_durable(q), "a queue with a site is durable");
	for (unsigned i = 1; i <= 5; i++)
		must(push_size(q, i, i * 1000) == 0);
	must(push_size(q, 6, 9000) == 0);
	must(queue_claim(q, c, 3, &host_err) == 3);
	must(queue_ack(q, c, 1) == 0 && queue_bury(q, &c[1]) == 0);
	q->held = 0; /* it dies with the lease */
	queue_close(q);
	reboot();
	q = reopen(NULL);
	is_str(said, "", "a reboot in good order cuts nothing");
	n = counts_of(q);
	is_u64(n.records, 4, "and leaves what was not done");
	is_u64(n.acked + n.dead, 2, "what was done stays so");
	is_u64(n.pushed, n.acked + n.dead + n.records, "the counts add up");
	r = queue_claim(q, c, 64, &host_err);
	is_int(r, 4, "leases are given back");
	ok(r == 4 && whole(&c[0], 3, 3000) && whole(&c[1], 4, 4000) &&
		   whole(&c[2], 5, 5000) && whole(&c[3], 6, 9000),
	   "all is whole and in order");
	is_u64(c[0].attempt, 2, "with the attempts that it had");
	must(queue_shut(q, true) == 0);
	queue_close(q);
	reboot();
	q = reopen(NULL);
	is_int(push_text(q, 7, "x"), -ESHUTDOWN, "a closed queue stays closed");
	is_int(queue_purge(q), 4, "and can be purged");
	queue_close(q);
	reboot();
	q = reopen(NULL);
	is_u64(counts_of(q).records, 0, "what was purged does not come back");
	durable_drop(q);
	is_int(access(site, F_OK), -1, "removing the queue removes its site");
}

static const struct account *others(struct account_book *b)
{
	account_done(b);
	must(account_read(host_dir, "q", b, &host_err) == 0);
	return &b->at.at[BOOK_OTHERS];
}

static void keeps_books(void)
{
	struct queue *q = durable_queue();
	const unsigned char nonsense[64] = {0};
	struct account_book b = {0};
	struct repair fixed;
	uint64_t place;
	struct queue_counts n;

	for (unsigned i = 1; i <= 6; i++)
		must(push_size(q, i, 100) == 0);
	must(queue_claim(q, c, 6, &host_err) == 6);
	c[0].end = c[1].end = QUEUE_RETRIED;
	c[2].end = QUEUE_FAILED;
	c[3].end = QUEUE_SPENT;
	must(queue_ack(q, c, 4) == 0 && safe_flush(q, &host_err) == 0);
	memset(q->ring.head->ends, 0, sizeof(q->ring.head->ends)); /* never written */
	queue_close(q);
	reboot();
	q = reopen(NULL);
	n = counts_of(q);
	ok(n.faulted == 3 && n.retried == 2 && n.spent == 1,
	   "which of the failed were tried again is known after a reboot");
	ok(others(&b)->n[QUEUE_RETRIED] == 2 && others(&b)->n[QUEUE_FAILED] == 1 &&
		   others(&b)->n[QUEUE_SPENT] == 1 && b.holds,
	   "the book begins with it");
	must(queue_claim(q, c, 2, &host_err) == 2);
	must(queue_ack(q, c, 1) == 0);
	place = c[1].place;
	queue_close(q);
	file_put(RING_DATA + (off_t)(place % SIZE), nonsense, sizeof(nonsense));
	must(queue_repair(host_dir, "q", &fixed, &host_err) == 0 && !fixed.intact);
	q = host_open(host_id);
	n = counts_of(q);
	ok(n.pushed == 6 && n.acked == 1 && n.retried == 2 && n.damaged == 1,
	   "a repair goes on with the counts, and what it lost was damaged");
	ok(others(&b)->n[BOOK_DAMAGED] == 1 && b.holds, "so does the book");
	must(unlink(fixed.kept) == 0);
	account_done(&b);
	durable_drop(q);
}

static void waits(void)
{
	struct queue *q = durable_queue();
	uint64_t due = clock_now() + 3600 * NS_PER_S;

	must(push_text(q, 1, "one") == 0 && push_text(q, 2, "two") == 0);
	must(queue_claim(q, c, 1, &host_err) == 1);
	must(queue_return(q, c, due, true) == 0);
	queue_close(q);
	reboot();
	q = reopen(NULL);
	is_int(queue_claim(q, c, 2, &host_err), 2, "what backed off is due");
	is_u64(c[0].envelope.id, 1, "in its place");
	ok(readable(queue_data_fd(q)), "the bell rings after a reboot");
	durable_drop(q);
}

/* Messages that reached memory, but of which no safe point knows. */
static void torn(void)
{
	struct queue *q = durable_queue();
	struct ring_safe before;
	char wanted[128];

	must(push_size(q, 1, 100) == 0);
	before = *q->ring.safe;
	must(push_size(q, 2, 200) == 0);
	queue_close(q);
	file_put(RING_SAFE, &before, sizeof(before));
	reboot();
	q = reopen(NULL);
	snprintf(wanted, sizeof(wanted),
		 "queue 'q': cut %d bytes of a torn message at position %d", 112 + 208,
		 112 + 112);
	is_str(said, wanted, "a torn tail is cut, and told of");
	is_int(queue_claim(q, c, 4, &host_err), 1, "what is before it stays");
	must(push_size(q, 3, 300) == 0);
	queue_close(q);
	reboot();
	q = reopen(NULL);
	is_str(said, "", "it is told once");
	is_int(queue_claim(q, c, 4, &host_err), 2, "and pushing goes on behind it");
	ok(whole(&c[0], 1, 100) && whole(&c[1], 3, 300), "with whole messages");
	durable_drop(q);
}

/* What became of three messages of known contents: 0 = nothing wrong. */
static int look(struct queue *q)
{
	struct queue_counts n = counts_of(q);
	int r = queue_claim(q, c, 64, &host_err);

	if (r != 3 || n.pushed != 3 || n.records != 3)
		return -1;
	for (unsigned i = 0; i < 3; i++)
		if (!whole(&c[i], i + 1, 50) || c[i].envelope.emit_seq != i + 1)
			return -1;
	return 0;
}

static void flips(void)
{
	static unsigned char file[FILE_BYTES];
	struct queue *q = durable_queue();
	unsigned flipped = 0, refused = 0, harmless = 0, wrong = 0;

	for (unsigned i = 1; i <= 3; i++)
		must(push_size(q, i, 50) == 0);
	queue_close(q);
	file_get(0, file, sizeof(file));
	memcpy(&file[RING_SAFE + offsetof(struct ring_safe, boot)], "earlier", 8);
	for (size_t at = 0; at < RING_DATA + 1024; at++) {
		unsigned char changed = file[at] ^ (1 + at % 255);
		int r;

		if (at > sizeof(struct ring_head) && at < RING_SAFE)
			continue; /* a hole */
		if (at > RING_SAFE + sizeof(struct ring_safe) && at < RING_DATA)
			continue;
		file_put(0, file, sizeof(struct ring_head));
		file_put(RING_SAFE, &file[RING_SAFE], sizeof(struct ring_safe));
		file_put(RING_DATA, &file[RING_DATA], 1024);
		file_put((off_t)at, &changed, 1);
		q = NULL;
		r = queue_open(host_dir, "q", host_id, &q, &host_err);
		flipped++;
		refused += r < 0;
		if (!r && look(q) == 0)
			harmless++;
		else if (!r && !wrong++)
			printf("# the first one that went unnoticed: byte %zu\n", at);
		queue_close(q);
	}
	printf("# %u bytes changed: %u refused, %u without effect\n", flipped, refused,
	       harmless);
	is_u64(wrong, 0, "no changed byte of a file with 3 records goes unnoticed");
	ok(refused > 300 && harmless > 1000, "many of both kinds were tried");
	must(queue_remove(host_dir, "q", &host_err) == 0);
}

/* Damages a file in up to 64 places, and cuts it now and then. */
static void ruin(unsigned round)
{
	unsigned places = 1u << round % 7;

	while (places--) {
		off_t at = rand() % 3 ? RING_DATA + rand() % 1024
				      : rand() % (int)(RING_SAFE + 2560);
		unsigned char byte = (unsigned char)rand();

		file_put(at, &byte, 1);
	}
	if (round % 5 == 0)
		must(truncate(ring_path, rand() % (FILE_BYTES + 4096)) == 0);
}

/* What is claimed after a repair was once pushed, in this order. */
static bool sound(struct queue *q)
{
	int n = queue_claim(q, c, 64, &host_err);
	uint64_t before = 0;
	bool good = n >= 0;

	for (int i = 0; i < n; i++) {
		uint64_t id = c[i].envelope.id;

		good = good && id > before && id <= 8 && whole(&c[i], id, id * 9);
		before = id;
	}
	return good;
}

static void ruined(void)
{
	static unsigned char file[FILE_BYTES];
	struct queue *q = durable_queue();
	unsigned saved = 0, hopeless = 0, bad = 0;

	for (unsigned i = 1; i <= 8; i++)
		must(push_size(q, i, i * 9) == 0);
	queue_close(q);
	reboot();
	file_get(0, file, sizeof(file));
	for (unsigned round = 0; round < 300; round++) {
		struct repair fixed;
		int r;

		/* a new file: a truncated one is written back when it is closed */
		must(unlink(ring_path) == 0);
		close(open(ring_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
		file_put(0, file, sizeof(file));
		ruin(round);
		r = site_repair(site, "q", &fixed, &host_err);
		hopeless += r < 0;
		if (r < 0)
			continue;
		saved += fixed.saved;
		must(fixed.intact || unlink(fixed.kept) == 0);
		q = reopen(&r);
		bad += r < 0 || !sound(q);
		queue_close(q);
		must(queue_leave(host_dir, "q", &host_err) == 0);
	}
	is_u64(bad, 0,
	       "whatever is damaged, a repaired queue holds whole messages only");
	printf("# 300 files: %u messages saved, %u files hopeless\n", saved, hopeless);
	ok(saved > 800 && hopeless < 100, "and many of them");
	must(site_remove(site) == 0);
}

static void damaged(void)
{
	struct queue *q = durable_queue();
	struct repair fixed;
	struct queue_counts n;
	int r;

	for (unsigned i = 1; i <= 3; i++)
		must(push_size(q, i, 50) == 0);
	queue_close(q);
	reboot();
	file_put(RING_DATA + 176 + 120, "\xff", 1);
	q = reopen(&r);
	is_int(r, -EBADMSG, "damage before the tail is refused");
	is_str(host_err.text,
	       "queue 'q' is damaged: no whole record where one must be, at position "
	       "176: 'sigslot queue repair q' saves the rest",
	       "with its position and the cure");
	is_int(queue_open(host_dir, "q", host_id, &q, NULL), -ENOENT,
	       "nothing is made of it");
	is_int(site_repair(site, "q", &fixed, &host_err), 0, "repair takes it");
	is_u64(fixed.saved, 2, "it saves what is whole");
	is_u64(fixed.lost, 1, "and says what is not");
	ok(strstr(fixed.kept, "/site/ring.damaged-"), "the old file is kept as %s",
	   fixed.kept);
	must(unlink(fixed.kept) == 0);
	q = reopen(NULL);
	is_int(queue_claim(q, c, 4, &host_err), 2, "and the queue is usable");
	ok(whole(&c[0], 1, 50) && whole(&c[1], 3, 50), "with the others in order");
	is_int(queue_repair(host_dir, "q", &fixed, &host_err), -EBUSY,
	       "an open queue is not repaired");
	queue_close(q);
	is_int(queue_repair(host_dir, "q", &fixed, &host_err), 0, "a whole one is not");
	ok(fixed.intact && fixed.saved == 2 && !*fixed.kept, "touched either");
	must(queue_peek(host_dir, "q", &n, &host_err) == 0);
	is_u64(n.records, 2, "peeking finds it by its site");
	must(queue_remove(host_dir, "q", &host_err) == 0);
}

static void failing(void)
{
	struct queue *q = durable_queue();
	struct repair fixed;

	must(push_text(q, 1, "one") == 0);
	medium = EIO;
	is_int(push_text(q, 2, "two"), -EIO,
	       "C8: a push that did not reach the medium fails");
	is_str(host_err.text,
	       "queue 'q' takes no more messages, as its file could not be written: "
	       "get "
	       "those it has, then 'sigslot queue repair q'",
	       "and says what to do");
	medium = 0;
	syncs = 0;
	is_int(push_text(q, 3, "three"), -EIO, "it is never tried again");
	is_u64(syncs, 0, "not even once");
	ok(queue_claim(q, c, 4, &host_err) >= 1 && c[0].envelope.id == 1,
	   "what was safe can be claimed");
	is_int(queue_ack(q, c, 1), 0, "and acknowledged");
	queue_close(q);
	is_int(queue_repair(host_dir, "q", &fixed, &host_err), 0,
	       "repair makes it anew");
	must(unlink(fixed.kept) == 0);
	q = host_open(host_id);
	is_int(push_text(q, 3, "three"), 0, "and then it takes messages again");
	durable_drop(q);
}

static void laps(void)
{
	struct queue *q = durable_queue();
	unsigned bad = 0;

	for (unsigned i = 1; i <= 500; i++) {
		bad += push_size(q, i, 5000) != 0;
		bad += queue_claim(q, c, 1, &host_err) != 1 || !whole(c, i, 5000);
		bad += queue_ack(q, c, 1) != 0;
	}
	is_u64(bad, 0, "space is used again, lap after lap");
	syncs = 0;
	for (unsigned i = 0; i < 8; i++) {
		struct envelope e = {.id = i};
		struct payload p[8];
		size_t done;

		for (unsigned k = 0; k < 8; k++)
			p[k] = (struct payload){"0123456789", 10};
		must(queue_push_many(q, &e, p, 8, &done, &host_err) == 0);
	}
	is_u64(syncs, 16, "a batch costs one safe point");
	durable_drop(q);
}

/* A record that stays at the head, and all the space behind it. */
static void slides(void)
{
	struct queue *q = durable_queue();
	unsigned pushed = 1;

	must(push_size(q, 1, 1000) == 0 && queue_claim(q, c, 1, &host_err) == 1);
	must(queue_return(q, c, clock_now() + 3600 * NS_PER_S, true) == 0);
	while (pushed < 300 && push_size(q, pushed + 1, 3000) == 0) {
		pushed++;
		must(queue_claim(q, c, 1, &host_err) == 1 && queue_ack(q, c, 1) == 0);
	}
	is_u64(pushed, 300, "a record that backs off does not hold the ring");
	must(push_size(q, 301, 10) == 0);
	queue_close(q);
	reboot();
	q = reopen(NULL);
	is_int(queue_claim(q, c, 4, &host_err), 2, "and is there after a reboot");
	ok(whole(&c[0], 1, 1000) && whole(&c[1], 301, 10), "before what came later");
	durable_drop(q);
}

static void dead_ones(void)
{
	struct queue *q = durable_queue(), *dead = NULL;

	must(push_text(q, 1, "one") == 0 && queue_claim(q, c, 1, &host_err) == 1);
	must(dead_open(host_dir, "q", host_id, &dead, &host_err) == 0);
	ok(queue_durable(dead), "the dead ones of a durable queue are durable");
	must(dead_bury(q, dead, c, &host_err) == 0);
	queue_close(dead);
	queue_close(q);
	must(queue_leave(host_dir, "q.dead", &host_err) == 0);
	reboot();
	q = reopen(NULL);
	is_u64(dead_count(host_dir, "q"), 1, "and there after a reboot");
	is_int(dead_remove(host_dir, "q", &host_err), 0, "until they are removed");
	is_u64(dead_count(host_dir, "q"), 0, "without being opened before");
	durable_drop(q);
}

static void guarded(void)
{
	struct queue *q = durable_queue();
	int other, r;

	must(mkdirat(host_dir, "other", 0700) == 0);
	other = openat(host_dir, "other", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = queue_create(other, "q", &(struct queue_limits){.size = SIZE, .site = site},
			 &host_err);
	is_int(r, -EBUSY, "a ring that is in use is not taken over");
	queue_close(q);
	r = queue_create(other, "q", &(struct queue_limits){.size = SIZE, .site = site},
			 &host_err);
	is_int(r, 0, "one that is not is");
	is_int(queue_open(host_dir, "q", host_id, &q, &host_err), -EBUSY,
	       "and belongs to one queue directory only");
	must(queue_leave(host_dir, "q", &host_err) == 0);
	must(queue_remove(other, "q", &host_err) == 0);
	close(other);
	must(unlinkat(host_dir, "other", AT_REMOVEDIR) == 0);
}

static void unsafe(void)
{
	must(mkdir(site, 0755) == 0);
	is_int(durable_create(SIZE), -EPERM, "a site that others may enter is refused");
	must(rmdir(site) == 0 && symlink("/tmp", site) == 0);
	is_int(durable_create(SIZE), -EPERM, "so is a link");
	must(unlink(site) == 0 && mkdir(site, 0700) == 0);
	must(symlink("/etc/passwd", ring_path) == 0);
	is_int(durable_create(SIZE), -EPERM, "and a ring that is a link");
	must(unlink(ring_path) == 0 && rmdir(site) == 0);
}

int main(void)
{
	durable_begin();
	survives();
	keeps_books();
	waits();
	torn();
	flips();
	ruined();
	damaged();
	failing();
	laps();
	slides();
	dead_ones();
	guarded();
	unsafe();
	host_end();
	return done();
}

/* SPDX-License-Identifier: MIT */
/*
 * Histograms: held against the exact quantiles of the same numbers, and read by another
 * process while they grow. The file of an instance's statistics: what nobody used is a
 * hole, what is there outlives its writer and the run.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "dir_host.h"
#include "state/histogram.h"
#include "state/stats.h"

enum { NUMBERS = 20000, TIMES = 200000 };

static uint64_t numbers[NUMBERS], random_state;

/* --- quantiles --- */

static uint64_t rnd(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return random_state >> 11;
}

static uint64_t constant(void)
{
	return 123456;
}

static uint64_t small(void)
{
	return rnd() % 20;
}

static uint64_t even(void)
{
	return rnd() % 1000000;
}

/* Any magnitude as often as any other. */
static uint64_t wide(void)
{
	return (rnd() << 11 | 1) >> rnd() % 64;
}

/* Quick, and a few that are a million times slower: what a mean would hide. */
static uint64_t two_hills(void)
{
	return rnd() % 100 < 3 ? 1000000000 + rnd() % 1000000 : 800 + rnd() % 100;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static bool near(uint64_t got, uint64_t exact)
{
	uint64_t off = got > exact ? got - exact : exact - got;

	return off <= exact / 16;
}

static void quantiles(uint64_t (*next)(void), unsigned len, const char *what)
{
	static struct histogram h;
	struct histogram_summary s;

	h = (struct histogram){0};
	for (unsigned i = 0; i < len; i++) {
		numbers[i] = next();
		histogram_add(&h, numbers[i], 1);
	}
	qsort(numbers, len, sizeof(numbers[0]), by_size);
	histogram_sum_up(&h, &s);
	ok(near(s.p50, numbers[(len + 1) / 2 - 1]) &&
		   near(s.p99, numbers[len - len / 100 - 1]),
	   "the quantiles of %u %s numbers are within a sixteenth", len, what);
	ok(s.max == numbers[len - 1] && s.count == len,
	   "their maximum and how many they are is exact");
}

static void all_quantiles(void)
{
	static const unsigned lens[] = {1, 2, 3, 99, 100, 101, NUMBERS};

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		quantiles(constant, lens[i], "equal");
		quantiles(small, lens[i], "small");
		quantiles(even, lens[i], "even");
		quantiles(wide, lens[i], "wide");
		quantiles(two_hills, lens[i], "two-hilled");
	}
}

static void edges(void)
{
	static struct histogram h;
	struct histogram_summary s;
	bool rising = true;

	histogram_sum_up(&h, &s);
	ok(!s.count && !s.p50 && !s.p99 && !s.max, "an empty one has nothing to tell");
	histogram_add(&h, 0, 1);
	histogram_sum_up(&h, &s);
	ok(s.count == 1 && !s.p99 && !s.max, "nothing is a number, too");
	histogram_add(&h, UINT64_MAX, 1000);
	histogram_sum_up(&h, &s);
	ok(s.count == 1001 && near(s.p99, UINT64_MAX) && s.max == UINT64_MAX,
	   "the largest number has its place, and many come at once");
	is_u64(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1,
	       "it is the last bucket");
	for (unsigned power = 1; power < 64; power++)
		rising = rising && histogram_bucket((1ull << power) - 1) + 1 ==
					   histogram_bucket(1ull << power);
	ok(rising, "no bucket lies between a power of two and the number before it");
}

/* --- by another process --- */

static int watch(struct histogram *h)
{
	struct histogram_summary s = {0};
	uint64_t seen = 0;

	while (s.count < TIMES) {
		histogram_sum_up(h, &s);
		if (s.count < seen || s.count > TIMES || s.max > 1000 * TIMES ||
		    s.p50 > s.p99 || s.p99 > s.max)
			return 1;
		seen = s.count;
	}
	return 0;
}

static void while_it_grows(void)
{
	struct histogram *h = mmap(NULL, sizeof(*h), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = -1;
	pid_t pid;

	must(h != MAP_FAILED);
	pid = fork();
	must(pid >= 0);
	if (!pid) {
		alarm(30);
		_exit(watch(h));
	}
	for (uint64_t i = 0; i < TIMES; i++)
		histogram_add(h, i * 1000, 1);
	must(waitpid(pid, &status, 0) == pid);
	is_int(status, 0, "who reads while it is written sees whole numbers that grow");
	munmap(h, sizeof(*h));
}

/* --- the file --- */

static struct stats_summary read_place(uint32_t id)
{
	_close_ int fd = stats_open(dir_fd);
	struct stats_summary s = {0};

	must(fd >= 0);
	stats_read(fd, id, &s);
	return s;
}

static uint64_t blocks(void)
{
	struct stat st;

	must(stat(dir_sub("stats"), &st) == 0);
	return (uint64_t)st.st_blocks;
}

static int write_place(void)
{
	struct stats_slot *s = stats_map(dir_fd, 40);

	if (!s)
		return 1;
	histogram_add(&s->wait, 5000, 3);
	histogram_add(&s->service, 7, 2);
	s->failed = 1;
	return 0;
}

static void file(void)
{
	uint64_t before;
	struct stats_summary s;

	is_int(stats_open(dir_fd), -ENOENT, "before a run there is no file");
	ok(!stats_map(dir_fd, 1), "and no place in it");
	is_int(stats_create(dir_fd, &dir_err), 0, "a run makes it");
	before = blocks();
	s = read_place(40);
	ok(!s.wait.count && !s.service.count, "a place nobody used holds nothing");
	is_int(in_child(write_place), 0, "a worker writes into one, and ends");
	s = read_place(40);
	ok(s.wait.count == 3 && s.wait.max == 5000 && s.service.count == 2 &&
		   s.failed == 1,
	   "what it wrote is there");
	is_int(stats_create(dir_fd, &dir_err), 0, "the next run");
	is_u64(read_place(40).wait.count, 3, "keeps it");
	is_int(in_child(write_place), 0, "its worker");
	is_u64(read_place(40).wait.count, 6, "goes on with it");
	for (uint32_t id = 0; id < 60; id++)
		s = read_place(id);
	ok(blocks() - before <= 64, "what nobody used takes no room, read or not");
	s = read_place(UINT32_MAX);
	ok(!s.wait.count && !stats_map(dir_fd, UINT32_MAX),
	   "no id is too large to ask");
}

static void damaged(void)
{
	must(truncate(dir_sub("stats"), 4096 + 40 * 8192 + 100) == 0);
	is_u64(read_place(40).wait.count, 0, "a place that was cut off holds nothing");
	dir_write("stats", "something else", 14);
	is_int(stats_open(dir_fd), -EPROTO, "a file that is something else is refused");
	ok(!stats_map(dir_fd, 1), "and not written to");
	is_int(stats_create(dir_fd, &dir_err), 0, "the next run makes a new one");
	is_u64(read_place(40).wait.count, 0, "which is empty");
}

int main(void)
{
	random_state = 42;
	all_quantiles();
	edges();
	while_it_grows();
	dir_begin();
	file();
	damaged();
	dir_end();
	return done();
}

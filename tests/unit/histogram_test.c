/* SPDX-License-Identifier: MIT */
/*
 * Histograms: held against the exact quantiles of the same numbers, and read by another
 * process while they grow. The files of an instance's statistics: each connection has
 * its own, which outlives its writer and the run.
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

/* --- the files --- */

static const struct stats_key one = {40, 7}, other = {40, 9}, third = {8, 0};

static struct stats_summary known(struct stats_key key)
{
	_close_ int fd = stats_open(dir_fd);
	struct stats_place sum = {0};
	struct stats_summary s;

	stats_add(fd, key, &sum);
	stats_sum_up(&sum, &s);
	return s;
}

static int write_place(struct stats_key key, uint64_t wait)
{
	struct stats_place *s = stats_map(dir_fd, key);

	if (!s)
		return 1;
	histogram_add(&s->wait, wait, 3);
	histogram_add(&s->service, 7, 2);
	s->failed++;
	return 0;
}

static int write_one(void)
{
	return write_place(one, 5000);
}

static int write_others(void)
{
	return write_place(other, 9000000) || write_place(third, 1);
}

static void files(void)
{
	struct stats_summary s;

	is_int(stats_open(dir_fd), -1, "before a run there are none");
	ok(!stats_map(dir_fd, one), "and no room for one");
	is_int(stats_create(dir_fd, &dir_err), 0, "a run makes it");
	ok(!known(one).wait.count, "a connection that nothing came by has nothing");
	is_int(in_child(write_one), 0, "a worker writes of one, and ends");
	s = known(one);
	ok(s.wait.count == 3 && s.wait.max == 5000 && s.service.count == 2 &&
		   s.failed == 1,
	   "what it wrote is there");
	is_int(stats_create(dir_fd, &dir_err), 0, "the next run");
	is_u64(known(one).wait.count, 3, "keeps it");
	is_int(in_child(write_one), 0, "its worker");
	is_u64(known(one).wait.count, 6, "goes on with it");
}

static void several(void)
{
	_close_ int fd = stats_open(dir_fd);
	struct stats_place sum = {0};
	struct stats_keys keys;
	struct stats_summary s;

	is_int(in_child(write_others), 0, "it writes of others");
	ok(known(one).wait.count == 6 && known(other).wait.max == 9000000 &&
		   known(third).wait.max == 1,
	   "each has its own");
	is_int(stats_list(fd, &keys), 0, "they are listed");
	must(keys.at.len == 3);
	ok(keys.at.at[0].slot == 8 && keys.at.at[1].slot == 40 &&
		   keys.at.at[1].from == 7 && keys.at.at[2].from == 9,
	   "by slot, then by whom it was from");
	stats_add(fd, one, &sum);
	stats_add(fd, other, &sum);
	stats_sum_up(&sum, &s);
	ok(s.wait.count == 9 && s.wait.max == 9000000 && near(s.wait.p50, 5000) &&
		   s.service.count == 6 && s.failed == 3,
	   "and the sum of two is as if all had come by one");
	stats_keys_done(&keys);
}

static void damaged(void)
{
	char bytes[sizeof(struct stats_place)];

	must(truncate(dir_sub("stats/40-7"), 5000) == 0);
	is_u64(known(one).wait.count, 0, "one that was cut off holds nothing");
	memset(bytes, 'x', sizeof(bytes));
	dir_write("stats/40-9", bytes, sizeof(bytes));
	ok(!stats_map(dir_fd, other), "one that is something else is not written to");
	is_u64(known(other).wait.count, 0, "and holds nothing");
	must(unlink(dir_sub("stats/40-7")) == 0 && unlink(dir_sub("stats/40-9")) == 0 &&
	     unlink(dir_sub("stats/8-0")) == 0 && rmdir(dir_sub("stats")) == 0);
	dir_write("stats", "something else", 14);
	ok(!stats_map(dir_fd, one), "in a file there is no room");
	is_int(stats_create(dir_fd, &dir_err), 0, "the next run makes a new one");
	is_int(in_child(write_one), 0, "which can be written to");
}

int main(void)
{
	random_state = 42;
	all_quantiles();
	edges();
	while_it_grows();
	dir_begin();
	files();
	several();
	damaged();
	dir_end();
	return done();
}

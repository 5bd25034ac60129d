/* SPDX-License-Identifier: MIT */
/*
 * The log of an instance: bounded, changed at the ends of lines, and read as a whole
 * or further, whatever happens to its files meanwhile.
 */
#include "dir_host.h"
#include "state/logfile.h"

static uint64_t size_of(const char *file)
{
	struct stat st;

	return fstatat(dir_fd, file, &st, 0) == 0 ? (uint64_t)st.st_size : 0;
}

static void add(struct logfile *l, const char *text)
{
	logfile_add(l, text, strlen(text));
}

/* Numbered lines of 100 bytes. */
static void add_many(struct logfile *l, unsigned from, unsigned len)
{
	char line[128];

	for (unsigned i = from; i < from + len; i++) {
		snprintf(line, sizeof(line), "a | %095u\n", i);
		add(l, line);
	}
}

static unsigned number_at(const char *line)
{
	return (unsigned)strtoul(line + 4, NULL, 10);
}

static void test_grows(void)
{
	struct logfile l;
	struct buf b = {0};
	int fd = -1;

	is_int(logfile_read(dir_fd, &b, &fd), -ENOENT, "there is none at first");
	logfile_open(&l, dir_fd);
	add(&l, "a | one\n");
	add(&l, "a | t");
	must(logfile_read(dir_fd, &b, &fd) == 0);
	is_str(b.data, "a | one\na | t", "what was added is read at once");
	logfile_close(&l);
	logfile_open(&l, dir_fd);
	add(&l, "a | two\n");
	buf_drop(&b, b.size);
	must(logfile_read_on(dir_fd, &fd, &b, &(bool){0}) == 0);
	is_str(b.data, "\na | two\n", "a line that its writer died over has an end");
	logfile_close(&l);
	fd_close(&fd);
	buf_done(&b);
}

static void test_changes(void)
{
	struct logfile l;
	struct buf b = {0};
	bool gap = false;
	int fd = -1;

	logfile_open(&l, dir_fd);
	add_many(&l, 0, 5000);
	must(logfile_read(dir_fd, &b, &fd) == 0);
	buf_drop(&b, b.size);
	add_many(&l, 5000, 5000);
	add_many(&l, 10000, 3000);
	must(logfile_read_on(dir_fd, &fd, &b, &gap) == 0);
	ok(!gap, "one change is no gap");
	is_u64(b.size, 800000, "what is read on is all that was added");
	is_u64(number_at(b.data), 5000, "from where it had stopped");
	is_u64(number_at(b.data + b.size - 100), 12999, "to the end");
	ok(size_of("log.1") <= LOGFILE_MOST + 100, "the older file is bounded");
	ok(size_of("log") <= LOGFILE_MOST + 100, "and the newer one");
	buf_drop(&b, b.size);
	add_many(&l, 13000, 30000);
	must(logfile_read_on(dir_fd, &fd, &b, &gap) == 0);
	ok(gap, "several changes are a gap");
	is_u64(number_at(b.data + b.size - 100), 42999, "behind which it goes on");
	logfile_close(&l);
	fd_close(&fd);
	buf_done(&b);
}

static void test_whole_lines(void)
{
	struct logfile l;
	struct buf b = {0};
	int fd = -1;

	logfile_open(&l, dir_fd);
	while (size_of("log") < LOGFILE_MOST)
		add_many(&l, 0, 1);
	add(&l, "b | first\nb | sec");
	is_u64(size_of("log"), 17, "a full file is changed before the next line");
	while (size_of("log") < LOGFILE_MOST)
		add(&l, "0123456789");
	add(&l, "end\nb | third\n");
	must(logfile_read(dir_fd, &b, &fd) == 0);
	is_str(b.data + b.size - 15, "9end\nb | third\n", "a line is not parted");
	is_u64(size_of("log"), strlen("b | third\n"), "and the next begins the file");
	logfile_close(&l);
	fd_close(&fd);
	buf_done(&b);
}

static void test_directory_gone(void)
{
	struct logfile l;

	logfile_open(&l, dir_fd);
	must(unlinkat(dir_fd, "log", 0) == 0);
	add_many(&l, 0, 25000);
	ok(l.size <= LOGFILE_MOST + 100, "a file that has no name is bounded, too");
	logfile_close(&l);
}

int main(void)
{
	dir_begin();
	test_grows();
	test_changes();
	test_whole_lines();
	test_directory_gone();
	dir_end();
	return done();
}

/* SPDX-License-Identifier: MIT */
/*
 * What the crash tests share: an instance directory of their own, messages that can be
 * told from damaged ones, and an account of what must come out of a queue.
 */
#ifndef CRASH_H
#define CRASH_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "queue/account.h"
#include "queue/section.h"

#define CHECK(cond)                                                              \
	do {                                                                     \
		if (!(cond)) {                                                   \
			printf("Bail out! %s:%d: %s (%s)\n", __FILE__, __LINE__, \
			       #cond, strerror(errno));                          \
			fflush(stdout);                                          \
			_exit(255);                                              \
		}                                                                \
	} while (0)

/* What a test of a kill, a stop or a schedule can come to. */
enum verdict { FINE, LOST, TWICE, CORRUPT, UNBALANCED, STUCK, WAKEUP, HUNG, VERDICTS };

__attribute__((unused)) static const char *const verdict_names[VERDICTS] = {
	"fine",	      "lost",  "twice",	       "corrupt",
	"unbalanced", "stuck", "lost wake-up", "hung",
};

/* One row of the table that tests/run prints at its end. */
__attribute__((unused)) static void crash_row(const char *name, uint64_t kills,
					      const long by[VERDICTS])
{
	printf("#| %-11s | %9llu | %4ld | %18ld | %7ld | %5ld | %13ld |\n", name,
	       (unsigned long long)kills, by[LOST], by[TWICE],
	       by[CORRUPT] + by[UNBALANCED], by[STUCK] + by[HUNG], by[WAKEUP]);
}

/* A number from the environment. */
__attribute__((unused)) static long crash_number(const char *name, long otherwise)
{
	return getenv(name) && *getenv(name) ? atol(getenv(name)) : otherwise;
}

/* Makes a directory with an `id` file. Returns its descriptor, fills in path. */
__attribute__((unused)) static int crash_directory(char path[64])
{
	int dir;

	snprintf(path, 64, "%s/sigslot-crash-XXXXXX",
		 getenv("TMPDIR") && strlen(getenv("TMPDIR")) < 32 ? getenv("TMPDIR")
								   : "/tmp");
	CHECK(mkdtemp(path));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(dir >= 0 && identity_create(dir, NULL) == 0);
	return dir;
}

__attribute__((unused)) static void crash_clean(int dir, const char *path)
{
	queue_remove(dir, "q", NULL);
	unlinkat(dir, "id", 0);
	close(dir);
	CHECK(rmdir(path) == 0);
}

__attribute__((unused)) static struct queue *crash_open(int dir, int slot)
{
	struct sigslot_error err = {0};
	struct identity *id;
	struct queue *q;

	if (identity_open(dir, slot, &id, &err) < 0 ||
	    queue_open(dir, "q", id, &q, &err) < 0) {
		printf("# %s\n", err.text);
		fflush(stdout);
		return NULL;
	}
	return q;
}

/* A message whose every byte follows from its id and size. */
__attribute__((unused)) static void crash_fill(unsigned char *to, uint64_t id,
					       size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = (unsigned char)(id * 31 + i * 7 + size);
}

__attribute__((unused)) static int crash_push(struct queue *q, uint64_t id, size_t size)
{
	static unsigned char bytes[1 << 17];
	struct envelope e = {.id = id, .reply_to = size};

	crash_fill(bytes, id, size);
	return queue_push(q, &e, bytes, size, NULL);
}

__attribute__((unused)) static bool crash_intact(const struct claim *c)
{
	const unsigned char *at = c->payload.data;
	uint64_t id = c->envelope.id;

	if (c->payload.size != c->envelope.reply_to)
		return false;
	for (size_t i = 0; i < c->payload.size; i++)
		if (at[i] != (unsigned char)(id * 31 + i * 7 + c->payload.size))
			return false;
	return true;
}

__attribute__((unused)) static bool crash_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

/* Whether all that was pushed is accounted for. */
__attribute__((unused)) static bool crash_balanced(const struct queue_counts *n)
{
	return n->pushed == n->acked + n->faulted + n->voided + n->dropped + n->dead +
				    n->damaged + n->evicted + n->outdated + n->records;
}

/* The same of what has passed head, in the book: each once, as what it was. */
__attribute__((unused)) static bool crash_booked(const struct queue *q)
{
	uint64_t columns[BOOK_COLUMNS] = {0}, total[BOOK_COLUMNS], sums[2] = {0};
	const struct ring *r = &q->ring;
	uint32_t left = 0;
	struct ring_meta m;

	if (ring_snapshot(r, &m) < 0)
		return false;
	book_begin(r, &m, total);
	for (uint32_t i = 0; i < book_len(r); i++) {
		const struct book_row *row = book_row(r, i);
		const struct book_copy *copy = book_copy(row, m.version);

		for (unsigned k = 0; k < BOOK_COLUMNS; k++) {
			columns[k] += i == BOOK_TOTAL ? copy->n[k] : 0;
			sums[i != BOOK_TOTAL] += left ? 0 : copy->n[k];
		}
		left = row->run ? row->run - 1 : 0;
	}
	if (!book_len(r))
		return sums[0] == 0;
	for (unsigned k = QUEUE_GIVEN_UP; k < BOOK_COLUMNS; k++)
		if (k != BOOK_STOPPING && columns[k] != total[k])
			return false;
	return columns[QUEUE_DONE] == total[QUEUE_DONE] && sums[0] == sums[1] &&
	       columns[QUEUE_RETRIED] + columns[QUEUE_FAILED] ==
		       total[QUEUE_RETRIED] + total[QUEUE_FAILED] &&
	       columns[QUEUE_SPENT] + columns[QUEUE_CUT_OFF] + columns[BOOK_STOPPING] ==
		       total[QUEUE_SPENT] + total[QUEUE_CUT_OFF] + total[BOOK_STOPPING];
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * POSIX message queues, of the ten messages that everybody may have.
 */
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <unistd.h>

#include "load.h"

enum { ROOM = 10 };

static mqd_t mq;

static void begin(const struct load *l)
{
	struct mq_attr attr = {.mq_maxmsg = ROOM, .mq_msgsize = (long)l->size};
	char name[64];

	snprintf(name, sizeof(name), "/sigslot-bench-%d", (int)getpid());
	mq = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	load_must(mq >= 0, "mq_open");
	mq_unlink(name);
}

static void produce(const struct load *l, unsigned index)
{
	(void)index;
	for (long n = 0; n < l->messages; n++)
		load_must(mq_send(mq, load_bytes, l->size, 0) == 0, "mq_send");
}

static void consume(const struct load *l, unsigned index)
{
	static char out[65536];

	(void)index;
	for (long n = 0; n < l->messages * l->producers; n++)
		load_must(mq_receive(mq, out, sizeof(out), NULL) == (ssize_t)l->size,
			  "mq_receive");
}

static void end(void)
{
	mq_close(mq);
}

const struct anchor anchor_mq = {
	.name = "posix mq",
	.slow = 4,
	.begin = begin,
	.produce = produce,
	.consume = consume,
	.end = end,
};

/* SPDX-License-Identifier: MIT */
/*
 * Several messages as one: all of them are in the queue, or none. What a kill leaves is
 * the business of crash/step_test.c.
 */
#include "queue/whole.h"

#include "queue_host.h"

static char big[20000];

static int push_three(struct queue *q, size_t size)
{
	struct envelope e = {.id = 1, .emit_seq = 1};
	struct payload p[] = {{"first", 5}, {big, size}, {"", 0}};

	return queue_push_whole(q, &e, p, ARRAY_LEN(p), &host_err);
}

static void all_come(void)
{
	struct queue *q = host_queue(65536, 0);
	struct claim c[4];

	is_int(push_three(q, sizeof(big)), 0,
	       "three are pushed as one, a large one too");
	is_int(queue_claim(q, c, 4, NULL), 3, "and all three come");
	is_bytes(c[0].payload.data, c[0].payload.size, "first", 5, "in their order");
	is_u64(c[1].payload.size, sizeof(big), "whole");
	ok(c[1].envelope.id == 2 && c[2].envelope.id == 3,
	   "each with an id of its own");
	ok(readable(queue_data_fd(q)), "the bell rings");
	is_int(queue_push_whole(q, &c[0].envelope, NULL, 0, &host_err), 0,
	       "none at all is no failure");
	host_drop(q);
}

static void none_comes(void)
{
	struct queue *q = host_queue(65536, 4);
	struct queue_counts n;

	must(push_size(q, 7, 30000) == 0 && push_size(q, 8, 100) == 0);
	is_int(push_three(q, 20000), -EAGAIN, "there is room for a part of them only");
	n = counts_of(q);
	ok(n.records == 2 && n.pushed == 2, "so none of them is there");
	is_int(push_three(q, 10), -EAGAIN, "or there may be one more, but not three");
	is_u64(counts_of(q).records, 2, "so none of them is there");
	must(queue_shut(q, true) == 0);
	is_int(push_three(q, 10), -ESHUTDOWN, "or the queue is closed");
	host_drop(q);
}

static void never_fits(void)
{
	struct envelope e = {.id = 1};
	struct payload p[5] = {
		{big, 7000}, {big, 7000}, {big, 7000}, {big, 7000}, {big, 9000}};
	struct queue *q = host_queue(65536, 4);

	is_int(queue_push_whole(q, &e, p, 5, &host_err), -EMSGSIZE,
	       "what needs more than half of the ring never fits");
	is_str(host_err.text,
	       "queue 'q' takes up to 32768 bytes at once, these 5 messages need 37600",
	       "and the sizes are said");
	for (int i = 0; i < 5; i++)
		p[i].size = 10;
	is_int(queue_push_whole(q, &e, p, 5, &host_err), -EMSGSIZE,
	       "nor do more messages than it takes");
	is_u64(counts_of(q).pushed, 0, "and nothing was pushed");
	host_drop(q);
}

int main(void)
{
	host_begin();
	all_come();
	none_comes();
	never_fits();
	host_end();
	return done();
}

/* SPDX-License-Identifier: MIT */
/*
 * The book of a queue: who asks for the accounts gets each message once, as what became
 * of it at each slot, while it is in the queue and afterwards.
 */
#include "queue/account.h"

#include "queue/drop.h"
#include "queue_host.h"

enum { SIGNAL = 5, OTHER = 6, A = 11, B = 12, DIRECT = 13 };

static struct account_book book;
static struct claim c[64];

static void push(struct queue *q, struct envelope e)
{
	must(queue_push(q, &e, "1", 1, &host_err) == 0);
}

static void read_again(void)
{
	account_done(&book);
	must(account_read(host_dir, "q", &book, &host_err) == 0);
}

/* The account of that signal, slot and generation; of zeros if there is none. */
static const struct account *of(uint32_t signal, uint32_t slot, uint32_t generation)
{
	static const struct account none;

	for (size_t i = BOOK_OTHERS; i < book.at.len; i++) {
		const struct account *a = &book.at.at[i];

		if (a->key.signal == signal && a->key.slot == slot &&
		    a->generation == generation)
			return a;
	}
	return &none;
}

static uint64_t all(void)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < BOOK_COLUMNS; i++)
		n += book.at.at[BOOK_TOTAL].n[i];
	return n;
}

static void one_for_two(void)
{
	static const struct account_key keys[] = {{SIGNAL, A}, {SIGNAL, B}};
	struct queue *q = host_queue(65536, 0);
	uint32_t account = account_find(q, keys, 2);

	is_int(account_find(q, keys, 2), account, "the same slots have one account");
	ok(account_find(q, keys, 1) != account, "some of them have another one");
	for (uint64_t id = 1; id <= 4; id++)
		push(q, (struct envelope){.id = id, .signal = SIGNAL, .generation = 1});
	read_again();
	is_u64(of(SIGNAL, 0, 1)->queued, 4, "what waits is told by its signal");
	must(queue_claim(q, c, 4, NULL) == 4);
	read_again();
	is_u64(of(SIGNAL, 0, 1)->leased, 4, "and what is under way");
	for (int i = 0; i < 3; i++)
		c[i].account = account;
	c[1].end = QUEUE_FAILED;
	c[1].split = 1;
	c[1].ends[0] = c[1].ends[1] = 0;
	queue_end_note(c[1].ends, 1, QUEUE_FAILED);
	must(queue_ack(q, c + 1, 1) == 0);
	read_again();
	is_u64(of(SIGNAL, A, 0)->n[QUEUE_DONE], 1,
	       "one that is done behind another one");
	is_u64(of(SIGNAL, B, 0)->n[QUEUE_FAILED], 1, "is told as what it was at each");
	is_u64(of(SIGNAL, 0, 1)->queued, 3, "and does not wait any more");
	c[2].split = 1;
	c[2].end = QUEUE_DONE;
	c[2].ends[0] = c[2].ends[1] = 0;
	queue_end_note(c[2].ends, 0, QUEUE_CUT_OFF);
	must(queue_ack(q, c, 1) == 0 && queue_ack(q, c + 2, 1) == 0);
	read_again();
	is_u64(of(SIGNAL, A, 0)->n[QUEUE_DONE], 2, "done at the one");
	is_u64(of(SIGNAL, A, 0)->n[QUEUE_CUT_OFF], 1, "but for a connection that went");
	is_u64(of(SIGNAL, B, 0)->n[QUEUE_DONE], 2, "done at the other");
	is_u64(of(SIGNAL, B, 0)->n[QUEUE_FAILED], 1, "but for the one that failed");
	is_u64(book.at.at[BOOK_TOTAL].n[QUEUE_DONE], 2, "in all two were done");
	is_u64(book.at.at[BOOK_TOTAL].n[QUEUE_FAILED], 1, "and one failed");
	ok(book.holds, "the book holds");
	host_drop(q);
}

/* By policy, purge, burial, and a settlement that says nothing of slots. */
static void without_a_slot(void)
{
	struct queue *q = host_queue(65536, 3);

	for (uint64_t id = 1; id <= 5; id++) {
		struct envelope e = {.id = id, .signal = SIGNAL, .generation = 7};

		while (queue_push(q, &e, "1", 1, NULL) == -EAGAIN)
			must(queue_relieve(q, QUEUE_DROP_OLD, SIGNAL, 1) == 1);
	}
	read_again();
	is_u64(of(SIGNAL, 0, 7)->n[BOOK_DROP_OLD], 2, "what made way, by its routes");
	is_u64(of(SIGNAL, 0, 7)->queued, 3, "and what is there");
	must(queue_claim(q, c, 1, NULL) == 1 && queue_bury(q, c) == 0);
	must(queue_claim(q, c, 1, NULL) == 1 && queue_ack(q, c, 1) == 0);
	must(queue_purge(q) == 1);
	push(q, (struct envelope){.id = 6, .connection = ACCOUNT_SLOT | DIRECT});
	must(queue_claim(q, c, 1, NULL) == 1 && queue_bury(q, c) == 0);
	read_again();
	is_u64(of(SIGNAL, 0, 7)->n[QUEUE_GIVEN_UP], 1, "what was buried");
	is_u64(of(SIGNAL, 0, 7)->n[BOOK_STOPPING], 1, "what was purged");
	is_u64(of(SIGNAL, 0, 7)->n[QUEUE_DONE], 1, "what was done without an account");
	is_u64(of(0, DIRECT, 0)->n[QUEUE_GIVEN_UP], 1, "what had a slot's address");
	ok(book.holds, "the book holds");
	host_drop(q);
}

static void more_than_fit(void)
{
	struct queue *q = host_queue(65536, 0);

	for (uint32_t i = 0; i < 2 * BOOK_ROWS; i++) {
		struct account_key key = {i + 1, A};

		push(q, (struct envelope){.signal = i + 1});
		must(queue_claim(q, c, 1, NULL) == 1);
		c->account = account_find(q, &key, 1);
		must(queue_ack(q, c, 1) == 0);
	}
	read_again();
	is_u64(of(1, A, 0)->n[QUEUE_DONE], 1, "the first ones have accounts");
	is_u64(of(BOOK_ROWS - BOOK_FIRST, A, 0)->n[QUEUE_DONE], 1, "up to the last");
	is_u64(of(0, 0, 0)->n[QUEUE_DONE], BOOK_ROWS + BOOK_FIRST,
	       "what finds no room is with the others");
	is_u64(all(), 2 * BOOK_ROWS, "and nothing is missing");
	ok(book.holds, "the book holds");
	host_drop(q);
}

static void begun_late(void)
{
	struct queue *q = host_queue(65536, 0);

	push(q, (struct envelope){.signal = SIGNAL});
	push(q, (struct envelope){.signal = SIGNAL});
	must(queue_claim(q, c, 2, NULL) == 2);
	c[1].end = QUEUE_RETRIED;
	must(queue_ack(q, c, 2) == 0);
	q->ring.head->book.len = 0; /* as after a reboot, or of an earlier build */
	read_again();
	is_u64(of(0, 0, 0)->n[QUEUE_DONE], 1, "without a book the counts are one");
	is_u64(of(0, 0, 0)->n[QUEUE_RETRIED], 1, "with which end it was");
	push(q, (struct envelope){.signal = SIGNAL});
	must(queue_claim(q, c, 1, NULL) == 1 && queue_ack(q, c, 1) == 0);
	read_again();
	is_u64(of(SIGNAL, 0, 0)->n[QUEUE_DONE], 1, "and the next message begins one");
	is_u64(of(0, 0, 0)->n[QUEUE_DONE], 1, "with them in it");
	ok(book.holds, "it holds");
	host_drop(q);
}

static void damaged(void)
{
	struct queue *q = host_queue(65536, 0);
	struct book_row *row;

	push(q, (struct envelope){0});
	must(queue_claim(q, c, 1, NULL) == 1 && queue_ack(q, c, 1) == 0);
	row = book_row(&q->ring, BOOK_OTHERS);
	row->copies[0].n[QUEUE_DONE]++;
	row->copies[1].n[QUEUE_DONE]++;
	read_again();
	ok(!book.holds, "a book in which somebody wrote does not hold");
	q->ring.head->book.len = UINT32_MAX;
	push(q, (struct envelope){.signal = SIGNAL});
	must(queue_claim(q, c, 1, NULL) == 1);
	c->account = UINT32_MAX;
	must(queue_ack(q, c, 1) == 0);
	ok(counts_of(q).acked == 2, "and hinders no message");
	host_drop(q);
}

int main(void)
{
	host_begin();
	one_for_two();
	without_a_slot();
	more_than_fit();
	begun_late();
	damaged();
	account_done(&book);
	host_end();
	return done();
}

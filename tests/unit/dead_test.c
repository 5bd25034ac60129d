/* SPDX-License-Identifier: MIT */
/*
 * Messages that are given up: kept beside their queue, sent back, never lost.
 */
#include "queue/dead.h"

#include "base/vec.h"
#include "queue_host.h"

static struct claim c[4];

static struct queue *open_dead(void)
{
	struct queue *dead = NULL;

	must(dead_open(host_dir, "q", host_id, &dead, &host_err) == 0);
	return dead;
}

static void drop_both(struct queue *q, struct queue *dead)
{
	queue_close(dead);
	must(dead_remove(host_dir, "q", &host_err) == 0);
	host_drop(q);
}

static int bury(struct queue *q, struct queue *dead)
{
	must(queue_claim(q, c, 1, &host_err) == 1);
	return dead_bury(q, dead, c, &host_err);
}

static void there_and_back(void)
{
	struct queue *q = host_queue(65536, 0), *dead;
	struct dead_seen seen = {0};
	struct dead_note note;

	is_u64(dead_count(host_dir, "q"), 0, "without a ring none is dead");
	is_int(dead_remove(host_dir, "q", &host_err), 0, "and nothing to remove");
	dead = open_dead();
	is_int(dead_retry(dead, q, &seen, NULL), 0,
	       "an empty one has nothing to retry");
	push_text(q, 7, "\"poison\"");
	is_int(bury(q, dead), 0, "a message is given up");
	is_u64(counts_of(q).records, 0, "then it is not in its queue");
	is_u64(counts_of(q).dead, 1, "where it is counted");
	is_u64(dead_count(host_dir, "q"), 1, "but among the dead");
	must(queue_claim(dead, c, 1, NULL) == 1);
	ok(dead_unwrap(&c[0].payload, &note) == 0 && c[0].payload.size == 8 &&
		   memcmp(c[0].payload.data, "\"poison\"", 8) == 0,
	   "with its payload");
	ok(note.attempts == 1 && note.notes == 0 && note.time_ns > 0 &&
		   c[0].envelope.id == 7,
	   "its envelope, and what is to be known of it");
	must(queue_return(dead, c, 0, false) == 0);
	is_int(dead_retry(dead, q, &seen, &host_err), 1, "it is sent back");
	is_u64(dead_count(host_dir, "q"), 0, "and is not dead any more");
	must(queue_claim(q, c, 1, NULL) == 1);
	ok(c[0].envelope.id == 7 && c[0].attempt == 1 && c[0].payload.size == 8,
	   "it is the same message, and its attempts begin anew");
	vec_done(&seen);
	drop_both(q, dead);
}

static void noted(void)
{
	struct queue *q = host_queue(65536, 0), *dead = open_dead();
	struct payload why = {"{\"exit\":3}", 10};
	struct dead_seen seen = {0};
	struct dead_note note;

	push_text(q, 7, "poison");
	must(queue_claim(q, c, 1, NULL) == 1);
	is_int(dead_push(dead, c, &why, &host_err), 0, "a message is noted as dead");
	must(queue_bury(q, c) == 0);
	must(queue_claim(dead, c, 1, NULL) == 1);
	ok(memcmp((const char *)c[0].payload.data + sizeof(note), why.data, 10) == 0,
	   "what is said of it stands before its payload");
	ok(dead_unwrap(&c[0].payload, &note) == 0 && note.notes == 10 &&
		   c[0].payload.size == 6,
	   "and is no part of it");
	must(queue_return(dead, c, 0, false) == 0);
	is_int(dead_retry(dead, q, &seen, &host_err), 1, "it is sent back");
	must(queue_claim(q, c, 1, NULL) == 1);
	ok(c[0].payload.size == 6 && memcmp(c[0].payload.data, "poison", 6) == 0,
	   "without it");
	vec_done(&seen);
	drop_both(q, dead);
}

static void twice(void)
{
	struct queue *q = host_queue(65536, 0), *dead = open_dead();
	struct dead_seen seen = {0};

	/* as a kill leaves it: pushed to the dead, not yet taken out of the queue */
	push_text(q, 1, "one");
	must(queue_claim(q, c, 1, NULL) == 1);
	must(dead_bury(q, dead, c, NULL) == 0);
	is_int(dead_bury(q, dead, c, NULL), -ESTALE, "a lease that was lost is told");
	push_text(q, 2, "two");
	bury(q, dead);
	is_u64(dead_count(host_dir, "q"), 3, "one message may be among the dead twice");
	is_int(dead_retry(dead, q, &seen, NULL), 1, "it goes back");
	is_int(dead_retry(dead, q, &seen, NULL), 1, "so does the next one");
	is_int(dead_retry(dead, q, &seen, NULL), 0, "and nothing else");
	is_u64(counts_of(q).records, 2, "each went once");
	is_u64(dead_count(host_dir, "q"), 0, "none is left");
	vec_done(&seen);
	drop_both(q, dead);
}

static void full(void)
{
	struct queue *q = host_queue(65536, 0), *dead = open_dead();
	size_t largest = queue_largest(65536);
	struct dead_seen seen = {0};
	uint64_t id = 0;

	is_u64(counts_of(dead).size, 1 << 20, "the dead have a mebibyte at least");
	while (!counts_of(dead).dropped && id < 1000) {
		must(push_size(q, ++id, largest) == 0);
		must(bury(q, dead) == 0);
	}
	is_u64(counts_of(dead).dropped, 1,
	       "when it is full the oldest one goes, counted");
	is_u64(dead_count(host_dir, "q"), id - 1, "one for one");
	is_int(dead_retry(dead, q, &seen, NULL), 1, "the oldest that is left");
	must(queue_claim(q, c, 1, NULL) == 1);
	ok(whole(c, 2, largest), "comes back whole");
	must(queue_ack(q, c, 1) == 0);
	push_size(q, ++id, largest);
	is_int(dead_retry(dead, q, &seen, NULL), 1, "the queue takes two of that size");
	is_int(dead_retry(dead, q, &seen, NULL), -EAGAIN, "a full queue takes no more");
	is_u64(dead_count(host_dir, "q"), id - 4, "then the message stays dead");
	queue_shut(q, true);
	is_int(dead_retry(dead, q, &seen, NULL), -ESHUTDOWN,
	       "so it does when it is closed");
	vec_done(&seen);
	drop_both(q, dead);
}

static void all_read(void)
{
	struct queue *q = host_queue(65536, 0), *dead = open_dead();
	size_t largest = queue_largest(65536);
	static struct claim held[64];
	uint64_t id = 0;
	int r = 0;

	while (r == 0 && id < 1000) {
		must(push_size(q, ++id, largest) == 0);
		r = bury(q, dead);
		queue_claim(dead, &held[id % 64], 1, NULL);
	}
	is_int(r, -EAGAIN, "what is being read is not dropped for another");
	is_u64(counts_of(q).leased, 1, "which stays leased then");
	drop_both(q, dead);
}

static void wrong(void)
{
	struct queue *q = host_queue(65536, 0), *dead = open_dead();
	struct dead_seen seen = {0};
	struct dead_note note = {.notes = 5};
	struct payload p = {&note, sizeof(note)};

	is_int(dead_unwrap(&p, &note), -EBADMSG,
	       "notes that are not there are noticed");
	push_text(dead, 1, "short");
	is_int(dead_retry(dead, q, &seen, NULL), -EBADMSG, "so is a missing note");
	is_u64(dead_count(host_dir, "q"), 1, "and the message stays");
	vec_done(&seen);
	drop_both(q, dead);
}

static void room_for_notes(void)
{
	struct {
		struct dead_note note;
		char text[10];
	} bytes = {.note = {.notes = 6}, .text = "reasonBODY"};
	struct payload p = {&bytes, sizeof(bytes.note) + 10};
	struct dead_note note;

	ok(dead_unwrap(&p, &note) == 0 && p.size == 4 && memcmp(p.data, "BODY", 4) == 0,
	   "notes before the payload are passed over");
}

int main(void)
{
	host_begin();
	there_and_back();
	noted();
	twice();
	full();
	all_read();
	wrong();
	room_for_notes();
	host_end();
	return done();
}

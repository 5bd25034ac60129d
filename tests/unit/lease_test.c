/* SPDX-License-Identifier: MIT */
/*
 * Leases by name: handed from one process to another, and settled by a third.
 */
#include "queue/lease.h"

#include "queue_host.h"

static struct claim c[4];

static void names(void)
{
	struct lease l = {
		.key = 0x1f, .number = 2, .seq = 1, .slot = 3, .generation = 4};
	struct lease back;
	char text[LEASE_TEXT];

	is_str(lease_text(&l, text), "0000001f-1-2-3-4", "a name can be written");
	ok(lease_parse(text, &back) == 0 && memcmp(&l, &back, sizeof(l)) == 0,
	   "and read");
	l = (struct lease){UINT32_MAX, 0xffff, UINT64_MAX, 8191, 0x3ffff};
	ok(lease_parse(lease_text(&l, text), &back) == 0 &&
		   memcmp(&l, &back, sizeof(l)) == 0,
	   "the longest as well");
	for (const char *const *bad =
		     (const char *const[]){"", "x", "0000001f-1-2-3",
					   "0000001f-1-2-3-4 ", " 0000001f-1-2-3-4",
					   "0000001F-1-2-3-4", "0000001f-01-2-3-4",
					   "0000001f-1-2-3-4-5", "0000001f-1-2-3-g",
					   "1f-1-2-3-4", "0000001f--1-2-3-4", NULL};
	     *bad; bad++)
		is_int(lease_parse(*bad, &back), -EINVAL, "'%s' is none", *bad);
}

/* The other process: adopts the lease that it finds in the pipe. */
static int pipe_fds[2], done_fds[2];

static int adopt(struct queue *q)
{
	struct lease l;

	if (read(pipe_fds[0], &l, sizeof(l)) != sizeof(l) || lease_adopt(q, &l) < 0 ||
	    write(done_fds[1], &l, sizeof(l)) != sizeof(l))
		return 1;
	/* lives until it is told */
	return read(pipe_fds[0], &l, 1) == 1 ? 0 : 2;
}

static pid_t start_keeper(struct lease *l)
{
	pid_t pid;

	must(pipe(pipe_fds) == 0 && pipe(done_fds) == 0);
	must(write(pipe_fds[1], l, sizeof(*l)) == sizeof(*l));
	pid = fork();
	must(pid >= 0);
	if (!pid) {
		struct identity *id;
		struct queue *q;

		alarm(30);
		if (identity_open(host_dir, 2, &id, NULL) < 0 ||
		    queue_open(host_dir, "q", id, &q, NULL) < 0)
			_exit(100);
		_exit(adopt(q));
	}
	must(read(done_fds[0], l, sizeof(*l)) == sizeof(*l));
	return pid;
}

static void end_keeper(pid_t pid, int sig)
{
	if (sig)
		kill(pid, sig);
	else
		must(write(pipe_fds[1], "!", 1) == 1);
	must(waitpid(pid, NULL, 0) == pid);
	for (int i = 0; i < 2; i++) {
		close(pipe_fds[i]);
		close(done_fds[i]);
	}
}

static void one_process(void)
{
	struct queue *q = host_queue(65536, 0);
	struct lease l, other, held[2] = {{0}};

	push_text(q, 1, "one");
	push_text(q, 2, "two");
	must(queue_claim(q, c, 2, NULL) == 2);
	l = lease_of(q, &c[0]);
	is_int(lease_held(q, &l), 2, "a holder's leases are counted");
	is_int(lease_list(q, l.slot, held, 1), 2, "and listed");
	ok(held[0].seq == l.seq && held[0].number == l.number && !held[1].key,
	   "as many as there is room for");
	is_int(lease_list(q, l.slot + 1, held, 1), 0, "nobody else has any");
	is_int(lease_read(q, &l, &c[2]), 0, "what is leased can be read by its name");
	ok(c[2].payload.size == 3 && memcmp(c[2].payload.data, "one", 3) == 0 &&
		   c[2].envelope.id == 1 && c[2].attempt == 1,
	   "with all that belongs to it");
	free((void *)c[2].payload.data);
	other = l;
	other.key++;
	is_int(lease_done(q, &other), -ESTALE, "a name of another ring is none here");
	other = l;
	other.number++;
	is_int(lease_done(q, &other), -ESTALE, "nor is that of another claim");
	other = l;
	other.seq = 77;
	is_int(lease_return(q, &other, 0, true), -ESTALE, "nor of another record");
	other = l;
	other.generation++;
	is_int(lease_bury(q, &other), -ESTALE, "nor of another holder");
	is_int(lease_read(q, &other, &c[2]), -ESTALE, "which cannot be read either");
	is_int(lease_done(q, &l), 0, "the right one is settled");
	is_int(lease_done(q, &l), -ESTALE, "once");
	l = lease_of(q, &c[1]);
	is_int(lease_return(q, &l, 0, true), 0, "another one is given back");
	is_int(lease_return(q, &l, 0, true), -ESTALE, "once");
	must(queue_claim(q, c, 2, NULL) == 1);
	ok(c[0].envelope.id == 2 && c[0].attempt == 2, "and comes again");
	l = lease_of(q, &c[0]);
	is_int(lease_return(q, &l, clock_now() + NS_PER_S, false), 0,
	       "it may back off, and not be counted");
	is_int(queue_claim(q, c, 1, NULL), 0, "then it is not there for a while");
	ok(queue_due(q) != NEVER, "and says when it will be");
	host_drop(q);
}

static void another_process(void)
{
	struct queue *q = host_queue(65536, 0);
	struct lease l, before;
	pid_t pid;

	push_text(q, 1, "one");
	must(queue_claim(q, c, 1, NULL) == 1);
	before = l = lease_of(q, &c[0]);
	pid = start_keeper(&l);
	is_int((int)l.slot, 2, "a lease is handed to another process");
	is_int(lease_done(q, &before), -ESTALE, "then its old name is void");
	is_int(queue_ack(q, c, 1), -ESTALE, "and so is the claim");
	is_int(lease_held(q, &before), 0, "the first one holds nothing");
	queue_close(q);
	q = host_open(host_id);
	is_int(queue_claim(q, c, 1, NULL), 0, "it stays when the first one goes");
	is_int(lease_done(q, &l), 0, "a third one settles it");
	end_keeper(pid, 0);
	is_u64(counts_of(q).acked, 1, "and it is done");
	host_drop(q);
}

static void killed_keeper(void)
{
	struct queue *q = host_queue(65536, 0);
	struct lease l;
	pid_t pid;

	push_text(q, 1, "one");
	push_text(q, 2, "two");
	must(queue_claim(q, c, 1, NULL) == 1);
	l = lease_of(q, &c[0]);
	pid = start_keeper(&l);
	end_keeper(pid, SIGKILL);
	is_int(lease_done(q, &l), 0,
	       "what a dead one holds can be settled until it is given back");
	must(queue_claim(q, c, 1, NULL) == 1);
	l = lease_of(q, &c[0]);
	pid = start_keeper(&l);
	end_keeper(pid, SIGKILL);
	must(queue_recover(q, 0, 0) == 0);
	is_int(lease_done(q, &l), -ESTALE, "and not after that");
	is_int(queue_claim(q, c, 1, NULL), 1, "as then it is there again");
	ok(c[0].envelope.id == 2 && c[0].attempt == 2, "with another attempt");
	host_drop(q);
}

int main(void)
{
	host_begin();
	names();
	one_process();
	another_process();
	killed_keeper();
	host_end();
	return done();
}

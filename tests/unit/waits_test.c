/* SPDX-License-Identifier: MIT */
/*
 * Notes of who waits: they are there while their process lives, and no longer.
 */
#include "queue/waits.h"

#include "queue_host.h"

static struct wait_note notes[8];

static struct wait_note note(const char *loop, const char *queue)
{
	struct wait_note n = {.since = 7};

	snprintf(n.loop, sizeof(n.loop), "%s", loop);
	snprintf(n.queue, sizeof(n.queue), "%s", queue);
	return n;
}

static unsigned count(void)
{
	return waits_read(host_dir, host_id, notes, 8);
}

/* Publishes as the process in that place, and waits to be killed. */
static pid_t other(int slot)
{
	int ready[2];
	pid_t pid;
	char c;

	must(pipe2(ready, O_CLOEXEC) == 0);
	pid = fork();
	must(pid >= 0);
	if (!pid) {
		struct wait_note n = note("far", "q");
		struct identity *id;

		alarm(30);
		if (identity_open(host_dir, slot, &id, NULL) < 0 ||
		    waits_publish(host_dir, id, &n) < 0 || write(ready[1], "r", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	must(read(ready[0], &c, 1) == 1);
	close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	must(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
}

static void published(void)
{
	struct wait_note n = note("a", "b");

	is_u64(count(), 0, "where nobody ever waited there are none");
	is_int(waits_publish(host_dir, host_id, &n), 0, "a note is put down");
	is_u64(count(), 1, "and found");
	ok(notes[0].since == 7 && strcmp(notes[0].loop, "a") == 0 &&
		   strcmp(notes[0].queue, "b") == 0,
	   "as it was written");
	n = note("a", "c");
	waits_publish(host_dir, host_id, &n);
	is_u64(count(), 1, "a process has one");
	is_str(notes[0].queue, "c", "the last one");
	waits_withdraw(host_dir, host_id);
	is_u64(count(), 0, "it is taken back");
}

static void dead(void)
{
	struct wait_note n = note("a", "b");
	pid_t near = other(1500), far = other(8000);

	waits_publish(host_dir, host_id, &n);
	is_u64(count(), 3, "notes of others are found, also in far places");
	is_u64(waits_read(host_dir, host_id, notes, 2), 2, "no more than are wanted");
	end(near);
	is_u64(count(), 2, "a note of one that died is void");
	end(far);
	is_u64(count(), 1, "whatever it left behind");
	waits_withdraw(host_dir, host_id);
}

static void hostile(void)
{
	int fd = openat(host_dir, "waits", O_WRONLY | O_CLOEXEC);
	char bytes[100 * sizeof(struct wait_note) + 5];

	memset(bytes, 0xff, sizeof(bytes));
	must(fd >= 0 && pwrite(fd, bytes, sizeof(bytes), 0) == sizeof(bytes));
	is_u64(count(), 0, "what makes no sense is nobody's note");
	must(ftruncate(fd, 3) == 0);
	is_u64(count(), 0, "nor is a piece of one");
	close(fd);
	must(unlinkat(host_dir, "waits", 0) == 0);
	must(symlinkat("elsewhere", host_dir, "waits") == 0);
	ok(waits_publish(host_dir, host_id, &(struct wait_note){.since = 1}) < 0,
	   "a link is not followed");
	must(unlinkat(host_dir, "waits", 0) == 0);
}

int main(void)
{
	host_begin();
	published();
	dead();
	hostile();
	host_end();
	return done();
}

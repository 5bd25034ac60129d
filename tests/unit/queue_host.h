/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the queue share: an instance directory of their own with one queue
 * `q`, and children that report by their exit status.
 */
#ifndef QUEUE_HOST_H
#define QUEUE_HOST_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "queue/section.h"
#include "tap.h"

static char host_path[64];
static int host_dir;
static struct identity *host_id;
static struct sigslot_error host_err;

#define must(cond)                                                                 \
	do {                                                                       \
		if (!(cond))                                                       \
			BAIL("%s: %s; %s", #cond, strerror(errno), host_err.text); \
	} while (0)

__attribute__((unused)) static void host_begin(void)
{
	snprintf(host_path, sizeof(host_path), "/tmp/sigslot-unit-XXXXXX");
	must(mkdtemp(host_path));
	host_dir = open(host_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(host_dir >= 0 && identity_create(host_dir, &host_err) == 0);
	must(identity_open(host_dir, 1, &host_id, &host_err) == 0);
}

/* Also a test: nothing may be left but what is removed here. */
__attribute__((unused)) static void host_end(void)
{
	identity_close(host_id);
	unlinkat(host_dir, "id", 0);
	is_int(rmdir(host_path), 0, "nothing else is left in the directory");
}

__attribute__((unused)) static struct queue *host_open(struct identity *id)
{
	struct queue *q;

	must(queue_open(host_dir, "q", id, &q, &host_err) == 0);
	return q;
}

__attribute__((unused)) static struct queue *host_queue(uint64_t size,
							uint64_t messages)
{
	struct queue_limits limits = {.size = size, .messages = messages};

	must(queue_create(host_dir, "q", &limits, &host_err) == 0);
	return host_open(host_id);
}

__attribute__((unused)) static void host_drop(struct queue *q)
{
	queue_close(q);
	must(queue_remove(host_dir, "q", &host_err) == 0);
}

/* Pushes text under an id. */
__attribute__((unused)) static int push_text(struct queue *q, uint64_t id,
					     const char *text)
{
	struct envelope e = {.id = id, .emit_seq = id};

	return queue_push(q, &e, text, strlen(text), &host_err);
}

__attribute__((unused)) static int push_size(struct queue *q, uint64_t id, size_t size)
{
	struct envelope e = {.id = id, .emit_seq = id};
	char *bytes = malloc(size + 1);
	int r;

	memset(bytes, (int)id, size + 1);
	r = queue_push(q, &e, bytes, size, &host_err);
	free(bytes);
	return r;
}

/* Whether the claim is what push_size() pushed. */
__attribute__((unused)) static bool whole(const struct claim *c, uint64_t id,
					  size_t size)
{
	const unsigned char *at = c->payload.data;

	for (size_t i = 0; i < size; i++)
		if (at[i] != (unsigned char)id)
			return false;
	return c->envelope.id == id && c->payload.size == size;
}

__attribute__((unused)) static bool readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

__attribute__((unused)) static struct queue_counts counts_of(const struct queue *q)
{
	struct queue_counts n;

	must(queue_counts(q, &n) == 0);
	return n;
}

/* Runs fn in a child with an identity and a handle of its own. Returns its status. */
__attribute__((unused)) static int in_child(int slot, int (*fn)(struct queue *q))
{
	pid_t pid = fork();
	int status;

	must(pid >= 0);
	if (!pid) {
		struct identity *id;
		struct queue *q;

		alarm(30);
		if (identity_open(host_dir, slot, &id, NULL) < 0 ||
		    queue_open(host_dir, "q", id, &q, NULL) < 0)
			_exit(100);
		_exit(fn(q));
	}
	must(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Reads standard input in large blocks and sends the whole lines of each at once. A
 * line never waits for the next block: what a slow writer has written goes out.
 */
#include "lines.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "print.h"
#include "slow.h"

enum { BLOCK = 256 * 1024, LONGEST = 64 * 1024 * 1024 };

struct lines {
	const struct lines_target *target;
	char *bytes;
	size_t size, cap; /* what has been read and not yet sent */
	unsigned long long sent;
};

static int stop(const struct lines *l, const struct sigslot_error *err)
{
	complain("line %llu: %s; %llu line%s %s before it", l->sent + 1,
		 err->text[0] ? err->text : strerror(-err->code), l->sent,
		 l->sent == 1 ? " was" : "s were", l->target->sent);
	return sigslot_error_exit(err->code);
}

static int send(struct lines *l, size_t size)
{
	struct sigslot_error err = {0};
	size_t done = 0;
	int r;

	slow_begin();
	r = l->target->send(l->target->data, l->bytes, size, &done, &err);
	slow_end();
	l->sent += done;
	if (r < 0)
		return stop(l, &err);
	l->size -= size;
	memmove(l->bytes, l->bytes + size, l->size);
	return 0;
}

/* Returns how much was read; 0 at the end; negative errno. */
static ssize_t fill(char *out, size_t cap)
{
	for (;;) {
		struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
		ssize_t size = read(STDIN_FILENO, out, cap);

		if (size >= 0)
			return size;
		if (errno == EAGAIN)
			poll(&input, 1, -1);
		else if (errno != EINTR)
			return -errno;
	}
}

/* A line that no queue can take: the rest of it is counted, not kept. */
static int too_long(struct lines *l)
{
	struct sigslot_error err = {.code = -EMSGSIZE};
	unsigned long long length = l->size;
	const char *end = NULL;

	while (!end) {
		ssize_t size = fill(l->bytes, l->cap);

		if (size <= 0)
			break;
		end = memchr(l->bytes, l->target->end, (size_t)size);
		length += (unsigned long long)(end ? end - l->bytes : size);
	}
	snprintf(err.text, sizeof(err.text),
		 "it is %llu bytes long, and no message can have more than %d", length,
		 LONGEST);
	return stop(l, &err);
}

/* Makes room for a block. Returns false if the line is too long or memory is out. */
static bool grow(struct lines *l)
{
	size_t cap = l->cap ? 2 * l->cap : 2 * BLOCK;
	char *bytes;

	if (l->cap - l->size >= BLOCK)
		return true;
	if (l->size > LONGEST)
		return false;
	bytes = realloc(l->bytes, cap);
	if (!bytes)
		return false;
	l->bytes = bytes;
	l->cap = cap;
	return true;
}

static int unread(const struct lines *l, int code)
{
	complain("cannot read standard input: %s; %llu lines were %s", strerror(-code),
		 l->sent, l->target->sent);
	return code == -EIO ? CMD_OUTPUT : CMD_NO_INPUT;
}

static int run(struct lines *l)
{
	while (grow(l)) {
		ssize_t size = fill(l->bytes + l->size, BLOCK);
		char *last;
		int r;

		if (size < 0)
			return unread(l, (int)size);
		if (size == 0)
			return l->size ? send(l, l->size) : 0;
		last = memrchr(l->bytes + l->size, l->target->end, (size_t)size);
		l->size += (size_t)size;
		r = last ? send(l, (size_t)(last - l->bytes) + 1) : 0;
		if (r)
			return r;
	}
	if (l->size > LONGEST)
		return too_long(l);
	complain("out of memory; %llu lines were %s", l->sent, l->target->sent);
	return CMD_OS;
}

int lines_send(const struct lines_target *target)
{
	struct lines l = {.target = target};
	int r = run(&l);

	free(l.bytes);
	return r;
}

int lines_read(size_t limit, char **ret_bytes, size_t *ret_size)
{
	size_t cap = BLOCK, kept = 0, total = 0;
	char *bytes = malloc(cap), *more;
	ssize_t size = 1;

	while (bytes && size > 0) {
		size = fill(bytes + kept, cap - kept);
		total += size > 0 ? (size_t)size : 0;
		if (size > 0 && total <= limit)
			kept += (size_t)size;
		if (kept < cap)
			continue;
		more = realloc(bytes, cap *= 2);
		if (!more)
			free(bytes);
		bytes = more;
	}
	if (size < 0) {
		complain("cannot read standard input: %s", strerror((int)-size));
		free(bytes);
		return CMD_NO_INPUT;
	}
	if (!bytes) {
		complain("out of memory");
		return CMD_OS;
	}
	*ret_bytes = bytes;
	*ret_size = total;
	return 0;
}

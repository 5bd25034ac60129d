/* SPDX-License-Identifier: MIT */
/*
 * The table of process groups. What the handler reads is published in an order that
 * is right at every instruction: it may see a group twice, never a wrong one.
 */
#include "slot/groups.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "slot/slot.h"

struct group {
	pid_t id;
	bool left; /* the command has ended, what it left behind has not */
	const void *owner;
};

struct table {
	size_t cap;
	struct group at[];
};

static struct table *_Atomic table;
static atomic_size_t len;
static size_t left, left_limit = 16;

int groups_reserve(void)
{
	struct table *old = table, *more;
	size_t cap = old ? old->cap * 2 : 32;

	if (old && len < old->cap)
		return 0;
	more = calloc(1, sizeof(*more) + cap * sizeof(more->at[0]));
	if (!more)
		return -ENOMEM;
	more->cap = cap;
	if (old)
		memcpy(more->at, old->at, len * sizeof(more->at[0]));
	/* a handler on this thread sees the one or the other, and ends before free() */
	table = more;
	free(old);
	return 0;
}

void groups_add(pid_t group, const void *owner)
{
	table->at[len] = (struct group){.id = group, .owner = owner};
	len++;
}

static void drop(size_t i)
{
	left -= table->at[i].left;
	table->at[i] = table->at[len - 1];
	len--;
}

/*
 * Whether a group that a command left behind is still what it was. Its number is not
 * given to a new process as long as it has members, and its first one is gone: if there
 * is a process of that number, all has ended and the number has begun a new life.
 */
static bool still_there(pid_t group)
{
	return kill(-group, 0) == 0 && getpgid(group) < 0;
}

/* Drops what has no members any more; now and then, as each look costs. */
static void prune(void)
{
	for (size_t i = len; i-- > 0;)
		if (table->at[i].left && !still_there(table->at[i].id))
			drop(i);
	left_limit = left < 8 ? 16 : 2 * left;
}

bool groups_ended(pid_t group)
{
	size_t i;

	for (i = 0; i < len && table->at[i].id != group; i++)
		;
	if (i == len)
		return true;
	if (kill(-group, 0) < 0) {
		drop(i);
		return true;
	}
	table->at[i].left = true;
	if (++left >= left_limit)
		prune();
	return false;
}

void groups_kill(const void *owner, int sig)
{
	struct table *t = table;
	int saved = errno;

	for (size_t i = 0; i < len; i++) {
		const struct group *g = &t->at[i];

		if ((!owner || g->owner == owner) && (!g->left || still_there(g->id)))
			kill(-g->id, sig);
	}
	errno = saved;
}

void groups_forget(const void *owner)
{
	for (size_t i = len; i-- > 0;)
		if (table->at[i].owner == owner)
			drop(i);
}

void slot_kill_all(int sig)
{
	groups_kill(NULL, sig);
}

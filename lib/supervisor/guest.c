/* SPDX-License-Identifier: MIT */
/*
 * A guest is nothing but a queue behind a signal; who reads it is not looked at.
 */
#include "supervisor/guest.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "plan/ways.h"
#include "queue/drop.h"
#include "supervisor/naming.h"
#include "supervisor/rewire.h"

#define PREFIX ".guest-"

enum { SIZE = 1 << 20 };

static void drop(struct supervisor *s, const char *queue)
{
	struct sigslot_error err = {0};
	struct queue_counts counts = {0};
	struct queue *q = NULL;

	if (queue_open(s->world.queues, queue, s->identity, &q, NULL) == 0) {
		queue_shut(q, true); /* who still emits to it is told so */
		queue_recover(q, 0, 0);
		queue_counts(q, &counts);
		queue_close(q);
	}
	s->guests_dropped += counts.records;
	if (counts.records)
		log_line("sigslot",
			 "%llu message%s for a command that was connected and is gone "
			 "dropped (disconnected)",
			 (unsigned long long)counts.records,
			 counts.records == 1 ? "" : "s");
	if (queue_remove(s->world.queues, queue, &err) < 0)
		log_line("sigslot", "%s", err.text);
}

static bool has_signal(const struct plan *p, const struct guest *g)
{
	return ways_from(p, g->owner, g->member) != PLAN_NONE;
}

static int parse(struct supervisor *s, const json_t *root, struct guest *g,
		 struct sigslot_error *err)
{
	const char *owner = json_string_value(json_object_get(root, "owner"));
	const char *member = json_string_value(json_object_get(root, "member"));
	const char *full = json_string_value(json_object_get(root, "full"));

	if (!owner || !member || strlen(owner) >= sizeof(g->owner) ||
	    strlen(member) >= sizeof(g->member) ||
	    (full && queue_full_find(full) == QUEUE_FULLS))
		return fail(err, -EPROTO,
			    "the instance is of a version that does not know this");
	snprintf(g->owner, sizeof(g->owner), "%s", owner);
	snprintf(g->member, sizeof(g->member), "%s", member);
	g->full = full ? queue_full_find(full) : QUEUE_BLOCK;
	g->size = SIZE;
	snprintf(g->queue, sizeof(g->queue), PREFIX "%u", s->world.generation);
	return has_signal(s->plan, g)
		       ? 0
		       : fail(err, -ENXIO, "'%s' has no signal '%s'", owner, member);
}

static void take_out(struct supervisor *s, struct guest *g)
{
	struct guest **at = &s->world.guests;

	while (*at && *at != g)
		at = &(*at)->next;
	if (*at)
		*at = g->next;
}

int guest_publish(struct supervisor *s, struct sigslot_error *err)
{
	int r = naming_renew(&s->world, s->plan, 0, err);

	if (r == 0)
		rewire_tell(s, s->plan);
	return r;
}

int guest_join(struct supervisor *s, const json_t *root, struct guest **ret,
	       struct sigslot_error *err)
{
	const struct queue_limits limits = {.size = SIZE};
	struct guest *g = calloc(1, sizeof(*g));
	int r = g ? parse(s, root, g, err) : fail(err, -ENOMEM, "out of memory");

	if (r == 0 && (s->stop.active || s->ending))
		r = fail(err, -ESHUTDOWN, "instance '%s' is stopping", s->plan->name);
	if (r == 0)
		r = queue_create(s->world.queues, g->queue, &limits, err);
	if (r < 0) {
		free(g);
		return r;
	}
	g->next = s->world.guests;
	s->world.guests = g;
	r = guest_publish(s, err);
	if (r == 0) {
		*ret = g;
		return 0;
	}
	take_out(s, g);
	queue_remove(s->world.queues, g->queue, NULL);
	free(g);
	return r;
}

void guest_leave(struct supervisor *s, struct guest *g)
{
	struct sigslot_error err = {0};

	if (!g)
		return;
	take_out(s, g);
	if (guest_publish(s, &err) < 0)
		log_line("sigslot", "%s", err.text);
	drop(s, g->queue);
	free(g);
}

void guest_end_all(struct supervisor *s)
{
	while (s->world.guests) {
		struct guest *g = s->world.guests;
		struct queue *q = NULL;

		if (queue_open(s->world.queues, g->queue, s->identity, &q, NULL) == 0)
			queue_shut(q, true);
		queue_close(q);
		s->world.guests = g->next;
		free(g);
	}
}

void guest_clear(struct supervisor *s)
{
	int fd = openat(s->world.queues, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		if (strncmp(e->d_name, PREFIX, strlen(PREFIX)) == 0)
			drop(s, e->d_name);
		if (strncmp(e->d_name, GUEST_TAPPED, strlen(GUEST_TAPPED)) == 0)
			queue_remove(s->world.queues, e->d_name, NULL);
	}
	if (d)
		closedir(d);
	else
		fd_close(&fd);
}

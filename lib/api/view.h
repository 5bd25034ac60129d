/* SPDX-License-Identifier: MIT */
/*
 * What is tapped: which names, in which queues their messages pass by, and which of the
 * messages there are theirs. It is worked out anew when there are newer routes.
 */
#ifndef API_VIEW_H
#define API_VIEW_H

#include "api/instance.h"
#include "base/vec.h"
#include "queue/watch.h"
#include "state/board.h"

/* A queue that is watched, by its name: it stays the same with other routes. */
struct view_source {
	struct watch *watch;
	struct claim next; /* seen, and not yet told of, if it waits */
	bool waits;
	bool again; /* it is one that was claimed once more */
	bool tap; /* it is there for taps alone */
	char queue[64];
	uint32_t index; /* of the queue in the routes; ROUTE_NOWHERE: in none */
};

/* One name in one queue. A slot behind named queues is in each of them. */
struct view {
	uint32_t id, queue;
	char name[130]; /* OWNER.MEMBER, or a queue */
};

struct view_pattern {
	const char *text; /* without the instance */
	uint32_t id; /* of the one name that is meant; 0: all that match */
};

struct views {
	struct instance in;
	const struct board *board; /* NULL: a free-standing queue */
	VEC(struct view_pattern) patterns;
	VEC(struct view) views;
	VEC(struct view_source *) sources;
	int queues; /* the directory of them; -1: none was opened yet */
	unsigned silent; /* signals that nobody is connected to, and no queue shows */
	VEC(uint32_t) lone; /* these of them that were named in full */
	VEC(uint32_t) asked; /* that were such, and are led to a queue for us */
	int control; /* to the supervisor, which does so as long as it is open; -1 */
	struct sigslot_error unheard; /* why it does not */
	char first_lone[130]; /* or "" */
};

/*
 * Opens the instance that all patterns, [INSTANCE/]NAME[.MEMBER] with * ? [ ], are of.
 * -ENXIO: a pattern names nothing; -EINVAL: several instances; -ESHUTDOWN: it is dead.
 */
int views_open(struct views *v, const char *const *patterns, size_t len,
	       struct sigslot_error *err);
void views_close(struct views *v);

/*
 * Looks at the routes again if there are newer ones. A queue that comes in is watched
 * from here on. Returns 1 if anything may have changed, 0, or a negative errno.
 */
int views_renew(struct views *v, struct sigslot_error *err);

/*
 * Whether anything of them passed by since the last look, or so much that nobody can
 * tell. Returns 1, 0, or a negative errno.
 */
int views_passed(struct views *v, struct sigslot_error *err);

/*
 * Has the lone ones led to a queue of their own, which costs their emitters a push for
 * each message; so patterns do not mean that. Where it cannot be they stay silent.
 * Returns whether any can be seen now.
 */
bool views_listen(struct views *v);

/*
 * Whether a message that passed by in that queue is one of this view; *ret_by is the
 * signal that brought it there, ROUTE_NOBODY: none did.
 */
bool view_shows(const struct views *v, const struct view *view,
		const struct envelope *e, uint32_t *ret_by);

#endif

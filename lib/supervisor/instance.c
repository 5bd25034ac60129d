/* SPDX-License-Identifier: MIT */
/*
 * Makes an instance, or resumes a dead one. Everything stands before the first worker.
 */
#include "supervisor/instance.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/process.h"
#include "queue/dead.h"
#include "queue/queue.h"
#include "queue/space.h"
#include "route/format.h"
#include "state/lock.h"
#include "state/runtime.h"
#include "state/stats.h"
#include "supervisor/lasting.h"
#include "supervisor/naming.h"
#include "worker/stray.h"

enum { SHARED = 16 }; /* queues: to make so many takes longer than to fork */

static int open_home(const struct plan *p, struct instance_home *home, struct world *w,
		     struct sigslot_error *err)
{
	int r = runtime_open(true, &home->runtime, err);

	for (int tries = 0; r == 0 && tries < 3; tries++) {
		r = runtime_subdir(home->runtime, p->name, true, &w->dir, err);
		if (r == 0 && runtime_is_queue(w->dir))
			r = fail(err, -EEXIST,
				 "'%s' is a queue: give the instance another name with "
				 "-n, or remove the queue with 'sigslot queue rm %s'",
				 p->name, p->name);
		if (r < 0)
			return r;
		home->lock = lock_take(w->dir, p->name, err);
		home->fresh = faccessat(w->dir, ROUTE_FILE, F_OK, 0) < 0;
		if (home->lock != -EAGAIN)
			return home->lock < 0 ? home->lock : 0;
		fd_close(&w->dir); /* it was being removed: make it anew */
	}
	return r ?: home->lock;
}

/* What the last run left alive is ended before its queues are touched. */
static int end_last_run(const struct plan *p, const struct instance_home *home,
			const struct world *w, struct sigslot_error *err)
{
	struct lock_note note = {0};
	int r = identity_evict(w->dir, NS_PER_S);

	if (r < 0)
		return fail(err, -EEXIST,
			    "a process of the last run of '%s' lives on and cannot be "
			    "ended: %s",
			    p->name, strerror(-r));
	if (lock_read(home->lock, &note) == 0 && *note.run)
		stray_kill(note.run, NULL);
	return 0;
}

static int write_note(const struct plan *p, const struct instance_home *home,
		      struct world *w, struct sigslot_error *err)
{
	struct lock_note note = {.pid = getpid(), .since = clock_wall()};
	uint64_t random[2] = {0};
	int r;

	if (getrandom(random, sizeof(random), 0) < 0)
		return fail_errno(err, "no random numbers");
	snprintf(note.run, sizeof(note.run), "%016lx%016lx", random[0], random[1]);
	snprintf(note.file, sizeof(note.file), "%s", p->file ? p->file : "-");
	memcpy(w->run, note.run, sizeof(w->run));
	r = lock_write(home->lock, &note);
	return r < 0 ? fail(err, r, "cannot write the lock of instance '%s': %s",
			    p->name, strerror(-r))
		     : 0;
}

static int make_queue(const struct world *w, const char *name, uint64_t size,
		      uint64_t messages, struct sigslot_error *err)
{
	struct queue_limits limits = {
		.size = size,
		.messages = messages,
		/* the lane must never want for room */
		.later = strcmp(name, WORLD_CONTROL) != 0,
	};
	struct queue_counts counts;
	int r = queue_create(w->queues, name, &limits, err);

	return r == -EEXIST ? queue_peek(w->queues, name, &counts, err) : r;
}

static int make_named(const struct world *w, const struct plan_queue *q,
		      struct sigslot_error *err)
{
	int r = lasting_prepare(w, q, err);

	if (r < 0)
		return r;
	return q->durable ? lasting_make(w, q, err)
			  : make_queue(w, q->name, q->size, q->messages, err);
}

static uint64_t space(const struct world *w, const char *name, uint64_t size,
		      bool missing)
{
	bool stands =
		missing && faccessat(w->queues, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;

	return *name && !stands ? queue_space(size) : 0;
}

/* What all queues take, or with `missing` those that do not stand yet. */
static uint64_t total(const struct plan *p, const struct world *w, bool missing)
{
	uint64_t size = space(w, WORLD_CONTROL, NAMING_CONTROL_SIZE, missing);

	for (uint32_t i = 0; i < p->loops_len; i++)
		size += space(w, p->loops[i].name, p->loops[i].size, missing);
	for (uint32_t i = 0; i < p->queues_len; i++)
		if (!p->queues[i].durable) /* at once, elsewhere */
			size += space(w, p->queues[i].name, p->queues[i].size, missing);
	return size;
}

/*
 * Each alone would find room: they are filled later. To look for each of them takes
 * long, so it is done only where there is no room for all.
 */
static int check_room(const struct plan *p, const struct world *w,
		      struct sigslot_error *err)
{
	if (queue_room(w->queues, total(p, w, false), NULL) == 0)
		return 0;
	return queue_room(w->queues, total(p, w, true), err);
}

/* What has files is on the board, until both go. */
static bool loop_shown(const struct world *w, uint32_t i)
{
	return w->board && i < w->board->loops_len && *w->board->loops[i].name;
}

static bool queue_shown(const struct world *w, uint32_t i)
{
	return w->board && i < w->board->queues_len && *board_queue(w->board, i)->name;
}

static int make_some(const struct plan *p, const struct world *w, uint32_t first,
		     uint32_t end, struct sigslot_error *err)
{
	int r = 0;

	for (uint32_t i = first; r == 0 && i < end; i++)
		if (*p->loops[i].name && !loop_shown(w, i))
			r = make_queue(w, p->loops[i].name, p->loops[i].size,
				       p->loops[i].messages, err);
	return r;
}

/*
 * Of many a child makes one half meanwhile, on another processor. What it did not make
 * is made, or fails, here: so there is nothing to be told.
 */
static int make_loops(const struct plan *p, const struct world *w,
		      struct sigslot_error *err)
{
	uint32_t half = p->loops_len / 2;
	pid_t parent = getpid(), child;
	int status = -1, r;

	if (half < SHARED || w->board) /* then most stand already */
		return make_some(p, w, 0, p->loops_len, err);
	child = process_fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		r = getppid() == parent ? make_some(p, w, 0, half, NULL) : -ECHILD;
		_exit(r < 0 ? 1 : 0);
	}
	r = make_some(p, w, half, p->loops_len, err);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return r < 0 || status == 0 ? r : make_some(p, w, 0, half, err);
}

static int make_queues(const struct plan *p, const struct world *w,
		       struct sigslot_error *err)
{
	int r = check_room(p, w, err);

	if (r == 0)
		r = make_loops(p, w, err);
	for (uint32_t i = 0; r == 0 && i < p->queues_len; i++)
		if (*p->queues[i].name && !queue_shown(w, i))
			r = make_named(w, &p->queues[i], err);
	return r;
}

struct leftover {
	const struct plan *plan;
	const struct world *world;
	struct sigslot_error *err;
};

/* A queue of the last run that the topology no longer has: gone if it is empty. */
static int judge_leftover(void *data, const char *name)
{
	const struct leftover *l = data;
	const struct plan *p = l->plan;
	struct queue_counts counts = {0};

	for (uint32_t i = 0; i < p->loops_len; i++)
		if (strcmp(p->loops[i].name, name) == 0)
			return 0;
	for (uint32_t i = 0; i < p->queues_len; i++)
		if (strcmp(p->queues[i].name, name) == 0)
			return 0;
	if (queue_peek(l->world->queues, name, &counts, NULL) == 0 && counts.records)
		return fail(
			l->err, -EEXIST,
			"the last run of '%s' left %llu messages for '%s', which the "
			"topology no longer has: put it back into the file, 'sigslot "
			"run' that, take it out again and 'sigslot reload %s', which "
			"works them off; or drop all that is queued with 'sigslot "
			"clean --force %s'",
			p->name, (unsigned long long)counts.records, name, p->name,
			p->name);
	return queue_remove(l->world->queues, name, l->err);
}

static int judge_leftovers(const struct plan *p, const struct world *w,
			   struct sigslot_error *err)
{
	struct leftover l = {p, w, err};

	return runtime_each(w->queues, judge_leftover, &l);
}

/* Shows what has a name, and is not shown yet. */
static void show_all(const struct plan *p, struct board *board)
{
	for (uint32_t i = 0; i < p->processes_len; i++) {
		struct board_process *b = board_process(board, i);

		if (*b->name)
			continue;
		snprintf(b->name, sizeof(b->name), "%s", p->processes[i].name);
		b->status = -1;
	}
	for (uint32_t i = 0; i < p->loops_len; i++) {
		struct board_loop *b = &board->loops[i];

		if (*b->name)
			continue;
		snprintf(b->name, sizeof(b->name), "%s", p->loops[i].name);
		b->process = p->loops[i].process;
		b->state = BOARD_STARTING;
	}
	for (uint32_t i = 0; i < p->queues_len; i++) {
		struct board_queue *b = board_queue(board, i);

		if (!*b->name)
			snprintf(b->name, sizeof(b->name), "%s", p->queues[i].name);
		b->slots = p->queues[i].slots_len;
	}
}

static int make_board(const struct plan *p, struct world *w, struct sigslot_error *err)
{
	int r = board_create(w->dir, p->loops_len, p->processes_len, p->queues_len,
			     &w->board, err);

	if (r < 0)
		return r;
	show_all(p, w->board);
	board_publish(w->board, w->generation);
	return 0;
}

void instance_show(const struct plan *p, struct world *w)
{
	show_all(p, w->board);
}

void instance_retract(const struct plan *p, struct world *w)
{
	struct board *b = w->board;

	for (uint32_t i = 0; i < p->loops_len; i++)
		if (*p->loops[i].name && !loop_shown(w, i))
			queue_remove(w->queues, p->loops[i].name, NULL);
	for (uint32_t i = 0; i < p->queues_len; i++)
		if (*p->queues[i].name && !queue_shown(w, i))
			queue_remove(w->queues, p->queues[i].name, NULL);
	b->loops_len = w->plan->loops_len;
	b->processes_len = w->plan->processes_len;
	b->queues_len = w->plan->queues_len;
}

int instance_extend(const struct plan *p, struct world *w, struct sigslot_error *err)
{
	int r = board_grow(w->dir, w->board, p->loops_len, p->processes_len,
			   p->queues_len, err);

	if (r == 0)
		r = make_queues(p, w, err);
	if (r < 0)
		instance_retract(p, w);
	return r;
}

int instance_make(const struct plan *p, struct instance_home *home, struct world *w,
		  struct sigslot_error *err)
{
	int r;

	*home = (struct instance_home){.runtime = -1, .lock = -1};
	*w = (struct world){.plan = p, .dir = -1, .queues = -1, .log = -1};
	r = open_home(p, home, w, err);
	if (r < 0)
		return r;
	r = end_last_run(p, home, w, err);
	if (r == 0)
		r = write_note(p, home, w, err);
	if (r == 0)
		r = identity_create(w->dir, err);
	if (r == 0)
		r = runtime_subdir(w->dir, "q", true, &w->queues, err);
	if (r == 0)
		r = judge_leftovers(p, w, err);
	if (r == 0)
		r = lasting_judge(w, err);
	if (r == 0)
		r = make_queue(w, WORLD_CONTROL, NAMING_CONTROL_SIZE, 0, err);
	if (r == 0)
		r = make_queues(p, w, err);
	if (r == 0)
		r = naming_make(w, err);
	if (r == 0)
		r = stats_create(w->dir, err);
	return r == 0 ? make_board(p, w, err) : r;
}

uint64_t instance_queued(const struct world *w)
{
	struct queue_counts counts;
	uint64_t total = 0;

	for (uint32_t i = 0; w->routes && i < world_control(w); i++) {
		const char *name =
			routes_text(w->routes, routes_queue(w->routes, i)->name);

		if (queue_peek(w->queues, name, &counts, NULL) == 0)
			total += counts.records + dead_count(w->queues, name);
	}
	return total;
}

/* Who removed it may have made way for another run of that name. */
static bool stands(const struct instance_home *home, const struct world *w)
{
	struct stat own, named;

	return home->lock >= 0 && fstat(w->dir, &own) == 0 &&
	       fstatat(home->runtime, w->plan->name, &named, AT_SYMLINK_NOFOLLOW) ==
		       0 &&
	       own.st_ino == named.st_ino && own.st_dev == named.st_dev;
}

void instance_leave(struct instance_home *home, struct world *w, bool remove)
{
	remove = remove && stands(home, w);
	routes_close(w->routes);
	board_close(w->board);
	world_done(w);
	if (remove)
		lasting_remove(w);
	fd_close(&w->queues);
	fd_close(&w->dir);
	if (remove)
		runtime_remove(home->runtime, w->plan->name);
	fd_close(&home->lock);
	fd_close(&home->runtime);
}

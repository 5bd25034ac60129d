/* SPDX-License-Identifier: MIT */
/*
 * The text is read again for each change: there is one way from arrows to a plan, and
 * what holds for a file holds for what runs.
 */
#include "plan/wiring.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/vec.h"
#include "plan/arrows.h"
#include "plan/compare.h"

/* How it is wired, and the plan of that. */
struct state {
	struct arena arena; /* the words of the edits */
	arrows added, removed; /* with full addresses */
	struct plan *plan;
};

struct wiring {
	struct arena arena;
	struct topology_input in;
	char *text, *next_text; /* of `in`; what may become it, or NULL */
	size_t next_size;
	const char *name;
	struct state now, next;
};

/* The first problem, as one sentence. */
struct complaint {
	bool some;
	char text[sizeof(((struct sigslot_error *)0)->text)];
};

static void complain(void *data, const struct sigslot_error *problem, const char *line)
{
	struct complaint *c = data;

	(void)line;
	if (c->some)
		return;
	c->some = true;
	if (problem->line)
		snprintf(c->text, sizeof(c->text), "%.200s:%u:%u: %.540s",
			 problem->source, problem->line, problem->column,
			 problem->text);
	else
		snprintf(c->text, sizeof(c->text), "%s", problem->text);
}

/* Reads the text with these edits. The first problem becomes the error. */
static int reread(const struct wiring *w, const struct topology_edits *edits,
		  struct topology **ret, struct sigslot_error *err)
{
	struct topology_input in = w->in;
	struct complaint first = {0};
	int r;

	in.report = complain;
	in.data = &first;
	in.edits = *edits;
	r = topology_read(&in, ret, err);
	return r < 0 && first.some ? fail(err, r, "%s", first.text) : r;
}

static int make(const struct wiring *w, const struct topology_edits *edits,
		struct plan **ret, struct sigslot_error *err)
{
	struct topology *t;
	int r = reread(w, edits, &t, err);

	if (r < 0)
		return r;
	r = plan_make(t, w->name, w->now.plan, ret, err);
	topology_free(t);
	return r;
}

static int read_plan(const struct topology_input *in, const char *name,
		     const struct plan *like, struct plan **ret,
		     struct sigslot_error *err)
{
	struct topology *t;
	int r = topology_read(in, &t, err);

	if (r < 0)
		return r;
	r = plan_make(t, name, like, ret, err);
	topology_free(t);
	return r;
}

static void state_done(struct state *s)
{
	plan_free(s->plan);
	vec_done(&s->added);
	vec_done(&s->removed);
	arena_done(&s->arena);
	*s = (struct state){0};
}

static char *take_text(const struct topology_input *in)
{
	char *text = malloc(in->size + 1);

	if (text)
		memcpy(text, in->text, in->size);
	return text;
}

static int take_input(struct wiring *w, const struct topology_input *in,
		      const char *name)
{
	w->in = *in;
	w->in.text = w->text = take_text(in);
	w->in.file = arena_text(&w->arena, in->file);
	w->in.directory = arena_text(&w->arena, in->directory);
	w->in.stem = arena_text(&w->arena, in->stem);
	w->name = name ? arena_text(&w->arena, name) : NULL;
	return w->in.text && w->in.file && w->in.directory && w->in.stem &&
			       (w->name || !name)
		       ? 0
		       : -ENOMEM;
}

int wiring_new(const struct topology_input *in, const char *name, struct wiring **ret,
	       struct sigslot_error *err)
{
	struct wiring *w = calloc(1, sizeof(*w));
	int r = w ? take_input(w, in, name) : -ENOMEM;

	if (r < 0) {
		wiring_free(w);
		return fail(err, r, "out of memory");
	}
	r = read_plan(in, name, NULL, &w->now.plan, err);
	if (r < 0)
		wiring_free(w);
	else
		*ret = w;
	return r;
}

void wiring_free(struct wiring *w)
{
	if (!w)
		return;
	state_done(&w->now);
	state_done(&w->next);
	arena_done(&w->arena);
	free(w->text);
	free(w->next_text);
	free(w);
}

const struct plan *wiring_plan(const struct wiring *w)
{
	return w->now.plan;
}

const struct plan *wiring_next(const struct wiring *w)
{
	return w->next.plan;
}

/* Adds a copy of an arrow to one of the lists of a state. */
static int add(struct state *s, arrows *list, const struct topology_arrow *a)
{
	struct topology_arrow *at = vec_add(list);

	if (!at)
		return -ENOMEM;
	at->from = arena_text(&s->arena, a->from);
	at->to = arena_text(&s->arena, a->to);
	at->full = a->full ? arena_text(&s->arena, a->full) : NULL;
	at->once = a->once;
	return at->from && at->to && (at->full || !a->full) ? 0 : -ENOMEM;
}

/* The next state begins as this one, without what was added of these. */
static int begin(struct wiring *w, const arrows *without)
{
	int r = 0;

	state_done(&w->next);
	for (size_t i = 0; r == 0 && i < w->now.added.len; i++)
		if (!without || !arrows_among(without, &w->now.added.at[i]))
			r = add(&w->next, &w->next.added, &w->now.added.at[i]);
	for (size_t i = 0; r == 0 && i < w->now.removed.len; i++)
		r = add(&w->next, &w->next.removed, &w->now.removed.at[i]);
	return r;
}

static struct topology_edits edits_of(const struct state *s)
{
	return (struct topology_edits){.added = s->added.at,
				       .added_len = s->added.len,
				       .removed = s->removed.at,
				       .removed_len = s->removed.len};
}

static int prepare(struct wiring *w, struct sigslot_error *err)
{
	struct topology_edits edits = edits_of(&w->next);
	int r = make(w, &edits, &w->next.plan, err);

	return r == 0 ? compare_things(w->now.plan, w->next.plan, err) : r;
}

/*
 * What was added is known by its full addresses from now on: several where a name
 * stands for replicas. Behind it are the connections that keys make.
 */
static int spell_last(struct state *s, uint32_t len)
{
	const struct plan *p = s->plan;
	const struct plan_connection *c = &p->connections[p->connections_len];
	int r = 0;

	while (c[-1].implied)
		c--;
	s->added.len--;
	for (c -= len; r == 0 && len; len--, c++)
		r = add(s, &s->added,
			&(struct topology_arrow){c->from, c->to, c->full, c->once});
	return r;
}

int wiring_connect(struct wiring *w, const struct topology_arrow *a,
		   struct sigslot_error *err)
{
	int r = begin(w, NULL) ?: add(&w->next, &w->next.added, a);
	uint32_t len;

	if (r < 0)
		return fail(err, r, "out of memory");
	r = prepare(w, err);
	if (r < 0)
		return r;
	len = w->next.plan->connections_len - w->now.plan->connections_len;
	if (!len)
		return 1;
	return spell_last(&w->next, len) < 0 ? fail(err, -ENOMEM, "out of memory") : 0;
}

/* What was added is not there any more; what the text says is removed. */
static int take_out(struct wiring *w, const arrows *gone)
{
	int r = begin(w, gone);

	for (size_t i = 0; r == 0 && i < gone->len; i++)
		if (!arrows_among(&w->now.added, &gone->at[i]))
			r = add(&w->next, &w->next.removed, &gone->at[i]);
	return r;
}

static int prepare_without(struct wiring *w, const arrows *gone,
			   struct sigslot_error *err)
{
	int r = take_out(w, gone);

	if (r < 0)
		return fail(err, r, "out of memory");
	r = prepare(w, err);
	for (size_t i = 0; r == 0 && i < gone->len; i++)
		if (arrows_connected(w->next.plan, &gone->at[i]))
			r = fail(err, -ENOEXEC,
				 "`%s` of the topology makes that connection: it stays "
				 "as long as that is said",
				 strcmp(gone->at[i].from, gone->at[i].to) == 0
					 ? "ready: signal"
					 : "dead:");
	return r;
}

int wiring_disconnect(struct wiring *w, const struct topology_arrow *a,
		      struct sigslot_error *err)
{
	struct topology_edits edits = edits_of(&w->now);
	struct topology *t;
	arrows gone = {0};
	int r;

	edits.asked = a;
	r = reread(w, &edits, &t, err);
	if (r < 0)
		return r;
	r = arrows_asked(w->now.plan, t, &gone);
	if (r < 0)
		fail(err, r, "out of memory");
	else
		r = gone.len ? prepare_without(w, &gone, err) : 1;
	vec_done(&gone);
	topology_free(t);
	return r;
}

void wiring_commit(struct wiring *w)
{
	state_done(&w->now);
	w->now = w->next;
	w->next = (struct state){0};
	if (!w->next_text)
		return;
	free(w->text);
	w->in.text = w->text = TAKE(w->next_text);
	w->in.size = w->next_size;
}

void wiring_forget(struct wiring *w)
{
	state_done(&w->next);
	free(TAKE(w->next_text));
}

int wiring_reload(struct wiring *w, const struct topology_input *in,
		  struct sigslot_error *err)
{
	struct topology_input input = w->in;
	int r;

	wiring_forget(w);
	w->next_text = take_text(in);
	w->next_size = in->size;
	if (!w->next_text)
		return fail(err, -ENOMEM, "out of memory");
	input.text = w->next_text;
	input.size = in->size;
	input.probe = in->probe;
	input.report = in->report;
	input.data = in->data;
	r = read_plan(&input, w->name, w->now.plan, &w->next.plan, err);
	return r == 0 ? compare_places(w->now.plan, w->next.plan, err) : r;
}

const char *wiring_text(const struct wiring *w, size_t *ret_size)
{
	*ret_size = w->in.size;
	return w->in.text;
}

int wiring_read(const struct wiring *w, const char *text, size_t size,
		const struct plan *like, struct plan **ret, struct sigslot_error *err)
{
	struct topology_input in = w->in;

	in.text = text;
	in.size = size;
	in.report = NULL;
	return read_plan(&in, w->name, like, ret, err);
}

/* Nobody shall find out later that what was saved is something else. */
static int check_saved(const struct wiring *w, const struct buf *text,
		       struct sigslot_error *err)
{
	struct wiring *again;
	struct topology_input in = w->in;
	int r;

	in.text = text->data;
	in.size = text->size;
	in.report = NULL;
	r = wiring_new(&in, w->name, &again, err);
	if (r < 0)
		return r;
	if (!compare_connections(w->now.plan, again->now.plan))
		r = fail(err, -ENOTRECOVERABLE,
			 "what would be saved is another topology: please report it");
	wiring_free(again);
	return r;
}

int wiring_save(const struct wiring *w, struct buf *out, struct sigslot_error *err)
{
	const struct plan *p = w->now.plan;
	VEC(struct topology_arrow) list = {0};
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < p->connections_len; i++) {
		const struct plan_connection *c = &p->connections[i];
		struct topology_arrow *a = c->implied ? NULL : vec_add(&list);

		if (a)
			*a = (struct topology_arrow){c->from, c->to, c->full, c->once};
		else if (!c->implied)
			r = fail(err, -ENOMEM, "out of memory");
	}
	if (r == 0)
		r = topology_rewrite(&w->in, p->name, list.at, list.len, out, err);
	vec_done(&list);
	return r == 0 ? check_saved(w, out, err) : r;
}

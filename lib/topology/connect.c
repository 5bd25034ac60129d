/* SPDX-License-Identifier: MIT */
/*
 * One arrow is as many links as it has pairs of neighbours. The same pair twice is one
 * link, wherever it is written.
 */
#include "topology/connect.h"

#include <string.h>

#include "topology/arrow.h"
#include "topology/member.h"
#include "topology/replica.h"

enum { LINKS_MAX = 65536 };

/* An arrow and its options. */
struct written {
	const struct node *arrow;
	struct topology_arrow options; /* its ends are in the text */
};

/* One end of the arrow at hand, resolved on both its sides. */
struct joint {
	struct destination to;
	struct origin from;
	const char *to_text, *from_text;
	size_t offset;
	bool good, leads_on;
};

struct row {
	struct joint *joints;
	size_t len;
};

static const char *address(struct reader *r, const char *owner, const char *member)
{
	const char *text = connect_text(r, owner, ".", member);

	return text ? text : "";
}

static const char *destination_text(struct reader *r, const struct destination *to)
{
	if (to->slot)
		return address(r, to->slot->owner->name, to->slot->name);
	if (to->signal)
		return address(r, to->signal->owner->name, to->signal->name);
	if (to->broadcast)
		return address(r, to->broadcast->thing.name, "broadcast");
	return to->queue->thing.name;
}

static bool is_new(struct reader *r, const char *from, const char *to)
{
	char *pair = connect_text(r, from, " -> ", to);

	if (!pair)
		return false;
	if (map_get(&r->links, pair) || map_get(&r->removed, pair))
		return false;
	if (map_set(&r->links, pair, pair) < 0)
		r->problems.no_memory = true;
	return true;
}

/* Only what differs in type from those before: so much is there to be checked. */
static void add_feed(struct model_queue *q, struct model_link *link)
{
	if (q->feeds_len > CONNECT_FEEDS)
		return;
	for (const struct model_link *feed = q->feeds; feed; feed = feed->next_feed)
		if (strcmp(feed->from->type, link->from->type) == 0)
			return;
	q->feeds_len++;
	link->next_feed = q->feeds;
	q->feeds = link;
}

/* From a queue a message goes to one slot, which must be of an object's. */
static bool takes_from_queue(struct reader *r, const struct node *n,
			     const struct joint *from, const struct joint *to)
{
	const char *queue = from->from_text;

	if (to->to.slot && to->to.slot->does)
		return true;
	if (to->to.slot)
		problem_within(&r->problems, n, to->offset,
			       "%s steers: connect it to a signal, not to the queue "
			       "`%.64s`",
			       problem_quote(&r->problems, to->to_text), queue);
	else
		problem_within(&r->problems, n, to->offset,
			       "%s is not a slot: the queue `%.64s` gives each message "
			       "to one of the slots behind it",
			       problem_quote(&r->problems, to->to_text), queue);
	return false;
}

static void place_link(struct model_link *link)
{
	struct model_link ***tail =
		link->source ? &link->source->links_tail : &link->from->links_tail;

	**tail = link;
	*tail = &link->next;
	if (link->queue)
		add_feed(link->queue, link);
}

static void note_asked(struct reader *r, const char *from, const char *to)
{
	struct topology_arrow *a = vec_add(&r->t->asked);

	if (a)
		*a = (struct topology_arrow){.from = from, .to = to};
	else
		r->problems.no_memory = true;
}

static void add_link(struct reader *r, const struct written *w,
		     const struct joint *from, const struct joint *to)
{
	const struct node *n = w->arrow;
	struct model_link *link, **place;

	if (r->asking) {
		note_asked(r, from->from_text, to->to_text);
		return;
	}
	if (from->from.queue && !takes_from_queue(r, n, from, to))
		return;
	if (!is_new(r, from->from_text, to->to_text))
		return;
	link = reader_alloc(r, sizeof(*link));
	place = vec_add(&r->t->links);
	if (!link || !place) {
		r->problems.no_memory = true;
		r->t->links.len -= !!place;
		return;
	}
	*place = link;
	*link = (struct model_link){
		.from = from->from.signal,
		.source = from->from.queue,
		.slot = to->to.slot,
		.signal = to->to.signal,
		.queue = to->to.queue,
		.broadcast = to->to.broadcast,
		.from_text = from->from_text,
		.to_text = to->to_text,
		.full = w->options.full,
		.once = w->options.once,
		.at = n,
		.skip = to->offset,
		.index = (uint32_t)r->t->links.len - 1,
	};
	policy_check(r, link);
	place_link(link);
}

/* The way out of the middle of a chain, where a member is a slot or a signal. */
static bool way_out(struct reader *r, const struct node *n, const struct arrow_end *end,
		    struct joint *j)
{
	if (!end->member || !j->good)
		return resolve_left(r, n, end, &j->from);
	j->from.signal = j->to.signal;
	if (j->to.slot)
		j->from.signal = j->to.slot->emit;
	if (j->from.signal)
		return true;
	problem_within(&r->problems, n, end->offset,
		       "%s emits nothing that this arrow could go on with",
		       problem_quote(&r->problems, j->to_text));
	return false;
}

static const char *origin_text(struct reader *r, const struct origin *from)
{
	if (from->queue)
		return from->queue->thing.name;
	return address(r, from->signal->owner->name, from->signal->name);
}

static bool resolve(struct reader *r, const struct node *n,
		    const struct arrow_step *step, bool first, struct row *ret)
{
	struct joint *j = reader_alloc(r, step->ends_len * sizeof(*j));

	*ret = (struct row){j, step->ends_len};
	if (!j)
		return false;
	for (const struct arrow_end *end = step->ends; end; end = end->next, j++) {
		j->offset = end->offset;
		if (!first) {
			j->good = resolve_right(r, n, end, &j->to);
			if (j->good)
				j->to_text = destination_text(r, &j->to);
		}
		if (!step->next)
			continue;
		j->leads_on = way_out(r, n, end, j);
		if (j->leads_on)
			j->from_text = origin_text(r, &j->from);
	}
	return true;
}

/* New or not, so that a line of names cannot hold up the reading. */
bool connect_too_many(struct reader *r, const struct node *n, size_t pairs)
{
	bool told = r->pairs > LINKS_MAX;

	r->pairs += pairs;
	if (r->pairs <= LINKS_MAX)
		return false;
	if (!told)
		problem_node(&r->problems, n, "more than %d connections", LINKS_MAX);
	return true;
}

static void join(struct reader *r, const struct written *w, const struct row *left,
		 const struct row *right)
{
	if (connect_too_many(r, w->arrow, left->len * right->len))
		return;
	for (size_t i = 0; i < left->len; i++)
		for (size_t k = 0; k < right->len; k++)
			if (left->joints[i].leads_on && right->joints[k].good)
				add_link(r, w, &left->joints[i], &right->joints[k]);
}

static void read_arrow(struct reader *r, const struct written *w)
{
	const struct node *n = w->arrow;
	struct arrow_step *step;
	struct arrow_fault fault;
	struct row left, right;
	int code;

	if (n->broken)
		return;
	code = arrow_parse(&r->t->arena, n->text, &step, &fault);
	if (code == -EINVAL)
		problem_within(&r->problems, n, fault.offset, "%s", fault.what);
	else if (code < 0)
		r->problems.no_memory = true;
	if (code < 0)
		return;
	replica_expand(r, n, step);
	if (!resolve(r, n, step, true, &left))
		return;
	for (step = step->next; step; step = step->next) {
		if (!resolve(r, n, step, false, &right))
			return;
		join(r, w, &left, &right);
		left = right;
	}
}

static void read_options(struct reader *r, const struct node *n, struct written *w)
{
	struct section s;

	if (!node_empty(n) && section_read(r, n, AT_ARROW, 0, &s))
		w->options = (struct topology_arrow){
			.full = section_text(&s, "full", CONNECT_FULL),
			.once = section_number(&s, "once", false)};
}

static void read_connection(struct reader *r, const struct node *n)
{
	struct written w = {n, {.full = CONNECT_FULL}};

	if (n->kind == NODE_TEXT) {
		read_arrow(r, &w);
		return;
	}
	if (n->kind == NODE_LIST || n->len != 1) {
		problem_node(&r->problems, n,
			     "a connection is one arrow, such as a -> b, or one arrow "
			     "with its options");
		return;
	}
	w.arrow = n->first;
	read_options(r, n->first->next, &w);
	read_arrow(r, &w);
}

void connect_arrow(struct reader *r, const struct node *arrow,
		   const struct topology_arrow *options)
{
	struct written w = {arrow, *options};

	if (!w.options.full)
		w.options.full = CONNECT_FULL;
	read_arrow(r, &w);
}

void connect_read(struct reader *r, const struct node *list)
{
	node_each(n, list)
	{
		read_connection(r, n);
	}
}

struct later_link {
	struct later_link *next;
	struct model_signal *from;
	const struct node *queue;
};

void connect_later(struct reader *r, struct model_signal *from,
		   const struct node *queue)
{
	struct later_link *l = reader_alloc(r, sizeof(*l));

	if (!l)
		return;
	*l = (struct later_link){r->later_links, from, queue};
	r->later_links = l;
}

/* Names a queue: whatever else has that name will not do. */
static bool find_queue(struct reader *r, const struct node *n, struct destination *ret)
{
	struct arrow_end end = {.name = n->text};
	struct model_thing *thing = map_get(&r->t->names, end.name);

	if (!thing || thing->kind == MODEL_QUEUE)
		return resolve_right(r, n, &end, ret);
	problem_node(&r->problems, n,
		     "%s is not a named queue: `dead` needs one under `queues:`",
		     problem_quote(&r->problems, end.name));
	return false;
}

static void connect_one(struct reader *r, const struct later_link *l)
{
	struct model_thing *owner = l->from->owner;
	struct written w = {l->queue ?: owner->at, {.full = CONNECT_FULL}};
	struct joint from = {.from.signal = l->from}, to = {.good = true};
	size_t before = r->t->links.len;

	if (!l->queue)
		to.to.slot = member_slot(r, owner, l->from->name);
	else if (!find_queue(r, l->queue, &to.to))
		return;
	from.from_text = origin_text(r, &from.from);
	to.to_text = destination_text(r, &to.to);
	add_link(r, &w, &from, &to);
	if (r->t->links.len > before)
		r->t->links.at[before]->implied = true;
}

void connect_rest(struct reader *r)
{
	for (const struct later_link *l = r->later_links; l; l = l->next)
		connect_one(r, l);
}

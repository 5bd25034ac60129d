/* SPDX-License-Identifier: MIT */
/*
 * What a plan promises beyond its text: order, indices, sizes, and ranks against a
 * slow but obvious reckoning on random topologies.
 */
#include "base/buf.h"
#include "plan/plan.h"
#include "tap.h"
#include "topology/topology.h"

static struct plan *plan_like(const char *text, const char *name,
			      const struct plan *like)
{
	struct sigslot_error err = {0};
	struct topology_input in = {
		.text = text,
		.size = strlen(text),
		.file = "test",
		.directory = "/dir",
		.stem = "stem",
	};
	struct topology *t;
	struct plan *p = NULL;

	if (topology_read(&in, &t, &err) < 0 || plan_make(t, name, like, &p, &err) < 0)
		BAIL("%s", err.text);
	topology_free(t);
	return p;
}

static struct plan *plan_of(const char *text, const char *name)
{
	return plan_like(text, name, NULL);
}

static uint32_t signal_of(const struct plan *p, const char *owner, const char *name)
{
	for (uint32_t i = 0; i < p->signals_len; i++)
		if (strcmp(p->signals[i].name, name) == 0 &&
		    strcmp(plan_owner_name(p, p->signals[i].owner,
					   p->signals[i].owned_by),
			   owner) == 0)
			return i;
	BAIL("no signal %s.%s", owner, name);
}

static const struct plan_slot *slot_of(const struct plan *p, const char *owner,
				       const char *name, enum plan_owner kind)
{
	for (uint32_t i = 0; i < p->slots_len; i++)
		if (p->slots[i].owner == kind && strcmp(p->slots[i].name, name) == 0 &&
		    strcmp(plan_owner_name(p, kind, p->slots[i].owned_by), owner) == 0)
			return &p->slots[i];
	BAIL("no slot %s.%s", owner, name);
}

static void names_and_places(void)
{
	struct plan *p = plan_of("objects: {a: {run: x}}", NULL);

	is_str(p->name, "stem", "an instance without a name has that of its file");
	is_str(p->directory, "/dir", "a plan knows where paths start");
	plan_free(p);
	p = plan_of("name: n\nobjects: {a: {run: x}}", NULL);
	is_str(p->name, "n", "the name of the file counts more than its stem");
	plan_free(p);
	p = plan_of("name: n\nobjects: {a: {run: x}}", "other");
	is_str(p->name, "other", "a name that is given counts most");
	plan_free(p);
}

static void targets_in_order(void)
{
	struct plan *p = plan_of("objects:\n"
				 "  a: {signals: [s, t]}\n"
				 "  b: {builtin: drop}\n"
				 "  c: {builtin: drop}\n"
				 "queues: {q: {}}\n"
				 "connections:\n"
				 "  - a.s -> c\n"
				 "  - a.s -> a.t\n"
				 "  - a.t -> b, q\n"
				 "  - a.s -> b\n",
				 NULL);
	uint32_t s = signal_of(p, "a", "s"), t = signal_of(p, "a", "t");
	const struct plan_target *at = p->targets + p->signals[s].first_target;

	is_int(p->signals[s].targets_len, 4, "a signal reaches what its signals reach");
	is_str(plan_owner_name(p, PLAN_OBJECT, p->slots[at[0].slot].owned_by), "c",
	       "what was connected first comes first");
	is_str(plan_owner_name(p, PLAN_OBJECT, p->slots[at[1].slot].owned_by), "b",
	       "what is behind a signal comes in the place of that connection");
	ok(at[1].via == t && at[0].via == s, "a receiver is told the last signal");
	ok(at[2].slot == PLAN_NONE && strcmp(p->queues[at[2].queue].name, "q") == 0,
	   "a queue is a target without a slot");
	is_str(plan_owner_name(p, PLAN_OBJECT, p->slots[at[3].slot].owned_by), "b",
	       "two ways to one slot are two targets");
	ok(at[1].connection == 2 && at[3].connection == 4,
	   "a target knows its connection");
	plan_free(p);
}

static void lanes(void)
{
	struct plan *p = plan_of("objects:\n"
				 "  a: {run: x}\n"
				 "  b: {builtin: log}\n"
				 "  t: {every: 1s}\n",
				 NULL);
	const struct plan_slot *in = slot_of(p, "a", "in", PLAN_OBJECT);

	is_int(slot_of(p, "a", "stop", PLAN_LOOP)->loop, PLAN_NONE,
	       "slots of loops are on the control lane");
	is_int(slot_of(p, "main", "kill", PLAN_PROCESS)->loop, PLAN_NONE,
	       "slots of processes are on the control lane");
	is_int(slot_of(p, "t", "start", PLAN_OBJECT)->loop, PLAN_NONE,
	       "slots of timers are on the control lane");
	is_int(in->finished, signal_of(p, "a", "finished"),
	       "a command tells how it went");
	is_int(in->failed, signal_of(p, "a", "failed"), "and that it failed");
	is_int(in->emit, PLAN_NONE, "run without out or emit goes to the log");
	ok(strcmp(in->shell[0], "sh") == 0 && !in->shell[1], "sh reads commands");
	is_int(slot_of(p, "b", "in", PLAN_OBJECT)->finished, PLAN_NONE,
	       "a builtin tells nothing");
	plan_free(p);
}

static void queues_share(void)
{
	static const struct {
		int loops;
		uint64_t size;
	} cases[] = {{1, 2 << 20}, {128, 2 << 20}, {129, 2080768}, {5000, 64 << 10}};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_buf_ struct buf text = {0};
		struct plan *p;

		buf_add_text(&text, "objects:\n");
		for (int k = 0; k < cases[i].loops; k++)
			buf_addf(&text, " o%d: {run: x}\n", k);
		p = plan_of(text.data, NULL);
		is_u64(p->loops[0].size, cases[i].size,
		       "each of %d loops has its share of queue", cases[i].loops);
		plan_free(p);
	}
}

enum { LOOPS = 24 };

/* Ranks by hand: who reaches whom, then the longest way over components. */
static void check_ranks(const struct plan *p, bool edge[LOOPS][LOOPS], int round)
{
	bool reach[LOOPS][LOOPS], right = true;

	memcpy(reach, edge, sizeof(reach));
	for (int k = 0; k < LOOPS; k++)
		for (int i = 0; i < LOOPS; i++)
			for (int j = 0; j < LOOPS; j++)
				reach[i][j] |= reach[i][k] && reach[k][j];
	for (int j = 0; j < LOOPS; j++) {
		uint32_t least = 0;

		for (int i = 0; i < LOOPS; i++) {
			if (!reach[i][j] || i == j)
				continue;
			if (reach[j][i])
				right &= p->loops[i].rank == p->loops[j].rank;
			else if (p->loops[i].rank + 1 > least)
				least = p->loops[i].rank + 1;
		}
		/* in a circle, another member may be the one that is led to */
		for (int i = 0; i < LOOPS; i++)
			for (int k = 0; reach[i][j] && reach[j][i] && k < LOOPS; k++)
				if (reach[k][i] && !reach[i][k] &&
				    p->loops[k].rank + 1 > least)
					least = p->loops[k].rank + 1;
		right &= p->loops[j].rank == least;
	}
	ok(right, "ranks follow the flow of random topology %d", round);
}

static void random_ranks(void)
{
	uint32_t seed = 1;

	for (int round = 0; round < 40; round++) {
		bool edge[LOOPS][LOOPS] = {0};
		_buf_ struct buf text = {0};
		struct plan *p;

		buf_add_text(&text, "objects:\n");
		for (int i = 0; i < LOOPS; i++)
			buf_addf(&text, " o%d: {filter: x}\n", i);
		buf_add_text(&text, "connections:\n");
		for (int k = 0; k < 5 + round; k++) {
			int from, to;

			seed = seed * 1664525 + 1013904223;
			from = (int)(seed >> 16) % LOOPS;
			seed = seed * 1664525 + 1013904223;
			to = (int)(seed >> 16) % LOOPS;
			edge[from][to] = true;
			buf_addf(&text, " - o%d -> o%d\n", from, to);
		}
		p = plan_of(text.data, NULL);
		check_ranks(p, edge, round);
		plan_free(p);
	}
}

/* A chain as long as a file can hold must not exhaust the stack. */
static void long_chain(void)
{
	_buf_ struct buf text = {0};
	struct plan *p;

	buf_add_text(&text, "objects:\n");
	for (int i = 0; i < 20000; i++)
		buf_addf(&text, " o%d: {filter: x}\n", i);
	buf_add_text(&text, "connections:\n - o0");
	for (int i = 1; i < 20000; i++)
		buf_addf(&text, " -> o%d", i);
	p = plan_of(text.data, NULL);
	is_int(p->loops[19999].rank, 19999, "a chain of 20,000 loops has 20,000 ranks");
	plan_free(p);
}

/* Layers of ten signals, each leading to four of the next, and slots at the end. */
static int make_layers(int layers, struct plan **ret)
{
	_buf_ struct buf text = {0};
	struct topology_input in = {.file = "t", .directory = "/", .stem = "t"};
	struct topology *t;
	int code;

	buf_add_text(&text, "objects:\n p: {plugin: p.so}\n");
	for (int i = 0; i < layers; i++)
		buf_addf(&text, " o%d: {signals: [a,b,c,d,e,f,g,h,i,j]}\n", i);
	buf_add_text(&text, "connections:\n");
	for (int i = 0; i + 1 < layers; i++)
		for (char c = 'a'; c <= 'j'; c++)
			buf_addf(&text, " - o%d.%c -> o%d.a,o%d.b,o%d.c,o%d.d\n", i, c,
				 i + 1, i + 1, i + 1, i + 1);
	buf_addf(&text, " - o%d.a -> ", layers - 1);
	for (int i = 0; i < 250; i++)
		buf_addf(&text, "%sp.s%d", i ? "," : "", i);
	in.text = text.data;
	in.size = text.size;
	if (topology_read(&in, &t, NULL) < 0)
		BAIL("layers of signals pass the checks");
	code = plan_make(t, NULL, NULL, ret, NULL);
	topology_free(t);
	return code;
}

static void layers_of_signals(void)
{
	struct plan *p;

	is_int(make_layers(50, &p), 0, "4^49 ways through signals are walked at once");
	is_int(p->signals[signal_of(p, "o0", "a")].targets_len, 250,
	       "each connection counts once, however many ways lead to it");
	plan_free(p);
	is_int(make_layers(400, &p), -ENOEXEC, "too many routes are refused");
}

/* What each place of both is called, in the order of the places. */
static const char *places(const struct plan *p)
{
	static char text[200];
	char *at = text;

	for (uint32_t i = 0; i < p->processes_len; i++)
		at += sprintf(at, "%s,", p->processes[i].name);
	at += sprintf(at, " ");
	for (uint32_t i = 0; i < p->loops_len; i++)
		at += sprintf(at, "%s,", p->loops[i].name);
	at += sprintf(at, " ");
	for (uint32_t i = 0; i < p->queues_len; i++)
		at += sprintf(at, "%s,", p->queues[i].name);
	return text;
}

static void places_are_kept(void)
{
	struct plan *a = plan_of("processes: {p: {}}\nqueues: {x: {}, y: {}}\n"
				 "loops: {l: {process: p, objects: {o: {run: x}}}}\n"
				 "objects: {m: {run: x}, n: {run: x}}",
				 NULL);
	struct plan *b, *c;

	is_str(places(a), "main,p, l,m,n, x,y,", "things have their place in the file");
	b = plan_like("queues: {z: {}, y: {}}\n"
		      "objects: {new: {run: x}, n: {run: x}}\n"
		      "connections: [y -> new, n.failed -> z]",
		      NULL, a);
	is_str(places(b), "main,, ,,n,new, ,y,z,",
	       "in a plan like it they keep it, and what is new stands behind");
	is_u64(b->loops[0].process, PLAN_NONE, "a loop that has gone is nowhere");
	is_u64(b->takers_len == 1 ? b->slots[b->takers[b->queues[1].first_slot]].loop
				  : 0,
	       3, "what refers to them finds them");
	is_u64(b->targets[b->signals[signal_of(b, "n", "failed")].first_target].queue,
	       2, "so do targets");
	c = plan_like("processes: {p: {}}\nqueues: {x: {}}\n"
		      "loops: {l: {process: p, objects: {o: {run: x}}}}",
		      NULL, b);
	is_str(places(c), ",p, l,,,, x,,,", "what comes back has its old place");
	plan_free(a);
	plan_free(b);
	plan_free(c);
}

int main(void)
{
	names_and_places();
	places_are_kept();
	targets_in_order();
	lanes();
	queues_share();
	random_ranks();
	long_chain();
	layers_of_signals();
	return done();
}

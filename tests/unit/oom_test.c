/* SPDX-License-Identifier: MIT */
/*
 * Without memory: each piece of work is done again and again, while the first, the
 * second, the third ... allocation fails, until it is done with none failing. Each time
 * it must come to an error, leave no block behind, and not crash. The Makefile has the
 * linker put the functions below between this program and malloc(), and arenas, which
 * would hide most allocations from it.
 */
#include "base/arena.h"
#include "dir_host.h"
#include "message/text.h"
#include "plan/plan.h"
#include "route/build.h"
#include "queue/queue.h"
#include "state/runtime.h"
#include "topology/topology.h"
#include "worker/outbox.h"

static struct {
	unsigned turn, fails; /* counts allocations; the one that fails, 0: none */
	bool for_good; /* so do all after it */
	bool failed;
	long blocks; /* that nobody has freed */
} memory;

static bool refused(void)
{
	memory.turn++;
	if (!memory.fails || memory.turn < memory.fails ||
	    (memory.turn > memory.fails && !memory.for_good))
		return false;
	memory.failed = true;
	errno = ENOMEM;
	return true;
}

static void *counted(void *block)
{
	memory.blocks += block != NULL;
	return block;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t len, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_reallocarray(void *block, size_t len, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t len, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_reallocarray(void *block, size_t len, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);
void __wrap_free(void *block);
void *__real_arena_alloc(struct arena *a, size_t size);
void *__wrap_arena_alloc(struct arena *a, size_t size);
char *__real_arena_copy(struct arena *a, const void *bytes, size_t size);
char *__wrap_arena_copy(struct arena *a, const void *bytes, size_t size);
char *__real_arena_text(struct arena *a, const char *text);
char *__wrap_arena_text(struct arena *a, const char *text);
char *__wrap_arena_textf(struct arena *a, const char *format, ...) _printf_(2, 3);

void *__wrap_malloc(size_t size)
{
	return refused() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t len, size_t size)
{
	return refused() ? NULL : counted(__real_calloc(len, size));
}

void *__wrap_realloc(void *block, size_t size)
{
	if (!block)
		return __wrap_malloc(size);
	return refused() ? NULL : __real_realloc(block, size);
}

void *__wrap_reallocarray(void *block, size_t len, size_t size)
{
	if (!block)
		return __wrap_calloc(len, size);
	return refused() ? NULL : __real_reallocarray(block, len, size);
}

char *__wrap_strndup(const char *text, size_t size)
{
	size_t len = strnlen(text, size);
	char *copy = __wrap_malloc(len + 1);

	if (!copy)
		return NULL;
	copy[len] = '\0';
	return memcpy(copy, text, len);
}

char *__wrap_strdup(const char *text)
{
	return __wrap_strndup(text, SIZE_MAX);
}

void __wrap_free(void *block)
{
	memory.blocks -= block != NULL;
	__real_free(block);
}

void *__wrap_arena_alloc(struct arena *a, size_t size)
{
	return refused() ? NULL : __real_arena_alloc(a, size);
}

char *__wrap_arena_copy(struct arena *a, const void *bytes, size_t size)
{
	return refused() ? NULL : __real_arena_copy(a, bytes, size);
}

char *__wrap_arena_text(struct arena *a, const char *text)
{
	return refused() ? NULL : __real_arena_text(a, text);
}

char *__wrap_arena_textf(struct arena *a, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return __wrap_arena_text(a, text);
}

/* Does the work with every allocation failing in turn. */
static void starve(const char *name, int (*work)(void), int wanted, bool for_good)
{
	const char *how = for_good ? "and all after it" : "alone";
	unsigned survived = 0, odd = 0, tries = 0;
	long leaked = 0, blocks;
	int r;

	do {
		blocks = memory.blocks;
		memory.turn = 0;
		memory.fails = ++tries;
		memory.for_good = for_good;
		memory.failed = false;
		r = work();
		memory.fails = 0;
		leaked += memory.blocks != blocks;
		survived += memory.failed && r >= 0;
		odd += memory.failed && r < 0 && r != -ENOMEM && r != wanted;
	} while (memory.failed && tries < 200000);
	is_int(r, wanted, "%s: done when none of %u allocations fails", name,
	       tries - 1);
	ok(tries > 2, "%s: it does allocate", name);
	is_u64(survived, 0, "%s: an error whichever fails, %s", name, how);
	is_u64(odd, 0, "%s: an error that says so", name);
	is_int(leaked, 0, "%s: and nothing is left behind", name);
}

static const char good[] =
	"sigslot: 1\n"
	"name: shop\n"
	"processes:\n"
	"  workers: {env: {LC_ALL: C}, restart: {when: failure, backoff: 100ms..10s, "
	"max: 5 per 1m}, nice: 5}\n"
	"loops:\n"
	"  front:\n"
	"    objects:\n"
	"      orders:\n"
	"        signals: {new: object, cancelled: integer}\n"
	"        slots:\n"
	"          on_line: {filter: ./split-orders, emit: new, reply: line}\n"
	"      tick: {every: 10s}\n"
	"  pool:\n"
	"    process: workers\n"
	"    queue: {size: 4MiB}\n"
	"    objects:\n"
	"      pay:\n"
	"        slots: {charge: {exec: [./charge, --id], args: [.id], timeout: 30s, "
	"parallel: 4, key: .customer}}\n"
	"queues:\n"
	"  jobs: {size: 8MiB, messages: 10000}\n"
	"connections:\n"
	"  - orders.new -> jobs\n"
	"  - orders.new -> pay.charge\n"
	"  - tick -> pay.charge\n";

static const char bad[] = "sigslot: 1\n"
			  "objects:\n"
			  "  a: {filtre: jq, out: strnig}\n"
			  "  b: {run: 'x', timeout: 5}\n"
			  "connections:\n"
			  "  - a -> c\n"
			  "  - b.nothing -> a\n";

static unsigned problems;

static void report(void *data, const struct sigslot_error *problem, const char *line)
{
	(void)data;
	(void)problem;
	(void)line;
	problems++;
}

static int load(const char *text, size_t size)
{
	struct topology_input in = {.text = text,
				    .size = size,
				    .file = "t.yaml",
				    .directory = "/",
				    .stem = "t",
				    .report = report};
	struct topology *t;
	struct plan *p;
	char *shown;
	int r = topology_read(&in, &t, &dir_err);

	if (r < 0)
		return r;
	r = plan_make(t, NULL, NULL, &p, &dir_err);
	topology_free(t);
	if (r < 0)
		return r;
	shown = plan_text(p);
	r = shown ? 0 : -ENOMEM;
	free(shown);
	plan_free(p);
	return r;
}

static int load_good(void)
{
	return load(good, sizeof(good) - 1);
}

static int load_bad(void)
{
	return load(bad, sizeof(bad) - 1);
}

static int build_one(const struct routes *old)
{
	struct route_build b;
	int64_t signal = -ENOMEM, slot = -ENOMEM;
	int r = route_build_start(&b, old);

	if (r == 0 && route_build_queue(&b, "q", 65536, 0) < 0)
		r = -ENOMEM;
	for (unsigned i = 0; r == 0 && i < 20; i++) {
		char name[] = {'a' + (char)i, '\0'};

		signal = route_build_name(&b, ROUTE_SIGNAL, name, "out", "any", 0);
		slot = route_build_name(&b, ROUTE_SLOT, name, "in", "any", 0);
		r = signal < 0 || slot < 0 ? -ENOMEM : 0;
		if (r == 0)
			r = route_build_target(
				&b, (uint32_t)signal,
				(struct route_target){.slot = (uint32_t)slot,
						      .via = (uint32_t)signal});
	}
	r = r ?: route_build_write(&b, dir_fd, &dir_err);
	route_build_done(&b);
	return r;
}

/* What was there before stays whole if it fails. */
static int build_routes(void)
{
	struct routes *old = NULL;
	int r = routes_open(dir_fd, &old, &dir_err);

	if (r == 0)
		r = build_one(old);
	routes_close(old);
	return r;
}

static int convert_text(void)
{
	static const struct sigslot_bytes operands[] = {{"12", 2}, {"a b", 3}};
	static const char *const paths[] = {".a[1]", ".b", NULL};
	static const char payload[] = "{\"a\": [1, \"two\"], \"b\": {\"c\": 0.1}}";
	_buf_ struct buf out = {0}, text = {0}, all = {0};
	struct text_args args = {0};
	struct type *type;
	int r = type_parse("{a: [integer, string], b: any}", &type, &dir_err);

	if (r < 0)
		return r;
	r = text_to_payload(payload, sizeof(payload) - 1, type, SIGSLOT_JSON, &out,
			    &dir_err);
	r = r ?: text_of_payload(out.data, out.size, false, &text);
	r = r ?: text_operands(operands, 2, NULL, SIGSLOT_STRING, &all, &dir_err);
	r = r ?: text_args_of(out.data, out.size, paths, &args, &dir_err);
	text_args_done(&args);
	type_free(type);
	return r;
}

static int queues; /* the directory that they are in */

/* A message through a queue: identity and handle are all that takes memory. */
static int use_queue(void)
{
	struct envelope e = {.id = 1};
	struct identity *id = NULL;
	struct queue *q = NULL;
	struct claim c;
	int r = identity_open(queues, 5, &id, &dir_err);

	r = r ?: queue_open(queues, "q", id, &q, &dir_err);
	r = r ?: queue_push(q, &e, "x", 1, &dir_err);
	if (r == 0)
		r = queue_claim(q, &c, 1, &dir_err) == 1 ? queue_ack(q, &c, 1) : -EIO;
	queue_close(q);
	identity_close(id);
	return r;
}

static unsigned told;

static void left(struct outbox *o, void *from, void *origin, size_t size, int code)
{
	(void)o;
	(void)from;
	(void)origin;
	(void)size;
	told += code == 0;
}

static int at_most_zero(int r)
{
	return r < 0 ? r : 0;
}

static int emit_hundred(const struct world *w, struct identity *id, uint32_t signal)
{
	struct outbox box = {.left = left};
	struct payload p = {"x", 1};
	struct loop loop;
	int r = loop_init(&loop);

	if (r < 0)
		return r;
	outbox_init(&box, w, &loop, id);
	for (int i = 0; r == 0 && i < 100; i++)
		r = at_most_zero(outbox_emit(&box, signal, &p, &loop, &box, &dir_err));
	if (r == 0)
		outbox_flush(&box);
	outbox_done(&box);
	loop_done(&loop);
	return r;
}

/* What a worker emits waits in the outbox, in memory, until it is in the queue. */
static int use_outbox(void)
{
	struct world w = {.queues = queues};
	uint32_t signal;
	struct identity *id = NULL;
	int r = routes_open(dir_fd, &w.routes, &dir_err);

	if (r < 0)
		return r;
	signal = routes_find(w.routes, "a", "out", ROUTE_SIGNAL);
	w.signal_ids = &signal;
	r = identity_open(queues, 5, &id, &dir_err);
	if (r == 0)
		r = emit_hundred(&w, id, 0);
	identity_close(id);
	routes_close(w.routes);
	return r;
}

static int seen(void *data, const char *name)
{
	(void)name;
	++*(unsigned *)data;
	return 0;
}

static int list(void)
{
	unsigned count = 0;
	int r = runtime_each(dir_fd, seen, &count);

	return r == 0 && count != 20 ? 1 : r;
}

int main(void)
{
	dir_begin();
	for (char name[] = "a"; *name < 'a' + 20; ++*name)
		must(mkdirat(dir_fd, name, 0700) == 0);
	must(build_one(NULL) == 0);
	queues = openat(dir_fd, "a", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(queues >= 0 && identity_create(queues, &dir_err) == 0);
	must(queue_create(queues, "q", &(struct queue_limits){.size = 1 << 20},
			  &dir_err) == 0);
	for (int for_good = 0; for_good < 2; for_good++) {
		starve("a plan", load_good, 0, for_good);
		starve("a topology with errors", load_bad, -ENOEXEC, for_good);
		starve("routes", build_routes, 0, for_good);
		starve("text", convert_text, 0, for_good);
		starve("names", list, 0, for_good);
		starve("C6: a queue", use_queue, 0, for_good);
		starve("C6: an outbox", use_outbox, 0, for_good);
	}
	ok(problems > 0, "errors were reported meanwhile");
	ok(told > 0, "and messages left the outbox");
	must(queue_remove(queues, "q", &dir_err) == 0);
	unlinkat(queues, "id", 0);
	dir_end();
	return done();
}

/* SPDX-License-Identifier: MIT */
/*
 * Connections that come and go between two processes that run, thousands of times: what
 * is emitted after connecting arrives, and what is emitted after disconnecting does
 * not, exactly. REWIRE_ROUNDS says how often; each round is two changes and two emits.
 */
#include <time.h>

#include "base/clock.h"
#include "dir_host.h"

enum { ROUNDS = 1000, WAIT_S = 20 };

static const char topology[] = "name: rewire\n"
			       "processes: {p: {}, q: {}}\n"
			       "loops:\n"
			       "  la: {process: p, objects: {a: {filter: cat}}}\n"
			       "  lb: {process: q, objects: {b: {filter: cat}}}\n"
			       "objects:\n"
			       "  s: {signals: {n: integer}}\n"
			       "queues: {seen: {}, got: {}}\n"
			       "connections: [a -> seen, b -> got]\n";

static struct sigslot_queue *seen, *got;
static unsigned rounds = ROUNDS;
static uint64_t puts_len;

static void start(void)
{
	struct sigslot_run_options o = {
		.file = dir_sub("t.yaml"), .detach = true, .ready_fd = -1};

	dir_write("t.yaml", topology, sizeof(topology) - 1);
	setenv("SIGSLOT_RUNTIME_DIR", dir_sub("run"), 1);
	must(mkdir(dir_sub("run"), 0700) == 0);
	must(sigslot_run(&o, &dir_err) == 0);
	must(sigslot_queue_open("rewire/seen", &seen, &dir_err) == 0);
	must(sigslot_queue_open("rewire/got", &got, &dir_err) == 0);
}

/* Its directory is taken out of the way at first, and then removed. */
static bool emptied(const char *path)
{
	uint64_t deadline = clock_now() + WAIT_S * NS_PER_S;

	while (rmdir(path) < 0 && clock_now() < deadline)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	return access(path, F_OK) < 0;
}

static void stop(void)
{
	sigslot_queue_close(seen);
	sigslot_queue_close(got);
	is_int(sigslot_control("stop", "rewire", WAIT_S * NS_PER_S, NULL, NULL,
			       &dir_err),
	       0, "the instance stops in good order");
	ok(emptied(dir_sub("run")), "and leaves nothing");
}

static struct sigslot_emitter *open_emitter(const char *address)
{
	struct sigslot_emitter *e;

	must(sigslot_emitter_open(address, &e, &dir_err) == 0);
	return e;
}

static void emit(struct sigslot_emitter *e, unsigned n)
{
	char text[16];
	struct sigslot_bytes b = {text, (size_t)snprintf(text, sizeof(text), "%u", n)};

	must(sigslot_emit(e, SIGSLOT_BY_TYPE, &b, 1, WAIT_S * NS_PER_S, &dir_err) == 0);
}

/* The number that comes out of a queue next; -1: none within that time. */
static long next(struct sigslot_queue *q, uint64_t timeout_ns)
{
	struct sigslot_get how = {.text = true, .timeout_ns = timeout_ns};
	struct sigslot_item item;
	char text[16] = "";
	int n = sigslot_queue_get(q, &how, &item, 1, &dir_err);

	if (n != 1)
		return -1;
	memcpy(text, item.payload, item.size < sizeof(text) ? item.size : 15);
	must(sigslot_queue_done(q, &item, 1, &dir_err) == 0);
	return atol(text);
}

static int count_puts(void *data, const struct sigslot_queue_info *i)
{
	(void)data;
	puts_len = i->put;
	return 0;
}

static uint64_t puts_of(const char *queue)
{
	must(sigslot_queue_stat(queue, count_puts, NULL, &dir_err) == 0);
	return puts_len;
}

/*
 * One emitter is kept open all the time, so that it has to find out by itself. From
 * `from` to b; what b gets comes out of `got`. With `witness`, every emit shows there.
 */
static unsigned alternate(const char *from, struct sigslot_emitter *e,
			  struct sigslot_queue *witness)
{
	unsigned wrong = 0;

	for (unsigned i = 0; i < rounds && wrong < 10; i++) {
		must(sigslot_connect(from, "b", NULL, &dir_err) == 0);
		emit(e, 2 * i);
		wrong += witness && next(witness, WAIT_S * NS_PER_S) != 2 * i;
		wrong += next(got, WAIT_S * NS_PER_S) != 2 * i;
		must(sigslot_disconnect(from, "b", false, 0, &dir_err) == 0);
		emit(e, 2 * i + 1);
		wrong += witness && next(witness, WAIT_S * NS_PER_S) != 2 * i + 1;
	}
	return wrong;
}

static void emitted_by_a_worker(void)
{
	struct sigslot_emitter *e = open_emitter("rewire/a");
	uint64_t begin = clock_now();

	is_u64(alternate("rewire/a", e, seen), 0,
	       "%u times, the emit of a process after connecting arrives in another "
	       "one",
	       rounds);
	is_u64(puts_of("rewire/got"), rounds, "and none after disconnecting does");
	is_u64(puts_of("rewire/seen"), 2 * rounds, "while all of them were emitted");
	printf("# %u rounds in %.1f s\n", rounds, (double)(clock_now() - begin) / 1e9);
	sigslot_emitter_close(e);
}

static void emitted_by_a_script(void)
{
	struct sigslot_emitter *e = open_emitter("rewire/s.n");

	is_u64(alternate("rewire/s.n", e, NULL), 0,
	       "the same of a script that has its emitter open all the time");
	is_u64(puts_of("rewire/got"), 2 * rounds, "again none after disconnecting");
	ok(next(got, 0) == -1, "and nothing came twice");
	sigslot_emitter_close(e);
}

static void answers(void)
{
	struct sigslot_connection odd = {.full = "sometimes"};

	is_int(sigslot_disconnect("rewire/a", "b", false, 0, &dir_err), 1,
	       "what is not connected cannot be disconnected");
	is_int(sigslot_connect("rewire/a", "seen", NULL, &dir_err), 1,
	       "what is connected is not connected once more");
	is_int(sigslot_connect("rewire/a", "rewire/a.none", NULL, &dir_err), -ENXIO,
	       "there must be such a slot");
	is_int(sigslot_connect("rewire/a", "other/b", NULL, &dir_err), -EINVAL,
	       "in the same instance");
	ok(sigslot_connect("rewire/a", "b", &odd, &dir_err) < 0,
	   "with a policy that there is");
}

int main(void)
{
	const char *wanted = getenv("REWIRE_ROUNDS");

	if (wanted)
		rounds = (unsigned)strtoul(wanted, NULL, 10);
	dir_begin();
	start();
	emitted_by_a_worker();
	emitted_by_a_script();
	answers();
	stop();
	dir_end();
	return done();
}

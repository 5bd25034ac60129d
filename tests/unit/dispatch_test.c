/* SPDX-License-Identifier: MIT */
/*
 * Which slots a message is for, as each of two loops asks it, and after the routes have
 * changed under way.
 */
#include "dir_host.h"
#include "object/dispatch.h"
#include "route/build.h"

static struct routes *routes;
static uint32_t a, b, out, chained, quiet, x, y, z;
static uint32_t missed; /* by the last message */

static uint32_t name(struct route_build *build, enum route_kind kind, const char *owner,
		     const char *member, uint32_t queue)
{
	int64_t id = route_build_name(build, kind, owner, member, "any", queue);

	must(id > 0);
	return (uint32_t)id;
}

static void connect(struct route_build *build, uint32_t slot, uint32_t queue,
		    uint32_t via)
{
	struct route_target t = {.slot = slot, .queue = queue, .via = via};

	must(route_build_target(build, out, t) == 0);
}

static void name_all(struct route_build *build)
{
	must(route_build_start(build, routes) == 0);
	for (unsigned i = 0; i < 3; i++)
		must(route_build_queue(build, (const char *[]){"p", "q", "jobs"}[i],
				       65536, 0) == i);
	a = name(build, ROUTE_OBJECT, "a", "", 0);
	b = name(build, ROUTE_OBJECT, "b", "", 0);
	quiet = name(build, ROUTE_SIGNAL, "a", "quiet", ROUTE_NOWHERE);
	out = name(build, ROUTE_SIGNAL, "a", "out", ROUTE_NOWHERE);
	chained = name(build, ROUTE_SIGNAL, "b", "out", ROUTE_NOWHERE);
	build->names.at[out].object = a;
	build->names.at[chained].object = b;
}

static void publish(struct route_build *build)
{
	must(route_build_write(build, dir_fd, &dir_err) == 0);
	route_build_done(build);
	routes_close(routes);
	must(routes_open(dir_fd, &routes, &dir_err) == 0);
}

/* a.out -> y and x on loop 0, z on loop 1, the queue jobs, and x by way of b.out. */
static void first_generation(void)
{
	struct route_build build;

	name_all(&build);
	x = name(&build, ROUTE_SLOT, "b", "x", 0);
	y = name(&build, ROUTE_SLOT, "b", "y", 0);
	z = name(&build, ROUTE_SLOT, "c", "z", 1);
	connect(&build, y, 0, out);
	connect(&build, ROUTE_NOBODY, 2, out);
	connect(&build, z, 1, out);
	connect(&build, x, 0, out);
	connect(&build, x, 0, chained);
	publish(&build);
}

/* y is gone, z is as it was, x is now connected last and anew: its slot was away. */
static void next_generations(void)
{
	struct route_build build;

	name_all(&build);
	z = name(&build, ROUTE_SLOT, "c", "z", 1);
	connect(&build, z, 1, out);
	publish(&build);
	name_all(&build);
	z = name(&build, ROUTE_SLOT, "c", "z", 1);
	x = name(&build, ROUTE_SLOT, "b", "x", 0);
	connect(&build, z, 1, out);
	connect(&build, x, 0, out);
	publish(&build);
}

static bool never(void *data, const char *queue)
{
	(void)data;
	(void)queue;
	return false;
}

static bool always(void *data, const char *queue)
{
	(void)data;
	(void)queue;
	return true;
}

/* z and what `flags` and `passed` say of x, which goes; or it comes back. */
static void change(uint32_t flags, bool (*passed)(void *, const char *), bool with_x)
{
	struct route_going how = {flags, passed, NULL};
	struct route_build build;

	name_all(&build);
	z = name(&build, ROUTE_SLOT, "c", "z", 1);
	x = name(&build, ROUTE_SLOT, "b", "x", 0);
	connect(&build, z, 1, out);
	if (with_x)
		connect(&build, x, 0, out);
	must(route_build_gone(&build, out, &how) == 0);
	publish(&build);
}

/* What dispatch says, as text: "SLOT<SENDER:SIGNAL ..." with ids. */
static const char *receivers(const struct envelope *e, uint32_t queue)
{
	static char text[256];
	struct dispatch d = {.routes = routes, .envelope = e, .queue = queue};
	struct receiver_id to = {0};
	size_t size = 0;

	missed = 0;

	text[0] = '\0';
	while (dispatch_next(&d, &to))
		size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%u<%u:%u",
					 size ? " " : "", to.slot, to.sender,
					 to.signal);
	missed = d.missed;
	ok(!dispatch_next(&d, &to), "the end stays the end");
	return text;
}

static const char *expect(const char *format, ...)
{
	static char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return text;
}

static void test_signal(void)
{
	struct envelope e = {.sender = a, .signal = out, .generation = 1};

	is_str(receivers(&e, 0),
	       expect("%u<%u:%u %u<%u:%u %u<%u:%u", y, a, out, x, a, out, x, b,
		      chained),
	       "a loop's slots are called in the order of connecting, and told the "
	       "last "
	       "signal on the way");
	is_str(receivers(&e, 1), expect("%u<%u:%u", z, a, out),
	       "another loop calls its own slots alone");
	is_str(receivers(&e, 2), "", "a queue calls nobody");
	is_str(receivers(&e, 7), "", "an unknown queue calls nobody");
	e.signal = quiet;
	is_str(receivers(&e, 0), "", "a signal without connections reaches nobody");
	e.signal = x;
	is_str(receivers(&e, 0), "", "a slot's id is no signal");
	e.signal = ROUTE_NOBODY;
	is_str(receivers(&e, 0), "", "nobody's signal reaches nobody");
	e.signal = 4000;
	is_str(receivers(&e, 0), "", "an unknown signal reaches nobody");
	e.signal = out;
	e.generation = 0;
	is_str(receivers(&e, 0), "", "a connection that came later is not for it");
}

/* The accounts of a message, as text: "SIGNAL>SLOT ..." with ids. */
static const char *accounts(const struct envelope *e, unsigned max)
{
	static char text[256];
	struct account_key keys[8];
	unsigned len = dispatch_accounts(routes, e, 0, keys, max);
	size_t size = 0;

	for (unsigned i = 0; i < len; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%u>%u",
					 i ? " " : "", keys[i].signal, keys[i].slot);
	return text;
}

static void test_accounts(void)
{
	struct envelope e = {.sender = a, .signal = out, .generation = 1};

	is_str(accounts(&e, 8), expect("%u>%u %u>%u %u>%u", out, y, out, x, chained, x),
	       "each connection of a message has an account");
	is_str(accounts(&e, 2), expect("%u>%u %u>0", out, y, out),
	       "those beyond the last place share it, without a slot");
	e.signal = quiet;
	is_str(accounts(&e, 8), expect("%u>0", quiet),
	       "what is for nobody counts for its signal");
	e.connection = ROUTE_DIRECT | x;
	is_str(accounts(&e, 8), expect("%u>%u", quiet, x),
	       "what has an address, for that slot");
}

static void test_direct(void)
{
	struct envelope e = {.sender = b, .signal = 0, .generation = 1};

	e.connection = ROUTE_DIRECT | x;
	is_str(receivers(&e, 0), expect("%u<%u:0", x, b),
	       "a message with an address goes to that slot, once");
	is_str(receivers(&e, 1), expect("%u<%u:0", x, b),
	       "also if it lives on another loop by now");
	e.signal = out;
	is_str(receivers(&e, 0), expect("%u<%u:%u", x, b, out),
	       "an address wins over the connections of a signal");
	e.connection = ROUTE_DIRECT | out;
	is_str(receivers(&e, 0), "", "a signal's id is no address");
	e.connection = ROUTE_DIRECT | a;
	is_str(receivers(&e, 0), "", "nor is that of an object on this loop");
	e.connection = ROUTE_DIRECT;
	is_str(receivers(&e, 0), "", "an address of nobody is no address");
	e.connection = ROUTE_DIRECT | 4000;
	is_str(receivers(&e, 0), "", "an unknown address is no address");
}

static void test_changed(void)
{
	struct envelope old = {.sender = a, .signal = out, .generation = 1};
	struct envelope fresh = {.sender = a, .signal = out, .generation = 3};
	struct envelope to_x = {.connection = ROUTE_DIRECT | x, .generation = 1};
	struct envelope to_y = {.connection = ROUTE_DIRECT | y, .generation = 1};
	struct envelope gone = {.signal = chained, .generation = 3};
	struct route_build build;

	is_str(receivers(&old, 1), expect("%u<%u:%u", z, a, out),
	       "an old message reaches the connections that are there still");
	is_str(receivers(&old, 0), "",
	       "an old message reaches no connection that was made anew");
	is_str(receivers(&fresh, 0), expect("%u<%u:%u", x, a, out),
	       "a new message reaches what was made anew");
	is_str(receivers(&to_x, 0), expect("%u<0:0", x),
	       "an old message to a slot reaches it when it is back");
	is_str(receivers(&to_y, 0), "", "a slot that is gone gets nothing");
	must(route_build_start(&build, routes) == 0);
	publish(&build);
	is_str(receivers(&gone, 0), "", "a signal that is gone reaches nobody");
	is_str(receivers(&fresh, 0), "", "nor does one whose slots went with it");
}

/* x was connected from generation 3 on; z all the time. */
static void test_gone(void)
{
	struct envelope third = {.sender = a, .signal = out, .generation = 3};
	struct envelope second = {.sender = a, .signal = out, .generation = 2};
	struct envelope fourth = {.sender = a, .signal = out, .generation = 4};
	struct envelope sixth = {.sender = a, .signal = out, .generation = 6};

	change(0, never, false);
	is_str(receivers(&third, 0), "", "a connection that went gets nothing more");
	is_u64(missed, 1, "which counts");
	is_str(receivers(&second, 0), "", "what it never was to get");
	is_u64(missed, 0, "does not count");
	is_str(receivers(&fourth, 0), "", "what came after it went");
	is_u64(missed, 0, "does not count, either");
	is_str(receivers(&third, 1), expect("%u<%u:%u", z, a, out),
	       "another loop gets its own");
	is_u64(missed, 0, "and misses nothing");
	change(0, never, true);
	is_str(receivers(&third, 0), "", "what comes back does not get what it missed");
	is_u64(missed, 1, "that still counts");
	change(ROUTE_DRAINED, never, false);
	is_str(receivers(&fourth, 0), "", "to drain reaches not back behind a break");
	fourth.generation = 5;
	is_str(receivers(&fourth, 0), expect("%u<%u:%u", x, a, out),
	       "what is to be drained still arrives");
	is_str(receivers(&sixth, 0), "", "and what came later does not");
	change(0, never, true);
	change(ROUTE_DRAINED, never, false);
	is_str(receivers(&fourth, 0), expect("%u<%u:%u", x, a, out),
	       "also when there is more to be drained by now");
	is_u64(missed, 0, "nothing of it counts");
	change(0, always, true);
	is_str(receivers(&fourth, 0), "", "until its queue has passed it");
}

int main(void)
{
	dir_begin();
	first_generation();
	test_signal();
	test_accounts();
	test_direct();
	next_generations();
	test_gone();
	routes_close(routes);
	routes = NULL;
	must(unlinkat(dir_fd, "routes", 0) == 0);
	first_generation();
	next_generations();
	test_changed();
	routes_close(routes);
	dir_end();
	return done();
}

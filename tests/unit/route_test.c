/* SPDX-License-Identifier: MIT */
/*
 * Snapshots of the routes: what stays from one generation to the next, whom a signal
 * reaches, and what a damaged file does.
 */
#include <stddef.h>
#include <sys/mman.h>

#include "dir_host.h"
#include "route/build.h"
#include "route/format.h"

/* Publishes what was built, and maps it in place of *r. */
static void publish(struct route_build *b, struct routes **r)
{
	must(route_build_write(b, dir_fd, &dir_err) == 0);
	route_build_done(b);
	routes_close(*r);
	*r = NULL;
	must(routes_open(dir_fd, r, &dir_err) == 0);
}

static void begin(struct route_build *b, const struct routes *old)
{
	must(route_build_start(b, old) == 0);
}

static uint32_t add(struct route_build *b, enum route_kind kind, const char *owner,
		    const char *member)
{
	int64_t id = route_build_name(b, kind, owner, member, "any", 0);

	must(id > 0);
	return (uint32_t)id;
}

static uint32_t add_queue(struct route_build *b, const char *name)
{
	int64_t index = route_build_queue(b, name, 65536, 0);

	must(index >= 0);
	return (uint32_t)index;
}

static void connect(struct route_build *b, uint32_t signal, uint32_t slot,
		    uint32_t queue, uint32_t via)
{
	must(route_build_target(
		     b, signal,
		     (struct route_target){.slot = slot, .queue = queue, .via = via}) ==
	     0);
}

static uint32_t since(const struct routes *r, uint32_t signal, unsigned index)
{
	return routes_target(r, routes_name(r, signal)->first_target + index)->since;
}

static void test_first(void)
{
	struct route_build b;
	struct routes *r = NULL;
	uint32_t object, slot;

	is_int(routes_open(dir_fd, &r, NULL), -ENOENT,
	       "there are no routes before the first snapshot");
	begin(&b, NULL);
	add_queue(&b, "front");
	object = add(&b, ROUTE_OBJECT, "log", "");
	slot = (uint32_t)route_build_name(&b, ROUTE_SLOT, "log", "in", "[string]", 0);
	b.names.at[slot].object = object;
	publish(&b, &r);
	is_u64(routes_generation(r), 1, "the first snapshot is of generation 1");
	is_u64(routes_find(r, "log", "in", ROUTE_SLOT), slot,
	       "a name is found by owner, member and kind");
	is_u64(routes_find(r, "log", "in", ROUTE_SIGNAL), ROUTE_NOBODY,
	       "a name is not found by another kind");
	is_u64(routes_find(r, "log", "", ROUTE_OBJECT), object,
	       "an owner is found by itself");
	is_u64(routes_find(r, "lo", "gin", ROUTE_SLOT), ROUTE_NOBODY,
	       "owner and member do not run into each other");
	is_str(routes_text(r, routes_name(r, slot)->type), "[string]",
	       "a name keeps its type");
	is_u64(routes_name(r, slot)->object, object, "a member knows its owner");
	is_u64(routes_name(r, object)->object, object, "an owner is its own object");
	is_str(routes_text(r, routes_queue(r, 0)->name), "front",
	       "a queue keeps its name");
	is_u64(routes_queue(r, 0)->size, 65536, "a queue keeps its size");
	ok(!routes_name(r, ROUTE_NOBODY) && !routes_name(r, routes_names_len(r)),
	   "an id that nobody has is no name");
	ok(!routes_queue(r, 1) && !routes_target(r, 0) && !routes_reach(r, 0),
	   "an index beyond the end is nothing");
	is_str(routes_text(r, UINT32_MAX), "", "an offset beyond the end is no text");
	routes_close(r);
	unlinkat(dir_fd, ROUTE_FILE, 0);
}

static void test_ids(void)
{
	struct route_build b;
	struct routes *r = NULL;
	uint32_t a, slot, signal, fresh;

	begin(&b, NULL);
	a = add(&b, ROUTE_OBJECT, "a", "");
	slot = add(&b, ROUTE_SLOT, "a", "in");
	signal = add(&b, ROUTE_SIGNAL, "a", "in");
	publish(&b, &r);
	ok(a != slot && slot != signal, "a signal and a slot of one name have two ids");

	begin(&b, r);
	fresh = add(&b, ROUTE_OBJECT, "0", "");
	is_u64(add(&b, ROUTE_SLOT, "a", "in"), slot, "a name that stays keeps its id");
	publish(&b, &r);
	is_u64(routes_generation(r), 2, "each snapshot has the next generation");
	ok(fresh != a && fresh != slot && fresh != signal,
	   "a new name does not get the id of one that is gone");
	is_u64(routes_find(r, "a", "in", ROUTE_SLOT), slot,
	       "a name that stays is found");
	is_u64(routes_find(r, "a", "in", ROUTE_SIGNAL), ROUTE_NOBODY,
	       "a name that is gone is not found");
	is_u64(routes_name(r, signal)->kind, ROUTE_SIGNAL | ROUTE_GONE,
	       "the id of a name that is gone says so, and what it was");
	is_str(routes_text(r, routes_name(r, signal)->owner), "a",
	       "the id of a name that is gone still tells its owner");

	begin(&b, r);
	is_u64(add(&b, ROUTE_SLOT, "a", "in"), slot, "it keeps its id once more");
	publish(&b, &r);
	is_u64(routes_name(r, a)->kind, ROUTE_OBJECT | ROUTE_GONE,
	       "what is gone stays gone over generations");

	begin(&b, r);
	is_u64(add(&b, ROUTE_SIGNAL, "a", "in"), signal,
	       "a name that comes back gets its id back");
	fresh = routes_names_len(r);
	is_u64(add(&b, ROUTE_SIGNAL, "b", "in"), fresh,
	       "a name never seen gets a new id");
	publish(&b, &r);
	is_u64(routes_find(r, "a", "in", ROUTE_SIGNAL), signal,
	       "a name that came back is found");
	is_u64(routes_find(r, "a", "in", ROUTE_SLOT), ROUTE_NOBODY,
	       "its namesake of another kind did not come back with it");

	for (unsigned i = 0; i < 20; i++) {
		begin(&b, r);
		add(&b, ROUTE_SIGNAL, i % 2 ? "a" : "b", "in");
		publish(&b, &r);
	}
	is_u64(routes_names_len(r), fresh + 1, "coming and going makes no new ids");
	routes_close(r);
	unlinkat(dir_fd, ROUTE_FILE, 0);
}

/* Queue `jobs`, below another one or not; the signal reaches what `mask` says. */
static uint32_t build_targets(struct route_build *b, bool shifted, unsigned mask)
{
	uint32_t other = shifted ? add_queue(b, "other") : 0;
	uint32_t jobs = add_queue(b, "jobs"), signal = add(b, ROUTE_SIGNAL, "a", "out");
	uint32_t via = add(b, ROUTE_SIGNAL, "a", "again");
	uint32_t x = add(b, ROUTE_SLOT, "x", "in"), y = add(b, ROUTE_SLOT, "y", "in");

	if (mask & 1)
		connect(b, signal, x, jobs, signal);
	if (mask & 2)
		connect(b, signal, y, jobs, signal);
	if (mask & 4)
		connect(b, signal, ROUTE_NOBODY, jobs, signal);
	if (mask & 8)
		connect(b, signal, x, jobs, via);
	if (mask & 16)
		connect(b, signal, ROUTE_NOBODY, other, signal);
	return signal;
}

static void test_since(void)
{
	static const struct {
		unsigned mask;
		bool shifted;
	} steps[] = {{1 | 4, false},
		     {1 | 2 | 4, false},
		     {2 | 4 | 16, true},
		     {1 | 2 | 4, false},
		     {1 | 2 | 4 | 8, false}};
	struct route_build b;
	struct routes *r = NULL;
	uint32_t signal = 0;

	for (unsigned i = 0; i < ARRAY_LEN(steps); i++) {
		begin(&b, r);
		signal = build_targets(&b, steps[i].shifted, steps[i].mask);
		publish(&b, &r);
		if (i == 1)
			ok(since(r, signal, 0) == 1 && since(r, signal, 2) == 1,
			   "a connection that stays is as old as it was");
		if (i == 1)
			is_u64(since(r, signal, 1), 2,
			       "a connection that is new came with this generation");
		if (i != 2)
			continue;
		is_u64(since(r, signal, 1), 1,
		       "a connection to a queue stays, though queues were added");
		is_u64(since(r, signal, 2), 3,
		       "a queue at the index of another one is a new connection");
	}
	is_u64(since(r, signal, 0), 4, "a connection that was away is a new one");
	is_u64(since(r, signal, 1), 2, "what never went away is as old as it was");
	is_u64(since(r, signal, 3), 5,
	       "the same slot by way of another signal is another connection");
	routes_close(r);
	unlinkat(dir_fd, ROUTE_FILE, 0);
}

static void test_reaches(void)
{
	static const uint32_t to[] = {2, 0, 2, 1, 0};
	struct route_build b;
	struct routes *r = NULL;
	const struct route_name *n;
	uint32_t signal, other, nobody;

	begin(&b, NULL);
	for (unsigned i = 0; i < 3; i++)
		add_queue(&b, (const char *[]){"p", "q", "r"}[i]);
	signal = add(&b, ROUTE_SIGNAL, "a", "out");
	other = add(&b, ROUTE_SIGNAL, "b", "out");
	nobody = add(&b, ROUTE_SIGNAL, "c", "out");
	for (unsigned i = 0; i < ARRAY_LEN(to); i++)
		connect(&b, signal, add(&b, ROUTE_SLOT, "x", (char[]){'a' + i, 0}),
			to[i], signal);
	connect(&b, other, ROUTE_NOBODY, 1, other);
	publish(&b, &r);
	n = routes_name(r, signal);
	is_u64(n->targets_len, 5, "a signal has all its targets");
	for (unsigned i = 0; i < ARRAY_LEN(to); i++)
		is_u64(routes_target(r, n->first_target + i)->queue, to[i],
		       "target %u is in the order of connecting", i);
	is_u64(n->reaches_len, 3, "a queue with several targets is reached once");
	ok(routes_reach(r, n->first_reach)->queue == 2 &&
		   routes_reach(r, n->first_reach + 1)->queue == 0 &&
		   routes_reach(r, n->first_reach + 2)->queue == 1,
	   "queues are reached in the order of connecting");
	n = routes_name(r, other);
	ok(n->targets_len == 1 && n->reaches_len == 1 &&
		   routes_reach(r, n->first_reach)->queue == 1,
	   "the next signal has targets of its own");
	n = routes_name(r, nobody);
	ok(!n->targets_len && !n->reaches_len, "a signal may reach nobody");
	routes_close(r);
}

static int open_code(void)
{
	struct routes *r = NULL;
	int code = routes_open(dir_fd, &r, &dir_err);

	routes_close(r);
	return code;
}

/* Works on what test_reaches() left. */
static void test_damage(void)
{
	struct buf b = dir_read(ROUTE_FILE);
	struct route_header *h = (struct route_header *)b.data;
	unsigned passed = 0, other = 0;
	struct routes *held;

	must(routes_open(dir_fd, &held, &dir_err) == 0);
	unlinkat(dir_fd, ROUTE_FILE, 0); /* what is mapped is never written to */
	for (size_t size = 0; size < b.size; size++) {
		dir_write(ROUTE_FILE, b.data, size);
		passed += open_code() != -EBADMSG;
	}
	is_u64(passed, 0, "a file cut off at any byte is damaged");
	dir_write(ROUTE_FILE, "", 0);
	passed = 0;
	for (size_t i = 0; i < b.size; i++) {
		int code;

		b.data[i] ^= (char)(1u << i % 8);
		dir_write(ROUTE_FILE, b.data, b.size);
		b.data[i] ^= (char)(1u << i % 8);
		code = open_code();
		other += code == -EPROTO &&
			 i < offsetof(struct route_header, generation);
		passed += code != -EBADMSG;
	}
	is_u64(other, 8, "every change to magic or version makes it another version's");
	is_u64(passed - other, 0, "every other change is damage");
	h->version++;
	h->crc = route_crc(h, b.size);
	dir_write(ROUTE_FILE, b.data, b.size);
	is_int(open_code(), -EPROTO, "a file of the next version is refused");
	ok(strstr(dir_err.text, "another version"), "and the message says why");
	h->version--;
	h->crc = route_crc(h, b.size);
	dir_write(ROUTE_FILE, b.data, b.size);
	is_int(open_code(), 0, "the undamaged file is read again");
	unlinkat(dir_fd, ROUTE_FILE, 0);
	must(symlinkat("elsewhere", dir_fd, ROUTE_FILE) == 0);
	is_int(open_code(), -ELOOP, "a link is not followed");
	unlinkat(dir_fd, ROUTE_FILE, 0);
	ok(routes_find(held, "a", "out", ROUTE_SIGNAL) != ROUTE_NOBODY,
	   "who has a snapshot keeps it whole, whatever comes after it");
	routes_close(held);
	buf_done(&b);
}

static void test_write_fails(void)
{
	struct route_build b;
	int gone;

	must(mkdirat(dir_fd, "gone", 0700) == 0);
	gone = openat(dir_fd, "gone", O_RDONLY | O_DIRECTORY);
	must(gone >= 0 && unlinkat(dir_fd, "gone", AT_REMOVEDIR) == 0);
	begin(&b, NULL);
	dir_err.text[0] = '\0';
	is_int(route_build_write(&b, gone, &dir_err), -ENOENT,
	       "what cannot be written is an error");
	ok(strstr(dir_err.text, "cannot make the routes"), "and the message says what");
	route_build_done(&b);
	close(gone);
}

enum { MANY = 5000 };

static void add_many(struct route_build *b, uint32_t *ids, bool backwards)
{
	for (unsigned i = 0; i < MANY; i++) {
		unsigned k = backwards ? MANY - 1 - i : i;
		char owner[32];

		snprintf(owner, sizeof(owner), "object-%u", k * 7919 % MANY);
		ids[k] = add(b, k % 2 ? ROUTE_SIGNAL : ROUTE_SLOT, owner, "m");
	}
}

static void test_many(void)
{
	static uint32_t ids[MANY], again[MANY];
	struct route_build b;
	struct routes *r = NULL;
	unsigned wrong = 0;

	begin(&b, NULL);
	add_many(&b, ids, false);
	publish(&b, &r);
	begin(&b, r);
	add_many(&b, again, true);
	publish(&b, &r);
	is_u64(routes_names_len(r), MANY + 1, "5,000 names are as many ids");
	ok(memcmp(ids, again, sizeof(ids)) == 0,
	   "5,000 names keep their ids when added in another order");
	for (unsigned i = 0; i < MANY; i++) {
		char owner[32];

		snprintf(owner, sizeof(owner), "object-%u", i * 7919 % MANY);
		wrong += routes_find(r, owner, "m",
				     i % 2 ? ROUTE_SIGNAL : ROUTE_SLOT) != ids[i];
		wrong += routes_find(r, owner, "m",
				     i % 2 ? ROUTE_SLOT : ROUTE_SIGNAL) != ROUTE_NOBODY;
	}
	is_u64(wrong, 0, "each of 5,000 names is found, by its kind alone");
	routes_close(r);
}

int main(void)
{
	dir_begin();
	test_first();
	test_ids();
	test_since();
	test_reaches();
	test_damage();
	test_write_fails();
	test_many();
	dir_end();
	return done();
}

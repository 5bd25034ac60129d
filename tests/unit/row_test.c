/* SPDX-License-Identifier: MIT */
/*
 * Which message may begin in a slot with a key, and what its key is.
 */
#include "worker/row.h"

#include "base/clock.h"
#include "tap.h"

struct item {
	struct stand stand;
	char payload[64];
};

static struct item items[2000];

static struct item *add(struct row *row, size_t i, const char *payload)
{
	struct item *item = &items[i];

	snprintf(item->payload, sizeof(item->payload), "%s", payload);
	row_add(row, &item->stand, &(struct payload){item->payload, strlen(payload)});
	return item;
}

static bool same(const char *one, const char *other)
{
	struct row row;

	row_init(&row, ".k");
	return add(&row, 0, one)->stand.key == add(&row, 1, other)->stand.key;
}

static void check_keys(void)
{
	ok(same("{\"k\": \"a\"}", "{\"x\":1,\"k\":\"a\"}"),
	   "equal strings are one key");
	ok(!same("{\"k\": \"a\"}", "{\"k\":\"b\"}"), "others are not");
	ok(same("{\"k\": \"a\\/\\u0062\"}", "{\"k\":\"a/b\"}"),
	   "how a string is escaped makes no difference");
	ok(same("{\"k\": 17}", "{\"k\":\"17\"}"), "a number and its text are one key");
	ok(!same("{\"k\": true}", "{\"k\":false}"), "true and false are two keys");
	ok(same("{}", "{\"k\":null}") && same("7", "{\"k\":[1]}") &&
		   same("{}", "{\"k\":{\"k\":1}}"),
	   "what has no key, or none that is one value, has one in common");
	ok(!same("{}", "{\"k\":\"\"}"), "an empty string is a key");
}

static void begin(struct row *row, struct item *item)
{
	row_begin(row, &item->stand);
}

static void check_order(void)
{
	struct item *a1, *a2, *b, *a3;
	struct row row;

	row_init(&row, ".");
	ok(!row_next(&row, 0), "nothing begins in an empty row");
	a1 = add(&row, 0, "1");
	a2 = add(&row, 1, "1");
	b = add(&row, 2, "2");
	a3 = add(&row, 3, "1");
	ok(row_next(&row, 0) == &a1->stand, "the oldest begins");
	begin(&row, a1);
	ok(row_next(&row, 0) == &b->stand, "then the oldest with another key");
	begin(&row, b);
	ok(!row_next(&row, 0), "and none whose key is under way");
	is_u64(row.waiting, 2, "these wait");
	row_hold(&row, &a1->stand, 100);
	ok(!row_next(&row, 99), "while one backs off, none of its key begins");
	is_u64(row_due(&row), 100, "it says until when");
	ok(row_next(&row, 100) == &a1->stand, "then it begins before them");
	begin(&row, a1);
	ok(row_due(&row) == NEVER, "and waits no more");
	row_leave(&row, &a1->stand);
	ok(row_next(&row, 0) == &a2->stand, "the next of its key follows it");
	row_leave(&row, &a3->stand);
	row_leave(&row, &b->stand);
	ok(row_next(&row, 0) == &a2->stand, "whoever else leaves");
	row_leave(&row, &a2->stand);
	ok(!row.head && row.tail == &row.head && !row.waiting && !row.bytes,
	   "it is empty in the end");
	ok(row_next(&row, 0) == NULL && add(&row, 0, "1")->stand.first,
	   "and begins anew");
}

static void check_bounds(void)
{
	size_t len = 0;
	struct row row;

	row_init(&row, ".");
	while (!row_full(&row) && len < 2000)
		add(&row, len++, "1");
	is_u64(len, 1024, "so many may wait");
	begin(&row, &items[0]);
	ok(!row_full(&row), "one that has begun makes room");
	row_init(&row, ".");
	items[0].stand.size = 0;
	row_add(&row, &items[0].stand, &(struct payload){"1", 1});
	row.bytes += 4 << 20;
	ok(row_full(&row), "or so many bytes");
}

int main(void)
{
	check_keys();
	check_order();
	check_bounds();
	return done();
}

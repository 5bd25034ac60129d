/* SPDX-License-Identifier: MIT */
/* Blocks that are used again: lib/base/pool.h. */
#include "base/pool.h"
#include "tap.h"

static void again(void)
{
	struct pool p = {0};
	char *a = pool_take(&p, 40), *b = pool_take(&p, 40);

	ok(a && b && a != b, "each block is one of its own");
	memset(a, 1, 40);
	memset(b, 2, 40);
	pool_give(&p, a);
	pool_give(&p, b);
	is_int(p.len, 2, "what is given back is kept");
	ok(pool_take(&p, 40) == b && pool_take(&p, 40) == a, "and handed out again");
	is_int(p.len, 0, "once");
	pool_give(&p, b);
	pool_done(&p);
	is_int(p.len, 0, "a pool that is done keeps nothing");
	pool_give(&p, a);
	is_int(p.len, 1, "and still takes back what is outside");
	pool_done(&p);
}

static void many(void)
{
	struct pool p = {0};
	void *blocks[2 * POOL_KEEPS];

	for (int i = 0; i < 2 * POOL_KEEPS; i++)
		if (!(blocks[i] = pool_take(&p, 16)))
			BAIL("no memory");
	for (int i = 0; i < 2 * POOL_KEEPS; i++)
		pool_give(&p, blocks[i]);
	is_int(p.len, POOL_KEEPS, "it keeps so many blocks and no more");
	pool_done(&p);
	ok(!p.spare, "all of them are freed");
}

static int seen;

static void look(void *block)
{
	seen += *(char *)block;
}

static void lost(void)
{
	struct pool p = {0}, gone = {0};
	char *a, *b, *c;

	for (int i = 0; i < 2; i++) {
		a = pool_take(&p, 16);
		b = pool_take(&p, 16);
		c = pool_take(&p, 16);
		*a = 1;
		*b = 2;
		pool_give(&p, c);
		pool_lose(&p, &gone);
		is_int(p.len, 0, "who lets go of what is outside keeps nothing");
	}
	c = pool_take(&p, 16);
	*c = 100;
	pool_lost(&gone, look);
	is_int(seen, 6, "each that was outside is seen, and no other");
	ok(!gone.all && p.all, "and freed, but not what was handed out since");
	pool_give(&p, c);
	pool_done(&p);
	ok(!p.all, "nothing is left");
}

int main(void)
{
	again();
	many();
	lost();
	return done();
}

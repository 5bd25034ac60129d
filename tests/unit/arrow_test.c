/* SPDX-License-Identifier: MIT */
/*
 * The grammar of arrows, as a table: what is written, and what it is read as.
 */
#include <errno.h>

#include "base/arena.h"
#include "base/buf.h"
#include "tap.h"
#include "topology/arrow.h"

/* Steps as "a.x,b>c", each end with its offset. */
static void show(const struct arrow_step *steps, struct buf *out)
{
	for (const struct arrow_step *s = steps; s; s = s->next) {
		size_t len = 0;

		buf_add_text(out, s == steps ? "" : " > ");
		for (const struct arrow_end *e = s->ends; e; e = e->next, len++)
			buf_addf(out, "%s%s%s%s@%zu", e == s->ends ? "" : " ", e->name,
				 e->member ? "." : "", e->member ? e->member : "",
				 e->offset);
		ok(len == s->ends_len, "a step counts its ends");
	}
}

static void good(const char *text, const char *wanted)
{
	struct arrow_step *steps;
	struct arrow_fault fault;
	struct arena arena = {0};
	_buf_ struct buf out = {0};

	if (is_int(arrow_parse(&arena, text, &steps, &fault), 0, "'%s' is an arrow",
		   text)) {
		show(steps, &out);
		is_str(out.data, wanted, "'%s' is read as it is meant", text);
	}
	arena_done(&arena);
}

static void bad(const char *text, size_t offset, const char *word)
{
	struct arrow_step *steps;
	struct arrow_fault fault = {0};
	struct arena arena = {0};

	is_int(arrow_parse(&arena, text, &steps, &fault), -EINVAL, "'%s' is refused",
	       text);
	is_u64(fault.offset, offset, "'%s' is wrong where it is wrong", text);
	ok(fault.what && strstr(fault.what, word), "'%s' is refused because of: %s",
	   text, word);
	arena_done(&arena);
}

int main(void)
{
	good("a -> b", "a@0 > b@5");
	good("a->b", "a@0 > b@3");
	good("a-b->c-d", "a-b@0 > c-d@5");
	good("a-->b", "a-@0 > b@4");
	good("  a  ->  b  ", "a@2 > b@9");
	good("a.x -> b.y -> c", "a.x@0 > b.y@7 > c@14");
	good("a,b.x ,c->d, e", "a@0 b.x@2 c@7 > d@10 e@13");
	good("_ -> A9-_", "_@0 > A9-_@5");
	bad("", 0, "missing");
	bad("a", 0, "is an arrow");
	bad("a, b", 0, "is an arrow");
	bad("a ->", 4, "missing");
	bad("-> a", 0, "missing");
	bad("a -> , b", 5, "missing");
	bad("a -> b,", 7, "missing");
	bad("a b -> c", 2, "expected");
	bad("a. -> b", 2, "signal or slot");
	bad("a .x -> b", 2, "expected");
	bad("a.x.y -> b", 3, "expected");
	bad("a -> 9b", 5, "not a name");
	bad("a -> b.9", 7, "not a name");
	bad("a > b", 2, "expected");
	bad("a - > b", 2, "expected");
	bad("i/a -> b", 0, "instance");
	bad("a -> b -> ", 10, "missing");
	return done();
}

/* SPDX-License-Identifier: MIT */
/*
 * The JSON validator against a table of cases, against jansson and jq on the table and
 * on random changes of it, and against what its own errors imply.
 */
#include <errno.h>
#include <unistd.h>

#include "base/buf.h"
#include "json_cases.h"
#include "json_oracle.h"
#include "message/json.h"
#include "tap.h"

#define GOOD_LEN (sizeof(json_good) / sizeof(json_good[0]))
#define BAD_LEN	 (sizeof(json_bad) / sizeof(json_bad[0]))

/* The text of a case in printable ASCII. */
static const char *shown(const char *text, size_t size)
{
	static char line[512];
	size_t used = 0;

	for (size_t i = 0; i < size && used < sizeof(line) - 8; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (byte > ' ' && byte < 0x7f && byte != '#' && byte != '\\')
			line[used++] = (char)byte;
		else
			used += (size_t)sprintf(line + used, "<%02x>", byte);
	}
	line[used] = '\0';
	return line;
}

static void accepts_and_refuses(void)
{
	for (size_t i = 0; i < GOOD_LEN; i++) {
		const struct json_case *c = &json_good[i];
		struct json_fault fault = {0};

		if (!is_int(json_check(c->text, c->size, &fault), 0, "accepts %s",
			    shown(c->text, c->size)))
			printf("#   offset %zu: %s\n", fault.offset, fault.what);
	}
	for (size_t i = 0; i < BAD_LEN; i++) {
		const struct json_case *c = &json_bad[i];
		struct json_fault fault = {.offset = SIZE_MAX};
		int r = json_check(c->text, c->size, &fault);

		if (!ok(r == -EILSEQ && fault.offset == c->offset,
			"refuses %s at offset %zu", shown(c->text, c->size), c->offset))
			printf("#   returned %d, offset %zu: %s\n", r, fault.offset,
			       fault.what ? fault.what : "");
	}
	is_int(json_check("[", 1, NULL), -EILSEQ, "the place of an error is optional");
	is_int(json_check(NULL, 0, NULL), -EILSEQ, "no bytes at all are not JSON");
}

static void places(void)
{
	size_t early = 0, wrong = 0;

	for (size_t i = 0; i < GOOD_LEN; i++)
		for (size_t size = 0; size < json_good[i].size; size++) {
			struct json_fault fault;

			if (json_check(json_good[i].text, size, &fault) < 0)
				early += fault.offset != size;
		}
	is_u64(early, 0, "the beginning of a good text is good or ends too early");
	for (size_t i = 0; i < BAD_LEN; i++)
		wrong += !oracle_place_holds(json_bad[i].text, json_bad[i].size);
	is_u64(wrong, 0, "an error is where no good text could go on");
}

/* --- second opinions ------------------------------------------------------------- */

static bool agree(const char *bytes, size_t size)
{
	const char *why = oracle_disagrees(bytes, size);

	if (why)
		printf("#   %s: %s\n", why, shown(bytes, size));
	return !why;
}

static void jansson_on_the_table(void)
{
	size_t differ = 0;

	for (size_t i = 0; i < GOOD_LEN; i++)
		differ += !agree(json_good[i].text, json_good[i].size);
	for (size_t i = 0; i < BAD_LEN; i++)
		differ += !agree(json_bad[i].text, json_bad[i].size);
	is_u64(differ, 0, "jansson judges the table alike, but for listed differences");
}

/*
 * jq 1.6 accepts much that is not JSON (two values, nan, lone surrogates, bad UTF-8,
 * duplicate keys), so it is asked only to read what was accepted.
 */
static void jq_reads_what_is_accepted(void)
{
	static const char *const names[] = {
		[JSON_KIND_NULL] = "null",     [JSON_KIND_BOOLEAN] = "boolean",
		[JSON_KIND_NUMBER] = "number", [JSON_KIND_STRING] = "string",
		[JSON_KIND_ARRAY] = "array",   [JSON_KIND_OBJECT] = "object",
	};
	static const char name[] = "jq reads what is accepted, as the same kinds";
	char path[] = "/tmp/json_test.XXXXXX", command[128], line[64];
	int fd = mkstemp(path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w"), *jq;
	size_t i = 0, differ = 0;

	if (!file)
		BAIL("no temporary file");
	for (; i < GOOD_LEN; i++)
		fprintf(file, "%.*s\n", (int)json_good[i].size, json_good[i].text);
	fclose(file);
	snprintf(command, sizeof(command), "jq -r type %s", path);
	jq = system("command -v jq >/dev/null") == 0 ? popen(command, "r") : NULL;
	if (!jq) {
		unlink(path);
		skip("jq is not installed", name);
		return;
	}
	for (i = 0; fgets(line, sizeof(line), jq) && i < GOOD_LEN; i++) {
		const struct json_case *c = &json_good[i];

		line[strcspn(line, "\n")] = '\0';
		differ += strcmp(line, names[json_kind_of(c->text, c->size)]) != 0;
	}
	ok(pclose(jq) == 0 && i == GOOD_LEN && differ == 0, name);
	unlink(path);
}

static uint64_t state = 0x5109510751075107;

static size_t pick(size_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (size_t)((state >> 11) % below);
}

static const struct json_case *any_case(void)
{
	size_t i = pick(GOOD_LEN + BAD_LEN);

	return i < GOOD_LEN ? &json_good[i] : &json_bad[i - GOOD_LEN];
}

/* Changes, adds or removes a byte, or puts in a piece of another case. */
static void mutate(struct buf *b)
{
	static const char bytes[] = "\"\\/{}[]:, \n\t019-+.eEutrfalsnd\0\x1f\x7f\x80"
				    "\xa0\xbf\xc2\xe0\xed\xef\xf0\xf4\xff";
	size_t at = pick(b->size + 1), left = b->size - at, from;
	const struct json_case *other = any_case();

	switch (pick(4)) {
	case 0:
		b->data[at] = bytes[pick(sizeof(bytes))];
		b->size += !left;
		break;
	case 1:
		memmove(b->data + at, b->data + at + 1, left);
		b->size -= !!left;
		break;
	case 2:
		memmove(b->data + at + 1, b->data + at, left);
		b->data[at] = bytes[pick(sizeof(bytes))];
		b->size++;
		break;
	default:
		from = pick(other->size + 1);
		memmove(b->data + at + other->size - from, b->data + at, left);
		memcpy(b->data + at, other->text + from, other->size - from);
		b->size += other->size - from;
	}
}

static void mutations(void)
{
	_buf_ struct buf b = {0};
	size_t differ = 0, misplaced = 0, good = 0;
	const size_t rounds = 100000;

	if (buf_reserve(&b, 4096) < 0)
		BAIL("no memory");
	for (size_t i = 0; i < rounds; i++) {
		const struct json_case *c = any_case();

		memcpy(b.data, c->text, c->size);
		b.size = c->size;
		for (size_t n = 1 + pick(3); n; n--)
			mutate(&b);
		differ += !agree(b.data, b.size);
		misplaced += !oracle_place_holds(b.data, b.size);
		good += json_check(b.data, b.size, NULL) == 0;
	}
	is_u64(differ, 0, "jansson judges %zu random changes alike", rounds);
	is_u64(misplaced, 0, "errors in random changes are where no text could go on");
	ok(good > rounds / 50, "enough of them are good to mean something");
}

/* --- depth and keys -------------------------------------------------------------- */

static int check_nested(const char *open, const char *shut, int depth,
			size_t *ret_offset)
{
	_buf_ struct buf b = {0};
	struct json_fault fault = {0};
	int r;

	for (int i = 0; i < depth; i++)
		buf_add_text(&b, open);
	buf_add_text(&b, "1");
	for (int i = 0; i < depth; i++)
		buf_add_text(&b, shut);
	r = json_check(b.data, b.size, &fault);
	*ret_offset = fault.offset;
	return r;
}

static void depth(void)
{
	size_t offset;

	is_int(check_nested("[", "]", 128, &offset), 0, "128 arrays may nest");
	is_int(check_nested("[", "]", 129, &offset), -EILSEQ, "129 may not");
	is_u64(offset, 128, "and the 129th is the bad byte");
	is_int(check_nested("{\"a\":", "}", 128, &offset), 0, "128 objects may nest");
	is_int(check_nested("{\"a\":", "}", 129, &offset), -EILSEQ, "129 may not");
	is_u64(offset, 128 * 5, "and the 129th is the bad byte");
	is_int(check_nested("[{\"a\":", "}]", 64, &offset), 0, "both count together");
	is_int(check_nested("[{\"a\":", "}]", 65, &offset), -EILSEQ,
	       "to the same limit");
	is_int(check_nested("[", "]", 1000000, &offset), -EILSEQ,
	       "a million are refused");
}

/* An object of `len` keys, of which `twice` (if below len) is repeated at the end. */
static void add_object(struct buf *b, size_t len, size_t twice, const char *value)
{
	buf_add_byte(b, '{');
	for (size_t i = 0; i < len; i++)
		buf_addf(b, "%s\"key %zu\":%s", i ? "," : "", i, value);
	if (twice < len)
		buf_addf(b, ",\"\\u006bey %zu\":0", twice);
	buf_add_byte(b, '}');
}

static void duplicates(void)
{
	static const size_t lens[] = {1,  2,  3,  15, 16,   17,	  18,	31,
				      32, 33, 64, 65, 1000, 4097, 50000};

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		size_t len = lens[i], found = 0, placed = 0;
		const size_t twice[] = {0, len / 2, len - 1};

		for (int j = 0; j < 3; j++) {
			_buf_ struct buf b = {0};
			struct json_fault fault;
			const char *again;

			add_object(&b, len, twice[j], "null");
			again = memmem(b.data, b.size, "\"\\u006b", 7);
			found += json_check(b.data, b.size, &fault) == -EILSEQ;
			placed += fault.offset == (size_t)(again - b.data);
			buf_done(&b);
			add_object(&b, len, len, "null");
			found += json_check(b.data, b.size, NULL) == 0;
		}
		ok(found == 6 && placed == 3,
		   "of %zu keys the first, middle and last are found again", len);
	}
}

static void nested_duplicates(void)
{
	_buf_ struct buf inner = {0}, outer = {0};

	add_object(&inner, 100, 100, "{\"key 1\":[{\"key 1\":{}}]}");
	add_object(&outer, 100, 100, inner.data);
	is_int(json_check(outer.data, outer.size, NULL), 0,
	       "large objects in each other may have the same keys");
	buf_done(&outer);
	add_object(&outer, 100, 0, inner.data);
	is_int(json_check(outer.data, outer.size, NULL), -EILSEQ,
	       "the outer one's keys are still known behind the inner ones");
	buf_done(&inner);
	buf_done(&outer);
	add_object(&inner, 100, 99, "0");
	add_object(&outer, 20, 20, inner.data);
	is_int(json_check(outer.data, outer.size, NULL), -EILSEQ,
	       "the inner one's keys are known, too");
}

int main(void)
{
	accepts_and_refuses();
	places();
	jansson_on_the_table();
	jq_reads_what_is_accepted();
	mutations();
	depth();
	duplicates();
	nested_duplicates();
	return done();
}

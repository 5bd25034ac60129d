/* SPDX-License-Identifier: MIT */
/*
 * The table of keys against sigslot.yaml(5): both know the same keys, and say the same
 * of them.
 */
#include <ctype.h>
#include <fcntl.h>

#include "base/fd.h"
#include "tap.h"
#include "topology/keys.h"

static struct buf page;

/* The line after the next `.It Ic NAME` from there on, or NULL. */
static const char *find_item(const char *from, const char *name)
{
	_buf_ struct buf wanted = {0};
	const char *found;

	buf_addf(&wanted, "\n.It Ic %s\n", name);
	found = strstr(from, wanted.data);
	return found ? found + wanted.size - 1 : NULL;
}

static bool ends_item(const char *line)
{
	static const char *const ends[] = {".It ", ".Bl ", ".El",
					   ".Pp",  ".Ss ", ".Sh "};

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (strncmp(line, ends[i], strlen(ends[i])) == 0)
			return true;
	return false;
}

/* Whether a word of a line of the page is a macro, and not text. */
static bool is_macro(const char *word, size_t size, bool macro_line, bool first)
{
	return macro_line && (first || (size == 2 && isupper(word[0]) &&
					islower(word[1]) && isalpha(word[1])));
}

static void add_word(struct buf *out, const char *word, size_t size)
{
	if (out->size && !(size == 1 && strchr(",.;:)", *word)))
		buf_add_byte(out, ' ');
	for (size_t i = 0; i < size; i++)
		if (word[i] != '\\')
			buf_add_byte(out, word[i]);
}

static void add_line(struct buf *out, const char *line, size_t size)
{
	bool macro_line = line[0] == '.', first = true;

	if (size == 3 && memcmp(line, ".Nm", 3) == 0)
		add_word(out, "sigslot", 7);
	for (size_t at = 0, word; at < size; at = word + 1, first = false) {
		for (word = at; word < size && line[word] != ' ';)
			word++;
		if (!is_macro(line + at, word - at, macro_line, first))
			add_word(out, line + at, word - at);
	}
}

/* What the page says of a key, without macros, on one line. */
static void item_text(const char *item, struct buf *out)
{
	while (item && *item && !ends_item(item)) {
		size_t size = strcspn(item, "\n");

		add_line(out, item, size);
		item += size + (item[size] == '\n');
	}
}

static bool begins(const struct buf *text, const char *with)
{
	return text->size && strncmp(text->data, with, strlen(with)) == 0;
}

/* A key that means another thing in another place has an item there. */
static bool find_text(const struct key *key, struct buf *out)
{
	const char *item = page.data;
	bool found = false;

	while (!begins(out, key->page) && (item = find_item(item, key->name))) {
		found = true;
		out->size = 0;
		item_text(item + 1, out);
	}
	return found;
}

static void check_key(const struct key *key)
{
	_buf_ struct buf text = {0};

	if (!ok(find_text(key, &text), "the page has the key %s", key->name))
		return;
	if (!ok(begins(&text, key->page), "the page says of %s what the table says",
		key->name))
		printf("#   page:  %s\n#   table: %s\n", text.data, key->page);
	if (key->fallback)
		ok(strstr(text.data, key->fallback),
		   "the page names the default of %s, %s", key->name, key->fallback);
	for (const char *word = key->words; word && *word;) {
		size_t size = strcspn(word, " ");
		char one[32];

		snprintf(one, sizeof(one), "%.*s", (int)size, word);
		ok(strstr(text.data, one), "the page says what %s: %s does", key->name,
		   one);
		word += size + (word[size] == ' ');
	}
}

static void check_later(const struct key *key, const char *later)
{
	char macro[40];

	snprintf(macro, sizeof(macro), "%s", key->name);
	ok(later && strstr(later, macro), "the page names %s among the later ones",
	   key->name);
}

/* Every key that the page explains is one of the table. */
static void check_page(void)
{
	const char *keys_end = strstr(page.data, "\n.Sh VALUES");

	for (const char *at = page.data;
	     (at = strstr(at, "\n.It Ic ")) && at < keys_end;) {
		char name[40];
		bool known = false;

		at += strlen("\n.It Ic ");
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, "\n"), at);
		for (size_t i = 0; i < keys_len; i++)
			known |= !keys[i].later && strcmp(keys[i].name, name) == 0;
		ok(known, "the table has the key %s of the page", name);
	}
}

static void check_table(void)
{
	for (size_t i = 0; i < keys_len; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(keys[i].name, keys[k].name) == 0)
				ok(!(keys[i].at & keys[k].at),
				   "%s means one thing in one place", keys[i].name);
	for (unsigned bit = 0; bit < 9; bit++)
		ok(keys_doing(1u << bit), "one key chooses kind %u", bit);
}

int main(void)
{
	struct sigslot_error err;
	const char *later;

	if (fd_read_file(AT_FDCWD, "man/sigslot.yaml.5", 1 << 20, &page, &err) < 0)
		BAIL("%s", err.text);
	later = strstr(page.data, ".Ss Later");
	for (size_t i = 0; i < keys_len; i++)
		if (keys[i].later)
			check_later(&keys[i], later);
		else
			check_key(&keys[i]);
	check_page();
	check_table();
	buf_done(&page);
	return done();
}

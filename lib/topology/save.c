/* SPDX-License-Identifier: MIT */
/*
 * The text of a topology with other connections: their section is written anew, and
 * everything else stays as somebody wrote it.
 */
#include <string.h>

#include "base/buf.h"
#include "topology/problem.h"
#include "topology/topology.h"

/* The text, and what of it is replaced. */
struct rewrite {
	struct topology_input in;
	const struct node *first; /* key of the top */
	size_t begin,
		end; /* of the section, whole lines; both the end: there is none */
	bool named;
};

static size_t line_start(const struct rewrite *w, size_t at)
{
	while (at && w->in.text[at - 1] != '\n')
		at--;
	return at;
}

static bool idle_line(const struct rewrite *w, size_t at)
{
	while (at < w->in.size && strchr(" \t\r", w->in.text[at]))
		at++;
	return at >= w->in.size || w->in.text[at] == '\n' || w->in.text[at] == '#';
}

/* Comments before the next section are about that one. */
static void leave_comments(struct rewrite *w)
{
	while (w->end > w->begin) {
		size_t before = line_start(w, w->end - 1);

		if (before <= w->begin || !idle_line(w, before))
			return;
		w->end = before;
	}
}

/* Where the document ends: at a line of three dots, if there is one. */
static size_t find_end(const struct rewrite *w, size_t from)
{
	for (size_t at = from; at < w->in.size; at++)
		if ((!at || w->in.text[at - 1] == '\n') && w->in.size - at >= 3 &&
		    memcmp(w->in.text + at, "...", 3) == 0)
			return at;
	return w->in.size;
}

static void find_sections(struct rewrite *w, const struct node *root)
{
	bool found = false;
	size_t last = 0;

	node_pairs(key, root)
	{
		size_t at = line_start(w, key->from.at);

		if (found && w->end > w->in.size)
			w->end = at;
		if (strcmp(key->text, "connections") == 0) {
			found = true;
			w->begin = at;
			w->end = w->in.size + 1;
		}
		w->named = w->named || strcmp(key->text, "name") == 0;
		last = at;
	}
	if (!found)
		w->begin = w->end = find_end(w, last);
	else if (w->end > w->in.size)
		w->end = find_end(w, w->begin);
	if (found)
		leave_comments(w);
}

static int put_arrows(const struct topology_arrow *arrows, size_t len,
		      const char *indent, size_t indent_size, struct buf *out)
{
	int r = buf_add(out, indent, indent_size) ?: buf_add_text(out, "connections:");

	r = r ?: buf_add_text(out, len ? "\n" : " []\n");
	for (size_t i = 0; r == 0 && i < len; i++) {
		const struct topology_arrow *a = &arrows[i];
		bool full = a->full && strcmp(a->full, "block") != 0;

		r = buf_add(out, indent, indent_size);
		r = r ?: buf_addf(out, "  - %s -> %s", a->from, a->to);
		if (full || a->once)
			r = r
				    ?: buf_addf(out, ": {%s%s%s%s}",
						full ? "full: " : "",
						full ? a->full : "",
						full && a->once ? ", " : "",
						a->once ? "once: true" : "");
		r = r ?: buf_add_byte(out, '\n');
	}
	return r;
}

static int put_all(const struct rewrite *w, const char *name,
		   const struct topology_arrow *arrows, size_t len, struct buf *out)
{
	const char *text = w->in.text;
	size_t first = line_start(w, w->first->from.at);
	size_t indent = w->first->from.at - first;
	int r = buf_add(out, text, first);

	if (!w->named)
		r = r
			    ?: buf_addf(out, "%.*sname: %s\n", (int)indent,
					text + first, name);
	r = r ?: buf_add(out, text + first, w->begin - first);
	if (w->begin && text[w->begin - 1] != '\n')
		r = r ?: buf_add_byte(out, '\n');
	r = r ?: put_arrows(arrows, len, text + first, indent, out);
	return r ?: buf_add(out, text + w->end, w->in.size - w->end);
}

static bool by_lines(const struct rewrite *w)
{
	size_t at = line_start(w, w->first->from.at);

	return strspn(w->in.text + at, " ") >= w->first->from.at - at;
}

int topology_rewrite(const struct topology_input *in, const char *name,
		     const struct topology_arrow *arrows, size_t len, struct buf *out,
		     struct sigslot_error *err)
{
	struct arena arena = {0};
	struct rewrite w = {.in = *in};
	struct problems p = {.in = &w.in, .arena = &arena};
	const struct node *root;
	int r;

	topology_skip_mark(&w.in);
	root = node_read(&p);
	w.first = root && root->kind == NODE_MAP ? root->first : NULL;
	if (p.no_memory)
		r = -ENOMEM;
	else if (!w.first || !by_lines(&w))
		r = fail(err, -ENOEXEC,
			 "this topology cannot be saved: its top is written in braces, "
			 "write a key in each line");
	else {
		find_sections(&w, root);
		r = put_all(&w, name, arrows, len, out);
	}
	problem_done(&p);
	arena_done(&arena);
	return r == -ENOMEM ? fail(err, r, "out of memory") : r;
}

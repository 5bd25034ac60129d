/* SPDX-License-Identifier: MIT */
/*
 * Every topology that is in order, changed while it runs: connections go and come back,
 * and what is saved is read again and makes the same plan.
 */
#include <dirent.h>

#include "base/vec.h"
#include "dir_host.h"
#include "plan/wiring.h"

static struct wiring *make(const char *text, size_t size, struct sigslot_error *err)
{
	struct topology_input in = {.text = text,
				    .size = size,
				    .file = "t.yaml",
				    .directory = "/",
				    .stem = "t"};
	struct wiring *w = NULL;

	return wiring_new(&in, NULL, &w, err) == 0 ? w : NULL;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/*
 * Sorts the lines of a plan: members of plugins stand in the order in which arrows name
 * them, and one that none names any more is left out.
 */
static char *sorted(const struct plan *p)
{
	_free_ char *text = plan_text(p);
	char *save = NULL, *out = calloc(1, strlen(text) + 1), *end = out;
	bool plugins = strstr(text, "\nplugin ");
	VEC(char *) lines = {0};

	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		if (strncmp(l, "connection", 10) == 0 || strncmp(l, "reach", 5) == 0 ||
		    !plugins)
			*(char **)vec_add(&lines) = l;
	if (lines.len)
		qsort(lines.at, lines.len, sizeof(*lines.at), compare);
	vec_each(line, &lines)
		end = stpcpy(stpcpy(end, *line), "\n");
	vec_done(&lines);
	return out;
}

/* Whether what is saved makes the same plan, or cannot be saved. */
static bool saved_well(const struct wiring *w, const char **ret_why)
{
	_buf_ struct buf text = {0};
	struct sigslot_error err = {0};
	_free_ char *plan = sorted(wiring_plan(w)), *again_plan = NULL;
	struct wiring *again;
	int r = wiring_save(w, &text, &err);
	static char why[sizeof(err.text)];

	memcpy(why, err.text, sizeof(why));
	*ret_why = why;
	if (r < 0)
		return r == -ENOEXEC && strstr(why, "in braces");
	again = make(text.data, text.size, &err);
	if (!again)
		return false;
	again_plan = sorted(wiring_plan(again));
	wiring_free(again);
	*ret_why = "it is another one";
	return strcmp(plan, again_plan) == 0;
}

/* Returns whether it may go, and did: what members or `dead:` need may not. */
static bool goes(struct wiring *w, const struct topology_arrow *a)
{
	uint32_t before = wiring_plan(w)->connections_len;
	int r = wiring_disconnect(w, a, &dir_err);

	if (r == -ENOEXEC)
		return false;
	must(r == 0 && wiring_next(w)->connections_len == before - 1);
	wiring_commit(w);
	must(wiring_disconnect(w, a, &dir_err) == 1);
	return true;
}

static unsigned go_and_come(struct wiring *w, const char *name)
{
	uint32_t all = wiring_plan(w)->connections_len, len = all < 5 ? all : 5;
	unsigned gone = 0;
	const char *why;

	for (uint32_t i = 0; i < len; i++) {
		const struct plan_connection *c = &wiring_plan(w)->connections[0];
		_free_ char *from = strdup(c->from), *to = strdup(c->to);
		_free_ char *full = strdup(c->full);
		struct topology_arrow a = {from, to, full, c->once};

		if (!goes(w, &a))
			continue;
		gone++;
		if (!saved_well(w, &why))
			ok(false, "%s without %s -> %s is saved: %s", name, from, to,
			   why);
		must(wiring_connect(w, &a, &dir_err) == 0);
		wiring_commit(w);
		must(wiring_connect(w, &a, &dir_err) == 1);
		wiring_forget(w);
	}
	is_u64(wiring_plan(w)->connections_len, all,
	       "%s has all its connections again, %u of which had gone", name, gone);
	return gone;
}

static void try_one(const char *name)
{
	char path[512];
	_buf_ struct buf text = {0};
	struct wiring *w;
	const char *why;

	snprintf(path, sizeof(path), "tests/topology/good/%s/topology.yaml", name);
	must(fd_read_file(AT_FDCWD, path, 4 << 20, &text, &dir_err) == 0);
	w = make(text.data, text.size, &dir_err);
	must(w);
	ok(saved_well(w, &why), "%s is saved as it is", name);
	go_and_come(w, name);
	wiring_free(w);
}

int main(void)
{
	DIR *d = opendir("tests/topology/good");
	struct dirent *e;

	must(d);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			try_one(e->d_name);
	closedir(d);
	return done();
}

/* SPDX-License-Identifier: MIT */
/*
 * Puts environments together. It borrows strings of this process's environment and of
 * the topology, and never changes either.
 */
#include "slot/env.h"

#include <string.h>
#include <unistd.h>

static const char *const of_slot[] = {"INSTANCE", "PROCESS", "LOOP", "OBJECT", "SLOT"};
static const char *const of_message[] = {"SENDER", "SIGNAL", "SEQ", "ATTEMPT"};

/* PWD, _STDBUF_O, LD_PRELOAD, SIGSLOT_READY_FD and the NULL. */
enum { MORE = 5 };

static size_t count(const char *const *texts)
{
	size_t n = 0;

	while (texts && texts[n])
		n++;
	return n;
}

static bool same_name(const char *a, const char *b)
{
	size_t size = strcspn(a, "=");

	return strcspn(b, "=") == size && memcmp(a, b, size) == 0;
}

/* Whether an entry is SIGSLOT_ and one of the names. */
static bool one_of(const char *entry, const char *const *names, size_t len)
{
	size_t size = strcspn(entry, "=");

	for (size_t i = 0; i < len; i++)
		if (size == 8 + strlen(names[i]) && memcmp(entry, "SIGSLOT_", 8) == 0 &&
		    memcmp(entry + 8, names[i], size - 8) == 0)
			return true;
	return false;
}

static bool ours(const char *entry)
{
	return one_of(entry, of_slot, ARRAY_LEN(of_slot)) ||
	       one_of(entry, of_message, ARRAY_LEN(of_message));
}

/* Whether one of `later` sets the same variable. */
static bool overridden(const char *entry, const char *const *later)
{
	for (; later && *later; later++)
		if (same_name(entry, *later))
			return true;
	return false;
}

/* The value of a variable, NULL if it is not set. */
static const char *value_of(const struct env *e, const char *name)
{
	for (size_t i = 0; i < e->len; i++)
		if (same_name(e->at[i], name))
			return e->at[i] + strcspn(e->at[i], "=") + 1;
	return NULL;
}

/* Sets NAME=VALUE, in place if it is there. */
static int set(struct env *e, const char *entry)
{
	size_t i = 0;

	if (!entry)
		return -ENOMEM;
	while (i < e->len && !same_name(e->at[i], entry))
		i++;
	e->at[i] = entry;
	e->len += i == e->len;
	return 0;
}

static int add_own(struct env *e, const struct slot_spec *spec, struct arena *arena)
{
	const char *const values[] = {spec->instance, spec->process, spec->loop,
				      spec->object, spec->slot};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(of_slot); i++)
		r = set(e, arena_textf(arena, "SIGSLOT_%s=%s", of_slot[i],
				       values[i] ? values[i] : ""));
	return r;
}

/*
 * A resident command that holds its lines back until a buffer is full answers nothing.
 * coreutils has what makes stdio flush each line; who sets _STDBUF_O has decided.
 */
static int add_line_buffering(struct env *e, struct arena *arena)
{
	static const char *const places[] = {"/usr/libexec/coreutils/libstdbuf.so",
					     "/usr/lib/coreutils/libstdbuf.so"};
	const char *preload = value_of(e, "LD_PRELOAD"), *file = NULL;
	int r;

	for (size_t i = 0; !file && i < ARRAY_LEN(places); i++)
		if (access(places[i], R_OK) == 0)
			file = places[i];
	if (!file || value_of(e, "_STDBUF_O"))
		return 0;
	r = set(e, "_STDBUF_O=L");
	if (r < 0)
		return r;
	return set(e, arena_textf(arena, "LD_PRELOAD=%s%s%s", preload ? preload : "",
				  preload && *preload ? ":" : "", file));
}

int env_init(struct env *e, const struct slot_spec *spec, struct arena *arena)
{
	const char *const *inherited = (const char *const *)environ;
	const char *const *env = spec->env;
	size_t cap = count(inherited) + count(env) + ARRAY_LEN(of_slot) +
		     ARRAY_LEN(of_message) + MORE;
	int r = 0;

	*e = (struct env){.at = arena_alloc(arena, cap * sizeof(*e->at))};
	if (!e->at)
		return -ENOMEM;
	for (; inherited && *inherited; inherited++)
		if (!ours(*inherited) && !overridden(*inherited, env))
			e->at[e->len++] = *inherited;
	for (; env && *env; env++)
		if (!ours(*env) && !overridden(*env, env + 1))
			e->at[e->len++] = *env;
	if (!spec->env || !overridden("PWD", spec->env))
		r = set(e, arena_textf(arena, "PWD=%s", spec->directory));
	if (r == 0 && spec->kind->resident)
		r = add_line_buffering(e, arena);
	if (r == 0)
		r = add_own(e, spec, arena);
	if (r == 0 && spec->upkeep.ready == READY_FD)
		r = set(e, "SIGSLOT_READY_FD=3");
	e->path = value_of(e, "PATH");
	return r;
}

bool env_plain(const struct env *e)
{
	for (size_t i = 0; i < e->len; i++) {
		size_t size = strspn(e->at[i], "abcdefghijklmnopqrstuvwxyz_0123456789"
					       "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

		if (!size || e->at[i][size] != '=' || *e->at[i] <= '9')
			return false;
	}
	return true;
}

int env_message(struct env *e, const struct sigslot_message *m, struct arena *arena)
{
	const char **at = e->at + e->len;

	at[0] = NULL;
	if (!m)
		return 0;
	at[0] = arena_textf(arena, "SIGSLOT_SENDER=%s", m->sender ? m->sender : "");
	at[1] = arena_textf(arena, "SIGSLOT_SIGNAL=%s", m->signal ? m->signal : "");
	at[2] = arena_textf(arena, "SIGSLOT_SEQ=%llu", (unsigned long long)m->seq);
	at[3] = arena_textf(arena, "SIGSLOT_ATTEMPT=%u", m->attempt);
	at[4] = NULL;
	return at[0] && at[1] && at[2] && at[3] ? 0 : -ENOMEM;
}

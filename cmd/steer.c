/* SPDX-License-Identifier: MIT */
/*
 * Steers targets one after the other. It knows no verbs: the library does.
 */
#include "steer.h"

#include <stddef.h>
#include <time.h>

#include "print.h"

uint64_t steer_timeout = SIGSLOT_FOREVER;

const struct opt steer_opts[] = {STEER_TIMEOUT, {0}};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* What is left of the time-out: 0 if it has passed. */
static uint64_t left(uint64_t start)
{
	uint64_t spent = now() - start;

	if (steer_timeout == SIGSLOT_FOREVER)
		return SIGSLOT_FOREVER;
	return spent < steer_timeout ? steer_timeout - spent : 0;
}

int steer_each(steer_fn fn, const char *verb, int len, char **targets)
{
	uint64_t start = now();
	int status = 0;

	for (int i = 0; i < len; i++) {
		struct sigslot_error err = {0};
		int r = fn(verb, targets[i], left(start), &err);

		if (r < 0)
			r = complain_error(&err);
		if (r && !status)
			status = r;
	}
	return status;
}

static int control(const char *verb, const char *target, uint64_t left_ns,
		   struct sigslot_error *err)
{
	return sigslot_control(verb, target, left_ns, complain_line, NULL, err);
}

int steer(const char *verb, int len, char **targets)
{
	return steer_each(control, verb, len, targets);
}

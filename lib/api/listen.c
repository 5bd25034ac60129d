/* SPDX-License-Identifier: MIT */
/*
 * Asking the supervisor to let signals be seen that nobody is connected to.
 */
#include <jansson.h>
#include <stdio.h>

#include "api/control.h"
#include "api/view.h"
#include "base/clock.h"
#include "base/fd.h"

enum { AT_ONCE = 256, ANSWER_S = 2 };

static json_t *request(const struct views *v, size_t from, size_t to)
{
	const struct routes *r = v->in.routes;
	json_t *signals = json_array();
	char name[132];

	for (size_t i = from; i < to; i++) {
		const struct route_name *n = routes_name(r, v->lone.at[i]);

		snprintf(name, sizeof(name), "%s.%s", routes_text(r, n->owner),
			 routes_text(r, n->member));
		json_array_append_new(signals, json_string(name));
	}
	return json_pack("{s:i,s:s,s:o}", "v", 1, "op", "tap", "signals", signals);
}

static int ask(struct views *v, size_t from, size_t to, struct sigslot_error *err)
{
	struct control_answer answer = {.fd = -1};
	int r = v->control >= 0 ? 0 : control_reach(&v->in, &v->control, err);

	if (r == 0)
		r = control_send(v->control, request(v, from, to), err);
	if (r == 0)
		r = control_hear(v->control, &v->in, clock_now() + ANSWER_S * NS_PER_S,
				 &answer, err);
	fd_close(&answer.fd);
	for (size_t i = from; r == 0 && i < to; i++) {
		uint32_t *id = vec_push(&v->asked);

		if (!id)
			return fail(err, -ENOMEM, "out of memory");
		*id = v->lone.at[i];
	}
	return r;
}

/* What an earlier connection had is gone with it. */
static void hang_up(struct views *v)
{
	fd_close(&v->control);
	v->asked.len = 0;
}

bool views_listen(struct views *v)
{
	struct sigslot_error err = {0};
	size_t len = v->lone.len, more;
	int r = 0;

	for (size_t i = 0; r == 0 && i < len; i += more) {
		more = len - i < AT_ONCE ? len - i : AT_ONCE;
		r = ask(v, i, i + more, &err);
	}
	if (r < 0) {
		hang_up(v);
		v->unheard = err;
	}
	return r == 0 && len;
}

/* SPDX-License-Identifier: MIT */
/*
 * The control lane: a queue of its own for messages to the members of loops, processes
 * and timers, so that a stop never waits behind payloads. And the other way round, the
 * signals that only the supervisor can emit: `exit` and `ready`.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/log.h"
#include "object/dispatch.h"
#include "supervisor/super.h"
#include "worker/worker.h"

enum { BATCH = 16 };

static void act(struct supervisor *s, uint32_t slot_id)
{
	uint32_t index = world_slot(&s->world, slot_id);
	const struct plan_slot *slot;
	int r;

	if (index == PLAN_NONE)
		return;
	slot = &s->plan->slots[index];
	if (slot->kind != PLAN_MEMBER)
		return;
	if (slot->owner == PLAN_LOOP)
		r = order_loop(s, slot->name, slot->owned_by);
	else if (slot->owner == PLAN_PROCESS)
		r = order_process(s, slot->name, slot->owned_by);
	else
		r = order_object(s, slot->name, slot->owned_by);
	if (r < 0)
		log_line("sigslot", "nothing is known about '%s'", slot->name);
}

static void claimed(struct supervisor *s, const struct claim *c)
{
	struct dispatch d = {.routes = s->world.routes,
			     .envelope = &c->envelope,
			     .queue = world_control(&s->world)};
	struct receiver_id id;

	while (dispatch_next(&d, &id))
		act(s, id.slot);
}

static void rung(struct watch *w, uint32_t events)
{
	struct supervisor *s = container_of(w, struct supervisor, lane_bell);
	struct sigslot_error err = {0};
	struct claim claims[BATCH];
	int n = queue_claim(s->lane, claims, BATCH, &err);

	(void)events;
	if (n < 0) {
		log_line("sigslot", "%s", err.text);
		loop_unwatch(w);
		return;
	}
	for (int i = 0; i < n; i++)
		claimed(s, &claims[i]);
	queue_ack(s->lane, claims, (size_t)n);
	control_update(s);
}

static void left(struct outbox *o, void *from, void *origin, size_t size, int code)
{
	(void)o;
	(void)from;
	(void)origin;
	(void)size;
	(void)code;
}

int lane_open(struct supervisor *s, struct sigslot_error *err)
{
	int r = queue_open(s->world.queues, WORLD_CONTROL, s->identity, &s->lane, err);

	if (r < 0)
		return r;
	queue_recover(s->lane, 0, 0);
	queue_purge(s->lane); /* orders to the last run */
	s->outbox.left = left;
	outbox_init(&s->outbox, &s->world, &s->loop, s->identity);
	r = loop_watch(&s->loop, &s->lane_bell, queue_data_fd(s->lane), EPOLLIN, rung);
	return r < 0 ? fail(err, r, "cannot watch the control lane: %s", strerror(-r))
		     : 0;
}

void lane_close(struct supervisor *s)
{
	loop_unwatch(&s->lane_bell);
	outbox_done(&s->outbox);
	queue_close(s->lane);
}

void lane_emit(struct supervisor *s, enum plan_owner owner, uint32_t index,
	       const char *signal, const char *payload)
{
	uint32_t i = worker_signal(s->plan, owner, index, signal);
	struct payload p = {payload, strlen(payload)};
	struct sigslot_error err = {0};

	if (i == PLAN_NONE || !s->plan->signals[i].targets_len)
		return;
	if (outbox_emit(&s->outbox, i, &p, NULL, NULL, &err) < 0)
		log_line("sigslot", "%s", err.text);
	outbox_flush(&s->outbox);
}

void lane_emit_exit(struct supervisor *s, enum plan_owner owner, uint32_t index,
		    int status, const char *reason)
{
	char payload[160], code[16] = "null", sig[32] = "null";

	if (WIFEXITED(status))
		snprintf(code, sizeof(code), "%d", WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		snprintf(sig, sizeof(sig), "\"SIG%s\"", sigabbrev_np(WTERMSIG(status)));
	snprintf(payload, sizeof(payload),
		 "{\"code\":%s,\"signal\":%s,\"reason\":\"%s\"}", code, sig, reason);
	lane_emit(s, owner, index, "exit", payload);
}

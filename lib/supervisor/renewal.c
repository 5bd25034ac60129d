/* SPDX-License-Identifier: MIT */
/*
 * Should the worker die meanwhile, its next one is forked with the newest plan: nothing
 * of the old one was left for it.
 */
#include "supervisor/renewal.h"

#include "base/fd.h"
#include "base/log.h"
#include "supervisor/fork.h"
#include "supervisor/handover.h"
#include "supervisor/pass.h"

void renewal_begin(struct hand *h)
{
	struct sigslot_error err = {0};
	_close_ int fd = handover_pack(h->super->wiring, &err);

	if (fd >= 0) {
		hand_renew(h, fd);
		return;
	}
	log_line("sigslot", "process '%s' is restarted: %s", hand_process(h)->name,
		 err.text);
	pass_anew(h);
}

static void come(struct hand *h, uint32_t loop)
{
	struct supervisor *s = h->super;
	struct lamp *lamp = &s->lamps[loop];

	*lamp = (struct lamp){.process = h->index,
			      .held = !s->stop.now,
			      .down = s->stop.now,
			      .was_ready = lamp->was_ready};
	s->world.board->loops[loop].state = BOARD_STARTING;
	fork_count_sources(h, s->plan, loop);
}

void renewal_done(struct hand *h)
{
	struct supervisor *s = h->super;

	if (!h->renewing)
		return;
	h->renewing = false;
	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		if (s->lamps[i].process == h->index &&
		    s->plan->loops[i].process == h->index && pass_leaves(s, i))
			come(h, i);
	pass_left(h);
}

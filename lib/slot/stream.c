/* SPDX-License-Identifier: MIT */
/*
 * Pipes into the log. A slot keeps as many spare ones as it had commands at one time.
 */
#include "slot/stream.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "slot/report.h"

static void log_lines(struct stream *s)
{
	const char *line;
	size_t size;

	while (lines_next(&s->lines, &line, &size))
		report_log(s->slot, line, size);
	lines_rest(&s->lines);
}

static bool read_some(struct stream *s)
{
	ssize_t n = lines_read(&s->lines, s->ours);

	if (n > 0 && s->tail)
		tail_add(s->tail, s->lines.data + s->lines.end - n, (size_t)n);
	else if (n < 0 && n != -EAGAIN)
		s->lines.ended = true;
	log_lines(s);
	return n > 0;
}

static void ready(struct watch *w, uint32_t events)
{
	struct stream *s = container_of(w, struct stream, watch);

	(void)events;
	read_some(s);
	if (s->lines.ended && s->ended)
		s->ended(s, s->data);
}

/* Our end does not block; theirs does, as programs expect. */
static int open_stream(struct stream *s)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	s->ours = fds[0];
	s->theirs = fds[1];
	if (fcntl(s->ours, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	return loop_watch(s->slot->loop, &s->watch, s->ours, EPOLLIN, ready);
}

static void log_rest(struct stream *s)
{
	s->lines.ended = true;
	log_lines(s);
	s->lines.ended = false;
}

static void free_stream(struct stream *s)
{
	if (!s)
		return;
	log_rest(s);
	loop_unwatch(&s->watch);
	fd_close(&s->ours);
	fd_close(&s->theirs);
	lines_done(&s->lines);
	free(s);
}

static int make_stream(struct slot *slot, struct stream **ret)
{
	struct stream *s = malloc(sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	*s = (struct stream){.slot = slot,
			     .ours = -1,
			     .theirs = -1,
			     .lines = {.limit = REPORT_LOG_LINE, .split = true}};
	r = open_stream(s);
	if (r < 0)
		free_stream(s);
	else
		*ret = s;
	return r;
}

int streams_take(struct streams *ss, int which, struct slot *slot, struct stream **ret)
{
	struct stream *s = *ss->spare;
	int r = s ? 0 : make_stream(slot, &s);

	if (r < 0)
		return r;
	*ss->spare = s->next;
	s->next = NULL;
	ss->at[which] = *ret = s;
	return 0;
}

bool streams_any(const struct streams *ss)
{
	return ss->at[STREAM_ERR] || ss->at[STREAM_OUT];
}

bool streams_read(struct streams *ss)
{
	bool any = false;

	for (int i = 0; i < STREAMS; i++)
		any |= ss->at[i] && read_some(ss->at[i]);
	return any;
}

static void give_back(struct streams *ss, struct stream *s)
{
	log_rest(s);
	s->tail = NULL;
	s->ended = NULL;
	s->next = *ss->spare;
	*ss->spare = s;
}

void streams_leave(struct streams *ss, bool alone)
{
	for (int i = 0; i < STREAMS; i++) {
		if (!ss->at[i])
			continue;
		if (alone)
			give_back(ss, TAKE(ss->at[i]));
		else
			fd_close(&ss->at[i]->theirs);
	}
}

void streams_drop(struct streams *ss, struct stream *s)
{
	for (int i = 0; i < STREAMS; i++)
		if (ss->at[i] == s)
			free_stream(TAKE(ss->at[i]));
}

void streams_free(struct streams *ss)
{
	for (int i = 0; i < STREAMS; i++)
		free_stream(TAKE(ss->at[i]));
}

void streams_free_spare(struct stream **spare)
{
	while (*spare) {
		struct stream *s = *spare;

		*spare = s->next;
		free_stream(s);
	}
}

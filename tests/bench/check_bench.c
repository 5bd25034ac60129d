/* SPDX-License-Identifier: MIT */
/*
 * Checking and planning a topology of 1,000 processes, against libyaml's own parsing of
 * the same text into events: in turns, the fastest of each, as both do the same work in
 * every round. And the slope: 10, 100 and 1,000 processes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/buf.h"
#include "base/clock.h"
#include "plan/plan.h"
#include "topology/topology.h"

enum { ROUNDS = 31, PROCESSES = 1000 };

/* A ring of workers with two objects each: about 248 bytes per process. */
static void write_topology(struct buf *b, int processes)
{
	buf_add_text(b, "sigslot: 1\nname: many\nprocesses:\n");
	for (int i = 0; i < processes; i++)
		buf_addf(b, "  worker-%d: {nice: 5}\n", i);
	buf_add_text(b, "loops:\n");
	for (int i = 0; i < processes; i++)
		buf_addf(b,
			 "  loop-%d:\n"
			 "    process: worker-%d\n"
			 "    queue: {size: 64KiB}\n"
			 "    objects:\n"
			 "      split-%d: {filter: tr a-z A-Z, out: string}\n"
			 "      store-%d: {run: cat, timeout: 30s}\n",
			 i, i, i, i);
	buf_add_text(b, "connections:\n");
	for (int i = 0; i < processes; i++)
		buf_addf(b, "  - split-%d -> store-%d, split-%d\n", i, i,
			 (i + 1) % processes);
}

static uint64_t parse_events(const struct buf *text)
{
	uint64_t start = clock_now();
	yaml_parser_t parser;
	yaml_event_t event;
	bool ended = false;

	yaml_parser_initialize(&parser);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text->data,
				     text->size);
	while (!ended) {
		if (!yaml_parser_parse(&parser, &event))
			abort();
		ended = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return clock_now() - start;
}

static uint64_t check(const struct buf *text)
{
	struct topology_input in = {
		.text = text->data,
		.size = text->size,
		.file = "many.yaml",
		.directory = "/",
		.stem = "many",
	};
	uint64_t start = clock_now();
	struct topology *t;
	struct plan *p;

	if (topology_read(&in, &t, NULL) < 0 || plan_make(t, NULL, NULL, &p, NULL) < 0)
		abort();
	topology_free(t);
	plan_free(p);
	return clock_now() - start;
}

static void compare(int processes)
{
	uint64_t ours = UINT64_MAX, theirs = UINT64_MAX;
	_buf_ struct buf text = {0};

	write_topology(&text, processes);
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t our = check(&text), their = parse_events(&text);

		ours = our < ours ? our : ours;
		theirs = their < theirs ? their : theirs;
	}
	printf("{\"bench\":\"check %d processes, %zu bytes\",\"value\":%.3f,"
	       "\"unit\":\"ms\",\"anchor\":\"libyaml events %.3f ms\",\"ratio\":%.2f,"
	       "\"goal\":\"<= 3\"}\n",
	       processes, text.size, (double)ours / 1e6, (double)theirs / 1e6,
	       (double)ours / (double)theirs);
}

int main(void)
{
	compare(PROCESSES / 100);
	compare(PROCESSES / 10);
	compare(PROCESSES);
	return 0;
}

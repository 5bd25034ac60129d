/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a topology: it is read and planned, or every problem has a place within
 * the text.
 */
#include <stdint.h>
#include <string.h>

#include "plan/plan.h"
#include "topology/topology.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct seen {
	size_t size;
	unsigned problems;
};

static void report(void *data, const struct sigslot_error *problem,
		   const char *source_line)
{
	struct seen *seen = data;

	if (!problem->text[0] || problem->line > seen->size + 1 || !source_line ||
	    strlen(source_line) > seen->size)
		abort();
	seen->problems++;
}

/* What passed its checks has a plan. */
static void plan(const struct topology *t)
{
	struct plan *p;
	char *text;

	if (plan_make(t, NULL, &p, NULL) < 0)
		abort();
	text = plan_text(p);
	if (!text || !*text)
		abort();
	free(text);
	plan_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct seen seen = {.size = size};
	struct topology_input in = {
		.text = (const char *)bytes,
		.size = size,
		.file = "fuzz.yaml",
		.directory = "/",
		.stem = "fuzz",
		.report = report,
		.data = &seen,
	};
	struct sigslot_error err = {0};
	struct topology *t = NULL;
	int r = topology_read(&in, &t, &err);

	if ((r == 0) != (seen.problems == 0 && t) || (r < 0 && !err.text[0]))
		abort();
	if (r == 0)
		plan(t);
	topology_free(t);
	return 0;
}

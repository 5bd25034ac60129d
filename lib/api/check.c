/* SPDX-License-Identifier: MIT */
/*
 * sigslot_check(): everything of a run that comes before anything starts.
 */
#include <stdlib.h>

#include "api/load.h"

int sigslot_check(const char *file, sigslot_report_fn report, void *data,
		  char **ret_plan, struct sigslot_error *err)
{
	struct wiring *w;
	char *text = NULL;
	int code = load_wiring(file, NULL, report, data, &w, err);

	if (code < 0)
		return code;
	if (ret_plan)
		text = plan_text(wiring_plan(w));
	wiring_free(w);
	if (ret_plan && !text)
		return fail(err, -ENOMEM, "out of memory");
	if (ret_plan)
		*ret_plan = text;
	return 0;
}

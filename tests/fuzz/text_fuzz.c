/* SPDX-License-Identifier: MIT */
/*
 * Arbitrary bytes as arguments: what goes into a payload comes out as the same bytes
 * through argv, or fails. The input is split at NULs; the whole is given as a payload
 * of its own, too.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "message/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OPERANDS = 16 };

static void must(bool held)
{
	if (!held)
		abort();
}

/* Strings through a payload and back; the program itself is not started. */
static void round_trip(const struct sigslot_bytes *operands, size_t len)
{
	_buf_ struct buf payload = {0};
	struct text_args args = {0};
	size_t offset;
	bool good = true;
	int r;

	for (size_t i = 0; i < len; i++)
		good &= json_utf8(operands[i].data, operands[i].size, &offset);
	r = text_operands(operands, len, NULL, SIGSLOT_STRING, &payload, NULL);
	must(r == (good ? 0 : -EILSEQ));
	if (r < 0)
		return;
	must(json_check(payload.data, payload.size, NULL) == 0);
	if (text_args_of(payload.data, payload.size, NULL, &args, NULL) < 0)
		return;
	must(args.len == len && !args.at[len]);
	for (size_t i = 0; i < len; i++)
		must(strlen(args.at[i]) == operands[i].size &&
		     memcmp(args.at[i], operands[i].data, operands[i].size) == 0);
	text_args_done(&args);
}

/* As on `any`: JSON passes as it is, anything else becomes its own text. */
static void any(const char *text, size_t size)
{
	_buf_ struct buf payload = {0}, back = {0};
	const char *const paths[] = {".", ".a", ".[-1]", NULL};
	struct text_args args = {0};
	int r = text_to_payload(text, size, NULL, SIGSLOT_BY_TYPE, &payload, NULL);

	if (r < 0) {
		must(r == -EILSEQ && !payload.size);
		return;
	}
	must(json_check(payload.data, payload.size, NULL) == 0);
	must(text_of_payload(payload.data, payload.size, false, &back) == 0);
	if (json_check(text, size, NULL) < 0)
		must(back.size == size &&
		     (!size || memcmp(back.data, text, size) == 0));
	else
		must(memmem(text, size, payload.data, payload.size));
	for (size_t i = 0; i < 3; i++)
		if (text_args_of(payload.data, payload.size, &paths[i], &args, NULL) ==
		    0)
			text_args_done(&args);
	if (text_args_of(payload.data, payload.size, NULL, &args, NULL) == 0)
		text_args_done(&args);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sigslot_bytes operands[OPERANDS];
	const char *at = (const char *)data, *end = at + size;
	size_t len = 0;

	any(at, size);
	while (len < OPERANDS) {
		const char *nul = memchr(at, '\0', (size_t)(end - at));

		operands[len++] =
			(struct sigslot_bytes){at, (size_t)((nul ? nul : end) - at)};
		if (!nul)
			break;
		at = nul + 1;
	}
	/* one operand is the value itself, and none is null */
	round_trip(operands, len);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * sigslot queue put: one message from operands or from raw standard input, or one for
 * each line of it. As with emit, standard input is touched only if asked.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"
#include "print.h"
#include "queue.h"
#include "slow.h"

static bool strings, as_json, lines, null, raw;
static const char *full;
static struct sigslot_put how = {.end = '\n', .timeout_ns = SIGSLOT_FOREVER};

static const char *const policies[] = {
	[SIGSLOT_BLOCK] = "block",	 [SIGSLOT_DROP_NEW] = "drop-new",
	[SIGSLOT_DROP_OLD] = "drop-old", [SIGSLOT_LATEST] = "latest",
	[SIGSLOT_FAIL] = "fail",	 NULL,
};

static const struct opt opts[] = {
	{.letter = '0',
	 .name = "null",
	 .help = "one message for each part of standard input that ends with NUL",
	 .flag = &null},
	{.name = "atomic",
	 .help = "all the messages from standard input at once, or none",
	 .flag = &how.atomic},
	{.name = "full",
	 .help = "what to do when it is full: wait, unless given",
	 .choices = policies,
	 .text = &full},
	{.letter = 'j', .name = "json", .help = "values are JSON", .flag = &as_json},
	{.letter = 'l',
	 .name = "lines",
	 .help = "one message for each line of standard input",
	 .flag = &lines},
	{.name = "raw",
	 .help = "any bytes: a value, each line, or all of standard input",
	 .flag = &raw},
	{.letter = 's',
	 .name = "string",
	 .help = "values are strings",
	 .flag = &strings},
	{.name = "timeout",
	 .arg = "DURATION",
	 .help = "give up waiting for room after this long",
	 .duration = &how.timeout_ns},
	{0},
};

static int send_lines(void *data, const char *bytes, size_t size, size_t *ret_lines,
		      struct sigslot_error *err)
{
	return sigslot_queue_put_lines(data, &how, bytes, size, ret_lines, err);
}

static int put_lines(struct sigslot_queue *q)
{
	return lines_send(&(struct lines_target){
		.send = send_lines, .data = q, .end = how.end, .sent = "put"});
}

static int put(struct sigslot_queue *q, const struct sigslot_bytes *values, size_t len)
{
	struct sigslot_error err = {0};
	int r;

	slow_begin();
	r = sigslot_queue_put(q, &how, values, len, &err);
	slow_end();
	return r < 0 ? complain_error(&err) : 0;
}

static int put_operands(struct sigslot_queue *q, int len, char **operands)
{
	struct sigslot_bytes *values = calloc((size_t)len + 1, sizeof(*values));
	int r;

	if (!values) {
		complain("out of memory");
		return CMD_OS;
	}
	for (int i = 0; i < len; i++)
		values[i] = (struct sigslot_bytes){operands[i], strlen(operands[i])};
	r = put(q, values, (size_t)len);
	free(values);
	return r;
}

static int note_largest(void *data, const struct sigslot_queue_info *info)
{
	*(uint64_t *)data = info->largest;
	return 0;
}

static int note_size(void *data, const struct sigslot_queue_info *info)
{
	*(size_t *)data = info->size / 2;
	return 0;
}

/* All of standard input is one message; one that is too big is said so with its size */
static int put_input(struct sigslot_queue *q, const char *address)
{
	struct sigslot_bytes value = {0};
	uint64_t largest = 0;
	char *bytes = NULL;
	int r;

	sigslot_queue_stat(address, note_largest, &largest, NULL);
	r = lines_read(largest, &bytes, &value.size);
	value.data = bytes;
	if (r == 0)
		r = put(q, &value, 1);
	free(bytes);
	return r;
}

/* However long it takes to read them: nothing is put before the end. */
static int put_atomically(struct sigslot_queue *q, const char *address)
{
	struct sigslot_error err = {0};
	size_t size = 0, limit = 0;
	char *bytes = NULL;
	int r;

	sigslot_queue_stat(address, note_size, &limit, NULL);
	r = lines_read(limit, &bytes, &size);
	if (r == 0 && size > limit) {
		complain("queue '%s' takes up to %zu bytes at once, these lines have "
			 "%zu",
			 address, limit, size);
		r = CMD_DATA;
	} else if (r == 0) {
		slow_begin();
		if (sigslot_queue_put_lines(q, &how, bytes, size, NULL, &err) < 0)
			r = complain_error(&err);
		slow_end();
	}
	free(bytes);
	return r;
}

static int put_into(const char *address, int len, char **operands)
{
	static struct sigslot_queue *q; /* ends with the process, which is sooner */
	struct sigslot_error err = {0};

	if (sigslot_queue_open(address, &q, &err) < 0)
		return complain_error(&err);
	slow_prepare("still waiting for room in queue ", address);
	if (how.atomic)
		return put_atomically(q, address);
	if (lines || null)
		return put_lines(q);
	if (raw && !len)
		return put_input(q, address);
	return put_operands(q, len, operands);
}

static int run(int len, char **operands)
{
	if (strings + as_json + raw > 1)
		complain("queue put: --string, --json and --raw exclude each other");
	else if (lines && null)
		complain("queue put: --lines and --null exclude each other");
	else if ((lines || null) && len > 1)
		complain("queue put: with --%s the messages come from standard input, "
			 "so '%s' is one operand too many",
			 lines ? "lines" : "null", operands[1]);
	else if (how.atomic && !lines && !null)
		complain(
			"queue put: --atomic is for messages from standard input: give "
			"--lines or --null, too");
	else if (how.atomic && full && strcmp(full, "block") && strcmp(full, "fail"))
		complain("queue put: --atomic drops none, so --full %s is not for it",
			 full);
	else if (raw && len > 2)
		complain(
			"queue put: with --raw there is one value: '%s' is one operand "
			"too many",
			operands[2]);
	else {
		how.form = strings   ? SIGSLOT_STRING
			   : as_json ? SIGSLOT_JSON
			   : raw     ? SIGSLOT_RAW
				     : SIGSLOT_BY_TYPE;
		how.end = null ? '\0' : '\n';
		while (full && policies[how.full] != full)
			how.full++;
		return put_into(operands[0], len - 1, operands + 1);
	}
	return CMD_USAGE;
}

const struct cmd cmd_queue_put = {
	.name = "queue put",
	.args = "QUEUE [VALUE...]",
	.brief = "put messages into a queue",
	.opts = opts,
	.least = 1,
	.most = ANY_NUMBER,
	.run = run,
};

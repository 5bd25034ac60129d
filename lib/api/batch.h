/* SPDX-License-Identifier: MIT */
/*
 * Lines of text on their way to becoming messages, some hundred at a time.
 */
#ifndef API_BATCH_H
#define API_BATCH_H

#include "base/buf.h"
#include "base/error.h"
#include "message/type.h"
#include "queue/queue.h"

enum { BATCH_MOST = 512 };

/* What becomes of a line. */
struct batch_rule {
	const struct type *type; /* NULL: any */
	enum sigslot_form form;
	char end; /* what each line ends with, but perhaps the last */
	size_t largest; /* payload, in bytes */
	const char *queue; /* whose limit that is, for people */
};

/* Payloads; they live as long as `bytes` and the text. */
struct batch {
	struct payload at[BATCH_MOST];
	size_t len;
	size_t used; /* bytes of the text that they were made of */
};

/*
 * Makes payloads of the first lines of the text, up to BATCH_MOST. `bytes` is emptied
 * first. Returns 0, or why the line behind the last one in *ret cannot be a message.
 */
int batch_lines(const struct batch_rule *rule, const char *text, size_t size,
		struct buf *bytes, struct batch *ret, struct sigslot_error *err);

/* Fails with -EMSGSIZE and both sizes if a payload is too big for the queue. */
int batch_admit(const struct batch_rule *rule, size_t size, struct sigslot_error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target without a fuzzer: every file named on the command line is given
 * to it whole, cut off at every length (of the first 512), and with every one of
 * those bytes changed. A target that misbehaves ends the program, which is the failure.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"

#include <fcntl.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { FIRST = 512, LARGEST = 16 * 1024 * 1024 };

/* A copy of the exact size: reading beyond it is seen by the address sanitizer. */
static void give(const char *bytes, size_t size)
{
	_free_ uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	memcpy(copy, bytes, size);
	LLVMFuzzerTestOneInput(copy, size);
}

static void give_variants(struct buf *b)
{
	size_t first = b->size < FIRST ? b->size : FIRST;

	give(b->data, b->size);
	for (size_t i = 0; i < first; i++) {
		give(b->data, i);
		b->data[i] ^= (char)(1 + i % 255);
		give(b->data, b->size);
		b->data[i] ^= (char)(1 + i % 255);
	}
}

int main(int argc, char **argv)
{
	int failed = 0;

	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++) {
		_buf_ struct buf b = {0};
		int r = fd_read_file(AT_FDCWD, argv[i], LARGEST, &b, NULL);

		if (r == 0 && b.data)
			give_variants(&b);
		failed |= r < 0;
		printf("%sok %d - %s\n", r < 0 ? "not " : "", i, argv[i]);
		fflush(stdout);
	}
	return failed;
}

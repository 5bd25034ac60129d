/* SPDX-License-Identifier: MIT */
/*
 * A plan is full of pointers, and text and places are all that it follows from. Both
 * sides are the same program: the bytes are believed.
 */
#include "supervisor/handover.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "supervisor/naming.h"

/* How many names follow, each with its NUL; then comes the text. */
struct head {
	uint32_t processes, loops, queues;
};

static int pack(const struct wiring *w, struct buf *out)
{
	const struct plan *p = wiring_plan(w);
	struct head head = {p->processes_len, p->loops_len, p->queues_len};
	int r = buf_add(out, &head, sizeof(head));
	const char *text;
	size_t size;

	for (uint32_t i = 0; i < p->processes_len; i++)
		r = r
			    ?: buf_add(out, p->processes[i].was,
				       strlen(p->processes[i].was) + 1);
	for (uint32_t i = 0; i < p->loops_len; i++)
		r = r ?: buf_add(out, p->loops[i].was, strlen(p->loops[i].was) + 1);
	for (uint32_t i = 0; i < p->queues_len; i++)
		r = r ?: buf_add(out, p->queues[i].was, strlen(p->queues[i].was) + 1);
	text = wiring_text(w, &size);
	return r ?: buf_add(out, text, size);
}

int handover_pack(const struct wiring *w, struct sigslot_error *err)
{
	_close_ int fd = memfd_create("plan", MFD_CLOEXEC);
	_buf_ struct buf bytes = {0};
	int r;

	if (fd < 0)
		return fail_errno(err, "cannot hand a plan over");
	r = pack(w, &bytes);
	if (r == 0)
		r = fd_write(fd, bytes.data, bytes.size);
	if (r < 0)
		return fail(err, r, "cannot hand a plan over: %s", strerror(-r));
	return TAKE_FD(fd);
}

static const char *next_name(const char **at)
{
	const char *name = *at;

	*at += strlen(name) + 1;
	return name;
}

/* A plan that has nothing but places, and is not freed as one. */
static int read_places(const char **at, struct plan *ret)
{
	struct head head;

	memcpy(&head, *at, sizeof(head));
	*at += sizeof(head);
	ret->processes_len = head.processes;
	ret->loops_len = head.loops;
	ret->queues_len = head.queues;
	ret->processes =
		arena_alloc(&ret->arena, head.processes * sizeof(*ret->processes));
	ret->loops = arena_alloc(&ret->arena, head.loops * sizeof(*ret->loops));
	ret->queues = arena_alloc(&ret->arena, head.queues * sizeof(*ret->queues));
	if (!ret->processes || !ret->loops || !ret->queues)
		return -ENOMEM;
	for (uint32_t i = 0; i < head.processes; i++)
		ret->processes[i].was = next_name(at);
	for (uint32_t i = 0; i < head.loops; i++)
		ret->loops[i].was = next_name(at);
	for (uint32_t i = 0; i < head.queues; i++)
		ret->queues[i].was = next_name(at);
	return 0;
}

static int make(const struct wiring *w, const char *bytes, size_t size,
		struct plan **ret, struct sigslot_error *err)
{
	struct plan places = {0};
	const char *at = bytes;
	int r = read_places(&at, &places);

	if (r == 0)
		r = wiring_read(w, at, size - (size_t)(at - bytes), &places, ret, err);
	arena_done(&places.arena);
	return r < 0 ? fail(err, r, "out of memory") : r;
}

int handover_take(struct world *w, int fd, struct sigslot_error *err)
{
	struct world before = *w;
	struct plan *p = NULL;
	struct stat st;
	void *bytes;
	int r;

	if (fstat(fd, &st) < 0)
		return fail_errno(err, "cannot take a plan over");
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return fail_errno(err, "cannot take a plan over");
	r = make(w->wiring, bytes, (size_t)st.st_size, &p, err);
	munmap(bytes, (size_t)st.st_size);
	if (r < 0)
		return r;
	w->plan = p;
	r = naming_find(w, err);
	world_done(&before);
	return r;
}

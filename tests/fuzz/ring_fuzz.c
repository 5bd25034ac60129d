/* SPDX-License-Identifier: MIT */
/*
 * G1: a ring that a broken process wrote into. The input says where it is damaged, and
 * what is then done with it. Whatever that is, each operation ends soon, in success or
 * in one of its errors, touches nothing beyond the ring, and hands out no message that
 * nobody sent.
 *
 * An input is a byte that says how many damages there are, eight bytes for each, and a
 * byte for each operation; afterwards all operations are done once.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "queue/drop.h"
#include "queue/lease.h"
#include "queue/section.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIZE = 65536, MESSAGES = 24, SECONDS = 20, MOST = 8, PAGE = 4096 };

static char path[] = "/tmp/sigslot-fuzz-XXXXXX";
static int dir = -1;
static pid_t owner;
static struct identity *id;
static struct queue *q;
static unsigned char image[RING_DATA + SIZE]; /* of the ring as it was filled */
static unsigned char *file; /* our own look at it */
static struct claim held[4]; /* the leases in it */
static struct lease named;
static struct {
	long inputs, noticed;
} sum;

static void must(bool held_true)
{
	if (!held_true)
		abort();
}

/* --- messages whose every byte follows from their id --- */

static size_t size_of(uint64_t n)
{
	return n * 67 % 900;
}

static void fill(unsigned char *to, uint64_t n, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = (unsigned char)(n * 31 + i * 7 + size);
}

static int push(uint64_t n, size_t size)
{
	static unsigned char bytes[SIZE];
	struct envelope e = {.id = n, .reply_to = size, .signal = (uint32_t)n % 3};

	fill(bytes, n, size);
	return queue_push(q, &e, bytes, size, NULL);
}

/* What is handed out lies in the ring, and was sent by somebody. */
static void check(const struct claim *c)
{
	const unsigned char *at = c->payload.data;
	size_t size = c->payload.size;

	must(at >= q->ring.data && at + size <= q->ring.data + 2 * SIZE);
	must(size <= SIZE / 2 && c->envelope.reply_to == size);
	for (size_t i = 0; i < size; i++)
		must(at[i] == (unsigned char)(c->envelope.id * 31 + i * 7 + size));
}

/* --- operations: each returns what the queue said --- */

static int push_small(void)
{
	return push(1000, 24);
}

static int push_large(void)
{
	return push(1001, 9000);
}

static int push_largest(void)
{
	return push(1002, queue_largest(SIZE));
}

static int push_many(void)
{
	static unsigned char bytes[3][64];
	struct envelope e = {.id = 1010, .reply_to = 64};
	struct payload p[3];
	size_t done;
	int r;

	for (unsigned i = 0; i < 3; i++) {
		fill(bytes[i], e.id + i, 64);
		p[i] = (struct payload){bytes[i], 64};
	}
	r = queue_push_many(q, &e, p, 3, &done, NULL);
	must(done <= 3);
	return r;
}

static int claim_three(void)
{
	struct claim c[3];
	int n = queue_claim(q, c, 3, NULL);

	must(n <= 3);
	for (int i = 0; i < n; i++)
		check(&c[i]);
	if (n > 2)
		queue_unpin(q, &c[2], 1);
	if (n > 1)
		queue_return(q, &c[1], 0, true);
	return n > 0 ? queue_ack(q, c, 1) : n;
}

static int turn(void)
{
	struct claim c[2];
	int n = queue_turn(q, held, 1, c, 2, NULL);

	for (int i = 0; i < n; i++)
		check(&c[i]);
	return n;
}

static int acknowledge(void)
{
	return queue_ack(q, held, 2);
}

static int give_back(void)
{
	return queue_return(q, &held[2], 0, true);
}

static int park(void)
{
	return queue_return(q, &held[3], clock_now() + NS_PER_S, false);
}

static int unpin(void)
{
	struct claim c[2] = {held[0], held[1]};

	return queue_unpin(q, c, 2);
}

static int bury(void)
{
	return queue_bury(q, &held[1]);
}

static int recover(void)
{
	return queue_recover(q, 0, 0);
}

static int purge(void)
{
	return queue_purge(q) < 0 ? -EBADMSG : 0;
}

static int shut(void)
{
	int r = queue_shut(q, true);

	return r ? r : queue_shut(q, false);
}

static int slide(void)
{
	int r = section_enter(q, NULL);

	if (r < 0)
		return r;
	r = slide_head(q);
	section_leave(q);
	return r;
}

static int count(void)
{
	struct queue_counts n;

	queue_due(q);
	return queue_counts(q, &n);
}

static int peek(void)
{
	struct queue_counts n;

	return queue_peek(dir, "q", &n, NULL);
}

static int evict(void)
{
	return queue_relieve(q, QUEUE_DROP_OLD, 1, 3000);
}

static int supersede(void)
{
	return queue_supersede(q, 2);
}

static int adopt(void)
{
	struct lease l = named;
	struct claim c = {0};
	int r = lease_read(q, &l, &c);

	if (r == 0)
		free((void *)(uintptr_t)c.payload.data);
	r = lease_adopt(q, &l);
	lease_held(q, &l);
	return r ? r : lease_done(q, &l);
}

static int open_again(void)
{
	struct queue *second;
	int r = queue_open(dir, "q", id, &second, NULL);

	if (r == 0)
		queue_close(second);
	return r;
}

static int (*const operations[])(void) = {
	push_small, push_large,	 push_largest, push_many, claim_three, turn,
	unpin,	    give_back,	 park,	       bury,	  acknowledge, slide,
	evict,	    supersede,	 adopt,	       shut,	  count,       peek,
	open_again, claim_three, push_small,   recover,	  purge,
};

/* --- a filled ring --- */

static void leave(void)
{
	if (getpid() != owner)
		return;
	queue_remove(dir, "q", NULL);
	unlinkat(dir, "id", 0);
	rmdir(path);
	printf("# %ld damaged rings, %ld of them noticed\n", sum.inputs, sum.noticed);
}

static void open_queue(void)
{
	must(queue_open(dir, "q", id, &q, NULL) == 0);
}

/* Nothing is mapped on either side: a write out of bounds is a crash. */
static void *fence(void *at)
{
	return mmap(at, PAGE, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
}

static void take_down(void *fence)
{
	if (fence != MAP_FAILED)
		munmap(fence, PAGE);
}

static void enter(void)
{
	struct queue_limits limits = {.size = SIZE};
	_close_ int fd = -1;

	owner = getpid();
	must(mkdtemp(path) != NULL);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(dir >= 0 && identity_create(dir, NULL) == 0);
	must(identity_open(dir, 2, &id, NULL) == 0);
	must(queue_create(dir, "q", &limits, NULL) == 0);
	atexit(leave);
	open_queue();
	for (uint64_t n = 1; n <= MESSAGES; n++)
		must(push(n, size_of(n)) == 0);
	must(queue_claim(q, held, 4, NULL) == 4);
	must(queue_ack(q, &held[0], 1) == 0);
	must(queue_unpin(q, &held[1], 1) == 0);
	named = lease_of(q, &held[1]);
	fd = openat(dir, "q/ring", O_RDWR | O_CLOEXEC);
	file = mmap(NULL, sizeof(image), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	must(fd >= 0 && file != MAP_FAILED);
	memcpy(image, file, sizeof(image));
	q->held = 0; /* so that they stay leased */
	queue_close(q);
}

/* --- damages --- */

static struct record *record_at(unsigned nth)
{
	const struct ring_meta *m = &q->ring.head->meta[q->ring.head->idx & 1];
	uint64_t at = m->head;

	while (nth-- && at < m->tail) {
		struct record *r = ring_at(&q->ring, at);

		at += record_room(r->size % SIZE);
	}
	return ring_at(&q->ring, at & ~15ull);
}

static void change(uint64_t *at, unsigned how, uint32_t value)
{
	switch (how % 4) {
	case 0:
		*at ^= 1ull << value % 64;
		return;
	case 1:
		*at += (uint64_t)(int64_t)(int16_t)value;
		return;
	case 2:
		*at = (uint64_t)value << 32 | value;
		return;
	default:
		*at = value;
	}
}

static void damage(const uint8_t *d)
{
	struct ring_head *head = q->ring.head;
	struct ring_meta *m = &head->meta[head->idx & 1];
	uint32_t value = d[4] | (uint32_t)d[5] << 8 | (uint32_t)d[6] << 16 |
			 (uint32_t)d[7] << 24;
	unsigned which = d[1] | (unsigned)d[2] << 8;

	switch (d[0] % 6) {
	case 0: /* the latch, the bells, who waits, what is reserved */
		change((uint64_t *)&head->latch + which % 6, d[3], value);
		return;
	case 1: /* a meta block that adds up */
		change((uint64_t *)m + which % (sizeof(*m) / 8), d[3], value);
		m->crc = 0;
		m->crc = crc32c_lanes(m, sizeof(*m));
		return;
	case 2: /* one that does not */
		change((uint64_t *)m + which % (sizeof(*m) / 8), d[3], value);
		return;
	case 3: /* the header of a record */
		change((uint64_t *)record_at(which & 31) +
			       (which >> 5) % (sizeof(struct record) / 8),
		       d[3], value);
		return;
	case 4: /* anything in the data */
		change((uint64_t *)q->ring.data + which * 8 % (SIZE / 8), d[3], value);
		return;
	default: /* what never changes */
		change((uint64_t *)&head->fixed + which % (sizeof(head->fixed) / 8),
		       d[3], value);
	}
}

/* --- one input --- */

/* Does it. Returns whether it was told of damage. */
static bool operate(unsigned which)
{
	int r = operations[which % ARRAY_LEN(operations)]();

	must(r >= 0 || r == -EBADMSG || r == -EAGAIN || r == -ESTALE ||
	     r == -ESHUTDOWN || r == -EMSGSIZE || r == -ETIMEDOUT || r == -EPROTO ||
	     r == -EFBIG || r == -ENOSPC || r == -EINVAL);
	return r == -EBADMSG || r == -EPROTO;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t damages = size ? data[0] % (MOST + 1) : 0, at = 1;
	struct queue_counts n;
	void *below, *above;
	bool noticed = false;

	if (dir < 0)
		enter();
	memcpy(file, image, sizeof(image));
	open_queue();
	below = fence((char *)q->ring.head - PAGE);
	above = fence(q->ring.data + 2 * SIZE);
	for (; damages-- && at + 8 <= size; at += 8)
		damage(data + at);
	alarm(SECONDS);
	for (; at < size && at < 256; at++)
		noticed |= operate(data[at]);
	for (unsigned i = 0; i < ARRAY_LEN(operations); i++)
		noticed |= operate(i);
	alarm(0);
	must(q->ring.capacity == SIZE);
	noticed |= queue_counts(q, &n) < 0 || n.damaged;
	take_down(below);
	take_down(above);
	queue_close(q);
	q = NULL;
	sum.inputs++;
	sum.noticed += noticed;
	return 0;
}

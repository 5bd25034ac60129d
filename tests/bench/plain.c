/* SPDX-License-Identifier: MIT */
/*
 * The plain ring, and the anchor that it is.
 */
#include "plain.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "load.h"

enum { CAPACITY = 2 << 20, HEADER = 8 };

struct plain {
	pthread_mutex_t lock;
	pthread_cond_t data, space;
	unsigned readers, writers; /* asleep */
	bool shut;
	uint64_t head, tail, capacity;
	char bytes[];
};

struct plain *plain_new(size_t capacity)
{
	struct plain *p = mmap(NULL, sizeof(*p) + capacity, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t m;
	pthread_condattr_t c;

	load_must(p != MAP_FAILED, "mmap");
	pthread_mutexattr_init(&m);
	pthread_mutexattr_setpshared(&m, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&m, PTHREAD_MUTEX_ROBUST);
	pthread_condattr_init(&c);
	pthread_condattr_setpshared(&c, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&p->lock, &m);
	pthread_cond_init(&p->data, &c);
	pthread_cond_init(&p->space, &c);
	p->capacity = capacity;
	return p;
}

void plain_free(struct plain *p)
{
	munmap(p, sizeof(*p) + p->capacity);
}

static void copy_in(struct plain *p, uint64_t at, const void *from, size_t size)
{
	size_t offset = at % p->capacity, first = p->capacity - offset;

	if (first > size)
		first = size;
	memcpy(p->bytes + offset, from, first);
	memcpy(p->bytes, (const char *)from + first, size - first);
}

static void copy_out(const struct plain *p, uint64_t at, void *to, size_t size)
{
	size_t offset = at % p->capacity, first = p->capacity - offset;

	if (first > size)
		first = size;
	memcpy(to, p->bytes + offset, first);
	memcpy((char *)to + first, p->bytes, size - first);
}

void plain_put(struct plain *p, const void *bytes, size_t size, size_t batch)
{
	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < batch; i++) {
		while (p->capacity - (p->tail - p->head) < size + HEADER) {
			if (p->readers)
				pthread_cond_signal(&p->data);
			p->writers++;
			pthread_cond_wait(&p->space, &p->lock);
			p->writers--;
		}
		copy_in(p, p->tail, &size, HEADER);
		copy_in(p, p->tail + HEADER, bytes, size);
		p->tail += size + HEADER;
	}
	if (p->readers)
		pthread_cond_signal(&p->data);
	pthread_mutex_unlock(&p->lock);
}

size_t plain_get(struct plain *p, size_t most)
{
	static char out[sizeof(load_bytes)];
	size_t n = 0, size;

	pthread_mutex_lock(&p->lock);
	while (p->head == p->tail && !p->shut) {
		p->readers++;
		pthread_cond_wait(&p->data, &p->lock);
		p->readers--;
	}
	for (; n < most && p->head != p->tail; n++) {
		copy_out(p, p->head, &size, HEADER);
		copy_out(p, p->head + HEADER, out, size);
		p->head += size + HEADER;
	}
	if (p->writers)
		pthread_cond_signal(&p->space);
	pthread_mutex_unlock(&p->lock);
	return n;
}

void plain_shut(struct plain *p)
{
	pthread_mutex_lock(&p->lock);
	p->shut = true;
	pthread_cond_broadcast(&p->data);
	pthread_mutex_unlock(&p->lock);
}

/* --- the anchor --- */

static struct plain *ring;

static void begin(const struct load *l)
{
	ring = plain_new(l->room ? l->room * (l->size + HEADER) : CAPACITY);
}

static void produce(const struct load *l, unsigned index)
{
	(void)index;
	for (long n = 0; n < l->messages; n += (long)l->batch)
		plain_put(ring, load_bytes, l->size, l->batch);
}

static void consume(const struct load *l, unsigned index)
{
	(void)index;
	while (plain_get(ring, l->batch))
		;
}

static void shut(void)
{
	plain_shut(ring);
}

static void end(void)
{
	plain_free(ring);
}

const struct anchor anchor_plain = {
	.name = "mutex ring",
	.begin = begin,
	.produce = produce,
	.consume = consume,
	.shut = shut,
	.end = end,
};

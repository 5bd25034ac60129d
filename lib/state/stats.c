/* SPDX-License-Identifier: MIT */
/*
 * The files of the histograms: two pages each, named SLOT-FROM. One that is not whole,
 * or of another version, holds nothing.
 */
#include "state/stats.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "state/runtime.h"

enum { MAGIC = 0x54535353, VERSION = 2, PAGE = 4096, NAME = 32 };

static_assert(sizeof(struct stats_place) == 2 * PAGE, "two pages");

static const char directory[] = "stats";

int stats_create(int dir, struct sigslot_error *err)
{
	_close_ int fd = -1;

	unlinkat(dir, directory, 0); /* of an older version: a file */
	return runtime_subdir(dir, directory, true, &fd, err);
}

int stats_open(int dir)
{
	return openat(dir, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

static struct stats_place *map(int fd, int access)
{
	void *at = mmap(NULL, sizeof(struct stats_place), access, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

/* A new one is all zeros until it says what it is. */
static bool claim(struct stats_place *p)
{
	if (!p->magic) {
		p->version = VERSION;
		__atomic_store_n(&p->magic, MAGIC, __ATOMIC_RELEASE); /* is_ours() */
	}
	return p->magic == MAGIC && p->version == VERSION;
}

static bool is_ours(const struct stats_place *p)
{
	return __atomic_load_n(&p->magic, __ATOMIC_ACQUIRE) == MAGIC &&
	       p->version == VERSION;
}

struct stats_place *stats_map(int dir, struct stats_key key)
{
	char path[sizeof(directory) + NAME];
	struct stats_place *p;
	_close_ int fd = -1;

	snprintf(path, sizeof(path), "%s/%u-%u", directory, key.slot, key.from);
	fd = openat(dir, path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || posix_fallocate(fd, 0, sizeof(*p)) != 0)
		return NULL;
	p = map(fd, PROT_READ | PROT_WRITE);
	if (p && claim(p))
		return p;
	if (p)
		munmap(p, sizeof(*p));
	return NULL;
}

static int compare(const void *a, const void *b)
{
	const struct stats_key *x = a, *y = b;

	return x->slot != y->slot ? (x->slot > y->slot) - (x->slot < y->slot)
				  : (x->from > y->from) - (x->from < y->from);
}

static int list(DIR *d, struct stats_keys *ret)
{
	struct dirent *entry;
	struct stats_key key, *at;

	while ((entry = readdir(d))) {
		if (sscanf(entry->d_name, "%u-%u", &key.slot, &key.from) != 2)
			continue;
		at = vec_push(&ret->at);
		if (!at)
			return -ENOMEM;
		*at = key;
	}
	return 0;
}

int stats_list(int stats, struct stats_keys *ret)
{
	int r, fd = openat(stats, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	*ret = (struct stats_keys){0};
	if (!d) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	r = list(d, ret);
	closedir(d);
	if (ret->at.len)
		qsort(ret->at.at, ret->at.len, sizeof(*ret->at.at), compare);
	return r;
}

void stats_keys_done(struct stats_keys *keys)
{
	vec_done(&keys->at);
}

void stats_add(int stats, struct stats_key key, struct stats_place *sum)
{
	char name[NAME];
	struct stats_place *p;
	_close_ int fd = -1;
	struct stat st;

	snprintf(name, sizeof(name), "%u-%u", key.slot, key.from);
	fd = openat(stats, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size < (off_t)sizeof(*p))
		return;
	p = map(fd, PROT_READ);
	if (!p)
		return;
	if (is_ours(p)) {
		histogram_join(&sum->wait, &p->wait);
		histogram_join(&sum->service, &p->service);
		sum->failed += __atomic_load_n(&p->failed, __ATOMIC_RELAXED);
	}
	munmap(p, sizeof(*p));
}

void stats_sum_up(const struct stats_place *sum, struct stats_summary *ret)
{
	histogram_sum_up(&sum->wait, &ret->wait);
	histogram_sum_up(&sum->service, &ret->service);
	ret->failed = sum->failed;
}

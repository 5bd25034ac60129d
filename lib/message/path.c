/* SPDX-License-Identifier: MIT */
/*
 * Simple paths: the part of jq's paths that needs no jq. One parser serves the check
 * of a topology and the following at run time.
 */
#include "message/json.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "message/keys.h"
#include "message/scan.h"

/* One step: a key (the inside of a quoted one, or a plain name) or an index. */
struct step {
	struct key key; /* .at is NULL for an index */
	long index;
};

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Each passes one kind of step; false with *at at the first bad byte. */
static bool name(const char **at, struct step *step)
{
	const char *from = *at;

	while (letter(**at) || (*at > from && digit(**at)))
		++*at;
	step->key = (struct key){.at = from, .size = (size_t)(*at - from)};
	return *at > from;
}

static bool quoted(const char **at, struct step *step)
{
	const char *from = *at, *end = from + strlen(from);
	struct json_fault fault;
	bool escaped = false;

	for (end = from + 1; *end && *end != '"'; end++)
		if (*end == '\\' && end[1]) {
			escaped = true;
			end++;
		}
	end += *end == '"';
	if (json_check(from, (size_t)(end - from), &fault) < 0) {
		*at = from + fault.offset;
		return false;
	}
	*at = end;
	step->key = (struct key){
		.at = from + 1,
		.size = (size_t)(end - from) - 2,
		.escaped = escaped,
	};
	return true;
}

static bool indexed(const char **at, struct step *step)
{
	bool minus = *++*at == '-';
	const char *from = *at += minus;
	long value = 0;

	/* 17 digits are more than any array has elements, and fit */
	while (digit(**at) && *at - from < 17)
		value = value * 10 + (*(*at)++ - '0');
	if (*at == from || **at != ']')
		return false;
	++*at;
	*step = (struct step){.index = minus ? -value : value};
	return true;
}

/* Passes the step at *at, which is not at the end. `start` is that of the path. */
static bool take(const char **at, const char *start, struct step *step)
{
	if (**at == '[' && *at > start)
		return indexed(at, step);
	if (**at != '.')
		return false;
	++*at;
	if (**at == '[' && *at == start + 1)
		return indexed(at, step);
	return **at == '"' ? quoted(at, step) : name(at, step);
}

int json_path_check(const char *path, size_t *ret_offset)
{
	const char *at = path;
	struct step step;

	if (strcmp(path, ".") == 0)
		return 0;
	do {
		if (take(&at, path, &step))
			continue;
		if (ret_offset)
			*ret_offset = (size_t)(at - path);
		return -EINVAL;
	} while (*at);
	return 0;
}

static int member(struct json_slice *value, const struct step *step)
{
	struct json_slice quoted_key, element;
	struct json_walk walk;

	json_walk_start(&walk, value->data, value->size);
	if (!walk.object)
		return -ENOENT;
	while (json_walk_next(&walk, &quoted_key, &element)) {
		struct key key = {
			.at = quoted_key.data + 1,
			.size = quoted_key.size - 2,
			.escaped = memchr(quoted_key.data, '\\', quoted_key.size),
		};

		if (keys_equal(&key, &step->key)) {
			*value = element;
			return 0;
		}
	}
	return -ENOENT;
}

static long count(const struct json_slice *array)
{
	struct json_walk walk;
	long len = 0;

	json_walk_start(&walk, array->data, array->size);
	while (json_walk_next(&walk, NULL, NULL))
		len++;
	return len;
}

static int element(struct json_slice *value, const struct step *step)
{
	long index = step->index < 0 ? step->index + count(value) : step->index;
	struct json_walk walk;

	json_walk_start(&walk, value->data, value->size);
	if (walk.object || index < 0)
		return -ENOENT;
	while (json_walk_next(&walk, NULL, value))
		if (index-- == 0)
			return 0;
	return -ENOENT;
}

int json_path(const char *bytes, size_t size, const char *path,
	      struct json_slice *ret_value)
{
	const char *at = scan_space(bytes, bytes + size), *end = bytes + size;
	struct json_slice value;
	struct step step;
	int r;

	while (end > at && memchr(" \t\n\r", end[-1], 4))
		end--;
	value = (struct json_slice){at, (size_t)(end - at)};
	at = path;
	while (strcmp(path, ".") != 0 && (at == path || *at)) {
		if (!take(&at, path, &step))
			return -EINVAL;
		r = step.key.at ? member(&value, &step) : element(&value, &step);
		if (r < 0)
			return r;
	}
	*ret_value = value;
	return 0;
}

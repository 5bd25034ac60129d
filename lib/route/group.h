/* SPDX-License-Identifier: MIT */
/*
 * The plain name of something that has replicas: it stands for all of them.
 */
#ifndef ROUTE_GROUP_H
#define ROUTE_GROUP_H

#include "route/route.h"

enum { GROUP_NAME = 80 };

/* Writes the name of the n-th replica, from 1 on. False: there are not so many. */
bool group_replica(const struct routes *r, const char *plain, uint32_t n,
		   char out[static GROUP_NAME]);

/* Whether something of that name is one of the replicas. */
bool group_has(const struct routes *r, const char *plain, const char *name);

#endif

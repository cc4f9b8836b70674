/* SPDX-License-Identifier: MIT */
#include "mediator/sched/sched.h"

#include <stddef.h>

static int goes_before(const struct sched_client *a, const struct sched_client *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority;
	return a->order < b->order;
}

static const struct sched_client *pick(const struct sched *s, uint64_t now)
{
	const struct sched_client *best = NULL;

	(void)now;
	for (uint32_t i = 0; i < SCHED_MAX_CLIENTS; i++) {
		const struct sched_client *c = &s->client[i];

		if (c->waiting && (!best || goes_before(c, best)))
			best = c;
	}
	return best;
}

const struct sched_policy sched_fixed_priority = {"fixed-priority", pick};

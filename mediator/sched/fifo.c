/* SPDX-License-Identifier: MIT */
/* What plain virtio-gpu does: the yardstick for every other policy. */
#include "mediator/sched/sched.h"

#include <stddef.h>

static const struct sched_client *pick(const struct sched *s, uint64_t now)
{
	const struct sched_client *best = NULL;

	(void)now;
	for (uint32_t i = 0; i < SCHED_MAX_CLIENTS; i++) {
		const struct sched_client *c = &s->client[i];

		if (c->waiting && (!best || c->order < best->order))
			best = c;
	}
	return best;
}

const struct sched_policy sched_fifo = {"fifo", pick};

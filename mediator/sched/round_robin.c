/* SPDX-License-Identifier: MIT */
/* Round robin, one job each, as Linux's drm scheduler among entities of one priority. */
#include <stddef.h>

#include "mediator/sched/internal.h"

static struct sched_client *pick(struct sched *s, uint64_t now, uint64_t *wake)
{
	struct sched_client *c = sched_next_eligible(s, s->turn);

	(void)now;
	(void)wake;
	if (c)
		s->turn = c->index + 1u;
	return c;
}

const struct sched_policy sched_round_robin = {.name = "round-robin", .pick = pick};

/* SPDX-License-Identifier: MIT */
/*
 * Time slices of SCHED_SLICE_NS times weight, in turn, as in time-sharing mediators. A client that
 * has no job when its turn comes loses the turn. A job that overruns its turn shortens later turns
 * of its client.
 */
#include <stddef.h>

#include "mediator/sched/internal.h"

static int64_t slice_of(const struct sched_client *c)
{
	return (int64_t)(c->params.weight * SCHED_SLICE_NS);
}

/* How many more turns a client without time left needs until it has some: at least 1. */
static int64_t turns_to(const struct sched_client *c)
{
	return -c->slice_ns / slice_of(c) + 1;
}

/* All eligible clients are in debt: skip the turns in which none of them could run. */
static void skip_turns(struct sched *s)
{
	int64_t fewest = INT64_MAX;

	for (uint32_t i = sched_bit_next(s->eligible, 0); i < SCHED_MAX_CLIENTS;
	     i = sched_bit_next(s->eligible, i + 1))
		if (turns_to(&s->client[i]) < fewest)
			fewest = turns_to(&s->client[i]);
	for (uint32_t i = sched_bit_next(s->eligible, 0); i < SCHED_MAX_CLIENTS;
	     i = sched_bit_next(s->eligible, i + 1))
		s->client[i].slice_ns += (fewest - 1) * slice_of(&s->client[i]);
}

static struct sched_client *pass_on(struct sched *s)
{
	for (;;) {
		for (uint32_t i = 0; i < SCHED_MAX_CLIENTS; i++) {
			struct sched_client *c = sched_next_eligible(s, s->turn + 1u);

			if (!c)
				return NULL;
			s->turn = c->index;
			c->slice_ns = (c->slice_ns < 0 ? c->slice_ns : 0) + slice_of(c);
			if (c->slice_ns > 0)
				return c;
		}
		skip_turns(s); /* the next round finds a client */
	}
}

static struct sched_client *pick(struct sched *s, uint64_t now, uint64_t *wake)
{
	struct sched_client *c = &s->client[s->turn];

	(void)now;
	(void)wake;
	if (sched_bit_test(s->eligible, s->turn) && c->slice_ns > 0)
		return c;
	return pass_on(s);
}

static void charge(struct sched *s, struct sched_client *c, uint64_t ns)
{
	(void)s;
	c->slice_ns -= (int64_t)ns;
}

const struct sched_policy sched_time_slice = {.name = "time-slice", .pick = pick, .charge = charge};

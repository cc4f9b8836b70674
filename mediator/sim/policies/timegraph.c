/* SPDX-License-Identifier: MIT */
/*
 * TimeGraph's two scheduling policies (Kato, Lakshmanan, Rajkumar, Ishikawa, USENIX ATC 2011),
 * without its optional reservations. Tasks have priorities; groups of commands wait in a queue by
 * priority, FIFO among equals.
 *
 * PRT, predictable response time: a group waits until the one before it is complete.
 * HT, high throughput: a group is also submitted at once if the executing group is of the same task
 * and no task of higher priority waits. So a task keeps the GPU for as long as it submits in time,
 * and a new task waits for all groups submitted before.
 */
#include "mediator/sim/policies/policies.h"

static void init(struct sim *s)
{
	(void)s;
}

static int goes_before(const struct sim *s, uint32_t a, uint32_t b)
{
	uint32_t pa = s->workload->guest[a].priority, pb = s->workload->guest[b].priority;

	return pa < pb || (pa == pb && sim_first_job(s, a)->order < sim_first_job(s, b)->order);
}

static uint32_t pick_prt(struct sim *s)
{
	uint32_t best = SIM_NOBODY;

	if (s->ring_count)
		return SIM_NOBODY;
	for (uint32_t i = 0; i < s->workload->num_guests; i++)
		if (s->guest[i].waiting && (best == SIM_NOBODY || goes_before(s, i, best)))
			best = i;
	return best;
}

static uint32_t pick_ht(struct sim *s)
{
	uint32_t owner;

	if (!s->ring_count)
		return pick_prt(s);
	owner = sim_job_guest(s, &s->ring[s->ring_head]);
	if (!s->guest[owner].waiting)
		return SIM_NOBODY;
	for (uint32_t i = 0; i < s->workload->num_guests; i++)
		if (s->guest[i].waiting &&
		    s->workload->guest[i].priority < s->workload->guest[owner].priority)
			return SIM_NOBODY;
	return owner;
}

const struct sim_policy sim_peer_timegraph_prt = {
	.name = "timegraph-prt",
	.about = "peer: TimeGraph, predictable response time",
	.init = init,
	.pick = pick_prt};

const struct sim_policy sim_peer_timegraph_ht = {.name = "timegraph-ht",
						 .about = "peer: TimeGraph, high throughput",
						 .init = init,
						 .pick = pick_ht};

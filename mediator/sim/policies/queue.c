/* SPDX-License-Identifier: MIT */
/*
 * Policies that look only at the waiting jobs.
 *
 * virtio-fifo	plain virtio-gpu: one queue for all jobs, in the order of submission.
 * drm-rr	round robin between clients, as drm_sched did by default before Linux 6.8: the next
 *		client that has a job, after the one served last.
 * drm-prio-N	drm_sched with strict priorities, FIFO among equals, and N credits: up to N jobs are
 *		committed to the GPU, which executes them in order.
 * edf		non-preemptive earliest deadline first; jobs without a deadline last, FIFO.
 */
#include "mediator/sim/policies/policies.h"

struct round_robin {
	uint32_t last; /* guest served last */
};

static void no_init(struct sim *s)
{
	(void)s;
}

static int earlier(const struct sim *s, uint32_t a, uint32_t b)
{
	return b == SIM_NOBODY || sim_first_job(s, a)->order < sim_first_job(s, b)->order;
}

static uint32_t pick_fifo(struct sim *s)
{
	uint32_t best = SIM_NOBODY;

	if (s->ring_count)
		return SIM_NOBODY;
	for (uint32_t i = 0; i < s->workload->num_guests; i++)
		if (s->guest[i].waiting && earlier(s, i, best))
			best = i;
	return best;
}

static uint32_t pick_priority(const struct sim *s)
{
	const struct sim_guest *guest = s->workload->guest;
	uint32_t best = SIM_NOBODY;

	for (uint32_t i = 0; i < s->workload->num_guests; i++) {
		if (!s->guest[i].waiting)
			continue;
		if (best == SIM_NOBODY || guest[i].priority < guest[best].priority ||
		    (guest[i].priority == guest[best].priority && earlier(s, i, best)))
			best = i;
	}
	return best;
}

static uint32_t pick_priority_1(struct sim *s)
{
	return s->ring_count ? SIM_NOBODY : pick_priority(s);
}

static uint32_t pick_priority_2(struct sim *s)
{
	return s->ring_count >= 2 ? SIM_NOBODY : pick_priority(s);
}

static void init_round_robin(struct sim *s)
{
	((struct round_robin *)(void *)s->policy_state)->last = s->workload->num_guests - 1;
}

static uint32_t pick_round_robin(struct sim *s)
{
	struct round_robin *rr = (struct round_robin *)(void *)s->policy_state;
	uint32_t guest = rr->last;

	if (s->ring_count)
		return SIM_NOBODY;
	for (uint32_t i = 0; i < s->workload->num_guests; i++) {
		guest = guest + 1 < s->workload->num_guests ? guest + 1 : 0;
		if (s->guest[guest].waiting) {
			rr->last = guest;
			return guest;
		}
	}
	return SIM_NOBODY;
}

static uint32_t pick_edf(struct sim *s)
{
	uint64_t best_deadline = SIM_NEVER;
	uint32_t best = SIM_NOBODY;

	if (s->ring_count)
		return SIM_NOBODY;
	for (uint32_t i = 0; i < s->workload->num_guests; i++) {
		uint64_t deadline;

		if (!s->guest[i].waiting)
			continue;
		deadline = sim_first_deadline(s, i);
		if (best == SIM_NOBODY || deadline < best_deadline ||
		    (deadline == best_deadline && earlier(s, i, best))) {
			best = i;
			best_deadline = deadline;
		}
	}
	return best;
}

#define PEER(variable, peer_name, init_function, pick_function, text)                              \
	const struct sim_policy variable = {                                                       \
		.name = peer_name, .about = text, .init = init_function, .pick = pick_function}

PEER(sim_peer_fifo, "virtio-fifo", no_init, pick_fifo, "peer: plain virtio-gpu");
PEER(sim_peer_round_robin, "drm-rr", init_round_robin, pick_round_robin,
     "peer: drm_sched round robin");
PEER(sim_peer_priority_1, "drm-prio-1", no_init, pick_priority_1,
     "peer: drm_sched strict priority, 1 credit");
PEER(sim_peer_priority_2, "drm-prio-2", no_init, pick_priority_2,
     "peer: drm_sched strict priority, 2 credits");
PEER(sim_peer_edf, "np-edf", no_init, pick_edf, "peer: non-preemptive earliest deadline first");

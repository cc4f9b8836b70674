/* SPDX-License-Identifier: MIT */
/*
 * GVT-g's time-based scheduler with its constants, as Linux had it in drivers/gpu/drm/i915/gvt
 * until 6.x. There is a tick each 1 ms. Each 100 ms every virtual GPU gets a time slice by its
 * weight, added to its remaining time or debt; each tenth time the remaining time or debt is
 * forgotten. A tick chooses, of the virtual GPUs that have work and time left, the one that was
 * chosen longest ago. The virtual GPU chosen before starts no further job, and the switch happens
 * when its running job ends. Time is charged to the chosen virtual GPU whether or not it works. If
 * no virtual GPU with work has time left, the GPU stays idle: this policy is not work-conserving.
 */
#include <string.h>

#include "mediator/sim/policies/policies.h"

#define TICK_NS	   UINT64_C(1000000)
#define BALANCE_NS (100 * TICK_NS)
#define STAGES	   10u

struct gvt_g {
	int64_t left_ns[SIM_MAX_GUESTS];
	int64_t slice_ns[SIM_MAX_GUESTS];
	uint32_t lru[SIM_MAX_GUESTS]; /* ordered: the first was chosen longest ago */
	uint32_t current, next;	      /* guests, IDLE or NONE */
	uint64_t charged_ns;	      /* the current guest is charged up to this time */
	uint64_t tick_ns, balance_ns; /* of the next tick and the next slices */
	uint32_t stage;
};

enum { IDLE = SIM_MAX_GUESTS, NONE = SIM_MAX_GUESTS + 1 };

_Static_assert(sizeof(struct gvt_g) <= SIM_POLICY_BYTES, "SIM_POLICY_BYTES");

static struct gvt_g *state_of(struct sim *s)
{
	return (struct gvt_g *)(void *)s->policy_state;
}

static void init(struct sim *s)
{
	struct gvt_g *g = state_of(s);
	const struct sim_workload *w = s->workload;
	int64_t weights = 0;

	memset(g, 0, sizeof(*g));
	for (uint32_t i = 0; i < w->num_guests; i++) {
		g->lru[i] = i;
		weights += w->guest[i].weight;
	}
	for (uint32_t i = 0; i < w->num_guests; i++)
		g->slice_ns[i] = (int64_t)BALANCE_NS * w->guest[i].weight / weights;
	g->current = IDLE;
	g->next = NONE;
}

static void charge(struct sim *s, struct gvt_g *g)
{
	if (g->current != IDLE)
		g->left_ns[g->current] -= (int64_t)(s->now - g->charged_ns);
	g->charged_ns = s->now;
}

static void balance(struct sim *s, struct gvt_g *g)
{
	for (uint32_t i = 0; i < s->workload->num_guests; i++)
		g->left_ns[i] = g->slice_ns[i] + (g->stage % STAGES ? g->left_ns[i] : 0);
	g->stage++;
	g->balance_ns += BALANCE_NS;
}

static void choose(struct sim *s, struct gvt_g *g)
{
	uint32_t n = s->workload->num_guests;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t guest = g->lru[i];

		if (!s->guest[guest].waiting && !s->guest[guest].committed)
			continue;
		if (g->left_ns[guest] <= 0)
			continue;
		memmove(&g->lru[i], &g->lru[i + 1], (n - i - 1) * sizeof(g->lru[0]));
		g->lru[n - 1] = guest;
		g->next = guest;
		return;
	}
	g->next = IDLE;
}

static void switch_over(struct sim *s, struct gvt_g *g)
{
	if (g->next == NONE || s->ring_count)
		return;
	charge(s, g);
	g->current = g->next;
	g->next = NONE;
}

static void tick(struct sim *s, struct gvt_g *g)
{
	g->tick_ns += TICK_NS;
	if (s->now >= g->balance_ns)
		balance(s, g);
	charge(s, g);
	if (g->next == NONE)
		choose(s, g);
}

static uint32_t pick(struct sim *s)
{
	struct gvt_g *g = state_of(s);

	switch_over(s, g);
	if (s->ring_count || g->current == IDLE || !s->guest[g->current].waiting)
		return SIM_NOBODY;
	return g->current;
}

/* A switch may wait for the end of this job; pick() is called after it. */
static void finished(struct sim *s, uint32_t guest)
{
	struct gvt_g *g = state_of(s);

	(void)guest;
	switch_over(s, g);
}

/* Every tick wakes the policy, even if there is nothing to do. */
static uint64_t wakeup(struct sim *s)
{
	struct gvt_g *g = state_of(s);

	return g->tick_ns;
}

static void woken(struct sim *s)
{
	struct gvt_g *g = state_of(s);

	while (g->tick_ns <= s->now)
		tick(s, g);
	switch_over(s, g);
}

const struct sim_policy sim_peer_gvt_g = {.name = "gvt-g",
					  .about = "peer: GVT-g, weighted time slices of 100 ms",
					  .init = init,
					  .pick = pick,
					  .finished = finished,
					  .wakeup = wakeup,
					  .woken = woken};

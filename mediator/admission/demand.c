/* SPDX-License-Identifier: MIT */
#include "mediator/admission/demand.h"

#include <stddef.h>

#include "mediator/sched/sched.h"

#define MAX_STEPS 20000u	      /* of the iteration to one fixed point */
#define WHOLE	  (UINT64_C(1) << 20) /* the whole GPU, for shares; times this fit into 64 bits */
#define MAX_BEGUN 8u		      /* numbers of remaining segments that are told apart */

/*
 * Even if a window begins where no job of the others is ready, one of their frames may be in a gap:
 * up to all but one of its segments are still to come, and the stream's next frame comes no earlier
 * than a period after that frame's release. The more segments are left, the more recent is the
 * release. `step` groups numbers of segments, so that frames of many segments do not take long to
 * analyse.
 */
static uint64_t demand_of_begun(const struct analysis *a, struct term *t, uint64_t w)
{
	const struct response_stream *s = t->begun;
	uint64_t step = demand_divide_up(s->segments - 1u, MAX_BEGUN), most = 0;

	t->until = UINT64_MAX;
	for (uint64_t least = 1; least < s->segments; least += step) {
		uint64_t left = least + step - 1 < s->segments ? least + step - 1 : s->segments - 1;
		uint64_t after =
			least * (s->cost_ns + t->again) + (least - 1) * (s->gap_ns + a->latency);
		uint64_t since = (t->response > after ? t->response - after : 0) + w + 1;
		uint64_t frames =
			since > t->period ? demand_divide_up(since - t->period, t->period) : 0;
		uint64_t demand = left * s->cost_ns + frames * t->cost;
		uint64_t until = w + (frames + 1) * t->period - since;

		most = demand > most ? demand : most;
		t->until = until < t->until ? until : t->until;
	}
	return most;
}

/* Extend a term to windows of length w. Returns by how much its demand has grown. */
static uint64_t grow(const struct delay *d, struct term *t, uint64_t w)
{
	const uint64_t before = t->sum, to = w + (d->whole ? t->response : t->offset);
	uint64_t begun;

	if (to > t->reach) {
		uint64_t more = demand_divide_up(to - t->reach, t->period);

		t->reach += more * t->period;
		t->new += more * t->cost;
		t->sum = t->new > t->sum ? t->new : t->sum;
	}
	if (t->begun && !d->whole && w >= t->until) {
		begun = demand_of_begun(d->a, t, w);
		t->sum = begun > t->sum ? begun : t->sum;
	}
	return t->sum - before;
}

static void start_over(struct term *t)
{
	t->reach = 0;
	t->new = 0;
	t->sum = 0;
	t->until = 0;
}

/*
 * Returns a lower bound of the solution, from which few steps are left. It assumes demand that
 * grows linearly: (base + sum of share * offset) / (1 - sum of shares).
 */
static uint64_t shortest(const struct delay *d, uint64_t base)
{
	uint64_t used = 0, early = 0;

	if (base > RESPONSE_HORIZON_NS)
		return RESPONSE_UNBOUNDED;
	for (uint32_t i = 0; i < d->terms; i++) {
		const struct term *t = &d->term[i];

		used += t->share;
		if (used >= WHOLE)
			return RESPONSE_UNBOUNDED;
		early += t->share * ((d->whole ? t->response : t->offset) + d->early);
	}
	return (base * WHOLE + early) / (WHOLE - used);
}

uint64_t demand_fixed_point(struct delay *d, uint64_t base, uint64_t start)
{
	uint64_t sum = base, w = shortest(d, base);

	w = w > start ? w : start;
	if (w > RESPONSE_HORIZON_NS)
		return RESPONSE_UNBOUNDED;
	for (uint32_t i = 0; i < d->terms; i++)
		start_over(&d->term[i]);
	for (uint32_t step = 0; step < MAX_STEPS; step++) {
		for (uint32_t i = 0; i < d->terms; i++)
			sum += grow(d, &d->term[i], w + d->early);
		if (sum <= w)
			return w;
		w = sum;
		if (w > RESPONSE_HORIZON_NS)
			break;
	}
	return RESPONSE_UNBOUNDED;
}

struct term *demand_add(struct delay *d, uint64_t cost, uint64_t period, uint64_t offset)
{
	struct term *t = &d->term[d->terms++];

	*t = (struct term){.cost = cost,
			   .period = period,
			   .offset = offset,
			   .response = offset,
			   .share = cost > RESPONSE_HORIZON_NS ? WHOLE : cost * WHOLE / period};
	return t;
}

uint64_t demand_longest_below(const struct analysis *a, uint32_t priority, uint64_t most)
{
	uint64_t longest = 0;

	for (uint32_t i = 0; i < a->count; i++)
		if (a->in[i].priority > priority && a->in[i].cost_ns > longest &&
		    a->in[i].cost_ns <= most)
			longest = a->in[i].cost_ns;
	return longest;
}

/*
 * Returns whether the gate of stream g may hold a job of stream i: one that does not fit the slack,
 * less the time for which a late release is awaited.
 */
static int may_hold(const struct analysis *a, uint32_t g, uint32_t i)
{
	const struct response_stream *gate = &a->in[g];
	uint64_t slack = a->out[g].tolerates ? a->out[g].tolerance_ns : 0;

	return gate->gate && gate->priority < a->in[i].priority &&
	       a->in[i].cost_ns + gate->jitter_ns + a->latency > slack;
}

uint8_t demand_may_be_held(const struct analysis *a, uint32_t i)
{
	for (uint32_t g = 0; g < a->count; g++)
		if (may_hold(a, g, i))
			return 1;
	return 0;
}

/*
 * A gate above may keep the GPU idle, or leave it to shorter jobs of lower priority, while our job
 * would end too late. Returns the time that we lose for each frame of the gated stream g: the time
 * from where the longest of our jobs may no longer start until the frame is released, the time that
 * a lower job runs beyond that, and likewise each of the frame's gaps.
 */
static uint64_t gate_cost(const struct delay *d, uint32_t g)
{
	const struct analysis *a = d->a;
	const struct response_stream *gate = &a->in[g], *me = &a->in[d->i];
	uint64_t slack = a->out[g].tolerates ? a->out[g].tolerance_ns : 0;
	uint64_t longest = 0, lower;

	if (!d->held || !gate->gate)
		return 0;
	for (uint32_t i = 0; i < a->count; i++)
		if (a->in[i].priority <= me->priority && may_hold(a, g, i) &&
		    a->in[i].cost_ns > longest)
			longest = a->in[i].cost_ns;
	if (!longest)
		return 0;
	lower = demand_longest_below(a, me->priority, longest);
	if (lower > slack)
		lower = slack;
	return longest + gate->jitter_ns + a->latency - slack + lower +
	       demand_gaps(gate) * (gate->gap_ns + lower + a->latency);
}

uint64_t demand_blocking_again(const struct analysis *a, uint32_t i, uint64_t blocking)
{
	const struct response_stream *s = &a->in[i];

	return s->gate && blocking ? demand_longest_below(a, s->priority, blocking) : blocking;
}

/*
 * The window may begin at any time between a frame's release and its completion. The frame's
 * remaining jobs end at most a response after its release, so the more of it is left, the later was
 * the release (Bertogna and Cirinei, RTSS 2007). `busy` is a frame's GPU time, or 0 if time kept
 * idle by a gate is part of the cost.
 */
static void reach_in(struct term *t, uint64_t busy)
{
	uint64_t late = t->response;

	if (late != RESPONSE_UNBOUNDED)
		late = late + 1 > busy ? late + 1 - busy : 0;
	t->offset = late > t->offset ? late : t->offset;
}

/* Latency varies between 0 and its bound, so for the streams that wait it adds to the jitter. */
static void delay_by_frames(struct delay *d, uint32_t h)
{
	const struct analysis *a = d->a;
	const struct response_stream *s = &a->in[h];
	const uint64_t idle = gate_cost(d, h);
	struct term *t = demand_add(d, demand_of_frame(s) + idle, s->period_ns,
				    s->jitter_ns + a->latency + 1);

	t->response = a->assumed[h];
	if ((!d->held && a->held[h]) || (demand_gaps(s) && (idle || t->response > s->period_ns))) {
		reach_in(t, idle ? 0 : t->cost);
		return;
	}
	if (!demand_gaps(s))
		return;
	t->begun = s;
	t->again = demand_blocking_again(a, h, a->out[h].blocking_ns);
}

/* The most that a client gets in any window of length t: (ceil(t / P) + 1) * Q and one job. */
static int delay_by_budget(struct delay *d, uint32_t h)
{
	const struct response_stream *s = &d->a->in[h];

	for (uint32_t i = 0; i < h; i++)
		if (d->a->in[i].client == s->client)
			return 1; /* counted with that stream */
	if (!s->budget_ns)
		return 0;
	demand_add(d, s->budget_ns, s->budget_period_ns, 1);
	d->base += s->budget_ns + s->cost_ns;
	/* Time that its gate keeps idle comes with its period, whatever its budget. */
	if (gate_cost(d, h))
		demand_add(d, gate_cost(d, h), s->period_ns, s->period_ns);
	return 1;
}

static int same_client_or_trusted(const struct delay *d, uint32_t h)
{
	return d->a->in[h].client == d->a->in[d->i].client ||
	       d->a->in[h].priority == SCHED_PRIORITY_COMPOSITOR;
}

int demand_collect(struct delay *d)
{
	const struct response_stream *in = d->a->in, *me = &in[d->i];

	d->base = 0;
	d->terms = 0;
	for (uint32_t h = 0; h < d->a->count; h++) {
		if (h == d->i || in[h].priority > me->priority)
			continue;
		if (!d->rogue || same_client_or_trusted(d, h))
			delay_by_frames(d, h);
		else if (!delay_by_budget(d, h))
			return 0;
	}
	return 1;
}

/* SPDX-License-Identifier: MIT */
#include "mediator/admission/response.h"

#include <stddef.h>

#include "mediator/sched/sched.h"

#define MAX_STEPS     20000u /* of one fixed point */
#define MAX_INSTANCES 4096u  /* of one busy period */
#define MILLION	      UINT64_C(1000000)

/*
 * Demand of others in a window of length w: ceil((w + offset) / period) * cost. `counted` of them
 * are in the sum, which covers windows up to `reach` - offset.
 */
struct term {
	uint64_t cost, period, offset;
	uint64_t reach;
};

struct analysis {
	const struct response_stream *in;
	struct response *out;
	uint32_t count;
	uint64_t latency;
	uint32_t order[RESPONSE_MAX_STREAMS]; /* by priority */
};

/* What may delay one stream, apart from blocking. */
struct delay {
	const struct analysis *a;
	uint32_t i;
	int rogue; /* others are held by their budgets only */
	int carry; /* frames with gaps: no busy period to start from */
	uint64_t base;
	struct term term[2 * RESPONSE_MAX_STREAMS];
	uint32_t terms;
};

static uint64_t divide_up(uint64_t a, uint64_t b)
{
	return a / b + (a % b != 0);
}

static uint64_t frame_cost(const struct response_stream *s)
{
	return s->segments * s->cost_ns;
}

static uint64_t gaps_of(const struct response_stream *s)
{
	return s->gap_ns ? s->segments - 1u : 0;
}

uint64_t response_utilisation(const struct response_stream *s)
{
	return divide_up(frame_cost(s) * MILLION, s->period_ns);
}

/* The least w, not below start, with w = base + demand of others in w. */
static uint64_t fixed_point(struct delay *d, uint64_t base, uint64_t start)
{
	uint64_t w = start, sum = base;

	for (uint32_t i = 0; i < d->terms; i++)
		d->term[i].reach = 0;
	for (uint32_t step = 0; step < MAX_STEPS; step++) {
		for (uint32_t i = 0; i < d->terms; i++) {
			struct term *t = &d->term[i];
			uint64_t more;

			if (w + t->offset <= t->reach)
				continue;
			more = divide_up(w + t->offset - t->reach, t->period);
			t->reach += more * t->period;
			sum += more * t->cost;
		}
		if (sum <= w)
			return w;
		w = sum;
		if (w > RESPONSE_HORIZON_NS)
			break;
	}
	return RESPONSE_UNBOUNDED;
}

static void add_term(struct delay *d, uint64_t cost, uint64_t period, uint64_t offset)
{
	d->term[d->terms++] = (struct term){.cost = cost, .period = period, .offset = offset};
}

/* The longest job of lower priority that is not longer than `most`. */
static uint64_t longest_below(const struct analysis *a, uint32_t priority, uint64_t most)
{
	uint64_t longest = 0;

	for (uint32_t i = 0; i < a->count; i++)
		if (a->in[i].priority > priority && a->in[i].cost_ns > longest &&
		    a->in[i].cost_ns <= most)
			longest = a->in[i].cost_ns;
	return longest;
}

/*
 * A gate above may keep the GPU idle, or leave it to shorter jobs of lower priority, when ours
 * would not be over in time. What that costs for each frame of the gated stream g: from where the
 * longest of ours cannot start any more until the frame is released, what a lower job runs beyond
 * that, and likewise each of the frame's gaps.
 */
static uint64_t gate_cost(const struct delay *d, uint32_t g)
{
	const struct analysis *a = d->a;
	const struct response_stream *gate = &a->in[g], *me = &a->in[d->i];
	uint64_t slack = a->out[g].tolerates ? a->out[g].tolerance_ns : 0;
	uint64_t longest = 0, lower;

	if (!gate->gate || gate->priority >= me->priority)
		return 0;
	for (uint32_t i = 0; i < a->count; i++) {
		const struct response_stream *s = &a->in[i];

		if (s->priority > gate->priority && s->priority <= me->priority &&
		    s->cost_ns > longest)
			longest = s->cost_ns;
	}
	/* A release may be awaited for as long as its jitter. */
	if (longest + gate->jitter_ns <= slack)
		return 0;
	lower = longest_below(a, me->priority, UINT64_MAX);
	if (lower > slack)
		lower = slack;
	return longest + gate->jitter_ns - slack + lower +
	       gaps_of(gate) * (gate->gap_ns + lower + a->latency) + a->latency;
}

/* A frame of h that has begun before the window may reach into it for as long as h's response. */
static uint64_t carried_in(const struct delay *d, uint32_t h)
{
	const struct analysis *a = d->a;

	if (a->in[h].priority == a->in[d->i].priority ||
	    a->out[h].response_ns == RESPONSE_UNBOUNDED)
		return a->in[h].deadline_ns;
	return a->out[h].response_ns;
}

static void delay_by_frames(struct delay *d, uint32_t h)
{
	const struct response_stream *s = &d->a->in[h];

	add_term(d, frame_cost(s) + gate_cost(d, h), s->period_ns,
		 d->carry ? carried_in(d, h) : s->jitter_ns + 1);
}

/* All that a client can get in any window t: (ceil(t / P) + 1) * Q and one job. */
static int delay_by_budget(struct delay *d, uint32_t h)
{
	const struct response_stream *s = &d->a->in[h];

	for (uint32_t i = 0; i < h; i++)
		if (d->a->in[i].client == s->client)
			return 1; /* counted with that stream */
	if (!s->budget_ns)
		return 0;
	add_term(d, s->budget_ns, s->budget_period_ns, 1);
	d->base += s->budget_ns + s->cost_ns;
	/* What its gate keeps idle comes with its period, not with its budget. */
	if (gate_cost(d, h))
		add_term(d, gate_cost(d, h), s->period_ns, s->period_ns);
	return 1;
}

static int same_client_or_trusted(const struct delay *d, uint32_t h)
{
	return d->a->in[h].client == d->a->in[d->i].client ||
	       d->a->in[h].priority == SCHED_PRIORITY_COMPOSITOR;
}

/* Returns 0 when there is no bound. */
static int collect(struct delay *d)
{
	const struct response_stream *in = d->a->in, *me = &in[d->i];

	d->base = 0;
	d->terms = 0;
	d->carry = me->gap_ns != 0;
	for (uint32_t h = 0; h < d->a->count; h++)
		d->carry |= in[h].priority <= me->priority && in[h].gap_ns;
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

/* Frames that come to the GPU once: all instances in the longest busy period count. */
static uint64_t respond_in_busy_period(struct delay *d, uint64_t blocking)
{
	const struct response_stream *s = &d->a->in[d->i];
	const uint64_t whole = frame_cost(s), last = s->cost_ns;
	uint64_t busy, instances, worst = 0, w = 0;

	add_term(d, whole, s->period_ns, s->jitter_ns);
	busy = fixed_point(d, d->base + blocking, whole);
	d->terms--;
	if (busy == RESPONSE_UNBOUNDED)
		return RESPONSE_UNBOUNDED;
	instances = divide_up(busy + s->jitter_ns, s->period_ns);
	if (instances > MAX_INSTANCES)
		return RESPONSE_UNBOUNDED;
	for (uint64_t k = 0; k < instances; k++) {
		uint64_t response;

		w = fixed_point(d, d->base + blocking + k * whole + whole - last, w);
		if (w == RESPONSE_UNBOUNDED)
			return RESPONSE_UNBOUNDED;
		response = s->jitter_ns + w + last + d->a->latency;
		response = response > k * s->period_ns ? response - k * s->period_ns : 0;
		if (response > worst)
			worst = response;
	}
	return worst;
}

/*
 * Frames that leave the GPU in between, or whose superiors do: there is no busy period. All that
 * can run from the release to the end, and blocking each time the frame comes back; in a gap, a
 * gate lets none begin that is longer than what is tolerated. Where the deadline is beyond the
 * period, earlier frames of the stream itself may be there, too.
 */
static uint64_t respond_with_gaps(struct delay *d, uint64_t blocking)
{
	const struct response_stream *s = &d->a->in[d->i];
	uint64_t gaps = gaps_of(s), frames = divide_up(s->deadline_ns, s->period_ns);
	uint64_t again =
		s->gate && blocking ? longest_below(d->a, s->priority, blocking) : blocking;
	uint64_t own = frame_cost(s) + gaps * s->gap_ns + blocking + gaps * again +
		       (gaps + 1) * d->a->latency;
	uint64_t w = fixed_point(d, d->base + frames * own, frames * own);

	return w == RESPONSE_UNBOUNDED ? w : s->jitter_ns + w;
}

static uint64_t respond(struct delay *d, uint64_t blocking)
{
	return d->carry ? respond_with_gaps(d, blocking) : respond_in_busy_period(d, blocking);
}

/*
 * The longest blocking with which the deadline holds. The response grows at least as fast as the
 * blocking, so what is left to the deadline is the most that can be added; mostly it can.
 */
static void tolerate(struct delay *d, struct response *r)
{
	const uint64_t deadline = d->a->in[d->i].deadline_ns;
	uint64_t low = 0, high, response = respond(d, 0);

	r->tolerates = response <= deadline;
	if (!r->tolerates)
		return;
	high = deadline - response;
	if (respond(d, high) <= deadline) {
		low = high;
	} else {
		while (high - low > 1) {
			uint64_t middle = low + (high - low) / 2;

			if (respond(d, middle) <= deadline)
				low = middle;
			else
				high = middle;
		}
	}
	r->tolerance_ns = low;
}

static void analyse_one(const struct analysis *a, uint32_t i)
{
	struct response *r = &a->out[i];
	struct delay d = {.a = a, .i = i};

	r->blocking_ns = longest_below(a, a->in[i].priority, UINT64_MAX);
	collect(&d);
	tolerate(&d, r);
	/* The gate lets no longer job begin; where nothing would help, it does not help. */
	if (a->in[i].gate && r->tolerates && r->tolerance_ns < r->blocking_ns)
		r->blocking_ns = r->tolerance_ns;
	r->response_ns = respond(&d, r->blocking_ns);
	d.rogue = 1;
	r->rogue_ns = collect(&d) ? respond(&d, r->blocking_ns) : RESPONSE_UNBOUNDED;
}

void response_analyse(const struct response_stream *in, uint32_t count, uint64_t latency_ns,
		      struct response *out)
{
	struct analysis a = {.in = in, .out = out, .count = count, .latency = latency_ns};

	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = i;

		for (; at > 0 && in[a.order[at - 1]].priority > in[i].priority; at--)
			a.order[at] = a.order[at - 1];
		a.order[at] = i;
		out[i] = (struct response){.response_ns = RESPONSE_UNBOUNDED,
					   .rogue_ns = RESPONSE_UNBOUNDED};
	}
	for (uint32_t i = 0; i < count; i++)
		analyse_one(&a, a.order[i]);
}

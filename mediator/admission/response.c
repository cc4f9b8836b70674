/* SPDX-License-Identifier: MIT */
#include "mediator/admission/response.h"

#include "mediator/admission/demand.h"

#define MAX_INSTANCES 4096u /* frames in one busy period */
#define MAX_ROUNDS    16u   /* of iterations that depend on each other */
#define EXACT_NS      1000u
#define MILLION	      UINT64_C(1000000)

uint64_t response_utilisation(const struct response_stream *s)
{
	return demand_divide_up(demand_of_frame(s) * MILLION, s->period_ns);
}

static uint64_t own_cost(const struct delay *d)
{
	const struct response_stream *s = &d->a->in[d->i];

	return d->enforced || !s->own_ns ? s->cost_ns : s->own_ns;
}

/* Frames without gaps: the worst instance in the longest busy period counts (Davis et al. 2007). */
static uint64_t respond_in_busy_period(struct delay *d, uint64_t blocking)
{
	const struct response_stream *s = &d->a->in[d->i];
	const uint64_t last = own_cost(d), whole = s->segments * last;
	const uint64_t late = s->jitter_ns + d->a->latency;
	const uint64_t more = blocking - d->known.blocking;
	uint64_t busy, instances, worst = 0, w = d->known.first + more;

	demand_add(d, whole, s->period_ns, late);
	busy = demand_fixed_point(d, d->base + blocking,
				  (d->known.busy ? d->known.busy : whole) + more);
	d->terms--;
	if (busy == RESPONSE_UNBOUNDED)
		return RESPONSE_UNBOUNDED;
	instances = demand_divide_up(busy + late, s->period_ns);
	if (instances > MAX_INSTANCES)
		return RESPONSE_UNBOUNDED;
	for (uint64_t k = 0; k < instances; k++) {
		uint64_t response;

		w = demand_fixed_point(d, d->base + blocking + k * whole + whole - last, w);
		if (w == RESPONSE_UNBOUNDED)
			return RESPONSE_UNBOUNDED;
		if (k == 0)
			d->last = (struct windows){.blocking = blocking, .busy = busy, .first = w};
		response = late + w + last;
		response = response > k * s->period_ns ? response - k * s->period_ns : 0;
		if (response > worst)
			worst = response;
	}
	return worst;
}

/*
 * Response of a frame with gaps, while no earlier frame of its display is unfinished. The last
 * segment starts after the segments and gaps before it, blocking each time the frame comes to the
 * GPU, and the others' demand.
 */
static uint64_t respond_alone(struct delay *d, uint64_t blocking)
{
	const struct response_stream *s = &d->a->in[d->i];
	const uint64_t last = own_cost(d);
	const uint64_t again =
		last + s->gap_ns + d->a->latency + demand_blocking_again(d->a, d->i, blocking);
	uint64_t start = d->known.first + blocking - d->known.blocking;
	uint64_t w = demand_fixed_point(d, d->base + blocking + demand_gaps(s) * again, start);

	if (w == RESPONSE_UNBOUNDED)
		return w;
	d->last = (struct windows){.blocking = blocking, .first = w};
	return s->jitter_ns + d->a->latency + w + last;
}

/*
 * The same while up to `frames` frames of the display are unfinished: all that can run from the
 * release to the end counts.
 */
static uint64_t respond_behind(struct delay *d, uint64_t blocking, uint64_t frames)
{
	const struct response_stream *s = &d->a->in[d->i];
	const uint64_t gap = s->gap_ns + demand_blocking_again(d->a, d->i, blocking);
	const uint64_t own =
		s->segments * (own_cost(d) + d->a->latency) + demand_gaps(s) * gap + blocking;
	uint64_t w;

	for (uint32_t i = 0; i < d->terms; i++)
		if (d->term[i].response == RESPONSE_UNBOUNDED)
			return RESPONSE_UNBOUNDED;
	d->whole = 1;
	w = demand_fixed_point(d, d->base + frames * own, frames * own);
	d->whole = 0;
	return w == RESPONSE_UNBOUNDED ? w : s->jitter_ns + w;
}

/* The number of unfinished frames follows from the response, and the response from that number. */
static uint64_t respond_with_gaps(struct delay *d, uint64_t blocking)
{
	const uint64_t period = d->a->in[d->i].period_ns;
	uint64_t response = respond_alone(d, blocking);

	for (uint64_t frames = 1; frames < MAX_ROUNDS; frames++) {
		if (response == RESPONSE_UNBOUNDED || response <= frames * period)
			return response;
		response = respond_behind(d, blocking, frames + 1);
	}
	return RESPONSE_UNBOUNDED;
}

/*
 * A gate lets a job of lower priority begin before the release if it ends in time for the gate's
 * own display. Streams above may have come since the job began and be blocked by all of it. Returns
 * by how much the job may be longer than `blocking`.
 */
static uint64_t blocked_before(const struct delay *d, uint64_t blocking)
{
	const struct response_stream *s = &d->a->in[d->i];
	uint64_t longest = demand_longest_below(d->a, s->priority, UINT64_MAX);

	return s->gate && longest > blocking ? longest - blocking : 0;
}

static uint64_t respond_in(struct delay *d, uint64_t blocking)
{
	d->early = blocked_before(d, blocking);
	for (uint32_t i = 0; i < d->terms; i++)
		if (d->term[i].offset == RESPONSE_UNBOUNDED)
			return RESPONSE_UNBOUNDED;
	return demand_gaps(&d->a->in[d->i]) ? respond_with_gaps(d, blocking)
					    : respond_in_busy_period(d, blocking);
}

/*
 * Two bounds below gates, of which the smaller counts. The first counts all time that gates keep
 * idle. The second is for streams whose own jobs fit every gate and so run in the place of the held
 * jobs: it counts no idle time, but held jobs may come later, as in any window.
 */
struct views {
	struct delay delay[2];
	uint32_t count;
};

/* Set up the analysis of stream i. Returns 0 if there is no bound, otherwise 1. */
static int look(struct views *v, const struct analysis *a, uint32_t i, int rogue, int enforced)
{
	int others = 0;

	for (uint32_t h = 0; h < a->count; h++)
		others |= a->held[h];
	v->count = 1;
	if (others && !a->held[i])
		v->count = 2;
	for (uint32_t n = 0; n < v->count; n++) {
		struct delay *d = &v->delay[n];

		d->a = a;
		d->i = i;
		d->rogue = rogue;
		d->enforced = enforced;
		d->held = n == 0;
		d->whole = 0;
		d->known = (struct windows){0};
		d->last = d->known;
		if (!demand_collect(d))
			return 0;
	}
	return 1;
}

static uint64_t respond(struct views *v, uint64_t blocking)
{
	uint64_t least = RESPONSE_UNBOUNDED;

	for (uint32_t n = 0; n < v->count; n++) {
		uint64_t response = respond_in(&v->delay[n], blocking);

		least = response < least ? response : least;
	}
	return least;
}

/* Blocking only grows from here, so iterations start from the last windows. */
static void remember(struct views *v)
{
	for (uint32_t n = 0; n < v->count; n++)
		v->delay[n].known = v->delay[n].last;
}

/*
 * Find the longest blocking with which the deadline holds, to a microsecond. The response grows at
 * least as fast as the blocking. So the time left to the deadline is the most that can be added,
 * and if a response is late, a blocking shorter by that lateness holds.
 */
static void tolerate(struct views *v, uint64_t deadline, struct response *r)
{
	uint64_t low = 0, high, tried, response = respond(v, 0);

	r->tolerates = response <= deadline;
	if (!r->tolerates)
		return;
	remember(v);
	high = deadline - response;
	tried = high;
	do {
		response = respond(v, tried);
		if (response <= deadline) {
			low = tried;
			remember(v);
		} else {
			high = tried;
			if (tried > low + (response - deadline))
				low = tried - (response - deadline);
		}
		tried = low + (high - low) / 2;
	} while (high - low > EXACT_NS);
	r->tolerance_ns = low;
}

static void analyse_tolerance(const struct analysis *a, uint32_t i)
{
	struct response *r = &a->out[i];
	struct views v;

	look(&v, a, i, 0, 0);
	tolerate(&v, a->in[i].deadline_ns, r);
}

static void analyse_blocking(const struct analysis *a, uint32_t i)
{
	struct response *r = &a->out[i];

	r->blocking_ns = demand_longest_below(a, a->in[i].priority, UINT64_MAX);
	if (!a->in[i].gate)
		return;
	/* The gate lets no longer job begin. It cannot help a deadline missed without blocking. */
	analyse_tolerance(a, i);
	if (r->tolerates && r->tolerance_ns < r->blocking_ns)
		r->blocking_ns = r->tolerance_ns;
}

static uint64_t worst_case(const struct analysis *a, uint32_t i, int rogue, int enforced)
{
	struct views v;

	return look(&v, a, i, rogue, enforced) ? respond(&v, a->out[i].blocking_ns)
					       : RESPONSE_UNBOUNDED;
}

static int own_is_shorter(const struct response_stream *s)
{
	return s->own_ns && s->own_ns < s->cost_ns;
}

/* Response of a frame however it behaves: its own jobs may be killed, too. */
static uint64_t longest_life(const struct analysis *a, uint32_t i, int rogue)
{
	return worst_case(a, i, rogue, 1);
}

/*
 * Streams of one priority, order[from] to order[to - 1]: the response of each depends on those of
 * the others. Assume first that all keep their deadlines; raise the assumption for those that do
 * not, and repeat.
 */
static void settle(struct analysis *a, uint32_t from, uint32_t to, int rogue)
{
	uint32_t round = 0;
	int changed;

	for (uint32_t k = from; k < to; k++)
		a->assumed[a->order[k]] = a->in[a->order[k]].deadline_ns;
	do {
		changed = 0;
		for (uint32_t k = from; k < to; k++) {
			uint32_t i = a->order[k];
			uint64_t response;

			if (!rogue)
				analyse_blocking(a, i);
			if (to - from == 1)
				continue;
			response = longest_life(a, i, rogue);
			if (response <= a->assumed[i])
				continue;
			changed = 1;
			a->assumed[i] = round < MAX_ROUNDS ? response : RESPONSE_UNBOUNDED;
		}
		round++;
	} while (changed);
}

static void analyse_level(struct analysis *a, uint32_t from, uint32_t to)
{
	uint64_t life[RESPONSE_MAX_STREAMS] = {0};

	for (uint32_t k = from; k < to; k++)
		a->held[a->order[k]] = demand_may_be_held(a, a->order[k]);
	settle(a, from, to, 0);
	for (uint32_t k = from; k < to; k++) {
		uint32_t i = a->order[k];

		if (!a->in[i].gate)
			analyse_tolerance(a, i);
		a->out[i].response_ns = worst_case(a, i, 0, 0);
		life[k] = own_is_shorter(&a->in[i]) ? longest_life(a, i, 0) : a->out[i].response_ns;
	}
	settle(a, from, to, 1);
	for (uint32_t k = from; k < to; k++)
		a->out[a->order[k]].rogue_ns = worst_case(a, a->order[k], 1, 0);
	for (uint32_t k = from; k < to; k++)
		a->assumed[a->order[k]] = life[k];
}

static uint32_t end_of_level(const struct analysis *a, uint32_t from)
{
	uint32_t to = from + 1;

	while (to < a->count && a->in[a->order[to]].priority == a->in[a->order[from]].priority)
		to++;
	return to;
}

void response_analyse(const struct response_stream *in, uint32_t count, uint64_t latency_ns,
		      struct response *out)
{
	struct analysis a = {.in = in, .out = out, .count = count, .latency = latency_ns};
	uint32_t from = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = i;

		for (; at > 0 && in[a.order[at - 1]].priority > in[i].priority; at--)
			a.order[at] = a.order[at - 1];
		a.order[at] = i;
		out[i] = (struct response){.response_ns = RESPONSE_UNBOUNDED,
					   .rogue_ns = RESPONSE_UNBOUNDED};
	}
	while (from < count) {
		uint32_t to = end_of_level(&a, from);

		analyse_level(&a, from, to);
		from = to;
	}
}

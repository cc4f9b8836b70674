/* SPDX-License-Identifier: MIT */
#include "mediator/sim/bound.h"

#include <string.h>

#include "mediator/admission/response.h"

static int is_regular(const struct sim_stream *s)
{
	return s->kind == SIM_PERIODIC;
}

/* Returns the enforced cost of a guest's job in ns; 0: unbounded. */
static uint64_t cost_of(const struct sim_workload *w, uint32_t guest)
{
	const struct sim_guest *g = &w->guest[guest];
	const struct sched_costs costs = {.switch_ns = w->switch_ns,
					  .latency_ns = w->latency_ns,
					  .watchdog_ns = w->watchdog_ns,
					  .reset_ns = w->reset_ns};
	uint64_t longest = sim_workload_longest(w, guest);
	struct sched_params params = {.job_ns = g->max_job_ns, .kill_ns = g->kill_ns};

	for (uint32_t i = 0; i < w->num_streams; i++)
		if (w->stream[i].guest == guest && w->stream[i].rogue_every &&
		    w->stream[i].rogue_ns > longest)
			longest = w->stream[i].rogue_ns;
	if (!params.job_ns)
		params.job_ns = longest; /* the workload knows it, even if it is not declared */
	if (longest > params.job_ns && !params.kill_ns)
		return 0;
	return sched_enforced_cost(&costs, &params);
}

/* Returns the cost in ns of a guest's job that is not killed. */
static uint64_t own_cost_of(const struct sim_workload *w, uint32_t guest)
{
	uint64_t longest = sim_workload_longest(w, guest), declared = w->guest[guest].max_job_ns;
	uint64_t own = (longest > declared ? longest : declared) + w->switch_ns;

	return own < cost_of(w, guest) ? own : cost_of(w, guest);
}

static void describe(const struct sim_workload *w, uint32_t i, struct response_stream *out)
{
	const struct sim_stream *s = &w->stream[i];
	const struct sim_guest *g = &w->guest[s->guest];

	*out = (struct response_stream){
		.priority = sched_guest_priority(g->priority),
		.client = s->guest,
		.cost_ns = cost_of(w, s->guest),
		.segments = s->num_segments,
		.period_ns = is_regular(s) ? s->period_ns : RESPONSE_HORIZON_NS,
		.jitter_ns = s->jitter_ns,
		.deadline_ns = s->deadline_ns ? s->deadline_ns : RESPONSE_HORIZON_NS,
		.budget_ns = g->budget_ns,
		.budget_period_ns = g->budget_period_ns,
		.gate = g->gate && is_regular(s),
		.own_ns = own_cost_of(w, s->guest)};
	for (uint32_t j = 0; j + 1 < s->num_segments; j++)
		if (s->gap_ns[j] > out->gap_ns)
			out->gap_ns = s->gap_ns[j];
	/* The scheduler learns of a segment a latency after the end of the one before. */
	if (s->num_segments > 1 && w->latency_ns && !out->gap_ns)
		out->gap_ns = 1;
}

/* Returns whether a stream that goes before stream i may use as much as it wants. */
static int has_irregular_superior(const struct sim_workload *w, uint32_t i)
{
	uint32_t guest = w->stream[i].guest;

	for (uint32_t j = 0; j < w->num_streams; j++) {
		const struct sim_stream *s = &w->stream[j];

		if (s->guest == guest && j != i && !is_regular(s))
			return 1;
		if (s->guest != guest && w->guest[s->guest].priority <= w->guest[guest].priority &&
		    (!is_regular(s) || s->rogue_every))
			return 1;
	}
	return 0;
}

/*
 * Returns whether a guest's budget surely delays none of its frames: coarser than admission's test.
 */
static int budget_suffices(const struct sim_workload *w, uint32_t guest, uint64_t response)
{
	const struct sim_guest *g = &w->guest[guest];
	uint64_t need = 0;

	if (!g->budget_ns)
		return 1;
	for (uint32_t i = 0; i < w->num_streams; i++) {
		const struct sim_stream *s = &w->stream[i];

		if (s->guest != guest)
			continue;
		if (!is_regular(s))
			return 0;
		need += ((g->budget_period_ns + response) / s->period_ns + 1) * s->num_segments *
			cost_of(w, guest);
	}
	return need <= g->budget_ns;
}

static uint64_t promise(const struct sim_workload *w, uint32_t i, const struct response *r)
{
	const struct sim_stream *s = &w->stream[i];
	uint64_t response = has_irregular_superior(w, i) ? r->rogue_ns : r->response_ns;

	if (!is_regular(s) || s->rogue_every || !s->deadline_ns || response == RESPONSE_UNBOUNDED)
		return 0;
	return budget_suffices(w, s->guest, response) ? response : 0;
}

void sim_bounds(const struct sim_workload *w, struct sim_bounds *out)
{
	struct response_stream in[SIM_MAX_STREAMS];
	struct response analysed[SIM_MAX_STREAMS];

	_Static_assert(SIM_MAX_STREAMS <= RESPONSE_MAX_STREAMS, "RESPONSE_MAX_STREAMS");
	memset(out, 0, sizeof(*out));
	for (uint32_t i = 0; i < w->num_streams; i++) {
		describe(w, i, &in[i]);
		if (!in[i].cost_ns || in[i].jitter_ns >= in[i].period_ns ||
		    in[i].period_ns > RESPONSE_HORIZON_NS ||
		    in[i].deadline_ns > RESPONSE_HORIZON_NS)
			return;
	}
	response_analyse(in, w->num_streams, w->latency_ns, analysed);
	for (uint32_t i = 0; i < w->num_streams; i++) {
		uint32_t guest = w->stream[i].guest;

		out->response_ns[i] = promise(w, i, &analysed[i]);
		if (in[i].gate && analysed[i].tolerates && !out->slack_ns[guest])
			out->slack_ns[guest] = analysed[i].tolerance_ns;
	}
}

void sim_bounds_apply(const struct sim_bounds *bounds, struct sim_workload *w)
{
	for (uint32_t i = 0; i < w->num_guests; i++)
		if (!w->guest[i].slack_ns)
			w->guest[i].slack_ns = bounds->slack_ns[i];
}

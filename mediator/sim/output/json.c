/* SPDX-License-Identifier: MIT */
/* If memory runs out, jansson returns NULL, also for each enclosing object: the caller sees it. */
#include "mediator/sim/output/output.h"

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *microseconds(uint64_t ns)
{
	return json_real((double)ns / 1e3);
}

static json_t *stream_to_json(const struct sim_result *result, uint32_t i)
{
	const struct sim_workload *w = result->workload;
	const struct sim_stream *st = &w->stream[i];
	const struct sim_stream_outcome *r = &result->outcome->stream[i];
	const struct sim_distribution *d = &r->response;
	uint64_t bound = result->bound_ns ? result->bound_ns[i] : 0;

	return json_pack(
		"{s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o, s:o, s:o, s:o}, s:o, s:o, "
		"s:f, s:o}",
		"name", st->name, "guest", w->guest[st->guest].name, "priority",
		(int)w->guest[st->guest].priority, "released", number(r->released), "finished",
		number(r->finished), "missed", number(r->missed), "skipped", number(r->skipped),
		"killed", number(r->killed), "response_us", "p50",
		microseconds(sim_distribution_permyriad(d, 5000)), "p99",
		microseconds(sim_distribution_permyriad(d, 9900)), "p99.9",
		microseconds(sim_distribution_permyriad(d, 9990)), "max", microseconds(d->max_ns),
		"mean", json_real(d->count ? (double)d->sum_ns / 1e3 / (double)d->count : 0),
		"deadline_us", st->deadline_ns ? microseconds(st->deadline_ns) : json_null(),
		"bound_us", bound ? microseconds(bound) : json_null(), "gpu_ratio",
		(double)r->busy_ns / (double)result->outcome->time_ns, "worst_run",
		number(r->worst_run));
}

static json_t *guest_to_json(const struct sim_result *result, uint32_t i)
{
	const struct sim_guest *g = &result->workload->guest[i];
	const struct sim_guest_outcome *r = &result->outcome->guest[i];

	return json_pack("{s:s, s:i, s:i, s:o, s:o, s:o, s:f}", "name", g->name, "priority",
			 (int)g->priority, "weight", (int)g->weight, "jobs", number(r->jobs),
			 "overruns", number(r->overruns), "killed", number(r->killed), "gpu_ratio",
			 (double)r->busy_ns / (double)result->outcome->time_ns);
}

json_t *sim_json(const struct sim_result *result)
{
	const struct sim_outcome *r = result->outcome;
	double error = sim_outcome_share_error(r, result->workload);
	json_t *streams = json_array(), *guests = json_array();

	for (uint32_t i = 0; i < result->workload->num_streams; i++)
		json_array_append_new(streams, stream_to_json(result, i));
	for (uint32_t i = 0; i < result->workload->num_guests; i++)
		json_array_append_new(guests, guest_to_json(result, i));
	return json_pack(
		"{s:s, s:f, s:o, s:o, s:f, s:f, s:o, s:o, s:o}", "policy", result->policy->name,
		"simulated_s", (double)r->time_ns / 1e9, "runs", number(r->runs), "jobs",
		number(r->jobs), "gpu_busy_ratio", (double)r->busy_ns / (double)r->time_ns,
		"held_back_ratio", (double)r->held_back_ns / (double)r->time_ns, "share_error",
		error < 0 ? json_null() : json_real(error), "streams", streams, "guests", guests);
}

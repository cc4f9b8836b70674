/* SPDX-License-Identifier: MIT */
#include "mediator/sim/engine/outcome.h"

#include <string.h>

uint64_t sim_bucket_top(uint32_t bucket)
{
	uint32_t octave = bucket / SIM_BUCKET_SUB;
	uint64_t low;

	if (!octave)
		return (bucket + UINT64_C(1)) * SIM_BUCKET_UNIT - 1;
	low = (uint64_t)(bucket % SIM_BUCKET_SUB + SIM_BUCKET_SUB) << (octave - 1);
	return (low + (UINT64_C(1) << (octave - 1))) * SIM_BUCKET_UNIT - 1;
}

uint64_t sim_distribution_permyriad(const struct sim_distribution *d, uint32_t permyriad)
{
	/* Rounded up: at least that many values lie below. */
	uint64_t wanted =
		d->count / 10000 * permyriad + (d->count % 10000 * permyriad + 9999) / 10000;
	uint64_t seen = 0;

	for (uint32_t i = 0; i < SIM_BUCKETS && wanted; i++) {
		seen += d->bucket[i];
		if (seen >= wanted)
			return sim_bucket_top(i) < d->max_ns ? sim_bucket_top(i) : d->max_ns;
	}
	return d->max_ns;
}

void sim_outcome_clear(struct sim_outcome *r, const struct sim_workload *w)
{
	memset(r->stream, 0, w->num_streams * sizeof(r->stream[0]));
	memset(r->guest, 0, w->num_guests * sizeof(r->guest[0]));
	r->time_ns = r->busy_ns = r->held_back_ns = 0;
	r->jobs = r->runs = r->run = 0;
}

static void add_distribution(struct sim_distribution *sum, const struct sim_distribution *more)
{
	for (uint32_t i = 0; i < SIM_BUCKETS; i++)
		sum->bucket[i] += more->bucket[i];
	sum->count += more->count;
	sum->sum_ns += more->sum_ns;
	if (more->max_ns > sum->max_ns)
		sum->max_ns = more->max_ns;
}

static void add_stream(struct sim_stream_outcome *sum, const struct sim_stream_outcome *more)
{
	if (more->response.max_ns > sum->response.max_ns)
		sum->worst_run = more->worst_run;
	if (more->response.count)
		add_distribution(&sum->response, &more->response);
	sum->released += more->released;
	sum->finished += more->finished;
	sum->missed += more->missed;
	sum->skipped += more->skipped;
	sum->killed += more->killed;
	sum->busy_ns += more->busy_ns;
}

void sim_outcome_add(struct sim_outcome *sum, const struct sim_outcome *more)
{
	for (uint32_t i = 0; i < SIM_MAX_STREAMS; i++)
		add_stream(&sum->stream[i], &more->stream[i]);
	for (uint32_t i = 0; i < SIM_MAX_GUESTS; i++) {
		sum->guest[i].busy_ns += more->guest[i].busy_ns;
		sum->guest[i].jobs += more->guest[i].jobs;
		sum->guest[i].killed += more->guest[i].killed;
		sum->guest[i].overruns += more->guest[i].overruns;
	}
	sum->time_ns += more->time_ns;
	sum->busy_ns += more->busy_ns;
	sum->held_back_ns += more->held_back_ns;
	sum->jobs += more->jobs;
	sum->runs += more->runs;
}

static int saturates(const struct sim_workload *w, uint32_t guest)
{
	int any = 0;

	for (uint32_t i = 0; i < w->num_streams; i++) {
		if (w->stream[i].guest != guest)
			continue;
		if (w->stream[i].kind != SIM_SATURATING)
			return 0;
		any = 1;
	}
	return any;
}

static double error_of_priority(const struct sim_outcome *r, const struct sim_workload *w,
				uint32_t priority)
{
	double busy = 0, weight = 0, worst = -1;
	uint32_t members = 0;

	for (uint32_t i = 0; i < w->num_guests; i++) {
		if (w->guest[i].priority != priority || !saturates(w, i))
			continue;
		busy += (double)r->guest[i].busy_ns;
		weight += w->guest[i].weight;
		members++;
	}
	if (members < 2 || busy <= 0)
		return -1;
	for (uint32_t i = 0; i < w->num_guests; i++) {
		double error;

		if (w->guest[i].priority != priority || !saturates(w, i))
			continue;
		error = (double)r->guest[i].busy_ns / busy - w->guest[i].weight / weight;
		if (error < 0)
			error = -error;
		if (error > worst)
			worst = error;
	}
	return worst;
}

double sim_outcome_share_error(const struct sim_outcome *r, const struct sim_workload *w)
{
	double worst = -1;

	for (uint32_t i = 0; i < w->num_guests; i++) {
		double error = error_of_priority(r, w, w->guest[i].priority);

		if (error > worst)
			worst = error;
	}
	return worst;
}

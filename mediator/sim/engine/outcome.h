/* SPDX-License-Identifier: MIT */
/* The result of a simulation: sums, and distributions of response times. Times are nanoseconds. */
#ifndef MEDIATOR_SIM_ENGINE_OUTCOME_H
#define MEDIATOR_SIM_ENGINE_OUTCOME_H

#include "mediator/sim/engine/workload.h"

/*
 * Buckets are linear within each power of two of 64 ns: values are read back at most 1/64 too
 * large.
 */
#define SIM_BUCKET_UNIT 64u
#define SIM_BUCKET_SUB	64u
#define SIM_BUCKETS	(SIM_BUCKET_SUB * 28u) /* up to 1,000 s; longer: in the last one */

struct sim_distribution {
	uint64_t bucket[SIM_BUCKETS];
	uint64_t count;
	uint64_t sum_ns;
	uint64_t max_ns; /* exact */
};

static inline uint32_t sim_bucket(uint64_t ns)
{
	uint64_t v = ns / SIM_BUCKET_UNIT;
	uint32_t index;

	if (v < SIM_BUCKET_SUB)
		return (uint32_t)v;
	index = (uint32_t)(63 - __builtin_clzll(v)) - 6; /* log2(SIM_BUCKET_SUB) */
	index = (index + 1) * SIM_BUCKET_SUB + (uint32_t)((v >> index) - SIM_BUCKET_SUB);
	return index < SIM_BUCKETS ? index : SIM_BUCKETS - 1;
}

static inline void sim_distribution_add(struct sim_distribution *d, uint64_t ns)
{
	d->bucket[sim_bucket(ns)]++;
	d->count++;
	d->sum_ns += ns;
	if (ns > d->max_ns)
		d->max_ns = ns;
}

/* Returns the largest value of a bucket. */
uint64_t sim_bucket_top(uint32_t bucket);

/* Returns the value that `permyriad` ten-thousandths of all values do not exceed; 0: no values. */
uint64_t sim_distribution_permyriad(const struct sim_distribution *d, uint32_t permyriad);

struct sim_stream_outcome {
	struct sim_distribution response; /* of finished frames, from the nominal release */
	uint64_t released;
	uint64_t finished;
	uint64_t missed;  /* frames past their deadline (finished or not), skipped or killed */
	uint64_t skipped; /* frames never begun, since too many were unfinished */
	uint64_t killed;
	uint64_t busy_ns;   /* time on the GPU */
	uint64_t worst_run; /* run with the longest response */
};

struct sim_guest_outcome {
	uint64_t busy_ns; /* time on the GPU */
	uint64_t jobs;
	uint64_t killed;
	uint64_t overruns; /* jobs longer than declared */
};

struct sim_outcome {
	struct sim_stream_outcome stream[SIM_MAX_STREAMS];
	struct sim_guest_outcome guest[SIM_MAX_GUESTS];
	uint64_t time_ns; /* simulated time of all runs */
	uint64_t busy_ns;
	uint64_t held_back_ns; /* time with an idle GPU although a job was waiting */
	uint64_t jobs;
	uint64_t runs;
	uint64_t run; /* number of the current run */
};

/* Zero everything that a run of that workload may have changed. */
void sim_outcome_clear(struct sim_outcome *r, const struct sim_workload *w);

/* Add `more` to `sum`, to combine the results of several threads. */
void sim_outcome_add(struct sim_outcome *sum, const struct sim_outcome *more);

/*
 * Returns the largest error of a guest's share, 0 to 1. Among the guests of one priority that have
 * only saturating streams, the error is |share of their GPU time - share of their weights|.
 * Negative: no priority has two such guests.
 */
double sim_outcome_share_error(const struct sim_outcome *r, const struct sim_workload *w);

#endif

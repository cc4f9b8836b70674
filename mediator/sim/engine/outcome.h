/* SPDX-License-Identifier: MIT */
/* What a simulation has found: sums and the distribution of response times. */
#ifndef MEDIATOR_SIM_ENGINE_OUTCOME_H
#define MEDIATOR_SIM_ENGINE_OUTCOME_H

#include "mediator/sim/engine/workload.h"

/* Buckets linear within each power of two of 64 ns: a value is read back at most 1/64 too large. */
#define SIM_BUCKET_UNIT 64u
#define SIM_BUCKET_SUB	64u
#define SIM_BUCKETS	(SIM_BUCKET_SUB * 28u) /* up to 1,000 s; longer ones count as that */

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

/* The largest value of a bucket. */
uint64_t sim_bucket_top(uint32_t bucket);

/* What `permyriad` ten-thousandths of all values do not exceed; 0 when there are none. */
uint64_t sim_distribution_permyriad(const struct sim_distribution *d, uint32_t permyriad);

struct sim_stream_outcome {
	struct sim_distribution response; /* nominal release to completion, of finished frames */
	uint64_t released;
	uint64_t finished;
	uint64_t missed;  /* past its deadline, finished or not; skipped; or killed */
	uint64_t skipped; /* never begun: too many before it were unfinished */
	uint64_t killed;
	uint64_t busy_ns;   /* on the GPU */
	uint64_t worst_run; /* in which the longest response was seen */
};

struct sim_guest_outcome {
	uint64_t busy_ns; /* on the GPU */
	uint64_t jobs;
	uint64_t killed;
	uint64_t overruns; /* jobs longer than declared */
};

struct sim_outcome {
	struct sim_stream_outcome stream[SIM_MAX_STREAMS];
	struct sim_guest_outcome guest[SIM_MAX_GUESTS];
	uint64_t time_ns; /* simulated, of all runs */
	uint64_t busy_ns;
	uint64_t held_back_ns; /* GPU idle although a job was waiting */
	uint64_t jobs;
	uint64_t runs;
	uint64_t run; /* the current one */
};

/* Zero all that a run of that workload may have changed. */
void sim_outcome_clear(struct sim_outcome *r, const struct sim_workload *w);

/* Add `more` to `sum`; used to put the results of several threads together. */
void sim_outcome_add(struct sim_outcome *sum, const struct sim_outcome *more);

/*
 * The largest error of a share, 0 to 1: among the guests of one priority that are served by
 * saturating streams only, |part of their GPU time - part of their weights|. Negative when no
 * priority has two such guests.
 */
double sim_outcome_share_error(const struct sim_outcome *r, const struct sim_workload *w);

#endif

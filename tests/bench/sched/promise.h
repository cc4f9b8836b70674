/* SPDX-License-Identifier: MIT */
/* The state of one thread of bench_promise(). */
#ifndef TESTS_BENCH_SCHED_PROMISE_H
#define TESTS_BENCH_SCHED_PROMISE_H

#include <pthread.h>
#include <stdatomic.h>

#include "mediator/admission/admission.h"
#include "tests/bench/sched/bench.h"

#define RATIO_SLOTS 4096u

struct tally {
	uint64_t configurations, refused, runs;
	uint64_t frames;	  /* of the most important display */
	uint64_t frames_promised; /* of all displays, where something was promised */
	uint64_t missed;	  /* by the most important display */
	uint64_t missed_promised;
	uint64_t beyond_bound; /* displays whose longest response was above the bound */
	uint64_t jobs;
	uint64_t simulated_ns;
	uint64_t broken_seed; /* of the first configuration that broke a promise */
	double ratio[BENCH_CLASSES][RATIO_SLOTS];     /* bound / longest, in the worst phase */
	double top_ratio[BENCH_CLASSES][RATIO_SLOTS]; /* the same of the most important display */
	uint32_t ratios[BENCH_CLASSES], top_ratios[BENCH_CLASSES];
};

struct worker {
	const struct bench_options *o;
	atomic_uint_fast64_t *next, *frames;
	struct bench_sim *b;
	struct tally tally;
	pthread_t thread;

	/* The configuration at hand. */
	struct config config;
	struct admission admission;
	struct sim_workload base; /* periodic, at declared maxima */
	uint64_t bound_ns[SIM_MAX_STREAMS], rogue_ns[SIM_MAX_STREAMS];
	uint64_t longest_ns[SIM_MAX_STREAMS]; /* of all runs to which bound_ns applies */
	uint64_t warm_ns[SIM_MAX_STREAMS];    /* the earliest release that is promised anything */
	uint64_t seed;
	enum bench_class class;
};

/* Draw the configuration of k->seed and run all that it is to be tried with. */
void scenario_run_all(struct worker *k);

#endif

/* SPDX-License-Identifier: MIT */
/* The state of the threads of bench_promise(). */
#ifndef TESTS_BENCH_SCHED_PROMISE_H
#define TESTS_BENCH_SCHED_PROMISE_H

#include <pthread.h>
#include <stdatomic.h>

#include "mediator/admission/admission.h"
#include "tests/bench/sched/adversary.h"
#include "tests/bench/sched/bench.h"

#define RATIO_SLOTS 4096u

/* Groups of displays whose bounds are compared with the worst response found. */
enum promise_kind {
	PROMISE_TOP = 0,  /* the most important display, if no other has its priority */
	PROMISE_DISTINCT, /* no two displays at this one's priority or above have the same */
	PROMISE_ALL,
	PROMISE_KINDS,
};

struct ratios {
	double ratio[RATIO_SLOTS]; /* bound / worst found */
	uint32_t n;
};

struct tally {
	uint64_t configurations, refused, runs;
	uint64_t frames;	  /* frames of the most important display */
	uint64_t frames_promised; /* frames of all displays with a promise */
	uint64_t missed;	  /* deadlines missed by the most important display */
	uint64_t missed_promised;
	uint64_t beyond_bound; /* runs and searches with a response above the bound */
	uint64_t jobs;
	uint64_t simulated_ns;
	uint64_t broken_seed; /* seed of the first configuration that broke a promise */
	struct ratios ratios[BENCH_CLASSES][PROMISE_KINDS];
	uint64_t searched; /* displays whose worst response was searched */
	double search_s;
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
	uint64_t longest_ns[SIM_MAX_STREAMS]; /* longest where bound_ns applies */
	int searched;			      /* the worst responses have been searched */
	uint64_t warm_ns[SIM_MAX_STREAMS];    /* the earliest release with a promise */
	uint64_t seed;
	enum bench_class class;
};

/*
 * search.c: returns the victim's longest response found in `tries` runs. set->zero_ns must be late
 * enough for gates to know all releases.
 */
uint64_t search_worst(const struct adversary_set *set, uint32_t victim, uint64_t seed,
		      uint32_t tries);

/* Returns the monotonic clock in seconds. */
double promise_now_s(void);

/* scenario.c: draw the configuration of k->seed and simulate all scenarios with it. */
void scenario_run_all(struct worker *k);

#endif

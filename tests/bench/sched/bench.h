/* SPDX-License-Identifier: MIT */
/*
 * Benchmarks of the scheduler. Each section prints a table and returns an object for sched.json.
 * Simulated figures are the same on every machine. Measured times are not; the machine's noise is
 * printed beside them.
 */
#ifndef TESTS_BENCH_SCHED_BENCH_H
#define TESTS_BENCH_SCHED_BENCH_H

#include <jansson.h>
#include <stdint.h>

#include "mediator/config/config.h"
#include "mediator/sim/engine/engine.h"
#include "mediator/sim/policies/policies.h"

#define MS UINT64_C(1000000)
#define US UINT64_C(1000)

struct bench_options {
	uint64_t frames; /* frames of the most important display, over all random configurations */
	uint64_t seed;
	uint32_t threads;
	uint32_t tries;	       /* runs in a search for the worst response of one display */
	const char *workloads; /* folder of *.sim */
	const char *out; /* the JSON file; a workload that breaks a promise is written beside it */
};

/*
 * Everything that a simulation needs. bench_new() returns NULL if memory runs out; the caller frees
 * it with bench_free().
 */
struct bench_sim {
	struct sim sim;
	struct sim_workload workload, scratch;
	struct sim_outcome outcome;
};
struct bench_sim *bench_new(void);
void bench_free(struct bench_sim *b);

/* Simulate b->workload under a policy, with the result in b->outcome. */
void bench_run(struct bench_sim *b, const struct sim_policy *policy);

/* Sort `n` values. Returns the value that `permille` thousandths of them do not exceed; 0: none. */
double bench_permille(double *values, uint32_t n, uint32_t permille);

/* --- Sections: each returns its object, or NULL after a message. *bad counts broken promises. */
json_t *bench_machine(const struct bench_options *o, uint32_t *bad);
json_t *bench_promise(const struct bench_options *o, uint32_t *bad);
json_t *bench_guests(const struct bench_options *o, uint32_t *bad);
json_t *bench_cost(const struct bench_options *o, uint32_t *bad);
json_t *bench_analysis(const struct bench_options *o, uint32_t *bad);
json_t *bench_peers(const struct bench_options *o, uint32_t *bad);

/* --- Random configurations: generate.c ---------------------------------------------------------
 */

enum bench_class {
	BENCH_PLAIN = 0, /* frames of one job, no kills, no gates */
	BENCH_KILLS,	 /* kill times a little above the longest job */
	BENCH_GATES,	 /* some displays have slack gates */
	BENCH_GAPS,	 /* some frames have CPU gaps */
	BENCH_CLASSES,
};

extern const char *const bench_class_names[BENCH_CLASSES];

/* Draw random configurations until admission accepts one. Returns how many it has refused. */
uint32_t bench_generate(struct sim_random *random, enum bench_class class, struct config *out);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Figures of the scheduler, each section a table on the terminal and an object in sched.json.
 * Everything that is simulated is the same on every machine; what is measured in nanoseconds is
 * not, and the machine's noise is reported beside it.
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
	uint64_t frames; /* of the most important display, over all random configurations */
	uint64_t seed;
	uint32_t threads;
	uint32_t tries;	       /* to find the worst response of one display */
	const char *workloads; /* folder of *.sim */
	const char *out;       /* the JSON file; what breaks a promise is written beside it */
};

/* All that one simulation needs; to be freed by bench_free(). NULL: out of memory. */
struct bench_sim {
	struct sim sim;
	struct sim_workload workload, scratch;
	struct sim_outcome outcome;
};
struct bench_sim *bench_new(void);
void bench_free(struct bench_sim *b);

/* Run b->workload under a policy; the result is in b->outcome. */
void bench_run(struct bench_sim *b, const struct sim_policy *policy);

/* Sorts `n` values and returns what `permille` thousandths of them do not exceed; 0 when n is 0. */
double bench_permille(double *values, uint32_t n, uint32_t permille);

/* --- Sections: each returns its object, NULL after a message. *bad counts what does not hold. */
json_t *bench_machine(const struct bench_options *o, uint32_t *bad);
json_t *bench_promise(const struct bench_options *o, uint32_t *bad);
json_t *bench_guests(const struct bench_options *o, uint32_t *bad);
json_t *bench_cost(const struct bench_options *o, uint32_t *bad);
json_t *bench_analysis(const struct bench_options *o, uint32_t *bad);
json_t *bench_peers(const struct bench_options *o, uint32_t *bad);

/* --- Random configurations: generate.c ---------------------------------------------------------
 */

enum bench_class {
	BENCH_PLAIN = 0, /* one job a frame, nobody is killed, no gates */
	BENCH_KILLS,	 /* guests are killed beyond their longest job */
	BENCH_GATES,	 /* some displays have slack gates */
	BENCH_GAPS,	 /* some frames have CPU gaps */
	BENCH_CLASSES,
};

extern const char *const bench_class_names[BENCH_CLASSES];

/* A random configuration that admission accepts; returns how many it refused before that one. */
uint32_t bench_generate(struct sim_random *random, enum bench_class class, struct config *out);

#endif

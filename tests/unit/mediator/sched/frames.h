/* SPDX-License-Identifier: MIT */
/*
 * The scheduler in virtual time, beside clients that draw frames as struct response_stream says:
 * what the analysis promises is held against what happens. Deliberately small and apart from the
 * simulator.
 */
#ifndef TESTS_UNIT_MEDIATOR_SCHED_FRAMES_H
#define TESTS_UNIT_MEDIATOR_SCHED_FRAMES_H

#include <stdint.h>

#include "mediator/admission/response.h"

#define FRAMES_MAX 12u

enum frames_kind {
	FRAMES_PERIODIC = 0, /* on a grid from a random phase */
	FRAMES_ADVERSE,	     /* as early as allowed after a less important job has just begun */
	FRAMES_SATURATE,     /* always a job ready; its responses mean nothing */
};

struct frames_client {
	struct response_stream stream;
	enum frames_kind kind;
	uint64_t slack_ns;
	uint32_t weight;
	uint64_t kill_ns, job_ns; /* declared; 0: as the stream's cost */

	/* Result. */
	uint64_t worst_ns; /* from nominal release to end */
	uint64_t frames;
	uint64_t busy_ns;
	uint64_t throttled; /* jobs that had to wait for a budget */
};

struct frames_run {
	const char *policy;
	uint64_t seed, duration_ns;
	uint64_t latency_ns; /* at most, of each release and each return from a gap */
	int exact;	     /* each job takes its whole cost; or else something up to it */
	/* Called with each job that ends; may be NULL. */
	void (*ended)(void *context, uint32_t client, uint64_t started, uint64_t ended);
	void *context;
};

void frames_simulate(const struct frames_run *run, struct frames_client *clients, uint32_t count);

/* A small generator, the same everywhere. */
uint64_t frames_random(uint64_t *state);
uint64_t frames_between(uint64_t *state, uint64_t low, uint64_t high); /* both included */

#endif

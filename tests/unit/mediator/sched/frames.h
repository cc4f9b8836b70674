/* SPDX-License-Identifier: MIT */
/*
 * Runs the scheduler in virtual time, with clients that draw frames as struct response_stream says,
 * to compare responses with the bounds of the analysis. Deliberately small and independent of the
 * simulator.
 */
#ifndef TESTS_UNIT_MEDIATOR_SCHED_FRAMES_H
#define TESTS_UNIT_MEDIATOR_SCHED_FRAMES_H

#include <stdint.h>

#include "mediator/admission/response.h"

#define FRAMES_MAX 12u

enum frames_kind {
	FRAMES_PERIODIC = 0, /* releases on a grid from a random phase */
	FRAMES_ADVERSE,	     /* releases as early as allowed, just after a lower job began */
	FRAMES_SATURATE,     /* a job is always ready; its responses mean nothing */
};

struct frames_client {
	struct response_stream stream;
	enum frames_kind kind;
	uint64_t slack_ns;
	uint32_t weight;
	uint64_t kill_ns, job_ns; /* declared; job_ns 0: the stream's cost */

	/* Result. */
	uint64_t worst_ns; /* longest response, from the nominal release */
	uint64_t frames;
	uint64_t busy_ns;
	uint64_t throttled; /* jobs that had to wait for a budget */
};

struct frames_run {
	const char *policy;
	uint64_t seed, duration_ns;
	uint64_t latency_ns; /* longest latency of each release and of each return from a gap */
	int exact;	     /* 1: each job takes its whole cost; 0: a random time up to it */
	/* Called at the end of each job; may be NULL. */
	void (*ended)(void *context, uint32_t client, uint64_t started, uint64_t ended);
	void *context;
};

/* Simulate, and fill in the results of the clients. At most FRAMES_MAX clients. */
void frames_simulate(const struct frames_run *run, struct frames_client *clients, uint32_t count);

/* Random numbers that are the same on every machine. */
uint64_t frames_random(uint64_t *state);
uint64_t frames_between(uint64_t *state, uint64_t low, uint64_t high); /* low and high included */

#endif

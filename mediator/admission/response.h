/* SPDX-License-Identifier: MIT */
/*
 * Response-time analysis: worst-case response times of frames on a GPU that runs one job at a time,
 * without preemption. docs/scheduling.md has the formulas and their sources. Pure integer
 * arithmetic in nanoseconds, no allocation, all loops bounded.
 */
#ifndef MEDIATOR_ADMISSION_RESPONSE_H
#define MEDIATOR_ADMISSION_RESPONSE_H

#include <stdint.h>

#define RESPONSE_MAX_STREAMS 96u

/* No bound was found: the GPU is overloaded, or nearly so. */
#define RESPONSE_UNBOUNDED UINT64_MAX
/* A longer response counts as unbounded. */
#define RESPONSE_HORIZON_NS UINT64_C(10000000000)

/* One display's frames, or a panel's compositions. Times are at most RESPONSE_HORIZON_NS. */
struct response_stream {
	uint32_t priority;    /* as in struct sched_params; compositors are trusted */
	uint32_t client;      /* owner of the jobs; all streams of a client have one priority */
	uint64_t cost_ns;     /* enforced cost of one job, not 0: sched_enforced_cost() */
	uint32_t segments;    /* jobs of a frame, at least 1 */
	uint64_t gap_ns;      /* longest CPU time between two of them; 0: each is ready when the
			       * one before ends, and no other job runs in between */
	uint64_t period_ns;   /* not 0 */
	uint64_t jitter_ns;   /* less than the period */
	uint64_t deadline_ns; /* from the nominal release */
	uint64_t budget_ns, budget_period_ns; /* of the client; 0: none */
	uint8_t gate;			      /* jobs of lower priority wait for its frames */
	uint64_t own_ns; /* cost of one job that is as long as declared, not killed; 0: cost_ns */
};

/* Result for a stream. A response is from a frame's nominal release to the end of its last job. */
struct response {
	uint64_t blocking_ns;  /* longest blocking by a job of lower priority, at each segment */
	uint64_t tolerance_ns; /* longest blocking with which the deadline holds, to 1 us */
	uint8_t tolerates;     /* the deadline holds without blocking; tolerance_ns is valid */
	/* Worst case of frames as declared, if all streams keep to their declared periods. */
	uint64_t response_ns;
	/*
	 * Worst case if clients of higher or equal priority, too, send as much as they can and only
	 * their budgets limit them. RESPONSE_UNBOUNDED if one of them has no budget.
	 */
	uint64_t rogue_ns;
};

/*
 * Analyse `count` streams (at most RESPONSE_MAX_STREAMS); out[i] is the result for in[i].
 * latency_ns is that of interrupt and mediator; it counts each time a frame comes to the GPU.
 */
void response_analyse(const struct response_stream *in, uint32_t count, uint64_t latency_ns,
		      struct response *out);

/* Returns the stream's utilisation of the GPU in millionths, rounded up. */
uint64_t response_utilisation(const struct response_stream *stream);

#endif

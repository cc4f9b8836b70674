/* SPDX-License-Identifier: MIT */
/*
 * Worst-case response times of frames on a GPU that runs one job at a time and does not preempt
 * it: docs/scheduling.md has the formulas and where they come from. Pure integer arithmetic in
 * nanoseconds, no allocation, all loops bounded.
 */
#ifndef MEDIATOR_ADMISSION_RESPONSE_H
#define MEDIATOR_ADMISSION_RESPONSE_H

#include <stdint.h>

#define RESPONSE_MAX_STREAMS 96u

/* No bound was found: the GPU is overloaded, or nearly so. */
#define RESPONSE_UNBOUNDED UINT64_MAX
/* What takes longer than that is not bounded for us. */
#define RESPONSE_HORIZON_NS UINT64_C(10000000000)

/* One display's frames, or a panel's compositions. Times are at most RESPONSE_HORIZON_NS. */
struct response_stream {
	uint32_t priority;  /* as in struct sched_params; compositions are trusted */
	uint32_t client;    /* whose jobs they are; a client's streams have one priority */
	uint64_t cost_ns;   /* enforced cost of one job, not 0: sched_enforced_cost() */
	uint32_t segments;  /* jobs of a frame, at least 1 */
	uint64_t gap_ns;    /* longest time between two of them; 0: each is there at the end of the
			     * one before, and nobody gets in between */
	uint64_t period_ns; /* not 0 */
	uint64_t jitter_ns; /* less than the period */
	uint64_t deadline_ns;		      /* from the nominal release */
	uint64_t budget_ns, budget_period_ns; /* of the client; 0: none */
	uint8_t gate;			      /* jobs of lower priority wait for it */
	uint64_t own_ns; /* as cost_ns, of jobs that keep to what is declared; 0: the same */
};

struct response {
	uint64_t blocking_ns;  /* longest wait for a job of lower priority, at each segment */
	uint64_t tolerance_ns; /* longest blocking with which it would hold, to a microsecond */
	uint8_t tolerates;     /* it holds without any blocking; tolerance_ns is valid */
	/* Worst case of frames as declared, when all keep to their declared periods. */
	uint64_t response_ns;
	/*
	 * Worst case when clients of higher or equal priority, too, send as much as they can: they
	 * are held by their budgets alone. Unbounded when one of them has none.
	 */
	uint64_t rogue_ns;
};

/*
 * Analyse `count` streams (at most RESPONSE_MAX_STREAMS); out[i] is about in[i]. latency_ns is that
 * of interrupt and mediator, once for each time a frame comes to the GPU.
 */
void response_analyse(const struct response_stream *in, uint32_t count, uint64_t latency_ns,
		      struct response *out);

/* Use of the GPU in millionths, rounded up. */
uint64_t response_utilisation(const struct response_stream *stream);

#endif

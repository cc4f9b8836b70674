/* SPDX-License-Identifier: MIT */
/*
 * What may run before a stream's frame: demand of others in windows of any length. Private to
 * mediator/admission; response.h says who the streams are.
 */
#ifndef MEDIATOR_ADMISSION_DEMAND_H
#define MEDIATOR_ADMISSION_DEMAND_H

#include "mediator/admission/response.h"

/*
 * Demand of others in a window of length w: ceil((w + offset) / period) * cost, or more if one has
 * begun before it. `new` covers windows up to `reach` - offset; `sum` is in the window's sum.
 */
struct term {
	uint64_t cost, period, offset;
	uint64_t share; /* cost / period, rounded down, as in demand.c */
	uint64_t reach, new, sum;
	uint64_t until;			     /* what has begun is the same up to this length */
	uint64_t response;		     /* of a frame, however it behaves */
	const struct response_stream *begun; /* not NULL: a window may find a frame in a gap */
	uint64_t again;			     /* its blocking after each gap */
};

struct analysis {
	const struct response_stream *in;
	struct response *out;
	uint32_t count;
	uint64_t latency;
	uint32_t order[RESPONSE_MAX_STREAMS];	/* by priority */
	uint64_t assumed[RESPONSE_MAX_STREAMS]; /* responses, killed frames included */
	uint8_t held[RESPONSE_MAX_STREAMS];	/* a gate above may keep its jobs waiting */
};

/* Windows of a response; they grow at least as fast as the blocking. */
struct windows {
	uint64_t blocking, busy, first;
};

/* What may delay one stream, apart from blocking. */
struct delay {
	const struct analysis *a;
	uint32_t i;
	int rogue;	      /* others are held by their budgets only */
	int enforced;	      /* its own jobs, too, may be killed */
	int held;	      /* what gates above may keep idle counts */
	int whole;	      /* the window may begin at any time: frames reach into it */
	uint64_t early;	      /* by so much earlier than the window may others have come, blocked */
	struct windows last;  /* of the response that was computed last, if it has a bound */
	struct windows known; /* of one with no more blocking: where to start */
	uint64_t base;
	struct term term[2 * RESPONSE_MAX_STREAMS];
	uint32_t terms;
};

static inline uint64_t demand_divide_up(uint64_t a, uint64_t b)
{
	return a / b + (a % b != 0);
}

static inline uint64_t demand_of_frame(const struct response_stream *s)
{
	return s->segments * s->cost_ns;
}

/* How often a frame leaves the GPU before its end. */
static inline uint64_t demand_gaps(const struct response_stream *s)
{
	return s->gap_ns ? s->segments - 1u : 0;
}

/* The longest job of lower priority that is not longer than `most`. */
uint64_t demand_longest_below(const struct analysis *a, uint32_t priority, uint64_t most);

/* What a frame with gaps may be blocked by each time it comes back. */
uint64_t demand_blocking_again(const struct analysis *a, uint32_t i, uint64_t blocking);

/* Whether a gate above may keep stream i's jobs waiting. */
uint8_t demand_may_be_held(const struct analysis *a, uint32_t i);

/* Fill base and terms; the other members are set. Returns 0 when there is no bound. */
int demand_collect(struct delay *d);

/* One more term that reaches neither into the window nor is begun before it. */
struct term *demand_add(struct delay *d, uint64_t cost, uint64_t period, uint64_t offset);

/*
 * The least w, not below start, with w = base + demand of others in w and what is early; or
 * RESPONSE_UNBOUNDED.
 */
uint64_t demand_fixed_point(struct delay *d, uint64_t base, uint64_t start);

#endif

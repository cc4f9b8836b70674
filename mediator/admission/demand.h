/* SPDX-License-Identifier: MIT */
/*
 * Demand: the GPU time that other streams can use in a window of a given length before a stream's
 * frame. Private to mediator/admission; response.h describes the streams. Times are in nanoseconds.
 */
#ifndef MEDIATOR_ADMISSION_DEMAND_H
#define MEDIATOR_ADMISSION_DEMAND_H

#include "mediator/admission/response.h"

/*
 * Demand of one stream in a window of length w: ceil((w + offset) / period) * cost, or more if one
 * of its frames has begun before the window. `new` is the demand of whole frames in windows up to
 * reach - offset; `sum` is the part of the window's sum that this term has added so far.
 */
struct term {
	uint64_t cost, period, offset;
	uint64_t share; /* cost / period, rounded down, as in demand.c */
	uint64_t reach, new, sum;
	uint64_t until;	   /* the demand of a begun frame is constant up to this length */
	uint64_t response; /* bound of a frame's response, killed frames included */
	const struct response_stream *begun; /* not NULL: its frame may be in a gap at the start */
	uint64_t again;			     /* blocking of its frame after each gap */
};

struct analysis {
	const struct response_stream *in;
	struct response *out;
	uint32_t count;
	uint64_t latency;
	uint32_t order[RESPONSE_MAX_STREAMS];	/* indices of streams, by priority */
	uint64_t assumed[RESPONSE_MAX_STREAMS]; /* bounds of responses, killed frames included */
	uint8_t held[RESPONSE_MAX_STREAMS];	/* a gate above may hold its jobs */
};

/*
 * Windows of one response: the busy period and the window of its first frame, both found with
 * `blocking`. They grow at least as fast as the blocking.
 */
struct windows {
	uint64_t blocking, busy, first;
};

/* The analysis of stream i: all that may delay it, apart from blocking. */
struct delay {
	const struct analysis *a;
	uint32_t i;
	int rogue;	/* only budgets limit the others */
	int enforced;	/* its own jobs may be killed, too */
	int held;	/* time that gates above may keep idle counts */
	int whole;	/* the window may begin at any time: others' frames may reach into it */
	uint64_t early; /* others may have been released this long before the window, and blocked */
	struct windows last;  /* of the response computed last, if it is bounded */
	struct windows known; /* of a response with no more blocking: where iterations start */
	uint64_t base;	      /* demand that does not depend on the window's length */
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

/* Returns how many gaps a frame has. */
static inline uint64_t demand_gaps(const struct response_stream *s)
{
	return s->gap_ns ? s->segments - 1u : 0;
}

/* Returns the longest enforced cost, up to `most`, of a stream of lower priority; 0: none. */
uint64_t demand_longest_below(const struct analysis *a, uint32_t priority, uint64_t most);

/* Returns the blocking of stream i's frame after each gap; `blocking` is that of its first job. */
uint64_t demand_blocking_again(const struct analysis *a, uint32_t i, uint64_t blocking);

/* Returns whether a gate of higher priority may hold stream i's jobs. */
uint8_t demand_may_be_held(const struct analysis *a, uint32_t i);

/* Fill base and terms from the other members. Returns 0 if there is no bound, otherwise 1. */
int demand_collect(struct delay *d);

/* Add and return a term whose frames neither reach into the window nor have begun before it. */
struct term *demand_add(struct delay *d, uint64_t cost, uint64_t period, uint64_t offset);

/*
 * Returns the least w, not below `start`, with w = base + demand of all terms in a window of length
 * w + d->early; or RESPONSE_UNBOUNDED.
 */
uint64_t demand_fixed_point(struct delay *d, uint64_t base, uint64_t start);

#endif

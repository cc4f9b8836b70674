/* SPDX-License-Identifier: MIT */
/*
 * A fixed number of timers in a tournament tree: the earliest is known at once, and setting one
 * costs a comparison per level.
 */
#ifndef MEDIATOR_SIM_ENGINE_TIMERS_H
#define MEDIATOR_SIM_ENGINE_TIMERS_H

#include <stdint.h>

#define TIMERS_MAX 256u

struct timers {
	uint64_t at[TIMERS_MAX];     /* when each timer expires; UINT64_MAX: never */
	uint16_t winner[TIMERS_MAX]; /* earliest timer below each inner node; node 1 is the root */
	uint32_t leaves;	     /* a power of two */
};

/* Start with `count` timers, 1 to TIMERS_MAX, none of them set. */
void timers_init(struct timers *t, uint32_t count);

/* Returns the earliest timer. */
static inline uint32_t timers_first(const struct timers *t)
{
	return t->winner[1];
}

static inline void timers_set(struct timers *t, uint32_t timer, uint64_t at)
{
	uint32_t node = (t->leaves + timer) >> 1;
	uint32_t pair = timer & ~1u;

	t->at[timer] = at;
	t->winner[node] = (uint16_t)(t->at[pair + 1] < t->at[pair] ? pair + 1 : pair);
	while (node > 1) {
		uint32_t a, b;

		node >>= 1;
		a = t->winner[2 * node];
		b = t->winner[2 * node + 1];
		t->winner[node] = (uint16_t)(t->at[b] < t->at[a] ? b : a);
	}
}

#endif

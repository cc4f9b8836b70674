/* SPDX-License-Identifier: MIT */
/*
 * How often something may happen: a token bucket. `burst` tokens at first, one more each interval,
 * never more than `burst`. Pure: time is an argument, in nanoseconds, and never goes back.
 */
#ifndef MEDIATOR_SHARED_LIMIT_LIMIT_H
#define MEDIATOR_SHARED_LIMIT_LIMIT_H

#include <stdint.h>

struct limit {
	uint64_t interval_ns;
	uint64_t slack_ns; /* how far ahead of the even pace a burst may be */
	uint64_t due_ns;   /* when the next one is due at an even pace */
};

/* `count` in each period, `burst` at once; none of the three is 0. */
void limit_init(struct limit *limit, uint32_t count, uint64_t period_ns, uint32_t burst);

/*
 * For what has happened and cannot be undone: take a token, and say for how many nanoseconds
 * nothing more should happen. 0: go on.
 */
uint64_t limit_spend(struct limit *limit, uint64_t now_ns);

/* Take a token: 0, or the nanoseconds until there is one, and nothing is taken. */
uint64_t limit_take(struct limit *limit, uint64_t now_ns);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A rate limit: a token bucket that holds at most `burst` tokens, starts full and gains one token
 * per interval. Pure: the caller passes the time in nanoseconds, on a clock that never goes back.
 */
#ifndef MEDIATOR_SHARED_LIMIT_LIMIT_H
#define MEDIATOR_SHARED_LIMIT_LIMIT_H

#include <stdint.h>

struct limit {
	uint64_t interval_ns; /* from one token to the next */
	uint64_t slack_ns; /* how far `due_ns` may lie ahead of the time: a full bucket's length */
	uint64_t due_ns;   /* when the next event is due at an even pace */
};

/* Allow `count` events per `period_ns`, `burst` of them at once. None of the three may be 0. */
void limit_init(struct limit *limit, uint32_t count, uint64_t period_ns, uint32_t burst);

/*
 * Account for an event that has already happened: takes a token even if there is none. Returns 0,
 * or the nanoseconds for which no further event should be accepted.
 */
uint64_t limit_spend(struct limit *limit, uint64_t now_ns);

/*
 * Take a token if there is one. Returns 0, or the nanoseconds until the next token, in which case
 * nothing is taken.
 */
uint64_t limit_take(struct limit *limit, uint64_t now_ns);

#endif

/* SPDX-License-Identifier: MIT */
/* One scheduler, moved by hand: what the tests of its single rules share. Time starts at T0. */
#ifndef TESTS_UNIT_MEDIATOR_SCHED_RULES_H
#define TESTS_UNIT_MEDIATOR_SCHED_RULES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mediator/sched/sched.h"

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)
#define T0 (1000 * MS)

extern struct sched rules_sched;
extern uint64_t rules_wake; /* of the last rules_pick() */

/* A client, its next job, its turn and its end; what may not fail fails the test. */
struct sched_client *rules_add(const struct sched_params *params);
void rules_ready(struct sched_client *c, uint64_t now);
struct sched_client *rules_pick(uint64_t now);
void rules_done(struct sched_client *c, uint64_t now);
/* A job of c from `from` to `to`. */
void rules_use(struct sched_client *c, uint64_t from, uint64_t to);

/*
 * A display with a gate: its first frame was released at T0 and took 4 ms, and its slack is
 * 14 - 1 - 4 = 9 ms. Initialises the scheduler.
 */
extern const struct sched_params rules_cluster;
struct sched_client *rules_first_frame(void);

#endif

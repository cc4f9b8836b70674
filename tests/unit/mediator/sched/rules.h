/* SPDX-License-Identifier: MIT */
/* Shared by the tests of single scheduling rules. The tests set the time, which starts at T0. */
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
extern uint64_t rules_wake; /* *wake of the last rules_pick() */

/* Add a client, announce its next job, pick a client, end its job. Errors fail the test. */
struct sched_client *rules_add(const struct sched_params *params);
void rules_ready(struct sched_client *c, uint64_t now);
struct sched_client *rules_pick(uint64_t now);
void rules_done(struct sched_client *c, uint64_t now);
/* Run a job of c from `from` to `to`. */
void rules_use(struct sched_client *c, uint64_t from, uint64_t to);

/*
 * rules_first_frame() initialises the scheduler and returns a client with a gate, whose first frame
 * was released at T0 and took 4 ms. Its slack is 14 - 1 - 4 = 9 ms.
 */
extern const struct sched_params rules_cluster;
struct sched_client *rules_first_frame(void);

#endif

/* SPDX-License-Identifier: MIT */
/* Workloads written as text, run in the test's own process. */
#ifndef TESTS_UNIT_MEDIATOR_SIM_SIM_CASE_H
#define TESTS_UNIT_MEDIATOR_SIM_SIM_CASE_H

#include "mediator/sim/engine/engine.h"
#include "mediator/sim/policies/policies.h"

#define MS UINT64_C(1000000)
#define US UINT64_C(1000)

/* Parse `text`, which must be good. Valid until the next call. */
struct sim_workload *sim_case(const char *text);

/*
 * Run it under the policy of that name, all of its sweeps; the outcome is valid until the next
 * run. `observer` may be NULL.
 */
const struct sim_outcome *sim_case_run(const struct sim_workload *w, const char *policy,
				       const struct sim_observer *observer);

/*
 * `guests` guests: a cluster whose 4 ms frames are far apart and come at every moment (so that no
 * frame meets the one before it), and hogs with jobs of 2 ms, `queued` each at all times.
 */
struct sim_workload *sim_case_hogs(uint32_t guests, uint32_t queued);

#endif

/* SPDX-License-Identifier: MIT */
/* Workloads written as text and run in the test's own process. */
#ifndef TESTS_UNIT_MEDIATOR_SIM_SIM_CASE_H
#define TESTS_UNIT_MEDIATOR_SIM_SIM_CASE_H

#include "mediator/sim/engine/engine.h"
#include "mediator/sim/policies/policies.h"

#define MS UINT64_C(1000000)
#define US UINT64_C(1000)

/* Parse `text`, which must be valid. The result is valid until the next call. */
struct sim_workload *sim_case(const char *text);

/*
 * Simulate all runs of a workload under the policy of that name. The outcome is valid until the
 * next call. `observer` may be NULL.
 */
const struct sim_outcome *sim_case_run(const struct sim_workload *w, const char *policy,
				       const struct sim_observer *observer);

/*
 * A cluster and guests - 1 hogs. The cluster's frames of 4 ms are so far apart that none meets the
 * one before, and come in all phases. Each hog has `queued` jobs of 2 ms at all times.
 */
struct sim_workload *sim_case_hogs(uint32_t guests, uint32_t queued);

#endif

/* SPDX-License-Identifier: MIT */
/* What analysis promises of a workload, to be held against what simulation finds. */
#ifndef MEDIATOR_SIM_BOUND_H
#define MEDIATOR_SIM_BOUND_H

#include "mediator/sim/engine/workload.h"

struct sim_bounds {
	uint64_t response_ns[SIM_MAX_STREAMS]; /* 0: nothing is promised */
	uint64_t slack_ns[SIM_MAX_GUESTS];     /* of gates; 0: the scheduler's default is right */
};

/*
 * Worst responses under the daemon's fixed priority. Nothing is promised to streams that are not
 * periodic, to those below a guest that may use as much as it wants, and to anybody when a job may
 * take longer than declared without being killed.
 */
void sim_bounds(const struct sim_workload *w, struct sim_bounds *out);

/* Set the slack of gates that were told none. */
void sim_bounds_apply(const struct sim_bounds *bounds, struct sim_workload *w);

#endif

/* SPDX-License-Identifier: MIT */
/* Bounds that the analysis gives for a workload, to compare with the simulation. */
#ifndef MEDIATOR_SIM_BOUND_H
#define MEDIATOR_SIM_BOUND_H

#include "mediator/sim/engine/workload.h"

struct sim_bounds {
	uint64_t response_ns[SIM_MAX_STREAMS]; /* longest response; 0: no bound */
	uint64_t slack_ns[SIM_MAX_GUESTS];     /* of guests' gates; 0: the scheduler's default */
};

/*
 * Compute the bounds under the daemon's fixed priority. A stream has no bound if it is not periodic
 * or if a guest above it may use the GPU without limit. No stream has one if a job may take longer
 * than declared without being killed.
 */
void sim_bounds(const struct sim_workload *w, struct sim_bounds *out);

/* Set the slack of those gates for which the workload gives none. */
void sim_bounds_apply(const struct sim_bounds *bounds, struct sim_workload *w);

#endif

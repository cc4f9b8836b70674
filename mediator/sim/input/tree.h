/* SPDX-License-Identifier: MIT */
/* A board's device tree as a workload: its guests do the most that they declare. */
#ifndef MEDIATOR_SIM_INPUT_TREE_H
#define MEDIATOR_SIM_INPUT_TREE_H

#include "mediator/config/config.h"
#include "mediator/sim/engine/workload.h"

enum sim_load {
	SIM_LOAD_PERIODIC = 0, /* each display draws one frame per period */
	/* All guests but those of the most important displays send as many jobs as they can. */
	SIM_LOAD_SATURATING = 1,
};

/*
 * Fill *out. Each guest of the tree is a guest of the workload, and so is the compositor of each
 * composed panel that declares compose-us. Each display is a stream. Each job is as long as
 * declared, or undeclared_job_ns long if the guest declares no length. Returns NULL; or, if
 * undeclared_job_ns is 0, the name of a guest that declares none.
 */
const char *sim_tree(const struct config *config, enum sim_load load, uint64_t undeclared_job_ns,
		     struct sim_workload *out);

#endif

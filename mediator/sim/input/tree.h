/* SPDX-License-Identifier: MIT */
/* The board's device tree as a workload: what its guests may do at most. */
#ifndef MEDIATOR_SIM_INPUT_TREE_H
#define MEDIATOR_SIM_INPUT_TREE_H

#include "mediator/config/config.h"
#include "mediator/sim/engine/workload.h"

enum sim_load {
	SIM_LOAD_PERIODIC = 0, /* each display draws one frame per period */
	/* As many jobs as it can, by every guest but those of the most important displays. */
	SIM_LOAD_SATURATING = 1,
};

/*
 * Fill *out: a guest for each guest of the tree, and one for the compositor of each composed panel
 * when its time is declared; a stream for each display, each job as long as declared, or, where
 * nothing is declared, undeclared_job_ns. Returns NULL, or the name of a guest without a declared
 * job when undeclared_job_ns is 0.
 */
const char *sim_tree(const struct config *config, enum sim_load load, uint64_t undeclared_job_ns,
		     struct sim_workload *out);

#endif

/* SPDX-License-Identifier: MIT */
/* The command line of gpumsim. */
#ifndef MEDIATOR_SIM_OPTIONS_H
#define MEDIATOR_SIM_OPTIONS_H

#include <stdbool.h>

#include "mediator/sim/input/tree.h"

enum { GOOD = 0, MISSED = 1, USAGE = 2, FAILED = 3 }; /* exit statuses: docs/man/gpumsim.1 */

#define OPTIONS_RUN (-1)

struct options {
	const char *file, *tree; /* exactly one of them is set */
	const char *policies;	 /* names, separated by commas; NULL: the workload's */
	const char *svg, *trace; /* NULL: not wanted */
	enum sim_load load;
	uint64_t job_ns, duration_ns; /* 0: not given */
	uint64_t seed, trace_ns;
	bool has_seed, json, check, print;
};

/* Returns OPTIONS_RUN; or the exit status, after an error or after --help and the like. */
int options_read(struct options *o, int argc, char **argv);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A fault plan: lets one call of one program fail once, or all allocations for a while. A test
 * writes the plan to a file, named by $FAULT_PLAN, for programs that are linked with fault.c. A
 * process maps the file when it starts, before it enters its sandbox.
 */
#ifndef TESTS_FAKES_XEN_FAULT_H
#define TESTS_FAKES_XEN_FAULT_H

#include <stdint.h>

struct fault_plan {
	char program[32]; /* file name of the program whose calls count */
	uint32_t nth;	  /* number of the call that fails, from 1, per process; 0: none */
	uint32_t fired;	  /* 1: a process has had the failure */
	uint32_t most;	  /* the most calls that a process has made */
	char what[64];	  /* name of the function that failed */
	uint32_t starve;  /* 1: every allocation fails */
	uint32_t starved; /* allocations that failed for `starve` */
};

#endif

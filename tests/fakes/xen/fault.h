/* SPDX-License-Identifier: MIT */
/*
 * One call of one program fails, once; or there is no memory for a while: the plan that a test
 * leaves in a file for programs that are linked with fault.c. $FAULT_PLAN names the file. A process
 * maps it when it starts, before it locks itself in.
 */
#ifndef TESTS_FAKES_XEN_FAULT_H
#define TESTS_FAKES_XEN_FAULT_H

#include <stdint.h>

struct fault_plan {
	char program[32]; /* whose calls count: its file name */
	uint32_t nth;	  /* of one process, from 1; 0: none is to fail */
	uint32_t fired;	  /* one process has had it */
	uint32_t most;	  /* calls that one process has made */
	char what[64];	  /* the function that failed */
	uint32_t starve;  /* 1: every request for memory fails */
	uint32_t starved; /* requests that have failed so */
};

#endif

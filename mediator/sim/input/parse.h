/* SPDX-License-Identifier: MIT */
/*
 * Parser of workload files, one statement a line, as docs/man/gpumsim.1 describes them. Strict: an
 * unknown word, a value out of range or a statement that contradicts another is an error that names
 * line and field. Pure; safe with any bytes as input.
 */
#ifndef MEDIATOR_SIM_INPUT_PARSE_H
#define MEDIATOR_SIM_INPUT_PARSE_H

#include <stddef.h>

#include "mediator/sim/engine/workload.h"

#define SIM_LINE_MAX 1024u /* bytes, with the terminating zero */

/* Limits of times: sums in the simulation stay far below 2^63 ns. */
#define SIM_MIN_PERIOD_NS   UINT64_C(10000)
#define SIM_MIN_JOB_NS	    UINT64_C(1000)
#define SIM_MAX_TIME_NS	    UINT64_C(1000000000000) /* 1,000 s, unless said otherwise */
#define SIM_MAX_JOB_NS	    UINT64_C(1000000000)
#define SIM_MAX_DURATION_NS UINT64_C(10000000000000000) /* 10^7 s */
#define SIM_MAX_WEIGHT	    SCHED_MAX_WEIGHT
#define SIM_MAX_PRIORITY    255u
#define SIM_MAX_BURST	    32u
#define SIM_MAX_STEPS	    100000u

struct sim_error {
	uint32_t line;	   /* from 1; 0: the file as a whole */
	char field[40];	   /* "": the line as a whole */
	char message[160]; /* what is wrong and what is allowed */
};

/*
 * Parse `size` bytes of text. Returns 0 with *out filled in, or -1 with the first error in *err;
 * *out is then undefined.
 */
int sim_parse(const char *text, size_t size, struct sim_workload *out, struct sim_error *err);

/* Parse a time such as 16.667ms; units are ns, us, ms and s. Returns 0, or -1: not a time. */
int sim_parse_time(const char *text, uint64_t *ns);

#endif

/* SPDX-License-Identifier: MIT */
/* Results for people, scripts and viewers, written to files that the caller has opened. */
#ifndef MEDIATOR_SIM_OUTPUT_OUTPUT_H
#define MEDIATOR_SIM_OUTPUT_OUTPUT_H

#include <jansson.h>
#include <stdio.h>

#include "mediator/sim/engine/engine.h"

/* One policy's result on a workload. */
struct sim_result {
	const struct sim_workload *workload;
	const struct sim_policy *policy;
	const struct sim_outcome *outcome;
	/* Bound of each stream's response by analysis; 0: no bound. NULL: not analysed. */
	const uint64_t *bound_ns;
};

/* Write a file from which sim_parse() reads the same workload. */
void sim_workload_write(FILE *out, const struct sim_workload *w);

/* Write a table for the terminal. */
void sim_table_write(FILE *out, const struct sim_result *result);

/* Returns the result as an object, which the caller owns; NULL: out of memory. */
json_t *sim_json(const struct sim_result *result);

/*
 * Write a figure of results of one workload, at most SIM_SVG_POLICIES. It has a plot for each
 * stream with a deadline, or for each stream if none has a deadline, and in the plot a curve for
 * each result: the part of the stream's frames that took longer than t.
 */
#define SIM_SVG_POLICIES 12u
void sim_svg_write(FILE *out, const struct sim_result *results, uint32_t num_results);

/*
 * A timeline in the Trace Event Format, which Perfetto and Chrome open: jobs on the GPU, frames of
 * each stream, missed deadlines. Start the trace, run a simulation with trace.observer, finish the
 * trace. Jobs and frames that end at `until` or later are left out.
 */
struct sim_trace {
	FILE *out;
	uint64_t until;
	uint64_t frames;
	int first;
	struct sim_observer observer;
};

void sim_trace_start(struct sim_trace *t, FILE *out, const struct sim_workload *w,
		     const struct sim_policy *policy, uint64_t until);
void sim_trace_finish(struct sim_trace *t);

#endif

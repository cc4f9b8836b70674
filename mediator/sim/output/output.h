/* SPDX-License-Identifier: MIT */
/* Results for people, scripts and viewers. Writes to what the caller has opened; no policy. */
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
	/* Worst response of each stream by analysis; 0: none is promised. NULL: not analysed. */
	const uint64_t *bound_ns;
};

/* A file that sim_parse() reads back to the same workload. */
void sim_workload_write(FILE *out, const struct sim_workload *w);

/* A table for the terminal. */
void sim_table_write(FILE *out, const struct sim_result *result);

/* The same as an object for scripts; NULL when out of memory. The caller owns it. */
json_t *sim_json(const struct sim_result *result);

/*
 * A figure: for each stream with a deadline (of each stream if none has one) the part of its
 * frames that took longer than t, for each of the results, which are of one workload.
 */
#define SIM_SVG_POLICIES 12u
void sim_svg_write(FILE *out, const struct sim_result *results, uint32_t num_results);

/*
 * A timeline in the Trace Event Format, which Perfetto and Chrome open: jobs on the GPU, frames of
 * each stream, missed deadlines. Start it, run a simulation with trace.observer, finish it. Only
 * what ends before `until` is written.
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

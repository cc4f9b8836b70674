/* SPDX-License-Identifier: MIT */
#include "mediator/sim/engine/workload.h"

#include <string.h>

#define MS UINT64_C(1000000)

uint64_t sim_workload_longest(const struct sim_workload *w, uint32_t guest)
{
	uint64_t longest = 0;

	for (uint32_t i = 0; i < w->num_streams; i++) {
		const struct sim_stream *s = &w->stream[i];

		for (uint32_t j = 0; s->guest == guest && j < s->num_segments; j++)
			if (s->job_max_ns[j] > longest)
				longest = s->job_max_ns[j];
	}
	return longest;
}

uint64_t sim_workload_runs(const struct sim_workload *w)
{
	uint64_t runs = 1;

	for (uint32_t i = 0; i < w->num_sweeps; i++)
		runs *= w->sweep[i].steps;
	return runs;
}

void sim_workload_at(const struct sim_workload *w, uint64_t run, struct sim_workload *out)
{
	for (uint32_t i = 0; i < w->num_sweeps; i++) {
		const struct sim_sweep *sweep = &w->sweep[i];
		const struct sim_stream *s = &w->stream[sweep->stream];
		uint64_t step = run % sweep->steps;

		/* At most 1,000 s times 100,000 steps: far below 2^63 ns. */
		out->stream[sweep->stream].start_ns =
			s->start_ns + s->period_ns * step / sweep->steps;
		run /= sweep->steps;
	}
}

void sim_workload_init(struct sim_workload *w)
{
	memset(w, 0, sizeof(*w));
	w->seed = 1;
	w->duration_ns = 60000 * MS;
}

void sim_guest_init(struct sim_guest *g)
{
	memset(g, 0, sizeof(*g));
	g->weight = 1;
}

void sim_stream_init(struct sim_stream *s)
{
	memset(s, 0, sizeof(*s));
	s->stop_ns = SIM_NEVER;
	s->burst = 1;
	s->backlog = 2;
}

/* SPDX-License-Identifier: MIT */
/* The cluster's longest response beside 1 to 63 guests that saturate the GPU. */
#include <stdio.h>
#include <string.h>

#include "mediator/sim/bound.h"
#include "tests/bench/sched/bench.h"

static void fill(struct sim_workload *w, uint32_t guests)
{
	sim_workload_init(w);
	w->duration_ns = 100000 * MS;
	w->latency_ns = 100 * US;
	w->switch_ns = 20 * US;
	w->num_guests = w->num_streams = guests;
	w->num_sweeps = 1;
	w->sweep[0] = (struct sim_sweep){.stream = 0, .steps = 16};
	for (uint32_t i = 0; i < guests; i++) {
		struct sim_guest *g = &w->guest[i];
		struct sim_stream *s = &w->stream[i];

		sim_guest_init(g);
		sim_stream_init(s);
		snprintf(g->name, sizeof(g->name), "guest%u", i);
		memcpy(s->name, g->name, sizeof(s->name));
		g->priority = i ? 1 + i % 8 : 0;
		g->max_job_ns = i ? 2 * MS : 4 * MS;
		s->guest = i;
		s->kind = i ? SIM_SATURATING : SIM_PERIODIC;
		s->burst = i ? 4 : 1;
		s->num_segments = 1;
		s->job_min_ns[0] = s->job_max_ns[0] = g->max_job_ns;
	}
	w->stream[0].period_ns = w->stream[0].deadline_ns = 16667 * US;
	w->stream[0].start_ns = 1;
}

json_t *bench_guests(const struct bench_options *o, uint32_t *bad)
{
	static const uint32_t guests[] = {2, 4, 8, 16, 32, 64};
	struct bench_sim *b = bench_new();
	json_t *list = json_array();
	uint64_t least = UINT64_MAX, most = 0;

	(void)o;
	if (!b)
		return NULL;
	printf("\nThe cluster's longest response beside guests that saturate the GPU, ms\n"
	       "  %8s %10s %10s %10s\n",
	       "guests", "longest", "bound", "missed");
	for (size_t i = 0; i < sizeof(guests) / sizeof(guests[0]); i++) {
		const struct sim_stream_outcome *r = &b->outcome.stream[0];
		struct sim_bounds bounds;

		fill(&b->workload, guests[i]);
		sim_bounds(&b->workload, &bounds);
		bench_run(b, &sim_daemon_fixed_priority);
		least = r->response.max_ns < least ? r->response.max_ns : least;
		most = r->response.max_ns > most ? r->response.max_ns : most;
		*bad += r->missed || r->response.max_ns > bounds.response_ns[0];
		printf("  %8u %10.4f %10.4f %10llu\n", guests[i], (double)r->response.max_ns / 1e6,
		       (double)bounds.response_ns[0] / 1e6, (unsigned long long)r->missed);
		json_array_append_new(list,
				      json_pack("{s:i, s:f, s:f, s:I}", "guests", (int)guests[i],
						"max_us", (double)r->response.max_ns / 1e3,
						"bound_us", (double)bounds.response_ns[0] / 1e3,
						"missed", (json_int_t)r->missed));
	}
	bench_free(b);
	*bad += (double)most > 1.01 * (double)least;
	return json_pack("{s:o, s:f}", "guests", list, "spread", (double)most / (double)least - 1);
}

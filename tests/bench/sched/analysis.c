/* SPDX-License-Identifier: MIT */
/*
 * CPU time of the response-time analysis for random sets of displays, one for each guest, that use
 * half of the GPU. Plain sets have jitter; the others have gaps, gates and equal priorities, too.
 */
#include <stdio.h>
#include <time.h>

#include "mediator/admission/response.h"
#include "tests/bench/sched/bench.h"

#define SETS	   200u
#define LATENCY_NS (100 * US)

static const uint32_t sizes[] = {2, 8, 16, 32, 64}; /* guests */

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void draw(struct sim_random *random, int plain, uint32_t guests, struct response_stream *in)
{
	for (uint32_t i = 0; i < guests; i++) {
		uint64_t period = sim_random_between(random, 16667, 120000) * US;
		uint32_t segments = plain ? 1 : (uint32_t)sim_random_between(random, 1, 4);
		uint64_t cost = period / (2 * guests * segments);

		in[i] = (struct response_stream){
			.priority = plain ? i : i / 2,
			.client = i,
			.cost_ns = cost + 20 * US,
			.own_ns = cost,
			.segments = segments,
			.gap_ns = segments > 1 ? sim_random_between(random, 100, 1000) * US : 0,
			.period_ns = period,
			.deadline_ns = period,
			.jitter_ns = sim_random_between(random, 0, 1) ? period / 16 : 0,
			.budget_ns = 2 * segments * (cost + 20 * US),
			.budget_period_ns = period,
			.gate = !plain && i % 8 == 0};
	}
}

static json_t *measure(uint64_t seed, int plain, uint32_t guests)
{
	struct sim_random random = {seed};
	double us[SETS], median, p99;
	uint32_t in_time = 0;

	for (uint32_t n = 0; n < SETS; n++) {
		struct response_stream in[RESPONSE_MAX_STREAMS];
		struct response out[RESPONSE_MAX_STREAMS];
		double before;

		draw(&random, plain, guests, in);
		before = now_us();
		response_analyse(in, guests, LATENCY_NS, out);
		us[n] = now_us() - before;
		for (uint32_t d = 0; d < guests; d++)
			in_time += out[d].response_ns <= in[d].deadline_ns;
	}
	median = bench_permille(us, SETS, 500);
	p99 = bench_permille(us, SETS, 990);
	printf("  %-6s %8u %8.0f %8.0f %8.0f %16.0f %%\n", plain ? "plain" : "all", guests, median,
	       p99, us[SETS - 1], 100.0 * in_time / (SETS * guests));
	return json_pack("{s:s, s:i, s:f, s:f, s:f}", "sets", plain ? "plain" : "all", "guests",
			 (int)guests, "median_us", median, "p99_us", p99, "worst_us", us[SETS - 1]);
}

json_t *bench_analysis(const struct bench_options *o, uint32_t *bad)
{
	json_t *list = json_array();

	(void)bad;
	printf("\nThe analysis of all displays, us of CPU time\n"
	       "  %-6s %8s %8s %8s %8s %18s\n",
	       "sets", "guests", "median", "p99", "worst", "displays in time");
	for (int plain = 1; plain >= 0; plain--)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			json_array_append_new(list, measure(o->seed, plain, sizes[i]));
	return list;
}

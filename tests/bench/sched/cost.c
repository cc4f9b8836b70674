/* SPDX-License-Identifier: MIT */
/*
 * The cost of a decision. Calls of sched_pick() are timed one by one with the processor's own
 * counter; the cost and the noise of the counter are measured in the same way, around nothing. The
 * clients are a cluster with a gate at 60 Hz and n - 1 guests with budgets and weights that always
 * have a job. Time advances by the lengths of jobs, so gates, budgets and shares all change.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/bench/sched/bench.h"

#define DECISIONS 400000u
#define STRETCH	  500u
#define TURNS	  6
#define JOB_NS	  (200 * US)
#define EPOCH	  (1000 * MS)
#define FRAME_NS  UINT64_C(16667000)

static uint64_t counter(void)
{
#if defined(__x86_64__)
	uint32_t low, high;

	/* The fences wait until earlier instructions are complete. */
	__asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)high << 32 | low;
#else
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
#endif
}

static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Nanoseconds per tick of counter(). */
static double tick_ns(void)
{
	uint64_t from = clock_ns(), ticks = counter(), to;

	while ((to = clock_ns()) - from < 50 * MS)
		;
	return (double)(to - from) / (double)(counter() - ticks);
}

static const uint32_t sizes[] = {2, 4, 8, 16, 32, 64}; /* guests */

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

struct cost {
	double pick[DECISIONS], cycle[DECISIONS];
};

static void add_clients(struct sched *s, uint32_t guests)
{
	for (uint32_t i = 0; i < guests; i++) {
		struct sched_params params = {.priority = i ? 2 : 1,
					      .weight = 1 + i % 4,
					      .job_ns = i ? 2 * MS : 4 * MS,
					      .budget_ns = 6 * MS,
					      .budget_period_ns = FRAME_NS};
		struct sched_client *c = sched_add(s, params.priority, NULL);

		if (!i) {
			params.frame_period_ns = FRAME_NS;
			params.gate = 1;
		}
		sched_set_params(s, c, &params, EPOCH);
	}
}

static void announce(struct sched *s, struct sched_client *c, uint64_t now)
{
	const struct sched_job job = {.id = c->last_id + 1};

	sched_ready(s, c, &job, now);
}

/*
 * Record the time of each decision in *cost; or, if `cost` is NULL, the mean of each STRETCH of
 * decisions in `stretch`.
 */
static void decide(uint32_t guests, struct cost *cost, double *stretch)
{
	static struct sched s;
	uint64_t now = EPOCH, frame = EPOCH, wake, since;
	uint32_t n = 0;

	sched_init(&s, &sched_fixed_priority);
	add_clients(&s, guests);
	for (uint32_t i = 1; i < guests; i++)
		announce(&s, &s.client[i], now);
	since = clock_ns();
	while (n < DECISIONS) {
		struct sched_client *c;
		uint64_t before, between;

		if (now >= frame && !s.client[0].waiting) {
			sched_release(&s, &s.client[0], now);
			announce(&s, &s.client[0], now);
			frame += FRAME_NS;
		}
		before = cost ? counter() : 0;
		c = sched_pick(&s, now, &wake);
		between = cost ? counter() : 0;
		if (!c) {
			now = wake < frame ? wake : frame;
			continue;
		}
		now += JOB_NS;
		sched_done(&s, c, c->job.id, now);
		if (c == &s.client[0])
			sched_complete(&s, c, now);
		else
			announce(&s, c, now);
		if (cost) {
			cost->pick[n] = (double)(between - before);
			cost->cycle[n] = (double)(counter() - before);
		}
		n++;
		if (!cost && n % STRETCH == 0) {
			uint64_t t = clock_ns();

			stretch[n / STRETCH - 1] = (double)(t - since) / STRETCH;
			since = clock_ns();
		}
	}
}

/*
 * Mean time of a decision with done and ready, without reading the counter in between: the median
 * over short stretches, most of which no interrupt disturbs. The processor's speed changes, too, so
 * all sizes are measured in turn, several times, and the least value counts.
 */
static void mean_cycles_ns(double *mean)
{
	static double stretch[DECISIONS / STRETCH];

	for (int turn = 0; turn < TURNS; turn++) {
		for (uint32_t i = 0; i < SIZES; i++) {
			double ns;

			decide(sizes[i], NULL, stretch);
			ns = bench_permille(stretch, DECISIONS / STRETCH, 500);
			if (!turn || ns < mean[i])
				mean[i] = ns;
		}
	}
}

static void measure_nothing(struct cost *cost)
{
	for (uint32_t i = 0; i < DECISIONS; i++) {
		uint64_t before = counter();

		cost->pick[i] = (double)(counter() - before);
	}
}

json_t *bench_cost(const struct bench_options *o, uint32_t *bad)
{
	struct cost *cost = malloc(sizeof(*cost));
	json_t *list = json_array();
	double tick = tick_ns(), base, noise, growth, mean[SIZES];

	(void)o;
	if (!cost)
		return NULL;
	measure_nothing(cost);
	mean_cycles_ns(mean);
	base = bench_permille(cost->pick, DECISIONS, 500);
	noise = (bench_permille(cost->pick, DECISIONS, 990) - base) * tick;
	printf("\nCost of a decision, ns (timer alone %.1f, its p99 %.1f more, worst %.0f more)\n"
	       "  %8s %8s %8s %8s   %s\n",
	       base * tick, noise, (cost->pick[DECISIONS - 1] - base) * tick, "guests", "median",
	       "p99", "worst", "median with done and ready");
	for (size_t i = 0; i < SIZES; i++) {
		double median, p99, worst, cycle;

		decide(sizes[i], cost, NULL); /* to warm up caches and branch prediction */
		decide(sizes[i], cost, NULL);
		median = (bench_permille(cost->pick, DECISIONS, 500) - base) * tick;
		p99 = (bench_permille(cost->pick, DECISIONS, 990) - base) * tick;
		worst = (cost->pick[DECISIONS - 1] - base) * tick;
		cycle = (bench_permille(cost->cycle, DECISIONS, 500) - 2 * base) * tick;
		printf("  %8u %8.1f %8.1f %8.0f   %.1f, mean %.1f\n", sizes[i], median, p99, worst,
		       cycle, mean[i]);
		json_array_append_new(list, json_pack("{s:i, s:f, s:f, s:f, s:f, s:f}", "guests",
						      (int)sizes[i], "median_ns", median, "p99_ns",
						      p99, "worst_ns", worst, "cycle_median_ns",
						      cycle, "cycle_mean_ns", mean[i]));
	}
	free(cost);
	growth = mean[SIZES - 1] / mean[0];
	printf("  growth from 2 to 64 guests: %.2f\n", growth);
	/* Measured times do not affect the exit status: a reader compares them with the noise. */
	(void)bad;
	return json_pack("{s:o, s:f, s:f, s:f}", "guests", list, "growth_2_to_64", growth,
			 "timer_ns", base * tick, "noise_p99_ns", noise);
}

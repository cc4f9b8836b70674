/* SPDX-License-Identifier: MIT */
/*
 * The noise of the machine: the same work is measured a few hundred times. It limits the accuracy
 * of measured times; simulated figures do not depend on it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/sched/bench.h"

#define ROUNDS 400u

static double time_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* About 1 ms of arithmetic that the compiler cannot remove. */
static uint64_t same_work(void)
{
	struct sim_random random = {1};
	uint64_t sum = 0;

	for (int i = 0; i < 400000; i++)
		sum ^= sim_random_next(&random);
	return sum;
}

static void processor_name(char *name, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	char line[256];

	snprintf(name, size, "unknown");
	while (file && fgets(line, sizeof(line), file)) {
		char *colon = strchr(line, ':');

		if (strncmp(line, "model name", 10) || !colon)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(name, size, "%s", colon + 2);
		break;
	}
	if (file)
		fclose(file);
}

json_t *bench_machine(const struct bench_options *o, uint32_t *bad)
{
	static double rounds[ROUNDS];
	volatile uint64_t sink = 0;
	double p50, p99, load = 0;
	char name[128];

	(void)bad;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		double start = time_us();

		sink = sink ^ same_work();
		rounds[i] = time_us() - start;
	}
	processor_name(name, sizeof(name));
	getloadavg(&load, 1);
	p50 = bench_permille(rounds, ROUNDS, 500);
	p99 = bench_permille(rounds, ROUNDS, 990);
	printf("Machine: %s, %ld processors, load %.1f; the same work took %.0f us (p50), p99 "
	       "+%.0f%%, "
	       "worst +%.0f%%\n",
	       name, sysconf(_SC_NPROCESSORS_ONLN), load, p50, 100 * (p99 / p50 - 1),
	       100 * (rounds[ROUNDS - 1] / p50 - 1));
	return json_pack("{s:s, s:i, s:i, s:f, s:{s:f, s:f, s:f, s:f}}", "processor", name,
			 "processors", (int)sysconf(_SC_NPROCESSORS_ONLN), "threads",
			 (int)o->threads, "load", load, "noise", "p50_us", p50, "min_us", rounds[0],
			 "p99_ratio", p99 / p50, "worst_ratio", rounds[ROUNDS - 1] / p50);
}

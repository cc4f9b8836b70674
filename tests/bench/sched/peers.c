/* SPDX-License-Identifier: MIT */
/*
 * All policies on the same workloads: those in the folder scenarios. drm-*.sim are the two-client
 * patterns of Linux's tests of drm_sched (drivers/gpu/drm/scheduler/tests/tests_scheduler.c), with
 * the same jobs, lengths and pauses.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mediator/sim/bound.h"
#include "mediator/sim/output/output.h"
#include "mediator/sim/input/parse.h"
#include "tests/bench/sched/bench.h"

#define MAX_FILES 64u

static int read_workload(const char *path, struct sim_workload *w)
{
	static char text[65536];
	struct sim_error err;
	FILE *file = fopen(path, "r");
	size_t size;

	if (!file) {
		fprintf(stderr, "sched: cannot open %s\n", path);
		return -1;
	}
	size = fread(text, 1, sizeof(text), file);
	fclose(file);
	if (!sim_parse(text, size, w, &err))
		return 0;
	fprintf(stderr, "%s:%u: %s: %s\n", path, err.line, err.field, err.message);
	return -1;
}

static int is_pattern(const char *name)
{
	return !strncmp(name, "drm-", 4);
}

/* Print the responses of the first stream, and the rate of frames that the others finish. */
static void print_row(const struct bench_sim *b, const struct sim_policy *policy)
{
	const struct sim_stream_outcome *r = &b->outcome.stream[0];
	double error = sim_outcome_share_error(&b->outcome, &b->workload);
	uint64_t others = 0;
	char share[16] = "-";

	for (uint32_t i = 1; i < b->workload.num_streams; i++)
		others += b->outcome.stream[i].finished;
	if (error >= 0)
		snprintf(share, sizeof(share), "%.3f%%", 100 * error);
	printf("  %-16s %9llu %8llu %9.3f %9.3f %9.3f %9.3f %7.2f%% %7.2f%% %9.1f %9s\n",
	       policy->name, (unsigned long long)r->finished, (unsigned long long)r->missed,
	       (double)sim_distribution_permyriad(&r->response, 5000) / 1e6,
	       (double)sim_distribution_permyriad(&r->response, 9900) / 1e6,
	       (double)sim_distribution_permyriad(&r->response, 9990) / 1e6,
	       (double)r->response.max_ns / 1e6,
	       100 * (double)b->outcome.busy_ns / (double)b->outcome.time_ns,
	       100 * (double)b->outcome.held_back_ns / (double)b->outcome.time_ns,
	       (double)others * 1e9 / (double)b->outcome.time_ns, share);
}

/* Print the title of a workload: the text after # in the line after the licence. */
static void print_title(const char *path, const char *name)
{
	char line[200] = "";
	FILE *file = fopen(path, "r");

	for (int i = 0; file && i < 2; i++)
		if (!fgets(line, sizeof(line), file))
			line[0] = '\0';
	if (file)
		fclose(file);
	line[strcspn(line, "\n")] = '\0';
	printf("\n%s%s\n  %-16s %9s %8s %9s %9s %9s %9s %8s %8s %9s %9s\n", name,
	       line[0] == '#' ? line + 1 : "", "policy", "frames", "missed", "p50 ms", "p99",
	       "p99.9", "max", "GPU", "held", "others/s", "share err");
}

static json_t *run_workload(struct bench_sim *b, const char *path, const char *name, uint32_t *bad)
{
	json_t *list = json_array();
	struct sim_bounds bounds;

	if (read_workload(path, &b->workload))
		return NULL;
	sim_bounds(&b->workload, &bounds);
	sim_bounds_apply(&bounds, &b->workload);
	if (!is_pattern(name))
		print_title(path, name);
	for (uint32_t i = 0; sim_policies[i]; i++) {
		struct sim_result result = {.workload = &b->workload,
					    .policy = sim_policies[i],
					    .outcome = &b->outcome};

		bench_run(b, sim_policies[i]);
		if (sim_policies[i] == &sim_daemon_fixed_priority) {
			result.bound_ns = bounds.response_ns;
			for (uint32_t j = 0; j < b->workload.num_streams; j++)
				*bad += bounds.response_ns[j] &&
					b->outcome.stream[j].response.max_ns >
						bounds.response_ns[j];
		}
		if (!is_pattern(name))
			print_row(b, sim_policies[i]);
		json_array_append_new(list, sim_json(&result));
	}
	return list;
}

/* Print Linux's patterns, one line each: the 99th percentile of the first stream. */
static void print_patterns(json_t *json)
{
	const char *name;
	json_t *list;

	printf("\ndrm_sched's test patterns: p99 of the first client, ms\n  %-24s", "");
	for (uint32_t i = 0; sim_policies[i]; i++)
		printf(" %8.8s", sim_policies[i]->name);
	printf("\n");
	json_object_foreach(json, name, list)
	{
		json_t *result;
		size_t i;

		if (!is_pattern(name))
			continue;
		printf("  %-24s", name + 4);
		json_array_foreach(list, i, result)
		{
			json_t *stream = json_array_get(json_object_get(result, "streams"), 0);
			json_t *response = json_object_get(stream, "response_us");

			printf(" %8.2f", json_real_value(json_object_get(response, "p99")) / 1e3);
		}
		printf("\n");
	}
}

static int is_workload(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 4 && !strcmp(entry->d_name + length - 4, ".sim");
}

json_t *bench_peers(const struct bench_options *o, uint32_t *bad)
{
	struct bench_sim *b = bench_new();
	struct dirent **files = NULL;
	int count = scandir(o->workloads, &files, is_workload, alphasort);
	json_t *json = json_object();

	if (count <= 0 || !b)
		fprintf(stderr, "sched: no workloads in %s\n", o->workloads);
	for (int i = 0; i < count; i++) {
		char path[512];
		json_t *list;

		snprintf(path, sizeof(path), "%s/%s", o->workloads, files[i]->d_name);
		files[i]->d_name[strlen(files[i]->d_name) - 4] = '\0';
		list = b ? run_workload(b, path, files[i]->d_name, bad) : NULL;
		if (!list) {
			json_decref(json);
			json = NULL;
			break;
		}
		json_object_set_new(json, files[i]->d_name, list);
	}
	for (int i = 0; i < count; i++)
		free(files[i]);
	free(files);
	bench_free(b);
	if (count <= 0 || !json)
		return NULL;
	print_patterns(json);
	return json;
}

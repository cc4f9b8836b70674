/* SPDX-License-Identifier: MIT */
/* gpumsim: simulates how long frames take, in virtual time, with the daemon's own scheduler. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mediator/sim/bound.h"
#include "mediator/sim/options.h"
#include "mediator/sim/output/output.h"
#include "mediator/sim/input/parse.h"
#include "mediator/sim/policies/policies.h"

#define FILE_MAX (4u << 20)

/* --- Reading ------------------------------------------------------------------------------- */

/* Returns the file, aligned for libfdt and owned by the caller; NULL after a message on stderr. */
static char *read_file(const char *path, size_t *size)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "rb") : stdin;
	char *bytes = NULL;

	if (!file) {
		fprintf(stderr, "gpumsim: cannot open %s: %s\n", path, strerror(errno));
		return NULL;
	}
	bytes = malloc(FILE_MAX);
	*size = bytes ? fread(bytes, 1, FILE_MAX, file) : 0;
	if (!bytes || ferror(file) || *size == FILE_MAX) {
		fprintf(stderr, "gpumsim: cannot read %s: %s\n", path,
			!bytes	       ? "out of memory"
			: ferror(file) ? strerror(errno)
				       : "it is too large");
		free(bytes);
		bytes = NULL;
	}
	if (file != stdin)
		fclose(file);
	return bytes;
}

static int read_text(const char *path, struct sim_workload *w)
{
	struct sim_error err;
	size_t size = 0;
	char *text = read_file(path, &size);
	int status;

	if (!text)
		return USAGE;
	status = sim_parse(text, size, w, &err);
	free(text);
	if (!status)
		return GOOD;
	fprintf(stderr, "%s:%u: %s%s%s\n", path, err.line, err.field, *err.field ? ": " : "",
		err.message);
	return USAGE;
}

static int read_tree(const struct options *o, struct sim_workload *w)
{
	static struct config config;
	struct config_error err;
	size_t size = 0;
	char *blob = read_file(o->tree, &size);
	const char *undeclared;
	int status;

	if (!blob)
		return USAGE;
	status = config_parse(blob, size, &config, &err);
	free(blob);
	if (status) {
		fprintf(stderr, "%s: refused: %s: %s\n", o->tree, config_strstatus(status),
			err.message);
		return USAGE;
	}
	undeclared = sim_tree(&config, o->load, o->job_ns, w);
	if (!undeclared)
		return GOOD;
	fprintf(stderr,
		"%s: guest %s declares no longest job: add max-job-us to it, or use --job TIME\n",
		o->tree, undeclared);
	return USAGE;
}

static int read_workload(const struct options *o, struct sim_workload *w)
{
	int status = o->tree ? read_tree(o, w) : read_text(o->file, w);

	if (status)
		return status;
	if (o->has_seed)
		w->seed = o->seed;
	if (o->duration_ns)
		w->duration_ns = o->duration_ns;
	return GOOD;
}

/* --- Policies ------------------------------------------------------------------------------ */

struct chosen {
	const struct sim_policy *policy[SIM_SVG_POLICIES];
	uint32_t count;
};

static int choose_policy(struct chosen *chosen, const char *name)
{
	const struct sim_policy *policy = sim_policy_find(name);

	if (!policy || chosen->count == SIM_SVG_POLICIES) {
		fprintf(stderr, "gpumsim: %s \"%s\" (see --list-policies)\n",
			policy ? "too many policies, at" : "there is no policy", name);
		return USAGE;
	}
	chosen->policy[chosen->count++] = policy;
	return GOOD;
}

static int choose_policies(const char *names, struct chosen *chosen)
{
	char copy[512];
	int status = GOOD;

	if (!strcmp(names, "all")) {
		for (uint32_t i = 0; sim_policies[i] && !status; i++)
			status = choose_policy(chosen, sim_policies[i]->name);
		return status;
	}
	snprintf(copy, sizeof(copy), "%s", names);
	for (char *save = NULL, *name = strtok_r(copy, ",", &save); name && !status;
	     name = strtok_r(NULL, ",", &save))
		status = choose_policy(chosen, name);
	if (!status && !chosen->count)
		status = choose_policy(chosen, names);
	return status;
}

/* --- Running and writing ------------------------------------------------------------------- */

struct job {
	struct sim_workload workload, scratch;
	struct sim_bounds bounds;
	struct sim sim;
	struct chosen chosen;
	struct sim_outcome outcome[SIM_SVG_POLICIES];
	struct sim_result result[SIM_SVG_POLICIES];
};

static FILE *create(const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file)
		fprintf(stderr, "gpumsim: cannot create %s: %s\n", path, strerror(errno));
	return file;
}

static int closed(FILE *file, const char *path)
{
	int failed = ferror(file);

	if (!fclose(file) && !failed)
		return GOOD;
	fprintf(stderr, "gpumsim: cannot write %s\n", path);
	return FAILED;
}

static int write_svg(const struct options *o, const struct job *job)
{
	FILE *file = create(o->svg);

	if (!file)
		return FAILED;
	sim_svg_write(file, job->result, job->chosen.count);
	return closed(file, o->svg);
}

/* Returns the run in which the most important stream with a deadline had its longest response. */
static uint64_t worst_run(const struct job *job)
{
	const struct sim_workload *w = &job->workload;
	uint32_t best = 0;

	for (uint32_t i = 1; i < w->num_streams; i++)
		if (w->stream[i].deadline_ns && (!w->stream[best].deadline_ns ||
						 w->guest[w->stream[i].guest].priority <
							 w->guest[w->stream[best].guest].priority))
			best = i;
	return job->outcome[0].stream[best].worst_run;
}

/* Simulate the worst run again, with a trace: the same seed gives the same run. */
static int write_trace(const struct options *o, struct job *job)
{
	struct sim_outcome *unused = calloc(1, sizeof(*unused));
	FILE *file = unused ? create(o->trace) : NULL;
	struct sim_trace trace;

	if (!file) {
		free(unused);
		return FAILED;
	}
	job->scratch = job->workload;
	sim_workload_at(&job->workload, worst_run(job), &job->scratch);
	sim_trace_start(&trace, file, &job->scratch, job->chosen.policy[0], o->trace_ns);
	sim_start(&job->sim, &job->scratch, job->chosen.policy[0], unused, &trace.observer);
	sim_run(&job->sim,
		o->trace_ns < job->workload.duration_ns ? o->trace_ns : job->workload.duration_ns);
	sim_trace_finish(&trace);
	free(unused);
	return closed(file, o->trace);
}

static int write_json(const struct options *o, const struct job *job)
{
	json_t *policies = json_array(), *object;
	int failed;

	for (uint32_t i = 0; i < job->chosen.count; i++)
		json_array_append_new(policies, sim_json(&job->result[i]));
	object = json_pack("{s:s, s:I, s:o}", "workload", o->tree ? o->tree : o->file, "seed",
			   (json_int_t)job->workload.seed, "policies", policies);
	failed = !object || json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) ||
		 putchar('\n') == EOF;
	json_decref(object);
	return failed ? FAILED : GOOD;
}

static int write_all(const struct options *o, struct job *job)
{
	int status = GOOD;

	if (o->json)
		status = write_json(o, job);
	else
		for (uint32_t i = 0; i < job->chosen.count; i++)
			sim_table_write(stdout, &job->result[i]);
	if (fflush(stdout) || ferror(stdout) || status) {
		fprintf(stderr, "gpumsim: cannot write the result\n");
		return FAILED;
	}
	if (o->svg && write_svg(o, job))
		return FAILED;
	return o->trace ? write_trace(o, job) : GOOD;
}

static bool missed(const struct job *job)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < job->workload.num_streams; i++)
		sum += job->outcome[0].stream[i].missed;
	return sum != 0;
}

static int simulate(const struct options *o, struct job *job)
{
	const char *names = o->policies;
	int status = read_workload(o, &job->workload);

	if (status)
		return status;
	sim_bounds(&job->workload, &job->bounds);
	sim_bounds_apply(&job->bounds, &job->workload);
	if (o->print) {
		sim_workload_write(stdout, &job->workload);
		return fflush(stdout) ? FAILED : GOOD;
	}
	if (!names)
		names = *job->workload.policy ? job->workload.policy : "fixed-priority";
	status = choose_policies(names, &job->chosen);
	if (status)
		return status;
	for (uint32_t i = 0; i < job->chosen.count; i++) {
		sim_run_all(&job->sim, &job->workload, &job->scratch, job->chosen.policy[i],
			    &job->outcome[i], NULL);
		job->result[i] = (struct sim_result){.workload = &job->workload,
						     .policy = job->chosen.policy[i],
						     .outcome = &job->outcome[i]};
		if (job->chosen.policy[i] == &sim_daemon_fixed_priority)
			job->result[i].bound_ns = job->bounds.response_ns;
	}
	status = write_all(o, job);
	return status ? status : o->check && missed(job) ? MISSED : GOOD;
}

int main(int argc, char **argv)
{
	struct options options;
	struct job *job;
	int status = options_read(&options, argc, argv);

	if (status != OPTIONS_RUN)
		return status;
	job = aligned_alloc(64, (sizeof(*job) + 63) / 64 * 64);
	if (!job) {
		fputs("gpumsim: out of memory\n", stderr);
		return FAILED;
	}
	memset(job, 0, sizeof(*job));
	status = simulate(&options, job);
	free(job);
	return status;
}

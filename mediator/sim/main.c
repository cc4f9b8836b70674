/* SPDX-License-Identifier: MIT */
/* gpumsim: how long will frames take? In virtual time, with the daemon's own scheduler. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mediator/sim/bound.h"
#include "mediator/sim/output.h"
#include "mediator/sim/parse.h"
#include "mediator/sim/policies.h"
#include "mediator/sim/tree.h"

#define VERSION	 "0.1.0"
#define FILE_MAX (4u << 20)

enum { GOOD = 0, MISSED = 1, USAGE = 2, FAILED = 3 };

static const char usage[] =
	"usage: gpumsim [OPTION]... FILE\n"
	"       gpumsim [OPTION]... --tree FILE.dtb\n"
	"Simulates guests that share a GPU, with the mediator's own scheduler and with others'.\n"
	"FILE describes guests and their frames: see gpumsim(1). -: standard input.\n\n"
	"  --tree FILE.dtb     the guests of a board's device tree, at their declared maxima\n"
	"  --load KIND         --tree: periodic (default) or saturating (all but the most\n"
	"                      important display draw as much as they can)\n"
	"  --job TIME          --tree: the longest job of guests that declare none\n"
	"  --print-workload    write the workload as a file and do nothing else\n"
	"  --policy NAME,...   instead of the file's; all: every one\n"
	"  --list-policies     what there is to choose from\n"
	"  --seed N            instead of the file's\n"
	"  --duration TIME     of each run, instead of the file's (60s)\n"
	"  --json              result as JSON\n"
	"  --svg FILE          figure: distribution of response times per display\n"
	"  --trace FILE        timeline for ui.perfetto.dev, of the first policy's worst run\n"
	"  --trace-time TIME   length of the timeline (default: 2s)\n"
	"  --check             exit status 1 if a deadline was missed under the first policy\n"
	"  --help, --version\n\n"
	"Exit status: 0 done, 1 a deadline was missed (--check), 2 bad usage or input, 3 failed.\n";

struct options {
	const char *file, *tree, *policies, *svg, *trace;
	enum sim_load load;
	uint64_t job_ns, seed, duration_ns, trace_ns;
	bool has_seed, json, check, print;
};

/* --- Reading ------------------------------------------------------------------------------- */

/* To be freed; NULL after a message on stderr. Aligned for libfdt. */
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
		"%s: guest %s declares no longest job: add max-job-us to it, or say --job TIME\n",
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

static void list_policies(void)
{
	for (uint32_t i = 0; sim_policies[i]; i++)
		printf("%-16s %s\n", sim_policies[i]->name, sim_policies[i]->about);
}

/* --- Running and writing ------------------------------------------------------------------- */

struct job {
	struct sim_workload workload, scratch;
	struct sim_bounds bounds;
	struct sim sim;
	struct chosen chosen;
	struct sim_report report[SIM_SVG_POLICIES];
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

/* The run in which the most important stream with a deadline was slowest. */
static uint64_t worst_run(const struct job *job)
{
	const struct sim_workload *w = &job->workload;
	uint32_t best = 0;

	for (uint32_t i = 1; i < w->num_streams; i++)
		if (w->stream[i].deadline_ns && (!w->stream[best].deadline_ns ||
						 w->guest[w->stream[i].guest].priority <
							 w->guest[w->stream[best].guest].priority))
			best = i;
	return job->report[0].stream[best].worst_run;
}

/* It is run again: the same numbers give the same run. */
static int write_trace(const struct options *o, struct job *job)
{
	struct sim_report *unused = calloc(1, sizeof(*unused));
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
		sum += job->report[0].stream[i].missed;
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
			    &job->report[i], NULL);
		job->result[i] = (struct sim_result){.workload = &job->workload,
						     .policy = job->chosen.policy[i],
						     .report = &job->report[i]};
		if (job->chosen.policy[i] == &sim_daemon_fixed_priority)
			job->result[i].bound_ns = job->bounds.response_ns;
	}
	status = write_all(o, job);
	return status ? status : o->check && missed(job) ? MISSED : GOOD;
}

/* --- Options ------------------------------------------------------------------------------- */

static int read_time(const char *option, const char *text, uint64_t *out)
{
	if (!sim_parse_time(text, out) && *out && *out <= SIM_MAX_DURATION_NS)
		return GOOD;
	fprintf(stderr, "gpumsim: %s: \"%s\" is not a time, such as 16.667ms\n", option, text);
	return USAGE;
}

static int read_seed(struct options *o, const char *text)
{
	char *end;

	errno = 0;
	o->seed = strtoull(text, &end, 10);
	o->has_seed = true;
	if (*text >= '0' && *text <= '9' && !*end && !errno)
		return GOOD;
	fprintf(stderr, "gpumsim: --seed: \"%s\" is not a number\n", text);
	return USAGE;
}

static int read_load(struct options *o, const char *text)
{
	o->load = strcmp(text, "saturating") ? SIM_LOAD_PERIODIC : SIM_LOAD_SATURATING;
	if (o->load == SIM_LOAD_SATURATING || !strcmp(text, "periodic"))
		return GOOD;
	fprintf(stderr, "gpumsim: --load: \"%s\" is neither periodic nor saturating\n", text);
	return USAGE;
}

static int read_option(struct options *o, int option)
{
	switch (option) {
	case 't':
		o->tree = optarg;
		return GOOD;
	case 'l':
		return read_load(o, optarg);
	case 'b':
		return read_time("--job", optarg, &o->job_ns);
	case 'p':
		o->policies = optarg;
		return GOOD;
	case 's':
		return read_seed(o, optarg);
	case 'd':
		return read_time("--duration", optarg, &o->duration_ns);
	case 'j':
		o->json = true;
		return GOOD;
	case 'g':
		o->svg = optarg;
		return GOOD;
	case 'r':
		o->trace = optarg;
		return GOOD;
	case 'T':
		return read_time("--trace-time", optarg, &o->trace_ns);
	case 'w':
		o->print = true;
		return GOOD;
	case 'c':
		o->check = true;
		return GOOD;
	default:
		return USAGE;
	}
}

static int run(struct options *o, int argc, char **argv)
{
	struct job *job;
	int status;

	if ((o->tree != NULL) == (argc == 1) || argc > 1) {
		fputs(argc > 1 ? "gpumsim: more than one file (see --help)\n"
			       : "gpumsim: one file, or --tree FILE.dtb, is needed (see --help)\n",
		      stderr);
		return USAGE;
	}
	o->file = o->tree ? NULL : argv[0];
	job = aligned_alloc(64, (sizeof(*job) + 63) / 64 * 64);
	if (!job) {
		fputs("gpumsim: out of memory\n", stderr);
		return FAILED;
	}
	memset(job, 0, sizeof(*job));
	status = simulate(o, job);
	free(job);
	return status;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {{"tree", required_argument, NULL, 't'},
					      {"load", required_argument, NULL, 'l'},
					      {"job", required_argument, NULL, 'b'},
					      {"policy", required_argument, NULL, 'p'},
					      {"list-policies", no_argument, NULL, 'L'},
					      {"seed", required_argument, NULL, 's'},
					      {"duration", required_argument, NULL, 'd'},
					      {"json", no_argument, NULL, 'j'},
					      {"svg", required_argument, NULL, 'g'},
					      {"trace", required_argument, NULL, 'r'},
					      {"trace-time", required_argument, NULL, 'T'},
					      {"check", no_argument, NULL, 'c'},
					      {"print-workload", no_argument, NULL, 'w'},
					      {"help", no_argument, NULL, 'h'},
					      {"version", no_argument, NULL, 'V'},
					      {NULL, 0, NULL, 0}};
	struct options options = {.trace_ns = UINT64_C(2000000000)};
	int option;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return GOOD;
		}
		if (option == 'V') {
			puts("gpumsim " VERSION);
			return GOOD;
		}
		if (option == 'L') {
			list_policies();
			return GOOD;
		}
		if (read_option(&options, option))
			return USAGE;
	}
	return run(&options, argc - optind, argv + optind);
}

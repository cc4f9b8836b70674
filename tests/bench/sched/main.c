/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/sched/bench.h"

static const char usage[] =
	"usage: sched [OPTION]... OUT.json\n"
	"  --frames N       frames of the most important display in random configurations\n"
	"                   (default: 20000000; the promise is 100000000)\n"
	"  --seed N         seed of the random configurations (default: 1)\n"
	"  --tries N        runs in a search for the worst response of a display\n"
	"                   (default: 600)\n"
	"  --threads N      number of threads (default: one per processor)\n"
	"  --workloads DIR  folder of *.sim (default: tests/bench/sched/scenarios)\n"
	"Exit status: 0 all promises hold, 1 one was broken, 2 bad usage, 3 failed.\n";

struct bench_sim *bench_new(void)
{
	struct bench_sim *b = aligned_alloc(64, (sizeof(*b) + 63) / 64 * 64);

	if (b)
		memset(b, 0, sizeof(*b));
	return b;
}

void bench_free(struct bench_sim *b)
{
	free(b);
}

void bench_run(struct bench_sim *b, const struct sim_policy *policy)
{
	sim_outcome_clear(&b->outcome, &b->workload);
	sim_run_all(&b->sim, &b->workload, &b->scratch, policy, &b->outcome, NULL);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_permille(double *values, uint32_t n, uint32_t permille)
{
	uint64_t at = ((uint64_t)n * permille + 999) / 1000;

	qsort(values, n, sizeof(*values), compare);
	return n ? values[at ? at - 1 : 0] : 0;
}

static int read_number(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return *text < '0' || *text > '9' || *end || errno;
}

static int write_json(json_t *json, const char *path)
{
	if (!json_dump_file(json, path, JSON_INDENT(2) | JSON_REAL_PRECISION(9)))
		return 0;
	fprintf(stderr, "sched: cannot write %s\n", path);
	return 3;
}

static int run(const struct bench_options *o)
{
	static const struct {
		const char *name;
		json_t *(*run)(const struct bench_options *o, uint32_t *bad);
	} sections[] = {{"machine", bench_machine},   {"decision_cost", bench_cost},
			{"analysis", bench_analysis}, {"guests", bench_guests},
			{"peers", bench_peers},	      {"promise", bench_promise}};
	json_t *json = json_object();
	uint32_t bad = 0;
	int status;

	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		json_t *section = sections[i].run(o, &bad);

		if (!section || json_object_set_new(json, sections[i].name, section)) {
			json_decref(json);
			return 3;
		}
		fflush(stdout);
	}
	json_object_set_new(json, "not_held", json_integer(bad));
	status = write_json(json, o->out);
	json_decref(json);
	if (!status)
		printf("\n%s; figures in %s\n", bad ? "PROMISES BROKEN" : "all promises hold",
		       o->out);
	return status ? status : bad != 0;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {{"frames", required_argument, NULL, 'f'},
					      {"seed", required_argument, NULL, 's'},
					      {"threads", required_argument, NULL, 't'},
					      {"tries", required_argument, NULL, 'n'},
					      {"workloads", required_argument, NULL, 'w'},
					      {"help", no_argument, NULL, 'h'},
					      {NULL, 0, NULL, 0}};
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct bench_options o = {.frames = 20000000,
				  .seed = 1,
				  .tries = 600,
				  .threads = processors > 0 ? (uint32_t)processors : 1,
				  .workloads = "tests/bench/sched/scenarios"};
	uint64_t threads = o.threads, tries = o.tries;
	int option, bad = 0;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (option) {
		case 'f':
			bad |= read_number(optarg, &o.frames);
			break;
		case 's':
			bad |= read_number(optarg, &o.seed);
			break;
		case 't':
			bad |= read_number(optarg, &threads) || !threads || threads > 256;
			break;
		case 'n':
			bad |= read_number(optarg, &tries) || tries > 100000000;
			break;
		case 'w':
			o.workloads = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			bad = 1;
		}
	}
	if (bad || optind + 1 != argc) {
		fputs(usage, stderr);
		return 2;
	}
	o.threads = (uint32_t)threads;
	o.tries = (uint32_t)tries;
	o.out = argv[optind];
	return run(&o);
}

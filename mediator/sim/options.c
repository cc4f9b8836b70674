/* SPDX-License-Identifier: MIT */
#include "mediator/sim/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mediator/sim/input/parse.h"
#include "mediator/sim/policies/policies.h"
#include "mediator/shared/version.h"

static const char usage[] =
	"usage: gpumsim [OPTION]... FILE\n"
	"       gpumsim [OPTION]... --tree FILE.dtb\n"
	"Simulates guests that share a GPU, under the mediator's own policies and those of "
	"others.\n"
	"FILE describes guests and their frames: see gpumsim(1). -: standard input.\n\n"
	"  --tree FILE.dtb     simulate the guests of a device tree, at their declared maxima\n"
	"  --load KIND         --tree: periodic (default) or saturating (all but the most\n"
	"                      important display draw as much as they can)\n"
	"  --job TIME          --tree: the longest job of guests that declare none\n"
	"  --print-workload    write the workload as a file and do nothing else\n"
	"  --policy NAME,...   policies instead of the file's; all: every policy\n"
	"  --list-policies     list the names of all policies\n"
	"  --seed N            seed instead of the file's\n"
	"  --duration TIME     length of each run instead of the file's (60s)\n"
	"  --json              result as JSON\n"
	"  --svg FILE          figure: distribution of response times per display\n"
	"  --trace FILE        timeline for ui.perfetto.dev, of the first policy's worst run\n"
	"  --trace-time TIME   length of the timeline (default: 2s)\n"
	"  --check             exit status 1 if a deadline was missed under the first policy\n"
	"  --help, --version\n\n"
	"Exit status: 0 done, 1 a deadline was missed (--check), 2 bad usage or input, 3 failed.\n";

static void list_policies(void)
{
	for (uint32_t i = 0; sim_policies[i]; i++)
		printf("%-16s %s\n", sim_policies[i]->name, sim_policies[i]->about);
}

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

static int read_files(struct options *o, int argc, char **argv)
{
	if ((o->tree != NULL) == (argc == 1) || argc > 1) {
		fputs(argc > 1 ? "gpumsim: more than one file (see --help)\n"
			       : "gpumsim: one file, or --tree FILE.dtb, is needed (see --help)\n",
		      stderr);
		return USAGE;
	}
	o->file = o->tree ? NULL : argv[0];
	return OPTIONS_RUN;
}

int options_read(struct options *o, int argc, char **argv)
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
	int option;

	*o = (struct options){.trace_ns = UINT64_C(2000000000)};
	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return GOOD;
		}
		if (option == 'V') {
			puts("gpumsim " GPUM_VERSION);
			return GOOD;
		}
		if (option == 'L') {
			list_policies();
			return GOOD;
		}
		if (read_option(o, option))
			return USAGE;
	}
	return read_files(o, argc - optind, argv + optind);
}

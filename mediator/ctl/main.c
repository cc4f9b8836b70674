/* SPDX-License-Identifier: MIT */
/* gpumctl: the command line of the GPU mediator. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mediator/ctl/check.h"
#include "mediator/ctl/ctl.h"
#include "mediator/shared/protocol/control.h"
#include "mediator/shared/version.h"

static const char usage[] =
	"usage: gpumctl [OPTION]... COMMAND [ARGUMENT]...\n"
	"The GPU mediator's tool.\n\n"
	"In the driver domain:\n"
	"  status                        displays, guests and the GPU\n"
	"  report FILE.json              frames and jobs since the last reset-stats (-: stdout)\n"
	"  reset-stats                   count from now on\n"
	"  screenshot DISPLAY FILE.png   picture of a display, or of a connector's whole panel\n"
	"In dom0:\n"
	"  attach GUEST                  give a domain (name or id) its virtual GPU\n"
	"  detach GUEST                  take it away\n"
	"Anywhere:\n"
	"  check FILE.dtb                would the mediator accept this device tree?\n"
	"  check --properties            all properties that such a tree may have\n\n"
	"  --json                        status and check: JSON instead of text\n"
	"  --socket PATH                 the mediator's (default: " CONTROL_SOCKET ")\n"
	"  --driver-domain NAME_OR_ID    attach, detach: who owns the GPU (default: driver)\n"
	"  --libexec DIR                 screenshot: folder of gpum-readback\n"
	"  --help, --version\n\n"
	"Exit status: 0 done, 1 failed or refused, 2 bad usage or unusable file,\n"
	"3 the mediator or xenstore cannot be reached.\n";

static int run_check(const struct ctl_options *o, const char *const *args)
{
	return o->properties ? gpumctl_properties(o->json) : gpumctl_check(args[0], o->json);
}

static int run_status(const struct ctl_options *o, const char *const *args)
{
	(void)args;
	return ctl_status(o);
}

static int run_reset(const struct ctl_options *o, const char *const *args)
{
	(void)args;
	return ctl_reset_stats(o);
}

static int run_report(const struct ctl_options *o, const char *const *args)
{
	return ctl_report(o, args[0]);
}

static int run_screenshot(const struct ctl_options *o, const char *const *args)
{
	return ctl_screenshot(o, args[0], args[1]);
}

static int run_attach(const struct ctl_options *o, const char *const *args)
{
	return ctl_attach(o, args[0]);
}

static int run_detach(const struct ctl_options *o, const char *const *args)
{
	return ctl_detach(o, args[0]);
}

static const struct {
	const char *name;
	int arguments;
	int (*run)(const struct ctl_options *options, const char *const *args);
} commands[] = {{"status", 0, run_status},     {"report", 1, run_report},
		{"reset-stats", 0, run_reset}, {"screenshot", 2, run_screenshot},
		{"attach", 1, run_attach},     {"detach", 1, run_detach},
		{"check", 1, run_check}};

static int run(const struct ctl_options *options, int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		int arguments = commands[i].arguments;

		if (strcmp(commands[i].name, argv[0]))
			continue;
		if (commands[i].run == run_check && options->properties)
			arguments = 0;
		if (argc - 1 != arguments) {
			fprintf(stderr, "error: %s takes %d arguments, not %d (see --help)\n",
				argv[0], arguments, argc - 1);
			return CTL_USAGE;
		}
		return commands[i].run(options, (const char *const *)argv + 1);
	}
	fprintf(stderr, "error: there is no command %s (see --help)\n", argv[0]);
	return CTL_USAGE;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {{"json", no_argument, NULL, 'j'},
					      {"properties", no_argument, NULL, 'p'},
					      {"socket", required_argument, NULL, 's'},
					      {"libexec", required_argument, NULL, 'x'},
					      {"driver-domain", required_argument, NULL, 'd'},
					      {"help", no_argument, NULL, 'h'},
					      {"version", no_argument, NULL, 'V'},
					      {NULL, 0, NULL, 0}};
	struct ctl_options options = {.socket = CONTROL_SOCKET,
				      .libexec = "/usr/libexec/gpu-mediator",
				      .driver_domain = "driver"};
	int option;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (option) {
		case 'j':
			options.json = true;
			break;
		case 'p':
			options.properties = true;
			break;
		case 's':
			options.socket = optarg;
			break;
		case 'x':
			options.libexec = optarg;
			break;
		case 'd':
			options.driver_domain = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return CTL_OK;
		case 'V':
			puts("gpumctl " GPUM_VERSION);
			return CTL_OK;
		default:
			return CTL_USAGE;
		}
	}
	if (optind == argc) {
		fputs(usage, stderr);
		return CTL_USAGE;
	}
	return run(&options, argc - optind, argv + optind);
}

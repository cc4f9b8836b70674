/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/base/options.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mediator/daemon/base/log.h"
#include "mediator/shared/version.h"

/* Where `make install` puts the clients' programs. */
#ifndef GPUM_LIBEXECDIR
#define GPUM_LIBEXECDIR "/usr/libexec/gpu-mediator"
#endif

static const char usage[] =
	"usage: gpu-mediatord [OPTION]...\n"
	"Share one GPU between Xen guests as the device tree says.\n\n"
	"  --fdt FILE          device tree (default: /sys/firmware/fdt)\n"
	"  --libexec DIR       folder of gpum-backend and gpum-compositor\n"
	"                      (default: " GPUM_LIBEXECDIR ")\n"
	"  --socket PATH       where gpumctl connects (default: /run/gpu-mediator.sock)\n"
	"  --card PATH         KMS device (default: /dev/dri/card0)\n"
	"  --output kms|none   none: no display, frames are counted only (default: kms)\n"
	"  --gpu virgl|sim     how backends use the GPU (default: virgl)\n"
	"  --render-node PATH  GPU of all clients (default: /dev/dri/renderD128)\n"
	"  --board NAME        name in reports (default: the device tree's model)\n"
	"  --supervise         run the mediator as a child, and again when it ends;\n"
	"                      the last picture stays on the screen\n"
	"                      meanwhile, and guests keep their GPU\n"
	"  --card-fd N         the KMS device, already open (for --supervise)\n"
	"  --keeper-fd N       the socket to the keeper (for --supervise)\n"
	"  --log-level LEVEL   error, warning, info or debug (default: info)\n"
	"  --help, --version\n";

static void refuse(const char *option, const char *value, const char *allowed)
{
	fprintf(stderr, "error: --%s %s: must be %s\n", option, value, allowed);
	exit(2);
}

static int parse_fd(const char *text, int *fd)
{
	char *end;
	long value = strtol(text, &end, 10);

	*fd = (int)value;
	return end != text && !*end && value > 2 && value < 1024;
}

static void check(const struct options *o)
{
	if (strcmp(o->output, "kms") && strcmp(o->output, "none"))
		refuse("output", o->output, "kms or none");
	if (o->card_fd >= 0 && fcntl(o->card_fd, F_SETFD, FD_CLOEXEC))
		refuse("card-fd", "", "an open descriptor");
	if (strcmp(o->gpu, "virgl") && strcmp(o->gpu, "sim"))
		refuse("gpu", o->gpu, "virgl or sim");
}

void options_parse(int argc, char **argv, struct options *o)
{
	static const struct option names[] = {{"fdt", required_argument, NULL, 'f'},
					      {"libexec", required_argument, NULL, 'x'},
					      {"socket", required_argument, NULL, 's'},
					      {"card", required_argument, NULL, 'c'},
					      {"output", required_argument, NULL, 'o'},
					      {"gpu", required_argument, NULL, 'g'},
					      {"render-node", required_argument, NULL, 'r'},
					      {"board", required_argument, NULL, 'b'},
					      {"supervise", no_argument, NULL, 'S'},
					      {"card-fd", required_argument, NULL, 'C'},
					      {"keeper-fd", required_argument, NULL, 'K'},
					      {"log-level", required_argument, NULL, 'l'},
					      {"help", no_argument, NULL, 'h'},
					      {"version", no_argument, NULL, 'V'},
					      {NULL, 0, NULL, 0}};
	struct {
		int option;
		const char **value;
	} const strings[] = {{'f', &o->fdt},   {'x', &o->libexec},    {'s', &o->socket},
			     {'c', &o->card},  {'o', &o->output},     {'g', &o->gpu},
			     {'b', &o->board}, {'r', &o->render_node}};
	int option;

	*o = (struct options){.fdt = "/sys/firmware/fdt",
			      .libexec = GPUM_LIBEXECDIR,
			      .socket = "/run/gpu-mediator.sock",
			      .card = "/dev/dri/card0",
			      .output = "kms",
			      .gpu = "virgl",
			      .render_node = "/dev/dri/renderD128",
			      .card_fd = -1,
			      .keeper_fd = -1};
	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			exit(0);
		}
		if (option == 'V') {
			puts("gpu-mediatord " GPUM_VERSION);
			exit(0);
		}
		if (option == '?')
			exit(2);
		if (option == 'l' && !log_set_level(optarg))
			refuse("log-level", optarg, "error, warning, info or debug");
		if (option == 'S')
			o->supervise = 1;
		if (option == 'C' && !parse_fd(optarg, &o->card_fd))
			refuse("card-fd", optarg, "a descriptor's number");
		if (option == 'K' && !parse_fd(optarg, &o->keeper_fd))
			refuse("keeper-fd", optarg, "a descriptor's number");
		for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
			if (strings[i].option == option)
				*strings[i].value = optarg;
	}
	if (optind < argc) {
		fprintf(stderr, "error: unexpected argument %s (see --help)\n", argv[optind]);
		exit(2);
	}
	check(o);
}

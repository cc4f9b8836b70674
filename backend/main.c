/* SPDX-License-Identifier: MIT */
/*
 * One guest's backend. The mediator starts it and talks to it over the socket at descriptor
 * GPUM_CLIENT_FD. It ends when the mediator closes the socket or dom0 detaches the device.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "backend/backend.h"
#include "mediator/shared/version.h"

#define EXIT_USAGE 64 /* EX_USAGE of sysexits.h */
#define NUDGE_US   1000u

struct options {
	bool sim;
	const char *render_node;
	uint32_t nudge_us;
};

static void on_signal(int number)
{
	(void)number;
	session_terminate();
}

static void usage(FILE *to)
{
	fputs("usage: gpum-backend [options]\n"
	      "Serves one guest's GPU. Started by gpu-mediatord, with a socket at descriptor 3.\n"
	      "  --gpu virgl|sim      the GPU: virglrenderer (default), or a simulation for tests\n"
	      "  --render-node PATH   default /dev/dri/renderD128; 'none' for a software renderer\n"
	      "  --nudge-us N         on a virtual GPU, ask for completed work every N us "
	      "(default\n"
	      "                       1000; 0: never)\n"
	      "  --help, --version\n",
	      to);
}

static bool parse_options(int argc, char **argv, struct options *o, int *status)
{
	static const struct option long_options[] = {
		{"gpu", required_argument, NULL, 'g'},
		{"render-node", required_argument, NULL, 'r'},
		{"nudge-us", required_argument, NULL, 'n'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{NULL, 0, NULL, 0},
	};
	int c;

	*o = (struct options){.render_node = "/dev/dri/renderD128", .nudge_us = NUDGE_US};
	*status = EXIT_USAGE;
	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (c) {
		case 'g':
			o->sim = strcmp(optarg, "sim") == 0;
			if (!o->sim && strcmp(optarg, "virgl") != 0) {
				fprintf(stderr, "gpum-backend: --gpu takes virgl or sim\n");
				return false;
			}
			break;
		case 'r':
			o->render_node = strcmp(optarg, "none") == 0 ? NULL : optarg;
			break;
		case 'n':
			if (!xenbus_parse(optarg, 1000000, &o->nudge_us)) {
				fprintf(stderr, "gpum-backend: --nudge-us takes a number from 0 to "
						"1000000\n");
				return false;
			}
			break;
		case 'h':
			usage(stdout);
			*status = BACKEND_EXIT_OK;
			return false;
		case 'v':
			puts("gpum-backend " GPUM_VERSION);
			*status = BACKEND_EXIT_OK;
			return false;
		default:
			usage(stderr);
			return false;
		}
	}
	if (optind != argc) {
		usage(stderr);
		return false;
	}
	return true;
}

static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t blocked;

	/*
	 * Delivered only within ppoll(): none arrives between the test of `terminated` and the
	 * wait.
	 */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
	struct backend backend = {.mediator = GPUM_CLIENT_FD};
	struct options options;
	int status;

	if (!parse_options(argc, argv, &options, &status))
		return status;
	catch_signals();
	backend.gpu = options.sim ? gpu_sim_create(session_now_us, NULL)
				  : gpu_virgl_create(options.render_node, options.nudge_us);
	if (!backend.gpu)
		return BACKEND_EXIT_OWN;
	if (mediator_introduce(&backend, &backend.config)) {
		fprintf(stderr, "gpum-backend: no mediator at descriptor %d; start gpu-mediatord\n",
			GPUM_CLIENT_FD);
		status = BACKEND_EXIT_OWN;
	} else {
		status = session_run(&backend);
	}
	session_finish(&backend);
	return status;
}

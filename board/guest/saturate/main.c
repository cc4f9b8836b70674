/* SPDX-License-Identifier: MIT */
#include "board/guest/heavy/heavy.h"
#include "board/guest/common/cli.h"
#include "board/guest/common/target.h"

#include <getopt.h>
#include <stdio.h>

#define MAX_DRAWS 100000u

static const char usage[] =
	"saturate - keeps the GPU busy with frames on a KMS display, without a pause\n"
	"\n"
	"usage: saturate [options]\n"
	"  --device PATH     the display's card (default: the first with a connected display)\n"
	"  --draws N         full-screen draws per frame (default 4)\n"
	"  --iterations N    loop steps in the fragment shader, the cost of a draw (default 60)\n"
	"  --frames N        stop after N frames (default: run until SIGINT or SIGTERM)\n"
	"  --fps-log         print frames=N fps=F every second\n"
	"  --png FILE        draw one frame off screen into FILE and exit\n"
	"  --size WxH        size of the picture for --png (default 1280x400)\n"
	"  --help            this text; --version: the version\n"
	"\n"
	"exit status: 0 done, 1 failed (no display, GPU error), 2 wrong usage\n";

struct options {
	const char *device, *png;
	uint32_t draws, iterations, frames, size[2];
	bool fps_log, help;
};

enum { OPT_DEVICE = 256, OPT_DRAWS, OPT_ITERATIONS, OPT_FRAMES, OPT_FPS_LOG, OPT_PNG, OPT_SIZE };

static const struct option long_options[] = {
	{"device", required_argument, NULL, OPT_DEVICE},
	{"draws", required_argument, NULL, OPT_DRAWS},
	{"iterations", required_argument, NULL, OPT_ITERATIONS},
	{"frames", required_argument, NULL, OPT_FRAMES},
	{"fps-log", no_argument, NULL, OPT_FPS_LOG},
	{"png", required_argument, NULL, OPT_PNG},
	{"size", required_argument, NULL, OPT_SIZE},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static bool take_option(struct options *o, int option)
{
	switch (option) {
	case OPT_DEVICE:
		o->device = optarg;
		return true;
	case OPT_DRAWS:
		return cli_u32("--draws", optarg, 1, MAX_DRAWS, &o->draws);
	case OPT_ITERATIONS:
		return cli_u32("--iterations", optarg, 1, HEAVY_MAX_ITERATIONS, &o->iterations);
	case OPT_FRAMES:
		return cli_u32("--frames", optarg, 1, UINT32_MAX, &o->frames);
	case OPT_FPS_LOG:
		o->fps_log = true;
		return true;
	case OPT_PNG:
		o->png = optarg;
		return true;
	case OPT_SIZE:
		return cli_size("--size", optarg, o->size);
	case 'h':
		o->help = true;
		return true;
	default:
		return false;
	}
}

static bool parse_options(struct options *o, int argc, char **argv)
{
	int option;

	*o = (struct options){.draws = 4, .iterations = 60, .size = {1280, 400}};
	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (!take_option(o, option))
			return false;
	}
	if (optind < argc) {
		cli_error("unexpected argument '%s'; see --help", argv[optind]);
		return false;
	}
	return true;
}

static int saturate(struct target *t, const struct heavy *h, const struct options *o)
{
	struct fps_log log;
	int ret = 0;

	fps_log_start(&log, o->fps_log);
	while (!ret && !cli_stopped() && (!o->frames || log.frames < o->frames)) {
		target_bind(t);
		heavy_draw(h, o->draws, log.frames);
		ret = target_present(t);
		if (!ret)
			fps_log_frame(&log);
	}
	if (!ret)
		ret = target_settle(t);
	fps_log_finish(&log);
	return ret < 0 ? -1 : 0;
}

static int draw_png(struct target *t, const struct heavy *h, const struct options *o)
{
	heavy_draw(h, o->draws, 0);
	return target_present(t) ? -1 : target_write_png(t, o->png);
}

int main(int argc, char **argv)
{
	struct options o;
	struct target t;
	struct heavy h;
	int ret;

	cli_init("saturate", argc, argv);
	if (!parse_options(&o, argc, argv))
		return CLI_USAGE;
	if (o.help) {
		fputs(usage, stdout);
		return CLI_OK;
	}
	if (o.png ? target_open_surfaceless(&t, o.size[0], o.size[1])
		  : target_open_display(&t, o.device))
		return CLI_FAILED;
	printf("renderer: %s\n", (const char *)glGetString(GL_RENDERER));
	fflush(stdout);
	ret = heavy_init(&h, o.iterations);
	if (!ret) {
		ret = o.png ? draw_png(&t, &h, &o) : saturate(&t, &h, &o);
		heavy_finish(&h);
	}
	target_close(&t);
	return ret ? CLI_FAILED : CLI_OK;
}

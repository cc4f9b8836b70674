/* SPDX-License-Identifier: MIT */
#include "board/guest/heavy/heavy.h"
#include "board/guest/bench/scenes.h"
#include "board/guest/common/cli.h"
#include "board/guest/common/target.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_DRAWS  1000000u
#define MAX_FRAMES 1000000u

static const char usage[] =
	"vgpu-bench - measures the frame times of an off-screen scene\n"
	"\n"
	"Waits for the GPU after every frame.\n"
	"\n"
	"usage: vgpu-bench [options] gpu-bound|draws\n"
	"  gpu-bound         few full-screen draws with a long fragment loop\n"
	"  draws             many small draws, each with a state change\n"
	"\n"
	"  --device PATH     render node (default: the first /dev/dri/renderD*)\n"
	"  --surfaceless     use no device but Mesa's software renderer, for tests without a GPU\n"
	"  --size WxH        size of the picture (default 640x480)\n"
	"  --seconds S       measure for S seconds (default 5)\n"
	"  --warmup N        draw N frames before measuring (default 5)\n"
	"  --draws N         draws per frame (default 4 and 2000)\n"
	"  --iterations N    loop steps in gpu-bound's shader (default 60)\n"
	"  --help            this text; --version: the version\n"
	"\n"
	"Prints one line of JSON: scene, renderer, size, frames, seconds, fps, frame_ms p50, p99, "
	"max.\n"
	"exit status: 0 done, 1 failed, 2 wrong usage\n";

struct options {
	const char *device;
	const struct bench_scene *scene;
	struct scene_options scene_options;
	uint32_t size[2], warmup;
	uint32_t draws, iterations; /* 0: the scene's default */
	double seconds;
	bool surfaceless, help;
};

enum {
	OPT_DEVICE = 256,
	OPT_SURFACELESS,
	OPT_SIZE,
	OPT_SECONDS,
	OPT_WARMUP,
	OPT_DRAWS,
	OPT_ITERATIONS
};

static const struct option long_options[] = {
	{"device", required_argument, NULL, OPT_DEVICE},
	{"surfaceless", no_argument, NULL, OPT_SURFACELESS},
	{"size", required_argument, NULL, OPT_SIZE},
	{"seconds", required_argument, NULL, OPT_SECONDS},
	{"warmup", required_argument, NULL, OPT_WARMUP},
	{"draws", required_argument, NULL, OPT_DRAWS},
	{"iterations", required_argument, NULL, OPT_ITERATIONS},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static bool take_option(struct options *o, int option)
{
	switch (option) {
	case OPT_DEVICE:
		o->device = optarg;
		return true;
	case OPT_SURFACELESS:
		o->surfaceless = true;
		return true;
	case OPT_SIZE:
		return cli_size("--size", optarg, o->size);
	case OPT_SECONDS:
		return cli_seconds("--seconds", optarg, &o->seconds);
	case OPT_WARMUP:
		return cli_u32("--warmup", optarg, 0, MAX_FRAMES, &o->warmup);
	case OPT_DRAWS:
		return cli_u32("--draws", optarg, 1, MAX_DRAWS, &o->draws);
	case OPT_ITERATIONS:
		return cli_u32("--iterations", optarg, 1, HEAVY_MAX_ITERATIONS, &o->iterations);
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

	*o = (struct options){.size = {640, 480}, .seconds = 5, .warmup = 5};
	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (!take_option(o, option))
			return false;
	}
	if (o->help)
		return true;
	if (optind != argc - 1) {
		cli_error("name one scene, gpu-bound or draws; see --help");
		return false;
	}
	o->scene = scenes_find(argv[optind]);
	if (!o->scene) {
		cli_error("no scene '%s'; name gpu-bound or draws", argv[optind]);
		return false;
	}
	o->scene_options.draws = o->draws ? o->draws : o->scene->defaults.draws;
	o->scene_options.iterations = o->iterations ? o->iterations : o->scene->defaults.iterations;
	return true;
}

struct times {
	double *ms;
	size_t count, room;
};

static int times_add(struct times *t, double ms)
{
	if (t->count == t->room) {
		size_t room = t->room ? t->room * 2 : 4096;
		double *grown = realloc(t->ms, room * sizeof(*grown));

		if (!grown) {
			cli_error("no memory for the frame times");
			return -1;
		}
		t->ms = grown;
		t->room = room;
	}
	t->ms[t->count++] = ms;
	return 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* By the nearest-rank method; the times must be sorted. */
static double percentile(const struct times *t, size_t percent)
{
	size_t rank = (t->count * percent + 99) / 100;

	return t->ms[rank ? rank - 1 : 0];
}

static void print_json_string(const char *text)
{
	putchar('"');
	for (; text && *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		if ((unsigned char)*text >= 0x20)
			putchar(*text);
	}
	putchar('"');
}

static void print_result(const struct options *o, struct times *t, double seconds)
{
	qsort(t->ms, t->count, sizeof(*t->ms), by_value);
	printf("{\"scene\": \"%s\", \"renderer\": ", o->scene->name);
	print_json_string((const char *)glGetString(GL_RENDERER));
	printf(", \"size\": \"%ux%u\", \"draws\": %u, \"iterations\": %u, \"frames\": %zu, "
	       "\"seconds\": %.3f, \"fps\": %.2f, "
	       "\"frame_ms\": {\"p50\": %.3f, \"p99\": %.3f, \"max\": %.3f}}\n",
	       o->size[0], o->size[1], o->scene_options.draws, o->scene_options.iterations,
	       t->count, seconds, (double)t->count / seconds, percentile(t, 50), percentile(t, 99),
	       t->ms[t->count - 1]);
	fflush(stdout);
}

static double draw_frame(const struct options *o, uint64_t frame)
{
	uint64_t start = cli_now_ns();

	o->scene->draw(&o->scene_options, frame);
	glFinish();
	return (double)(cli_now_ns() - start) / 1e6;
}

static int measure(const struct options *o)
{
	struct times times = {0};
	uint64_t frame = 0, start;
	double seconds = 0;
	int ret = 0;

	for (; frame < o->warmup && !cli_stopped(); frame++)
		(void)draw_frame(o, frame);
	start = cli_now_ns();
	do {
		ret = times_add(&times, draw_frame(o, frame++));
		seconds = (double)(cli_now_ns() - start) / 1e9;
	} while (!ret && seconds < o->seconds && !cli_stopped());
	if (!ret && glGetError() != GL_NO_ERROR) {
		cli_error("a GL error occurred, so the figures are not valid");
		ret = -1;
	}
	if (!ret)
		print_result(o, &times, seconds);
	free(times.ms);
	return ret;
}

int main(int argc, char **argv)
{
	struct options o;
	struct target t;
	int ret;

	cli_init("vgpu-bench", argc, argv);
	if (!parse_options(&o, argc, argv))
		return CLI_USAGE;
	if (o.help) {
		fputs(usage, stdout);
		return CLI_OK;
	}
	ret = o.surfaceless ? target_open_surfaceless(&t, o.size[0], o.size[1])
			    : target_open_render_node(&t, o.device, o.size[0], o.size[1]);
	if (ret)
		return CLI_FAILED;
	ret = o.scene->init(&o.scene_options);
	if (!ret) {
		ret = measure(&o);
		o.scene->finish();
	}
	target_close(&t);
	return ret ? CLI_FAILED : CLI_OK;
}

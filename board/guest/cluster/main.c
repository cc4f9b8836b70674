/* SPDX-License-Identifier: MIT */
#include "board/guest/cluster/drive.h"
#include "board/guest/cluster/scene.h"
#include "board/guest/common/cli.h"
#include "board/guest/common/target.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
	"cluster-demo - an instrument cluster on a KMS display\n"
	"\n"
	"usage: cluster-demo [options]\n"
	"  --device PATH     the display's card (default: the first with a connected display)\n"
	"  --frames N        stop after N frames (default: run until SIGINT or SIGTERM)\n"
	"  --fps N           draw at most N frames a second (default: the display's rate)\n"
	"  --fps-log         print frames=N fps=F every second\n"
	"  --step-per-frame  advance the drive by 1/60 s per frame, not by the clock\n"
	"  --announce        announce in each frame what its telltales show (docs/truth.md)\n"
	"  --fault KIND@F+S  misbehave from frame F on, for S seconds. KIND freeze: show no "
	"frame;\n"
	"                    repeat: do not advance the alive counter; wrong-telltale: draw a\n"
	"                    telltale that differs from the announcement\n"
	"  --png FILE        draw one frame off screen into FILE and exit\n"
	"  --size WxH        size of the picture for --png and --layout (default 1280x400)\n"
	"  --frame N         draw frame N (default 0), 1/60 s each, for --png\n"
	"  --layout          print the place of each telltale and of the strip as\n"
	"                    name x y width height\n"
	"  --help            this text; --version: the version\n"
	"\n"
	"exit status: 0 done, 1 failed (no display, GPU error), 2 wrong usage\n";

enum fault { FAULT_NONE, FAULT_FREEZE, FAULT_REPEAT, FAULT_WRONG_TELLTALE };

struct options {
	const char *device;
	const char *png;
	uint32_t frames; /* 0: endless */
	uint32_t fps;	 /* 0: not limited */
	uint32_t frame;
	uint32_t size[2];
	bool fps_log, step_per_frame, layout, announce, help;
	enum fault fault;
	uint32_t fault_frame, fault_seconds;
};

enum {
	OPT_DEVICE = 256,
	OPT_FRAMES,
	OPT_FPS,
	OPT_FPS_LOG,
	OPT_STEP,
	OPT_PNG,
	OPT_SIZE,
	OPT_FRAME,
	OPT_LAYOUT,
	OPT_ANNOUNCE,
	OPT_FAULT
};

static const struct option long_options[] = {
	{"device", required_argument, NULL, OPT_DEVICE},
	{"frames", required_argument, NULL, OPT_FRAMES},
	{"fps", required_argument, NULL, OPT_FPS},
	{"fps-log", no_argument, NULL, OPT_FPS_LOG},
	{"step-per-frame", no_argument, NULL, OPT_STEP},
	{"png", required_argument, NULL, OPT_PNG},
	{"size", required_argument, NULL, OPT_SIZE},
	{"frame", required_argument, NULL, OPT_FRAME},
	{"layout", no_argument, NULL, OPT_LAYOUT},
	{"announce", no_argument, NULL, OPT_ANNOUNCE},
	{"fault", required_argument, NULL, OPT_FAULT},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static bool parse_fault(struct options *o, char *text)
{
	static const struct {
		const char *name;
		enum fault fault;
	} kinds[] = {{"freeze", FAULT_FREEZE},
		     {"repeat", FAULT_REPEAT},
		     {"wrong-telltale", FAULT_WRONG_TELLTALE}};
	char *frame = strchr(text, '@'), *seconds = frame ? strchr(frame, '+') : NULL;

	if (!seconds) {
		cli_error("--fault %s: must be KIND@FRAME+SECONDS", text);
		return false;
	}
	*frame++ = '\0';
	*seconds++ = '\0';
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, text))
			o->fault = kinds[i].fault;
	if (!o->fault)
		cli_error("--fault %s: must be freeze, repeat or wrong-telltale", text);
	return o->fault && cli_u32("--fault", frame, 0, UINT32_MAX, &o->fault_frame) &&
	       cli_u32("--fault", seconds, 1, 3600, &o->fault_seconds);
}

static bool take_option(struct options *o, int option)
{
	switch (option) {
	case OPT_DEVICE:
		o->device = optarg;
		return true;
	case OPT_FRAMES:
		return cli_u32("--frames", optarg, 1, UINT32_MAX, &o->frames);
	case OPT_FPS:
		return cli_u32("--fps", optarg, 1, 1000, &o->fps);
	case OPT_FPS_LOG:
		o->fps_log = true;
		return true;
	case OPT_STEP:
		o->step_per_frame = true;
		return true;
	case OPT_PNG:
		o->png = optarg;
		return true;
	case OPT_SIZE:
		return cli_size("--size", optarg, o->size);
	case OPT_FRAME:
		return cli_u32("--frame", optarg, 0, 1000000, &o->frame);
	case OPT_LAYOUT:
		o->layout = true;
		return true;
	case OPT_ANNOUNCE:
		o->announce = true;
		return true;
	case OPT_FAULT:
		return parse_fault(o, optarg);
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

	*o = (struct options){.size = {1280, 400}};
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

static int print_layout(const struct options *o)
{
	const struct layout l = layout_for((float)o->size[0], (float)o->size[1]);

	for (int i = 0; i < LAMP_COUNT; i++) {
		float at[3];

		layout_lamp(&l, &lamp_places[i], at);
		printf("%s %d %d %d %d\n", lamp_places[i].name, (int)at[0], (int)at[1], (int)at[2],
		       (int)at[2]);
	}
	if (o->size[0] >= TELLTALE_STRIP_WIDTH)
		printf("strip %d %u %u %d\n", 0, o->size[1] - 1, TELLTALE_STRIP_WIDTH, 1);
	return CLI_OK;
}

static int draw_png(struct target *t, struct scene *s, const struct options *o)
{
	struct drive d;

	drive_init(&d);
	while (d.steps < o->frame)
		drive_step(&d);
	if (scene_draw(s, t, &d, o->frame) || target_present(t))
		return -1;
	return target_write_png(t, o->png);
}

/* Steps the drive to the time at which frame `frame` is drawn. */
static void advance(struct drive *d, const struct options *o, uint64_t frame, uint64_t elapsed_ns)
{
	uint64_t want = o->step_per_frame ? frame : elapsed_ns * DRIVE_STEPS_PER_S / 1000000000u;
	uint64_t most = d->steps + 10u * DRIVE_STEPS_PER_S;

	/* Advance at most 10 s: after a long pause, catching up would take too long. */
	while (d->steps < want && d->steps < most)
		drive_step(d);
}

/* Injects the chosen fault into this frame. A freeze lasts until this function returns. */
static void misbehave(struct scene *s, const struct options *o, uint64_t frame, uint64_t *until)
{
	bool wrong;

	if (o->fault && frame == o->fault_frame) {
		*until = cli_now_ns() + o->fault_seconds * UINT64_C(1000000000);
		if (o->fault == FAULT_FREEZE)
			cli_sleep_until(*until);
	}
	wrong = cli_now_ns() < *until;
	s->telltales.wrong = wrong && o->fault == FAULT_WRONG_TELLTALE;
	if (!wrong || o->fault != FAULT_REPEAT)
		s->telltales.alive = (uint32_t)frame;
}

static int animate(struct target *t, struct scene *s, const struct options *o)
{
	struct fps_log log;
	struct drive d;
	uint64_t fault_until = 0;
	int ret = 0;

	drive_init(&d);
	fps_log_start(&log, o->fps_log);
	while (!ret && !cli_stopped() && (!o->frames || log.frames < o->frames)) {
		if (o->fps)
			cli_sleep_until(log.start_ns + log.frames * 1000000000u / o->fps);
		advance(&d, o, log.frames, cli_now_ns() - log.start_ns);
		misbehave(s, o, log.frames, &fault_until);
		ret = scene_draw(s, t, &d, log.frames);
		if (!ret)
			ret = target_present(t);
		if (!ret)
			fps_log_frame(&log);
	}
	if (!ret)
		ret = target_settle(t);
	fps_log_finish(&log);
	return ret < 0 ? -1 : 0;
}

static int run(const struct options *o)
{
	struct target t;
	struct scene s;
	int ret;

	ret = o->png ? target_open_surfaceless(&t, o->size[0], o->size[1])
		     : target_open_display(&t, o->device);
	if (ret)
		return CLI_FAILED;
	printf("renderer: %s\n", (const char *)glGetString(GL_RENDERER));
	if (!o->png)
		printf("display: %s %ux%u\n", t.kms.path, t.width, t.height);
	fflush(stdout);
	ret = scene_init(&s, &t, o->announce);
	if (!ret) {
		ret = o->png ? draw_png(&t, &s, o) : animate(&t, &s, o);
		scene_finish(&s);
	}
	target_close(&t);
	return ret ? CLI_FAILED : CLI_OK;
}

int main(int argc, char **argv)
{
	struct options o;

	cli_init("cluster-demo", argc, argv);
	if (!parse_options(&o, argc, argv))
		return CLI_USAGE;
	if (o.help) {
		fputs(usage, stdout);
		return CLI_OK;
	}
	return o.layout ? print_layout(&o) : run(&o);
}

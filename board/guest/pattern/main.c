/* SPDX-License-Identifier: MIT */
#include "board/guest/common/cli.h"
#include "board/guest/common/image.h"
#include "board/guest/common/target.h"
#include "board/guest/pattern/pattern.h"
#include "board/guest/pattern/verify.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
	"vgpu-pattern - shows a picture that a test can compare bit by bit\n"
	"\n"
	"usage: vgpu-pattern [--seed N] [options]         draw on the display and hold\n"
	"       vgpu-pattern --png FILE --size WxH …      draw off screen into a file\n"
	"       vgpu-pattern --verify FILE --size WxH …   compare a file with the pattern\n"
	"\n"
	"  --device PATH   the display's card (default: the first with a connected display)\n"
	"  --seed N        0 .. 0xffffff, changes every pixel (default 0)\n"
	"  --frames N      draw N frames, add 1 to the seed in each, hold the last (default 1)\n"
	"  --hold SECONDS  hold for SECONDS, then exit (default: until SIGINT or SIGTERM)\n"
	"  --dumb          draw with the CPU into dumb buffers instead of GLES\n"
	"  --png FILE      see above; --frame N draws the frame with seed + N\n"
	"  --verify FILE   see above; prints `match` or the first pixel that differs\n"
	"  --size WxH      size of the picture\n"
	"  --at X,Y        upper left corner of the picture in the file to verify (default 0,0)\n"
	"  --help          this text; --version: the version\n"
	"\n"
	"Prints `showing seed=N frame=N size=WxH` when the picture is on the screen.\n"
	"exit status: 0 done or match, 1 failed or different, 2 wrong usage or unreadable file\n";

struct options {
	const char *device, *png, *verify;
	uint32_t seed, frames, frame;
	uint32_t size[2], at[2];
	double hold; /* seconds, negative: for ever */
	bool dumb, help;
};

enum {
	OPT_DEVICE = 256,
	OPT_SEED,
	OPT_FRAMES,
	OPT_HOLD,
	OPT_DUMB,
	OPT_PNG,
	OPT_FRAME,
	OPT_VERIFY,
	OPT_SIZE,
	OPT_AT
};

static const struct option long_options[] = {
	{"device", required_argument, NULL, OPT_DEVICE},
	{"seed", required_argument, NULL, OPT_SEED},
	{"frames", required_argument, NULL, OPT_FRAMES},
	{"hold", required_argument, NULL, OPT_HOLD},
	{"dumb", no_argument, NULL, OPT_DUMB},
	{"png", required_argument, NULL, OPT_PNG},
	{"frame", required_argument, NULL, OPT_FRAME},
	{"verify", required_argument, NULL, OPT_VERIFY},
	{"size", required_argument, NULL, OPT_SIZE},
	{"at", required_argument, NULL, OPT_AT},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static bool take_option(struct options *o, int option)
{
	switch (option) {
	case OPT_DEVICE:
		o->device = optarg;
		return true;
	case OPT_SEED:
		return cli_u32("--seed", optarg, 0, PATTERN_SEED_MAX, &o->seed);
	case OPT_FRAMES:
		return cli_u32("--frames", optarg, 1, UINT32_MAX, &o->frames);
	case OPT_HOLD:
		return cli_seconds("--hold", optarg, &o->hold);
	case OPT_DUMB:
		o->dumb = true;
		return true;
	case OPT_PNG:
		o->png = optarg;
		return true;
	case OPT_FRAME:
		return cli_u32("--frame", optarg, 0, UINT32_MAX, &o->frame);
	case OPT_VERIFY:
		o->verify = optarg;
		return true;
	case OPT_SIZE:
		return cli_size("--size", optarg, o->size);
	case OPT_AT:
		return cli_pair("--at", optarg, ',', 0, CLI_MAX_SIZE, o->at);
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

	*o = (struct options){.frames = 1, .hold = -1};
	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (!take_option(o, option))
			return false;
	}
	if (optind < argc) {
		cli_error("unexpected argument '%s'; see --help", argv[optind]);
		return false;
	}
	if (!o->help && (o->png || o->verify) && !o->size[0]) {
		cli_error("%s needs --size WxH", o->png ? "--png" : "--verify");
		return false;
	}
	return true;
}

/* The seed of a frame. It wraps at PATTERN_SEED_MAX, as higher bits do not change the picture. */
static uint32_t seed_of(const struct options *o, uint32_t frame)
{
	return (o->seed + frame) & PATTERN_SEED_MAX;
}

struct shader {
	GLuint program;
	GLint u_size, u_seed;
};

static int shader_init(struct shader *s)
{
	static const char *const attributes[] = {"position", NULL};

	s->program = target_program(pattern_vertex, pattern_fragment, attributes);
	if (!s->program)
		return -1;
	s->u_size = glGetUniformLocation(s->program, "size");
	s->u_seed = glGetUniformLocation(s->program, "seed");
	return 0;
}

static void shader_draw(const struct shader *s, const struct target *t, uint32_t seed)
{
	static const GLfloat corners[] = {-1, -1, 3, -1, -1, 3};

	target_bind(t);
	/* The framebuffer must hold exactly the shader's colours. */
	glDisable(GL_DITHER);
	glDisable(GL_BLEND);
	glUseProgram(s->program);
	glUniform2f(s->u_size, (GLfloat)t->width, (GLfloat)t->height);
	glUniform3f(s->u_seed, (GLfloat)(seed & 255), (GLfloat)((seed >> 8) & 255),
		    (GLfloat)((seed >> 16) & 255));
	glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, corners);
	glEnableVertexAttribArray(0);
	glDrawArrays(GL_TRIANGLES, 0, 3);
}

static void print_showing(const struct options *o, uint32_t frame, uint32_t width, uint32_t height)
{
	printf("showing seed=%u frame=%u size=%ux%u\n", seed_of(o, frame), frame, width, height);
	fflush(stdout);
}

/* Holds the picture: the display keeps it as long as the device is open. */
static void hold(const struct options *o)
{
	uint64_t end = cli_now_ns() + (uint64_t)(o->hold > 0 ? o->hold * 1e9 : 0);

	while (!cli_stopped() && (o->hold < 0 || cli_now_ns() < end)) {
		uint64_t slice = cli_now_ns() + 200000000u;

		cli_sleep_until(o->hold >= 0 && end < slice ? end : slice);
	}
}

static int show_gles_frames(const struct options *o, struct target *t, const struct shader *s)
{
	uint32_t frame = 0;
	int ret = 0;

	for (; frame < o->frames && !ret && !cli_stopped(); frame++) {
		shader_draw(s, t, seed_of(o, frame));
		ret = target_present(t);
	}
	if (!ret)
		ret = target_settle(t);
	if (ret)
		return ret < 0 ? -1 : 0;
	print_showing(o, frame - 1, t->width, t->height);
	hold(o);
	return 0;
}

static int show_gles(const struct options *o)
{
	struct shader s;
	struct target t;
	int ret;

	if (o->png ? target_open_surfaceless(&t, o->size[0], o->size[1])
		   : target_open_display(&t, o->device))
		return CLI_FAILED;
	printf("renderer: %s\n", (const char *)glGetString(GL_RENDERER));
	fflush(stdout);
	ret = shader_init(&s);
	if (!ret && o->png) {
		shader_draw(&s, &t, seed_of(o, o->frame));
		ret = target_present(&t) ? -1 : target_write_png(&t, o->png);
	} else if (!ret) {
		ret = show_gles_frames(o, &t, &s);
	}
	target_close(&t);
	return ret ? CLI_FAILED : CLI_OK;
}

static int show_dumb_frames(const struct options *o, struct kms *kms, struct kms_dumb dumb[2])
{
	uint32_t width = kms->mode.hdisplay, height = kms->mode.vdisplay, frame = 0;
	int ret = 0;

	for (; frame < o->frames && !ret && !cli_stopped(); frame++) {
		struct kms_dumb *next = &dumb[frame & 1];

		/* kms_wait() has seen the last flip complete, so the other buffer is free. */
		pattern_fill(next->pixels, next->stride, width, height, seed_of(o, frame));
		ret = kms_show(kms, next->fb);
		if (!ret)
			ret = kms_wait(kms);
	}
	if (ret)
		return ret < 0 ? -1 : 0;
	print_showing(o, frame - 1, width, height);
	hold(o);
	return 0;
}

static int show_dumb(const struct options *o)
{
	struct kms_dumb dumb[2] = {0};
	struct kms kms;
	int ret = -1;

	if (kms_open(&kms, o->device))
		return CLI_FAILED;
	if (!kms_dumb_create(&kms, &dumb[0]) && !kms_dumb_create(&kms, &dumb[1]))
		ret = show_dumb_frames(o, &kms, dumb);
	kms_dumb_destroy(&kms, &dumb[0]);
	kms_dumb_destroy(&kms, &dumb[1]);
	kms_close(&kms);
	return ret ? CLI_FAILED : CLI_OK;
}

/* Writes the picture that --dumb would put on the screen, for tests without a display. */
static int write_dumb_png(const struct options *o)
{
	uint32_t stride = o->size[0] * 4;
	uint8_t *pixels = calloc(o->size[1], stride);
	int ret;

	if (!pixels) {
		cli_error("no memory for a %ux%u picture", o->size[0], o->size[1]);
		return CLI_FAILED;
	}
	pattern_fill(pixels, stride, o->size[0], o->size[1], seed_of(o, o->frame));
	for (size_t i = 0; i < (size_t)stride * o->size[1]; i += 4) {
		uint8_t blue = pixels[i];

		pixels[i] = pixels[i + 2];
		pixels[i + 2] = blue;
	}
	ret = image_write_png(o->png, o->size[0], o->size[1], pixels, false);
	free(pixels);
	return ret ? CLI_FAILED : CLI_OK;
}

int main(int argc, char **argv)
{
	struct options o;

	cli_init("vgpu-pattern", argc, argv);
	if (!parse_options(&o, argc, argv))
		return CLI_USAGE;
	if (o.help) {
		fputs(usage, stdout);
		return CLI_OK;
	}
	if (o.verify)
		return verify_png(o.verify, o.at, o.size, o.seed);
	if (o.dumb && o.png)
		return write_dumb_png(&o);
	return o.dumb ? show_dumb(&o) : show_gles(&o);
}

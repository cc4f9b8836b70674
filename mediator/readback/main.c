/* SPDX-License-Identifier: MIT */
/*
 * gpum-readback: writes the picture on a display to a PNG file. Run by `gpumctl screenshot`; it is
 * a program of its own so that gpumctl needs no GL.
 *
 * The mediator keeps the picture on the screen only for a moment, so the GPU's driver is started
 * first, the picture is copied on the GPU, and only the copy is read.
 */
#include <getopt.h>
#include <jansson.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mediator/gl/draw.h"
#include "mediator/gl/gpu.h"
#include "mediator/shared/protocol/control.h"
#include "mediator/shared/version.h"

#define ATTEMPTS      5u
#define COPY_WAIT_MS  2000u
#define BYTES_PER_RGB 3u

struct arguments {
	const char *render_node, *socket, *display, *file;
};

struct picture {
	struct gpum_buffer buffer;
	struct gpum_rect region;
	int fd;
};

static uint32_t number(const json_t *object, const char *name)
{
	json_int_t value = json_integer_value(json_object_get(object, name));

	return value >= 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
}

static bool parse_picture(const char *text, struct picture *out)
{
	json_t *reply = json_loads(text, 0, NULL);
	const json_t *buffer = json_object_get(reply, "buffer");
	const json_t *region = json_object_get(reply, "region");
	const char *modifier = json_string_value(json_object_get(buffer, "modifier"));
	const char *error = json_string_value(json_object_get(reply, "error"));
	bool ok = buffer && region && modifier && out->fd >= 0;

	if (ok) {
		out->buffer.id = 1;
		out->buffer.width = number(buffer, "width");
		out->buffer.height = number(buffer, "height");
		out->buffer.stride = number(buffer, "stride");
		out->buffer.offset = number(buffer, "offset");
		out->buffer.fourcc = number(buffer, "fourcc");
		out->buffer.modifier = strtoull(modifier, NULL, 16);
		out->buffer.y_inverted = json_is_true(json_object_get(buffer, "y_inverted"));
		out->region.x = (int32_t)number(region, "x");
		out->region.y = (int32_t)number(region, "y");
		out->region.width = number(region, "width");
		out->region.height = number(region, "height");
	} else {
		fprintf(stderr, "error: %s\n", error ? error : "the mediator's reply is strange");
	}
	json_decref(reply);
	return ok;
}

static bool ask(int socket, const char *request, char *reply, int *fd)
{
	int status = control_ask(socket, request, reply, CONTROL_MAX_REPLY, fd);

	if (status)
		fprintf(stderr, "error: mediator: %s\n", strerror(-status));
	return status == 0;
}

/* Draw the region of the picture into a texture of its own, which stays bound for reading. */
static bool copy(struct gpu *gpu, const struct picture *p)
{
	const struct gpum_rect all = {.width = p->region.width, .height = p->region.height};
	const struct gpum_layer layer = {.source = p->region, .target = all, .clip = all};
	struct gpu_image image, target = {.width = all.width, .height = all.height};
	struct draw_texture texture = {0};
	struct draw draw;
	GLuint framebuffer;

	if (!gpu_import(gpu, &p->buffer, p->fd, &image))
		return false;
	glGenTextures(1, &target.texture);
	glBindTexture(GL_TEXTURE_2D, target.texture);
	glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, (GLsizei)all.width, (GLsizei)all.height, 0, GL_RGBA,
		     GL_UNSIGNED_BYTE, NULL);
	framebuffer = gpu_framebuffer(&target);
	if (!framebuffer || !draw_init(&draw, all.width, all.height))
		return false;
	texture.name = image.texture;
	texture.width = image.width;
	texture.height = image.height;
	texture.y_inverted = image.y_inverted;
	draw_begin(&draw, framebuffer, true);
	draw_layer(&draw, &layer, &texture);
	if (!gpu_wait(gpu, COPY_WAIT_MS))
		return false;
	glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
	gpu_release(gpu, &image);
	draw_finish(&draw);
	return glGetError() == GL_NO_ERROR;
}

/* Try until the picture did not change between the beginning and the end of a copy. */
static bool copy_picture(struct gpu *gpu, int socket, const char *display, struct picture *p)
{
	static char reply[CONTROL_MAX_REPLY];
	json_t *request = json_pack("{s:s, s:s}", "command", "screenshot", "display", display);
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	bool held = false, ok = text != NULL;

	json_decref(request);
	for (unsigned int i = 0; i < ATTEMPTS && ok && !held; i++) {
		int none;

		ok = ask(socket, text, reply, &p->fd) && parse_picture(reply, p) && copy(gpu, p);
		if (p->fd >= 0)
			close(p->fd);
		ok = ok && ask(socket, "{\"command\":\"release\"}", reply, &none);
		held = ok && strstr(reply, "\"held\":true");
	}
	free(text);
	if (ok && !held)
		fprintf(stderr, "error: the picture did not stand still for long enough\n");
	return ok && held;
}

/* The GPU delivers the top row first, because row 0 was drawn at y = 0. */
static bool write_png(const char *file, uint32_t width, uint32_t height)
{
	size_t pixels = (size_t)width * height;
	uint8_t *rgba = malloc(pixels * 4), *rgb = malloc(pixels * BYTES_PER_RGB);
	png_image image = {.version = PNG_IMAGE_VERSION,
			   .width = width,
			   .height = height,
			   .format = PNG_FORMAT_RGB};
	bool ok = rgba && rgb;

	if (ok) {
		glPixelStorei(GL_PACK_ALIGNMENT, 1);
		glReadPixels(0, 0, (GLsizei)width, (GLsizei)height, GL_RGBA, GL_UNSIGNED_BYTE,
			     rgba);
		for (size_t i = 0; i < pixels; i++)
			memcpy(rgb + i * BYTES_PER_RGB, rgba + i * 4, BYTES_PER_RGB);
		ok = png_image_write_to_file(&image, file, 0, rgb, 0, NULL);
		if (!ok)
			fprintf(stderr, "error: %s: %s\n", file, image.message);
	}
	free(rgba);
	free(rgb);
	return ok;
}

static const char usage[] =
	"usage: gpum-readback [--render-node PATH] [--socket PATH] DISPLAY FILE.png\n"
	"Writes the picture on a display to a file. `gpumctl screenshot` runs it.\n"
	"  --help, --version\n";

static struct arguments parse_options(int argc, char **argv)
{
	static const struct option options[] = {{"render-node", required_argument, NULL, 'r'},
						{"socket", required_argument, NULL, 's'},
						{"help", no_argument, NULL, 'h'},
						{"version", no_argument, NULL, 'V'},
						{NULL, 0, NULL, 0}};
	struct arguments a = {.render_node = "/dev/dri/renderD128", .socket = CONTROL_SOCKET};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'r':
			a.render_node = optarg;
			break;
		case 's':
			a.socket = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(EXIT_SUCCESS);
		case 'V':
			puts("gpum-readback " GPUM_VERSION);
			exit(EXIT_SUCCESS);
		default:
			exit(2);
		}
	}
	if (argc - optind != 2) {
		fputs(usage, stderr);
		exit(2);
	}
	a.display = argv[optind];
	a.file = argv[optind + 1];
	return a;
}

int main(int argc, char **argv)
{
	struct arguments a = parse_options(argc, argv);
	struct picture picture = {.fd = -1};
	struct gpu gpu;
	bool ok;
	int socket;

	if (!gpu_open(&gpu, a.render_node))
		return EXIT_FAILURE;
	socket = control_connect(a.socket);
	if (socket < 0) {
		fprintf(stderr, "error: %s: %s (does gpu-mediatord run?)\n", a.socket,
			strerror(-socket));
		gpu_close(&gpu);
		return 3;
	}
	ok = copy_picture(&gpu, socket, a.display, &picture) &&
	     write_png(a.file, picture.region.width, picture.region.height);
	close(socket);
	gpu_close(&gpu);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

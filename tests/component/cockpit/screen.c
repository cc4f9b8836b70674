/* SPDX-License-Identifier: MIT */
#include "tests/component/cockpit/screen.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mediator/shared/protocol/control.h"

uint32_t screen_colour(struct cockpit *c, const char *display)
{
	static char reply[CONTROL_MAX_REPLY];
	char path[128], request[128];
	uint32_t *pixels, colour = SCREEN_NOTHING;
	int socket, fd = -1;

	snprintf(path, sizeof(path), "%s/control", c->dir);
	snprintf(request, sizeof(request), "{\"command\":\"screenshot\",\"display\":\"%s\"}",
		 display);
	socket = control_connect(path);
	if (socket >= 0 && control_ask(socket, request, reply, sizeof(reply), &fd) == 0 &&
	    fd >= 0) {
		pixels = mmap(NULL, sizeof(*pixels), PROT_READ, MAP_SHARED, fd, 0);
		if (pixels != MAP_FAILED) {
			colour = pixels[0] & 0xffffff;
			munmap(pixels, sizeof(*pixels));
		}
	}
	if (fd >= 0)
		close(fd);
	if (socket >= 0)
		close(socket);
	return colour;
}

bool screen_wait(struct cockpit *c, const char *display, uint32_t colour, uint32_t ms)
{
	uint64_t until = test_now_ms() + ms;
	uint32_t seen;

	while ((seen = screen_colour(c, display)) != colour) {
		if (test_now_ms() > until) {
			fprintf(stderr, "%s shows %06x, not %06x\n", display, seen, colour);
			return false;
		}
		usleep(5000);
	}
	return true;
}

void screen_write_png(const char *file, uint32_t width, uint32_t height, uint32_t colour)
{
	png_image image = {.version = PNG_IMAGE_VERSION,
			   .width = width,
			   .height = height,
			   .format = PNG_FORMAT_BGRA};
	uint32_t *pixels = malloc((size_t)width * height * sizeof(*pixels));

	for (uint32_t i = 0; pixels && i < width * height; i++)
		pixels[i] = colour | 0xff000000u;
	if (!pixels || !png_image_write_to_file(&image, file, 0, pixels, 0, NULL)) {
		fprintf(stderr, "%s: %s\n", file, image.message);
		exit(99);
	}
	free(pixels);
}

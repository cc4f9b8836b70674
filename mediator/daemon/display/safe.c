/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/display/safe.h"

#include <errno.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mediator/daemon/base/log.h"
#include "mediator/daemon/client/client.h"
#include "mediator/daemon/display/keys.h"
#include "mediator/daemon/output/output.h"

#define BYTES_PER_PIXEL 4u

static size_t pixels_of(const struct safe_picture *p)
{
	return (size_t)p->width * p->height;
}

static void refuse(const struct config *c, const struct config_display *d, const char *found)
{
	log_error("%s/displays/display@%x: safe-picture: found \"%s\", %s; allowed: a PNG of "
		  "%ux%u; fix: put one there, or correct the path",
		  c->path, d->reg, d->truth.safe_picture, found, d->region.width, d->region.height);
}

/* Into memory that also the compositor can map. */
static bool read_png(const struct config *c, const struct config_display *d, uint8_t *pixels)
{
	png_image image = {.version = PNG_IMAGE_VERSION};
	const png_color black = {0, 0, 0};
	char found[64];
	bool ok;

	if (!png_image_begin_read_from_file(&image, d->truth.safe_picture)) {
		refuse(c, d, image.message);
		return false;
	}
	if (image.width != d->region.width || image.height != d->region.height) {
		snprintf(found, sizeof(found), "a PNG of %ux%u", image.width, image.height);
		refuse(c, d, found);
		png_image_free(&image);
		return false;
	}
	/* Transparent pixels are on black. */
	image.format = PNG_FORMAT_RGB;
	ok = png_image_finish_read(&image, &black, pixels, 0, NULL);
	if (!ok)
		refuse(c, d, image.message);
	return ok;
}

/* Three bytes a pixel, as libpng wrote them, to four: from the end, so that none is lost. */
static void widen(uint8_t *pixels, size_t count)
{
	while (count-- > 0) {
		memmove(pixels + BYTES_PER_PIXEL * count, pixels + 3 * count, 3);
		pixels[BYTES_PER_PIXEL * count + 3] = 0xff;
	}
}

static bool load(struct safe_picture *p, const struct config *c, const struct config_display *d)
{
	size_t bytes;

	p->width = d->region.width;
	p->height = d->region.height;
	bytes = pixels_of(p) * BYTES_PER_PIXEL;
	p->fd = memfd_create("safe picture", MFD_CLOEXEC);
	if (p->fd >= 0 && !ftruncate(p->fd, (off_t)bytes))
		p->pixels = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, p->fd, 0);
	if (!p->pixels || p->pixels == MAP_FAILED) {
		p->pixels = NULL;
		log_error("%s: no memory for the safe picture: %m", d->name);
		return false;
	}
	if (!read_png(c, d, p->pixels))
		return false;
	widen(p->pixels, pixels_of(p));
	return true;
}

static void copy(const struct safe_picture *p, const struct config_rect *r, uint32_t *canvas,
		 uint32_t canvas_width)
{
	const uint8_t *from = p->pixels;

	for (uint32_t y = 0; y < r->height; y++) {
		uint32_t *to = canvas + (size_t)(r->y + y) * canvas_width + r->x;

		for (uint32_t x = 0; x < r->width; x++, from += BYTES_PER_PIXEL)
			to[x] = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
	}
}

static bool paint(struct safe *s, const struct config *c, const struct config_panel *panel)
{
	uint32_t *canvas = calloc((size_t)panel->width * panel->height, sizeof(*canvas));
	int status = -ENOMEM;

	for (uint32_t i = 0; canvas && i < panel->num_displays; i++)
		if (s->picture[i].pixels)
			copy(&s->picture[i], &c->display[panel->display[i]].region, canvas,
			     panel->width);
	if (canvas)
		status = s->output->ops->paint(s->output, canvas, &s->description, &s->fd,
					       &s->handle);
	free(canvas);
	if (status)
		log_error("%s: the safe pictures cannot be painted: %s", panel->connector,
			  strerror(-status));
	return status == 0;
}

bool safe_init(struct safe *s, struct output *output, const struct config *c, uint32_t panel)
{
	const struct config_panel *p = &c->panel[panel];
	bool any = false;

	s->output = output;
	s->fd = -1;
	for (uint32_t i = 0; i < p->num_displays; i++) {
		const struct config_display *d = &c->display[p->display[i]];

		s->picture[i].fd = -1;
		s->picture[i].key = key_of_safe(panel, i);
		if (!d->truth.safe_picture[0])
			continue;
		if (!load(&s->picture[i], c, d))
			return false;
		any = true;
	}
	return !any || paint(s, c, p);
}

void safe_finish(struct safe *s)
{
	for (uint32_t i = 0; i < CONFIG_PANEL_DISPLAYS; i++) {
		struct safe_picture *p = &s->picture[i];

		if (!p->pixels)
			continue;
		munmap(p->pixels, pixels_of(p) * BYTES_PER_PIXEL);
		close(p->fd);
		p->pixels = NULL;
	}
	if (!s->handle)
		return;
	s->output->ops->release(s->output, s->handle);
	if (s->fd >= 0)
		close(s->fd);
	s->handle = 0;
}

void safe_announce(const struct safe *s, struct client *compositor)
{
	for (uint32_t i = 0; i < CONFIG_PANEL_DISPLAYS; i++) {
		const struct safe_picture *p = &s->picture[i];
		struct gpum_msg msg = {
			.buffer = {.id = p->key, .width = p->width, .height = p->height}};

		if (p->pixels)
			client_send(compositor, &msg, GPUM_MSG_PICTURE_ADD, p->fd);
	}
}

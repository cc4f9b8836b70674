/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/safe.h"

#include <errno.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mediator/daemon/log.h"
#include "mediator/daemon/mediator.h"
#include "mediator/daemon/output.h"

#define BYTES_PER_PIXEL 4u

static void refuse(const struct panel *p, const struct config_display *d, const char *found)
{
	log_error("%s/displays/display@%x: safe-picture: found \"%s\", %s; allowed: a PNG of "
		  "%ux%u; fix: put one there, or correct the path",
		  p->mediator->config.path, d->reg, d->truth.safe_picture, found, d->region.width,
		  d->region.height);
}

/* Into memory that also the compositor can map. */
static bool read_png(struct panel *p, const struct config_display *d, uint8_t *pixels)
{
	png_image image = {.version = PNG_IMAGE_VERSION};
	const png_color black = {0, 0, 0};
	char found[64];
	bool ok;

	if (!png_image_begin_read_from_file(&image, d->truth.safe_picture)) {
		refuse(p, d, image.message);
		return false;
	}
	if (image.width != d->region.width || image.height != d->region.height) {
		snprintf(found, sizeof(found), "a PNG of %ux%u", image.width, image.height);
		refuse(p, d, found);
		png_image_free(&image);
		return false;
	}
	/* What is transparent is on black. */
	image.format = PNG_FORMAT_RGB;
	ok = png_image_finish_read(&image, &black, pixels, 0, NULL);
	if (!ok)
		refuse(p, d, image.message);
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

static bool load(struct panel *p, struct panel_display *d)
{
	const struct config_rect *r = &d->config->region;
	size_t count = (size_t)r->width * r->height;
	bool ok = false;

	d->safe.fd = memfd_create("safe picture", MFD_CLOEXEC);
	if (d->safe.fd >= 0 && !ftruncate(d->safe.fd, (off_t)(count * BYTES_PER_PIXEL)))
		d->safe.pixels = mmap(NULL, count * BYTES_PER_PIXEL, PROT_READ | PROT_WRITE,
				      MAP_SHARED, d->safe.fd, 0);
	if (!d->safe.pixels || d->safe.pixels == MAP_FAILED) {
		d->safe.pixels = NULL;
		log_error("%s: no memory for the safe picture: %m", d->config->name);
		return false;
	}
	ok = read_png(p, d->config, d->safe.pixels);
	if (ok)
		widen(d->safe.pixels, count);
	d->safe.layer = ++p->mediator->buffer_ids;
	return ok;
}

static void copy(const struct panel *p, const struct panel_display *d, uint32_t *canvas)
{
	const struct config_rect *r = &d->config->region;
	const uint8_t *from = d->safe.pixels;

	for (uint32_t y = 0; y < r->height; y++) {
		uint32_t *to = canvas + (size_t)(r->y + y) * p->config->width + r->x;

		for (uint32_t x = 0; x < r->width; x++, from += BYTES_PER_PIXEL)
			to[x] = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
	}
}

static bool paint(struct panel *p)
{
	uint32_t *canvas = calloc((size_t)p->config->width * p->config->height, sizeof(*canvas));
	int status = -ENOMEM;

	for (uint32_t i = 0; canvas && i < p->config->num_displays; i++)
		if (p->display[i].safe.pixels)
			copy(p, &p->display[i], canvas);
	if (canvas)
		status = p->output->ops->paint(p->output, canvas, &p->safe.description, &p->safe.fd,
					       &p->safe.handle);
	free(canvas);
	if (status)
		log_error("%s: the safe pictures cannot be painted: %s", p->config->connector,
			  strerror(-status));
	return status == 0;
}

bool safe_init(struct panel *p)
{
	bool any = false;

	p->safe.fd = -1;
	for (uint32_t i = 0; i < p->config->num_displays; i++) {
		struct panel_display *d = &p->display[i];

		d->safe.fd = -1;
		if (!d->config->truth.safe_picture[0])
			continue;
		if (!load(p, d))
			return false;
		any = true;
	}
	return !any || paint(p);
}

void safe_finish(struct panel *p)
{
	for (uint32_t i = 0; i < p->config->num_displays; i++) {
		struct panel_display *d = &p->display[i];

		if (!d->safe.pixels)
			continue;
		munmap(d->safe.pixels, (size_t)d->config->region.width * d->config->region.height *
					       BYTES_PER_PIXEL);
		close(d->safe.fd);
		d->safe.pixels = NULL;
	}
	if (!p->safe.handle)
		return;
	p->output->ops->release(p->output, p->safe.handle);
	if (p->safe.fd >= 0)
		close(p->safe.fd);
	p->safe.handle = 0;
}

/* SPDX-License-Identifier: MIT */
#include "mediator/compositor/panel.h"

#include <gbm.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define COMPOSE_TIMEOUT_MS 5000u
#define BYTES_PER_PIXEL	   4u

static bool allocate(struct panel *panel, struct panel_buffer *buffer, uint32_t id,
		     const struct gpum_panel *wanted)
{
	struct gpum_buffer *d = &buffer->description;

	buffer->bo = gbm_bo_create(panel->gpu->gbm, wanted->width, wanted->height, wanted->fourcc,
				   GBM_BO_USE_SCANOUT | GBM_BO_USE_RENDERING);
	if (!buffer->bo) {
		fprintf(stderr, "error: panel buffer of %ux%u: %m\n", wanted->width,
			wanted->height);
		return false;
	}
	buffer->fd = gbm_bo_get_fd(buffer->bo);
	if (buffer->fd < 0) {
		fprintf(stderr, "error: panel buffer cannot be exported: %m\n");
		return false;
	}
	d->id = id;
	d->width = wanted->width;
	d->height = wanted->height;
	d->stride = gbm_bo_get_stride(buffer->bo);
	d->offset = gbm_bo_get_offset(buffer->bo, 0);
	d->fourcc = wanted->fourcc;
	d->modifier = gbm_bo_get_modifier(buffer->bo);
	if (!gpu_import(panel->gpu, d, buffer->fd, &buffer->image))
		return false;
	buffer->framebuffer = gpu_framebuffer(&buffer->image);
	if (!buffer->framebuffer) {
		fprintf(stderr, "error: panel buffer cannot be drawn into\n");
		return false;
	}
	return true;
}

bool panel_init(struct panel *panel, struct gpu *gpu, const struct gpum_panel *wanted)
{
	memset(panel, 0, sizeof(*panel));
	panel->gpu = gpu;
	for (uint32_t i = 0; i < GPUM_PANEL_BUFFERS; i++)
		panel->buffer[i].fd = -1;
	if (!draw_init(&panel->draw, wanted->width, wanted->height))
		return false;
	for (uint32_t i = 0; i < GPUM_PANEL_BUFFERS; i++)
		if (!allocate(panel, &panel->buffer[i], i + 1, wanted))
			return false;
	return true;
}

void panel_finish(struct panel *panel)
{
	for (uint32_t i = 0; i < PANEL_MAX_LAYERS; i++)
		if (panel->layer[i].id)
			gpu_release(panel->gpu, &panel->layer[i].image);
	for (uint32_t i = 0; i < GPUM_PANEL_BUFFERS; i++) {
		struct panel_buffer *buffer = &panel->buffer[i];

		if (buffer->framebuffer)
			glDeleteFramebuffers(1, &buffer->framebuffer);
		gpu_release(panel->gpu, &buffer->image);
		if (buffer->fd >= 0)
			close(buffer->fd);
		if (buffer->bo)
			gbm_bo_destroy(buffer->bo);
	}
	draw_finish(&panel->draw);
}

static struct panel_layer *find_layer(struct panel *panel, uint32_t id)
{
	for (uint32_t i = 0; i < PANEL_MAX_LAYERS; i++)
		if (panel->layer[i].id == id)
			return &panel->layer[i];
	return NULL;
}

static struct panel_layer *take_layer(struct panel *panel, uint32_t id)
{
	struct panel_layer *layer = find_layer(panel, 0);

	if (!layer || !id || find_layer(panel, id)) {
		fprintf(stderr, "error: layer %u cannot be added\n", id);
		return NULL;
	}
	layer->id = id;
	return layer;
}

bool panel_add_layer(struct panel *panel, const struct gpum_buffer *buffer, int fd)
{
	struct panel_layer *layer = take_layer(panel, buffer->id);

	return layer && gpu_import(panel->gpu, buffer, fd, &layer->image);
}

bool panel_add_picture(struct panel *panel, const struct gpum_buffer *buffer, int fd)
{
	struct panel_layer *layer = take_layer(panel, buffer->id);
	size_t bytes = (size_t)buffer->width * buffer->height * BYTES_PER_PIXEL;
	void *pixels;

	if (!layer)
		return false;
	pixels = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (pixels == MAP_FAILED) {
		fprintf(stderr, "error: picture %u cannot be read: %m\n", buffer->id);
		return false;
	}
	layer->image = (struct gpu_image){.width = buffer->width, .height = buffer->height};
	glGenTextures(1, &layer->image.texture);
	glBindTexture(GL_TEXTURE_2D, layer->image.texture);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
	glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, (GLsizei)buffer->width, (GLsizei)buffer->height, 0,
		     GL_RGBA, GL_UNSIGNED_BYTE, pixels);
	munmap(pixels, bytes);
	return true;
}

void panel_remove_layer(struct panel *panel, uint32_t id)
{
	struct panel_layer *layer = id ? find_layer(panel, id) : NULL;

	if (!layer)
		return;
	gpu_release(panel->gpu, &layer->image);
	layer->id = 0;
}

static void compose_layer(struct panel *panel, const struct gpum_layer *layer)
{
	const struct panel_layer *from =
		layer->buffer_id ? find_layer(panel, layer->buffer_id) : NULL;
	struct draw_texture texture = {0};

	if (from) {
		texture.name = from->image.texture;
		texture.width = from->image.width;
		texture.height = from->image.height;
		texture.y_inverted = from->image.y_inverted;
	}
	draw_layer(&panel->draw, layer, &texture);
}

bool panel_compose(struct panel *panel, const struct gpum_compose *compose)
{
	struct panel_buffer *target;

	if (compose->panel_buffer >= GPUM_PANEL_BUFFERS || compose->num_layers > GPUM_MAX_LAYERS)
		return false;
	target = &panel->buffer[compose->panel_buffer];
	draw_begin(&panel->draw, target->framebuffer, !target->used);
	target->used = true;
	for (uint32_t i = 0; i < compose->num_layers; i++) {
		const struct gpum_layer *layer = &compose->layer[i];

		if (!(compose->keep & (UINT32_C(1) << i)) || !panel->previous)
			compose_layer(panel, layer);
		else if (panel->previous != target)
			draw_copy(&panel->draw, &layer->clip, panel->previous->image.texture);
	}
	panel->previous = target;
	return gpu_wait(panel->gpu, COMPOSE_TIMEOUT_MS) && glGetError() == GL_NO_ERROR;
}

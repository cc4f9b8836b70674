/* SPDX-License-Identifier: MIT */
/* A panel's buffers and the layers that it is composed from. */
#ifndef MEDIATOR_COMPOSITOR_PANEL_H
#define MEDIATOR_COMPOSITOR_PANEL_H

#include <stdbool.h>
#include <stdint.h>

#include "mediator/gl/draw.h"
#include "mediator/gl/gpu.h"

struct gbm_bo;

/* Buffers of all guests that share the panel; the mediator bounds them per guest. */
#define PANEL_MAX_LAYERS 1024u

struct panel_buffer {
	struct gbm_bo *bo;
	struct gpu_image image;
	GLuint framebuffer;
	bool used; /* its background has been painted black */
	struct gpum_buffer description;
	int fd;
};

struct panel_layer {
	uint32_t id; /* 0: free */
	struct gpu_image image;
};

struct panel {
	struct gpu *gpu;
	struct draw draw;
	struct panel_buffer buffer[GPUM_PANEL_BUFFERS];
	struct panel_buffer *previous; /* composed last, or NULL */
	struct panel_layer layer[PANEL_MAX_LAYERS];
};

/* Allocate what the panel needs. False, with the reason on stderr; panel_finish() cleans up. */
bool panel_init(struct panel *panel, struct gpu *gpu, const struct gpum_panel *wanted);
void panel_finish(struct panel *panel);

/*
 * Add a layer whose pixels are in the dma-buf fd, which stays the caller's. A layer that cannot be
 * imported is drawn black, and the reason is on stderr.
 */
bool panel_add_layer(struct panel *panel, const struct gpum_buffer *buffer, int fd);
/* The same with pixels from a memory file: red, green, blue and an ignored byte each, no gaps. */
bool panel_add_picture(struct panel *panel, const struct gpum_buffer *buffer, int fd);
void panel_remove_layer(struct panel *panel, uint32_t id);

/* Draw, and wait for the GPU. False on failure. */
bool panel_compose(struct panel *panel, const struct gpum_compose *compose);

#endif

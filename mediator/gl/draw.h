/* SPDX-License-Identifier: MIT */
/*
 * Composing a panel's picture in OpenGL ES 2. Needs a current context; the caller makes the
 * textures and framebuffers.
 */
#ifndef MEDIATOR_GL_DRAW_H
#define MEDIATOR_GL_DRAW_H

#include <GLES2/gl2.h>
#include <stdbool.h>
#include <stdint.h>

#include "mediator/shared/protocol/client.h"

struct draw {
	GLuint program;
	GLuint vertices;
	uint32_t width, height; /* of the panel, pixels */
};

struct draw_texture {
	GLuint name; /* 0: black */
	uint32_t width, height;
	bool y_inverted;
};

bool draw_init(struct draw *draw, uint32_t width, uint32_t height);
void draw_finish(struct draw *draw);

/* Start a picture in `framebuffer`; with `clear`, make all of it black first. */
void draw_begin(const struct draw *draw, GLuint framebuffer, bool clear);

/* Draw one layer: `texture`, at the layer's target, clipped by its clip. */
void draw_layer(const struct draw *draw, const struct gpum_layer *layer,
		const struct draw_texture *texture);

/* Copy a region of the panel from another panel-sized texture. */
void draw_copy(const struct draw *draw, const struct gpum_rect *region, GLuint from);

#endif

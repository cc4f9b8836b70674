/* SPDX-License-Identifier: MIT */
#ifndef BOARD_GUEST_CLUSTER_TELLTALE_H
#define BOARD_GUEST_CLUSTER_TELLTALE_H

#include "board/guest/cluster/layout.h"
#include "mediator/shared/strip/strip.h"

#include <stdbool.h>
#include <stdint.h>

#include <GLES2/gl2.h>

/*
 * Telltales as bitmaps that the CPU has drawn, so that it is known to the bit what they look like;
 * and the strip that announces them in each frame (docs/truth.md): the display's last row, from
 * the left edge on. The GPU copies them, opaque and unscaled.
 */
struct telltale {
	GLint x, y; /* upper left corner, pixels */
	GLsizei size;
	GLuint texture[2]; /* off, lit */
	uint32_t crc[2];
};

struct telltales {
	bool enabled;
	bool wrong; /* a fault to be found: one of them is not drawn as announced */
	uint32_t alive;
	GLint height; /* of the display */
	GLuint program;
	GLuint strip;
	struct telltale lamp[LAMP_COUNT];
};

#define TELLTALE_STRIP_WIDTH TRUTH_STRIP_PIXELS(LAMP_COUNT)

/* 0, or -1 (reported); the context has to be current. */
int telltales_init(struct telltales *t, const struct layout *layout);
/* Takes a zeroed object, too. */
void telltales_finish(struct telltales *t);
/* To be the last that is drawn; lamps: a set of enum drive_lamp. */
void telltales_draw(const struct telltales *t, uint32_t lamps);

#endif

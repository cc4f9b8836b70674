/* SPDX-License-Identifier: MIT */
#ifndef BOARD_GUEST_CLUSTER_TELLTALE_H
#define BOARD_GUEST_CLUSTER_TELLTALE_H

#include "board/guest/cluster/layout.h"
#include "mediator/shared/strip/strip.h"

#include <stdbool.h>
#include <stdint.h>

#include <GLES2/gl2.h>

/*
 * The telltales, and the strip that announces them in each frame (docs/truth.md). The CPU draws the
 * telltales as bitmaps, so that each of their pixels is known; the GPU copies them, opaque and
 * unscaled. The strip is in the display's last row, from the left edge on.
 */
struct telltale {
	GLint x, y; /* upper left corner, pixels */
	GLsizei size;
	GLuint texture[2]; /* off, lit */
	uint32_t crc[2];
};

struct telltales {
	bool enabled;
	bool wrong;	/* inject a fault: draw one telltale not as announced */
	uint32_t alive; /* the alive counter of the next frame */
	GLint height;	/* of the display */
	GLuint program;
	GLuint strip;
	struct telltale lamp[LAMP_COUNT];
};

#define TELLTALE_STRIP_WIDTH TRUTH_STRIP_PIXELS(LAMP_COUNT)

/* The context must be current. 0, or -1 after a message on stderr. */
int telltales_init(struct telltales *t, const struct layout *layout);
/* Also accepts a zeroed object. */
void telltales_finish(struct telltales *t);
/* Call it last in a frame: nothing may cover telltales. `lamps`: a set of enum drive_lamp. */
void telltales_draw(const struct telltales *t, uint32_t lamps);

#endif

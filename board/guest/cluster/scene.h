/* SPDX-License-Identifier: MIT */
#ifndef BOARD_GUEST_CLUSTER_SCENE_H
#define BOARD_GUEST_CLUSTER_SCENE_H

#include "board/guest/cluster/drive.h"
#include "board/guest/cluster/layout.h"
#include "board/guest/cluster/paint.h"
#include "board/guest/cluster/telltale.h"
#include "board/guest/common/target.h"

/*
 * The instrument cluster. A frame is one full-screen texture with everything that never moves, then
 * a few dozen small draws from one static vertex buffer. Only the lane marks are rebuilt each
 * frame.
 */

enum scene_text {
	SCENE_TEXT_SPEED,
	SCENE_TEXT_GEAR,
	SCENE_TEXT_INFO,
	SCENE_TEXT_FRAME,
	SCENE_TEXTS,
};

struct scene {
	struct layout layout;
	struct painter painter;
	GLuint parts_vbo; /* built once: characters, lamps, arcs, needle */
	GLuint lanes_vbo; /* rebuilt each frame */
	GLuint backdrop;  /* texture */
	GLuint blit_program;
	struct pen pens[SCENE_TEXTS];
	struct paint_part chars[SCENE_TEXTS][128];
	struct paint_part lamps[LAMP_COUNT];
	struct paint_part arc_speed, arc_rpm, needle, bar, bar_low, car, brake;
	struct paint_mesh lanes;
	struct telltales telltales; /* enabled: drawn instead of `lamps`, and announced */
};

/* The target's context must be current. 0, or -1 after a message on stderr. */
int scene_init(struct scene *s, const struct target *t, bool announce);
void scene_finish(struct scene *s);
/* `frame` is the number on the frame counter. 0, or -1 after a message on stderr. */
int scene_draw(struct scene *s, const struct target *t, const struct drive *d, uint64_t frame);

#endif

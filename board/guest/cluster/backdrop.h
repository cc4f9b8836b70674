/* SPDX-License-Identifier: MIT */
#ifndef BOARD_GUEST_CLUSTER_BACKDROP_H
#define BOARD_GUEST_CLUSTER_BACKDROP_H

#include "board/guest/cluster/layout.h"
#include "board/guest/cluster/paint.h"

/* Everything that never moves. It is drawn once into a texture, so its cost does not matter. */

/* The shaded ground, over the whole current framebuffer. 0, or -1 after a message on stderr. */
int backdrop_ground(const struct layout *l);
/* Dials, numerals, ticks, road, dark telltales, labels. */
void backdrop_paint(struct paint_mesh *m, const struct layout *l);
/* Our own car. It does not move either, but must be drawn over the lane marks. */
void backdrop_car(struct paint_mesh *m, const struct layout *l);

#endif

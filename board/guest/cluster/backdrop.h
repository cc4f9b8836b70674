/* SPDX-License-Identifier: MIT */
#ifndef BOARD_GUEST_CLUSTER_BACKDROP_H
#define BOARD_GUEST_CLUSTER_BACKDROP_H

#include "board/guest/cluster/layout.h"
#include "board/guest/cluster/paint.h"

/* Everything that never moves. Drawn once into a texture, so it may be as rich as it likes. */

/* The shaded ground, over the whole current framebuffer. 0 or -1 (reported). */
int backdrop_ground(const struct layout *l);
/* Dials, numerals, ticks, road, dark telltales, labels. */
void backdrop_paint(struct paint_mesh *m, const struct layout *l);
/* Our own car, which stands still too but hides the lane marks. */
void backdrop_car(struct paint_mesh *m, const struct layout *l);

#endif

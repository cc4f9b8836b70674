/* SPDX-License-Identifier: MIT */
#ifndef BOARD_GUEST_CLUSTER_GLYPH_H
#define BOARD_GUEST_CLUSTER_GLYPH_H

#include "board/guest/cluster/paint.h"

/*
 * A small stroke font and the telltale symbols, both given as paths:
 *   M x y              starts a stroke          L x y   draws a line
 *   E cx cy rx ry a b  draws along an ellipse from angle a to b (joined to an open stroke)
 *   Z                  closes the stroke        F       fills the next stroke as well
 *   P                  pen up
 * On the letters' grid capitals are 14 units high; symbols fill 24 x 24 units. y counts down from
 * the top.
 */
#define GLYPH_CAP_HEIGHT 14.0f
#define GLYPH_ICON_SIZE	 24.0f

enum icon {
	ICON_TURN_LEFT,
	ICON_TURN_RIGHT,
	ICON_ENGINE,
	ICON_OIL,
	ICON_BATTERY,
	ICON_SEAT_BELT,
	ICON_FUEL,
	ICON_COOLANT,
	ICON_COUNT,
};

/* How a path is drawn: one grid unit is `unit` pixels, lines are `weight` pixels wide. */
struct pen {
	float unit;
	float weight;
	float soft; /* pixels, as in struct paint_vertex */
	uint32_t colour;
};

/* Returns the pen for text whose capitals are `height` pixels high; `bold` 1 is normal weight. */
struct pen glyph_pen(float height, float bold, uint32_t colour);

/* Draws a character with its left end at x and its top at y. Draws nothing for an unknown one. */
void glyph_char(struct paint_mesh *m, char c, float x, float y, const struct pen *pen);
/* Distance to the next character, pixels. All digits have the same advance. */
float glyph_advance(char c, const struct pen *pen);
float glyph_width(const char *text, const struct pen *pen);
/* `align`: with 0 the text starts at x, with 0.5 it is centred there, with 1 it ends there. */
void glyph_text(struct paint_mesh *m, const char *text, float x, float y, float align,
		const struct pen *pen);
/* Draws a symbol with its upper left corner at (x, y). */
void glyph_icon(struct paint_mesh *m, enum icon icon, float x, float y, const struct pen *pen);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef BOARD_GUEST_CLUSTER_GLYPH_H
#define BOARD_GUEST_CLUSTER_GLYPH_H

#include "board/guest/cluster/paint.h"

/*
 * A small stroke font and the telltale symbols, both written as paths:
 *   M x y              starts a stroke          L x y   draws a line
 *   E cx cy rx ry a b  draws along an ellipse from angle a to b (joined to an open stroke)
 *   Z                  closes the stroke        F       fills the next stroke as well
 *   P                  pen up
 * Letters stand on a grid with capitals 14 units high, y down, 0 at the top; symbols on 24 x 24.
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
	float soft;
	uint32_t colour;
};

/* The pen for text with capitals `height` pixels high; `bold` 1 is the usual weight. */
struct pen glyph_pen(float height, float bold, uint32_t colour);

/* Draws one character with its left end at x and its top at y; unknown ones draw nothing. */
void glyph_char(struct paint_mesh *m, char c, float x, float y, const struct pen *pen);
/* How far the next character stands, pixels. Digits all have the same advance. */
float glyph_advance(char c, const struct pen *pen);
float glyph_width(const char *text, const struct pen *pen);
/* `align`: 0 starts at x, 0.5 is centred there, 1 ends there. */
void glyph_text(struct paint_mesh *m, const char *text, float x, float y, float align,
		const struct pen *pen);
/* The symbol's upper left corner is at (x, y). */
void glyph_icon(struct paint_mesh *m, enum icon icon, float x, float y, const struct pen *pen);

#endif

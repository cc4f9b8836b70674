/* SPDX-License-Identifier: MIT */
#ifndef BOARD_GUEST_CLUSTER_LAYOUT_H
#define BOARD_GUEST_CLUSTER_LAYOUT_H

#include "board/guest/cluster/drive.h"
#include "board/guest/cluster/glyph.h"

#include <math.h>

/*
 * The places of all parts. The picture is designed on 1280 x 400 units, scaled without distortion
 * and centred on the display; one unit is `scale` pixels.
 */
#define LAYOUT_WIDTH  1280.0f
#define LAYOUT_HEIGHT 400.0f

struct layout {
	float width, height; /* the display, pixels */
	float scale;
	float left, top; /* upper left corner of the design, pixels */
};

static inline struct layout layout_for(float width, float height)
{
	float scale = fminf(width / LAYOUT_WIDTH, height / LAYOUT_HEIGHT);
	const struct layout l = {
		.width = width,
		.height = height,
		.scale = scale,
		.left = roundf((width - LAYOUT_WIDTH * scale) / 2),
		.top = roundf((height - LAYOUT_HEIGHT * scale) / 2),
	};

	return l;
}

static inline float layout_x(const struct layout *l, float units)
{
	return l->left + units * l->scale;
}

static inline float layout_y(const struct layout *l, float units)
{
	return l->top + units * l->scale;
}

/* The two dials. */
#define DIAL_SPEED_X 226.0f
#define DIAL_RPM_X   1054.0f
#define DIAL_Y	     200.0f
#define DIAL_RADIUS  178.0f
#define DIAL_FROM    150.0f /* degrees clockwise from the right */
#define DIAL_SWEEP   240.0f

/* Fractions of DIAL_RADIUS. */
#define DIAL_ARC   0.955f /* the value arc's middle */
#define DIAL_TICK  0.905f /* the ticks' outer end */
#define DIAL_TEXT  0.705f
#define DIAL_INNER 0.515f /* the inner ring */

#define RPM_RED 6500.0f

/* The middle: gear line, road, telltales, distance. */
#define MIDDLE_X     640.0f
#define GEAR_Y	     28.0f
#define GEAR_HEIGHT  20.0f
#define GEAR_STEP    34.0f
#define ROAD_HORIZON 98.0f
#define ROAD_BOTTOM  300.0f
/* Half widths of road and lane at the horizon and at the bottom. */
#define ROAD_FAR    9.0f
#define ROAD_NEAR   206.0f
#define LANE_FAR    3.0f
#define LANE_NEAR   72.0f
#define CAR_Y	    244.0f
#define LAMP_ROW_Y  306.0f
#define LAMP_SIZE   34.0f
#define LAMP_STEP   66.0f
#define TURN_Y	    20.0f
#define TURN_SIZE   40.0f
#define TURN_OFF    170.0f
#define INFO_Y	    366.0f
#define INFO_HEIGHT 11.0f
#define INFO_ODO_X  512.0f
#define INFO_TRIP_X 768.0f

/* The bars in the gaps of the dials. */
#define BAR_Y	     340.0f
#define BAR_WIDTH    92.0f
#define BAR_SEGMENTS 10
#define BAR_RADIUS   2.2f
#define BAR_HALF     (BAR_WIDTH / BAR_SEGMENTS / 2 - BAR_RADIUS - 1.0f)

#define FRAME_X	     1266.0f
#define FRAME_Y	     382.0f
#define FRAME_HEIGHT 8.0f

#define SPEED_HEIGHT 58.0f

struct lamp_place {
	uint32_t lamp; /* enum drive_lamp */
	const char *name;
	enum icon icon;
	float x, y, size; /* upper left corner, units */
	uint32_t colour;  /* when lit */
};

#define LAMP_COUNT 6
#define LAMP_X(i)  (MIDDLE_X + ((float)(i)-1.5f) * LAMP_STEP - LAMP_SIZE / 2)

static const struct lamp_place lamp_places[LAMP_COUNT] = {
	{DRIVE_LAMP_TURN_LEFT, "turn-left", ICON_TURN_LEFT, MIDDLE_X - TURN_OFF - TURN_SIZE / 2,
	 TURN_Y, TURN_SIZE, 0x2cf07aff},
	{DRIVE_LAMP_TURN_RIGHT, "turn-right", ICON_TURN_RIGHT, MIDDLE_X + TURN_OFF - TURN_SIZE / 2,
	 TURN_Y, TURN_SIZE, 0x2cf07aff},
	{DRIVE_LAMP_ENGINE, "engine", ICON_ENGINE, LAMP_X(0), LAMP_ROW_Y, LAMP_SIZE, 0xffb224ff},
	{DRIVE_LAMP_OIL, "oil", ICON_OIL, LAMP_X(1), LAMP_ROW_Y, LAMP_SIZE, 0xff3b3bff},
	{DRIVE_LAMP_BATTERY, "battery", ICON_BATTERY, LAMP_X(2), LAMP_ROW_Y, LAMP_SIZE, 0xff3b3bff},
	{DRIVE_LAMP_SEAT_BELT, "seat-belt", ICON_SEAT_BELT, LAMP_X(3), LAMP_ROW_Y, LAMP_SIZE,
	 0xff3b3bff},
};

/* The lamp's square in pixels: x, y, side. They are whole, so that a lamp always looks the same. */
static inline void layout_lamp(const struct layout *l, const struct lamp_place *lamp, float out[3])
{
	out[0] = roundf(layout_x(l, lamp->x));
	out[1] = roundf(layout_y(l, lamp->y));
	out[2] = roundf(lamp->size * l->scale);
}

#endif

/* SPDX-License-Identifier: MIT */
#include "board/guest/cluster/glyph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEG	   ((float)M_PI / 180.0f)
#define GAP	   3.0f /* grid units between letters */
#define MAX_POINTS 96

struct glyph {
	char c;
	float width;
	const char *path;
};

static const struct glyph glyphs[] = {
	{'0', 8, "M0 4 E4 4 4 4 180 360 L8 10 E4 10 4 4 0 180 Z"},
	{'1', 8, "M1.8 3 L5 0 L5 14"},
	{'2', 8, "E4 4 3.9 4 190 395 L0.2 14 L8 14"},
	{'3', 8, "E4 3.4 3.5 3.4 195 450 P E4 10.4 4 3.6 270 525"},
	{'4', 8, "M6 14 L6 0 L0 10 L8.4 10"},
	{'5', 8, "M7.4 0 L1.3 0 L0.8 7 E4 9.7 4 4.3 219 508"},
	{'6', 8, "E4 9.7 4 4.3 0 360 P E6 9.7 6 9.7 180 283"},
	{'7', 8, "M0 0 L8 0 L3 14"},
	{'8', 8, "E4 3.4 3.4 3.4 0 360 P E4 10.4 4 3.6 0 360"},
	{'9', 8, "E4 4.3 4 4.3 0 360 P E2 4.3 6 9.7 0 103"},
	{'A', 8.6f, "M0 14 L4.3 0 L8.6 14 P M1.6 9.2 L7 9.2"},
	{'B', 8,
	 "M0 0 L4.2 0 E4.2 3.4 3.4 3.4 270 450 L0 6.8 P M4.2 6.8 E4.2 10.4 3.8 3.6 270 450 "
	 "L0 14 L0 0"},
	{'C', 8, "E4.4 7 4.4 7 318 42 P"},
	{'D', 8, "M0 0 L3 0 E3 5 5 5 270 360 L8 9 E3 9 5 5 0 90 L0 14 Z"},
	{'E', 7, "M7 0 L0 0 L0 14 L7 14 P M0 6.8 L6 6.8"},
	{'F', 7, "M7 0 L0 0 L0 14 P M0 6.8 L6 6.8"},
	{'G', 8.4f, "E4.4 7 4.4 7 318 0 L5.2 7.4"},
	{'H', 8, "M0 0 L0 14 P M8 0 L8 14 P M0 7 L8 7"},
	{'I', 0, "M0 0 L0 14"},
	{'K', 7.4f, "M0 0 L0 14 P M7 0 L0 8.4 P M2.6 5.6 L7.4 14"},
	{'L', 6.6f, "M0 0 L0 14 L6.6 14"},
	{'M', 10, "M0 14 L0 0 L5 8.6 L10 0 L10 14"},
	{'N', 8, "M0 14 L0 0 L8 14 L8 0"},
	{'O', 9, "E4.5 7 4.5 7 0 360"},
	{'P', 7.6f, "M0 14 L0 0 L3.8 0 E3.8 3.9 3.8 3.9 270 450 L0 7.8"},
	{'R', 8, "M0 14 L0 0 L3.8 0 E3.8 3.9 3.8 3.9 270 450 L0 7.8 P M4 7.8 L8 14"},
	{'S', 7.6f, "E3.9 3.6 3.6 3.6 335 100 E3.9 10.4 3.8 3.6 285 150"},
	{'T', 8, "M0 0 L8 0 P M4 0 L4 14"},
	{'U', 8, "M0 0 L0 10 E4 10 4 4 180 0 L8 0"},
	{'V', 8.6f, "M0 0 L4.3 14 L8.6 0"},
	{'X', 8, "M0 0 L8 14 P M8 0 L0 14"},
	{'h', 6.6f, "M0 0 L0 14 P M0 8.6 E3.3 8 3.3 3.4 180 360 L6.6 14"},
	{'i', 0, "M0 4.6 L0 14 P M0 1.2 L0 1.2"},
	{'k', 6.4f, "M0 0 L0 14 P M6 4.6 L0 10.4 P M2.2 8.2 L6.4 14"},
	{'m', 11,
	 "M0 14 L0 4.6 P M0 8 E2.75 7.6 2.75 3 180 360 L5.5 14 P M5.5 8 "
	 "E8.25 7.6 2.75 3 180 360 L11 14"},
	{'n', 6.6f, "M0 14 L0 4.6 P M0 8.6 E3.3 8 3.3 3.4 180 360 L6.6 14"},
	{'p', 7, "M0 4.6 L0 18 P E3.5 9.3 3.5 4.7 0 360"},
	{'r', 4.4f, "M0 14 L0 4.6 P M0 8.6 E4 8.6 4 4 180 285"},
	{'x', 6, "M0 5 L6 14 P M6 5 L0 14"},
	{'/', 5, "M0 15.5 L5 -1"},
	{'.', 0, "M0 13.7 L0 13.7"},
	{':', 0, "M0 4.6 L0 4.6 P M0 12 L0 12"},
	{'-', 5, "M0 7.4 L5 7.4"},
	{' ', 3, ""},
};

static const char *const icons[ICON_COUNT] = {
	[ICON_TURN_LEFT] = "F M1.5 12 L11.5 3 L11.5 8.2 L22.5 8.2 L22.5 15.8 L11.5 15.8 L11.5 21 Z",
	[ICON_TURN_RIGHT] = "F M22.5 12 L12.5 3 L12.5 8.2 L1.5 8.2 L1.5 15.8 L12.5 15.8 L12.5 21 Z",
	[ICON_ENGINE] = "M6 8 L14.2 8 L16.6 10.6 L18.4 10.6 L18.4 9 L21.6 9 L21.6 17 L18.4 17 "
			"L18.4 15.4 L16.8 15.4 L14.2 18.6 L9 18.6 L6 15.8 Z P M7.6 5 L13 5 P "
			"M10.3 5 L10.3 8 P M2.4 9.4 L2.4 15.4 P M2.4 12.4 L6 12.4",
	[ICON_OIL] = "F M5 10.4 L12.4 10.4 L15.2 13.2 L21.8 9.4 L14.6 18 L5 18 Z P "
		     "M5 13.6 L1.6 11.2 L2.2 9 L5 10.4 P M6.4 7 L11 7 P M8.7 7 L8.7 10.4 P "
		     "M22.2 13.6 L22.2 15.2",
	[ICON_BATTERY] =
		"M2.5 8 L21.5 8 L21.5 19 L2.5 19 Z P M5.6 5.2 L8.6 5.2 L8.6 8 P "
		"M5.6 5.2 L5.6 8 P M15.4 8 L15.4 5.2 L18.4 5.2 L18.4 8 P M5.8 13.5 L9.2 13.5 "
		"P M14.8 13.5 L18.2 13.5 P M16.5 11.8 L16.5 15.2",
	[ICON_SEAT_BELT] =
		"F E11 4.6 2.5 2.6 0 360 P M6 21.5 L6 14 E10.6 13 4.6 4 190 350 L15.2 21.5 P "
		"M7.2 10.6 L17.8 20 P M17.8 2.5 L17.8 20 P M6 19.6 L13.6 19.6",
	[ICON_FUEL] =
		"M5 21 L5 4.5 L14 4.5 L14 21 P M3.4 21 L15.6 21 P M7.4 7.4 L11.6 7.4 L11.6 11 "
		"L7.4 11 Z P M14 12 L16.6 12 L16.6 17 E18.2 17 1.6 1.8 180 0 L19.8 9 L16.8 5.6",
	[ICON_COOLANT] =
		"M12 15 L12 3 P M12 4.2 L16.4 4.2 P M12 7.8 L15.4 7.8 P M12 11.4 L16.4 11.4 P "
		"F E12 16.2 2 2 0 360 P M3 20.4 E5.2 20.4 2.2 1.6 180 0 P "
		"E9.8 20.4 2.2 1.6 180 0 P E14.2 20.4 2.2 1.6 180 0 P E18.8 20.4 2.2 1.6 180 0",
};

/* The stroke that is being read; points are in grid units. */
struct stroke {
	float x[MAX_POINTS], y[MAX_POINTS];
	int count;
	bool closed, filled;
};

static void add_point(struct stroke *s, float x, float y)
{
	if (s->count == MAX_POINTS)
		return;
	s->x[s->count] = x;
	s->y[s->count] = y;
	s->count++;
}

static void add_ellipse(struct stroke *s, const float a[6], float unit)
{
	/* Segments are about two pixels long, and cover at most 30 degrees. */
	float sweep = fabsf(a[5] - a[4]), arc = sweep * DEG * fmaxf(a[2], a[3]) * unit;
	int n = (int)fmaxf(ceilf(sweep / 30), fminf(ceilf(arc / 2), 40));

	for (int i = 0; i <= n; i++) {
		float angle = (a[4] + (a[5] - a[4]) * (float)i / (float)n) * DEG;

		add_point(s, a[0] + a[2] * cosf(angle), a[1] + a[3] * sinf(angle));
	}
}

static void fill_stroke(struct paint_mesh *m, const struct stroke *s, float x, float y,
			const struct pen *pen)
{
	const uint32_t colour[3] = {pen->colour, pen->colour, pen->colour};

	/*
	 * A triangle fan is enough: filled paths are convex, or star-shaped about their first
	 * point.
	 */
	for (int i = 1; i + 1 < s->count; i++) {
		const float xy[6] = {x + s->x[0] * pen->unit,	  y + s->y[0] * pen->unit,
				     x + s->x[i] * pen->unit,	  y + s->y[i] * pen->unit,
				     x + s->x[i + 1] * pen->unit, y + s->y[i + 1] * pen->unit};

		paint_triangle(m, xy, colour);
	}
}

static void end_stroke(struct paint_mesh *m, struct stroke *s, float x, float y,
		       const struct pen *pen)
{
	const struct paint_stroke line = {pen->weight / 2, pen->weight / 2, pen->soft, pen->colour,
					  pen->colour};

	if (s->closed && s->count)
		add_point(s, s->x[0], s->y[0]);
	for (int i = 0; i < s->count; i++) {
		int next = i + 1 < s->count ? i + 1 : i;

		if (next == i && s->count > 1)
			break;
		paint_capsule(m, x + s->x[i] * pen->unit, y + s->y[i] * pen->unit,
			      x + s->x[next] * pen->unit, y + s->y[next] * pen->unit, &line);
	}
	if (s->filled)
		fill_stroke(m, s, x, y, pen);
	memset(s, 0, sizeof(*s));
}

static int read_numbers(const char **path, float *out, int count)
{
	for (int i = 0; i < count; i++) {
		char *end;

		out[i] = strtof(*path, &end);
		if (end == *path)
			return -1;
		*path = end;
	}
	return 0;
}

static void draw_path(struct paint_mesh *m, const char *path, float x, float y,
		      const struct pen *pen)
{
	struct stroke s = {0};
	bool fill = false;
	float a[6];

	while (*path) {
		char op = *path++;

		switch (op) {
		case 'P':
		case 'M':
			end_stroke(m, &s, x, y, pen);
			s.filled = fill;
			fill = op == 'P' ? fill : false;
			if (op == 'P' || read_numbers(&path, a, 2))
				break;
			add_point(&s, a[0], a[1]);
			break;
		case 'L':
			if (!read_numbers(&path, a, 2))
				add_point(&s, a[0], a[1]);
			break;
		case 'E':
			s.filled |= fill;
			fill = false;
			if (!read_numbers(&path, a, 6))
				add_ellipse(&s, a, pen->unit);
			break;
		case 'F':
			fill = true;
			break;
		case 'Z':
			s.closed = true;
			break;
		default:
			break;
		}
	}
	end_stroke(m, &s, x, y, pen);
}

static const struct glyph *find_glyph(char c)
{
	for (size_t i = 0; i < sizeof(glyphs) / sizeof(glyphs[0]); i++) {
		if (glyphs[i].c == c)
			return &glyphs[i];
	}
	return NULL;
}

struct pen glyph_pen(float height, float bold, uint32_t colour)
{
	const struct pen pen = {
		.unit = height / GLYPH_CAP_HEIGHT,
		.weight = fmaxf(1.1f, height * 0.095f * bold),
		.soft = 1,
		.colour = colour,
	};

	return pen;
}

void glyph_char(struct paint_mesh *m, char c, float x, float y, const struct pen *pen)
{
	const struct glyph *g = find_glyph(c);

	if (g)
		draw_path(m, g->path, x, y, pen);
}

float glyph_advance(char c, const struct pen *pen)
{
	const struct glyph *g = find_glyph(c);

	return g ? (g->width + GAP) * pen->unit : 0;
}

float glyph_width(const char *text, const struct pen *pen)
{
	float width = 0;

	for (; *text; text++)
		width += glyph_advance(*text, pen);
	return width > 0 ? width - GAP * pen->unit : 0;
}

void glyph_text(struct paint_mesh *m, const char *text, float x, float y, float align,
		const struct pen *pen)
{
	x -= glyph_width(text, pen) * align;
	for (; *text; text++) {
		glyph_char(m, *text, x, y, pen);
		x += glyph_advance(*text, pen);
	}
}

void glyph_icon(struct paint_mesh *m, enum icon icon, float x, float y, const struct pen *pen)
{
	draw_path(m, icons[icon], x, y, pen);
}

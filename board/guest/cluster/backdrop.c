/* SPDX-License-Identifier: MIT */
#include "board/guest/cluster/backdrop.h"

#include "board/guest/common/target.h"

#include <math.h>
#include <stdio.h>

#define DEG ((float)M_PI / 180.0f)

#define INK	 0xe8eef6ff
#define INK_SOFT 0x8fa3b8ff
#define INK_DIM	 0x5a6b7eff
#define RED	 0xff4a4aff
#define LINE	 0x2a3a4cff

/* Dark blue, lighter behind the dials. Dithered, as dark ramps with 8 bits show bands. */
static const char ground_vertex[] = "attribute vec2 position;\n"
				    "uniform vec2 size;\n"
				    "varying highp vec2 pixel;\n"
				    "void main() {\n"
				    "  pixel = (position * vec2(0.5, -0.5) + 0.5) * size;\n"
				    "  gl_Position = vec4(position, 0.0, 1.0);\n"
				    "}\n";

static const char ground_fragment[] =
	"precision highp float;\n"
	"uniform vec3 fit;\n" /* left, top, scale */
	"varying highp vec2 pixel;\n"
	"float pool(vec2 p, vec2 c, vec2 r) {\n"
	"  float d = length((p - c) / r);\n"
	"  return exp(-d * d);\n"
	"}\n"
	"void main() {\n"
	"  vec2 p = (pixel - fit.xy) / fit.z;\n"
	"  vec3 c = mix(vec3(0.018, 0.024, 0.036), vec3(0.006, 0.008, 0.014),\n"
	"               clamp(p.y / 400.0, 0.0, 1.0));\n"
	"  c += vec3(0.012, 0.050, 0.095) * pool(p, vec2(226.0, 200.0), vec2(210.0, 200.0));\n"
	"  c += vec3(0.012, 0.050, 0.095) * pool(p, vec2(1054.0, 200.0), vec2(210.0, 200.0));\n"
	"  c += vec3(0.020, 0.075, 0.120) * pool(p, vec2(640.0, 98.0), vec2(200.0, 30.0));\n"
	"  c += vec3(0.010, 0.022, 0.036) * pool(p, vec2(640.0, 290.0), vec2(300.0, 120.0));\n"
	"  float n = fract(52.9829189 * fract(dot(floor(pixel), vec2(0.06711056, 0.00583715))));\n"
	"  gl_FragColor = vec4(c + (n - 0.5) / 255.0, 1.0);\n"
	"}\n";

int backdrop_ground(const struct layout *l)
{
	static const char *const attributes[] = {"position", NULL};
	static const GLfloat corners[] = {-1, -1, 3, -1, -1, 3};
	GLuint program = target_program(ground_vertex, ground_fragment, attributes);

	if (!program)
		return -1;
	glUseProgram(program);
	glUniform2f(glGetUniformLocation(program, "size"), l->width, l->height);
	glUniform3f(glGetUniformLocation(program, "fit"), l->left, l->top, l->scale);
	glDisable(GL_BLEND);
	glBindBuffer(GL_ARRAY_BUFFER, 0);
	glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, corners);
	glEnableVertexAttribArray(0);
	glDrawArrays(GL_TRIANGLES, 0, 3);
	glDeleteProgram(program);
	return 0;
}

struct dial {
	float x;
	float max; /* full scale, in numerals' units */
	float major, minor;
	float red_from;
	const char *unit;
};

static float dial_angle(const struct dial *d, float value)
{
	return DIAL_FROM + DIAL_SWEEP * value / d->max;
}

static void paint_ticks(struct paint_mesh *m, const struct layout *l, const struct dial *d)
{
	float cx = layout_x(l, d->x), cy = layout_y(l, DIAL_Y), r = DIAL_RADIUS * l->scale;
	int count = (int)lrintf(d->max / d->minor), per = (int)lrintf(d->major / d->minor);

	for (int i = 0; i <= count; i++) {
		float value = (float)i * d->minor, a = dial_angle(d, value) * DEG;
		bool is_major = i % per == 0, red = value >= d->red_from;
		float inner = DIAL_TICK - (is_major ? 0.085f : 0.04f);
		float w = (is_major ? 1.5f : 0.75f) * l->scale;
		uint32_t colour = red ? RED : is_major ? INK : INK_DIM;
		const struct paint_stroke s = {w, w, 1, colour, colour};

		paint_capsule(m, cx + cosf(a) * r * inner, cy + sinf(a) * r * inner,
			      cx + cosf(a) * r * DIAL_TICK, cy + sinf(a) * r * DIAL_TICK, &s);
	}
}

static void paint_numerals(struct paint_mesh *m, const struct layout *l, const struct dial *d)
{
	float cx = layout_x(l, d->x), cy = layout_y(l, DIAL_Y);
	float r = DIAL_RADIUS * DIAL_TEXT * l->scale, h = (d->max > 20 ? 13.0f : 17.0f) * l->scale;
	char text[16];

	for (float value = 0; value <= d->max; value += d->major) {
		float a = dial_angle(d, value) * DEG;
		struct pen pen = glyph_pen(h, 1.15f, value >= d->red_from ? RED : INK);

		(void)snprintf(text, sizeof(text), "%d", (int)lrintf(value));
		glyph_text(m, text, cx + cosf(a) * r, cy + sinf(a) * r - h / 2, 0.5f, &pen);
	}
}

static void paint_dial(struct paint_mesh *m, const struct layout *l, const struct dial *d)
{
	float cx = layout_x(l, d->x), cy = layout_y(l, DIAL_Y), s = l->scale, r = DIAL_RADIUS * s;
	float end = DIAL_FROM + DIAL_SWEEP;
	struct pen unit = glyph_pen(11 * s, 1.1f, INK_SOFT);

	/* The face: darker towards the middle, with a lit rim. */
	paint_dot(m, cx, cy, r * 0.92f, r * 0.5f, 0x02050a90);
	paint_arc(m, cx, cy, r * 1.02f, 16 * s, 30 * s, 0, 360, 0x1b6fb030, 0x1b6fb030);
	paint_arc(m, cx, cy, r * 1.035f, 2.0f * s, 1, 180, 360, 0x3a516aff, 0x3a516aff);
	paint_arc(m, cx, cy, r * 1.035f, 2.0f * s, 1, 0, 90, 0x3a516aff, 0x141d28ff);
	paint_arc(m, cx, cy, r * 1.035f, 2.0f * s, 1, 90, 180, 0x141d28ff, 0x3a516aff);
	/* The track of the value arc. */
	paint_arc(m, cx, cy, r * DIAL_ARC, 8 * s, 1, DIAL_FROM, end, 0x16202cff, 0x16202cff);
	if (d->red_from <= d->max)
		paint_arc(m, cx, cy, r * DIAL_ARC, 8 * s, 1, dial_angle(d, d->red_from), end,
			  0x5a1a20ff, 0x7a1c22ff);
	/* The inner disc with the big number. */
	paint_dot(m, cx, cy, r * DIAL_INNER, 1, 0x04070cff);
	paint_dot(m, cx, cy + r * 0.1f, r * 0.22f, r * 0.6f, 0x1d5f9340);
	paint_arc(m, cx, cy, r * DIAL_INNER, 1.4f * s, 1, 0, 360, LINE, LINE);
	paint_arc(m, cx, cy, r * DIAL_INNER, 6 * s, 14 * s, 200, 340, 0x2b9be000, 0x2b9be040);
	paint_ticks(m, l, d);
	paint_numerals(m, l, d);
	glyph_text(m, d->unit, cx, cy + r * 0.275f, 0.5f, &unit);
}

static void paint_bar(struct paint_mesh *m, const struct layout *l, float x, enum icon icon,
		      const char *low, const char *high)
{
	float s = l->scale, y = layout_y(l, BAR_Y), step = BAR_WIDTH / BAR_SEGMENTS;
	struct pen pen = {0.72f * s, fmaxf(1.0f, 1.3f * s), 1, INK_SOFT};
	struct pen text = glyph_pen(9 * s, 1.1f, INK_DIM);

	for (int i = 0; i < BAR_SEGMENTS; i++) {
		float at = layout_x(l, x - BAR_WIDTH / 2 + ((float)i + 0.5f) * step);
		float half = BAR_HALF * s;
		const struct paint_stroke st = {BAR_RADIUS * s, BAR_RADIUS * s, 1, 0x1b2735ff,
						0x1b2735ff};

		paint_capsule(m, at - half, y, at + half, y, &st);
	}
	glyph_text(m, low, layout_x(l, x - BAR_WIDTH / 2 - 11), y - 4.5f * s, 0.5f, &text);
	glyph_text(m, high, layout_x(l, x + BAR_WIDTH / 2 + 11), y - 4.5f * s, 0.5f, &text);
	glyph_icon(m, icon, layout_x(l, x) - 8.6f * s, y - 26 * s, &pen);
}

static void quad(struct paint_mesh *m, const float xy[8], uint32_t top, uint32_t bottom)
{
	const float a[6] = {xy[0], xy[1], xy[2], xy[3], xy[4], xy[5]};
	const float b[6] = {xy[4], xy[5], xy[2], xy[3], xy[6], xy[7]};
	const uint32_t ca[3] = {top, top, bottom}, cb[3] = {bottom, top, bottom};

	paint_triangle(m, a, ca);
	paint_triangle(m, b, cb);
}

/* A trapezoid centred on MIDDLE_X, in design units: half widths x0 at y0 and x1 at y1. */
static void paint_trapezoid(struct paint_mesh *m, const struct layout *l, float x0, float y0,
			    float x1, float y1, uint32_t top, uint32_t bottom)
{
	const float xy[8] = {layout_x(l, MIDDLE_X - x0), layout_y(l, y0),
			     layout_x(l, MIDDLE_X + x0), layout_y(l, y0),
			     layout_x(l, MIDDLE_X - x1), layout_y(l, y1),
			     layout_x(l, MIDDLE_X + x1), layout_y(l, y1)};

	quad(m, xy, top, bottom);
}

/*
 * A strip from the horizon to the viewer with the half widths `far` and `near`. It becomes brighter
 * towards the viewer and fades again above the row of telltales.
 */
static void paint_strip(struct paint_mesh *m, const struct layout *l, float far, float near,
			uint32_t rgb, uint32_t alpha)
{
	float split = 0.74f, y = ROAD_HORIZON + (ROAD_BOTTOM - ROAD_HORIZON) * split;
	float half = far + (near - far) * split;

	paint_trapezoid(m, l, far, ROAD_HORIZON, half, y, rgb, rgb | alpha);
	paint_trapezoid(m, l, half, y, near, ROAD_BOTTOM, rgb | alpha, rgb);
}

/* A capsule in design units; x counts from MIDDLE_X. */
static void paint_bar_at(struct paint_mesh *m, const struct layout *l, const float xy[4],
			 float radius, float soft, uint32_t colour)
{
	const struct paint_stroke s = {radius * l->scale, radius * l->scale,
				       fmaxf(1, soft * l->scale), colour, colour};

	paint_capsule(m, layout_x(l, MIDDLE_X + xy[0]), layout_y(l, xy[1]),
		      layout_x(l, MIDDLE_X + xy[2]), layout_y(l, xy[3]), &s);
}

/* Our own car from behind. */
void backdrop_car(struct paint_mesh *m, const struct layout *l)
{
	static const struct {
		float xy[4], radius, soft;
		uint32_t colour;
	} shapes[] = {
		{{-32, CAR_Y + 27, 32, CAR_Y + 27}, 8, 14, 0x000000e0},	   /* shadow */
		{{-30, CAR_Y + 14, -30, CAR_Y + 24}, 5.5f, 0, 0x05080cff}, /* wheels */
		{{30, CAR_Y + 14, 30, CAR_Y + 24}, 5.5f, 0, 0x05080cff},
		{{-29, CAR_Y + 13, 29, CAR_Y + 13}, 10, 0, 0x33424fff}, /* body */
		{{-31, CAR_Y + 6, 31, CAR_Y + 6}, 6.5f, 0, 0x4a5d6eff},
		{{-17, CAR_Y - 18, 17, CAR_Y - 18}, 3, 0, 0x5b7184ff}, /* roof */
		{{-18, CAR_Y - 18, -29, CAR_Y + 1}, 2.4f, 0, 0x4a5d6eff},
		{{18, CAR_Y - 18, 29, CAR_Y + 1}, 2.4f, 0, 0x4a5d6eff},
		{{-22, CAR_Y + 20, 22, CAR_Y + 20}, 2.4f, 0, 0x141c24ff},      /* bumper */
		{{-9, CAR_Y + 13.5f, 9, CAR_Y + 13.5f}, 2.6f, 0, 0xb9c6d2ff},  /* plate */
		{{-35, CAR_Y + 5.5f, -23, CAR_Y + 5.5f}, 2.3f, 0, 0x9c1c22ff}, /* rear lamps */
		{{35, CAR_Y + 5.5f, 23, CAR_Y + 5.5f}, 2.3f, 0, 0x9c1c22ff},
		{{-22, CAR_Y + 5.5f, 22, CAR_Y + 5.5f}, 0.7f, 0, 0x7a161bff},
	};

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (i == 6) /* the rear window lies between the roof and the pillars */
			paint_trapezoid(m, l, 17, CAR_Y - 16.5f, 27, CAR_Y, 0x0d1721ff, 0x1e3243ff);
		paint_bar_at(m, l, shapes[i].xy, shapes[i].radius, shapes[i].soft,
			     shapes[i].colour);
	}
}

static void paint_road(struct paint_mesh *m, const struct layout *l)
{
	float s = l->scale, split = 0.74f;

	paint_strip(m, l, ROAD_FAR, ROAD_NEAR, 0x16222f00, 0xd0);
	paint_strip(m, l, LANE_FAR, LANE_NEAR, 0x2aa8ff00, 0x48);
	for (int side = -1; side <= 1; side += 2) {
		float w = 0.4f + 1.8f * split;
		const struct paint_stroke edge[2] = {
			{0.4f * s, w * s, 1, 0x9fd8ff10, 0x9fd8ffc0},
			{w * s, 2.2f * s, 1, 0x9fd8ffc0, 0x9fd8ff00},
		};
		const struct paint_stroke glow[2] = {
			{1.0f * s, 4.0f * s, 12 * s, 0x2aa8ff00, 0x2aa8ff34},
			{4.0f * s, 5.0f * s, 12 * s, 0x2aa8ff34, 0x2aa8ff00},
		};
		float x0 = layout_x(l, MIDDLE_X + (float)side * ROAD_FAR);
		float x1 = layout_x(l, MIDDLE_X + (float)side * ROAD_NEAR);
		float y0 = layout_y(l, ROAD_HORIZON), y1 = layout_y(l, ROAD_BOTTOM);
		float xm = x0 + (x1 - x0) * split, ym = y0 + (y1 - y0) * split;

		paint_segment(m, x0, y0, xm, ym, &glow[0]);
		paint_segment(m, xm, ym, x1, y1, &glow[1]);
		paint_segment(m, x0, y0, xm, ym, &edge[0]);
		paint_segment(m, xm, ym, x1, y1, &edge[1]);
	}
}

static void paint_lamps_off(struct paint_mesh *m, const struct layout *l)
{
	for (int i = 0; i < LAMP_COUNT; i++) {
		float at[3];
		struct pen pen;

		layout_lamp(l, &lamp_places[i], at);
		pen = (struct pen){at[2] / GLYPH_ICON_SIZE, fmaxf(1.1f, at[2] * 0.055f), 1,
				   0x1c2733ff};
		glyph_icon(m, lamp_places[i].icon, at[0], at[1], &pen);
	}
}

static void paint_labels(struct paint_mesh *m, const struct layout *l)
{
	float s = l->scale;
	struct pen small = glyph_pen(INFO_HEIGHT * s, 1.1f, INK_DIM);
	struct pen frame = glyph_pen(FRAME_HEIGHT * s, 1.1f, INK_DIM);
	struct pen gear = glyph_pen(GEAR_HEIGHT * s, 1.0f, 0x3a4858ff);
	static const char gears[] = "PRND";
	char one[2] = "";

	for (int i = 0; gears[i]; i++) {
		one[0] = gears[i];
		glyph_text(m, one, layout_x(l, MIDDLE_X + ((float)i - 1.5f) * GEAR_STEP),
			   layout_y(l, GEAR_Y), 0.5f, &gear);
	}
	glyph_text(m, "ODO", layout_x(l, INFO_ODO_X - 54), layout_y(l, INFO_Y), 1, &small);
	glyph_text(m, "km", layout_x(l, INFO_ODO_X + 24), layout_y(l, INFO_Y), 0, &small);
	glyph_text(m, "TRIP", layout_x(l, INFO_TRIP_X - 34), layout_y(l, INFO_Y), 1, &small);
	glyph_text(m, "km", layout_x(l, INFO_TRIP_X + 44), layout_y(l, INFO_Y), 0, &small);
	glyph_text(m, "FRAME", layout_x(l, FRAME_X - 58), layout_y(l, FRAME_Y), 1, &frame);
}

void backdrop_paint(struct paint_mesh *m, const struct layout *l)
{
	static const struct dial speed = {DIAL_SPEED_X, 240, 20, 5, 1e9f, "km/h"};
	static const struct dial rpm = {DIAL_RPM_X, 8, 1, 0.25f, RPM_RED / 1000, "x1000 rpm"};

	paint_road(m, l);
	paint_dial(m, l, &speed);
	paint_dial(m, l, &rpm);
	paint_bar(m, l, DIAL_SPEED_X, ICON_FUEL, "E", "F");
	paint_bar(m, l, DIAL_RPM_X, ICON_COOLANT, "C", "H");
	paint_lamps_off(m, l);
	paint_labels(m, l);
}

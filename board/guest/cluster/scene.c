/* SPDX-License-Identifier: MIT */
#include "board/guest/cluster/scene.h"

#include "board/guest/cluster/backdrop.h"
#include "board/guest/common/cli.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WHITE 0xffffffff

/* The odometer does not start at 0, as a used car's would not. */
#define ODO_START_KM 48213.0

static const char blit_vertex[] = "attribute vec2 position;\n"
				  "varying highp vec2 at;\n"
				  "void main() {\n"
				  "  at = position * 0.5 + 0.5;\n"
				  "  gl_Position = vec4(position, 0.0, 1.0);\n"
				  "}\n";

static const char blit_fragment[] = "precision highp float;\n"
				    "uniform sampler2D backdrop;\n"
				    "varying highp vec2 at;\n"
				    "void main() { gl_FragColor = texture2D(backdrop, at); }\n";

static struct paint_part part_since(const struct paint_mesh *m, size_t first)
{
	return (struct paint_part){(GLint)first, (GLsizei)(m->count - first)};
}

static void build_text(struct scene *s, struct paint_mesh *m, enum scene_text set, float height,
		       float bold, const char *chars)
{
	s->pens[set] = glyph_pen(height * s->layout.scale, bold, WHITE);
	for (; *chars; chars++) {
		size_t first = m->count;

		glyph_char(m, *chars, 0, 0, &s->pens[set]);
		s->chars[set][*chars & 127] = part_since(m, first);
	}
}

static void build_lamps(struct scene *s, struct paint_mesh *m)
{
	for (int i = 0; i < LAMP_COUNT; i++) {
		float at[3];
		size_t first = m->count;
		struct pen pen;

		layout_lamp(&s->layout, &lamp_places[i], at);
		pen = (struct pen){at[2] / GLYPH_ICON_SIZE, fmaxf(1.1f, at[2] * 0.062f), 1,
				   lamp_places[i].colour};
		paint_dot(m, at[2] / 2, at[2] / 2, at[2] * 0.34f, at[2] * 0.68f,
			  (lamp_places[i].colour & ~0xffu) | 0x60);
		glyph_icon(m, lamp_places[i].icon, 0, 0, &pen);
		s->lamps[i] = part_since(m, first);
	}
}

/* The lit arc about the origin. draw_dial() draws only its segments up to the value. */
static struct paint_part build_arc(const struct scene *s, struct paint_mesh *m, float red_at)
{
	float k = s->layout.scale, r = DIAL_RADIUS * DIAL_ARC * k,
	      red = DIAL_FROM + DIAL_SWEEP * red_at;
	float end = DIAL_FROM + DIAL_SWEEP;
	size_t first = m->count;

	paint_arc(m, 0, 0, r, 8 * k, 1, DIAL_FROM, red, 0x1168d8ff, 0x35e0ffff);
	if (red < end)
		paint_arc(m, 0, 0, r, 8 * k, 1, red, end, 0xff5a3cff, 0xff2f3fff);
	return part_since(m, first);
}

static void build_needle(struct scene *s, struct paint_mesh *m)
{
	float k = s->layout.scale, r = DIAL_RADIUS * k;
	const struct paint_stroke glow = {6 * k, 4 * k, 24 * k, 0xff30206c, 0xff3b20b0};
	const struct paint_stroke body = {3.0f * k, 1.6f * k, 1, 0xff2a1aff, 0xff5a3aff};
	const struct paint_stroke core = {0.8f * k, 0.7f * k, 1, 0xff908000, 0xfff0e8ff};
	size_t first = m->count;

	paint_capsule(m, r * 0.56f, 0, r * 0.93f, 0, &glow);
	paint_capsule(m, r * 0.55f, 0, r * 0.935f, 0, &body);
	paint_capsule(m, r * 0.58f, 0, r * 0.93f, 0, &core);
	s->needle = part_since(m, first);
}

static void build_car(struct scene *s, struct paint_mesh *m)
{
	const struct layout *l = &s->layout;
	float k = l->scale, y = layout_y(l, CAR_Y + 5.5f);
	const struct paint_stroke lit = {2.2f * k, 2.2f * k, 1, 0xff4040ff, 0xff4040ff};
	const struct paint_stroke glow = {4 * k, 4 * k, 14 * k, 0xff202090, 0xff202090};
	size_t first = m->count;

	backdrop_car(m, l);
	s->car = part_since(m, first);
	first = m->count;
	for (float side = -1; side <= 1; side += 2) {
		float x0 = layout_x(l, MIDDLE_X + side * 23),
		      x1 = layout_x(l, MIDDLE_X + side * 35);

		paint_capsule(m, x0, y, x1, y, &glow);
		paint_capsule(m, x0, y, x1, y, &lit);
	}
	s->brake = part_since(m, first);
}

static struct paint_part build_bar(const struct scene *s, struct paint_mesh *m, uint32_t colour)
{
	float k = s->layout.scale, step = BAR_WIDTH / BAR_SEGMENTS, half = BAR_HALF * k;
	const struct paint_stroke st = {BAR_RADIUS * k, BAR_RADIUS * k, 1, colour, colour};
	size_t first = m->count;

	for (int i = 0; i < BAR_SEGMENTS; i++) {
		float at = (-BAR_WIDTH / 2 + ((float)i + 0.5f) * step) * k;

		paint_capsule(m, at - half, 0, at + half, 0, &st);
	}
	return part_since(m, first);
}

static int build_parts(struct scene *s)
{
	struct paint_mesh m = {0};
	int ret;

	build_text(s, &m, SCENE_TEXT_SPEED, SPEED_HEIGHT, 1.05f, "0123456789.");
	build_text(s, &m, SCENE_TEXT_GEAR, GEAR_HEIGHT, 1.2f, "PRND123456");
	build_text(s, &m, SCENE_TEXT_INFO, INFO_HEIGHT, 1.15f, "0123456789.");
	build_text(s, &m, SCENE_TEXT_FRAME, FRAME_HEIGHT, 1.1f, "0123456789");
	build_lamps(s, &m);
	s->arc_speed = build_arc(s, &m, 1);
	s->arc_rpm = build_arc(s, &m, RPM_RED / DRIVE_MAX_RPM);
	build_needle(s, &m);
	build_car(s, &m);
	s->bar = build_bar(s, &m, 0x9fb6ccff);
	s->bar_low = build_bar(s, &m, 0xffb224ff);
	ret = paint_upload(&s->parts_vbo, &m, GL_STATIC_DRAW);
	paint_mesh_free(&m);
	return ret;
}

static int render_backdrop(struct scene *s, GLuint fbo)
{
	struct paint_mesh m = {0};
	struct paint_place at = {.tint = WHITE};
	GLuint vbo = 0;
	int ret = -1;

	glBindFramebuffer(GL_FRAMEBUFFER, fbo);
	glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, s->backdrop, 0);
	if (glCheckFramebufferStatus(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE) {
		cli_error("the GPU cannot draw into a texture of the display's size");
		return -1;
	}
	glViewport(0, 0, (GLsizei)s->layout.width, (GLsizei)s->layout.height);
	backdrop_paint(&m, &s->layout);
	if (!backdrop_ground(&s->layout) && !paint_upload(&vbo, &m, GL_STATIC_DRAW)) {
		painter_begin(&s->painter, vbo, s->layout.width, s->layout.height);
		painter_draw(&s->painter, part_since(&m, 0), &at);
		ret = 0;
	}
	glDeleteBuffers(1, &vbo);
	paint_mesh_free(&m);
	return ret;
}

static int build_backdrop(struct scene *s)
{
	GLuint fbo = 0;
	int ret;

	glGenTextures(1, &s->backdrop);
	glBindTexture(GL_TEXTURE_2D, s->backdrop);
	/* RGB would be enough, but not every GPU can draw into an RGB texture. */
	glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, (GLsizei)s->layout.width, (GLsizei)s->layout.height,
		     0, GL_RGBA, GL_UNSIGNED_BYTE, NULL);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
	glGenFramebuffers(1, &fbo);
	ret = render_backdrop(s, fbo);
	glDeleteFramebuffers(1, &fbo);
	return ret;
}

int scene_init(struct scene *s, const struct target *t, bool announce)
{
	static const char *const attributes[] = {"position", NULL};

	memset(s, 0, sizeof(*s));
	s->layout = layout_for((float)t->width, (float)t->height);
	s->blit_program = target_program(blit_vertex, blit_fragment, attributes);
	if (!s->blit_program || painter_init(&s->painter) || build_parts(s) || build_backdrop(s) ||
	    (announce && telltales_init(&s->telltales, &s->layout))) {
		scene_finish(s);
		return -1;
	}
	glDisable(GL_DITHER);
	return 0;
}

void scene_finish(struct scene *s)
{
	painter_finish(&s->painter);
	telltales_finish(&s->telltales);
	glDeleteProgram(s->blit_program);
	glDeleteTextures(1, &s->backdrop);
	glDeleteBuffers(1, &s->parts_vbo);
	glDeleteBuffers(1, &s->lanes_vbo);
	paint_mesh_free(&s->lanes);
	memset(s, 0, sizeof(*s));
}

static void draw_backdrop(const struct scene *s)
{
	static const GLfloat corners[] = {-1, -1, 3, -1, -1, 3};

	glDisable(GL_BLEND);
	glUseProgram(s->blit_program);
	glActiveTexture(GL_TEXTURE0);
	glBindTexture(GL_TEXTURE_2D, s->backdrop);
	glBindBuffer(GL_ARRAY_BUFFER, 0);
	for (GLuint i = 1; i < 4; i++)
		glDisableVertexAttribArray(i);
	glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, corners);
	glEnableVertexAttribArray(0);
	glDrawArrays(GL_TRIANGLES, 0, 3);
}

/* Dashes on both sides of our lane, in perspective. */
static int draw_lanes(struct scene *s, const struct drive *d)
{
	const struct layout *l = &s->layout;
	const float spacing = 12, dash = 5, eye = 4.2f; /* metres */
	float phase = (float)fmod(d->metres, (double)spacing);
	struct paint_part all;

	s->lanes.count = 0;
	for (int i = 0; i < 9; i++) {
		float z[2] = {(float)i * spacing - phase, (float)i * spacing - phase + dash};

		z[0] = fmaxf(z[0], 0);
		if (z[1] <= z[0])
			continue;
		for (int side = -1; side <= 1; side += 2) {
			float x[2], y[2], fade[2];
			struct paint_stroke st = {.soft = 1};

			for (int k = 0; k < 2; k++) {
				float near = eye / (eye + z[k]); /* 1 at the bottom, 0 far away */
				float off = LANE_FAR + (LANE_NEAR - LANE_FAR) * near;

				x[k] = layout_x(l, MIDDLE_X + (float)side * off);
				y[k] = layout_y(l,
						ROAD_HORIZON + (ROAD_BOTTOM - ROAD_HORIZON) * near);
				fade[k] = fminf(1, near * 3.2f) * fminf(1, (1 - near) * 3.2f);
			}
			st.radius0 = (0.3f + 2.4f * eye / (eye + z[0])) * l->scale;
			st.radius1 = (0.3f + 2.4f * eye / (eye + z[1])) * l->scale;
			st.colour0 = 0xe8f4ff00u | (uint32_t)(fade[0] * 230);
			st.colour1 = 0xe8f4ff00u | (uint32_t)(fade[1] * 230);
			paint_capsule(&s->lanes, x[0], y[0], x[1], y[1], &st);
		}
	}
	all = part_since(&s->lanes, 0);
	if (paint_upload(&s->lanes_vbo, &s->lanes, GL_STREAM_DRAW))
		return -1;
	painter_begin(&s->painter, s->lanes_vbo, l->width, l->height);
	painter_draw(&s->painter, all, &(struct paint_place){.tint = WHITE});
	return 0;
}

/* Draws text from ready-made characters, on whole pixels so that it stays sharp. */
static void draw_text(const struct scene *s, enum scene_text set, const char *text, float x,
		      float y, float align, uint32_t tint)
{
	const struct pen *pen = &s->pens[set];

	x -= glyph_width(text, pen) * align;
	for (; *text; text++) {
		const struct paint_place at = {roundf(x), roundf(y), 0, tint};

		painter_draw(&s->painter, s->chars[set][*text & 127], &at);
		x += glyph_advance(*text, pen);
	}
}

static void draw_dial(const struct scene *s, float x, struct paint_part arc, float value)
{
	float ratio = fminf(fmaxf(value, 0), 1);
	struct paint_place at = {layout_x(&s->layout, x), layout_y(&s->layout, DIAL_Y), 0, WHITE};
	GLsizei segments = arc.count / 6;

	arc.count = (GLsizei)lrintf((float)segments * ratio) * 6;
	painter_draw(&s->painter, arc, &at);
	at.degrees = DIAL_FROM + DIAL_SWEEP * ratio;
	painter_draw(&s->painter, s->needle, &at);
}

static void draw_bar(const struct scene *s, float x, float value, float low)
{
	struct paint_part part = value < low ? s->bar_low : s->bar;
	const struct paint_place at = {layout_x(&s->layout, x), layout_y(&s->layout, BAR_Y), 0,
				       WHITE};

	part.count = (GLsizei)fminf(BAR_SEGMENTS, ceilf(value * BAR_SEGMENTS)) * 6;
	painter_draw(&s->painter, part, &at);
}

static void draw_lamps(const struct scene *s, uint32_t lamps)
{
	for (int i = 0; i < LAMP_COUNT; i++) {
		float at[3];

		if (!(lamps & lamp_places[i].lamp))
			continue;
		layout_lamp(&s->layout, &lamp_places[i], at);
		painter_draw(&s->painter, s->lamps[i],
			     &(struct paint_place){at[0], at[1], 0, WHITE});
	}
}

static void draw_gear(const struct scene *s, const struct drive *d)
{
	const struct layout *l = &s->layout;
	float slot = d->gear == 'P' ? -1.5f : 1.5f;
	char gear[2] = {d->gear, 0}, ratio[2] = {(char)('0' + d->ratio), 0};

	draw_text(s, SCENE_TEXT_GEAR, gear, layout_x(l, MIDDLE_X + slot * GEAR_STEP),
		  layout_y(l, GEAR_Y), 0.5f, 0xeaf6ffff);
	if (d->ratio)
		draw_text(s, SCENE_TEXT_GEAR, ratio, layout_x(l, MIDDLE_X + slot * GEAR_STEP + 24),
			  layout_y(l, GEAR_Y), 0.5f, 0x35c8ffff);
}

static void draw_numbers(const struct scene *s, const struct drive *d, uint64_t frame)
{
	const struct layout *l = &s->layout;
	float big = layout_y(l, DIAL_Y - SPEED_HEIGHT / 2 - 8);
	char text[24];

	(void)snprintf(text, sizeof(text), "%d", (int)lrintf(d->speed_kmh));
	draw_text(s, SCENE_TEXT_SPEED, text, layout_x(l, DIAL_SPEED_X), big, 0.5f, 0xf4f9ffff);
	(void)snprintf(text, sizeof(text), "%.1f", (double)(d->engine_rpm / 1000));
	draw_text(s, SCENE_TEXT_SPEED, text, layout_x(l, DIAL_RPM_X), big, 0.5f,
		  d->engine_rpm >= RPM_RED ? 0xff5a5aff : 0xf4f9ffff);
	(void)snprintf(text, sizeof(text), "%06d", (int)(ODO_START_KM + d->metres / 1000));
	draw_text(s, SCENE_TEXT_INFO, text, layout_x(l, INFO_ODO_X - 38), layout_y(l, INFO_Y), 0,
		  0xc8d6e4ff);
	(void)snprintf(text, sizeof(text), "%5.1f", fmod(d->metres / 1000, 1000));
	draw_text(s, SCENE_TEXT_INFO, text, layout_x(l, INFO_TRIP_X + 34), layout_y(l, INFO_Y), 1,
		  0xc8d6e4ff);
	(void)snprintf(text, sizeof(text), "%06u", (unsigned int)(frame % 1000000));
	draw_text(s, SCENE_TEXT_FRAME, text, layout_x(l, FRAME_X), layout_y(l, FRAME_Y), 1,
		  0x8fa3b8ff);
}

int scene_draw(struct scene *s, const struct target *t, const struct drive *d, uint64_t frame)
{
	const struct paint_place still = {.tint = WHITE};

	target_bind(t);
	draw_backdrop(s);
	if (draw_lanes(s, d))
		return -1;
	painter_begin(&s->painter, s->parts_vbo, s->layout.width, s->layout.height);
	painter_draw(&s->painter, s->car, &still);
	if (d->braking)
		painter_draw(&s->painter, s->brake, &still);
	draw_dial(s, DIAL_SPEED_X, s->arc_speed, d->speed_kmh / DRIVE_MAX_KMH);
	draw_dial(s, DIAL_RPM_X, s->arc_rpm, d->engine_rpm / DRIVE_MAX_RPM);
	draw_bar(s, DIAL_SPEED_X, d->fuel, 0.15f);
	draw_bar(s, DIAL_RPM_X, d->coolant, 0);
	draw_gear(s, d);
	draw_numbers(s, d, frame);
	if (s->telltales.enabled)
		telltales_draw(&s->telltales, d->lamps);
	else
		draw_lamps(s, d->lamps);
	return 0;
}

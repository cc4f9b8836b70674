/* SPDX-License-Identifier: MIT */
#include "board/guest/cluster/telltale.h"

#include "board/guest/cluster/drive.h"
#include "board/guest/cluster/glyph.h"
#include "board/guest/common/cli.h"
#include "board/guest/common/target.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GROUND 0x060a10u
#define DIM    0x1c2733ffu
#define RGB    3

static const char vertex[] = "attribute vec2 position;\n"
			     "varying highp vec2 at;\n"
			     "void main() {\n"
			     "  at = vec2(position.x * 0.5 + 0.5, 0.5 - position.y * 0.5);\n"
			     "  gl_Position = vec4(position, 0.0, 1.0);\n"
			     "}\n";

static const char fragment[] = "precision highp float;\n"
			       "uniform sampler2D bitmap;\n"
			       "varying highp vec2 at;\n"
			       "void main() { gl_FragColor = texture2D(bitmap, at); }\n";

/* --- The painter's shader, on the CPU --------------------------------------------------------- */

/* Computes the point's barycentric coordinates w; false if the point is outside the triangle. */
static bool weigh(const struct paint_vertex v[3], float x, float y, float w[3])
{
	float area = (v[1].x - v[0].x) * (v[2].y - v[0].y) - (v[2].x - v[0].x) * (v[1].y - v[0].y);

	if (fabsf(area) < 1e-6f)
		return false;
	for (int i = 0; i < 3; i++) {
		const struct paint_vertex *a = &v[(i + 1) % 3], *b = &v[(i + 2) % 3];

		w[i] = ((b->x - a->x) * (y - a->y) - (x - a->x) * (b->y - a->y)) / area;
		if (w[i] < 0)
			return false;
	}
	return true;
}

static float mix(const float w[3], float a, float b, float c)
{
	return w[0] * a + w[1] * b + w[2] * c;
}

static float coverage(const struct paint_vertex v[3], const float w[3])
{
	float along = mix(w, v[0].along, v[1].along, v[2].along);
	float across = mix(w, v[0].across, v[1].across, v[2].across);
	float half = mix(w, v[0].half, v[1].half, v[2].half);
	float radius = mix(w, v[0].radius, v[1].radius, v[2].radius);
	float soft = mix(w, v[0].soft, v[1].soft, v[2].soft);
	float d = hypotf(fmaxf(fabsf(along) - half, 0), across);
	float c = fminf(fmaxf((radius - d) / soft + 0.5f, 0), 1);

	return soft > 2 ? c * c : c;
}

static void blend(uint8_t *pixel, const struct paint_vertex v[3], const float w[3])
{
	float a = coverage(v, w) * mix(w, v[0].rgba[3], v[1].rgba[3], v[2].rgba[3]) / 255;

	for (int i = 0; i < RGB; i++) {
		float c = mix(w, v[0].rgba[i], v[1].rgba[i], v[2].rgba[i]);

		pixel[i] = (uint8_t)lrintf(c * a + (float)pixel[i] * (1 - a));
	}
}

static void rasterise(const struct paint_mesh *m, uint8_t *pixels, uint32_t size)
{
	static const uint8_t ground[] = {GROUND >> 16, GROUND >> 8 & 255, GROUND & 255, 255};

	for (uint32_t i = 0; i < size * size; i++)
		memcpy(pixels + TRUTH_PIXEL * i, ground, sizeof(ground));
	for (size_t t = 0; t + 3 <= m->count; t += 3)
		for (uint32_t i = 0; i < size * size; i++) {
			float x = (float)(i % size) + 0.5f, y = (float)(i / size) + 0.5f, w[3];

			if (weigh(&m->v[t], x, y, w))
				blend(pixels + TRUTH_PIXEL * i, &m->v[t], w);
		}
}

static void draw_lamp(struct paint_mesh *m, const struct lamp_place *place, float size, bool lit)
{
	struct pen pen = {size / GLYPH_ICON_SIZE, fmaxf(1.1f, size * (lit ? 0.062f : 0.055f)), 1,
			  lit ? place->colour : DIM};

	if (lit)
		paint_dot(m, size / 2, size / 2, size * 0.34f, size * 0.68f,
			  (place->colour & ~0xffu) | 0x60);
	glyph_icon(m, place->icon, 0, 0, &pen);
}

/* --- Bitmaps on the GPU ----------------------------------------------------------------------- */

static GLuint texture_of(GLsizei width, GLsizei height, const uint8_t *pixels)
{
	GLuint texture = 0;

	glGenTextures(1, &texture);
	glBindTexture(GL_TEXTURE_2D, texture);
	glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, width, height, 0, GL_RGBA, GL_UNSIGNED_BYTE,
		     pixels);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
	return texture;
}

static int make_lamp(struct telltale *lamp, const struct lamp_place *place, float size)
{
	size_t count = (size_t)(lamp->size * lamp->size);
	uint8_t *pixels = malloc(TRUTH_PIXEL * count);

	for (int lit = 0; lit < 2 && pixels; lit++) {
		struct paint_mesh m = {0};

		draw_lamp(&m, place, size, lit);
		rasterise(&m, pixels, (uint32_t)lamp->size);
		lamp->crc[lit] = truth_crc(0, pixels, count);
		lamp->texture[lit] = texture_of(lamp->size, lamp->size, pixels);
		paint_mesh_free(&m);
	}
	if (!pixels)
		cli_error("no memory for a telltale");
	free(pixels);
	return pixels ? 0 : -1;
}

int telltales_init(struct telltales *t, const struct layout *layout)
{
	static const char *const attributes[] = {"position", NULL};

	memset(t, 0, sizeof(*t));
	if (layout->width < TELLTALE_STRIP_WIDTH) {
		cli_error("the display is too narrow to announce telltales on it");
		return -1;
	}
	t->height = (GLint)layout->height;
	t->program = target_program(vertex, fragment, attributes);
	for (int i = 0; i < LAMP_COUNT && t->program; i++) {
		float at[3];

		layout_lamp(layout, &lamp_places[i], at);
		t->lamp[i].x = (GLint)at[0];
		t->lamp[i].y = (GLint)at[1];
		t->lamp[i].size = (GLsizei)at[2];
		if (make_lamp(&t->lamp[i], &lamp_places[i], at[2]))
			return -1;
	}
	t->strip = texture_of(TELLTALE_STRIP_WIDTH, 1, NULL);
	t->enabled = t->program != 0;
	return t->enabled ? 0 : -1;
}

void telltales_finish(struct telltales *t)
{
	for (int i = 0; i < LAMP_COUNT; i++)
		glDeleteTextures(2, t->lamp[i].texture);
	glDeleteTextures(1, &t->strip);
	glDeleteProgram(t->program);
	memset(t, 0, sizeof(*t));
}

static void put(const struct telltales *t, GLuint texture, GLint x, GLint y, GLsizei width,
		GLsizei height)
{
	glBindTexture(GL_TEXTURE_2D, texture);
	glViewport(x, t->height - y - height, width, height);
	glDrawArrays(GL_TRIANGLES, 0, 3);
}

void telltales_draw(const struct telltales *t, uint32_t lamps)
{
	static const GLfloat corners[] = {-1, -1, 3, -1, -1, 3};
	struct truth_strip strip = {.alive = t->alive, .count = LAMP_COUNT};
	uint8_t bits[TRUTH_PIXEL * TELLTALE_STRIP_WIDTH];

	glDisable(GL_BLEND);
	glUseProgram(t->program);
	glActiveTexture(GL_TEXTURE0);
	glBindBuffer(GL_ARRAY_BUFFER, 0);
	for (GLuint i = 1; i < 4; i++)
		glDisableVertexAttribArray(i);
	glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, corners);
	glEnableVertexAttribArray(0);
	for (int i = 0; i < LAMP_COUNT; i++) {
		const struct telltale *lamp = &t->lamp[i];
		int lit = (lamps & lamp_places[i].lamp) != 0;
		int drawn = t->wrong && lamp_places[i].lamp == DRIVE_LAMP_OIL ? !lit : lit;

		strip.crc[i] = lamp->crc[lit];
		put(t, lamp->texture[drawn], lamp->x, lamp->y, lamp->size, lamp->size);
	}
	truth_strip_encode(&strip, bits);
	glBindTexture(GL_TEXTURE_2D, t->strip);
	glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, TELLTALE_STRIP_WIDTH, 1, GL_RGBA, GL_UNSIGNED_BYTE,
			bits);
	put(t, t->strip, 0, t->height - 1, TELLTALE_STRIP_WIDTH, 1);
}

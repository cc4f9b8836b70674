/* SPDX-License-Identifier: MIT */
#include "board/guest/cluster/paint.h"

#include "board/guest/common/cli.h"
#include "board/guest/common/target.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEG	 ((float)M_PI / 180.0f)
#define INSIDE	 1e4f /* a radius or half length so large that every pixel is inside */
#define ARC_STEP 2.5f /* degrees at most per segment of an arc */

static const char vertex_source[] =
	"attribute vec2 position;\n"
	"attribute vec4 local;\n"
	"attribute float soft;\n"
	"attribute vec4 colour;\n"
	"uniform vec2 scale;\n"
	"uniform vec2 place;\n"
	"uniform vec2 turn;\n" /* cosine, sine */
	"uniform vec4 tint;\n"
	"varying highp vec4 v_local;\n"
	"varying highp float v_soft;\n"
	"varying highp vec4 v_colour;\n"
	"void main() {\n"
	"  vec2 p = vec2(position.x * turn.x - position.y * turn.y,\n"
	"                position.x * turn.y + position.y * turn.x) + place;\n"
	"  gl_Position = vec4(p * scale + vec2(-1.0, 1.0), 0.0, 1.0);\n"
	"  v_local = local;\n"
	"  v_soft = soft;\n"
	"  v_colour = colour * tint;\n"
	"}\n";

static const char fragment_source[] =
	"precision highp float;\n"
	"varying highp vec4 v_local;\n"
	"varying highp float v_soft;\n"
	"varying highp vec4 v_colour;\n"
	"void main() {\n"
	"  float beyond = max(abs(v_local.x) - v_local.z, 0.0);\n"
	"  float d = length(vec2(beyond, v_local.y));\n"
	"  float c = clamp((v_local.w - d) / v_soft + 0.5, 0.0, 1.0);\n"
	"  c = v_soft > 2.0 ? c * c : c;\n" /* a glow fades faster than it spreads */
	"  float a = v_colour.a * c;\n"
	"  gl_FragColor = vec4(v_colour.rgb * a, a);\n"
	"}\n";

static void add_vertex(struct paint_mesh *m, const struct paint_vertex *v, uint32_t colour)
{
	if (m->count == m->room) {
		size_t room = m->room ? m->room * 2 : 1024;
		struct paint_vertex *grown =
			m->failed ? NULL : realloc(m->v, room * sizeof(*grown));

		if (!grown) {
			m->failed = true;
			return;
		}
		m->v = grown;
		m->room = room;
	}
	m->v[m->count] = *v;
	for (int i = 0; i < 4; i++)
		m->v[m->count].rgba[i] = (uint8_t)(colour >> (24 - 8 * i));
	m->count++;
}

/* Corners 0 and 1 are at one end, with colour c0; 2 and 3 at the other, with c1. */
static void add_quad(struct paint_mesh *m, const struct paint_vertex q[4], uint32_t c0, uint32_t c1)
{
	static const int order[6] = {0, 1, 2, 2, 1, 3};

	for (int i = 0; i < 6; i++)
		add_vertex(m, &q[order[i]], order[i] < 2 ? c0 : c1);
}

static void add_stroke(struct paint_mesh *m, float x0, float y0, float x1, float y1,
		       const struct paint_stroke *s, bool cut)
{
	float dx = x1 - x0, dy = y1 - y0;
	float length = sqrtf(dx * dx + dy * dy), half = length / 2;
	float margin = fmaxf(s->radius0, s->radius1) + s->soft / 2 + 1;
	struct paint_vertex q[4];

	dx = length > 1e-3f ? dx / length : 1;
	dy = length > 1e-3f ? dy / length : 0;
	for (int i = 0; i < 4; i++) {
		float end = i < 2 ? -1.0f : 1.0f, side = i & 1 ? 1.0f : -1.0f;
		float along = end * (cut ? half : half + margin), across = side * margin;

		q[i] = (struct paint_vertex){
			.x = (x0 + x1) / 2 + dx * along - dy * across,
			.y = (y0 + y1) / 2 + dy * along + dx * across,
			.along = along,
			.across = across,
			.half = cut ? INSIDE : half,
			.radius = i < 2 ? s->radius0 : s->radius1,
			.soft = s->soft,
		};
	}
	add_quad(m, q, s->colour0, s->colour1);
}

void paint_capsule(struct paint_mesh *m, float x0, float y0, float x1, float y1,
		   const struct paint_stroke *s)
{
	add_stroke(m, x0, y0, x1, y1, s, false);
}

void paint_segment(struct paint_mesh *m, float x0, float y0, float x1, float y1,
		   const struct paint_stroke *s)
{
	add_stroke(m, x0, y0, x1, y1, s, true);
}

void paint_dot(struct paint_mesh *m, float x, float y, float radius, float soft, uint32_t colour)
{
	const struct paint_stroke s = {radius, radius, soft, colour, colour};

	paint_capsule(m, x, y, x, y, &s);
}

static uint32_t blend(uint32_t c0, uint32_t c1, float t)
{
	uint32_t out = 0;

	for (unsigned int shift = 0; shift < 32; shift += 8) {
		float a = (float)((c0 >> shift) & 255), b = (float)((c1 >> shift) & 255);

		out |= (uint32_t)lrintf(a + (b - a) * t) << shift;
	}
	return out;
}

int paint_arc_segments(float radius, float a0, float a1)
{
	/* Keep the sagitta of each chord below about 0.1 px. */
	float step = fminf(ARC_STEP, 2 * acosf(1 - 0.1f / fmaxf(radius, 1)) / DEG);

	return (int)fmaxf(1, ceilf((a1 - a0) / step));
}

void paint_arc(struct paint_mesh *m, float x, float y, float radius, float width, float soft,
	       float a0, float a1, uint32_t colour0, uint32_t colour1)
{
	int n = paint_arc_segments(radius, a0, a1);
	float reach = width / 2 + soft / 2 + 1;
	struct paint_vertex q[4];

	for (int i = 0; i < n; i++) {
		float t[2] = {(float)i / (float)n, (float)(i + 1) / (float)n};

		for (int k = 0; k < 4; k++) {
			float angle = (a0 + (a1 - a0) * t[k / 2]) * DEG;
			float across = k & 1 ? reach : -reach;

			q[k] = (struct paint_vertex){
				.x = x + cosf(angle) * (radius + across),
				.y = y + sinf(angle) * (radius + across),
				.across = across,
				.half = INSIDE,
				.radius = width / 2,
				.soft = soft,
			};
		}
		add_quad(m, q, blend(colour0, colour1, t[0]), blend(colour0, colour1, t[1]));
	}
}

void paint_triangle(struct paint_mesh *m, const float xy[6], const uint32_t colour[3])
{
	for (int i = 0; i < 3; i++) {
		const struct paint_vertex v = {.x = xy[2 * i],
					       .y = xy[2 * i + 1],
					       .half = INSIDE,
					       .radius = INSIDE,
					       .soft = 1};

		add_vertex(m, &v, colour[i]);
	}
}

void paint_mesh_free(struct paint_mesh *m)
{
	free(m->v);
	memset(m, 0, sizeof(*m));
}

int painter_init(struct painter *p)
{
	static const char *const attributes[] = {"position", "local", "soft", "colour", NULL};

	p->program = target_program(vertex_source, fragment_source, attributes);
	if (!p->program)
		return -1;
	p->u_scale = glGetUniformLocation(p->program, "scale");
	p->u_place = glGetUniformLocation(p->program, "place");
	p->u_turn = glGetUniformLocation(p->program, "turn");
	p->u_tint = glGetUniformLocation(p->program, "tint");
	return 0;
}

void painter_finish(struct painter *p)
{
	if (p->program)
		glDeleteProgram(p->program);
	memset(p, 0, sizeof(*p));
}

int paint_upload(GLuint *vbo, const struct paint_mesh *m, GLenum usage)
{
	if (m->failed) {
		cli_error("no memory for the picture");
		return -1;
	}
	if (!*vbo)
		glGenBuffers(1, vbo);
	glBindBuffer(GL_ARRAY_BUFFER, *vbo);
	glBufferData(GL_ARRAY_BUFFER, (GLsizeiptr)(m->count * sizeof(*m->v)), m->v, usage);
	return 0;
}

static void attribute(GLuint index, GLint size, GLenum type, GLboolean normalised, size_t offset)
{
	glVertexAttribPointer(index, size, type, normalised, sizeof(struct paint_vertex),
			      (const void *)offset);
	glEnableVertexAttribArray(index);
}

void painter_begin(const struct painter *p, GLuint vbo, float width, float height)
{
	glUseProgram(p->program);
	glEnable(GL_BLEND);
	glBlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
	glUniform2f(p->u_scale, 2 / width, -2 / height);
	glBindBuffer(GL_ARRAY_BUFFER, vbo);
	attribute(0, 2, GL_FLOAT, GL_FALSE, offsetof(struct paint_vertex, x));
	attribute(1, 4, GL_FLOAT, GL_FALSE, offsetof(struct paint_vertex, along));
	attribute(2, 1, GL_FLOAT, GL_FALSE, offsetof(struct paint_vertex, soft));
	attribute(3, 4, GL_UNSIGNED_BYTE, GL_TRUE, offsetof(struct paint_vertex, rgba));
}

void painter_draw(const struct painter *p, struct paint_part part, const struct paint_place *at)
{
	float c[4];

	if (part.count <= 0)
		return;
	for (int i = 0; i < 4; i++)
		c[i] = (float)((at->tint >> (24 - 8 * i)) & 255) / 255;
	glUniform2f(p->u_place, at->x, at->y);
	glUniform2f(p->u_turn, cosf(at->degrees * DEG), sinf(at->degrees * DEG));
	glUniform4f(p->u_tint, c[0], c[1], c[2], c[3]);
	glDrawArrays(GL_TRIANGLES, part.first, part.count);
}

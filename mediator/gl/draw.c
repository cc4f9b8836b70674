/* SPDX-License-Identifier: MIT */
#include "mediator/gl/draw.h"

#include <stdio.h>
#include <string.h>

enum { ATTRIBUTE_POSITION, ATTRIBUTE_TEXEL };

static const char vertex_source[] = "attribute vec2 position;\n"
				    "attribute vec2 texel;\n"
				    "varying highp vec2 at;\n"
				    "void main() {\n"
				    "  at = texel;\n"
				    "  gl_Position = vec4(position, 0.0, 1.0);\n"
				    "}\n";

static const char fragment_source[] = "precision highp float;\n"
				      "varying highp vec2 at;\n"
				      "uniform sampler2D picture;\n"
				      "void main() {\n"
				      "  gl_FragColor = texture2D(picture, at);\n"
				      "}\n";

static GLuint compile(GLenum kind, const char *source)
{
	GLuint shader = glCreateShader(kind);
	GLint ok = 0;

	glShaderSource(shader, 1, &source, NULL);
	glCompileShader(shader);
	glGetShaderiv(shader, GL_COMPILE_STATUS, &ok);
	if (!ok) {
		char log[512] = "";

		glGetShaderInfoLog(shader, sizeof(log), NULL, log);
		fprintf(stderr, "error: shader: %s\n", log);
	}
	return shader;
}

bool draw_init(struct draw *draw, uint32_t width, uint32_t height)
{
	GLuint vertex = compile(GL_VERTEX_SHADER, vertex_source);
	GLuint fragment = compile(GL_FRAGMENT_SHADER, fragment_source);
	GLint ok = 0;

	memset(draw, 0, sizeof(*draw));
	draw->width = width;
	draw->height = height;
	draw->program = glCreateProgram();
	glAttachShader(draw->program, vertex);
	glAttachShader(draw->program, fragment);
	glBindAttribLocation(draw->program, ATTRIBUTE_POSITION, "position");
	glBindAttribLocation(draw->program, ATTRIBUTE_TEXEL, "texel");
	glLinkProgram(draw->program);
	glDeleteShader(vertex);
	glDeleteShader(fragment);
	glGetProgramiv(draw->program, GL_LINK_STATUS, &ok);
	glGenBuffers(1, &draw->vertices);
	if (ok && glGetError() == GL_NO_ERROR)
		return true;
	draw_finish(draw);
	return false;
}

void draw_finish(struct draw *draw)
{
	if (draw->program)
		glDeleteProgram(draw->program);
	if (draw->vertices)
		glDeleteBuffers(1, &draw->vertices);
	memset(draw, 0, sizeof(*draw));
}

void draw_begin(const struct draw *draw, GLuint framebuffer, bool clear)
{
	glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
	glViewport(0, 0, (GLsizei)draw->width, (GLsizei)draw->height);
	glDisable(GL_DITHER);
	glDisable(GL_DEPTH_TEST);
	glDisable(GL_SCISSOR_TEST);
	glClearColor(0.0f, 0.0f, 0.0f, 1.0f);
	if (clear)
		glClear(GL_COLOR_BUFFER_BIT);
	glUseProgram(draw->program);
}

static void clip_to(const struct gpum_rect *clip)
{
	glEnable(GL_SCISSOR_TEST);
	glScissor(clip->x, clip->y, (GLsizei)clip->width, (GLsizei)clip->height);
}

/* Row 0 of the panel's memory is y = 0 for GL, so the panel's coordinates need no turning. */
static float to_clip_space(int64_t pixel, uint32_t size)
{
	return (float)(2.0 * (double)pixel / (double)size - 1.0);
}

static void draw_quad(const struct draw *draw, const struct gpum_rect *target,
		      const struct gpum_rect *source, const struct draw_texture *t)
{
	float left = to_clip_space(target->x, draw->width);
	float right = to_clip_space((int64_t)target->x + target->width, draw->width);
	float top = to_clip_space(target->y, draw->height);
	float bottom = to_clip_space((int64_t)target->y + target->height, draw->height);
	float u0 = (float)source->x / (float)t->width;
	float u1 = (float)(source->x + (double)source->width) / (float)t->width;
	float v0 = (float)source->y / (float)t->height;
	float v1 = (float)(source->y + (double)source->height) / (float)t->height;
	GLint filter = GL_NEAREST;

	if (t->y_inverted) {
		v0 = 1.0f - v0;
		v1 = 1.0f - v1;
	}
	if (source->width != target->width || source->height != target->height)
		filter = GL_LINEAR;

	const float quad[] = {left, top,    u0, v0, right, top,	   u1, v0,
			      left, bottom, u0, v1, right, bottom, u1, v1};

	glBindTexture(GL_TEXTURE_2D, t->name);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, filter);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, filter);
	glBindBuffer(GL_ARRAY_BUFFER, draw->vertices);
	glBufferData(GL_ARRAY_BUFFER, sizeof(quad), quad, GL_STREAM_DRAW);
	glVertexAttribPointer(ATTRIBUTE_POSITION, 2, GL_FLOAT, GL_FALSE, 4 * sizeof(float), NULL);
	glVertexAttribPointer(ATTRIBUTE_TEXEL, 2, GL_FLOAT, GL_FALSE, 4 * sizeof(float),
			      (const void *)(2 * sizeof(float)));
	glEnableVertexAttribArray(ATTRIBUTE_POSITION);
	glEnableVertexAttribArray(ATTRIBUTE_TEXEL);
	glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
}

void draw_layer(const struct draw *draw, const struct gpum_layer *layer,
		const struct draw_texture *texture)
{
	clip_to(&layer->clip);
	if (!texture->name) {
		if (!layer->blend)
			glClear(GL_COLOR_BUFFER_BIT);
		return;
	}
	if (layer->blend) {
		glEnable(GL_BLEND);
		glBlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
	} else {
		glDisable(GL_BLEND);
	}
	draw_quad(draw, &layer->target, &layer->source, texture);
	glDisable(GL_BLEND);
}

void draw_copy(const struct draw *draw, const struct gpum_rect *region, GLuint from)
{
	const struct draw_texture texture = {
		.name = from, .width = draw->width, .height = draw->height};

	clip_to(region);
	glDisable(GL_BLEND);
	draw_quad(draw, region, region, &texture);
}

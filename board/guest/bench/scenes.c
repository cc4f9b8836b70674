/* SPDX-License-Identifier: MIT */
#include "board/guest/bench/scenes.h"

#include "board/guest/heavy/heavy.h"
#include "board/guest/common/target.h"

#include <math.h>
#include <string.h>

/* Scene `gpu-bound`: a few full-screen draws with a long shader and little work for the CPU. */
static struct heavy heavy;

static int gpu_bound_init(const struct scene_options *o)
{
	return heavy_init(&heavy, o->iterations);
}

static void gpu_bound_draw(const struct scene_options *o, uint64_t frame)
{
	heavy_draw(&heavy, o->draws, frame);
}

static void gpu_bound_finish(void)
{
	heavy_finish(&heavy);
}

/*
 * Scene `draws`: many tiny triangles, each with a state change and a draw call of its own. The cost
 * is the path of the commands to the GPU.
 */
static struct {
	GLuint program;
	GLuint vbo;
	GLint u_place, u_colour;
} small;

static const char small_vertex[] =
	"attribute vec2 position;\n"
	"uniform vec4 place;\n" /* x, y, size, unused */
	"void main() { gl_Position = vec4(position * place.z + place.xy, 0.0, 1.0); }\n";

static const char small_fragment[] = "precision mediump float;\n"
				     "uniform vec4 colour;\n"
				     "void main() { gl_FragColor = colour; }\n";

static int draws_init(const struct scene_options *o)
{
	static const char *const attributes[] = {"position", NULL};
	static const GLfloat corners[] = {-1, -1, 1, -1, 0, 1};

	(void)o;
	memset(&small, 0, sizeof(small));
	small.program = target_program(small_vertex, small_fragment, attributes);
	if (!small.program)
		return -1;
	small.u_place = glGetUniformLocation(small.program, "place");
	small.u_colour = glGetUniformLocation(small.program, "colour");
	glGenBuffers(1, &small.vbo);
	glBindBuffer(GL_ARRAY_BUFFER, small.vbo);
	glBufferData(GL_ARRAY_BUFFER, sizeof(corners), corners, GL_STATIC_DRAW);
	return 0;
}

static void draws_draw(const struct scene_options *o, uint64_t frame)
{
	uint32_t columns = (uint32_t)ceil(sqrt((double)o->draws));
	float cell = 2.0f / (float)columns;

	glDisable(GL_BLEND);
	glClear(GL_COLOR_BUFFER_BIT);
	glUseProgram(small.program);
	glBindBuffer(GL_ARRAY_BUFFER, small.vbo);
	glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, NULL);
	glEnableVertexAttribArray(0);
	for (uint32_t i = 0; i < o->draws; i++) {
		float hue = (float)((frame * 3 + i) % 256u) / 255.0f;

		glUniform4f(small.u_place, -1 + cell * ((float)(i % columns) + 0.5f),
			    -1 + cell * ((float)(i / columns) + 0.5f), cell * 0.4f, 0);
		glUniform4f(small.u_colour, hue, 1 - hue, 0.5f, 1);
		glDrawArrays(GL_TRIANGLES, 0, 3);
	}
}

static void draws_finish(void)
{
	glDeleteBuffers(1, &small.vbo);
	if (small.program)
		glDeleteProgram(small.program);
	memset(&small, 0, sizeof(small));
}

static const struct bench_scene scenes[] = {
	{"gpu-bound", {4, 60}, gpu_bound_init, gpu_bound_draw, gpu_bound_finish},
	{"draws", {2000, 0}, draws_init, draws_draw, draws_finish},
};

const struct bench_scene *scenes_find(const char *name)
{
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		if (!strcmp(scenes[i].name, name))
			return &scenes[i];
	}
	return NULL;
}

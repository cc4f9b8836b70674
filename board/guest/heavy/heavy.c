/* SPDX-License-Identifier: MIT */
#include "board/guest/heavy/heavy.h"

#include "board/guest/common/target.h"

#include <stdio.h>

/* A Julia iteration without early exit, so that every pixel costs the same. clamp() bounds z. */
static const char fragment_format[] =
	"precision highp float;\n"
	"uniform float phase;\n"
	"void main() {\n"
	"  vec2 z = fract(gl_FragCoord.xy / 257.0) * 2.0 - 1.0;\n"
	"  vec2 c = vec2(cos(phase), sin(phase)) * 0.68;\n"
	"  vec3 sum = vec3(0.0);\n"
	"  for (int i = 0; i < %u; i++) {\n"
	"    z = vec2(z.x * z.x - z.y * z.y, 2.0 * z.x * z.y) + c;\n"
	"    z = clamp(z, -2.0, 2.0);\n"
	"    sum += vec3(z.x * z.x, z.x * z.y, z.y * z.y);\n"
	"  }\n"
	"  gl_FragColor = vec4(fract(sum * 0.05) * 0.7 + 0.1, 0.25);\n"
	"}\n";

int heavy_init(struct heavy *h, uint32_t iterations)
{
	static const char *const attributes[] = {"position", NULL};
	static const char vertex[] = "attribute vec2 position;\n"
				     "void main() { gl_Position = vec4(position, 0.0, 1.0); }\n";
	char fragment[sizeof(fragment_format) + 16];

	(void)snprintf(fragment, sizeof(fragment), fragment_format, iterations);
	h->program = target_program(vertex, fragment, attributes);
	if (!h->program)
		return -1;
	h->u_phase = glGetUniformLocation(h->program, "phase");
	return 0;
}

void heavy_draw(const struct heavy *h, uint32_t draws, uint64_t frame)
{
	static const GLfloat corners[] = {-1, -1, 3, -1, -1, 3};

	glUseProgram(h->program);
	glBindBuffer(GL_ARRAY_BUFFER, 0);
	glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, corners);
	glEnableVertexAttribArray(0);
	/* Without blending a driver may drop all draws but the last. */
	glEnable(GL_BLEND);
	glBlendFunc(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA);
	for (uint32_t i = 0; i < draws; i++) {
		glUniform1f(h->u_phase, (float)((frame + i * 97u) % 628u) * 0.01f);
		glDrawArrays(GL_TRIANGLES, 0, 3);
	}
}

void heavy_finish(struct heavy *h)
{
	if (h->program)
		glDeleteProgram(h->program);
	h->program = 0;
}

/* SPDX-License-Identifier: MIT */
#ifndef BOARD_GUEST_HEAVY_HEAVY_H
#define BOARD_GUEST_HEAVY_HEAVY_H

#include <stdint.h>

#include <GLES2/gl2.h>

/* Full-screen draws whose cost is the fragment shader's loop: load for the GPU, not for the CPU. */
struct heavy {
	GLuint program;
	GLint u_phase;
};

/* One loop step is a dozen or so floating-point operations per pixel. */
#define HEAVY_MAX_ITERATIONS 100000u

/*
 * Compiles `iterations` into the shader, as GLES 2 has only loops of constant length. 0, or -1
 * after a message on stderr.
 */
int heavy_init(struct heavy *h, uint32_t iterations);
/* `draws` full-screen draws into the current framebuffer; `frame` moves the picture. */
void heavy_draw(const struct heavy *h, uint32_t draws, uint64_t frame);
void heavy_finish(struct heavy *h);

#endif

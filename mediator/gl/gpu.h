/* SPDX-License-Identifier: MIT */
/*
 * The GPU for programs of the driver domain that draw without a window: an EGL context on a render
 * node, pictures imported from dma-bufs, and waiting for the GPU.
 */
#ifndef MEDIATOR_GL_GPU_H
#define MEDIATOR_GL_GPU_H

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GLES2/gl2.h>
#include <stdbool.h>
#include <stdint.h>

#include "mediator/shared/protocol/client.h"

struct gbm_device;

struct gpu {
	int fd;
	struct gbm_device *gbm;
	EGLDisplay display;
	EGLContext context;
	bool modifiers; /* imports may name a modifier */
	GLuint scratch; /* a framebuffer of one pixel, see gpu_wait() */
	GLuint scratch_texture;
};

/* A picture that lives in a dma-buf. Zeroed: none. */
struct gpu_image {
	EGLImageKHR image;
	GLuint texture;
	uint32_t width, height;
	bool y_inverted;
};

/*
 * Open a render node and make a context of the highest priority current. False on failure, with
 * the reason on stderr and nothing left open.
 */
bool gpu_open(struct gpu *gpu, const char *render_node);
void gpu_close(struct gpu *gpu);

/* Import a dma-buf, which stays the caller's. False, with the reason on stderr, on failure. */
bool gpu_import(struct gpu *gpu, const struct gpum_buffer *buffer, int fd, struct gpu_image *out);
void gpu_release(struct gpu *gpu, struct gpu_image *image);

/* Returns a framebuffer that draws into the image, or 0 on failure. Row 0 of the image is y = 0. */
GLuint gpu_framebuffer(const struct gpu_image *image);

/* Wait until the GPU has finished all commands sent so far. False after timeout_ms. */
bool gpu_wait(struct gpu *gpu, uint32_t timeout_ms);

#endif

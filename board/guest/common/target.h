/* SPDX-License-Identifier: MIT */
#ifndef BOARD_GUEST_COMMON_TARGET_H
#define BOARD_GUEST_COMMON_TARGET_H

#include "board/guest/common/kms.h"

#include <stdint.h>

#include <EGL/egl.h>
#include <GLES2/gl2.h>
#include <gbm.h>

/*
 * Where a program draws with OpenGL ES 2: a KMS display, or an off-screen picture on a render node
 * or on whatever Mesa offers without a device. After a successful open the context is current.
 * All functions return 0 or -1 and say on stderr what went wrong.
 */
struct target {
	uint32_t width; /* pixels */
	uint32_t height;

	struct kms kms; /* display only */
	struct gbm_surface *gbm_surface;
	struct gbm_bo *scanned; /* on the screen */
	struct gbm_bo *queued;	/* its flip is pending */

	int render_fd; /* render node only */
	struct gbm_device *gbm;
	EGLDisplay egl;
	EGLContext context;
	EGLSurface surface; /* EGL_NO_SURFACE off screen */
	GLuint fbo;	    /* 0 on a display */
	GLuint colour;
};

/* `device` NULL: the first card with a connected display. */
int target_open_display(struct target *t, const char *device);
/* `device` NULL: the first /dev/dri/renderD*. */
int target_open_render_node(struct target *t, const char *device, uint32_t width, uint32_t height);
/* Mesa's surfaceless platform: works without any device, on llvmpipe if need be. */
int target_open_surfaceless(struct target *t, uint32_t width, uint32_t height);
/* Takes a zeroed or failed object too. */
void target_close(struct target *t);

/* Makes the target's framebuffer and viewport current; needed after drawing into another one. */
void target_bind(const struct target *t);

/*
 * Shows what was drawn. On a display it waits for the flip *before*, so the next frame can be
 * drawn while this one waits for its turn. Off screen it waits for the GPU. Returns 1 when the
 * program was told to stop meanwhile.
 */
int target_present(struct target *t);

/* Waits until what was presented is on the screen (off screen: done by target_present). */
int target_settle(struct target *t);

/* Writes an off-screen target, top row first. */
int target_write_png(const struct target *t, const char *file);

/* Compiles and links; attribute i of the NULL-ended list gets location i. 0 on error. */
GLuint target_program(const char *vertex, const char *fragment, const char *const *attributes);

#endif
